"""A small store for the tests of answers: one program, its source, and rows put in one word each."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import insert

from service.store.engine import Database
from service.store.tables.items import work_items
from service.store.tables.programs import mapping_rules, memberships, programs
from service.store.tables.sources import scopes, sources
from tests.builders.items import SOURCE, Row, an_epic, an_item, insert_items, insert_project

NOW = datetime(2026, 11, 20, 8, 0, 12, 345_678, tzinfo=UTC)
TODAY = date(2026, 11, 20)
SYNCED = datetime(2026, 11, 20, 2, 14, 9, 500_000, tzinfo=UTC)
KEY = "CHECKOUT"


async def add_source(
    database: Database, name: str = SOURCE, *, synced: datetime | None = SYNCED, kind: str = "jira-cloud"
) -> None:
    row = {"name": name, "kind": kind, "url": f"https://{name}.example/", "last_complete_sync": synced}
    async with database.transaction() as uow:
        await uow.connection.execute(insert(sources), [row])


async def add_scope(database: Database, key: str, **values: Any) -> None:
    row = {"source": SOURCE, "native_id": key, "key": key, "name": key, "state": "live"}
    async with database.transaction() as uow:
        await uow.connection.execute(insert(scopes), [row | {"last_complete_sync": SYNCED} | values])


async def add_program(
    database: Database, key: str = KEY, *, include: Row | None = None, position: int = 0, **values: Any
) -> None:
    row = {"key": key, "name": "Checkout replatform", "position": position, "count_subtasks": False}
    rule = {"program_key": key, "kind": "include", "position": 0, "description": "source acme-jira"}
    async with database.transaction() as uow:
        await uow.connection.execute(insert(programs), [row | values])
        await uow.connection.execute(insert(mapping_rules), [rule | {"matchers": include or {"source": [SOURCE]}}])


async def add_members(database: Database, *rows: Row, program: str = KEY, workstream: str | None = None) -> None:
    """Items, stored and mapped into the program."""
    async with database.transaction() as uow:
        await insert_items(uow.connection, *rows)
        await uow.connection.execute(
            insert(memberships), [_membership(row["uid"], program, workstream) for row in rows]
        )


async def change(database: Database, uid: str, **values: Any) -> None:
    """What a sync does: the item changes and the program's revision grows."""
    async with database.transaction() as uow:
        await uow.connection.execute(work_items.update().where(work_items.c.uid == uid).values(**values))
        await uow.connection.execute(programs.update().values(revision=programs.c.revision + 1))


async def a_checkout(database: Database) -> None:
    """Two projects, one epic with two stories, a sub-task, a cancelled item, an archived one and a bug."""
    await add_source(database)
    await add_program(database, start=date(2026, 1, 5), target=date(2026, 12, 18), objective="One checkout")
    async with database.transaction() as uow:
        await insert_project(uow.connection, "1", "PAY", "Payments")
        await insert_project(uow.connection, "2", "CART", "Cart")
    await add_members(
        database,
        an_epic(10, points=13.0),
        an_item(11, parent_uid=f"{SOURCE}:10", epic_uid=f"{SOURCE}:10", points=5.0, status_category="done"),
        an_item(
            12, parent_uid=f"{SOURCE}:10", epic_uid=f"{SOURCE}:10", points=8.0, due=date(2026, 12, 24), team="Ants"
        ),
        an_item(13, parent_uid=f"{SOURCE}:12", level=-1, subtask=True, item_type="Sub-task"),
        an_item(14, status_category="cancelled", points=100.0),
        an_item(15, tombstone="archived", archived=True, points=100.0),
        an_item(16, project_id="2", key="CART-16", item_type="Bug", spent_seconds=60, status_category="in_progress"),
    )


async def two_tools(database: Database) -> None:
    """A Jira whose issues PAY-11 and PAY-12 are in the program, and an Asana whose task 1201 is not."""
    await add_source(database)
    await add_source(database, "acme-asana", kind="asana")
    await add_program(database)
    await add_members(database, an_item(11), an_item(12))
    async with database.transaction() as uow:
        await insert_items(uow.connection, an_item(1201, source="acme-asana", key="1201"))


def _membership(uid: str, program: str, workstream: str | None) -> Row:
    return {
        "program_key": program,
        "item_uid": uid,
        "rule": "source acme-jira",
        "via": "direct",
        "workstream": workstream,
        "valid_from": SYNCED,
    }
