"""Counting the deliveries that are refused, so that a flood of them does not become a flood of writes.

The first of a burst are written at once, and after that once a second. What a process has not written when it ends, a
second's worth of a flood, is not counted.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime

import structlog

from service.store.engine import Database
from service.store.errors import DatabaseUnusable
from service.store.inbox import Counters

AT_ONCE = 20
EVERY = 1.0  # seconds

log = structlog.get_logger(__name__)


class Refusals:
    """One for each process."""

    def __init__(self) -> None:
        self._waiting: Counter[str] = Counter()
        self._written_at_once = 0
        self._latest = datetime.min.replace(tzinfo=UTC)
        self._later: asyncio.Task[None] | None = None

    async def count(self, source: str, database: Database, *, now: datetime) -> None:
        self._waiting[source] += 1
        self._latest = now
        if self._written_at_once < AT_ONCE:
            self._written_at_once += 1
            await self._write(database)
        if self._later is None or self._later.done():
            self._later = asyncio.create_task(self._write_later(database))

    async def _write_later(self, database: Database) -> None:
        """Until a second passes in which nothing came."""
        while True:
            await asyncio.sleep(EVERY)
            if not self._waiting:
                self._written_at_once = 0
                return
            try:
                await self._write(database)
            except DatabaseUnusable as error:
                log.warning("refusals_wait", code=error.code)

    async def _write(self, database: Database) -> None:
        waiting, self._waiting = self._waiting, Counter()
        try:
            async with database.transaction() as uow:
                for source, deliveries in waiting.items():
                    await Counters(uow.connection).refused(source, now=self._latest, deliveries=deliveries)
        except BaseException:
            self._waiting.update(waiting)
            raise
