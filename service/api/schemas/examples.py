"""One example per answer, for the OpenAPI document and the docs page."""

from __future__ import annotations

import json
from typing import Any, Final

SOURCE: Final = {
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
RUN: Final = {
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
    f"event: {name}\ndata: {json.dumps(RUN | moving)}\n\n"
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
        "sources": [SOURCE],
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
SYNC_RUNS: Final = enveloped({"sync_runs": [RUN], "next_cursor": None})
SYNC_RUN: Final = enveloped(
    {
        "run": RUN,
        "scopes": [{"key": "PAY", "status": "complete", "listed": 310, "fetched": 84, "rejected": 0, "error": None}],
    }
)
STARTED: Final = enveloped({"id": 42, "run": {**RUN, "id": 42, "trigger": "api", "status": "running"}})
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
