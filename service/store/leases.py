"""One runner per source, across processes: a lease that expires by itself when its holder dies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from service.store.bulk import run
from service.store.tables.sources import source_leases


@dataclass(frozen=True, slots=True)
class Lease:
    holder: str
    expires_at: datetime


class Leases:
    """`now` is the caller's clock; a lease of the past is free for anyone."""

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
        c = source_leases.c
        row = (await self._connection.execute(select(c.holder, c.expires_at).where(c.source == source))).one()
        return Lease(row.holder, row.expires_at)

    async def renew(self, source: str, *, holder: str, now: datetime, duration: timedelta) -> bool:
        """Prolong a lease that is still ours; False when it expired or another took it."""
        renewed = await run(
            self._connection,
            "UPDATE source_leases SET expires_at = ? WHERE source = ? AND holder = ? AND expires_at > ?",
            (now + duration, source, holder, now),
        )
        return renewed == 1

    async def release(self, source: str, *, holder: str) -> None:
        """Give it up; another's lease is left alone."""
        c = source_leases.c
        await self._connection.execute(delete(source_leases).where(c.source == source, c.holder == holder))
