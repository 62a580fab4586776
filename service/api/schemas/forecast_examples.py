"""Examples of answers about forecasts and flow, for the OpenAPI document and the docs page."""

from __future__ import annotations

from typing import Final

from service.api.schemas.examples import enveloped

_PROGRAM: Final = {"key": "CHECKOUT", "name": "Checkout replatform"}
_CALIBRATED: Final = (
    "84 past forecasts of when the next few items are finished were kept as often as they said "
    "(of those at 85 %, 82% were kept)."
)
_FINISH: Final = {
    "dates": {"p50": "2026-12-09", "p85": "2026-12-16", "p95": "2026-12-22"},
    "on_target": {"value": 0.8912, "low": 0.884948, "high": 0.897156},
}
_OUTLOOK: Final = {
    "first_week": "2026-08-24",
    "weeks": 12,
    "small_sample": False,
    "without_growth": _FINISH,
    "with_growth": {
        "dates": {"p50": "2026-12-15", "p85": "2026-12-28", "p95": "2027-01-06"},
        "on_target": {"value": 0.6144, "low": 0.604819, "high": 0.623893},
    },
    "growth_a_week": 1.25,
    "p85_range": {"low": "2026-12-09", "high": "2026-12-28"},
    "how_many": {"by": "2026-12-04", "working_days": 11, "p50": 61, "p85": 52, "p95": 46},
}

FORECAST: Final = enveloped(
    {
        "program": _PROGRAM,
        "unit": "items",
        "remaining": 78,
        "target": "2026-12-18",
        "reason": None,
        "message": "With 85 % confidence the 78 open items are done by 2026-12-16 "
        "(half of the trials: by 2026-12-09), if no work is added.",
        "forecast": _OUTLOOK,
        "recent": None,
        "stability": {
            "stable": True,
            "reason": None,
            "since": None,
            "lower": 9.4,
            "mean": 28.25,
            "upper": 47.1,
        },
        "history": [{"week": "2026-08-24", "finished": 27, "growth": 3}],
        "calibration": {
            "badge": "calibrated",
            "question": "next_items",
            "decided": 84,
            "message": _CALIBRATED,
        },
        "dependency_aware": None,
    }
)
CALIBRATION: Final = enveloped(
    {
        "program": _PROGRAM,
        "badge": "calibrated",
        "question": "next_items",
        "message": _CALIBRATED,
        "origins": 92,
        "skipped": 12,
        "first_origin": "2025-02-10",
        "last_origin": "2026-11-09",
        "scores": [
            {
                "question": "next_items",
                "badge": "calibrated",
                "decided": 84,
                "not_overlapping": 21.8,
                "unit": "working_days",
                "coverage": [
                    {
                        "level": 0.85,
                        "stated": 0.874,
                        "kept": 0.821429,
                        "low": 0.61932,
                        "high": 0.929381,
                        "pinball": 1.246,
                    }
                ],
                "bias": 0.0,
                "brier": 0.241,
                "pit": [9, 8, 8, 9, 8, 7, 9, 8, 8, 10],
            }
        ],
        "promises": [
            {
                "question": "next_items",
                "origin": "2026-09-14",
                "p50": 20,
                "p85": 23,
                "p95": 25,
                "happened": 22,
                "kept_p50": False,
                "kept_p85": True,
                "kept_p95": True,
                "chance": 0.551,
                "came": False,
            }
        ],
        "next_cursor": None,
    }
)
