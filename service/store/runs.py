"""The journal of sync runs: opened, finished, or abandoned by a process that died. Reads are in run_reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from service.store.bulk import upsert
from service.store.tables.sources import sync_run_scopes, sync_runs

_SCOPE = ("run_id", "scope_id", "key", "status", "listed", "fetched", "rejected", "error")


class SyncRuns:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def open(self, source: str, *, trigger: str, mode: str, now: datetime) -> int:
        """A new run's id."""
        row = {"source": source, "trigger": trigger, "mode": mode, "status": "running", "started_at": now}
        result = await self._connection.execute(insert(sync_runs).values(row).returning(sync_runs.c.id))
        return result.scalar_one()

    async def server_started(self, run_id: int, moment: datetime) -> None:
        """The tool's own clock at the start, from which cursors are set."""
        await self._update(run_id, {"server_started_at": moment})

    async def finish(
        self,
        run_id: int,
        *,
        status: str,
        now: datetime,
        counts: Mapping[str, int],
        reasons: Sequence[Mapping[str, str | None]] = (),
    ) -> None:
        """`counts`: fetched, changed, unchanged, rejected, requests; `reasons`: {"code", "message", "scope"}."""
        values = {"status": status, "finished_at": now, "reasons": [dict(reason) for reason in reasons]}
        await self._update(run_id, {**values, **counts})

    async def abandon_stale(self, source: str, *, now: datetime) -> int:
        """Runs still "running" although the caller holds the lease were killed; how many."""
        c = sync_runs.c
        query = update(sync_runs).where(c.source == source, c.status == "running")
        result = await self._connection.execute(query.values(status="abandoned", finished_at=now).returning(c.id))
        return len(result.all())

    async def write_scopes(self, rows: Iterable[Mapping[str, object]]) -> None:
        """One mapping per scope with the columns of sync_run_scopes."""
        tuples = [tuple(row.get(name) for name in _SCOPE) for row in rows]
        await upsert(self._connection, sync_run_scopes, _SCOPE, tuples, key=("run_id", "scope_id"))

    async def _update(self, run_id: int, values: Mapping[str, object]) -> None:
        await self._connection.execute(update(sync_runs).where(sync_runs.c.id == run_id).values(values))
