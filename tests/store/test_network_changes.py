"""Whatever is written to a table that networks of dependencies rest on is noted, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, func, inspect, select, text, update

from service.store.engine import Database
from service.store.items import WorkItems
from service.store.migrate import migration_engine
from service.store.network_changes import NetworkChange, NetworkChanges, Reach
from service.store.tables.changes import network_changes
from service.store.tables.items import links, work_items
from tests.builders.edges import insert_link, insert_pointer
from tests.builders.items import SOURCE, an_item, insert_items
from tests.builders.reading import read_again
from tests.programs.portfolio import KEY, NOW, add_members, add_program, add_source

NOTED = {
    "declared_dependencies",
    "edge_decisions",
    "item_aliases",
    "item_facets",
    "item_references",
    "item_stubs",
    "iterations",
    "link_types",
    "links",
    "mapping_rules",
    "memberships",
    "pending_details",
    "programs",
    "projects",
    "releases",
    "sources",
    "work_items",
}
FIRST, SECOND = f"{SOURCE}:1", f"{SOURCE}:2"


def test_every_table_notes_what_comes_changes_and_leaves(database_url: str) -> None:
    """A migration that rebuilds a table on SQLite loses its triggers without a word."""
    engine = migration_engine(database_url)
    with engine.connect() as connection:
        statement = {
            "sqlite": "SELECT tbl_name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'note_%'",
            "postgresql": "SELECT tgrelid::regclass::text, pg_get_triggerdef(oid) FROM pg_trigger "
            "WHERE tgname LIKE 'note_%' AND tgenabled = 'O'",
        }[engine.dialect.name]
        found = [(table, event) for table, told in connection.execute(text(statement)) for event in _events(told)]
        tables = set(inspect(connection).get_table_names())
    engine.dispose()

    assert tables >= NOTED
    assert set(found) == {(table, event) for table in NOTED for event in ("INSERT", "UPDATE", "DELETE")}


def _events(trigger: str) -> list[str]:
    return [
        event for event in ("INSERT", "UPDATE", "DELETE") if f"AFTER {event} ON" in trigger.upper().replace('"', "")
    ]


async def since(database: Database, position: str) -> set[NetworkChange]:
    async with database.reading() as uow:
        found = await NetworkChanges(uow.connection).since(position)
    assert found is not None
    return set(found)


async def now(database: Database) -> str:
    async with database.reading() as uow:
        return await NetworkChanges(uow.connection).position()


@pytest.fixture
async def linked(database: Database) -> Database:
    await add_source(database)
    await add_program(database)
    await add_members(database, an_item(1), an_item(2))
    async with database.transaction() as uow:
        await insert_link(uow.connection, "100", FIRST, SECOND)
        await insert_pointer(uow.connection, FIRST, "https://acme-jira.example/browse/PAY-2")
    return database


async def test_a_note_tells_whom_it_concerns_and_how_far_it_goes(linked: Database) -> None:
    before = await now(linked)
    async with linked.transaction() as uow:
        connection = uow.connection
        await connection.execute(update(work_items).where(work_items.c.uid == FIRST).values(points=3.0))
        await insert_items(connection, an_item(3, parent_uid=SECOND))
        await connection.execute(update(work_items).where(work_items.c.uid == SECOND).values(tombstone="gone"))
        await connection.execute(delete(links))

    assert await since(linked, before) == {
        NetworkChange(Reach.VALUES, FIRST, None, None),
        NetworkChange(Reach.NAMES, f"{SOURCE}:3", SECOND, None),
        NetworkChange(Reach.NAMES, SECOND, None, None),
        NetworkChange(Reach.SHAPE, FIRST, SECOND, None),
    }


async def test_who_comes_to_a_program_is_noted_with_it(linked: Database) -> None:
    before = await now(linked)
    await add_members(linked, an_item(4))

    assert NetworkChange(Reach.SHAPE, f"{SOURCE}:4", None, KEY) in await since(linked, before)


async def test_what_a_sync_writes_again_as_it_was_concerns_the_item_alone(linked: Database) -> None:
    """Its links, aliases and pointers are written, too, and say nothing new."""
    await _sync(linked, FIRST)  # an edge that is seen from both of its ends is the same edge
    before = await now(linked)
    await _sync(linked, FIRST)

    assert await since(linked, before) == {NetworkChange(Reach.VALUES, FIRST, None, None)}


async def _sync(database: Database, uid: str) -> None:
    async with database.transaction() as uow:
        item = await read_again(uow.connection, uid)
        await WorkItems(uow.connection).materialise(SOURCE, [item], run_id=None, now=NOW)


async def test_another_pointer_takes_the_place_of_the_one_before(linked: Database) -> None:
    async with linked.transaction() as uow:
        item = await read_again(uow.connection, FIRST, references=())
        await WorkItems(uow.connection).materialise(SOURCE, [item], run_id=None, now=NOW)
        left = (await uow.connection.execute(text("SELECT count(*) FROM item_references"))).scalar_one()

    assert left == 0


async def test_few_notes_stay_and_many_make_way_for_one(linked: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    before = await now(linked)
    await _trim(linked)
    assert await since(linked, before) == set()

    monkeypatch.setattr("service.store.network_changes.KEPT", 2)
    await _trim(linked)

    assert await since(linked, before) == {NetworkChange(Reach.ALL, None, None, None)}
    assert await since(linked, await now(linked)) == set()
    async with linked.reading() as uow:
        assert (await uow.connection.execute(select(func.count()).select_from(network_changes))).scalar_one() == 1


async def _trim(database: Database) -> None:
    async with database.transaction() as uow:
        await NetworkChanges(uow.connection).trim()
