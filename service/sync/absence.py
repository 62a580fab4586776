"""Absence is not deletion: what a complete listing lacks is read by id before it is called gone.

A listing that suddenly lacks a large share of a scope looks more like lost rights than like work deleted;
then nothing is buried, the last good view stays, and the run says so, until somebody says that the loss is right.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

import structlog

from connectors.contract import Extent, ItemsUnreadable, RawItem, Source
from service.store.engine import Database
from service.store.items import WorkItems
from service.store.tombstones import Tombstones
from service.sync.outcome import Reason, ScopeResult

GUARD_ITEMS = 20  # so small a loss is believed at any share
GUARD_SHARE = 0.25
COMPARED_AT_ONCE = 10_000  # marks a query
LOGGED = 20  # ids that one event names
HELD = "mass_loss_held"  # the code of a scope whose loss is not believed
READ_AT_ONCE = 800  # items asked for before they are stored: what several requests in flight bring

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Absence:
    """Of one scope: ids that a direct read did not find, and items that it did."""

    gone: tuple[str, ...] = ()
    found: tuple[RawItem, ...] = ()
    held: Reason | None = None


async def look_for_absent(
    source: Source, database: Database, result: ScopeResult, *, read: Collection[str] = ()
) -> Absence:
    """Compare a listing with the store, and ask the tool directly for what the listing lacks.

    What was `read` by id since the listing (native ids) is there, whatever the listing says.
    """
    if result.extent is Extent.CHANGES:
        _, found = await _ask_for(source, result, set(result.missing_ids), set())
        return Absence(found=found)
    async with database.reading() as uow:
        live, absent = await WorkItems(uow.connection).live_and_absent(
            source.name,
            project_id=result.scope_id,
            listed=result.listed,
            members_only=result.extent is Extent.MEMBERS,
        )
    absent -= set(read)
    if not result.loss_accepted and _suspicious(len(absent), live):
        return Absence(held=_held(result.key, len(absent), live))
    if result.extent is Extent.MEMBERS:
        gone, found = await _look_around(source, database, result, absent)
    else:
        gone, found = await _ask_for(source, result, {*absent, *result.missing_ids}, absent)
    return Absence(gone=tuple(sorted(gone)), found=found)


async def _look_around(
    source: Source, database: Database, result: ScopeResult, absent: set[str]
) -> tuple[set[str], tuple[RawItem, ...]]:
    """Where a listing names members alone: what is beneath them is told by the tool's feed, or by what was read.

    What such a listing lacks and is still there has moved: sub-tasks go where their parent went.
    """
    async with database.reading() as uow:
        left = await WorkItems(uow.connection).left_behind(source.name, project_id=result.scope_id)
    doubtful = {*absent, *result.missing_ids, *left}
    gone, found = await _ask_for(source, result, doubtful, doubtful, descend=True)
    beneath_gone, beneath_found = await _look_beneath(source, database, result, gone)
    return gone | beneath_gone, found + beneath_found


async def find_stale(source: Source, database: Database, marks: Mapping[str, str]) -> list[str]:
    """What a listing shows otherwise than it is stored: changed, new, moved without a trace, or back from the gone."""
    ids = iter(marks)
    stale: list[str] = []
    while some := list(islice(ids, COMPARED_AT_ONCE)):
        async with database.reading() as uow:
            stale += await WorkItems(uow.connection).stale(source.name, {each: marks[each] for each in some})
    return stale


async def read_stale(source: Source, database: Database, result: ScopeResult) -> AsyncIterator[tuple[RawItem, ...]]:
    """The stale items of a scope and what lies beneath them, some at a time."""
    stale = iter(await find_stale(source, database, result.marks))
    while some := list(islice(stale, READ_AT_ONCE)):
        yield await _read(source, result, some, descend=True, listed=True)


async def _look_beneath(
    source: Source, database: Database, result: ScopeResult, gone: set[str]
) -> tuple[set[str], tuple[RawItem, ...]]:
    """Sub-tasks of what is gone stand in no listing of members; level by level, they are asked for, too."""
    all_gone: set[str] = set()
    all_found: tuple[RawItem, ...] = ()
    above = gone
    while above:
        async with database.reading() as uow:
            below = await WorkItems(uow.connection).live_below(source.name, sorted(above)) - all_gone - gone
        above, found = await _ask_for(source, result, below, below)
        all_gone |= above
        all_found += found
    return all_gone, all_found


async def _ask_for(
    source: Source, result: ScopeResult, doubtful: set[str], believed: set[str], *, descend: bool = False
) -> tuple[set[str], tuple[RawItem, ...]]:
    """Those among `believed` that a direct read does not find, and all that it does."""
    found = await _read(source, result, sorted(doubtful), descend=descend) if doubtful else ()
    return believed - {item.record.native_id for item in found} - result.unreadable.keys(), found


async def _read(
    source: Source, result: ScopeResult, native_ids: Sequence[str], *, descend: bool = False, listed: bool = False
) -> tuple[RawItem, ...]:
    """What can be read; what is there and cannot is noted, for it is not gone."""
    try:
        return await source.read_items(native_ids, descend=descend, listed=listed)
    except ItemsUnreadable as error:
        result.unreadable |= error.reasons
        return error.found


async def bury(
    database: Database, source: str, ids: Sequence[str], *, reason: str, detail: str, run_id: int, now: datetime
) -> None:
    if not ids:
        return
    async with database.transaction() as uow:
        uids = [f"{source}:{native_id}" for native_id in ids]
        buried = await Tombstones(uow.connection).bury(uids, reason=reason, detail=detail, run_id=run_id, now=now)
    if buried:
        log.info("items_buried", source=source, reason=reason, number=len(buried), items=buried[:LOGGED])


def _suspicious(absent: int, stored: int) -> bool:
    return absent > GUARD_ITEMS and absent > stored * GUARD_SHARE


def _held(key: str, absent: int, stored: int) -> Reason:
    return Reason(
        HELD,
        f"{absent} of {stored} items of {key} are missing from its listing. Nothing was removed; "
        f"check the permissions of the account on {key}.",
        key,
    )
