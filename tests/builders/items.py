"""Rows for the store, one small function a noun: say only what the test is about, the rest is plausible."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.items import Facet
from service.store.tables.items import item_aliases, item_facets, work_items
from service.store.tables.programs import pending_assignments
from service.store.tables.reference import fields, people, projects

SOURCE = "acme-jira"
CREATED = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

Row = dict[str, Any]


def an_item(native_id: str | int, *, source: str = SOURCE, **values: Any) -> Row:
    """A work_items row: a live, open story of project 1 unless `values` says otherwise."""
    native = str(native_id)
    row: Row = dict.fromkeys(work_items.c.keys())
    row |= {
        "uid": f"{source}:{native}",
        "source": source,
        "native_id": native,
        "key": f"PAY-{native}",
        "title": f"Item {native}",
        "project_id": "1",
        "item_type_id": "10001",
        "item_type": "Story",
        "level": 0,
        "subtask": False,
        "status_id": "1",
        "status": "To Do",
        "status_category": "to_do",
        "no_resolution": False,
        "flagged": False,
        "archived": False,
        "created_at": CREATED,
        "updated_at": CREATED,
    }
    return row | values


def an_epic(native_id: str | int, **values: Any) -> Row:
    epic: Row = {"item_type": "Epic", "item_type_id": "10000", "level": 1}
    return an_item(native_id, **(epic | values))


async def insert_items(connection: AsyncConnection, *rows: Row) -> None:
    if rows:
        await connection.execute(work_items.insert(), list(rows))


async def insert_facets(
    connection: AsyncConnection, item_uid: str, facet: Facet | str, *values: str, name: str = ""
) -> None:
    rows = [{"item_uid": item_uid, "facet": str(facet), "name": name, "value": each} for each in values]
    await connection.execute(item_facets.insert(), rows)


async def insert_project(
    connection: AsyncConnection, native_id: str, key: str, name: str, *, source: str = SOURCE
) -> None:
    row = {"source": source, "native_id": native_id, "key": key, "name": name, "archived": False}
    await connection.execute(projects.insert(), [row])


async def insert_person(
    connection: AsyncConnection, native_id: str, name: str, email: str | None = None, *, source: str = SOURCE
) -> None:
    row = {"source": source, "native_id": native_id, "name": name, "email": email, "active": True}
    await connection.execute(people.insert(), [row])


async def insert_field(connection: AsyncConnection, native_id: str, name: str, *, source: str = SOURCE) -> None:
    row = {"source": source, "native_id": native_id, "name": name, "kind": "string", "rank": 0}
    await connection.execute(fields.insert(), [row])


async def insert_alias(connection: AsyncConnection, key: str, item_uid: str, *, source: str = SOURCE) -> None:
    await connection.execute(item_aliases.insert(), [{"source": source, "key": key, "item_uid": item_uid}])


async def change_item(connection: AsyncConnection, uid: str, changes: Mapping[str, Any]) -> None:
    """What a page of a sync does to one item: the row changes and the item waits for its memberships."""
    await connection.execute(work_items.update().where(work_items.c.uid == uid).values(**changes))
    await touch(connection, uid)


async def touch(connection: AsyncConnection, *uids: str) -> None:
    waiting = set((await connection.execute(pending_assignments.select())).scalars())
    new = _without(uids, waiting)
    if new:
        await connection.execute(pending_assignments.insert(), [{"item_uid": each} for each in new])


def _without(uids: Iterable[str], waiting: set[str]) -> list[str]:
    return [each for each in dict.fromkeys(uids) if each not in waiting]
