"""The far ends of links that lie outside every scope: asked for directly, so that no edge ends in the dark."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime

from connectors.contract import ItemsUnreadable, Normaliser, RawItem, Source
from connectors.errors import PayloadUnreadable
from connectors.items import SourceItem
from service.store.engine import Database
from service.store.far_ends import FarEnds
from service.store.raw import LandedRecord, RawRecords, digest
from service.sync.stored import FAR_END


async def read_far_ends(
    source: Source, database: Database, *, normalise: Normaliser, run_id: int, now: datetime, turn: asyncio.Lock
) -> int:
    """Ask the tool for what its links only name; how many were asked for. Raises SourceError.

    The answers are stored when it is the caller's `turn` to write.

    One that cannot be read, or not be understood, is marked as not visible: it is neither healthy nor late.
    """
    async with database.reading() as uow:
        wanted = await FarEnds(uow.connection).to_ask_for(source.name)
    if not wanted:
        return 0
    try:
        found = await source.read_items(wanted)
    except ItemsUnreadable as error:  # what was known of those stays as it is
        found, wanted = error.found, [native_id for native_id in wanted if native_id not in error.reasons]
    async with turn, database.transaction() as uow:
        records = [_as_far_end(item) for item in found]
        await RawRecords(uow.connection).land(source.name, records, run_id=run_id, fetched_at=now)
        answers: dict[str, SourceItem | None] = dict.fromkeys(wanted)
        await FarEnds(uow.connection).describe(source.name, answers | understood(found, normalise))
    return len(wanted)


def understood(found: Iterable[RawItem], normalise: Normaliser) -> dict[str, SourceItem | None]:
    """Native id → the item, or None where its payload cannot be read."""
    answers: dict[str, SourceItem | None] = {}
    for item in found:
        try:
            answers[item.record.native_id] = normalise(item)
        except PayloadUnreadable:
            answers[item.record.native_id] = None
    return answers


def _as_far_end(item: RawItem) -> LandedRecord:
    payload = item.record.payload
    return LandedRecord(FAR_END, item.record.native_id, None, digest(payload), payload)
