"""Details: what costs a request item by item and no page brings. They follow a run, the newest changes first.

A killed reading goes on where it stopped, for each batch is stored with its entry in the backlog taken out.
What a run leaves is drained between the runs, a few at a time, so that a run never waits long for its source.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime

import structlog

from connectors.contract import ItemDetails, Normaliser, RawItem, RawRecord, Source
from connectors.errors import SourceError
from service.clock import Clock
from service.programs.apply import matched_fields
from service.programs.assign import assign_pending
from service.store.details import PendingDetails
from service.store.engine import Database
from service.store.raw import RawRecords, StoredRecord
from service.store.sources import Sources
from service.sync.alongside import applying_alongside
from service.sync.bell import Bell
from service.sync.errors import NothingToReplay, SourceBusy
from service.sync.hold import holding
from service.sync.inbox import Applier
from service.sync.landing import Arrival, land
from service.sync.meanwhile import Meanwhile
from service.sync.stored import ITEMS, reference_payloads

AT_A_TIME = 100  # items a transaction
DETAILS_A_DRAIN = 2_000  # items; two requests each are half of what Asana allows a paying account in five minutes
A_HOLD = 50  # items for which a drain holds the source, then it gives way
GIVE_WAY = 1.0  # seconds; longer than a waiting run takes to look again

log = structlog.get_logger()


async def read_details(
    source: Source,
    database: Database,
    *,
    normalise: Normaliser,
    run_id: int,
    clock: Clock,
    at_most: int,
    meanwhile: Meanwhile,
) -> int:
    """Read the details of up to `at_most` items that wait for them; how many were settled.

    Trouble with the tool ends it for now: nothing is lost, and the next call goes on.
    """
    settled = 0
    while settled < at_most:
        async with database.reading() as uow:
            wanted = await PendingDetails(uow.connection).newest(source.name, limit=min(AT_A_TIME, at_most - settled))
        if not wanted:
            break
        try:
            await _read_some(
                source, database, wanted, normalise=normalise, run_id=run_id, now=clock.now(), meanwhile=meanwhile
            )
        except SourceError as error:
            log.warning("details_postponed", source=source.name, code=error.code, message=error.message)
            break
        settled += len(wanted)
    return settled


async def drain_details(
    source: Source, database: Database, *, clock: Clock, at_most: int = DETAILS_A_DRAIN, bell: Bell | None = None
) -> int:
    """Go on with the backlog of a source between its runs; how many items were settled.

    Deliveries are applied alongside; `bell` rings when this process receives one.
    A source that somebody else holds, or of which nothing was pulled yet, is left for the next time.
    """
    settled = 0
    while settled < at_most and await _is_waiting(source.name, database):
        if settled:
            await asyncio.sleep(GIVE_WAY)
        try:
            async with holding(source.name, database, clock=clock, brief=True):
                some = min(A_HOLD, at_most - settled)
                read = await _drain_some(source, database, clock=clock, at_most=some, bell=bell)
        except (SourceBusy, NothingToReplay):
            break
        if not read:
            break
        settled += read
    if settled:
        log.info("details_drained", source=source.name, items=settled)
    return settled


async def _is_waiting(source: str, database: Database) -> bool:
    async with database.reading() as uow:
        return bool(await PendingDetails(uow.connection).newest(source, limit=1))


async def _drain_some(source: Source, database: Database, *, clock: Clock, at_most: int, bell: Bell | None) -> int:
    async with database.reading() as uow:
        payloads = await reference_payloads(uow.connection, source.name)
        normalise = source.build_normaliser(payloads, matched_fields=await matched_fields(uow.connection))
        run_id = await Sources(uow.connection).last_run(source.name)
    meanwhile = Meanwhile()
    meanwhile.ready.set()
    async with applying_alongside(Applier(source, database, clock), meanwhile, bell=bell):
        settled = await read_details(
            source,
            database,
            normalise=normalise,
            run_id=run_id,
            clock=clock,
            at_most=at_most,
            meanwhile=meanwhile,
        )
        async with meanwhile.turn:
            await assign_pending(database, now=clock.now())
    return settled


async def _read_some(
    source: Source,
    database: Database,
    wanted: Sequence[str],
    *,
    normalise: Normaliser,
    run_id: int,
    now: datetime,
    meanwhile: Meanwhile,
) -> None:
    """An item that a delivery changed in the meantime keeps its place in the backlog: there may be more by now."""
    began = meanwhile.moment()
    found = {each.native_id: each async for each in source.details(wanted)}
    async with meanwhile.turn:
        overtaken = meanwhile.read_after(began)
        current = {native_id: each for native_id, each in found.items() if native_id not in overtaken}
        arrivals = await _with_their_items(source.name, database, current)
        if arrivals:
            await land(database, source.name, arrivals, normalise=normalise, run_id=run_id, now=now, details=True)
        async with database.transaction() as uow:  # those that are gone meanwhile; the census says so
            await PendingDetails(uow.connection).done(source.name, [each for each in wanted if each not in overtaken])


async def _with_their_items(source: str, database: Database, found: Mapping[str, ItemDetails]) -> list[Arrival]:
    """Details are understood with the item they belong to, whose own record is stored."""
    async with database.reading() as uow:
        stored = await RawRecords(uow.connection).completing(source, sorted(found), (*ITEMS, "changelog", "home"))
    items = {record.native_id: record for record in stored if record.kind in ITEMS}
    beside: dict[str, list[RawRecord]] = {native_id: [] for native_id in items}
    for record in stored:
        if record.kind not in ITEMS and record.native_id in beside:
            beside[record.native_id].append(_as_received(record))
    return [
        Arrival(
            item.scope_id or "",
            RawItem(_as_received(item), (*beside[native_id], *found[native_id].records)),
        )
        for native_id, item in items.items()
    ]


def _as_received(record: StoredRecord) -> RawRecord:
    return RawRecord(record.kind, record.native_id, record.payload)
