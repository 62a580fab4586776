"""The protocol every connector offers. The service knows tools only through it.

The path of a run: `connect` proves identity, clock and rights; `discover` reads the reference data;
`scopes` names what can be synced; `pages` yields raw records; a `Normaliser`, built from the reference data
alone, turns a raw record into a SourceItem without any I/O, in a sync and in a replay alike.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from connectors.errors import SourceUnavailable
from connectors.history import Aspect, ItemState
from connectors.items import (
    FacetValue,
    SourceCapability,
    SourceChange,
    SourceField,
    SourceGoal,
    SourceItem,
    SourceItemType,
    SourceIteration,
    SourceLinkType,
    SourcePerson,
    SourcePortfolio,
    SourceProject,
    SourceRelease,
    SourceStatus,
    SourceStatusUpdate,
)

OVERLAP = timedelta(minutes=5)  # minute-precise bounds and an index that lags: re-reading is cheaper than missing


class Identity(Struct, frozen=True):
    """Who the credential is, and what the server's clock said. `server_time` is aware UTC.

    `workspace` is what of the tool is read, in words, where an account may see several.
    """

    account_id: str
    display_name: str
    time_zone: str | None
    edition: str  # "cloud" | "datacenter" | …
    version: str
    server_time: datetime
    workspace: str | None = None


class Scope(Struct, frozen=True):
    """What a cursor belongs to: one project. `key` is what people call it, `native_id` what never changes."""

    native_id: str
    key: str
    name: str
    archived: bool = False


class MissingScope(Struct, frozen=True):
    """A scope the operator asked for and the credential cannot see."""

    key: str
    reason: str


class RawRecord(Struct, frozen=True):
    """A payload as received. Kinds: "issue", "changelog", "web_links" (Jira); "task", "stories", "attachments" (Asana).

    The first of a tool is the item itself, the others complete it and bear its id. A "changelog" record carries the
    complete list of histories, kept only where the issue's own was capped.
    """

    kind: str
    native_id: str
    payload: bytes


class RawItem(Struct, frozen=True):
    """One item of a page: its record, and the further records that complete it."""

    record: RawRecord
    extras: tuple[RawRecord, ...] = ()


class ItemsUnreadable(SourceUnavailable):
    """The tool is well, and fails whenever it is asked for some of the items: they are there, and poisoned.

    `found` are the others that were asked for; `reasons` tell by native id what the tool answered.
    """

    code = "items_unreadable"

    def __init__(self, source: str, *, found: Sequence[RawItem], reasons: Mapping[str, str]) -> None:
        self.found = tuple(found)
        self.reasons = dict(reasons)
        super().__init__(source, f"Items that cannot be read at present: {', '.join(sorted(reasons))}.")


class Page(Struct, frozen=True):
    """Some items of one scope, all of whose children are in. `expected` is the scope's listing size, once known."""

    scope: Scope
    items: tuple[RawItem, ...]
    expected: int | None = None
    missing_ids: tuple[str, ...] = ()  # listed, then not readable by id: gone or hidden in between, or poisoned


class Extent(StrEnum):
    """What a listing names, and so what may be concluded from an absence."""

    CHANGES = "changes"  # what changed lately: absence means nothing
    MEMBERS = "members"  # every direct member of the scope, but not the sub-tasks beneath them
    EVERYTHING = "everything"  # every item that belongs to the scope


class ScopeListing(Struct, frozen=True):
    """What one listing named; handed over only when it was followed to its proven end.

    `marks` (native id → text) is for tools where a listing shows what an item's own time of change does not tell:
    an item whose stored `SourceItem.listing_mark` differs is read again. `token` is from where the tool's feed of
    changes goes on; the next run gives it back.
    """

    scope: Scope
    ids: Collection[str]
    extent: Extent
    marks: Mapping[str, str] = {}
    token: str | None = None


class ItemDetails(Struct, frozen=True):
    """The further records of one item that no page brings. An empty tuple: there are none."""

    native_id: str
    records: tuple[RawRecord, ...]


class ReferenceData(Struct, frozen=True):
    """What one discovery learned. `payloads` (name → JSON bytes) rebuilds all of it in a replay."""

    fields: tuple[SourceField, ...]
    statuses: tuple[SourceStatus, ...]
    item_types: tuple[SourceItemType, ...]
    link_types: tuple[SourceLinkType, ...]
    projects: tuple[SourceProject, ...]
    releases: tuple[SourceRelease, ...] = ()
    iterations: tuple[SourceIteration, ...] = ()
    people: tuple[SourcePerson, ...] = ()
    portfolios: tuple[SourcePortfolio, ...] = ()
    status_updates: tuple[SourceStatusUpdate, ...] = ()
    goals: tuple[SourceGoal, ...] = ()
    capabilities: tuple[SourceCapability, ...] = ()
    warnings: tuple[Finding, ...] = ()
    payloads: Mapping[str, bytes] = {}


class Finding(Struct, frozen=True):
    """Something a person should know about a source: a stable code, a sentence, and the scope it concerns, if one."""

    code: str
    message: str
    scope: str | None = None


class Normaliser(Protocol):
    """Pure. Built by the connector from reference data and config; used by sync and replay."""

    def __call__(self, item: RawItem) -> SourceItem:
        """The item, or raises PayloadUnreadable(what, value)."""
        ...


class Historian(Protocol):
    """Pure. What the changes of one tool mean for an item; built from reference data and config, as the normaliser is.

    Both decide a status category by the same functions, so that an item without later changes is what it is now.
    """

    @property
    def fields(self) -> Mapping[str, Aspect]:
        """Field ids of changes and what they decide. One that ends in ":" stands for all that begin so."""
        ...

    def aspect_of(self, field_id: str) -> Aspect | None:
        """None: the field decides nothing of an ItemState."""
        ...

    def is_chained(self, field_id: str) -> bool:
        """Whether each change of the field starts from what the one before it led to; not so of sets."""
        ...

    @property
    def without_history(self) -> frozenset[Aspect]:
        """What the tool keeps no history of, or only a part."""
        ...

    @property
    def comes_apart(self) -> bool:
        """Whether an item's history is no part of the item itself, but read afterwards (Source.details)."""
        ...

    def settled(self, state: ItemState, facets: Sequence[FacetValue]) -> ItemState:
        """The snapshot as the place to start from: with what the item's sets tell, and its columns do not."""
        ...

    def undo(self, state: ItemState, change: SourceChange) -> ItemState:
        """The item just before `change`, which is the latest that is not undone yet.

        What cannot be read becomes a doubt; nothing raises.
        """
        ...


class Usage(Struct, frozen=True):
    """What a source has asked of its tool so far in this process, and how its request budget stands now.

    `allowed` of `limit` requests may be in flight, fewer than the limit after push-back; `waiting` ones wait for a
    place. Until `paused_until` (aware UTC) none leaves; `reason` is the tool's word for its last push-back. The quota
    is what the tool last said of its own allowance, where it says anything.
    """

    requests: int = 0
    retries: int = 0
    throttled: int = 0
    bytes_received: int = 0
    in_flight: int = 0
    waiting: int = 0
    allowed: int | None = None
    limit: int | None = None
    paused_until: datetime | None = None
    reason: str | None = None
    quota_limit: int | None = None
    quota_remaining: int | None = None
    quota_resets_at: datetime | None = None


class WantedWebhook(Struct, frozen=True):
    """One that should be there. `scope_id` None: for all that is read. `events` and `filter` are the tool's words."""

    scope_id: str | None
    events: tuple[str, ...]
    filter: str | None = None


class RegisteredWebhook(Struct, frozen=True):
    """One as the tool shows it; moments are aware UTC, and None where the tool does not tell.

    `address` may end with a secret. At `expires_at` the tool ends it, unless it is refreshed or delivers again.
    """

    native_id: str
    address: str
    scope_id: str | None = None
    events: tuple[str, ...] = ()
    filter: str | None = None
    active: bool = True
    expires_at: datetime | None = None
    last_success_at: datetime | None = None
    last_failure_at: datetime | None = None
    last_failure: str | None = None


class WebhookAdmin(Protocol):
    """A tool's webhooks: the only thing that is ever written to a tool, and only on explicit command.

    `tool` is what an address of ours goes on with after "/webhooks/". `has_own_secrets`: the tool brings a secret to
    each address, in a handshake while the webhook is made, so that each one needs an address of its own.
    """

    @property
    def tool(self) -> str: ...

    @property
    def has_own_secrets(self) -> bool: ...

    def wanted(self, scopes: Sequence[Scope]) -> Sequence[WantedWebhook]:
        """What tells of every change in these scopes."""
        ...

    async def registered(self) -> Sequence[RegisteredWebhook]:
        """All that this account may see, whoever made them."""
        ...

    async def register(self, wanted: WantedWebhook, address: str) -> RegisteredWebhook:
        """Made once at most: where the answer was lost, it is looked for instead of asked again."""
        ...

    async def remove(self, native_id: str) -> None:
        """One that is gone already is no error."""
        ...

    async def refresh(self, native_ids: Sequence[str]) -> datetime | None:
        """Put off their expiry, and until when; None where they do not expire."""
        ...


class Source(Protocol):
    """One connected tool instance."""

    name: str
    kind: str
    url: str  # as configured; browse links start with it
    feed_lasts: timedelta | None  # so long the tool's feed of changes remembers; None where there is no feed

    @property
    def webhooks(self) -> WebhookAdmin | None:
        """None where the tool has none that could be managed."""
        ...

    async def connect(self) -> Identity:
        """Prove the credential and read the server's clock; raises AuthenticationFailed, SourceUnavailable, …"""
        ...

    async def discover(self) -> ReferenceData: ...

    def build_normaliser(self, payloads: Mapping[str, bytes], *, matched_fields: Sequence[str] = ()) -> Normaliser:
        """From `ReferenceData.payloads` alone. `matched_fields` are field ids or names that rules match on."""
        ...

    def build_historian(self, payloads: Mapping[str, bytes]) -> Historian:
        """From `ReferenceData.payloads` alone."""
        ...

    def read_reference(self, payloads: Mapping[str, bytes]) -> ReferenceData:
        """The same ReferenceData that `discover` returned, from its payloads, without I/O."""
        ...

    async def scopes(self, *, known: Mapping[str, str] = {}) -> tuple[Sequence[Scope], Sequence[MissingScope]]:
        """What the configuration asks for, and what of it cannot be seen.

        `known` (native id → key) was seen before: where the configuration asks for all there is, a known one that
        is no longer visible is missing rather than unwanted.
        """
        ...

    def pages(
        self,
        scope: Scope,
        *,
        since: datetime | None,
        token: str | None = None,
        on_listing: Callable[[ScopeListing], None] | None = None,
    ) -> AsyncIterator[Page]:
        """All items (`since` None), or those changed at or after `since` (server time, aware UTC).

        The caller has already taken the overlap off `since`; `token` is the one the last complete listing of this
        scope came with. Pages arrive in any order and several are in flight; the iterator ends only when every page
        and child is in, and raises SourceError otherwise. `on_listing` is told what the listing named, once it is
        complete.
        """
        ...

    async def census(self, scope: Scope) -> ScopeListing | None:
        """Every id of the scope with its mark, and no item read; raises as `pages` does.

        None where a listing alone does not tell what changed; there each run of `pages` takes a census by itself.
        """
        ...

    async def read_items(
        self, native_ids: Sequence[str], *, descend: bool = False, listed: bool = False
    ) -> tuple[RawItem, ...]:
        """Direct reads by id, bypassing any index. Ids that are gone or hidden are absent from the answer.

        Raises ItemsUnreadable, with all the others, when some are there and cannot be read: their absence from the
        answer would say that they are gone.

        `descend` adds the sub-tasks beneath them, where a tool shows those only parent by parent. `listed` says that
        a listing has just named them: then an index may be asked for many at a time.
        """
        ...

    def details(self, native_ids: Sequence[str]) -> AsyncIterator[ItemDetails]:
        """What costs requests item by item and no page brings, for the items whose `SourceItem.has_details` says so.

        In any order, as they come; an item that is gone or hidden meanwhile is left out.
        """
        ...

    @property
    def usage(self) -> Usage: ...

    async def aclose(self) -> None: ...
