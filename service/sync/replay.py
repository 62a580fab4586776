"""Replay: items, links and changes rebuilt from the raw layer, without a single request.

It is one transaction: the last good view stays until the new one is whole. What no payload tells (tombstones, far
ends that cannot be seen, former keys that were learned on the way, memberships) is kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from connectors.contract import Normaliser, RawItem, Source
from connectors.errors import PayloadUnreadable
from connectors.items import SourceItem
from service.clock import Clock
from service.programs.apply import matched_fields
from service.programs.assign import assign_pending
from service.store.engine import Database
from service.store.far_ends import FarEnds
from service.store.items import WorkItems
from service.store.raw import RawRecords
from service.store.reference import Reference
from service.store.tombstones import Tombstones
from service.store.unit_of_work import UnitOfWork
from service.sync.far_ends import understood
from service.sync.hold import holding
from service.sync.progress import Progress, Silent
from service.sync.stored import reference_payloads, stored_far_ends, stored_items


@dataclass(frozen=True, slots=True)
class Replayed:
    items: int
    rejected: int


async def replay_source(
    source: Source, database: Database, *, clock: Clock, progress: Progress | None = None
) -> Replayed:
    """Rebuild one source. Raises NothingToReplay, SourceBusy, DatabaseUnusable."""
    watcher = progress or Silent()
    async with holding(source.name, database, clock=clock):
        watcher.started(source.name, 1)
        try:
            async with database.transaction() as uow:
                replayed = await rebuild(source, uow, now=clock.now(), progress=watcher)
            await assign_pending(database, now=clock.now())
        finally:
            watcher.finished(source.name)
    return replayed


async def rebuild(source: Source, uow: UnitOfWork, *, now: datetime, progress: Progress) -> Replayed:
    """The same inside a transaction and a hold that the caller has."""
    payloads = await reference_payloads(uow.connection, source.name)
    normalise = source.build_normaliser(payloads, matched_fields=await matched_fields(uow.connection))
    items, raw = WorkItems(uow.connection), RawRecords(uow.connection)
    buried = await Tombstones(uow.connection).reasons(source.name)
    far_ends = FarEnds(uow.connection)
    hidden = await far_ends.hidden(source.name)
    reference = source.read_reference(payloads)
    await Reference(uow.connection).store(source.name, reference)
    await items.clear_derived(source.name)
    count = rejected = 0
    async for page in stored_items(uow.connection, source.name):
        read, reasons = _read(page, normalise)
        await raw.judge(source.name, reasons)
        await items.materialise(source.name, read, run_id=None, now=now, buried=buried)
        count += len(read)
        rejected += sum(reason is not None for reason in reasons.values())
        progress.stored(source.name, len(page))
    async for found in stored_far_ends(uow.connection, source.name):
        await far_ends.describe(source.name, understood(found, normalise))
    await far_ends.describe(source.name, dict.fromkeys(hidden))
    await Reference(uow.connection).store(source.name, reference)  # items tell what their sprints once were
    await items.resolve_parents(source.name)
    await items.resolve_epics(source.name)
    return Replayed(count, rejected)


def _read(page: Iterable[RawItem], normalise: Normaliser) -> tuple[list[SourceItem], dict[str, str | None]]:
    """The items that can be read, and for every id why it cannot, or None."""
    read: list[SourceItem] = []
    reasons: dict[str, str | None] = {}
    for raw in page:
        try:
            read.append(normalise(raw))
            reasons[raw.record.native_id] = None
        except PayloadUnreadable as error:
            reasons[raw.record.native_id] = str(error)
    return read, reasons
