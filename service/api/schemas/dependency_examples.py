"""Examples of answers about dependencies, for the OpenAPI document and the docs page."""

from __future__ import annotations

from typing import Any, Final

from service.api.schemas.examples import enveloped
from service.api.schemas.forecast_examples import TRACK_RECORD

_PROGRAM: Final = {"key": "CHECKOUT", "name": "Checkout replatform"}
_PAYMENT: Final = {
    "uid": "acme-jira:10012",
    "key": "PAY-12",
    "title": "Accept a card",
    "source": "acme-jira",
    "project": "PAY",
    "team": None,
    "status": "In Progress",
    "status_category": "in_progress",
    "due": "2026-11-27",
    "url": "https://acme.atlassian.net/browse/PAY-12",
}
_CART: Final = {
    **_PAYMENT,
    "uid": "acme-jira:10044",
    "key": "CART-3",
    "title": "Pay from the cart",
    "project": "CART",
    "team": "Ants",
    "due": "2026-12-04",
    "url": "https://acme.atlassian.net/browse/CART-3",
}
_END: Final = {"assignee": "Pat Doe", "visible": True, "presence": "live", "member": True, "workstream": "Payments"}
_COUNTS: Final = {
    "resolved": 31,
    "cyclic": 0,
    "broken": 1,
    "blocked": 4,
    "off_track": 2,
    "at_risk": 5,
    "unknown": 3,
    "on_track": 18,
}
_EDGE: Final = {
    "id": "acme-jira:20011",
    "predecessor": {**_PAYMENT, **_END},
    "successor": {**_CART, **_END, "assignee": None},
    "type": "FS",
    "lag_days": 0,
    "provenance": "jira_link",
    "origins": ["jira_link"],
    "confirmed": True,
    "link_type": "Blocks",
    "status": "blocked",
    "reasons": [{"code": "successor_started", "message": "CART-3 is in progress and waits for PAY-12."}],
    "need_by": "2026-11-23",
    "planned_finish": "2026-11-27",
    "gap_days": -5,
    "blocked_since": "2026-11-16",
    "blocked_days": 4,
    "probability": 0.312,
    "downstream_items": 17,
    "cross_tool": False,
    "cross_project": True,
    "stale": False,
    "hub": False,
    "covered_by": None,
}
_SCHEDULED: Final = {
    **{name: _PAYMENT[name] for name in ("uid", "key", "title", "source", "project", "team", "url")},
    "milestone": False,
    "duration_days": 4,
    "early_start": "2026-11-20",
    "early_finish": "2026-11-25",
    "late_start": "2026-11-18",
    "late_finish": "2026-11-23",
    "total_float": -2,
    "free_float": 0,
    "slack_to_finish": 0,
    "critical": True,
}
_PATH: Final = {"total_float": -2, "items": [_SCHEDULED]}
_MOVED: Final = {
    **{name: _CART[name] for name in ("uid", "key", "title", "source", "project", "url")},
    "milestone": False,
    "start_before": "2026-11-26",
    "start_after": "2026-12-03",
    "finish_before": "2026-11-30",
    "finish_after": "2026-12-07",
    "start_days": 5,
    "finish_days": 5,
}
_NEAR: Final = {
    **{
        name: _CART[name]
        for name in ("uid", "key", "title", "source", "project", "team", "status", "status_category", "url")
    },
    "distance": 1,
}

DEPENDENCIES: Final = enveloped(
    {
        "dependencies": [_EDGE],
        "health": {"score": 61.4, "reason": None, "counts": _COUNTS, "cycles": []},
        "total": 4,
        "next_cursor": None,
    }
)
CYCLES: Final = enveloped(
    {"cycles": [{"items": [{**_PAYMENT, **_END}, {**_CART, **_END}]}], "next_cursor": None},
)
MATRIX: Final = enveloped(
    {
        "by": "project",
        "cells": [{"waiting": "CART", "awaited": "PAY", "edges": 64, "worst": "broken", "counts": _COUNTS}],
        "next_cursor": None,
    }
)
BOTTLENECKS: Final = enveloped(
    {
        "by": "item",
        "bottlenecks": [
            {"name": "PAY-12", "item": {**_PAYMENT, **_END}, "waiting": 17, "open_items": 1, "bottlenecks": 1}
        ],
        "total": 3,
        "next_cursor": None,
    }
)
GRAPH: Final = enveloped(
    {
        "program": _PROGRAM,
        "nodes": [
            {
                **each,
                "visible": True,
                "member": True,
                "milestone": False,
                "hub": False,
                "total_float": -2,
                "critical": True,
            }
            for each in (_PAYMENT, _CART)
        ],
        "edges": [
            {
                "id": "acme-jira:20011",
                "source": "acme-jira:10012",
                "target": "acme-jira:10044",
                "type": "FS",
                "lag_days": 0,
                "status": "blocked",
                "confirmed": True,
                "gap_days": -5,
            }
        ],
        "left_out": 0,
    }
)
CRITICAL_PATH: Final = enveloped(
    {
        "program": _PROGRAM,
        "finish": "2026-12-22",
        "target": "2026-12-18",
        "float_to_target": -2,
        "reason": None,
        "near_within": 5,
        "paths": [_PATH],
        "near_critical": [],
        "items": [_SCHEDULED],
        "next_cursor": None,
    }
)
WHAT_IF: Final[dict[str, Any]] = {
    "slips": [{"item": "acme-jira:PAY-12", "days": 5}],
    "removals": ["acme-jira:CART-9"],
    "dropped": ["acme-jira:20044"],
    "added": [{"from": "acme-asana:1201", "to": "acme-jira:PAY-12", "type": "FS", "lag_days": 2}],
    "estimates": [{"item": "acme-jira:PAY-14", "optimistic": 3, "likely": 5, "pessimistic": 15}],
}
SIMULATION: Final = enveloped(
    {
        "program": _PROGRAM,
        "finish": {
            "before": "2026-12-22",
            "after": "2026-12-29",
            "days": 5,
            "float_to_target_before": -2,
            "float_to_target_after": -7,
        },
        "milestones": [],
        "items": [_MOVED],
        "moved": 1,
        "odds": {
            "reason": None,
            "message": "The day by which everything is done with 85 % confidence moves from 2027-01-05 to 2027-01-08; "
            "the chance of the target of 2026-12-18 goes from 21 % to 8 %.",
            "trials": 10000,
            "finish": {
                "before": {"p50": "2026-12-28", "p85": "2027-01-05", "p95": "2027-01-12"},
                "after": {"p50": "2026-12-30", "p85": "2027-01-08", "p95": "2027-01-14"},
            },
            "on_target": {
                "before": {"value": 0.2134, "low": 0.205481, "high": 0.221544},
                "after": {"value": 0.0811, "low": 0.075909, "high": 0.086613},
            },
            "milestones": [],
            "track_record": TRACK_RECORD,
        },
    }
)
IMPACT: Final = enveloped(
    {
        "program": _PROGRAM,
        "item": {**_PAYMENT, **_END},
        "schedule": _SCHEDULED,
        "edges": [_EDGE],
        "upstream": [],
        "downstream": [_NEAR],
        "upstream_items": 0,
        "downstream_items": 17,
    }
)
