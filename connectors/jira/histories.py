"""Complete change histories of Cloud issues: what an issue embeds is cut after some forty, newest first.

Where it is cut, the dedicated listings are read to their end and become one "changelog" record: a JSON array,
oldest first, each history once, so that the same history always makes the same bytes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from connectors.answers import Answer
from connectors.client import Client
from connectors.contract import RawRecord
from connectors.errors import ListingBroken, PayloadUnreadable
from connectors.jira.reading import Head, Histories
from connectors.pagination import OffsetPage, TokenPage, offset_pages, token_pages
from connectors.timestamps import parse_moment

KNOWN_CAPS = frozenset({20, 40, 50, 100})  # a list of exactly such a length, without a total, may be cut
HISTORY_PAGE = 100  # the most GET …/changelog gives
BULK_PAGE = 1000  # histories per page of changelog/bulkfetch
FEW_PAGES = 3  # up to this many pages of single listings are cheaper than a bulk chain
NO_BULK = frozenset({400, 403, 404, 405, 410})  # the bulk call is refused: the single one still works


class _Change(msgspec.Struct, frozen=True):
    id: str
    created: str | int | float | None = None  # the bulk call sends numbers: seconds or milliseconds


class _OneIssue(msgspec.Struct, frozen=True):
    values: list[msgspec.Raw]
    total: int | None = None
    isLast: bool | None = None  # noqa: N815 - the vendor's spelling


class _IssueHistories(msgspec.Struct, frozen=True):
    issueId: str  # noqa: N815
    changeHistories: list[msgspec.Raw] = []  # noqa: N815


class _Bulk(msgspec.Struct, frozen=True):
    issueChangeLogs: list[_IssueHistories]  # noqa: N815
    nextPageToken: str | None = None  # noqa: N815


class _Vanished(Exception):
    """The issue went while its history was read."""


_CHANGE = msgspec.json.Decoder(_Change)


def is_cut(embedded: Histories | None) -> bool:
    """Whether an issue shows fewer histories than it has, as far as it says; not asked for counts as cut."""
    if embedded is None:
        return True
    shown = len(embedded.histories)
    if embedded.total is not None:
        return shown < embedded.total
    return shown > 0 and (shown == embedded.maxResults or shown in KNOWN_CAPS)


def changelog_record(native_id: str, histories: Iterable[bytes]) -> RawRecord:
    """One record of all histories, in order of (created, id), without repetitions."""
    by_id = {_place(each): each for each in histories}
    return RawRecord("changelog", native_id, b"[" + b",".join(by_id[place] for place in sorted(by_id)) + b"]")


def _place(history: bytes) -> tuple[float, int, str]:
    change = _CHANGE.decode(history)
    number = int(change.id) if change.id.isdigit() else 0
    return (_seconds(change.created), number, change.id)


def _seconds(created: object) -> float:
    try:
        return parse_moment(created, what="created").timestamp()
    except PayloadUnreadable:
        return 0.0  # the normaliser will say so; here it only decides a place


class HistoryReader:
    """`complete` answers with the "changelog" records of those issues that need one; None for a vanished issue."""

    def __init__(self, client: Client, *, api: str) -> None:
        self._client = client
        self._api = api

    async def complete(self, heads: Sequence[Head]) -> Mapping[str, RawRecord | None]:
        cut = {head.id: head.changelog for head in heads if is_cut(head.changelog)}
        if not cut:
            return {}
        wanted = sum(_pages_of(embedded) for embedded in cut.values())
        found = await self._in_bulk(list(cut)) if wanted > FEW_PAGES else {}
        short = [each for each, embedded in cut.items() if len(found.get(each, ())) < _least(embedded)]
        single = await asyncio.gather(*(self._of_one(each) for each in short))
        whole: dict[str, Sequence[bytes] | None] = {**found, **dict(zip(short, single, strict=True))}
        return {each: None if (histories := whole[each]) is None else changelog_record(each, histories) for each in cut}

    async def _of_one(self, native_id: str) -> Sequence[bytes] | None:
        path = f"{self._api}/issue/{native_id}/changelog"
        histories: list[bytes] = []

        async def fetch(start: int) -> OffsetPage[msgspec.Raw]:
            page = await self._client.ask(
                "GET",
                path,
                _OneIssue,
                params={"startAt": start, "maxResults": HISTORY_PAGE},
                accept={404},
            )
            if isinstance(page, Answer):
                raise _Vanished
            return OffsetPage(page.values, page.total, page.isLast)

        try:
            async for page in offset_pages(fetch, source=self._client.source):
                histories += [bytes(each) for each in page]
        except _Vanished:
            return None
        return histories

    async def _in_bulk(self, native_ids: Sequence[str]) -> dict[str, list[bytes]]:
        """Histories by issue id; empty when the tool does not offer the call to this account."""
        found: dict[str, list[bytes]] = {}
        refused = False

        async def fetch(token: str | None) -> TokenPage[_IssueHistories]:
            nonlocal refused
            body = {"issueIdsOrKeys": list(native_ids), "maxResults": BULK_PAGE}
            page = await self._client.ask(
                "POST",
                f"{self._api}/changelog/bulkfetch",
                _Bulk,
                json=body if token is None else {**body, "nextPageToken": token},
                accept=NO_BULK,
            )
            if isinstance(page, Answer):
                refused = True
                return TokenPage((), None)
            return TokenPage(page.issueChangeLogs, page.nextPageToken or None)

        try:
            async for rows in token_pages(fetch, source=self._client.source):
                for row in rows:
                    found.setdefault(row.issueId, []).extend(bytes(each) for each in row.changeHistories)
        except ListingBroken:
            return {}  # each issue's own listing can be trusted instead
        return {} if refused else found


def _least(embedded: Histories | None) -> int:
    """How many histories there must be at least, by the issue's own word."""
    if embedded is None:
        return 1
    return embedded.total if embedded.total is not None else len(embedded.histories) + 1


def _pages_of(embedded: Histories | None) -> int:
    return -(-_least(embedded) // HISTORY_PAGE)
