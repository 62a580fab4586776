"""Examples of answers about health, for the OpenAPI document and the docs page."""

from __future__ import annotations

from typing import Any, Final

from service.api.schemas.examples import enveloped

_PROGRAM: Final = {"key": "CHECKOUT", "name": "Checkout replatform"}
_PAY_12: Final = {
    "uid": "acme-jira:10012",
    "key": "PAY-12",
    "title": "Accept a card",
    "url": "https://acme.atlassian.net/browse/PAY-12",
}
_OVERRIDE: Final = {
    "value": "amber",
    "reason": "The supplier confirmed the new date; the board decides on Thursday.",
    "author": "pat (sign-in)",
    "set_at": "2026-11-18T09:12:44Z",
    "expires_at": "2026-12-03T00:00:00Z",
    "ended_at": None,
    "ended_by": None,
}
_OVERDUE: Final = {
    "code": "R5",
    "rule": "overdue",
    "colour": "red",
    "value": 0.166667,
    "limit": 0.15,
    "limits": {"worse": "higher", "red": 0.15, "amber": 0.05, "grey": None},
    "message": "1 of 6 open items with a due date is overdue.",
    "reason": None,
    "evidence": [_PAY_12],
    "evidence_total": 1,
    "more": "/api/v1/programs/CHECKOUT/data-quality?lacks=not_overdue",
}
_VARIANCE: Final = {
    **_OVERDUE,
    "code": "R2",
    "rule": "schedule_variance",
    "colour": None,
    "value": None,
    "limit": None,
    "limits": {"worse": "higher", "red": 0.1, "amber": 0.0, "grey": None},
    "message": "There is no baseline.",
    "reason": "no_baseline",
    "evidence": [],
    "evidence_total": 0,
    "more": "/api/v1/programs/CHECKOUT/baselines",
}
_SHARE: Final = {
    "check": "owner",
    "weight": 0.15,
    "share": 0.9,
    "asked": 40,
    "missing": 4,
    "more": "/api/v1/programs/CHECKOUT/data-quality?lacks=owner",
}
_QUALITY: Final = {"score": 0.874, "coverage": 1.0, "estimates": "points", "checks": [_SHARE]}

HEALTH: Final[dict[str, Any]] = enveloped(
    {
        "program": _PROGRAM,
        "effective": "amber",
        "computed": "red",
        "reason": None,
        "without_gate": "red",
        "stated": {
            "colour": "green",
            "statements": [
                {
                    "kind": "project",
                    "name": "Checkout launch",
                    "status": "on_track",
                    "title": "All well",
                    "author": "Pat Doe",
                    "stated_at": "2026-11-16T15:00:00Z",
                    "source": "acme-asana",
                }
            ],
        },
        "override": _OVERRIDE,
        "disagreement": {
            "kind": "watermelon",
            "message": "People state green, and the work says red. 1 of 6 open items with a due date is overdue.",
        },
        "rules": [_VARIANCE, _OVERDUE],
        "parts": [{"name": "Payments", "colour": "red", "share": 0.4, "critical": True, "rules": ["overdue"]}],
        "data_quality": _QUALITY,
        "past_overrides": [],
    }
)
OVERRIDDEN: Final[dict[str, Any]] = enveloped({"program": _PROGRAM, "override": _OVERRIDE})
WITHDRAWN: Final[dict[str, Any]] = enveloped({"program": _PROGRAM, "override": None})
OVERRIDE_BODY: Final[dict[str, Any]] = {
    "value": "amber",
    "reason": "The supplier confirmed the new date; the board decides on Thursday.",
    "expires": "2026-12-02",
}
DATA_QUALITY: Final[dict[str, Any]] = enveloped(
    {
        "program": _PROGRAM,
        "quality": _QUALITY,
        "by": "team",
        "breakdown": [
            {"name": "Ants", "score": 0.91, "coverage": 1.0, "checks": {"owner": 0.95, "done_at": None}},
            {"name": None, "score": 0.72, "coverage": 0.9, "checks": {"owner": 0.5, "done_at": 1.0}},
        ],
        "items": [
            {
                **_PAY_12,
                "source": "acme-jira",
                "project": "PAY",
                "team": None,
                "assignee": None,
                "lacks": ["owner", "planned"],
            }
        ],
        "total": 1,
        "next_cursor": None,
    }
)
ATTENTION: Final[dict[str, Any]] = enveloped(
    {
        "program": _PROGRAM,
        "attention": [
            {
                "kind": "blocked",
                "subject": "acme-jira:10012",
                "uid": "acme-jira:10012",
                "key": "PAY-12",
                "title": "Accept a card",
                "who": {"name": "Pat Doe", "team": "Ants"},
                "what": "PAY-12 holds up CART-3.",
                "why": "CART-3 has waited 4 working days for it; 17 open items wait behind it.",
                "days": 4,
                "downstream_items": 17,
                "critical": True,
                "score": {"total": 68.3, "kind": 40.0, "downstream": 9.3, "delay": 4.0, "critical": 15.0},
                "url": "https://acme.atlassian.net/browse/PAY-12",
                "more": "/api/v1/programs/CHECKOUT/dependencies?status=blocked",
            }
        ],
        "counts": {"blocked": 1},
        "total": 1,
        "next_cursor": None,
    }
)
_PROGRESS: Final = {
    "count": {"to_do": 170, "in_progress": 60, "done": 120, "total": 350, "value": 0.342857, "coverage": 1.0},
    "points": {
        "to_do": 300.0,
        "in_progress": 167.5,
        "done": 233.0,
        "total": 700.5,
        "value": 0.33262,
        "coverage": 0.768571,
        "policy": "skip",
        "by_policy": {"skip": 0.33262, "impute_mean": 0.331, "zero": 0.33262},
        "reason": None,
    },
}
PORTFOLIO: Final[dict[str, Any]] = enveloped(
    {
        "programs": [
            {
                **_PROGRAM,
                "owner": "pat@example.com",
                "items": 412,
                "countable": 350,
                "progress": _PROGRESS,
                "dates": {
                    "start": "2026-01-05",
                    "target": "2026-12-18",
                    "rolled_due": "2026-12-24",
                    "finish": "2026-12-22",
                    "float_to_target": -2,
                },
                "health": {
                    "effective": "amber",
                    "computed": "red",
                    "stated": "green",
                    "override": "amber",
                    "disagreement": "watermelon",
                    "rules": ["overdue"],
                    "data_quality": 0.874,
                },
                "dependencies": {
                    "score": 61.5,
                    "counts": {
                        "resolved": 31,
                        "cyclic": 0,
                        "broken": 1,
                        "blocked": 4,
                        "off_track": 2,
                        "at_risk": 5,
                        "unknown": 3,
                        "on_track": 18,
                    },
                },
                "freshness": {
                    "as_of": "2026-11-20T02:14:09Z",
                    "lag_seconds": 812,
                    "complete": True,
                    "in_doubt": [],
                },
            }
        ],
        "health": {"red": 0, "amber": 1, "green": 0, "grey": 0},
        "next_cursor": None,
    }
)
