"""Sprints, releases and histories, as rows."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.items import Facet
from service.store.tables.items import item_changes, item_facets
from service.store.tables.reference import fields, iterations, releases
from tests.builders.items import SOURCE

SPRINT_FIELD = "customfield_10020"


async def insert_sprint(
    connection: AsyncConnection,
    native_id: str,
    start: datetime | None,
    end: datetime | None,
    *,
    state: str = "future",
    source: str = SOURCE,
) -> None:
    row = {"source": source, "native_id": native_id, "name": f"Sprint {native_id}", "state": state}
    await connection.execute(iterations.insert(), [row | {"start": start, "end": end}])


async def insert_release(
    connection: AsyncConnection,
    native_id: str,
    release: date | None,
    *,
    source: str = SOURCE,
    released: bool = False,
) -> None:
    row = {"source": source, "native_id": native_id, "name": f"Cart {native_id}", "release": release}
    await connection.execute(releases.insert(), [row | {"released": released, "archived": False}])


async def insert_sprint_field(connection: AsyncConnection, *, source: str = SOURCE) -> None:
    row = {"source": source, "native_id": SPRINT_FIELD, "name": "Sprint", "kind": "array", "role": "sprint", "rank": 0}
    await connection.execute(fields.insert(), [row])


async def plan_in(connection: AsyncConnection, item_uid: str, facet: Facet, *native_ids: str) -> None:
    rows = [
        {"item_uid": item_uid, "facet": str(facet), "name": "", "value": f"{facet} {each}", "native_id": each}
        for each in native_ids
    ]
    await connection.execute(item_facets.insert(), rows)


async def insert_change(
    connection: AsyncConnection,
    item_uid: str,
    change_id: str,
    field_id: str,
    before: str | None,
    after: str | None,
    *,
    at: datetime,
    ordinal: int = 0,
    author: str | None = None,
    from_text: str | None = None,
    to_text: str | None = None,
) -> None:
    row = {"item_uid": item_uid, "change_id": change_id, "ordinal": ordinal, "at": at, "field_id": field_id}
    row |= {"author_id": author, "from_value": before, "to_value": after, "from_text": from_text}
    row |= {"to_text": to_text}
    await connection.execute(item_changes.insert(), [row])
