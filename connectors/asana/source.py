"""One Asana workspace as a `Source`: the pieces of this package put together behind the connector contract."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta

import msgspec

from connectors.answers import AnswerTooHeavy
from connectors.asana.concurrently import concurrently
from connectors.asana.config import AsanaOptions
from connectors.asana.crawl import Crawl
from connectors.asana.descent import descend, parent_of
from connectors.asana.details import read_details
from connectors.asana.discovery import Discovery
from connectors.asana.events import FEED_LASTS
from connectors.asana.gateway import AsanaGateway
from connectors.asana.historian import AsanaHistorian
from connectors.asana.normalise import AsanaNormaliser
from connectors.asana.notices import Notices
from connectors.asana.reading import Ancestry, Row, TaskReader, raw_item
from connectors.asana.reference import read_discovery
from connectors.asana.webhooks import AsanaWebhooks
from connectors.asana.workspaces import JsonObject, choose_workspace
from connectors.client import Client
from connectors.contract import (
    Historian,
    Identity,
    ItemDetails,
    ItemsUnreadable,
    MissingScope,
    Normaliser,
    Page,
    RawItem,
    ReferenceData,
    Scope,
    ScopeListing,
    Usage,
    WebhookAdmin,
)
from connectors.errors import SourceMisconfigured, SourceUnavailable
from connectors.retrying import Retrying
from connectors.throttle import Budget, Sleep
from connectors.transport import BearerAuth, HttpTransport, Limits, Transport

KIND = "asana"
MOST_POISONED = 10  # tasks of one reading; more of them is an illness of the tool


class AsanaSource:
    """Implements `connectors.contract.Source` for Asana.

    `url` is the API's own, https://app.asana.com/api/1.0. `workspace` (gid or name) may be left out where the
    account sees only one. `projects` are gids or names and `portfolios` gids; with neither, every project of the
    workspace is read. All requests, of runs that overlap too, share one budget of `concurrency` in flight.
    """

    kind = KIND

    def __init__(  # noqa: PLR0913 - a source's configuration, each value named at the call
        self,
        *,
        name: str,
        url: str,
        auth: BearerAuth,
        options: AsanaOptions,
        workspace: str | None = None,
        projects: Sequence[str] | None = None,
        portfolios: Sequence[str] = (),
        concurrency: int = 8,
        page_size: int = 100,
        allow_http: bool = False,
        transport: HttpTransport | None = None,
        sleep: Sleep = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.feed_lasts: timedelta | None = FEED_LASTS
        self.url = url.rstrip("/")
        self.options = options
        self._wanted_workspace = workspace
        self._workspace: str | None = None
        self._concurrency = concurrency
        self._page_size = page_size
        notices = Notices(name)
        self._retrying = Retrying(Budget(concurrency, clock=clock, sleep=sleep), sleep=sleep)
        self._transport = Transport(
            source=name,
            url=url,
            auth=auth,
            limits=Limits(connections=concurrency),
            allow_http=allow_http,
            transport=transport,
            on_answer=notices.saw,
        )
        self._gateway = AsanaGateway(
            source=name, url=url, auth=auth, retrying=self._retrying, on_answer=notices.saw, allow_http=allow_http
        )
        self._client = Client(source=name, transport=self._transport, retrying=self._retrying)
        self._reader = TaskReader(self._client)
        self._discovery = Discovery(
            client=self._client,
            projects=projects,
            portfolios=portfolios,
            workers=concurrency,
        )
        self._webhooks = AsanaWebhooks(name, self._gateway, workspace=self._current_workspace)

    def __repr__(self) -> str:
        return f"AsanaSource(name={self.name!r})"

    @property
    def webhooks(self) -> WebhookAdmin:
        return self._webhooks

    async def connect(self) -> Identity:
        self._discovery.forget()
        me = await self._gateway.myself()
        workspace = await self._choose_workspace()
        self._workspace = str(workspace["gid"])
        if (now := self._gateway.server_time) is None:
            raise SourceMisconfigured(self.name, "The server does not tell the time; no change could be found.")
        return Identity(
            account_id=str(me["gid"]),
            display_name=str(me.get("name") or me["gid"]),
            time_zone=None,  # the API does not tell it
            edition="asana",
            version="1.0",
            server_time=now,
            workspace=f"{workspace.get('name') or 'no name'} ({workspace['gid']})",
        )

    async def discover(self) -> ReferenceData:
        options = msgspec.json.encode(self.options, order="deterministic")  # a changed option reads items differently
        workspace = await self._current_workspace()
        return self.read_reference({**await self._discovery.payloads(workspace), "options": options})

    def read_reference(self, payloads: Mapping[str, bytes]) -> ReferenceData:
        return read_discovery(payloads, options=self.options).reference

    def build_normaliser(self, payloads: Mapping[str, bytes], *, matched_fields: Sequence[str] = ()) -> Normaliser:
        return AsanaNormaliser(payloads, options=self.options, matched_fields=matched_fields)

    def build_historian(self, payloads: Mapping[str, bytes]) -> Historian:
        return AsanaHistorian(payloads, options=self.options)

    async def scopes(self, *, known: Mapping[str, str] = {}) -> tuple[Sequence[Scope], Sequence[MissingScope]]:
        return await self._discovery.scopes(await self._current_workspace(), known)

    async def pages(
        self,
        scope: Scope,
        *,
        since: datetime | None,
        token: str | None = None,
        on_listing: Callable[[ScopeListing], None] | None = None,
    ) -> AsyncIterator[Page]:
        """Without a token, or with one that Asana no longer accepts, everything is read whatever `since` says."""
        crawl = Crawl(
            self._client,
            self._reader,
            scope,
            since=since,
            token=token,
            workers=self._concurrency,
            page_size=self._page_size,
        )
        async with aclosing(crawl.pages()) as pages:  # a caller who stops early stops the reading too
            async for page in pages:
                yield page
        if on_listing is not None:
            on_listing(crawl.listing())

    async def census(self, scope: Scope) -> None:
        """Each run names every member, and the feed alone tells what happens beneath them."""

    async def read_items(
        self, native_ids: Sequence[str], *, descend: bool = False, listed: bool = False
    ) -> tuple[RawItem, ...]:
        """Direct reads; with `descend` each with all the sub-tasks beneath it."""
        ancestry = Ancestry(self._reader)
        poisoned: dict[str, str] = {}

        async def read(gid: str) -> tuple[Row, tuple[str, ...]] | None:
            try:
                row = await self._reader.one(gid)
            except AnswerTooHeavy as error:
                poisoned[gid] = error.message
                await self._still_alive(poisoned)
                return None
            return None if row is None else (row, await ancestry.homes(row.head))

        wanted = dict.fromkeys(native_ids)
        async with aclosing(concurrently(wanted, read, workers=self._concurrency)) as found:
            rows = [each async for each in found if each is not None]
        items = [raw_item(row, homes) for row, homes in rows]
        if descend:
            items += await self._beneath(rows)
        if poisoned:
            raise ItemsUnreadable(self.name, found=items, reasons=poisoned)
        return tuple(items)

    def details(self, native_ids: Sequence[str]) -> AsyncIterator[ItemDetails]:
        """Stories and attachments of tasks."""
        return read_details(self._client, native_ids, workers=self._concurrency)

    @property
    def usage(self) -> Usage:
        return self._retrying.usage(bytes_received=self._transport.bytes_received + self._gateway.bytes_received)

    async def aclose(self) -> None:
        self._gateway.close()
        await self._transport.aclose()

    async def _still_alive(self, poisoned: Collection[str]) -> None:
        """Raises when it is the tool that is ill, not a few tasks."""
        await self._gateway.myself()
        if len(poisoned) > MOST_POISONED:
            raise SourceUnavailable(self.name, f"More than {MOST_POISONED} tasks cannot be read, even one by one.")

    async def _beneath(self, rows: Sequence[tuple[Row, tuple[str, ...]]]) -> list[RawItem]:
        parents = [each for row, homes in rows if (each := parent_of(row, homes)) is not None]
        seen = {row.head.gid for row, _ in rows}
        families = descend(self._reader, parents, seen=seen, workers=self._concurrency)
        async with aclosing(families) as found:
            return [item async for family in found for item in family]

    async def _choose_workspace(self) -> JsonObject:
        return choose_workspace(self.name, await self._gateway.workspaces(), self._wanted_workspace)

    async def _current_workspace(self) -> str:
        if self._workspace is None:
            self._workspace = str((await self._choose_workspace())["gid"])
        return self._workspace
