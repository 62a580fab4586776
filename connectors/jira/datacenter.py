"""Jira Data Center's own ways: one search, paged by ascending id because rows move under offsets.

The histories come complete with each issue. A search reads the index, so whatever it leaves out is asked for by id.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime

import msgspec
import structlog

from connectors.answers import Answer, AnswerTooHeavy
from connectors.client import Client
from connectors.contract import RawItem, RawRecord, Scope
from connectors.jira import jql
from connectors.jira.probes import FIELDS, bound, insist_on_visible, one_issue, refused
from connectors.jira.reading import HEAD, Batch, Head, Row
from connectors.jira.witness import Witness
from connectors.pagination import KeysetPage, keyset_pages

API = "/rest/api/2"
LISTING_PAGE = 1000  # what most sites allow; lower caps are silent and harmless here
SMALLEST_LISTING_PAGE = 50
LARGEST_WINDOW = 100

log = structlog.get_logger(__name__)


class _Listing(msgspec.Struct, frozen=True):
    issues: list[Row]
    total: int


class _Search(msgspec.Struct, frozen=True):
    issues: list[msgspec.Raw]
    total: int


class _Read(msgspec.Struct, frozen=True):
    head: Head
    payload: bytes


class DataCenterEdition:
    """Implements `Edition` over REST v2."""

    largest_batch = LARGEST_WINDOW

    def __init__(self, client: Client, witness: Witness) -> None:
        self._client = client
        self._witness = witness

    async def listing(self, scope: Scope, since: datetime | None) -> AsyncIterator[Sequence[Row]]:
        """Each page counts its time bound back from its own moment, so however long the listing takes, none is lost."""
        rows, size = 0, LISTING_PAGE

        async def fetch(last: int) -> KeysetPage[Row]:
            nonlocal size
            while True:
                try:
                    page = await self._listed(scope, since, last=last, size=size)
                except AnswerTooHeavy:
                    if size <= SMALLEST_LISTING_PAGE:
                        raise
                    size //= 2
                else:
                    return KeysetPage(page.issues, page.total)

        async for page in keyset_pages(fetch, source=self._client.source, id_of=lambda row: int(row.id)):
            rows += len(page)
            yield [row for row in page if row.is_wanted(since)]
        if rows == 0 and since is None:
            await insist_on_visible(self._client, api=API, scope=scope)

    async def _listed(self, scope: Scope, since: datetime | None, *, last: int, size: int) -> _Listing:
        def body() -> object:
            query = jql.after(scope.native_id, last=last, minutes=self._minutes(since))
            return {"jql": query, "fields": ["updated"], "maxResults": size}

        page = await self._client.ask("POST", f"{API}/search", _Listing, json=body, accept={400}, can_ask_for_less=True)
        if isinstance(page, Answer):
            await insist_on_visible(self._client, api=API, scope=scope)
            raise refused(self._client, page)
        return page

    def _minutes(self, since: datetime | None) -> int | None:
        return None if since is None else bound(self._client, self._witness, since)

    async def read(self, native_ids: Sequence[str], *, project_id: str | None = None) -> Batch:
        """A window of ids in one query when they are an unbroken run of the project's listing, else id by id in one.

        What the index leaves out (moved, gone, hidden, stale) is asked for directly before it counts as missing.
        """
        found = await (self._window(native_ids, project_id) if project_id else self._these(native_ids))
        absent = [each for each in native_ids if each not in {read.head.id for read in found}]
        return _batch(found) + await self.read_directly(absent)

    async def read_directly(self, native_ids: Sequence[str]) -> Batch:
        found = await asyncio.gather(*(self._one(each) for each in native_ids))
        missing = tuple(each for each, read in zip(native_ids, found, strict=True) if read is None)
        return _batch([read for read in found if read is not None]) + Batch(missing=missing)

    async def _window(self, native_ids: Sequence[str], project_id: str) -> list[_Read]:
        numbers = [int(each) for each in native_ids]
        first, last = min(numbers), max(numbers)

        async def fetch(after: int) -> KeysetPage[_Read]:
            query = jql.between(project_id, first=max(first, after + 1), last=last)
            return await self._search(query, at_most=len(native_ids))

        pages = keyset_pages(fetch, source=self._client.source, id_of=lambda read: int(read.head.id))
        try:
            return [read async for page in pages for read in page]
        except _QueryRefused as error:  # it names no single id: the query or the project is at fault
            raise refused(self._client, error.answer) from None

    async def _these(self, native_ids: Sequence[str]) -> list[_Read]:
        """One unknown id makes the server refuse them all: halved until the culprit stands alone, unread."""

        async def fetch(after: int) -> KeysetPage[_Read]:
            rest = [each for each in native_ids if int(each) > after]
            return await self._search(jql.these(rest), at_most=len(rest)) if rest else KeysetPage((), 0)

        try:
            pages = keyset_pages(fetch, source=self._client.source, id_of=lambda read: int(read.head.id))
            return [read async for page in pages for read in page]
        except _QueryRefused:
            if len(native_ids) == 1:
                return []
            middle = len(native_ids) // 2
            return await self._these(native_ids[:middle]) + await self._these(native_ids[middle:])

    async def _search(self, query: str, *, at_most: int) -> KeysetPage[_Read]:
        page = await self._client.ask(
            "POST",
            f"{API}/search",
            _Search,
            json={"jql": query, "fields": FIELDS, "expand": ["changelog"], "maxResults": at_most},
            accept={400},
            can_ask_for_less=at_most > 1,
        )
        if isinstance(page, Answer):
            raise _QueryRefused(page)
        return KeysetPage([self._understood(bytes(each)) for each in page.issues], page.total)

    async def _one(self, native_id: str) -> _Read | None:
        payload = await one_issue(self._client, api=API, native_id=native_id)
        return None if payload is None else self._understood(payload)

    def _understood(self, payload: bytes) -> _Read:
        head = HEAD.decode(payload)
        embedded = head.changelog
        if embedded is not None and embedded.total is not None and len(embedded.histories) < embedded.total:
            # This edition has no other place to read histories from; the item is used, its past has a gap.
            log.warning(
                "changelog_cut",
                source=self._client.source,
                item=head.id,
                shown=len(embedded.histories),
                total=embedded.total,
            )
        return _Read(head, payload)


class _QueryRefused(Exception):
    """The server answered 400 to a read: an id is unknown to it."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        super().__init__(answer.call)


def _batch(found: Sequence[_Read]) -> Batch:
    return Batch(tuple(RawItem(RawRecord("issue", read.head.id, read.payload)) for read in found))
