"""One project from its feed's token to its last sub-task: everything, or what has changed and who its members are.

Pages are handed on as they come and only ids, marks and parents are kept: memory is bounded by pages, not projects.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from contextlib import aclosing
from datetime import datetime

import structlog
from msgspec import Struct

from connectors.answers import AnswerTooHeavy
from connectors.asana.concurrently import concurrently
from connectors.asana.descent import Parent, descend, parent_of
from connectors.asana.events import Feed, read_feed
from connectors.asana.marks import listing_mark
from connectors.asana.reading import Ancestry, Row, TaskReader, raw_item
from connectors.client import Client
from connectors.contract import Extent, Page, RawItem, Scope, ScopeListing

log = structlog.get_logger(__name__)


class _Found(Struct, frozen=True):
    """What became of a task that the feed named: an item of this scope, or an id to be asked for elsewhere."""

    row: Row | None = None
    homes: tuple[str, ...] = ()
    missing: str | None = None


class Crawl:
    """Use once. `listing` is to be asked for when `pages` has ended without an error.

    The token is taken before anything is read: what happens during the crawl is told again by the next feed.
    """

    def __init__(
        self,
        client: Client,
        reader: TaskReader,
        scope: Scope,
        *,
        since: datetime | None,
        token: str | None,
        workers: int,
        page_size: int,
    ) -> None:
        self._client = client
        self._reader = reader
        self._scope = scope
        self._since = since
        self._token = token if since is not None else None  # who wants everything begins a new feed
        self._workers = workers
        self._page_size = page_size
        self._read: set[str] = set()  # tasks handed on
        self._marks: dict[str, str] = {}  # of direct members
        self._extent = Extent.EVERYTHING
        self._next_token: str | None = None

    def listing(self) -> ScopeListing:
        everything = self._extent is Extent.EVERYTHING
        ids = frozenset(self._marks) | (self._read if everything else frozenset())
        return ScopeListing(self._scope, ids, self._extent, dict(self._marks), self._next_token)

    async def pages(self) -> AsyncGenerator[Page, None]:
        feed = await read_feed(self._client, self._scope.native_id, self._token)
        self._next_token = feed.token
        if feed.unbroken and self._since is not None:  # a listing of changes alone does not tell what moved
            self._extent = Extent.MEMBERS
            found = self._changes(feed, self._since)
        else:
            found = self._everything()
        async with aclosing(found) as pages:
            async for page in pages:
                yield page

    async def _everything(self) -> AsyncGenerator[Page, None]:
        parents: list[Parent] = []
        async for page in self._whole(parents, since=None):
            yield page
        async for page in self._beneath(parents):
            yield page

    async def _changes(self, feed: Feed, since: datetime) -> AsyncGenerator[Page, None]:
        parents: list[Parent] = []
        async for page in self._whole(parents, since=since):
            yield page
        named = set(feed.tasks)
        async for rows in self._reader.marks(self._scope):
            self._marks |= _marks_of(rows)
            named |= {row.head.gid for row in rows if row.head.sections & feed.sections}
        async for page in self._beneath(parents):  # brings many of the named at one request a family
            yield page
        named_parents: list[Parent] = []
        async for page in self._named(named, feed.left, named_parents):
            yield page
        async for page in self._beneath(named_parents):
            yield page

    async def _whole(self, parents: list[Parent], *, since: datetime | None) -> AsyncIterator[Page]:
        """Direct members page by page; where one of them breaks every page it is on, by their gids and one by one."""
        try:
            async for rows in self._reader.members(self._scope, since=since):
                if since is None:
                    self._marks |= _marks_of(rows)
                if fresh := self._unread(rows):
                    parents += _parents(fresh)
                    yield self._page(self._members(fresh))
        except AnswerTooHeavy as error:
            log.warning("members_read_one_by_one", source=error.source, scope=self._scope.key, reason=error.message)
            async for rows in self._reader.marks(self._scope):
                self._marks |= _marks_of(rows)
            async for page in self._named(self._marks, frozenset(), parents):
                yield page

    async def _named(self, gids: Iterable[str], left: frozenset[str], parents: list[Parent]) -> AsyncIterator[Page]:
        """Read directly what the feed named and no listing brought; with sub-tasks they join the `parents`."""
        ancestry = Ancestry(self._reader)

        async def look_up(gid: str) -> _Found:
            return await self._look_up(gid, ancestry, left)

        items: list[RawItem] = []
        missing: list[str] = []
        unread = sorted(set(gids) - self._read)
        async with aclosing(concurrently(unread, look_up, workers=self._workers)) as results:
            async for found in results:
                if found.missing is not None:
                    missing.append(found.missing)
                if found.row is not None:
                    self._read.add(found.row.head.gid)
                    parents += _parents([found.row], found.homes)
                    items.append(raw_item(found.row, found.homes))
                if len(items) >= self._page_size:
                    yield self._page(items)
                    items = []
        if items or missing:
            yield self._page(items, missing)

    async def _look_up(self, gid: str, ancestry: Ancestry, left: frozenset[str]) -> _Found:
        """A task outside of this scope is none of its items, unless it has just left it.

        One that cannot be read is among the missing: it is asked for again, and kept apart then.
        """
        try:
            row = await self._reader.one(gid)
        except AnswerTooHeavy:
            return _Found(missing=gid)
        if row is None:
            return _Found(missing=gid)
        above = [] if self._scope.native_id in row.head.homes else await ancestry.above(row.head)
        if any(self._scope.native_id in each.homes for each in (row.head, *above)):
            return _Found(row, next((each.homes for each in (row.head, *above) if each.homes), ()))
        return _Found(missing=gid if gid in left else None)

    async def _beneath(self, parents: Sequence[Parent]) -> AsyncIterator[Page]:
        """Families are small, so several make a page."""
        items: list[RawItem] = []
        async with aclosing(descend(self._reader, parents, seen=self._read, workers=self._workers)) as families:
            async for family in families:
                items += family
                while len(items) >= self._page_size:
                    yield self._page(items[: self._page_size])
                    items = items[self._page_size :]
        if items:
            yield self._page(items)

    def _unread(self, rows: Sequence[Row]) -> list[Row]:
        fresh = [row for row in {row.head.gid: row for row in rows}.values() if row.head.gid not in self._read]
        self._read.update(row.head.gid for row in fresh)
        return fresh

    def _members(self, rows: Iterable[Row]) -> list[RawItem]:
        return [raw_item(row, (self._scope.native_id,)) for row in rows]

    def _page(self, items: Sequence[RawItem], missing: Sequence[str] = ()) -> Page:
        return Page(self._scope, tuple(items), missing_ids=tuple(missing))


def _marks_of(rows: Iterable[Row]) -> dict[str, str]:
    return {row.head.gid: listing_mark(row.head) for row in rows}


def _parents(rows: Iterable[Row], homes: Sequence[str] = ()) -> list[Parent]:
    return [each for row in rows if (each := parent_of(row, homes)) is not None]
