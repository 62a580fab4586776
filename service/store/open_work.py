"""What health asks of open work beyond its network: when work in progress was last touched, how urgent a risk is."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final, NamedTuple

from msgspec import convert
from sqlalchemy.ext.asyncio import AsyncConnection

from service.store.bulk import fetch, within
from service.store.past_values import values_then

PRIORITY: Final = "priority"  # the id of its field, in the tool that has one


class OpenItem(NamedTuple):
    """`by_changes`: when it was touched is told by its changes alone; a comment, too, would have touched it."""

    updated_at: datetime
    priority: str | None
    by_changes: bool = False


async def open_work(
    connection: AsyncConnection, program: str, *, further_types: Collection[str] = ()
) -> dict[str, OpenItem]:
    """uid → of each live member in progress, and of each open one of these types (in any case)."""
    statement = _OPEN_WORK.format(within(connection, "lower(i.item_type)"))
    types = sorted(each.lower() for each in further_types)
    rows = await fetch(connection, statement, [program, types])
    return {uid: OpenItem(convert(updated_at, datetime), priority) for uid, updated_at, priority in rows}


async def open_work_then(connection: AsyncConnection, uids: Collection[str], moment: datetime) -> dict[str, OpenItem]:
    """uid → the same of each of these items as of an earlier moment: what was touched since was last touched, as far as
    anybody knows, by its last change until then, or by being created."""
    rows = await fetch(connection, _TOUCHED.format(within(connection, "i.uid")), [moment, sorted(uids)])
    urgent = await values_then(connection, uids, [PRIORITY], moment)
    found: dict[str, OpenItem] = {}
    for uid, priority, *moments in rows:
        created_at, updated_at, changed_at = convert(moments, tuple[datetime, datetime, datetime | None])
        by_changes = updated_at > moment
        touched_at = (changed_at or created_at) if by_changes else updated_at
        found[uid] = OpenItem(touched_at, urgent.get((uid, PRIORITY), priority), by_changes)
    return found


_OPEN_WORK = """
    SELECT i.uid, i.updated_at, i.priority
      FROM memberships AS m JOIN work_items AS i ON i.uid = m.item_uid
     WHERE m.program_key = ? AND m.valid_to IS NULL AND i.tombstone IS NULL
       AND (i.status_category = 'in_progress' OR (i.status_category = 'to_do' AND {}))"""
_TOUCHED = """
    SELECT i.uid, i.priority, i.created_at, i.updated_at,
           (SELECT max(c.at) FROM item_changes AS c WHERE c.item_uid = i.uid AND c.at <= ?)
      FROM work_items AS i WHERE {}"""
