"""What is told about sources and their sync runs. Reads only; runs are written by `service.sync`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from service.store.tables.sources import (
    scopes,
    source_capabilities,
    source_leases,
    sources,
    sync_run_scopes,
    sync_runs,
)


@dataclass(frozen=True, slots=True)
class Tally:
    """Runs of one source that ended alike, and what they came to together."""

    source: str
    trigger: str
    status: str
    runs: int
    fetched: int
    changed: int
    rejected: int


class RunReads:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def sources(self) -> Sequence[Row[Any]]:
        """Every source that was ever connected, by name."""
        return (await self._connection.execute(select(sources).order_by(sources.c.name))).all()

    async def scopes(self) -> dict[str, list[Row[Any]]]:
        """source → its scopes, by key."""
        found: defaultdict[str, list[Row[Any]]] = defaultdict(list)
        for row in await self._connection.execute(select(scopes).order_by(scopes.c.source, scopes.c.key)):
            found[row.source].append(row)
        return found

    async def capabilities(self) -> dict[str, list[Row[Any]]]:
        """source → what its account may and may not use, by name."""
        table = source_capabilities
        found: defaultdict[str, list[Row[Any]]] = defaultdict(list)
        for row in await self._connection.execute(select(table).order_by(table.c.source, table.c.name)):
            found[row.source].append(row)
        return found

    async def running(self) -> set[str]:
        """The names of the sources that have an unfinished run."""
        query = select(sync_runs.c.source).where(sync_runs.c.status == "running").distinct()
        return set((await self._connection.execute(query)).scalars())

    async def held(self, *, now: datetime) -> dict[str, str]:
        """source → who holds it now, whether for a run or briefly."""
        c = source_leases.c
        query = select(c.source, c.holder).where(c.expires_at > now)
        return {row.source: row.holder for row in await self._connection.execute(query)}

    async def unfinished(self) -> dict[str, Row[Any]]:
        """source → the run that has not ended, whether it goes on or its process died."""
        query = select(sync_runs).where(sync_runs.c.status == "running").order_by(sync_runs.c.id)
        return {row.source: row for row in await self._connection.execute(query)}

    async def last_finished(self) -> dict[str, Row[Any]]:
        """source → the newest run that has ended."""
        c = sync_runs.c
        newest = select(func.max(c.id)).where(c.status != "running").group_by(c.source)
        rows = await self._connection.execute(select(sync_runs).where(c.id.in_(newest)))
        return {row.source: row for row in rows}

    async def last_started(self) -> dict[str, datetime]:
        """source → when the newest run began, whoever started it."""
        c = sync_runs.c
        query = select(c.source, func.max(c.started_at).label("at")).group_by(c.source)
        return {row.source: row.at for row in await self._connection.execute(query)}

    async def tallies(self) -> list[Tally]:
        """All runs that have ended, by source, trigger and outcome."""
        c = sync_runs.c
        sums = (func.sum(c.fetched), func.sum(c.changed), func.sum(c.rejected))
        query = select(c.source, c.trigger, c.status, func.count(), *sums).where(c.status != "running")
        grouped = query.group_by(c.source, c.trigger, c.status).order_by(c.source, c.trigger, c.status)
        return [Tally(*row) for row in await self._connection.execute(grouped)]

    async def last_of(self, source: str, *, trigger: str) -> Row[Any] | None:
        """The newest run that was started so."""
        c = sync_runs.c
        query = select(sync_runs).where(c.source == source, c.trigger == trigger).order_by(c.id.desc()).limit(1)
        return (await self._connection.execute(query)).first()

    async def page(self, *, source: str | None, before: int | None, limit: int) -> Sequence[Row[Any]]:
        """Runs, newest first, from below the id `before`."""
        query = select(sync_runs).order_by(sync_runs.c.id.desc()).limit(limit)
        if source is not None:
            query = query.where(sync_runs.c.source == source)
        if before is not None:
            query = query.where(sync_runs.c.id < before)
        return (await self._connection.execute(query)).all()

    async def run(self, run_id: int) -> Row[Any] | None:
        return (await self._connection.execute(select(sync_runs).where(sync_runs.c.id == run_id))).first()

    async def scopes_of_run(self, run_id: int) -> Sequence[Row[Any]]:
        query = select(sync_run_scopes).where(sync_run_scopes.c.run_id == run_id).order_by(sync_run_scopes.c.key)
        return (await self._connection.execute(query)).all()
