"""Reading issues by id in batches, however badly the tool takes a batch.

A batch that is too heavy is halved until it can be read; an issue that cannot be read even alone, while the tool is
otherwise well, is set aside as poisoned so that the others go on.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec
import structlog

from connectors.answers import AnswerTooHeavy
from connectors.contract import RawItem, Scope
from connectors.errors import PayloadUnreadable
from connectors.jira.marks import mark_of
from connectors.timestamps import parse_optional_moment

log = structlog.get_logger(__name__)

CALM_READS = 8  # full reads in a row before the batch size doubles again


class Batch(msgspec.Struct, frozen=True):
    """What became of some ids: read, `missing` (gone or hidden), or `poisoned` (there, but not readable: id → why)."""

    items: tuple[RawItem, ...] = ()
    missing: tuple[str, ...] = ()
    poisoned: Mapping[str, str] = {}

    def __add__(self, other: Batch) -> Batch:
        return Batch(self.items + other.items, self.missing + other.missing, {**self.poisoned, **other.poisoned})


class Histories(msgspec.Struct, frozen=True):
    """The changelog as embedded in an issue. Fewer histories than `total`: the list is cut."""

    histories: list[msgspec.Raw] = []
    total: int | None = None
    maxResults: int | None = None  # noqa: N815 - the vendor's spelling


class Head(msgspec.Struct, frozen=True):
    """The little of an issue that fetching must understand; all else stays bytes."""

    id: str
    changelog: Histories | None = None


HEAD = msgspec.json.Decoder(Head)


class RowFields(msgspec.Struct, frozen=True):
    updated: str | None = None


class Row(msgspec.Struct, frozen=True):
    """One line of an id listing."""

    id: str
    fields: RowFields | None = None

    def is_wanted(self, since: datetime | None) -> bool:
        """Not merely let in by the slack of the time bound; a row without a readable time is wanted."""
        updated = _moment(self.fields.updated) if since and self.fields else None
        return since is None or updated is None or updated >= since

    def mark(self) -> str:
        """What `mark_of` the issue itself gives; nothing where the time cannot be read, so that it is read again."""
        updated = _moment(self.fields.updated) if self.fields else None
        return mark_of(updated) if updated else ""


def _moment(text: str | None) -> datetime | None:
    """None for what cannot be read: the issue is then read whatever its time."""
    try:
        return parse_optional_moment(text, what="updated")
    except PayloadUnreadable:
        return None


class Edition(Protocol):
    """What Cloud and Data Center each do in their own way."""

    largest_batch: int

    def listing(self, scope: Scope, since: datetime | None) -> AsyncIterator[Sequence[Row]]:
        """Lines of a scope, all or those changed at or after `since`; ends only at the listing's proven end."""
        ...

    async def read(self, native_ids: Sequence[str], *, project_id: str | None = None) -> Batch:
        """Issues by id, complete with their histories. `project_id`: the ids are one unbroken run of its listing."""
        ...

    async def read_directly(self, native_ids: Sequence[str]) -> Batch:
        """As `read`, bypassing any index."""
        ...


Read = Callable[[Sequence[str]], Awaitable[Batch]]


class BatchReader:
    """Reads ids in batches of a size that the tool can bear. One per source: what one scope learned helps the next."""

    def __init__(self, *, size: int, still_alive: Callable[[], Awaitable[object]]) -> None:
        self.size = self._wanted = size
        self._still_alive = still_alive
        self._calm = 0

    async def read(self, native_ids: Sequence[str], read: Read) -> Batch:
        batch, start = Batch(), 0
        while start < len(native_ids):
            some = native_ids[start : start + self.size]
            batch += await self._read(some, read)
            start += len(some)
        return batch

    async def _read(self, native_ids: Sequence[str], read: Read) -> Batch:
        try:
            batch = await read(native_ids)
        except AnswerTooHeavy as error:
            if len(native_ids) == 1:
                return await self._set_aside(native_ids[0], error)
            middle = len(native_ids) // 2
            self._shrink(middle)
            return await self._read(native_ids[:middle], read) + await self._read(native_ids[middle:], read)
        self._recover()
        return batch

    async def _set_aside(self, native_id: str, error: AnswerTooHeavy) -> Batch:
        await self._still_alive()  # raises when it is the tool that is ill, not the issue
        log.warning("item_unreadable", source=error.source, item=native_id, reason=error.message)
        return Batch(poisoned={native_id: error.message})

    def _shrink(self, size: int) -> None:
        """Not below a tenth: one poisoned issue is no reason to read the others one by one."""
        self._calm = 0
        self.size = max(min(self.size, size), self._wanted // 10, 1)

    def _recover(self) -> None:
        self._calm += 1
        if self._calm >= CALM_READS and self.size < self._wanted:
            self._calm = 0
            self.size = min(self.size * 2, self._wanted)
