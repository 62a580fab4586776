"""Answers about sources and sync runs, in the envelope of all answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from service.api.problems import Kind, Problem
from service.api.schemas.sync import (
    Capability,
    Details,
    RunReason,
    RunScope,
    ScopeData,
    SourceData,
    SourceList,
    StartedRun,
    SyncRun,
    SyncRunDetail,
    SyncRunList,
    Webhook,
)
from service.api.services import Services
from service.domain.errors import InvalidQuery, UnknownSource
from service.programs.answers import Answer, Remark, SourceState
from service.programs.cursors import read_cursor, write_cursor
from service.programs.envelope import enveloped
from service.programs.freshness import state_of
from service.store.audit import Audit
from service.store.details import DetailsCoverage, PendingDetails
from service.store.engine import Database
from service.store.freshness import Freshness, SourceFacts
from service.store.inbox import Inbox, InboxStanding
from service.store.run_reads import RunReads
from service.store.subscriptions import Subscriptions

LARGEST_ID = 2**63 - 1  # what both databases can compare with


async def list_sources(services: Services) -> Answer[SourceList]:
    """Configured sources and those that are only remembered, by name."""
    now = services.clock.now()
    async with services.database.reading() as uow:
        reader = RunReads(uow.connection)
        rows = {row.name: row for row in await reader.sources()}
        scopes = await reader.scopes()
        running = await reader.running()
        capabilities = await reader.capabilities()
        details = await PendingDetails(uow.connection).coverage()
        standing = await Inbox(uow.connection).standing()
        subscribed = await Subscriptions(uow.connection).sources()
        facts = {each.name: each for each in await Freshness(uow.connection).of_sources()}
    names = sorted({*rows, *services.source_names})
    known = [facts.get(name) or SourceFacts(name, None, None, (), 0, feeds=False) for name in names]
    sources = tuple(
        _source(
            state_of(each, now=now),
            rows.get(each.name),
            scopes.get(each.name, []),
            configured=each.name in services.source_names,
            running=each.name in running,
            capabilities=capabilities.get(each.name, []),
            details=details.get(each.name) or DetailsCoverage(0, 0),
            webhook=_webhook(
                standing.get(each.name) or InboxStanding(),
                configured=each.name in subscribed or _has_secret(services, each.name),
            ),
        )
        for each in known
    )
    return enveloped(SourceList(sources, None), sources=known, now=now)


async def list_runs(services: Services, *, source: str | None, cursor: str | None, limit: int) -> Answer[SyncRunList]:
    """Newest first. Raises UnknownSource or InvalidQuery."""
    before = _place(cursor)
    async with services.database.reading() as uow:
        reader = RunReads(uow.connection)
        known = {row.name for row in await reader.sources()} | set(services.source_names)
        if source is not None and source not in known:
            raise UnknownSource(source)
        rows = await reader.page(source=source, before=before, limit=limit + 1)
        facts = await Freshness(uow.connection).of_sources()
    page = rows[:limit]
    following = write_cursor("sync_runs", str(page[-1].id)) if len(rows) > limit else None
    data = SyncRunList(tuple(_run(row) for row in page), following)
    return enveloped(data, sources=facts, now=services.clock.now())


async def get_run(services: Services, run_id: int) -> Answer[SyncRunDetail]:
    """Raises Problem for a number that no run has."""
    async with services.database.reading() as uow:
        reader = RunReads(uow.connection)
        row = await reader.run(run_id) if 0 < run_id <= LARGEST_ID else None
        if row is None:
            raise _unknown_run(run_id)
        scopes = await reader.scopes_of_run(run_id)
        facts = [each for each in await Freshness(uow.connection).of_sources() if each.name == row.source]
    return enveloped(
        SyncRunDetail(_run(row), tuple(_run_scope(each) for each in scopes)), sources=facts, now=services.clock.now()
    )


async def run_now(services: Services, run_id: int) -> SyncRun:
    """The run as its journal has it at this moment. Raises Problem for a number that no run has."""
    async with services.database.reading() as uow:
        row = await RunReads(uow.connection).run(run_id) if 0 < run_id <= LARGEST_ID else None
    if row is None:
        raise _unknown_run(run_id)
    return _run(row)


async def start_sync(services: Services, name: str, *, actor: str, origin: str) -> Answer[StartedRun]:
    """Audited. Raises UnknownSource, SyncAlreadyRunning, or Problem when no worker runs here."""
    if name not in services.source_names:
        raise UnknownSource(name)
    if services.start_sync is None:
        raise Problem(
            Kind.NO_WORKER, f"This process runs no worker. Run `interlock sync {name}`, or start `interlock worker`."
        )
    run_id = await services.start_sync(name)
    await note_sync(services.database, name, run_id, actor=actor, origin=origin, now=services.clock.now())
    async with services.database.reading() as uow:
        row = await RunReads(uow.connection).run(run_id)
        facts = [each for each in await Freshness(uow.connection).of_sources() if each.name == name]
    started = StartedRun(run_id, None if row is None else _run(row))
    return enveloped(started, sources=facts, now=services.clock.now())


async def note_sync(database: Database, name: str, run_id: int, *, actor: str, origin: str, now: datetime) -> None:
    """Somebody started this run; runs of the schedule are nobody's."""
    async with database.transaction() as uow:
        await Audit(uow.connection).add(
            at=now, actor=actor, origin=origin, action="sync_started", subject=name, detail={"run": run_id}
        )


async def source_states(services: Services, *, now: datetime) -> list[tuple[SourceState, bool]]:
    """(state, whether a sync of it runs), for the metrics."""
    async with services.database.reading() as uow:
        running = await RunReads(uow.connection).running()
        facts = await Freshness(uow.connection).of_sources()
    return [(state_of(each, now=now), each.name in running) for each in facts]


def _unknown_run(run_id: int) -> Problem:
    return Problem(
        Kind.UNKNOWN_SYNC_RUN, f"There is no sync run {run_id}; GET /api/v1/sync-runs lists the latest ones."
    )


def _place(cursor: str | None) -> int | None:
    place = read_cursor("sync_runs", cursor, parts=1)
    if place is None:
        return None
    if not (place[0].isascii() and place[0].isdecimal()) or int(place[0]) > LARGEST_ID:
        raise InvalidQuery("cursor", "this is no cursor of this list; start again without one.")
    return int(place[0])


def _source(  # noqa: PLR0913 - what is known of a source, each named at the call
    state: SourceState,
    row: Row[Any] | None,
    scopes: Sequence[Row[Any]],
    *,
    configured: bool,
    running: bool,
    capabilities: Sequence[Row[Any]],
    details: DetailsCoverage,
    webhook: Webhook,
) -> SourceData:
    return SourceData(
        name=state.name,
        kind=row.kind if row else None,
        url=row.url if row else None,
        edition=row.edition if row else None,
        version=row.version if row else None,
        configured=configured,
        running=running,
        last_complete_sync=state.last_complete_sync,
        lag_seconds=state.lag_seconds,
        complete=state.complete,
        reasons=state.reasons,
        last_run=row.last_run_id if row else None,
        scopes=tuple(
            ScopeData(each.key, each.name, each.state, each.listed, each.last_complete_sync, _remark(each.error))
            for each in scopes
        ),
        capabilities=tuple(Capability(each.name, each.available, each.reason) for each in capabilities),
        details=Details(details.wanted, details.read),
        webhook=webhook,
    )


def _has_secret(services: Services, source: str) -> bool:
    receiver = services.receivers.get(source)
    return receiver is not None and receiver.secret is not None


def _webhook(standing: InboxStanding, *, configured: bool) -> Webhook:
    return Webhook(
        configured=configured,
        last_event_at=standing.last_event_at,
        waiting=standing.waiting,
        failed=standing.failed,
        refused=standing.refused,
        ignored=standing.ignored,
        missed_last_night=standing.missed,
    )


def _run(row: Row[Any]) -> SyncRun:
    return SyncRun(
        id=row.id,
        source=row.source,
        trigger=row.trigger,
        mode=row.mode,
        status=row.status,
        started_at=row.started_at,
        finished_at=row.finished_at,
        fetched=row.fetched,
        changed=row.changed,
        unchanged=row.unchanged,
        rejected=row.rejected,
        requests=row.requests,
        reasons=tuple(
            RunReason(str(each.get("code", "")), str(each.get("message", "")), each.get("scope"))
            for each in row.reasons or ()
        ),
    )


def _run_scope(row: Row[Any]) -> RunScope:
    return RunScope(row.key, row.status, row.listed, row.fetched, row.rejected, _remark(row.error))


def _remark(error: Mapping[str, Any] | None) -> Remark | None:
    return Remark(str(error.get("code", "failed")), str(error.get("message", ""))) if error else None
