"""Reading tasks: a project's members, what lies beneath a task, single tasks, and where a plain sub-task belongs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime

import msgspec
import structlog
from msgspec import Raw, Struct

from connectors.asana import opt_fields
from connectors.asana.decoding import decode_head
from connectors.asana.listing import HIDDEN, NOT_ALLOWED, Params, Refused, TooLarge, fetch, rows
from connectors.asana.payloads import HOME, TASK_KIND, HeadJson, HomeJson
from connectors.client import Client
from connectors.contract import RawItem, RawRecord, Scope
from connectors.errors import ListingBroken, PayloadUnreadable, ScopeGone

log = structlog.get_logger(__name__)


class Row(Struct, frozen=True):
    """One task as received, and what fetching understands of it."""

    head: HeadJson
    payload: bytes


class TaskReader:
    """Separators, the fake headings among sub-tasks, are left out of every answer.

    What the plan refuses (402) is not asked again; `without` holds the capabilities it lacks.
    """

    def __init__(self, client: Client) -> None:
        self.source = client.source
        self.without: set[str] = set()
        self._client = client

    async def members(self, scope: Scope, *, since: datetime | None = None) -> AsyncIterator[Sequence[Row]]:
        """Direct members with all their properties; ends only at the listing's proven end. Rows may come twice."""
        limit = {} if since is None else {"modified_since": _text(since)}
        async for page in self._of_project(scope, limit, self._all_fields):
            yield page

    async def marks(self, scope: Scope) -> AsyncIterator[Sequence[Row]]:
        """As `members`, with no more than what a listing mark is made of."""
        async for page in self._of_project(scope, {}, lambda: opt_fields.MARK):
            yield page

    async def beneath(self, gid: str) -> list[Row]:
        """The direct sub-tasks of one task; none when it has gone in the meantime."""
        found: dict[str, Row] = {}
        with suppress(_Hidden):
            async for page in self._tasks(f"/tasks/{gid}/subtasks", {}, self._all_fields):
                found |= {row.head.gid: row for row in page}
        return list(found.values())

    async def one(self, gid: str) -> Row | None:
        """None when it is gone, hidden, or a separator."""
        with suppress(_Hidden):
            return await self._one(gid, self._all_fields)
        return None

    async def ancestor(self, gid: str) -> HeadJson | None:
        """Just its homes and its parent; None when it may not be read."""
        with suppress(_Hidden):
            row = await self._one(gid, lambda: opt_fields.ANCESTOR)
            return row.head if row else None
        return None

    def _all_fields(self) -> str:
        return opt_fields.of_task(self.without)

    async def _of_project(self, scope: Scope, limit: Params, fields: Callable[[], str]) -> AsyncIterator[Sequence[Row]]:
        try:
            try:
                async for page in self._tasks("/tasks", {"project": scope.native_id, **limit}, fields):
                    yield page
            except TooLarge:
                log.info("listing_split", source=self.source, scope=scope.key)
                async for page in self._by_section(scope, limit, fields):
                    yield page
        except _Hidden:
            raise ScopeGone(self.source, scope.key) from None

    async def _by_section(self, scope: Scope, limit: Params, fields: Callable[[], str]) -> AsyncIterator[Sequence[Row]]:
        """Every task of a project stands in one of its sections."""
        try:
            async for sections in self._pages(f"/projects/{scope.native_id}/sections", {"opt_fields": "gid"}):
                for section in sections:
                    async for page in self._tasks("/tasks", {"section": self._head(section).gid, **limit}, fields):
                        yield page
        except TooLarge:
            message = (
                f"The listing of {scope.key} is too large for Asana, even section by section; "
                "move finished work to another project."
            )
            raise ListingBroken(self.source, message) from None

    async def _tasks(self, path: str, params: Params, fields: Callable[[], str]) -> AsyncIterator[Sequence[Row]]:
        while True:
            asked = fields()
            try:
                async for page in self._pages(path, {**params, "opt_fields": asked}):
                    yield self._read(page)
                return
            except Refused as refused:
                if not self._can_do_without(refused, asked):
                    raise

    async def _one(self, gid: str, fields: Callable[[], str]) -> Row | None:
        while True:
            asked = fields()
            try:
                raw = await fetch(self._client, f"/tasks/{gid}", {"opt_fields": asked})
                return next(iter(self._read([raw])), None)
            except Refused as refused:
                if refused.status in HIDDEN or _is_unknown(refused):
                    raise _Hidden from None
                if not self._can_do_without(refused, asked):
                    raise

    async def _pages(self, path: str, params: Params) -> AsyncIterator[Sequence[Raw]]:
        try:
            async for page in rows(self._client, path, params):
                yield page
        except Refused as refused:
            if refused.status in HIDDEN or _is_unknown(refused):
                raise _Hidden from None
            raise

    def _read(self, page: Iterable[Raw]) -> list[Row]:
        found = (Row(self._head(raw), bytes(raw)) for raw in page)
        return [row for row in found if not row.head.is_rendered_as_separator]

    def _head(self, raw: Raw) -> HeadJson:
        try:
            return decode_head(raw)
        except PayloadUnreadable as error:
            raise ListingBroken(self.source, f"A listing holds a row that names nothing ({error}).") from None

    def _can_do_without(self, refused: Refused, asked: str) -> bool:
        """Whether less was, or can be, asked for: the plan may lack dependencies or time tracking."""
        if refused.status not in NOT_ALLOWED or not any(name in asked for name in opt_fields.PAID.values()):
            return False
        self.without |= set(opt_fields.PAID)
        log.warning("capability_missing", source=self.source, capabilities=sorted(self.without), reason=refused.message)
        return True


class _Hidden(Exception):
    """What was asked for is gone, or not for us: indistinguishable."""


def _is_unknown(refused: Refused) -> bool:
    return refused.status == 400 and ("Unknown object" in refused.message or "recognized ID" in refused.message)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Ancestry:
    """Where tasks without projects of their own belong. Remembers every ancestor it has read."""

    def __init__(self, reader: TaskReader) -> None:
        self._reader = reader
        self._known: dict[str, HeadJson | None] = {}

    async def above(self, head: HeadJson) -> list[HeadJson]:
        """Readable ancestors, the parent first; ends where one may not be read."""
        found: list[HeadJson] = []
        seen = {head.gid}
        while head.parent is not None and head.parent.gid and head.parent.gid not in seen:
            gid = head.parent.gid
            seen.add(gid)
            if gid not in self._known:
                self._known[gid] = await self._reader.ancestor(gid)
            above = self._known[gid]
            if above is None:
                break
            found.append(above)
            head = above
        return found

    async def homes(self, head: HeadJson) -> tuple[str, ...]:
        """Its own projects, or those of the nearest ancestor that stands in any."""
        if head.homes:
            return head.homes
        return next((each.homes for each in await self.above(head) if each.homes), ())


def raw_item(row: Row, homes: Sequence[str]) -> RawItem:
    """The payload stays as received; what a task without projects inherits stands in a record of its own.

    That record is there even when it inherits nothing, so that it replaces what was stored before.
    """
    record = RawRecord(TASK_KIND, row.head.gid, row.payload)
    if row.head.homes:
        return RawItem(record)
    home = msgspec.json.encode(HomeJson(list(homes)))
    return RawItem(record, (RawRecord(HOME, row.head.gid, home),))
