"""What stood in a field at an earlier moment, where its history is kept and nothing more is known of it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from service.store.bulk import fetch, within

Place = tuple[str, str]  # uid and id of the field


async def values_then(
    connection: AsyncConnection, uids: Collection[str], fields: Collection[str], moment: datetime
) -> dict[Place, str | None]:
    """What the earliest change after the moment started from, in words where there are some; None: nothing stood there.

    A field that nothing changed since is missing: it says what it says now.
    """
    if not uids or not fields:
        return {}
    statement = (
        "SELECT item_uid, field_id, coalesce(from_text, from_value) FROM item_changes "  # noqa: S608
        f"WHERE {within(connection, 'item_uid')} AND {within(connection, 'field_id')} AND at > ? "
        "ORDER BY at, length(change_id), change_id, ordinal"
    )
    found: dict[Place, str | None] = {}
    for uid, field, said in await fetch(connection, statement, [sorted(uids), sorted(fields), moment]):
        found.setdefault((uid, field), said or None)
    return found
