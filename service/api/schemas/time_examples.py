"""Examples of answers about time, as the document shows them."""

from __future__ import annotations

from typing import Final

from service.api.schemas.examples import enveloped

_PROGRAM: Final = {"key": "CHECKOUT", "name": "Checkout replatform"}
_POINT: Final = {
    "date": "2026-11-19",
    "items": 412,
    "countable": 350,
    "count": {"to_do": 171, "in_progress": 61, "done": 118, "total": 350, "value": 0.337143},
    "points": {
        "to_do": 302.0,
        "in_progress": 168.5,
        "done": 230.0,
        "total": 700.5,
        "value": 0.328337,
        "coverage": 0.768571,
    },
    "time": {"to_do": 0.0, "in_progress": 0.0, "done": 0.0, "total": 0.0, "value": None, "coverage": 0.0},
}
_CHANGE: Final = {
    "before": {"items": 344, "points": 690.5},
    "added": {"items": 9, "points": 14.0, "created": 7, "joined": 1, "reinstated": 1},
    "removed": {"items": 3, "points": 8.0, "cancelled": 2, "left": 1, "set_aside": 0},
    "estimates": {
        "estimated": {"items": 2, "points": 5.0},
        "raised": {"items": 1, "points": 2.0},
        "lowered": {"items": 1, "points": 3.0},
    },
    "after": {"items": 350, "points": 700.5},
}

TREND: Final = enveloped(
    {"program": _PROGRAM, "from": "2026-11-19", "to": "2026-11-19", "interval": "day", "trend": [_POINT]}
)
SCOPE: Final = enveloped(
    {
        "program": _PROGRAM,
        "from": "2026-11-16",
        "to": "2026-11-19",
        "interval": "week",
        "totals": {
            **_CHANGE,
            "churn_items": 0.034884,
            "churn_points": 0.039102,
            "growth_items": 0.017442,
            "growth_points": 0.014482,
        },
        "scope": [{"from": "2026-11-16", "to": "2026-11-19", **_CHANGE}],
    }
)
