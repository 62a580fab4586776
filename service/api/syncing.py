"""Answers about sync runs, in the envelope of all answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from service.api.problems import Kind, Problem
from service.api.schemas.sync import RunReason, RunScope, StartedRun, SyncRun, SyncRunDetail, SyncRunList
from service.api.services import Services
from service.domain.errors import InvalidQuery, UnknownSource
from service.programs.answers import Answer, Remark
from service.programs.cursors import read_cursor, write_cursor
from service.programs.envelope import enveloped
from service.store.audit import Audit
from service.store.engine import Database
from service.store.freshness import Freshness
from service.store.run_reads import RunReads

LARGEST_ID = 2**63 - 1  # what both databases can compare with


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
    data = SyncRunList(tuple(run_data(row) for row in page), following)
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
    detail = SyncRunDetail(run_data(row), tuple(_run_scope(each) for each in scopes))
    return enveloped(detail, sources=facts, now=services.clock.now())


async def run_now(services: Services, run_id: int) -> SyncRun:
    """The run as its journal has it at this moment. Raises Problem for a number that no run has."""
    async with services.database.reading() as uow:
        row = await RunReads(uow.connection).run(run_id) if 0 < run_id <= LARGEST_ID else None
    if row is None:
        raise _unknown_run(run_id)
    return run_data(row)


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
    started = StartedRun(run_id, None if row is None else run_data(row))
    return enveloped(started, sources=facts, now=services.clock.now())


async def note_sync(
    database: Database,
    name: str,
    run_id: int,
    *,
    actor: str,
    origin: str,
    now: datetime,
    accept_loss: Sequence[str] = (),
) -> None:
    """Somebody started this run; runs of the schedule are nobody's."""
    detail = {"run": run_id, **({"accept_loss": list(accept_loss)} if accept_loss else {})}
    async with database.transaction() as uow:
        await Audit(uow.connection).add(
            at=now, actor=actor, origin=origin, action="sync_started", subject=name, detail=detail
        )


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


def run_data(row: Row[Any]) -> SyncRun:
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
    return RunScope(row.key, row.status, row.listed, row.fetched, row.rejected, remark(row.error))


def remark(error: Mapping[str, Any] | None) -> Remark | None:
    return Remark(str(error.get("code", "failed")), str(error.get("message", ""))) if error else None
