"""Absence is not deletion: what a complete listing lacks is read by id before it is called gone.

A listing that suddenly lacks a large share of a scope looks more like lost rights than like work deleted;
then nothing is buried, the last good view stays, and the run says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from connectors.contract import RawItem, Source
from service.store.engine import Database
from service.store.items import WorkItems
from service.store.tombstones import Tombstones
from service.sync.outcome import Reason, ScopeResult

GUARD_ITEMS = 20  # so small a loss is believed at any share
GUARD_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Absence:
    """Of one scope: ids that a direct read did not find, and items that it did."""

    gone: tuple[str, ...] = ()
    found: tuple[RawItem, ...] = ()
    held: Reason | None = None


async def look_for_absent(source: Source, database: Database, result: ScopeResult) -> Absence:
    """Compare a full listing with the store, and ask the tool directly for what the listing lacks."""
    if result.listed is None:
        return Absence(found=await source.read_items(result.missing_ids) if result.missing_ids else ())
    async with database.reading() as uow:
        stored = await WorkItems(uow.connection).live_ids(source.name, project_id=result.scope_id)
    absent = sorted(stored - result.listed)
    if _suspicious(len(absent), len(stored)):
        return Absence(held=_held(result.key, len(absent), len(stored)))
    doubtful = sorted({*absent, *result.missing_ids})
    found = await source.read_items(doubtful) if doubtful else ()
    seen = {item.record.native_id for item in found}
    return Absence(gone=tuple(native_id for native_id in absent if native_id not in seen), found=found)


async def bury(
    database: Database, source: str, ids: Sequence[str], *, reason: str, detail: str, run_id: int, now: datetime
) -> None:
    if not ids:
        return
    async with database.transaction() as uow:
        uids = [f"{source}:{native_id}" for native_id in ids]
        await Tombstones(uow.connection).bury(uids, reason=reason, detail=detail, run_id=run_id, now=now)


def _suspicious(absent: int, stored: int) -> bool:
    return absent > GUARD_ITEMS and absent > stored * GUARD_SHARE


def _held(key: str, absent: int, stored: int) -> Reason:
    return Reason(
        "mass_loss_held",
        f"{absent} of {stored} items of {key} are missing from its listing. Nothing was removed; "
        f"check the permissions of the account on {key}.",
        key,
    )
