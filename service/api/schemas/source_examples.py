"""What a list of sources looks like: one that needs somebody and one that is well."""

from __future__ import annotations

from typing import Final

from service.api.schemas.examples import RUN, SOURCE, enveloped

_WEBHOOK: Final = {
    "configured": True,
    "last_event_at": "2026-11-20T07:58:41Z",
    "received": 1204,
    "repeated": 3,
    "refused": 0,
    "last_refused_at": None,
    "ignored": 0,
    "waiting": 0,
    "oldest_waiting_at": None,
    "failed": 0,
    "failed_why": None,
    "missed_last_night": 1,
    "changed_last_night": 84,
    "missed_share": 0.011905,
    "silence": {"seconds": 72, "usual_seconds": 50400, "unusual": False},
    "subscriptions": [
        {
            "scope": None,
            "state": "active",
            "created_at": "2026-11-01T09:00:00Z",
            "expires_at": "2026-12-18T09:00:00Z",
            "last_success_at": "2026-11-20T07:58:41Z",
            "last_failure_at": None,
            "last_failure": None,
            "looked_at": "2026-11-20T02:20:00Z",
        }
    ],
}
_UNHEARD: Final = {
    **_WEBHOOK,
    "configured": False,
    "last_event_at": None,
    "received": 0,
    "repeated": 0,
    "missed_last_night": None,
    "changed_last_night": None,
    "missed_share": None,
    "silence": None,
    "subscriptions": [],
}
_SCHEDULE: Final = {
    "cron": "0 2 * * *",
    "time_zone": "Europe/Madrid",
    "next_run": "2026-11-21T01:00:00Z",
    "overdue": False,
}
_BUDGET: Final = {
    "since": "2026-11-01T09:00:00Z",
    "requests": 12044,
    "retries": 3,
    "throttled": 1,
    "bytes_received": 734003200,
    "counted_at": "2026-11-20T07:59:30Z",
    "in_flight": 0,
    "waiting": 0,
    "allowed": 8,
    "limit": 8,
    "paused_until": None,
    "reason": None,
    "quota_limit": 65000,
    "quota_remaining": 60210,
    "quota_resets_at": "2026-11-20T08:00:00Z",
}
_CONTACT: Final = {
    "asked_at": "2026-11-20T07:50:00Z",
    "account": "Interlock Reader",
    "clock_ahead_seconds": 0.4,
    "error": None,
}
_COVERED: Final = {"listed": 310, "stored": 309, "rejected": 1, "invisible": 0, "proven_at": "2026-11-20T02:14:09Z"}
_HELD: Final = (
    "120 of 310 items of CART are missing from its listing. Nothing was removed; check the permissions of the account "
    "on CART."
)
SOURCES: Final = enveloped(
    {
        "verdict": "attention",
        "sources": [
            {
                **SOURCE,
                "kind": "jira-cloud",
                "url": "https://acme.atlassian.net",
                "edition": "cloud",
                "version": "1001.0.0",
                "configured": True,
                "verdict": "attention",
                "concerns": [
                    {
                        "severity": "attention",
                        "code": "mass_loss_held",
                        "message": f"{_HELD} Since 19 Nov 2026, 02:14 UTC.",
                        "remedy": "If they really are gone: `interlock sync acme-jira --accept-loss CART`.",
                    }
                ],
                "complete": False,
                "reasons": [{"code": "mass_loss_held", "message": _HELD}],
                "running": False,
                "last_run": 41,
                "last_finished": RUN,
                "under_way": None,
                "schedule": _SCHEDULE,
                "coverage": {**_COVERED, "unproven": 0},
                "scopes": [
                    {
                        "key": "CART",
                        "name": "Cart",
                        "state": "live",
                        "listed": None,
                        "last_complete_sync": "2026-11-18T02:14:09Z",
                        "error": {"code": "mass_loss_held", "message": _HELD},
                        "error_since": "2026-11-19T02:14:09Z",
                        "held": True,
                        "coverage": None,
                    },
                    {
                        "key": "PAY",
                        "name": "Payments",
                        "state": "live",
                        "listed": 310,
                        "last_complete_sync": "2026-11-20T02:14:09Z",
                        "error": None,
                        "error_since": None,
                        "held": False,
                        "coverage": _COVERED,
                    },
                ],
                "rejects": {
                    "count": 1,
                    "latest": [
                        {
                            "kind": "issue",
                            "native_id": "10012",
                            "key": "PAY-12",
                            "reason": "created: cannot read '31.02.2026'",
                            "fetched_at": "2026-11-20T02:15:31Z",
                        }
                    ],
                },
                "budget": _BUDGET,
                "contact": _CONTACT,
                "capabilities": [],
                "details": {"wanted": 0, "read": 0},
                "webhook": _WEBHOOK,
            },
            {
                **SOURCE,
                "name": "acme-asana",
                "kind": "asana",
                "url": "https://app.asana.com/api/1.0",
                "edition": "asana",
                "version": "1.0",
                "configured": True,
                "verdict": "well",
                "concerns": [
                    {
                        "severity": "note",
                        "code": "not_available",
                        "message": "Goals cannot be read: Payment Required.",
                        "remedy": None,
                    }
                ],
                "running": False,
                "last_run": 40,
                "last_finished": None,
                "under_way": None,
                "schedule": _SCHEDULE,
                "coverage": {
                    "listed": 0,
                    "stored": 0,
                    "rejected": 0,
                    "invisible": 0,
                    "proven_at": None,
                    "unproven": 0,
                },
                "scopes": [],
                "rejects": {"count": 0, "latest": []},
                "budget": None,
                "contact": None,
                "capabilities": [
                    {"name": "dependencies", "available": True, "reason": None},
                    {"name": "goals", "available": False, "reason": "Payment Required"},
                ],
                "details": {"wanted": 400, "read": 280},
                "webhook": _UNHEARD,
            },
        ],
        "next_cursor": None,
    }
)
