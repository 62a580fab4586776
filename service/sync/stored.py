"""Reading back what was received: raw items and reference payloads of a source, out of the store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.contract import RawItem, RawRecord
from service.store.raw import RawRecords
from service.sync.errors import NothingToReplay
from service.sync.journal import REFERENCE

ISSUE, CHANGELOG = "issue", "changelog"
PAGE = 500


async def reference_payloads(connection: AsyncConnection, source: str) -> Mapping[str, bytes]:
    """What discovery said last; raises NothingToReplay when it never ran."""
    records = await RawRecords(connection).read(source, REFERENCE)
    if not records:
        raise NothingToReplay(source)
    return {record.native_id: record.payload for record in records}


async def stored_items(connection: AsyncConnection, source: str) -> AsyncIterator[Sequence[RawItem]]:
    """Every raw item, with the records that complete it, a page at a time in the order of their ids."""
    raw = RawRecords(connection)
    extras = {
        record.native_id: RawRecord(record.kind, record.native_id, record.payload)
        async for page in _pages(raw, source, CHANGELOG)
        for record in page
    }
    async for page in _pages(raw, source, ISSUE):
        yield [
            RawItem(
                RawRecord(record.kind, record.native_id, record.payload),
                extras=(extras[record.native_id],) if record.native_id in extras else (),
            )
            for record in page
        ]


async def _pages(raw: RawRecords, source: str, kind: str) -> AsyncIterator[Sequence[RawRecord]]:
    after = ""
    while page := await raw.read(source, kind, after_id=after, limit=PAGE):
        yield [RawRecord(record.kind, record.native_id, record.payload) for record in page]
        after = page[-1].native_id
