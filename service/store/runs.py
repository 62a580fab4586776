"""The journal of sync runs: opened, finished, or abandoned by a process that died. Reads are in run_reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from service.store.bulk import upsert
from service.store.sources import Scopes, Sources, StoredScope
from service.store.tables.sources import raw_records, sync_run_scopes, sync_runs

__all__ = ["Scopes", "Sources", "StoredScope", "SyncRuns", "count_rejected"]

_SCOPE = ("run_id", "scope_id", "key", "status", "listed", "fetched", "rejected", "error")


class SyncRuns:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def open(self, source: str, *, trigger: str, mode: str, now: datetime) -> int:
        """A new run's id."""
        row = {"source": source, "trigger": trigger, "mode": mode, "status": "running", "started_at": now}
        result = await self._connection.execute(insert(sync_runs).values(row).returning(sync_runs.c.id))
        return int(result.scalar_one())

    async def set(self, run_id: int, **values: object) -> None:
        """Set columns of the run: counts, status, reasons."""
        await self._connection.execute(update(sync_runs).where(sync_runs.c.id == run_id).values(**values))

    async def advance(self, run_id: int, **counts: int) -> None:
        """Add to columns of a run that goes on, for whoever watches it; its end sets them for good."""
        grown = {name: sync_runs.c[name] + count for name, count in counts.items()}
        await self._connection.execute(update(sync_runs).where(sync_runs.c.id == run_id).values(**grown))

    async def abandon_dead(self, source: str, *, now: datetime) -> int:
        """Runs still "running" although the caller holds the lease were killed; how many."""
        c = sync_runs.c
        query = update(sync_runs).where(c.source == source, c.status == "running")
        query = query.values(status="abandoned", finished_at=now)
        return len((await self._connection.execute(query.returning(c.id))).all())

    async def note_scopes(self, rows: Sequence[Mapping[str, object]]) -> None:
        """One mapping per scope with the columns of sync_run_scopes."""
        tuples = [tuple(row.get(name) for name in _SCOPE) for row in rows]
        await upsert(self._connection, sync_run_scopes, _SCOPE, tuples, key=("run_id", "scope_id"))


async def count_rejected(connection: AsyncConnection, source: str) -> int:
    """Records of the source that could not be read."""
    c = raw_records.c
    query = select(func.count()).where(c.source == source, c.reject_reason.is_not(None))
    return int((await connection.execute(query)).scalar_one())
