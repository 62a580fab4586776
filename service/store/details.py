"""Items with records that no page brings: which are still to be read, and how far that has come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from service.store.bulk import delete_where_in, fetch, upsert
from service.store.tables.items import pending_details


@dataclass(frozen=True, slots=True)
class DetailsCoverage:
    """Of a source's live items that have details: how many are wanted, and of how many they are read."""

    wanted: int
    read: int


class PendingDetails:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, source: str, changed: Mapping[str, datetime]) -> None:
        """Native id → when the item changed: its details are to be read (again)."""
        rows = [(f"{source}:{native_id}", source, moment) for native_id, moment in sorted(changed.items())]
        await upsert(self._connection, pending_details, ("item_uid", "source", "updated_at"), rows, key=("item_uid",))

    async def newest(self, source: str, *, limit: int) -> list[str]:
        """Native ids of live items whose details are wanted, what changed last first."""
        rows = await fetch(
            self._connection,
            "SELECT p.item_uid FROM pending_details p JOIN work_items i ON i.uid = p.item_uid "
            "WHERE p.source = ? AND i.tombstone IS NULL ORDER BY p.updated_at DESC, p.item_uid LIMIT ?",
            (source, limit),
        )
        return [row[0].removeprefix(f"{source}:") for row in rows]

    async def done(self, source: str, native_ids: Sequence[str]) -> None:
        uids = [f"{source}:{native_id}" for native_id in native_ids]
        await delete_where_in(self._connection, pending_details, "item_uid", uids)

    async def coverage(self) -> dict[str, DetailsCoverage]:
        """By source; one whose items have no details is absent."""
        rows = await fetch(
            self._connection,
            """
            SELECT i.source, count(*), sum(CASE WHEN p.item_uid IS NULL THEN 1 ELSE 0 END)
              FROM work_items i LEFT JOIN pending_details p ON p.item_uid = i.uid
             WHERE i.tombstone IS NULL AND (p.item_uid IS NOT NULL OR EXISTS (
                   SELECT 1 FROM raw_records r WHERE r.source = i.source AND r.native_id = i.native_id
                    AND r.kind IN ('stories', 'web_links')))
             GROUP BY i.source
            """,
            (),
        )
        return {source: DetailsCoverage(int(wanted), int(read)) for source, wanted, read in rows}
