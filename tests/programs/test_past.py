"""Programs as of earlier moments, on both databases: who was in, what they were, and what is said of the doubt."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from service.programs.answers import Answer, ItemSummary, RollupData, WeightedProgress
from service.programs.historians import NO_HISTORIANS, Historians
from service.programs.past_list import list_items_then
from service.programs.read import get_rollup
from service.store.engine import Database
from service.store.item_reads import ItemFilters
from service.store.raw import LandedRecord, RawRecords, digest
from service.store.tables.items import work_items
from tests.builders.items import SOURCE, an_epic, an_item, insert_facets, insert_person
from tests.programs.histories import (
    HISTORIANS,
    POINTS,
    a_past,
    add_change,
    add_grave,
    add_reference,
    member,
    on,
)
from tests.programs.portfolio import KEY, NOW, SYNCED, TODAY, add_members, add_program, add_source


async def as_of(
    database: Database, moment: datetime, *, by: str = "project", historians: Historians = HISTORIANS
) -> Answer[RollupData]:
    return await get_rollup(database, KEY, by=by, now=NOW, today=TODAY, as_of=moment, historians=historians)


def points_of(answer: Answer[RollupData]) -> WeightedProgress:
    points = answer.data.progress.points
    assert isinstance(points, WeightedProgress)
    return points


def warnings(answer: Answer[RollupData]) -> dict[str, str]:
    return {each.code: each.message for each in answer.warnings}


@pytest.fixture
async def past(database: Database) -> Database:
    await a_past(database)
    return database


async def test_a_roll_up_of_an_earlier_day_counts_what_was_so_then(past: Database) -> None:
    found = {}
    for day in (on(10, 31), on(11, 4), on(11, 7), on(11, 12)):
        points = points_of(await as_of(past, day))
        found[day] = (points.to_do, points.in_progress, points.done)

    assert found == {
        on(10, 31): (11.0, 0, 0),
        on(11, 4): (13.0, 0, 0),
        on(11, 7): (8.0, 5.0, 0),
        on(11, 12): (8.0, 0, 5.0),
    }


async def test_an_answer_about_the_past_says_how_far_it_can_be_believed(past: Database) -> None:
    then, later = await as_of(past, on(10, 31)), await as_of(past, NOW)

    assert then.as_of == on(10, 31)
    assert warnings(then)["mapping_of_today"] == (
        "Who belonged to the program then is not known; the members of today stand in for them."
    )
    assert warnings(then)["reconstructed"] == "2 values of 1 item told by what changed since"
    assert "unknown_values" not in warnings(then)
    assert warnings(later)["after_last_sync"] == "What changed since the last complete sync is not known yet."
    assert {"mapping_of_today", "reconstructed"}.isdisjoint(warnings(later))
    assert later.data == (await get_rollup(past, KEY, now=NOW, today=TODAY)).data


async def test_a_history_that_contradicts_itself_is_unknown_only_in_between(past: Database) -> None:
    await add_change(past, 12, on(11, 2), POINTS, "5", "13")
    await add_change(past, 12, on(11, 8), POINTS, "3", "8")

    torn = warnings(await as_of(past, on(11, 4)))
    whole = warnings(await as_of(past, on(11, 1, 20)))

    assert torn["unknown_values"] == ("1 value of 1 item cannot be told for that moment; what comes closest is shown")
    assert "unknown_values" not in whole


async def test_what_a_tool_says_was_done_later_was_not_done_before_although_no_history_tells_of_it(
    past: Database,
) -> None:
    async with past.transaction() as uow:
        twelve = work_items.c.uid == f"{SOURCE}:12"
        done = {"status_category": "done", "done_at": on(11, 12), "updated_at": on(9, 1)}
        await uow.connection.execute(update(work_items).where(twelve).values(**done))

    before, after = await as_of(past, on(11, 11)), await as_of(past, on(11, 13))

    assert [(points_of(each).to_do, points_of(each).done) for each in (before, after)] == [(8.0, 5.0), (0, 13.0)]
    assert (warnings(before)["unknown_values"], warnings(after).get("unknown_values")) == (
        "1 value of 1 item cannot be told for that moment; what comes closest is shown",
        None,
    )


async def test_without_a_historian_the_present_is_shown_and_called_unknown(past: Database) -> None:
    answer = await as_of(past, on(10, 31), historians=NO_HISTORIANS)

    assert points_of(answer).done == 5.0
    assert "unknown_values" in warnings(answer)


async def test_an_item_that_is_gone_by_now_was_there_until_it_was_found_gone(past: Database) -> None:
    """PAY-15 is archived; its 100 points left on 15 November."""
    await add_grave(past, 15, on(11, 15))

    before, after = await as_of(past, on(11, 14)), await as_of(past, on(11, 16))

    assert (before.data.scope.items, points_of(before).to_do) == (7, 108.0)
    assert (after.data.scope.items, points_of(after).to_do) == (6, 8.0)


async def test_an_item_that_was_away_for_a_while_is_missing_only_then(past: Database) -> None:
    await add_grave(past, 12, on(11, 10), on(11, 12))

    assert [(await as_of(past, on(11, day))).data.scope.items for day in (9, 11, 13)] == [6, 5, 6]


async def test_from_the_first_mapping_on_members_are_those_of_then(past: Database) -> None:
    """Mapped on 1 February; PAY-12 joined in March, PAY-16 left in June."""
    for native_id in (10, 11, 13, 14, 15):
        await member(past, native_id, valid_from=on(2, 1))
    await member(past, 12, valid_from=on(3, 10))
    await member(past, 16, valid_from=on(2, 1), valid_to=on(6, 10))

    found = {month: await as_of(past, on(month, 20)) for month in (1, 2, 5, 7)}

    assert {month: answer.data.scope.items for month, answer in found.items()} == {1: 5, 2: 5, 5: 6, 7: 5}
    assert [month for month, answer in found.items() if "mapping_of_today" in warnings(answer)] == [1]


async def test_an_item_did_not_exist_before_it_was_created(past: Database) -> None:
    async with past.transaction() as uow:
        one = work_items.c.uid == f"{SOURCE}:16"
        await uow.connection.execute(update(work_items).where(one).values(created_at=on(11, 3)))

    assert [(await as_of(past, on(11, day))).data.scope.items for day in (2, 4)] == [5, 6]


async def test_a_story_is_in_the_row_of_the_epic_that_it_hung_under_then(database: Database) -> None:
    await add_source(database)
    await add_program(database)
    await add_reference(database)
    await add_members(
        database,
        an_epic(1),
        an_epic(2),
        an_item(3, parent_uid=f"{SOURCE}:2", epic_uid=f"{SOURCE}:2"),
        an_item(4, parent_uid=f"{SOURCE}:3", epic_uid=f"{SOURCE}:2", level=-1, subtask=True),
    )
    await add_change(database, 3, on(11, 5), "parent", ("1", "PAY-1"), ("2", "PAY-2"))

    rows = (await as_of(database, on(11, 4), by="epic")).data.breakdown

    assert {row.key: (row.scope.items, row.scope.excluded.subtask) for row in rows} == {
        "PAY-1": (3, 1),
        "PAY-2": (1, 0),
    }


async def test_the_list_of_a_day_tells_the_certainty_of_each_value(past: Database) -> None:
    async with past.transaction() as uow:
        await insert_person(uow.connection, "p1", "Pat Doe", "pat@example.com")
        await insert_facets(uow.connection, f"{SOURCE}:11", "label", "Checkout")
    await add_change(past, 11, on(11, 11), "assignee", ("p1", "Pat Doe"), (None, None))

    async def listed(**filters: Any) -> list[ItemSummary]:
        answer = await list_items_then(
            past, KEY, as_of=on(11, 4), historians=HISTORIANS, filters=ItemFilters(**filters), now=NOW
        )
        return list(answer.data.items)

    async def keys(**filters: Any) -> list[str]:
        return [each.key for each in await listed(**filters)]

    (item,) = await listed(assignee="PAT@example.com")
    assert (item.key, item.status, item.status_category, item.points) == ("PAY-11", "Open", "to_do", 5.0)
    assert (item.assignee, item.done_at, item.url) == ("Pat Doe", None, "https://acme-jira.example/browse/PAY-11")
    assert (item.reconstructed, item.unknown) == (("assignee", "status"), ())
    assert await keys(label="checkout") == ["PAY-11"]
    assert await keys(epic="pay-10") == ["PAY-10", "PAY-11", "PAY-12"]
    assert await keys(team="ants", item_type="story") == ["PAY-12"]
    assert await keys(project="cart", status_category="in_progress") == ["CART-16"]
    assert await keys(countable=False) == ["PAY-10", "PAY-13", "PAY-14"]


async def test_a_historian_is_built_anew_when_discovery_says_something_else(past: Database) -> None:
    built: list[int] = []

    def build(payloads: object) -> object:
        built.append(1)
        return HISTORIANS.builders[SOURCE](payloads)  # type: ignore[arg-type]

    historians = Historians({SOURCE: build})  # type: ignore[dict-item]
    for _ in range(2):
        async with past.reading() as uow:
            await historians.of(uow.connection, [SOURCE, "unknown"])
    async with past.transaction() as uow:
        record = LandedRecord("reference", "more", None, digest(b"[]"), b"[]")
        await RawRecords(uow.connection).land(SOURCE, [record], run_id=0, fetched_at=NOW)
    async with past.reading() as uow:
        found = await historians.of(uow.connection, [SOURCE])

    assert (len(built), list(found)) == (2, [SOURCE])


async def test_a_moment_between_two_syncs_is_told_as_of_that_moment(past: Database) -> None:
    answer = await as_of(past, SYNCED - timedelta(hours=1))

    assert answer.as_of == (SYNCED - timedelta(hours=1)).replace(microsecond=0)
    assert "after_last_sync" not in warnings(answer)
