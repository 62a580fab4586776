"""A source as the API tells it, with nothing amiss; tests change what they are about."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from service.api.concerns import concerns_of, worst
from service.api.schemas.sources import (
    BudgetData,
    ContactData,
    Coverage,
    Details,
    Rejects,
    ScheduleData,
    ScopeData,
    SourceCoverage,
    SourceData,
    SourceList,
    Webhook,
)
from service.api.schemas.sync import SyncRun
from service.programs.answers import Answer

SYNCED = datetime(2026, 11, 20, 2, 14, tzinfo=UTC)
NOW = datetime(2026, 11, 20, 4, 14, tzinfo=UTC)


def a_webhook(**values: Any) -> Webhook:
    """Nothing was set up, and nothing came."""
    fields: dict[str, Any] = {
        "configured": False,
        "last_event_at": None,
        "received": 0,
        "repeated": 0,
        "refused": 0,
        "last_refused_at": None,
        "ignored": 0,
        "waiting": 0,
        "oldest_waiting_at": None,
        "failed": 0,
        "failed_why": None,
        "missed_last_night": None,
        "changed_last_night": None,
        "missed_share": None,
        "silence": None,
        "subscriptions": (),
    }
    return Webhook(**(fields | values))


def a_scope(key: str = "Launch", **values: Any) -> ScopeData:
    fields: dict[str, Any] = {
        "key": key,
        "name": key,
        "state": "live",
        "listed": 12,
        "last_complete_sync": SYNCED,
        "error": None,
        "error_since": None,
        "held": False,
        "coverage": None,
    }
    return ScopeData(**(fields | values))


def covered(listed: int, stored: int, rejected: int = 0) -> Coverage:
    return Coverage(listed, stored, rejected, listed - stored - rejected, SYNCED)


def a_run(**values: Any) -> SyncRun:
    fields: dict[str, Any] = {
        "id": 3,
        "source": "acme-asana",
        "trigger": "schedule",
        "mode": "census",
        "status": "complete",
        "started_at": SYNCED,
        "finished_at": SYNCED.replace(minute=17),
        "fetched": 84,
        "changed": 12,
        "unchanged": 72,
        "rejected": 0,
        "requests": 214,
        "reasons": (),
    }
    return SyncRun(**(fields | values))


def a_budget(**values: Any) -> BudgetData:
    fields: dict[str, Any] = {
        "since": SYNCED,
        "requests": 12_044,
        "retries": 3,
        "throttled": 1,
        "bytes_received": 1_000,
        "counted_at": NOW,
        "in_flight": 0,
        "waiting": 0,
        "allowed": 8,
        "limit": 8,
        "paused_until": None,
        "reason": None,
        "quota_limit": None,
        "quota_remaining": None,
        "quota_resets_at": None,
    }
    return BudgetData(**(fields | values))


def a_schedule(**values: Any) -> ScheduleData:
    fields: dict[str, Any] = {
        "cron": "0 2 * * *",
        "time_zone": "Europe/Madrid",
        "next_run": datetime(2026, 11, 21, 1, tzinfo=UTC),
        "overdue": False,
    }
    return ScheduleData(**(fields | values))


def a_contact(**values: Any) -> ContactData:
    fields: dict[str, Any] = {
        "asked_at": NOW,
        "account": "Interlock Reader",
        "clock_ahead_seconds": 0.4,
        "error": None,
    }
    return ContactData(**(fields | values))


def a_source(*, now: datetime = NOW, **values: Any) -> SourceData:
    """Judged as the API judges it."""
    fields: dict[str, Any] = {
        "name": "acme-asana",
        "kind": "asana",
        "url": "https://app.asana.com/api/1.0",
        "edition": "asana",
        "version": "1.0",
        "configured": True,
        "verdict": "",
        "concerns": (),
        "running": False,
        "last_complete_sync": SYNCED,
        "lag_seconds": 7200,
        "complete": True,
        "reasons": (),
        "last_run": 3,
        "last_finished": None,
        "under_way": None,
        "schedule": None,
        "coverage": SourceCoverage(0, 0, 0, 0, None, 1),
        "scopes": (a_scope(),),
        "rejects": Rejects(0, ()),
        "budget": None,
        "contact": None,
        "capabilities": (),
        "details": Details(0, 0),
        "webhook": a_webhook(),
    }
    source = SourceData(**(fields | values))
    concerns = tuple(concerns_of(source, now=now))
    verdict = worst(each.severity for each in concerns)
    return msgspec.structs.replace(source, concerns=concerns, verdict=verdict)


def an_answer(*sources: SourceData) -> Answer[SourceList]:
    verdict = worst(each.verdict for each in sources if each.configured)
    return Answer(SYNCED, SYNCED, "1", (), (), SourceList(verdict, sources, None))
