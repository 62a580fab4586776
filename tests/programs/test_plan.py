"""A plan tells what an apply would do, in numbers and names, and writes nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from sqlalchemy import select

from service.domain.mapping import ProgramsFile
from service.domain.mapping_file import parse_programs
from service.programs.apply import apply
from service.programs.plan import PlannedItem, Sample, UnmappedProject, plan
from service.store.engine import Database
from service.store.tables.items import work_items
from service.store.tables.programs import audit_log, memberships, pending_assignments, programs
from tests.builders.items import Row, an_item, insert_items, insert_project, touch

MONDAY = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


def a_file(**includes: str) -> ProgramsFile:
    """Programs by key, each with the keys of the items it includes."""
    lines = [f"  - {{key: {key}, name: {key}, include: [{{key: {keys}}}]}}" for key, keys in includes.items()]
    return parse_programs("\n".join(["programs:", *lines]))


@pytest.fixture
async def store(database: Database) -> Database:
    """Four stories of one project, the first two done, in program A; nothing else is mapped."""
    async with database.transaction() as uow:
        await insert_project(uow.connection, "1", "PAY", "Payments")
        done: Row = {"status": "Done", "status_category": "done", "points": 3.0}
        await insert_items(uow.connection, an_item(1, **done), an_item(2, **done), an_item(3), an_item(4, points=2.0))
    await apply(database, a_file(A="[PAY-1, PAY-2]"), actor="pat", now=MONDAY)
    return database


async def test_gains_losses_doubles_and_leftovers_are_named(store: Database) -> None:
    planned = await plan(store, a_file(A="[PAY-2, PAY-3]", B="PAY-3"), now=MONDAY)

    a, b = planned.programs
    assert (a.key, a.action, a.items_before, a.items_after) == ("A", "changed", 2, 2)
    assert a.gained == Sample(1, (PlannedItem("acme-jira:3", "PAY-3", "Item 3"),))
    assert a.lost == Sample(1, (PlannedItem("acme-jira:1", "PAY-1", "Item 1"),))
    both = PlannedItem("acme-jira:3", "PAY-3", "Item 3", ("A", "B"))
    assert a.double_mapped == b.double_mapped == planned.double_mapped == Sample(1, (both,))
    assert (b.key, b.action, b.progress_before) == ("B", "added", None)
    assert planned.unmapped == (UnmappedProject("acme-jira", "1", "PAY", "Payments", 2),)
    assert planned.unmapped_items == 2


async def test_what_is_gone_is_neither_counted_nor_lost(store: Database) -> None:
    async with store.transaction() as uow:
        await uow.connection.execute(
            work_items.update().where(work_items.c.key == "PAY-1").values(tombstone="archived", archived=True)
        )

    b, a = (await plan(store, a_file(B="[PAY-1, PAY-3]"), now=MONDAY)).programs

    assert (a.key, a.items_before, a.items_after) == ("A", 1, 0)
    assert a.lost == Sample(1, (PlannedItem("acme-jira:2", "PAY-2", "Item 2"),))
    assert (b.key, b.items_before, b.items_after) == ("B", 0, 1)
    assert b.gained == Sample(1, (PlannedItem("acme-jira:3", "PAY-3", "Item 3"),))


async def test_it_shows_how_progress_would_move(store: Database) -> None:
    (program,) = (await plan(store, a_file(A="[PAY-1, PAY-2, PAY-3, PAY-4]"), now=MONDAY)).programs

    assert program.progress_before is not None
    assert program.progress_after is not None
    assert program.progress_before["count"] == {"done": 2, "total": 2, "value": 1.0}
    assert program.progress_after["count"] == {"done": 2, "total": 4, "value": 0.5}
    assert program.progress_after["points"] == {"done": 6.0, "total": 8.0, "value": 0.75}


async def test_a_program_that_leaves_the_file_is_shown_as_removed(store: Database) -> None:
    b, a = (await plan(store, a_file(B="PAY-4"), now=MONDAY)).programs

    assert (a.key, a.action, a.items_after, a.lost.count, a.progress_after) == ("A", "removed", 0, 2, None)
    assert b.action == "added"


async def test_a_plan_writes_nothing(store: Database) -> None:
    async with store.transaction() as uow:
        await touch(uow.connection, "acme-jira:1")
    tables = (programs, memberships, audit_log, pending_assignments)

    async def everything() -> list[list[tuple[object, ...]]]:
        async with store.reading() as uow:
            return [[tuple(row) for row in await uow.connection.execute(select(table))] for table in tables]

    before = await everything()
    await plan(store, a_file(B="PAY-4"), now=MONDAY)

    assert await everything() == before


async def test_a_plan_reads_as_text(store: Database) -> None:
    planned = await plan(store, a_file(A="[PAY-2, PAY-3]", B="[PAY-3, GONE-1]", C="GONE-2"), now=MONDAY)

    assert planned.to_text().splitlines() == [
        "A  A  (changed)",
        "  items     2 → 2",
        "  gained    1",
        "    PAY-3  Item 3",
        "  lost      1",
        "    PAY-1  Item 1",
        "  shared    1",
        "    PAY-3  Item 3  [A, B]",
        "  count     2 of 2 (100.0%) → 1 of 2 (50.0%)",
        "  points    6 of 6 (100.0%) → 3 of 3 (100.0%)",
        "",
        "B  B  (added)",
        "  items     0 → 1",
        "  gained    1",
        "    PAY-3  Item 3",
        "  shared    1",
        "    PAY-3  Item 3  [A, B]",
        "  count     none → 0 of 1 (0.0%)",
        "  points    none → 0 of 0 (no value)",
        "",
        "C  C  (added)",
        "  items     0 → 0",
        "  count     none → 0 of 0 (no value)",
        "  points    none → 0 of 0 (no value)",
        "",
        "In several programs: 1 item",
        "In no program: 2 items",
        "  acme-jira  PAY  Payments  2",
        "C: no item matches “key GONE-2, with descendants”",
    ]


async def test_a_plan_without_effect_says_so(store: Database) -> None:
    planned = await plan(store, a_file(A="[PAY-1, PAY-2]"), now=MONDAY)

    assert not planned.changes_anything
    assert planned.to_text().endswith("Nothing would change.")


async def test_a_plan_is_json(store: Database) -> None:
    planned = await plan(store, a_file(A="[PAY-1]"), now=MONDAY)

    decoded = msgspec.json.decode(msgspec.json.encode(planned))

    assert decoded["programs"][0]["lost"]["items"] == [
        {"uid": "acme-jira:2", "key": "PAY-2", "title": "Item 2", "programs": []}
    ]
