"""One Jira site as a `Source`: the pieces of this package put together behind the connector contract."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from datetime import UTC, datetime, timedelta
from itertools import islice

import msgspec

from connectors.allowance import read_allowance
from connectors.answers import Headers
from connectors.client import Client
from connectors.contract import (
    Extent,
    Finding,
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
from connectors.jira.cloud import API as CLOUD_API
from connectors.jira.cloud import CloudEdition
from connectors.jira.config import JiraOptions
from connectors.jira.crawl import MOST_POISONED, Crawl
from connectors.jira.datacenter import API as DATA_CENTER_API
from connectors.jira.datacenter import DataCenterEdition
from connectors.jira.discovery import Discovery
from connectors.jira.gateway import JiraGateway, JsonObject
from connectors.jira.historian import JiraHistorian
from connectors.jira.normalise import JiraNormaliser
from connectors.jira.reading import Batch, BatchReader, Edition
from connectors.jira.reference import read_reference
from connectors.jira.web_links import read_web_links
from connectors.jira.webhooks import AdminWebhooks, AppWebhooks
from connectors.jira.witness import Witness
from connectors.retrying import Retrying
from connectors.throttle import Budget, Sleep
from connectors.transport import Auth, HttpTransport, Limits, Transport, base_url, renewable

CLOUD, DATA_CENTER = "jira-cloud", "jira-dc"


class JiraSource:
    """Implements `connectors.contract.Source` for Jira Cloud and Jira Data Center.

    `projects` None: every project the account can see. `page_size` issues are read at once, at most a hundred.
    Webhooks are those of an administrator, signed with `webhook_secret`; or those of the app, where `auth` is an app's.
    All requests, of runs that overlap too, share one budget of `concurrency` in flight.
    """

    def __init__(  # noqa: PLR0913 - a source's configuration, each value named at the call
        self,
        *,
        name: str,
        kind: str,
        url: str,
        auth: Auth,
        projects: Sequence[str] | None,
        options: JiraOptions,
        concurrency: int = 8,
        page_size: int = 100,
        webhook_secret: str | None = None,
        is_app: bool = False,
        allow_http: bool = False,
        transport: HttpTransport | None = None,
        sleep: Sleep = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if kind not in {CLOUD, DATA_CENTER}:
            raise SourceMisconfigured(name, f"kind is {kind!r}; it must be {CLOUD} or {DATA_CENTER}.")
        self.name = name
        self.feed_lasts: timedelta | None = None
        self.kind = kind
        self.url = url.rstrip("/")
        self._options = options
        self._concurrency = concurrency
        self._room = asyncio.Semaphore(2 * concurrency)  # one page is stored while the next is read
        self._page_size = page_size
        is_cloud = kind == CLOUD
        self._witness = Witness(name, clock=clock)
        self._retrying = Retrying(Budget(concurrency, clock=clock, sleep=sleep), sleep=sleep)
        self._auth = renewable(auth, base_url(name, url, allow_http=allow_http))
        self._transport = Transport(
            source=name,
            url=url,
            auth=self._auth,
            limits=Limits(connections=concurrency),
            allow_http=allow_http,
            transport=transport,
            on_answer=self._saw,
        )
        self._gateway = JiraGateway(
            source=name,
            url=url,
            auth=self._auth,
            rest_version="3" if is_cloud else "2",
            retrying=self._retrying,
            on_answer=self._saw,
            allow_http=allow_http,
        )
        self._client = client = Client(source=name, transport=self._transport, retrying=self._retrying)
        self._edition: Edition = (CloudEdition if is_cloud else DataCenterEdition)(client, self._witness)
        self._reader = BatchReader(
            size=min(page_size, self._edition.largest_batch), still_alive=self._gateway.server_info
        )
        self._discovery = Discovery(
            client=client,
            gateway=self._gateway,
            url=base_url(name, url, allow_http=allow_http),
            is_cloud=is_cloud,
            projects=projects,
        )
        self._webhooks: WebhookAdmin = (
            AppWebhooks(client)
            if is_app
            else AdminWebhooks(
                client,
                secret=webhook_secret,
                all_projects=projects is None,
                is_cloud=is_cloud,
                server_info=self._gateway.server_info,
            )
        )

    def __repr__(self) -> str:
        return f"JiraSource(name={self.name!r}, kind={self.kind!r})"

    @property
    def webhooks(self) -> WebhookAdmin:
        return self._webhooks

    async def connect(self) -> Identity:
        self._discovery.forget()
        server, me = await asyncio.gather(self._gateway.server_info(), self._gateway.myself())
        self._check_edition(server)
        self._witness.account = None  # a new run may have a new credential; within a run it may not change
        self._witness.is_now(_account(me))
        return Identity(
            account_id=_account(me),
            display_name=str(me.get("displayName") or _account(me)),
            time_zone=me.get("timeZone"),
            edition="cloud" if self.kind == CLOUD else "datacenter",
            version=str(server.get("version", "")),
            server_time=self._server_time(server),
        )

    async def discover(self) -> ReferenceData:
        options = msgspec.json.encode(self._options, order="deterministic")  # a changed option reads items differently
        return self.read_reference({**await self._discovery.payloads(), "options": options})

    def read_reference(self, payloads: Mapping[str, bytes]) -> ReferenceData:
        reference = read_reference(payloads, options=self._options)
        unread = msgspec.json.decode(payloads.get("findings", b"[]"), type=tuple[Finding, ...])
        return msgspec.structs.replace(reference, warnings=(*reference.warnings, *unread))

    def build_normaliser(self, payloads: Mapping[str, bytes], *, matched_fields: Sequence[str] = ()) -> Normaliser:
        return JiraNormaliser(payloads, options=self._options, matched_fields=matched_fields)

    def build_historian(self, payloads: Mapping[str, bytes]) -> Historian:
        return JiraHistorian(payloads, options=self._options)

    async def scopes(self, *, known: Mapping[str, str] = {}) -> tuple[Sequence[Scope], Sequence[MissingScope]]:
        return await self._discovery.scopes(known)

    async def pages(
        self,
        scope: Scope,
        *,
        since: datetime | None,
        token: str | None = None,
        on_listing: Callable[[ScopeListing], None] | None = None,
    ) -> AsyncIterator[Page]:
        """An issue that cannot be read even alone, while Jira is well, is among `missing_ids` and in the log.

        The end is reached only when the account is proven to have been ours for every answer; only then does
        `on_listing` hear of the listing.
        """
        if since is not None and self._witness.server_now() is None:
            await self.connect()
        crawl = Crawl(
            self._edition,
            self._reader,
            scope,
            source=self.name,
            since=since,
            workers=self._concurrency,
            room=self._room,
            page_size=self._page_size,
        )
        async with aclosing(crawl.pages()) as pages:  # a caller who stops early stops the workers too
            async for page in pages:
                yield page
        await self._confirm_account()
        if on_listing is not None:
            on_listing(crawl.listing())

    async def census(self, scope: Scope) -> ScopeListing:
        marks = {row.id: row.mark() async for rows in self._edition.listing(scope, None) for row in rows}
        await self._confirm_account()
        return ScopeListing(scope, marks.keys(), Extent.EVERYTHING, marks)

    async def read_items(
        self, native_ids: Sequence[str], *, descend: bool = False, listed: bool = False
    ) -> tuple[RawItem, ...]:
        ids = iter(dict.fromkeys(native_ids))
        chunks = iter(lambda: list(islice(ids, self._reader.size)), [])
        read = self._edition.read if listed else self._edition.read_directly
        batch = sum(await asyncio.gather(*(self._reader.read(each, read) for each in chunks)), Batch())
        await self._confirm_account()
        if len(batch.poisoned) > MOST_POISONED:
            raise SourceUnavailable(self.name, f"More than {MOST_POISONED} issues cannot be read, even one by one.")
        if batch.poisoned:
            raise ItemsUnreadable(self.name, found=batch.items, reasons=batch.poisoned)
        return batch.items

    def details(self, native_ids: Sequence[str]) -> AsyncIterator[ItemDetails]:
        """The web links of issues."""
        return read_web_links(
            self._client, api=CLOUD_API if self.kind == CLOUD else DATA_CENTER_API, native_ids=native_ids
        )

    @property
    def usage(self) -> Usage:
        return self._retrying.usage(bytes_received=self._transport.bytes_received + self._gateway.bytes_received)

    async def aclose(self) -> None:
        self._gateway.close()
        await self._transport.aclose()
        await self._auth.aclose()

    def _saw(self, headers: Headers) -> None:
        self._retrying.budget.hear(read_allowance(headers))
        self._witness.saw(headers)

    async def _confirm_account(self) -> None:
        """Costs a request only when some answer did not name the account by itself."""
        if self._witness.unproven:
            self._witness.is_now(_account(await self._gateway.myself()))

    def _check_edition(self, server: JsonObject) -> None:
        is_cloud = server.get("deploymentType") == "Cloud"
        if is_cloud != (self.kind == CLOUD):
            right = CLOUD if is_cloud else DATA_CENTER
            raise SourceMisconfigured(self.name, f"This site is not {self.kind}; set kind: {right}.")

    def _server_time(self, server: JsonObject) -> datetime:
        with suppress(ValueError):  # the Date header, or nothing, then
            self._witness.start_clock(datetime.fromisoformat(str(server.get("serverTime"))).astimezone(UTC))
        if (now := self._witness.server_now()) is None:
            raise SourceMisconfigured(self.name, "The server does not tell the time; no change could be found.")
        return now


def _account(me: JsonObject) -> str:
    """Cloud's accountId; on Data Center the key, which stays when a user is renamed."""
    return str(me.get("accountId") or me.get("key") or me.get("name"))
