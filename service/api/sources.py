"""Answers about sources: what the store knows of each one, put together and judged. The tools are not asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from service.api import source_metrics
from service.api.concerns import concerns_of, worst
from service.api.schemas.sources import (
    BudgetData,
    Capability,
    ContactData,
    Coverage,
    Details,
    RejectData,
    Rejects,
    ScheduleData,
    ScopeData,
    Silence,
    SourceCoverage,
    SourceData,
    SourceList,
    SubscriptionData,
    Webhook,
)
from service.api.services import Services
from service.api.syncing import remark, run_data
from service.domain import rhythm
from service.programs.answers import Answer
from service.programs.envelope import enveloped
from service.programs.freshness import state_of
from service.schedules import next_run
from service.store.contacts import Contact, Contacts
from service.store.delays import Delays
from service.store.details import DetailsCoverage, PendingDetails
from service.store.freshness import Freshness, SourceFacts
from service.store.inbox import Inbox, InboxStanding
from service.store.rejects import Reject
from service.store.rejects import Rejects as StoredRejects
from service.store.run_reads import RunReads
from service.store.subscriptions import SubscriptionHealth, Subscriptions
from service.store.usage import StoredUsage, UsageTotals
from service.sync.absence import HELD
from service.sync.hold import BRIEF

REJECTS_SHOWN = 5  # enough to see what they have in common
OVERDUE_AFTER = timedelta(hours=1)  # a worker looks every ten minutes for what was missed
REFUSED = "authentication_failed"


async def list_sources(services: Services) -> Answer[SourceList]:
    """Configured sources and those that are only remembered, by name."""
    now = services.clock.now()
    async with services.database.reading() as uow:
        known = await _look_up(uow.connection, now=now)
    names = sorted({*known.rows, *services.source_names})
    facts = [known.facts.get(name) or SourceFacts(name, None, None, (), 0, feeds=False) for name in names]
    sources = tuple(_judged(_source(services, known, each, now=now), now=now) for each in facts)
    verdict = worst(source.verdict for source in sources if source.configured)
    return enveloped(SourceList(verdict, sources, None), sources=facts, now=now)


async def source_facts(services: Services) -> source_metrics.SourceFacts:
    """What the metrics tell about sources."""
    told = (await list_sources(services)).data.sources
    async with services.database.reading() as uow:
        tallies = await RunReads(uow.connection).tallies()
        delays = await Delays(uow.connection).all()
    return source_metrics.SourceFacts(told, tallies, delays, services.clock.now())


@dataclass(frozen=True, slots=True)
class _Known:
    """What the store holds, by source."""

    rows: Mapping[str, Row[Any]]
    facts: Mapping[str, SourceFacts]
    scopes: Mapping[str, Sequence[Row[Any]]]
    holders: Mapping[str, str]
    unfinished: Mapping[str, Row[Any]]
    finished: Mapping[str, Row[Any]]
    started: Mapping[str, datetime]
    capabilities: Mapping[str, Sequence[Row[Any]]]
    details: Mapping[str, DetailsCoverage]
    inbox: Mapping[str, InboxStanding]
    hours: Mapping[str, Sequence[datetime]]
    subscriptions: Sequence[SubscriptionHealth]
    reject_counts: Mapping[str, int]
    rejects: Mapping[str, Sequence[Reject]]
    usage: Mapping[str, StoredUsage]
    contacts: Mapping[str, Contact]


async def _look_up(connection: AsyncConnection, *, now: datetime) -> _Known:
    runs, inbox, rejects = RunReads(connection), Inbox(connection), StoredRejects(connection)
    return _Known(
        rows={row.name: row for row in await runs.sources()},
        facts={each.name: each for each in await Freshness(connection).of_sources()},
        scopes=await runs.scopes(),
        holders=await runs.held(now=now),
        unfinished=await runs.unfinished(),
        finished=await runs.last_finished(),
        started=await runs.last_started(),
        capabilities=await runs.capabilities(),
        details=await PendingDetails(connection).coverage(),
        inbox=await inbox.standing(),
        hours=await inbox.hours(since=now - rhythm.LOOKED_BACK),
        subscriptions=await Subscriptions(connection).health(),
        reject_counts=await rejects.counts(),
        rejects=await rejects.latest(each=REJECTS_SHOWN),
        usage=await UsageTotals(connection).all(),
        contacts=await Contacts(connection).all(),
    )


def _source(services: Services, known: _Known, facts: SourceFacts, *, now: datetime) -> SourceData:
    name, state = facts.name, state_of(facts, now=now)
    row, finished, unfinished = known.rows.get(name), known.finished.get(name), known.unfinished.get(name)
    goes_on = unfinished is not None and not known.holders.get(name, BRIEF).startswith(BRIEF)
    scopes = tuple(_scope(each) for each in known.scopes.get(name, ()))
    details = known.details.get(name) or DetailsCoverage(0, 0)
    return SourceData(
        name=name,
        kind=row.kind if row else None,
        url=row.url if row else None,
        edition=row.edition if row else None,
        version=row.version if row else None,
        configured=name in services.source_names,
        verdict="",
        concerns=(),
        running=goes_on,
        last_complete_sync=state.last_complete_sync,
        lag_seconds=state.lag_seconds,
        complete=state.complete,
        reasons=state.reasons,
        last_run=row.last_run_id if row else None,
        last_finished=None if finished is None else run_data(finished),
        under_way=run_data(unfinished) if unfinished is not None and goes_on else None,
        schedule=_schedule(services, name, known, proof=facts.last_complete_sync, now=now),
        coverage=_coverage(scopes),
        scopes=scopes,
        rejects=Rejects(
            known.reject_counts.get(name, 0),
            tuple(
                RejectData(each.kind, each.native_id, each.key, each.reason, each.fetched_at)
                for each in known.rejects.get(name, ())
            ),
        ),
        budget=_budget(known.usage.get(name)),
        contact=contact_of(known.contacts.get(name), finished),
        capabilities=tuple(
            Capability(each.name, each.available, each.reason) for each in known.capabilities.get(name, ())
        ),
        details=Details(details.wanted, details.read),
        webhook=_webhook(
            known.inbox.get(name) or InboxStanding(),
            known.hours.get(name, ()),
            [each for each in known.subscriptions if each.source == name],
            has_secret=_has_secret(services, name),
            now=now,
        ),
    )


def _judged(source: SourceData, *, now: datetime) -> SourceData:
    concerns = tuple(concerns_of(source, now=now))
    return msgspec.structs.replace(source, concerns=concerns, verdict=worst(concern.severity for concern in concerns))


def _scope(row: Row[Any]) -> ScopeData:
    error = remark(row.error)
    proven = row.proven_at is not None and row.stored is not None
    return ScopeData(
        key=row.key,
        name=row.name,
        state=row.state,
        listed=row.listed,
        last_complete_sync=row.last_complete_sync,
        error=error,
        error_since=row.error_since if error else None,
        held=error is not None and error.code == HELD,
        coverage=Coverage(row.listed, row.stored, row.rejected, row.listed - row.stored - row.rejected, row.proven_at)
        if proven
        else None,
    )


def _coverage(scopes: Sequence[ScopeData]) -> SourceCoverage:
    live = [scope.coverage for scope in scopes if scope.state == "live"]
    proven = [each for each in live if each is not None]
    return SourceCoverage(
        listed=sum(each.listed for each in proven),
        stored=sum(each.stored for each in proven),
        rejected=sum(each.rejected for each in proven),
        invisible=sum(each.invisible for each in proven),
        proven_at=min((each.proven_at for each in proven), default=None),
        unproven=len(live) - len(proven),
    )


def _schedule(
    services: Services, name: str, known: _Known, *, proof: datetime | None, now: datetime
) -> ScheduleData | None:
    line = services.schedules.get(name)
    if line is None:
        return None
    zone = services.calendar_zone
    since = known.started.get(name, proof)
    wanted = None if since is None else next_run(line, zone, after=since)
    return ScheduleData(
        cron=line,
        time_zone=str(zone),
        next_run=next_run(line, zone, after=now),
        overdue=wanted is not None and wanted + OVERDUE_AFTER < now and name not in known.unfinished,
    )


def _budget(usage: StoredUsage | None) -> BudgetData | None:
    if usage is None:
        return None
    state = usage.state
    return BudgetData(
        since=usage.since,
        requests=usage.requests,
        retries=usage.retries,
        throttled=usage.throttled,
        bytes_received=usage.bytes_received,
        counted_at=usage.counted_at,
        in_flight=state.in_flight,
        waiting=state.waiting,
        allowed=state.allowed,
        limit=state.limit,
        paused_until=state.paused_until,
        reason=state.reason,
        quota_limit=state.quota_limit,
        quota_remaining=state.quota_remaining,
        quota_resets_at=state.quota_resets_at,
    )


def contact_of(asked: Contact | None, run: Row[Any] | None) -> ContactData | None:
    """The latest word of the tool. A run that was let in has noted it; one that was refused says so in its reasons."""
    refused = next((each for each in (run.reasons if run else None) or () if each.get("code") == REFUSED), None)
    if run is None or refused is None or (asked is not None and asked.asked_at > run.started_at):
        return None if asked is None else _contact_data(asked)
    return ContactData(run.started_at, None if asked is None else asked.account, None, remark(refused))


def _contact_data(asked: Contact) -> ContactData:
    return ContactData(asked.asked_at, asked.account, asked.clock_ahead, remark(asked.error))


def _has_secret(services: Services, source: str) -> bool:
    receiver = services.receivers.get(source)
    return receiver is not None and receiver.secret is not None


def _webhook(
    inbox: InboxStanding,
    hours: Sequence[datetime],
    subscriptions: Sequence[SubscriptionHealth],
    *,
    has_secret: bool,
    now: datetime,
) -> Webhook:
    silence = rhythm.silence(hours, last=inbox.last_event_at, now=now)
    return Webhook(
        configured=has_secret or any(each.state == "active" for each in subscriptions),
        last_event_at=inbox.last_event_at,
        received=inbox.received,
        repeated=inbox.repeated,
        refused=inbox.refused,
        last_refused_at=inbox.last_refused_at,
        ignored=inbox.ignored,
        waiting=inbox.waiting,
        oldest_waiting_at=inbox.oldest_waiting_at,
        failed=inbox.failed,
        failed_why=inbox.failed_why,
        missed_last_night=inbox.missed,
        changed_last_night=inbox.changed,
        missed_share=round(inbox.missed / inbox.changed, 6) if inbox.missed is not None and inbox.changed else None,
        silence=None
        if silence is None
        else Silence(
            int(silence.lasts.total_seconds()),
            None if silence.usual is None else int(silence.usual.total_seconds()),
            silence.unusual,
        ),
        subscriptions=tuple(
            SubscriptionData(
                each.scope,
                each.state,
                each.created_at,
                each.expires_at,
                each.last_success_at,
                each.last_failure_at,
                each.last_failure,
                each.looked_at,
            )
            for each in subscriptions
        ),
    )
