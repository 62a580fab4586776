"""What health asks of open work beyond its network: when work in progress was last touched, how urgent a risk is."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from msgspec import convert
from sqlalchemy.ext.asyncio import AsyncConnection

from service.store.bulk import fetch, within


class OpenItem(NamedTuple):
    updated_at: datetime
    priority: str | None


async def open_work(
    connection: AsyncConnection, program: str, *, further_types: Collection[str] = ()
) -> dict[str, OpenItem]:
    """uid → of each live member in progress, and of each open one of these types (in any case)."""
    statement = _OPEN_WORK.format(within(connection, "lower(i.item_type)"))
    types = sorted(each.lower() for each in further_types)
    rows = await fetch(connection, statement, [program, types])
    return {uid: OpenItem(convert(updated_at, datetime), priority) for uid, updated_at, priority in rows}


_OPEN_WORK = """
    SELECT i.uid, i.updated_at, i.priority
      FROM memberships AS m JOIN work_items AS i ON i.uid = m.item_uid
     WHERE m.program_key = ? AND m.valid_to IS NULL AND i.tombstone IS NULL
       AND (i.status_category = 'in_progress' OR (i.status_category = 'to_do' AND {}))"""
