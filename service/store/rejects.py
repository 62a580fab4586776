"""Records that could not be read: how many, and the latest of them with what was wrong."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from service.store.tables.items import work_items
from service.store.tables.sources import raw_records


@dataclass(frozen=True, slots=True)
class Reject:
    """`key` is None where the item was never understood."""

    kind: str
    native_id: str
    key: str | None
    reason: str
    fetched_at: datetime


class Rejects:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def counts(self) -> dict[str, int]:
        """By source."""
        c = raw_records.c
        query = select(c.source, func.count().label("number")).where(c.reject_reason.is_not(None)).group_by(c.source)
        return {row.source: row.number for row in await self._connection.execute(query)}

    async def latest(self, *, each: int) -> dict[str, list[Reject]]:
        """Up to `each` of every source, the latest first."""
        c = raw_records.c
        place = func.row_number().over(partition_by=c.source, order_by=(c.fetched_at.desc(), c.native_id))
        ranked = (
            select(c.source, c.kind, c.native_id, c.reject_reason, c.fetched_at, place.label("place"))
            .where(c.reject_reason.is_not(None))
            .subquery()
        )
        r = ranked.c
        query = (
            select(r.source, r.kind, r.native_id, work_items.c.key, r.reject_reason, r.fetched_at)
            .outerjoin(work_items, work_items.c.uid == r.source + ":" + r.native_id)
            .where(r.place <= each)
            .order_by(r.source, r.place)
        )
        found: defaultdict[str, list[Reject]] = defaultdict(list)
        for source, *values in await self._connection.execute(query):
            found[source].append(Reject(*values))
        return found
