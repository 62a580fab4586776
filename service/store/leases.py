"""Who holds a source: one row a source, taken and renewed by compare-and-set, so that two can never both win."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from service.store.tables.sources import source_leases


@dataclass(frozen=True, slots=True)
class Lease:
    holder: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Lease:
    source: str
    holder: str
    expires_at: datetime


class Leases:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def acquire(self, source: str, *, holder: str, now: datetime, duration: timedelta) -> Lease:
        """Take, or prolong, the lease if it is free: one statement, so that two can never both win.

        Returns the lease that holds now: the caller has it when its `holder` is the caller.
        """
        await run(
            self._connection,
            "INSERT INTO source_leases (source, holder, expires_at) VALUES (?, ?, ?) "
            "ON CONFLICT (source) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at "
            "WHERE source_leases.expires_at <= ? OR source_leases.holder = excluded.holder",
            (source, holder, now + duration, now),
        )
        query = select(source_leases.c.holder, source_leases.c.expires_at)
        row = (await self._connection.execute(query.where(source_leases.c.source == source))).one()
        return Lease(source, row.holder, row.expires_at)

    async def renew(self, source: str, *, holder: str, now: datetime, duration: timedelta) -> bool:
        """True while the source is still ours; False when it expired and somebody else took it."""
        query = (
            update(source_leases)
            .where(source_leases.c.source == source, source_leases.c.holder == holder)
            .values(expires_at=now + duration)
        )
        return (await self._connection.execute(query)).rowcount == 1

    async def release(self, source: str, *, holder: str) -> None:
        await self._connection.execute(
            delete(source_leases).where(source_leases.c.source == source, source_leases.c.holder == holder)
        )
