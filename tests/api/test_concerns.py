"""What is amiss about a source is told in words, with what to do, and judged alike everywhere."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from service.api.concerns import worst
from service.api.schemas.sources import Details, Silence, SubscriptionData
from service.programs.answers import Remark
from tests.builders.sources import (
    NOW,
    SYNCED,
    a_budget,
    a_contact,
    a_run,
    a_schedule,
    a_scope,
    a_source,
    a_webhook,
)

HOUR = timedelta(hours=1)


def told(**values: Any) -> list[tuple[str, str]]:
    """(severity, code) of each concern."""
    return [(each.severity, each.code) for each in a_source(**values).concerns]


def a_subscription(**values: Any) -> SubscriptionData:
    fields: dict[str, Any] = {
        "scope": "PAY",
        "state": "active",
        "created_at": SYNCED,
        "expires_at": None,
        "last_success_at": None,
        "last_failure_at": None,
        "last_failure": None,
        "looked_at": SYNCED,
    }
    return SubscriptionData(**(fields | values))


def test_a_verdict_is_the_worst_and_notes_change_nothing() -> None:
    assert worst([]) == worst(["note"]) == "well"
    assert worst(["note", "attention"]) == "attention"
    assert worst(["attention", "failed", "note"]) == "failed"


def test_nothing_amiss_is_nothing_said() -> None:
    whole = a_source(
        contact=a_contact(), budget=a_budget(), schedule=a_schedule(), last_finished=a_run(), webhook=a_webhook()
    )
    assert (whole.verdict, whole.concerns) == ("well", ())


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ({"last_complete_sync": None, "lag_seconds": None}, [("failed", "never_synced")]),
        ({"last_complete_sync": None, "under_way": a_run()}, [("attention", "first_sync")]),
        ({"last_complete_sync": NOW - 36 * HOUR}, []),
        ({"last_complete_sync": NOW - 37 * HOUR}, [("failed", "stale")]),
        ({"schedule": a_schedule(overdue=True)}, [("attention", "overdue")]),
        ({"contact": a_contact(clock_ahead_seconds=-119.0)}, []),
        ({"contact": a_contact(clock_ahead_seconds=-121.0)}, [("attention", "clocks_differ")]),
        ({"contact": a_contact(error=Remark("unavailable", "…"))}, [("attention", "no_answer")]),
        ({"contact": a_contact(error=Remark("authentication_failed", "…"))}, [("failed", "credential_refused")]),
        ({"budget": a_budget(paused_until=NOW)}, []),
        ({"budget": a_budget(paused_until=NOW + HOUR)}, [("attention", "paused")]),
        ({"budget": a_budget(quota_limit=100, quota_remaining=10)}, []),
        ({"budget": a_budget(quota_limit=100, quota_remaining=9)}, [("attention", "quota_low")]),
        ({"budget": a_budget(quota_limit=100, quota_remaining=0, quota_resets_at=NOW)}, []),  # it has come back
        ({"details": Details(9, 8)}, [("note", "details_pending")]),
        ({"configured": False, "last_complete_sync": None}, [("note", "not_configured")]),
    ],
)
def test_each_fact_has_its_limit(values: dict[str, Any], wanted: list[tuple[str, str]]) -> None:
    assert told(**values) == wanted


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ({"configured": True}, [("attention", "no_delivery_yet")]),
        ({"configured": True, "last_event_at": NOW}, []),
        ({"last_event_at": NOW, "silence": Silence(90_000, 50_000, unusual=False)}, []),
        ({"last_event_at": NOW, "silence": Silence(90_000, 50_000, unusual=True)}, [("attention", "silent")]),
        ({"waiting": 3, "oldest_waiting_at": NOW - timedelta(minutes=5)}, []),
        ({"waiting": 3, "oldest_waiting_at": NOW - timedelta(minutes=6)}, [("attention", "deliveries_wait")]),
        ({"failed": 1, "failed_why": "Jira is away."}, [("attention", "deliveries_failed")]),
        ({"refused": 9, "last_refused_at": NOW - timedelta(days=1)}, []),
        ({"refused": 9, "last_refused_at": NOW - HOUR}, [("attention", "deliveries_refused")]),
        ({"missed_last_night": 0, "changed_last_night": 9, "missed_share": 0.0}, []),
        ({"missed_last_night": 2, "changed_last_night": 9, "missed_share": 0.22}, [("note", "missed")]),
        ({"missed_last_night": 3, "changed_last_night": 60, "missed_share": 0.05}, [("note", "missed")]),
        ({"missed_last_night": 4, "changed_last_night": 60, "missed_share": 0.07}, [("attention", "missed")]),
    ],
)
def test_deliveries_have_theirs(values: dict[str, Any], wanted: list[tuple[str, str]]) -> None:
    assert told(webhook=a_webhook(**values)) == wanted


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, None),
        ({"state": "missing"}, "The webhook of PAY is gone from the tool."),
        ({"state": "disabled", "scope": None}, "Its webhook is switched off in the tool."),
        ({"state": "pending", "created_at": NOW - HOUR}, None),
        ({"state": "pending", "created_at": NOW - 2 * HOUR}, "The webhook of PAY never shook hands."),
        ({"expires_at": NOW + timedelta(days=8)}, None),
        ({"expires_at": NOW + HOUR}, "The webhook of PAY expires 20 Nov 2026, 05:14 UTC."),
        ({"expires_at": NOW - HOUR}, "The webhook of PAY expired 20 Nov 2026, 03:14 UTC."),
        ({"last_failure_at": NOW - HOUR, "last_success_at": NOW}, None),
        (
            {"last_failure_at": NOW - HOUR, "last_success_at": SYNCED, "last_failure": "503"},
            "The webhook of PAY failed 20 Nov 2026, 03:14 UTC: 503",
        ),
    ],
)
def test_registered_webhooks_are_watched(values: dict[str, Any], said: str | None) -> None:
    source = a_source(webhook=a_webhook(subscriptions=(a_subscription(**values),)))
    assert [each.message for each in source.concerns] == ([] if said is None else [said])
    assert all(each.remedy for each in source.concerns)


def test_why_a_source_is_incomplete_is_told_once_with_its_beginning_and_a_remedy() -> None:
    trouble = Remark("permission_denied", "No access.")
    source = a_source(
        scopes=(a_scope("PAY", error=trouble, error_since=SYNCED),),
        reasons=(
            Remark("permission_denied", "PAY: No access."),
            Remark("rejected_records", "2 records of acme could not be read."),
            Remark("rejected_records", "2 records could not be read."),
        ),
    )

    assert [(each.code, each.message) for each in source.concerns] == [
        ("permission_denied", "PAY: No access. Since 20 Nov 2026, 02:14 UTC."),
        ("rejected_records", "2 records of acme could not be read."),
    ]
    assert source.concerns[0].remedy == "Give the account the right to browse it, or take it out of scope.projects."


def test_the_gravest_comes_first() -> None:
    severities = [
        severity
        for severity, _ in told(
            details=Details(9, 8),
            webhook=a_webhook(configured=True),
            contact=a_contact(error=Remark("authentication_failed", "…")),
        )
    ]
    assert severities == ["failed", "attention", "note"]
