"""Jira Cloud's own ways: ids first by search/jql, whose token chain is serial, then issues by bulkfetch in parallel.

bulkfetch reads by id, past the search index: an issue that moved meanwhile comes back under its new project.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime

import msgspec

from connectors.answers import Answer, AnswerTooHeavy
from connectors.client import Client
from connectors.contract import RawItem, RawRecord, Scope
from connectors.errors import ListingBroken
from connectors.jira import jql
from connectors.jira.histories import HistoryReader
from connectors.jira.probes import FIELDS, bound, insist_on_visible, one_issue, refused
from connectors.jira.reading import HEAD, Batch, Row
from connectors.jira.witness import Witness
from connectors.pagination import TokenPage, token_pages

API = "/rest/api/3"
LISTING_PAGE = 5000  # ids with `updated` only; the tool's own maximum
SMALLEST_LISTING_PAGE = 250
LARGEST_BULK = 100


class _Search(msgspec.Struct, frozen=True):
    issues: list[Row]
    nextPageToken: str | None = None  # noqa: N815 - the vendor's spelling
    isLast: bool | None = None  # noqa: N815


class _IssueError(msgspec.Struct, frozen=True):
    id: str | int


class _Bulk(msgspec.Struct, frozen=True):
    issues: list[msgspec.Raw]
    issueErrors: list[_IssueError] = []  # noqa: N815


class _ChainSpoilt(Exception):
    """The token chain of a listing cannot be continued, but can be started again."""


class CloudEdition:
    """Implements `Edition` over REST v3."""

    largest_batch = LARGEST_BULK

    def __init__(self, client: Client, witness: Witness) -> None:
        self._client = client
        self._witness = witness
        self._histories = HistoryReader(client, api=API)

    async def listing(self, scope: Scope, since: datetime | None) -> AsyncIterator[Sequence[Row]]:
        """Started again once when a token is refused or grew stale, and in smaller pages when a page is too heavy.

        Ids may then come twice. Rows that only the slack of the time bound let in are left out.
        """
        size, restarted, rows = LISTING_PAGE, False, 0
        while True:
            try:
                async for page in self._chain(scope, since, size):
                    rows += len(page)
                    yield [row for row in page if row.is_wanted(since)]
                break
            except _ChainSpoilt as error:
                if restarted:
                    raise ListingBroken(self._client.source, f"{error}, twice.") from None
                restarted = True
            except AnswerTooHeavy:
                if size <= SMALLEST_LISTING_PAGE:
                    raise
                size //= 2
        if rows == 0 and since is None:
            await insist_on_visible(self._client, api=API, scope=scope)

    async def _chain(self, scope: Scope, since: datetime | None, size: int) -> AsyncIterator[Sequence[Row]]:
        query, asked_at = "", self._witness.server_now()

        def first() -> object:
            """At each attempt anew: however long a request waits its turn, its bound reaches back to `since`."""
            nonlocal query, asked_at
            asked_at = self._witness.server_now()
            query = self._query(scope, since)
            return {"jql": query, "fields": ["updated"], "maxResults": size}

        async def fetch(token: str | None) -> TokenPage[Row]:
            following = {"jql": query, "fields": ["updated"], "maxResults": size, "nextPageToken": token}
            page = await self._search(scope, following if token else first, continued=token is not None)
            if token and since is not None and self._is_overdue(asked_at):
                # The bound counts back from each page's own moment: by now it may have passed over changed rows.
                raise _ChainSpoilt("The listing of changes took longer than its time bound allows")
            return TokenPage(page.issues, page.nextPageToken or None, page.isLast)

        async for rows in token_pages(fetch, source=self._client.source):
            yield rows

    def _is_overdue(self, asked_at: datetime | None) -> bool:
        now = self._witness.server_now()
        return now is not None and asked_at is not None and now - asked_at > jql.SLACK

    def _query(self, scope: Scope, since: datetime | None) -> str:
        if since is None:
            return jql.everything_in(scope.native_id)
        return jql.changed_in(scope.native_id, minutes=bound(self._client, self._witness, since))

    async def _search(self, scope: Scope, body: object | Callable[[], object], *, continued: bool) -> _Search:
        found = await self._client.ask(
            "POST", f"{API}/search/jql", _Search, json=body, accept={400}, can_ask_for_less=True
        )
        if not isinstance(found, Answer):
            return found
        if continued:
            raise _ChainSpoilt("The listing's page token was refused")
        await insist_on_visible(self._client, api=API, scope=scope)
        raise refused(self._client, found)

    async def read(self, native_ids: Sequence[str], *, project_id: str | None = None) -> Batch:
        """`project_id` makes no difference here: a read by id is as cheap as any."""
        body = {"issueIdsOrKeys": list(native_ids), "fields": FIELDS, "expand": ["changelog"]}
        bulk = await self._client.post(f"{API}/issue/bulkfetch", _Bulk, json=body, can_ask_for_less=len(native_ids) > 1)
        payloads = [bytes(each) for each in bulk.issues]
        for error in bulk.issueErrors:
            one = await one_issue(self._client, api=API, native_id=str(error.id))
            payloads += [one] if one is not None else []
        return await self._completed(native_ids, payloads)

    async def read_directly(self, native_ids: Sequence[str]) -> Batch:
        return await self.read(native_ids)

    async def _completed(self, native_ids: Sequence[str], payloads: Sequence[bytes]) -> Batch:
        heads = [HEAD.decode(each) for each in payloads]
        changelogs = await self._histories.complete(heads)
        items, vanished = [], set(native_ids)
        for head, payload in zip(heads, payloads, strict=True):
            changelog = changelogs.get(head.id)
            if head.id in changelogs and changelog is None:
                continue  # gone between its own read and that of its history
            vanished.discard(head.id)
            items.append(RawItem(RawRecord("issue", head.id, payload), (changelog,) if changelog else ()))
        return Batch(tuple(items), missing=tuple(each for each in native_ids if each in vanished))
