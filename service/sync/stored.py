"""Reading back what was received: raw items and reference payloads of a source, out of the store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.contract import RawItem, RawRecord
from service.store.raw import COMPLETING, RawRecords
from service.sync.errors import NothingToReplay

REFERENCE = "reference"  # what discovery said
ITEMS = ("issue", "task")  # kinds of record that are an item themselves
FAR_END = "far_end"  # an item outside every scope, read because a link ends at it
PAGE = 500


async def reference_payloads(connection: AsyncConnection, source: str) -> Mapping[str, bytes]:
    """What discovery said last; raises NothingToReplay when it never ran."""
    records = await RawRecords(connection).read(source, REFERENCE)
    if not records:
        raise NothingToReplay(source)
    return {record.native_id: record.payload for record in records}


async def stored_items(connection: AsyncConnection, source: str) -> AsyncIterator[Sequence[RawItem]]:
    """Every raw item, with the records that complete it, a page at a time in the order of their ids."""
    for kind in ITEMS:
        async for page in _pages(RawRecords(connection), source, kind):
            yield await completed(connection, source, [RawItem(record) for record in page])


async def stored_far_ends(connection: AsyncConnection, source: str) -> AsyncIterator[Sequence[RawItem]]:
    async for page in _pages(RawRecords(connection), source, FAR_END):
        yield [RawItem(record) for record in page]


async def completed(
    connection: AsyncConnection, source: str, items: Sequence[RawItem], kinds: Sequence[str] = COMPLETING
) -> list[RawItem]:
    """The same items with every stored record that completes them; what an item brings itself is newer."""
    stored: dict[str, list[RawRecord]] = {}
    for record in await RawRecords(connection).completing(source, [item.record.native_id for item in items], kinds):
        stored.setdefault(record.native_id, []).append(RawRecord(record.kind, record.native_id, record.payload))
    return [_with(item, stored.get(item.record.native_id, ())) for item in items] if stored else list(items)


def _with(item: RawItem, stored: Sequence[RawRecord]) -> RawItem:
    brought = {record.kind for record in item.extras}
    return RawItem(item.record, (*item.extras, *(record for record in stored if record.kind not in brought)))


async def _pages(raw: RawRecords, source: str, kind: str) -> AsyncIterator[Sequence[RawRecord]]:
    after = ""
    while page := await raw.read(source, kind, after_id=after, limit=PAGE):
        yield [RawRecord(record.kind, record.native_id, record.payload) for record in page]
        after = page[-1].native_id
