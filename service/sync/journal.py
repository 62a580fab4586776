"""What a run writes about itself: identity, reference data, scopes and cursors, verdicts. One transaction a step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from connectors.contract import Finding, Identity, MissingScope, ReferenceData, Scope, Source
from service.programs.apply import matched_fields
from service.store.contacts import Contact, Contacts
from service.store.coverage import coverage_of
from service.store.engine import Database
from service.store.items import WorkItems
from service.store.raw import LandedRecord, RawRecords, digest
from service.store.reference import Reference
from service.store.runs import Scopes, Sources, StoredScope, SyncRuns
from service.store.runs import count_rejected as count_rejected_records
from service.store.tombstones import Tombstones
from service.sync.outcome import Outcome, Reason, ScopeResult
from service.sync.progress import Silent
from service.sync.replay import rebuild
from service.sync.stored import REFERENCE

# Reference data that decides how an item is read or what a rule matches. No tool moves an item's time of change when
# these change, so stored payloads are read anew.
MEANING = frozenset(
    {
        "custom_types",
        "fields",
        "item_types",
        "link_types",
        "options",
        "portfolios",
        "projects",
        "scopes",
        "statuses",
    }
)

log = structlog.get_logger(__name__)


async def open_run(database: Database, source: Source, *, trigger: str, mode: str, now: datetime) -> int:
    async with database.transaction() as uow:
        await Sources(uow.connection).register(source.name, kind=source.kind, url=source.url)
        runs = SyncRuns(uow.connection)
        await runs.abandon_dead(source.name, now=now)
        run_id = await runs.open(source.name, trigger=trigger, mode=mode, now=now)
        await Sources(uow.connection).describe(source.name, last_run_id=run_id)
    return run_id


@dataclass(frozen=True, slots=True)
class Recorded:
    """`matched_fields`: those that mapping rules match on. `read_anew`: items read again for a new meaning."""

    matched_fields: tuple[str, ...]
    read_anew: int


async def record_reference(
    database: Database,
    source: Source,
    identity: Identity,
    reference: ReferenceData,
    *,
    contact: Contact,
    run_id: int,
    now: datetime,
) -> Recorded:
    """Keep what connect and discover said, raw and read.

    Where a status, field or link type changed its meaning, the stored items are read again in the same transaction:
    once the new meaning is stored, no later run would see that it had changed.
    """
    records = [
        LandedRecord(
            kind=REFERENCE,
            native_id=name,
            scope_id=None,
            hash=digest(payload),
            payload=payload,
            reject_reason=None,
        )
        for name, payload in sorted(reference.payloads.items())
    ]
    async with database.transaction() as uow:
        await Sources(uow.connection).describe(
            source.name,
            account_id=identity.account_id,
            time_zone=identity.time_zone,
            edition=identity.edition,
            version=identity.version,
        )
        await Contacts(uow.connection).note(source.name, contact)
        await SyncRuns(uow.connection).set(run_id, server_started_at=identity.server_time)
        raw = RawRecords(uow.connection)
        before = await raw.hashes(source.name, REFERENCE, sorted(MEANING))
        await raw.land(source.name, records, run_id=run_id, fetched_at=now)
        await Reference(uow.connection).store(source.name, reference)
        matched = await matched_fields(uow.connection)
        changed = any(before.get(r.native_id, r.hash) != r.hash for r in records if r.native_id in MEANING)
        replayed = await rebuild(source, uow, now=now, progress=Silent()) if changed else None
    return Recorded(matched, replayed.items if replayed else 0)


async def known_scopes(database: Database, source: str) -> dict[str, StoredScope]:
    async with database.reading() as uow:
        return await Scopes(uow.connection).known(source)


async def register_scopes(
    database: Database, source: str, found: Sequence[Scope], missing: Sequence[MissingScope]
) -> None:
    rows = [
        {
            "native_id": scope.native_id,
            "key": scope.key,
            "name": scope.name,
            "state": "archived" if scope.archived else "live",
        }
        for scope in found
    ]
    async with database.transaction() as uow:
        scopes = Scopes(uow.connection)
        await scopes.register(source, rows)
        await scopes.mark_gone(source, [scope.key for scope in missing])


async def complete_scope(
    database: Database, source: str, result: ScopeResult, *, cursor: datetime, proven_at: datetime
) -> None:
    """Move the cursor of a scope that was read to its end; a held one keeps its cursor and its error."""
    if result.error is not None:
        async with database.transaction() as uow:
            await Scopes(uow.connection).fail(source, result.scope_id, _as_json(result.error), now=proven_at)
        return
    async with database.reading() as uow:  # a large scope takes a second to count, and writers should not wait for it
        counted = None if result.census is None else await coverage_of(uow.connection, source, result.listed)
    async with database.transaction() as uow:
        await Scopes(uow.connection).complete(
            source,
            result.scope_id,
            cursor=cursor,
            proven_at=proven_at,
            coverage=counted,
            token=result.token,
        )


async def bury_left_scopes(
    database: Database, source: str, *, archived: Sequence[str], run_id: int, now: datetime
) -> None:
    async with database.transaction() as uow:
        await Tombstones(uow.connection).bury_outside(source, run_id=run_id, now=now, archived=archived)


async def known_unreadable(database: Database, source: str, scope_id: str) -> list[str]:
    async with database.reading() as uow:
        return await RawRecords(uow.connection).unreadable(source, scope_id)


async def keep_unreadable(database: Database, source: str, result: ScopeResult, *, run_id: int, now: datetime) -> None:
    """Items of a scope that are there and that the tool cannot give: shown with what it answers, and asked for again.

    What an earlier reading gave of them stays as it is.
    """
    if not result.unreadable and not await known_unreadable(database, source, result.scope_id):
        return
    result.rejected += len(result.unreadable)
    for native_id, reason in result.unreadable.items():
        log.warning("item_unreadable", native_id=native_id, reason=reason)
    async with database.transaction() as uow:
        await RawRecords(uow.connection).keep_unreadable(
            source, result.scope_id, result.unreadable, run_id=run_id, now=now
        )


async def complete_hierarchy(database: Database, source: str) -> None:
    """Parents that were only named by key, then the epic of every item."""
    async with database.transaction() as uow:
        items = WorkItems(uow.connection)
        await items.resolve_parents(source)
        await items.resolve_epics(source)


async def count_rejected(database: Database, source: str) -> int:
    async with database.reading() as uow:
        return await count_rejected_records(uow.connection, source)


async def record_proof(
    database: Database,
    source: str,
    identity: Identity,
    reference: ReferenceData,
    reasons: Sequence[Reason],
    *,
    complete: bool,
) -> None:
    """The findings of the run, and, when every scope was read to its end, the moment of that proof."""
    blocking = [(Finding(reason.code, reason.message, reason.scope), True) for reason in reasons]
    async with database.transaction() as uow:
        await Reference(uow.connection).replace_findings(
            source, [*blocking, *((finding, False) for finding in reference.warnings)]
        )
        if complete:
            await Sources(uow.connection).describe(source, last_complete_sync=identity.server_time)


async def close_run(database: Database, outcome: Outcome, results: Sequence[ScopeResult]) -> None:
    async with database.transaction() as uow:
        for result in results:
            if result.error is not None:
                await Scopes(uow.connection).fail(
                    outcome.source, result.scope_id, _as_json(result.error), now=outcome.finished_at
                )
        runs = SyncRuns(uow.connection)
        await runs.set(
            outcome.run_id,
            status=outcome.status.value,
            finished_at=outcome.finished_at,
            fetched=outcome.fetched,
            changed=outcome.changed,
            unchanged=outcome.unchanged,
            rejected=outcome.rejected,
            requests=outcome.requests,
            reasons=[_as_json(reason) for reason in outcome.reasons],
        )
        await runs.note_scopes([_scope_row(outcome.run_id, result) for result in results])


def _scope_row(run_id: int, result: ScopeResult) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "scope_id": result.scope_id,
        "key": result.key,
        "status": "complete" if result.error is None else "failed",
        "listed": result.census,
        "fetched": result.fetched,
        "rejected": result.rejected,
        "error": None if result.error is None else _as_json(result.error),
    }


def _as_json(reason: Reason) -> dict[str, Any]:
    return {"code": reason.code, "message": reason.message, "scope": reason.scope}
