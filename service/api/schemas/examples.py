"""One example per answer, for the OpenAPI document and the docs page."""

from __future__ import annotations

import json
from typing import Any, Final

_SOURCE: Final = {
    "name": "acme-jira",
    "last_complete_sync": "2026-11-20T02:14:09Z",
    "lag_seconds": 812,
    "complete": True,
    "reasons": [],
}
_SCOPE: Final = {
    "items": 412,
    "countable": 350,
    "excluded": {"cancelled": 12, "has_children": 40, "subtask": 10},
}
_COUNT: Final = {
    "to_do": 170,
    "in_progress": 60,
    "done": 120,
    "total": 350,
    "value": 0.342857,
    "coverage": 1.0,
}
_POINTS: Final = {
    "to_do": 300.0,
    "in_progress": 167.5,
    "done": 233.0,
    "total": 700.5,
    "value": 0.33262,
    "coverage": 0.768571,
    "policy": "skip",
    "by_policy": {"skip": 0.33262, "impute_mean": 0.331, "zero": 0.33262},
    "reason": None,
}
_NO_TIME: Final = {
    "to_do": 0.0,
    "in_progress": 0.0,
    "done": 0.0,
    "total": 0.0,
    "value": None,
    "coverage": 0.0,
    "policy": "skip",
    "by_policy": {"skip": None, "impute_mean": None, "zero": None},
    "reason": "no_estimates",
}
_PROGRESS: Final = {"count": _COUNT, "points": _POINTS, "time": _NO_TIME}
_PROGRAM: Final = {
    "key": "CHECKOUT",
    "name": "Checkout replatform",
    "objective": "One checkout for web and app",
    "owner": "pat@example.com",
    "start": "2026-01-05",
    "target": "2026-12-18",
}
_RUN: Final = {
    "id": 41,
    "source": "acme-jira",
    "trigger": "schedule",
    "mode": "incremental",
    "status": "complete",
    "started_at": "2026-11-20T02:14:10Z",
    "finished_at": "2026-11-20T02:14:58Z",
    "fetched": 84,
    "changed": 31,
    "unchanged": 53,
    "rejected": 0,
    "requests": 12,
    "reasons": [],
}


RUN_EVENTS: Final = "".join(
    f"event: {name}\ndata: {json.dumps(_RUN | moving)}\n\n"
    for name, moving in (
        ("progress", {"status": "running", "finished_at": None, "fetched": 60, "changed": 22, "unchanged": 38}),
        ("finished", {}),
    )
)


def enveloped(data: dict[str, Any], *, warnings: tuple[dict[str, str], ...] = ()) -> dict[str, Any]:
    return {
        "as_of": "2026-11-20T02:14:09Z",
        "generated_at": "2026-11-20T02:27:41Z",
        "definition_version": "1",
        "sources": [_SOURCE],
        "warnings": list(warnings),
        "data": data,
    }


PROGRAMS: Final = enveloped({"programs": [{**_PROGRAM, "items": 412}], "next_cursor": None})
PROGRAM: Final = enveloped(
    {
        "program": {
            **_PROGRAM,
            "count_subtasks": False,
            "items": 412,
            "rules": [{"kind": "include", "name": None, "description": "project PAY or CART, with descendants"}],
        },
        "stated_health": [
            {
                "kind": "project",
                "name": "Checkout launch",
                "status": "at_risk",
                "title": "Terms of sale are late",
                "author": "Pat Doe",
                "stated_at": "2026-11-17T09:30:00Z",
                "source": "acme-asana",
            }
        ],
    }
)
ROLLUP: Final = enveloped(
    {
        "program": {"key": "CHECKOUT", "name": "Checkout replatform"},
        "scope": _SCOPE,
        "progress": _PROGRESS,
        "dates": {
            "start": "2026-01-05",
            "due": "2026-12-18",
            "rolled_start": "2026-01-12",
            "rolled_due": "2027-01-15",
            "conflicts": [
                {
                    "uid": "acme-jira:10012",
                    "key": "PAY-12",
                    "title": "Accept a card",
                    "code": "child_after_parent_due",
                    "own": "2026-11-27",
                    "rolled": "2026-12-04",
                },
            ],
        },
        "breakdown": [
            {
                "by": "project",
                "key": "PAY",
                "name": "Payments",
                "scope": _SCOPE,
                "progress": _PROGRESS,
                "shared": 0,
            }
        ],
    },
    warnings=({"code": "unestimated", "message": "81 of 350 items have no story points"},),
)
ITEMS: Final = enveloped(
    {
        "items": [
            {
                "uid": "acme-jira:10012",
                "key": "PAY-12",
                "title": "Accept a card",
                "source": "acme-jira",
                "project": "PAY",
                "item_type": "Story",
                "level": 0,
                "status": "In Progress",
                "status_category": "in_progress",
                "resolution": None,
                "team": None,
                "assignee": "Pat Doe",
                "workstream": "Payments",
                "parent": "acme-jira:10001",
                "epic": "acme-jira:10001",
                "points": 5.0,
                "time_seconds": None,
                "start": None,
                "due": "2026-11-27",
                "flagged": False,
                "updated_at": "2026-11-19T15:02:11Z",
                "done_at": None,
                "counts": True,
                "excluded": None,
                "url": "https://acme.atlassian.net/browse/PAY-12",
            }
        ],
        "next_cursor": None,
    }
)
ITEM: Final = enveloped(
    {
        "item": {
            "uid": "acme-jira:10012",
            "key": "PAY-12",
            "former_keys": ["OLD-7"],
            "title": "Accept a card",
            "source": "acme-jira",
            "project": "PAY",
            "project_name": "Payments",
            "item_type": "Story",
            "level": 0,
            "subtask": False,
            "status": "In Progress",
            "status_category": "in_progress",
            "resolution": None,
            "no_resolution": False,
            "priority": "High",
            "team": None,
            "assignee": "Pat Doe",
            "reporter": "Sam Roe",
            "parent": "acme-jira:10001",
            "epic": "acme-jira:10001",
            "points": 5.0,
            "points_field": "customfield_10016",
            "estimate_seconds": None,
            "spent_seconds": None,
            "remaining_seconds": None,
            "start": None,
            "due": "2026-11-27",
            "target_start": None,
            "target_end": None,
            "flagged": False,
            "created_at": "2026-10-01T09:00:00Z",
            "updated_at": "2026-11-19T15:02:11Z",
            "started_at": "2026-11-17T08:30:00Z",
            "done_at": None,
            "resolved_at": None,
            "facets": {"label": ["checkout"]},
            "programs": [{"key": "CHECKOUT", "name": "Checkout replatform", "workstream": "Payments"}],
            "warnings": [],
            "url": "https://acme.atlassian.net/browse/PAY-12",
        }
    }
)
HISTORY: Final = enveloped(
    {
        "uid": "acme-jira:10012",
        "key": "PAY-12",
        "changes": [
            {
                "at": "2026-11-17T08:30:00Z",
                "field_id": "status",
                "field": "Status",
                "author": "Pat Doe",
                "from_value": "10000",
                "to_value": "3",
                "from_text": "To Do",
                "to_text": "In Progress",
            }
        ],
        "next_cursor": None,
    }
)
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
                **_SOURCE,
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
                "last_finished": _RUN,
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
                **_SOURCE,
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
SYNC_RUNS: Final = enveloped({"sync_runs": [_RUN], "next_cursor": None})
SYNC_RUN: Final = enveloped(
    {
        "run": _RUN,
        "scopes": [{"key": "PAY", "status": "complete", "listed": 310, "fetched": 84, "rejected": 0, "error": None}],
    }
)
STARTED: Final = enveloped({"id": 42, "run": {**_RUN, "id": 42, "trigger": "api", "status": "running"}})
PROGRAMS_FILE: Final = """\
programs:
  - key: CHECKOUT
    name: Checkout replatform
    include:
      - {source: acme-jira, project: [PAY, CART]}
"""
_MOVE: Final = {
    "count": {"done": 120, "total": 350, "value": 0.342857},
    "points": {"done": 233.0, "total": 700.5, "value": 0.33262},
}
_NOTHING: Final = {"count": 0, "items": []}
PLAN: Final = enveloped(
    {
        "programs": [
            {
                "key": "CHECKOUT",
                "name": "Checkout replatform",
                "action": "changed",
                "items_before": 411,
                "items_after": 412,
                "gained": {
                    "count": 1,
                    "items": [{"uid": "acme-jira:10012", "key": "PAY-12", "title": "Accept a card", "programs": []}],
                },
                "lost": _NOTHING,
                "double_mapped": _NOTHING,
                "progress_before": _MOVE,
                "progress_after": _MOVE,
            }
        ],
        "double_mapped": _NOTHING,
        "unmapped": [{"source": "acme-jira", "project_id": "10400", "key": "OPS", "name": "Operations", "items": 57}],
        "unmapped_items": 57,
        "warnings": [],
    }
)
APPLIED: Final = enveloped(
    {"added": ["CHECKOUT"], "changed": [], "removed": [], "memberships": {"opened": 412, "closed": 0}}
)
_NAMED: Final = {"uid": "acme-jira:10012", "key": "PAY-12", "title": "Accept a card"}
UNMAPPED: Final = enveloped(
    {
        "unmapped": [{"uid": "acme-jira:10931", "key": "OPS-4", "title": "Rotate the keys"}],
        "projects": [{"source": "acme-jira", "project_id": "10400", "key": "OPS", "name": "Operations", "items": 57}],
        "total": 57,
        "next_cursor": None,
    }
)
OVERLAPS: Final = enveloped(
    {"overlaps": [{**_NAMED, "programs": ["CHECKOUT", "MOBILE"]}], "total": 1, "next_cursor": None}
)
_SUGGESTION: Final = {
    "id": "9f2c41d07ab3e586",
    "status": "suggested",
    "predecessor": {
        "uid": "acme-asana:1207",
        "key": "1207",
        "title": "Train the support agents",
        "source": "acme-asana",
        "status_category": "to_do",
        "url": "https://app.asana.com/0/1200/1207",
        "live": True,
    },
    "successor": {
        **_NAMED,
        "source": "acme-jira",
        "status_category": "in_progress",
        "url": "https://acme.atlassian.net/browse/PAY-12",
        "live": True,
    },
    "origins": ["web_link"],
    "doubt": None,
    "decided_by": None,
    "decided_at": None,
    "pointers": [
        {
            "item": "acme-jira:10012",
            "origin": "web_link",
            "target": "https://app.asana.com/0/1200/1207",
            "relationship": "links to",
        }
    ],
}
SUGGESTIONS: Final = enveloped({"suggestions": [_SUGGESTION], "total": 1, "next_cursor": None})
DECIDED: Final = enveloped(
    {
        "suggestion": {
            **_SUGGESTION,
            "status": "confirmed",
            "decided_by": "api",
            "decided_at": "2026-11-20T02:27:41Z",
        }
    }
)
WHY: Final = enveloped(
    {
        "item": {
            **_NAMED,
            "source": "acme-jira",
            "project": "PAY",
            "status": "In Progress",
            "status_category": "in_progress",
            "tombstone": None,
            "live": True,
        },
        "memberships": [
            {
                "program": "CHECKOUT",
                "name": "Checkout replatform",
                "current": True,
                "rule": "project PAY or CART, with descendants",
                "via": "direct",
                "via_item": None,
                "workstream": "Payments",
                "valid_from": "2026-11-01T09:00:00Z",
                "valid_to": None,
            }
        ],
        "absences": [],
        "last_seen": {"source": "acme-jira", "run_id": 41},
        "points": {"value": 5.0, "field": "customfield_10016", "field_name": "Story Points"},
    }
)
