"""Baselines in both databases: kept as they were given, found by name and number, and never changed."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError

from connectors.items import Facet
from service.domain.baseline import BaselineItem, Slot
from service.domain.scope import Exclusion
from service.domain.status import StatusCategory
from service.store.baselines import Baselines
from service.store.engine import Database
from service.store.planning import planning
from service.store.tables.baselines import baseline_items, baselines
from tests.builders.items import SOURCE, an_item
from tests.builders.planning import insert_release, insert_sprint, plan_in
from tests.domain.baseline_builders import a_kept, day
from tests.programs.portfolio import KEY, NOW, add_members, add_program, add_source

ITEMS = [
    a_kept("acme:1", points=2.5, time_seconds=3 * 10**9, start=day(0), finish=day(9)),
    a_kept("acme:2", category=StatusCategory.DONE, excluded=Exclusion.HAS_CHILDREN, planned_by=None),
]


async def add(database: Database, name: str, *, program: str = KEY, items: list[BaselineItem] = ITEMS) -> int | None:
    async with database.transaction() as uow:
        return await Baselines(uow.connection).add(
            items,
            folded=name.lower(),
            program_key=program,
            name=name,
            note=None,
            as_of=NOW,
            taken_at=NOW,
            taken_by="pat",
            definition_version="1",
            program_start=None,
            program_target=date(2026, 12, 18),
            items=1,
            points=2.5,
            time_seconds=3 * 10**9,
            start=day(0),
            finish=day(9),
        )


async def test_a_baseline_comes_back_as_it_was_given(database: Database) -> None:
    number = await add(database, "Approved")
    assert number is not None

    async with database.reading() as uow:
        store = Baselines(uow.connection)
        row = await store.find(KEY, number=number)
        by_name = await store.find(KEY, folded="approved")
        items = await store.items(number)

    assert row is not None
    assert row == by_name
    assert (row.name, row.as_of, row.program_target, row.time_seconds) == (
        "Approved",
        NOW,
        date(2026, 12, 18),
        3 * 10**9,
    )
    assert sorted(items, key=lambda item: item.uid) == ITEMS


async def test_a_name_belongs_to_one_baseline_of_a_program_also_when_two_take_it_at_once(database: Database) -> None:
    taken = await asyncio.gather(*(add(database, "Approved") for _ in range(4)))
    elsewhere = await add(database, "Approved", program="MOBILE")

    async with database.reading() as uow:
        listed = await Baselines(uow.connection).listed(KEY)
    assert sorted(number is None for number in taken) == [False, True, True, True]
    assert elsewhere is not None
    assert [row.name for row in listed] == ["Approved"]


@pytest.mark.parametrize("table", [baselines, baseline_items], ids=lambda table: str(table.name))
@pytest.mark.parametrize("word", ["update", "delete"])
async def test_the_database_itself_refuses_to_change_a_baseline(database: Database, table: object, word: str) -> None:
    number = await add(database, "Approved")
    column = baselines.c.name if table is baselines else baseline_items.c.called
    statement = update(column.table).values({column.name: "Better"}) if word == "update" else delete(column.table)

    with pytest.raises(DBAPIError, match="a baseline is never changed"):
        async with database.transaction() as uow:
            await uow.connection.execute(statement)

    async with database.reading() as uow:
        store = Baselines(uow.connection)
        assert [row.name for row in await store.listed(KEY)] == ["Approved"]
        assert number is not None
        assert len(await store.items(number)) == 2


async def test_the_list_is_in_the_order_of_taking_and_can_be_paged(database: Database) -> None:
    numbers = [await add(database, f"Plan {n}") for n in (3, 1, 2)]

    async with database.reading() as uow:
        store = Baselines(uow.connection)
        first = await store.listed(KEY, limit=2)
        rest = await store.listed(KEY, after=first[-1].id)
        other = await store.listed("MOBILE")
        counted = await store.count(KEY)
    assert [row.id for row in (*first, *rest)] == numbers
    assert (other, counted) == ([], 3)


async def test_what_items_are_today_is_told_wherever_they_stand(database: Database) -> None:
    await add_source(database)
    await add_program(database)
    await add_program(database, "MOBILE", position=1)
    begun = datetime(2026, 11, 3, 9, tzinfo=UTC)
    await add_members(database, an_item(1, started_at=begun, status_category="in_progress"))
    await add_members(database, an_item(2, tombstone="archived", status_category="done", done_at=NOW), program="MOBILE")

    async with database.reading() as uow:
        told = await Baselines(uow.connection).standings(KEY, [f"{SOURCE}:{n}" for n in (1, 2, 404)])

    assert told == {
        f"{SOURCE}:1": (begun, None, "in_progress", None, True),
        f"{SOURCE}:2": (None, NOW, "done", "archived", False),
    }


async def test_members_are_planned_in_their_sprint_and_their_earliest_release(database: Database) -> None:
    await add_source(database)
    await add_program(database)
    await add_members(database, an_item(1), an_item(2), an_item(3))
    async with database.transaction() as uow:
        begin, end = datetime(2026, 11, 2, 9, tzinfo=UTC), datetime(2026, 11, 13, 17, tzinfo=UTC)
        await insert_sprint(uow.connection, "7", begin, end)
        for number, moment in (("20", date(2026, 12, 1)), ("21", date(2026, 11, 20))):
            await insert_release(uow.connection, number, moment)
        await plan_in(uow.connection, f"{SOURCE}:1", Facet.ITERATION, "7")
        await plan_in(uow.connection, f"{SOURCE}:2", Facet.RELEASE, "20", "21")

    async with database.reading() as uow:
        slots = await Baselines(uow.connection).slots(KEY, await planning(uow.connection, zone=ZoneInfo("UTC")))

    assert slots == {
        f"{SOURCE}:1": Slot(date(2026, 11, 2), date(2026, 11, 13), None),
        f"{SOURCE}:2": Slot(None, None, date(2026, 11, 20)),
    }
