"""One scope from first id to last page: listing goes ahead, several workers read behind it, pages come as they come.

As many pages as there is `room` for exist at a time, being read or waiting to be taken; the crawls of one source share
it. So memory is bounded by pages, not by projects or issues.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from datetime import datetime

from connectors.contract import Extent, Page, Scope, ScopeListing
from connectors.errors import SourceUnavailable
from connectors.jira.reading import Batch, BatchReader, Edition

MOST_POISONED = 10  # issues of one scope; more of them is an illness of the tool


class Crawl:
    """Use once. `listing` is to be asked for when `pages` has ended without an error."""

    def __init__(  # noqa: PLR0913 - what a crawl is made of, each named at the call
        self,
        edition: Edition,
        reader: BatchReader,
        scope: Scope,
        *,
        source: str,
        since: datetime | None,
        workers: int,
        room: asyncio.Semaphore,
        page_size: int,
    ) -> None:
        self._edition = edition
        self._reader = reader
        self._scope = scope
        self._source = source
        self._since = since
        self._page_size = min(page_size, edition.largest_batch)
        self._workers = workers
        self._listed: set[str] = set()
        self._expected: int | None = None
        self._poisoned = 0
        self._chunks: asyncio.Queue[Sequence[str] | None] = asyncio.Queue()
        self._out: asyncio.Queue[Page | asyncio.Task[None]] = asyncio.Queue()
        self._room = room
        self._holding = 0

    def listing(self) -> ScopeListing:
        extent = Extent.EVERYTHING if self._since is None else Extent.CHANGES
        return ScopeListing(self._scope, tuple(self._listed), extent)  # a set would take five times the room

    async def pages(self) -> AsyncGenerator[Page, None]:
        """Each task reports its own end in the same queue as the pages, so an error surfaces at once."""
        tasks = [asyncio.create_task(self._list())]
        tasks += [asyncio.create_task(self._work()) for _ in range(self._workers)]
        for task in tasks:
            task.add_done_callback(self._out.put_nowait)
        running = len(tasks)
        try:
            while running:
                got = await self._out.get()
                if isinstance(got, Page):
                    yield got
                    self._leave()
                else:
                    running -= 1
                    got.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            while self._holding:
                self._leave()

    async def _list(self) -> None:
        chunk: list[str] = []
        async for rows in self._edition.listing(self._scope, self._since):
            for row in rows:
                if row.id in self._listed:
                    continue  # a listing that was started again
                self._listed.add(row.id)
                chunk.append(row.id)
                if len(chunk) == self._page_size:
                    self._chunks.put_nowait(chunk)
                    chunk = []
        self._expected = len(self._listed)
        for last in [chunk, *[None] * self._workers]:
            if last != []:
                self._chunks.put_nowait(last)

    async def _work(self) -> None:
        while (native_ids := await self._chunks.get()) is not None:
            await self._room.acquire()
            self._holding += 1
            self._out.put_nowait(self._page(await self._reader.read(native_ids, self._read)))

    def _leave(self) -> None:
        self._holding -= 1
        self._room.release()

    async def _read(self, native_ids: Sequence[str]) -> Batch:
        unbroken = self._scope.native_id if self._since is None else None
        return await self._edition.read(native_ids, project_id=unbroken)

    def _page(self, batch: Batch) -> Page:
        """A poisoned issue is reported among the missing: it was listed and could not be read. The next run retries."""
        self._poisoned += len(batch.poisoned)
        if self._poisoned > MOST_POISONED:
            message = f"More than {MOST_POISONED} issues of {self._scope.key} cannot be read, even one by one."
            raise SourceUnavailable(self._source, message)
        return Page(self._scope, batch.items, self._expected, (*batch.missing, *batch.poisoned))
