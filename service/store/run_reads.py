"""What is told about sources and their sync runs. Reads only; runs are written by `service.sync`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from service.store.tables.sources import scopes, source_capabilities, sources, sync_run_scopes, sync_runs


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
