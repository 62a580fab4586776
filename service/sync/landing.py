"""A batch of raw items becomes rows: landed, normalised and materialised in one transaction.

What has not changed since it was last stored is recognised by its hash and only touched. What is older than what is
stored changes nothing, neither the item nor its payload. What cannot be read is landed with its reason, so that nothing
is lost and the run goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connectors.contract import Normaliser, RawItem, RawRecord
from connectors.errors import PayloadUnreadable
from connectors.items import SourceItem
from service.store.details import PendingDetails
from service.store.engine import Database
from service.store.items import WorkItems
from service.store.raw import DETAILS, LandedRecord, RawRecords, digest
from service.store.runs import SyncRuns
from service.store.tombstones import Tombstones
from service.sync.stored import completed

BREATH = 100  # items normalised before other tasks get a turn


@dataclass(frozen=True, slots=True)
class Arrival:
    """One raw item and the scope whose listing named it."""

    scope_id: str
    item: RawItem


@dataclass(slots=True)
class Landed:
    """What became of a batch. `rejected` names native ids with the reason."""

    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    rejected: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Sorted:
    landed: Landed
    records: list[LandedRecord]
    items: list[SourceItem]

    def leave_out_rejected(self, read_since: Collection[str]) -> None:
        """Somebody has read it since: whatever that came to stands."""
        overtaken = [native_id for native_id in self.landed.rejected if native_id in read_since]
        for native_id in overtaken:
            del self.landed.rejected[native_id]
        self._leave_out(overtaken)

    def leave_out_stale(self, stale: Collection[str]) -> None:
        """The newer item keeps its own payload; details are read apart from it, and stay."""
        self.landed.changed = [native_id for native_id in self.landed.changed if native_id not in stale]
        self._leave_out(stale)

    def _leave_out(self, native_ids: Collection[str]) -> None:
        if native_ids:
            self.landed.unchanged += native_ids
            self.records = [each for each in self.records if each.native_id not in native_ids or each.kind in DETAILS]
            self.items = [each for each in self.items if each.native_id not in native_ids]


async def land(  # noqa: PLR0913 - what a batch is stored with, each named at the call
    database: Database,
    source: str,
    arrivals: Sequence[Arrival],
    *,
    normalise: Normaliser,
    run_id: int,
    now: datetime,
    details: bool = False,
    counted: bool = False,
    read_since: Collection[str] = (),
) -> Landed:
    """Store a batch (up to about a thousand items): all of it or nothing.

    `read_since`: native ids that were read by id after this batch was; of these only what the tool itself dates later
    is stored.

    `details`: the batch brings what pages do not; else the items that changed are put down for it.
    `counted`: the batch is a step of the run, and its journal says so from the same moment on.
    """
    arrivals = _last_of_each(arrivals)
    digests = [_digests(arrival.item) for arrival in arrivals]
    sorted_ = await _sort(arrivals, digests, await _known(database, source, arrivals, digests), normalise)
    sorted_.leave_out_rejected(read_since)
    async with database.transaction() as uow:
        raw, backlog = RawRecords(uow.connection), PendingDetails(uow.connection)
        await Tombstones(uow.connection).restore_ids(source, sorted_.landed.unchanged, now=now)
        written = await WorkItems(uow.connection).materialise(
            source, sorted_.items, run_id=run_id, now=now, only_if_newer=read_since
        )
        sorted_.leave_out_stale({uid.removeprefix(f"{source}:") for uid in written.stale})
        await raw.land(source, sorted_.records, run_id=run_id, fetched_at=now)
        await raw.touch(source, sorted_.landed.unchanged, run_id=run_id)
        if counted:
            await SyncRuns(uow.connection).advance(
                run_id,
                fetched=len(arrivals),
                changed=len(sorted_.landed.changed),
                unchanged=len(sorted_.landed.unchanged),
                rejected=len(sorted_.landed.rejected),
            )
        if details:
            await backlog.done(source, [arrival.item.record.native_id for arrival in arrivals])
        else:
            await backlog.add(source, {item.native_id: item.updated_at for item in sorted_.items if item.has_details})
    return sorted_.landed


@dataclass(frozen=True, slots=True)
class _Known:
    """What the store has of a batch: hashes by record, and by item the details that its page does not bring."""

    digests: dict[tuple[str, str], bytes]
    whole: dict[str, RawItem]


def _last_of_each(arrivals: Sequence[Arrival]) -> list[Arrival]:
    """An item that moved while paging arrives twice; the later read is the newer."""
    return list({arrival.item.record.native_id: arrival for arrival in arrivals}.values())


def _digests(item: RawItem) -> dict[tuple[str, str], bytes]:
    return {(record.kind, record.native_id): digest(record.payload) for record in _records(item)}


def _records(item: RawItem) -> Iterable[RawRecord]:
    yield item.record
    yield from item.extras


async def _known(
    database: Database, source: str, arrivals: Sequence[Arrival], digests: Sequence[dict[tuple[str, str], bytes]]
) -> _Known:
    async with database.reading() as uow:
        known = await _known_digests(RawRecords(uow.connection), source, arrivals)
        changed = [
            arrival.item for arrival, fresh in zip(arrivals, digests, strict=True) if not _is_known(fresh, known)
        ]
        whole = await completed(uow.connection, source, changed, DETAILS)
    return _Known(known, {item.record.native_id: item for item in whole})


def _is_known(fresh: Mapping[tuple[str, str], bytes], known: Mapping[tuple[str, str], bytes]) -> bool:
    return all(known.get(identity) == value for identity, value in fresh.items())


async def _known_digests(raw: RawRecords, source: str, arrivals: Sequence[Arrival]) -> dict[tuple[str, str], bytes]:
    """Of records that were read without complaint; a rejected one is always tried again."""
    ids_by_kind: dict[str, list[str]] = {}
    for arrival in arrivals:
        for record in _records(arrival.item):
            ids_by_kind.setdefault(record.kind, []).append(record.native_id)
    known: dict[tuple[str, str], bytes] = {}
    for kind, ids in ids_by_kind.items():
        found = await raw.hashes(source, kind, ids)
        known.update({(kind, native_id): value for native_id, value in found.items()})
    return known


async def _sort(
    arrivals: Sequence[Arrival],
    digests: Sequence[dict[tuple[str, str], bytes]],
    known: _Known,
    normalise: Normaliser,
) -> _Sorted:
    result = _Sorted(Landed(), [], [])
    for place, (arrival, fresh) in enumerate(zip(arrivals, digests, strict=True), start=1):
        native_id = arrival.item.record.native_id
        if native_id in known.whole:
            _read(arrival, known.whole[native_id], fresh, normalise, result)
        else:
            result.landed.unchanged.append(native_id)
        if place % BREATH == 0:
            await asyncio.sleep(0)
    return result


def _read(
    arrival: Arrival,
    whole: RawItem,
    fresh: dict[tuple[str, str], bytes],
    normalise: Normaliser,
    result: _Sorted,
) -> None:
    native_id = arrival.item.record.native_id
    reason: str | None = None
    try:
        result.items.append(normalise(whole))
        result.landed.changed.append(native_id)
    except PayloadUnreadable as error:
        reason = str(error)
        result.landed.rejected[native_id] = reason
    for record in _records(arrival.item):
        identity = (record.kind, record.native_id)
        result.records.append(
            LandedRecord(
                kind=record.kind,
                native_id=record.native_id,
                scope_id=arrival.scope_id,
                hash=fresh[identity],
                payload=record.payload,
                reject_reason=reason if record.kind == arrival.item.record.kind else None,
            )
        )
