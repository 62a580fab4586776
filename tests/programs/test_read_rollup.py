"""The roll-up answer as clients get it, from either database."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from connectors.items import Facet
from service.domain.errors import InvalidQuery, UnknownProgram
from service.programs.answers import encode
from service.programs.freshness import fingerprint
from service.programs.numbers import progress_numbers
from service.programs.read import get_rollup
from service.store.engine import Database
from service.store.tables.programs import memberships
from tests.builders.items import SOURCE, an_epic, an_item, insert_facets
from tests.programs.portfolio import (
    KEY,
    NOW,
    SYNCED,
    TODAY,
    a_checkout,
    add_members,
    add_program,
    add_source,
    change,
)


async def _rollup(database: Database, by: str = "project", basis: str | None = None) -> dict[str, Any]:
    answer = await get_rollup(database, KEY, by=by, basis=basis, now=NOW, today=TODAY)
    return json.loads(encode(answer))  # type: ignore[no-any-return]  # JSON is Any by nature


async def test_the_whole_answer_is_the_published_shape(database: Database) -> None:
    await a_checkout(database)

    answer = await _rollup(database)

    rows = answer["data"].pop("breakdown")
    assert answer == {
        "as_of": "2026-11-20T02:14:09Z",
        "generated_at": "2026-11-20T08:00:12Z",
        "definition_version": "1",
        "sources": [
            {
                "name": "acme-jira",
                "last_complete_sync": "2026-11-20T02:14:09Z",
                "lag_seconds": 20_762,
                "complete": True,
                "reasons": [],
            }
        ],
        "warnings": [
            {"code": "unestimated", "message": "1 of 3 items has no story points"},
            {"code": "unestimated_time", "message": "2 of 3 items have no time estimate"},
        ],
        "data": {
            "program": {"key": "CHECKOUT", "name": "Checkout replatform"},
            "scope": {
                "items": 6,
                "countable": 3,
                "excluded": {"cancelled": 1, "has_children": 1, "subtask": 1},
            },
            "progress": {
                "count": {
                    "to_do": 1,
                    "in_progress": 1,
                    "done": 1,
                    "total": 3,
                    "value": 0.333333,
                    "coverage": 1.0,
                },
                "points": {
                    "to_do": 8.0,
                    "in_progress": 0.0,
                    "done": 5.0,
                    "total": 13.0,
                    "value": 0.384615,
                    "coverage": 0.666667,
                    "policy": "skip",
                    "by_policy": {"skip": 0.384615, "impute_mean": 0.384615, "zero": 0.384615},
                    "reason": None,
                },
                "time": {
                    "to_do": 0,
                    "in_progress": 60,
                    "done": 0,
                    "total": 60,
                    "value": 0.0,
                    "coverage": 0.333333,
                    "policy": "skip",
                    "by_policy": {"skip": 0.0, "impute_mean": 0.0, "zero": 0.0},
                    "reason": None,
                },
            },
            "dates": {
                "start": "2026-01-05",
                "due": "2026-12-18",
                "rolled_start": None,
                "rolled_due": "2026-12-24",
                "conflicts": [
                    {
                        "uid": None,
                        "key": None,
                        "title": None,
                        "code": "rolled_after_target",
                        "own": "2026-12-18",
                        "rolled": "2026-12-24",
                    }
                ],
            },
        },
    }
    assert [(row["by"], row["key"], row["name"], row["shared"]) for row in rows] == [
        ("project", "PAY", "Payments", 0),
        ("project", "CART", "Cart", 0),
    ]
    assert rows[0]["scope"] == {
        "items": 5,
        "countable": 2,
        "excluded": {"cancelled": 1, "has_children": 1, "subtask": 1},
    }
    assert rows[1]["progress"]["points"]["reason"] == "no_estimates"


@pytest.mark.parametrize(
    ("by", "rows"),
    [
        ("epic", [("PAY-10", "Item 10", 2), (None, None, 1)]),
        ("team", [("Ants", "Ants", 1), (None, None, 2)]),
        ("item_type", [("Bug", "Bug", 1), ("Epic", "Epic", 0), ("Story", "Story", 2), ("Sub-task", "Sub-task", 0)]),
        ("source", [("acme-jira", "acme-jira", 3)]),
        ("workstream", [("PAY", "Payments", 2), ("CART", "Cart", 1)]),
    ],
)
async def test_every_breakdown_names_its_rows(
    database: Database, by: str, rows: list[tuple[str | None, str | None, int]]
) -> None:
    await a_checkout(database)
    found = (await _rollup(database, by))["data"]["breakdown"]
    assert [(row["key"], row["name"], row["scope"]["countable"]) for row in found] == rows
    assert {row["by"] for row in found} == {by}


async def test_a_declared_workstream_is_a_row_under_its_own_name(database: Database) -> None:
    await a_checkout(database)
    await add_members(database, an_item(20), workstream="Launch")
    found = (await _rollup(database, "workstream"))["data"]["breakdown"]
    assert [row["key"] for row in found] == ["Launch", "PAY", "CART"]


async def test_a_basis_limits_the_numbers_and_the_warnings_about_them(database: Database) -> None:
    await a_checkout(database)
    answer = await _rollup(database, basis="points")
    assert list(answer["data"]["progress"]) == ["points"]
    assert list(answer["data"]["breakdown"][0]["progress"]) == ["points"]
    assert [warning["code"] for warning in answer["warnings"]] == ["unestimated"]


async def test_a_task_with_further_homes_stands_in_each_project_and_counts_once(database: Database) -> None:
    await a_checkout(database)
    async with database.transaction() as uow:
        await insert_facets(uow.connection, f"{SOURCE}:11", Facet.PROJECT, "2")
    answer = await _rollup(database)
    rows = answer["data"]["breakdown"]
    assert answer["data"]["scope"]["countable"] == 3
    assert [(row["key"], row["scope"]["countable"], row["shared"]) for row in rows] == [
        ("PAY", 2, 1),
        ("CART", 2, 1),
    ]


async def test_two_tools_with_one_project_key_are_told_apart(database: Database) -> None:
    await a_checkout(database)
    await add_source(database, "acme-dc", kind="jira-dc")
    await add_members(database, an_item(1, source="acme-dc", project_id="PAY"))
    keys = [row["key"] for row in (await _rollup(database))["data"]["breakdown"]]
    assert keys == ["acme-dc:PAY", "acme-jira:PAY", "CART"]


async def test_an_empty_program_answers_null_and_never_zero(database: Database) -> None:
    await add_source(database)
    await add_program(database)
    data = (await _rollup(database))["data"]
    assert data["progress"]["count"] == {
        "to_do": 0,
        "in_progress": 0,
        "done": 0,
        "total": 0,
        "value": None,
        "coverage": None,
        "reason": "empty_scope",
    }
    assert data["progress"]["points"]["reason"] == data["progress"]["time"]["reason"] == "empty_scope"
    assert data["breakdown"] == []


async def test_count_subtasks_is_the_programs_own_choice(database: Database) -> None:
    await add_source(database)
    await add_program(database, count_subtasks=True)
    story, subtask = an_item(1), an_item(2, level=-1, subtask=True, parent_uid=f"{SOURCE}:1")
    await add_members(database, story, subtask)
    scope = (await _rollup(database))["data"]["scope"]
    assert scope["excluded"] == {"cancelled": 0, "has_children": 1, "subtask": 0}


async def test_an_ended_membership_is_no_membership(database: Database) -> None:
    await a_checkout(database)
    async with database.transaction() as uow:
        ended = memberships.c.item_uid == f"{SOURCE}:16"
        await uow.connection.execute(memberships.update().where(ended).values(valid_to=SYNCED))
    assert (await _rollup(database))["data"]["scope"]["items"] == 5


async def test_an_unchanged_program_keeps_its_fingerprint_and_a_changed_one_gets_new_numbers(
    database: Database,
) -> None:
    await a_checkout(database)
    before, first = await fingerprint(database, KEY), await _rollup(database)
    assert await fingerprint(database, KEY) == before
    await change(database, f"{SOURCE}:12", status_category="done")
    assert await fingerprint(database, KEY) != before
    assert first["data"]["progress"]["count"]["done"] == 1
    assert (await _rollup(database))["data"]["progress"]["count"]["done"] == 2


async def test_equal_data_is_equal_bytes(database: Database) -> None:
    await a_checkout(database)
    first = encode(await get_rollup(database, KEY, now=NOW, today=TODAY))
    assert first == encode(await get_rollup(database, KEY, now=NOW, today=date(2026, 11, 21)))


async def test_unknown_programs_and_parameters_are_refused_with_what_is_possible(database: Database) -> None:
    await a_checkout(database)
    with pytest.raises(UnknownProgram) as unknown:
        await get_rollup(database, "NOPE", now=NOW, today=TODAY)
    assert unknown.value.message == "There is no program NOPE; GET /api/v1/programs lists the keys."
    with pytest.raises(InvalidQuery) as invalid:
        await _rollup(database, by="colour")
    assert invalid.value.message == (
        "by: 'colour' is not known. Allowed: project, workstream, epic, source, item_type, team."
    )
    with pytest.raises(InvalidQuery) as invalid:
        await _rollup(database, basis="money")
    assert invalid.value.allowed == ("count", "points", "time")


async def test_plan_numbers_see_what_their_own_transaction_wrote(database: Database) -> None:
    await a_checkout(database)
    async with database.transaction() as uow:
        before = await progress_numbers(uow.connection, KEY)
        ended = memberships.c.item_uid == f"{SOURCE}:12"
        await uow.connection.execute(memberships.update().where(ended).values(valid_to=SYNCED))
        after = await progress_numbers(uow.connection, KEY)
    assert before["points"] == {"done": 5, "total": 13, "value": 0.384615}
    assert after == {
        "count": {"done": 1, "total": 3, "value": 0.333333},  # the sub-task lost its parent: it counts itself now
        "points": {"done": 5, "total": 5, "value": 1},
        "time": {"done": 0, "total": 60, "value": 0},
    }


async def test_an_epic_outside_the_program_names_its_row_from_the_store(database: Database) -> None:
    await add_source(database)
    await add_program(database)
    await add_program(database, "OTHER", position=1)
    await add_members(database, an_epic(1), program="OTHER")
    await add_members(database, an_item(2, parent_uid=f"{SOURCE}:1", epic_uid=f"{SOURCE}:1"))
    [row] = (await _rollup(database, "epic"))["data"]["breakdown"]
    assert (row["key"], row["name"], row["scope"]["items"]) == ("PAY-1", "Item 1", 1)


async def test_an_item_of_a_tool_without_keys_is_called_by_its_title(database: Database) -> None:
    """Nobody knows a task by its number; an issue is known by its key."""
    await a_checkout(database)
    done: dict[str, Any] = {"status_category": "done", "no_resolution": True}
    await add_members(
        database,
        an_item(1201, source="acme-asana", key="1201", title="Sign the contract", **done),
        an_item(17, title="Refunds", **done),
    )

    warnings = {each["code"]: each["message"] for each in (await _rollup(database))["warnings"]}

    assert warnings["no_resolution"] == "2 done items have no resolution: PAY-17, “Sign the contract”"
