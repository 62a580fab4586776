"""Why an item is where it is, in words a person can act on; and what the mapping leaves over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.items import Facet
from service.domain.errors import InvalidQuery, UnknownItem
from service.domain.mapping_file import parse_programs
from service.programs.apply import apply
from service.programs.assign import assign_pending
from service.programs.explain import overlaps, unmapped, why
from service.store.engine import Database
from service.store.tables.sources import raw_records, sources, sync_runs
from tests.builders.items import (
    an_epic,
    an_item,
    change_item,
    insert_facets,
    insert_field,
    insert_items,
    insert_project,
)

MONDAY = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
TUESDAY = MONDAY + timedelta(days=1)

PROGRAMS = """
programs:
  - key: PAY
    name: Payments
    include: [{key: PAY-1}]
    workstreams: [{name: Core, match: {item_type: Story}}]
  - key: WEB
    name: Web
    include:
      - {project: CART, label: [checkout, shop*]}
      - {project: PAY, item_type: Bug, level: 1}
      - {field: {Cost centre: A-1}}
      - {assignee: "*"}
  - key: OPEN
    name: What is open
    include: [{key: PAY-1}]
    exclude: [{status: To Do}]
"""


@pytest.fixture
async def store(database: Database) -> Database:
    """PAY-2 is a story of epic PAY-1, seen by run 1."""
    async with database.transaction() as uow:
        connection = uow.connection
        await insert_project(connection, "1", "PAY", "Payments")
        await insert_field(connection, "customfield_1", "Cost centre")
        await insert_field(connection, "customfield_2", "Story Points")
        await insert_items(
            connection,
            an_epic(1, status="In Progress"),
            an_item(2, parent_uid="acme-jira:1", points=5.0, points_field="customfield_2"),
            an_item(3),
            an_item(4),
        )
        await insert_facets(connection, "acme-jira:2", Facet.LABEL, "api", "web")
        await insert_facets(connection, "acme-jira:2", Facet.FIELD, "B-9", name="customfield_1")
        await connection.execute(sources.insert(), [{"name": "acme-jira", "kind": "jira-cloud", "url": "https://x"}])
        run = {"id": 1, "source": "acme-jira", "trigger": "schedule", "mode": "full", "status": "complete"}
        await connection.execute(sync_runs.insert(), [run | {"started_at": MONDAY, "reasons": []}])
        record = {"source": "acme-jira", "kind": "issue", "native_id": "2", "hash": b"", "payload": b""}
        await connection.execute(raw_records.insert(), [record | {"fetched_at": MONDAY, "last_seen_run": 1}])
    await apply(database, parse_programs(PROGRAMS), actor="pat", now=MONDAY)
    return database


async def test_a_member_names_its_rule_the_ancestor_that_met_it_and_its_workstream(store: Database) -> None:
    answer = await why(store, "acme-jira:PAY-2")

    assert answer["item"]["uid"] == "acme-jira:2"
    assert answer["memberships"] == [
        {
            "program": "PAY",
            "name": "Payments",
            "current": True,
            "rule": "key PAY-1, with descendants",
            "via": "descendant",
            "via_item": {"uid": "acme-jira:1", "key": "PAY-1", "title": "Item 1"},
            "workstream": "Core",
            "valid_from": MONDAY,
            "valid_to": None,
        }
    ]


async def test_each_rule_that_did_not_match_names_the_matchers_that_failed(store: Database) -> None:
    answer = await why(store, "acme-jira:2")

    web = next(each for each in answer["absences"] if each["program"] == "WEB")
    assert web["message"] == "No include rule matches it, nor anything above it."
    assert [[failed["message"] for failed in include["failed"]] for include in web["includes"]] == [
        [
            "project is PAY / Payments; the rule wants CART",
            "label is api / web; the rule wants checkout or shop*",
        ],
        ["item_type is Story; the rule wants Bug", "level is 0; the rule wants 1"],
        ["Cost centre is B-9; the rule wants A-1"],
        ["assignee is not set; the rule wants *"],
    ]


async def test_an_exclude_that_hits_is_named_though_an_include_matches(store: Database) -> None:
    answer = await why(store, "acme-jira:2")

    left_out = next(each for each in answer["absences"] if each["program"] == "OPEN")
    assert left_out["excluded_by"] == ["status To Do"]
    assert left_out["message"] == "An include matches it, and an exclude takes it out: status To Do."
    assert left_out["includes"][0]["via_uid"] == "acme-jira:1"


async def test_the_sync_that_saw_it_last_and_the_field_of_its_points_are_told(store: Database) -> None:
    answer = await why(store, "acme-jira:2")

    assert answer["last_seen"] == {
        "source": "acme-jira",
        "run_id": 1,
        "fetched_at": MONDAY,
        "reject_reason": None,
        "trigger": "schedule",
        "mode": "full",
        "status": "complete",
        "started_at": MONDAY,
        "finished_at": None,
    }
    assert answer["points"] == {"value": 5.0, "field": "customfield_2", "field_name": "Story Points"}


async def test_an_item_that_is_gone_keeps_its_past_and_says_why_it_is_nowhere(store: Database) -> None:
    async with store.transaction() as uow:
        await change_item(uow.connection, "acme-jira:2", {"tombstone": "archived"})
    await assign_pending(store, now=TUESDAY)

    answer = await why(store, "acme-jira:2")

    assert [(each["program"], each["current"], each["valid_to"]) for each in answer["memberships"]] == [
        ("PAY", False, TUESDAY)
    ]
    assert {each["message"] for each in answer["absences"]} == {
        "It is no live item any more (archived), so it is in no program."
    }


async def test_an_item_nobody_knows_is_refused(store: Database) -> None:
    with pytest.raises(UnknownItem):
        await why(store, "acme-jira:PAY-99")


async def test_items_in_no_program_come_page_by_page(store: Database) -> None:
    first = await unmapped(store, limit=1)
    second = await unmapped(store, limit=1, cursor=first["next_cursor"])

    assert first["unmapped"] == [{"uid": "acme-jira:3", "key": "PAY-3", "title": "Item 3"}]
    assert second["unmapped"] == [{"uid": "acme-jira:4", "key": "PAY-4", "title": "Item 4"}]
    assert second["next_cursor"] is None
    project = {"source": "acme-jira", "project_id": "1", "key": "PAY", "name": "Payments", "items": 2}
    assert (first["projects"], first["total"]) == ([project], 2)


async def test_items_in_several_programs_come_with_all_of_them(store: Database) -> None:
    answer = await overlaps(store)

    assert answer == {
        "overlaps": [{"uid": "acme-jira:1", "key": "PAY-1", "title": "Item 1", "programs": ["OPEN", "PAY"]}],
        "total": 1,
        "next_cursor": None,
    }


async def test_a_cursor_of_another_list_is_refused(store: Database) -> None:
    page = await unmapped(store, limit=1)

    with pytest.raises(InvalidQuery):
        await overlaps(store, cursor=page["next_cursor"])
