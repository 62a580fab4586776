"""Examples of answers about forecasts and flow, for the OpenAPI document and the docs page."""

from __future__ import annotations

from typing import Any, Final

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

TRACK_RECORD: Final[dict[str, Any]] = {
    "badge": "calibrated",
    "reason": None,
    "message": "41 past forecasts of when all that was open is done were calibrated (of those at 85 %, 83% were kept).",
    "week": "2026-11-16",
    "origins": 49,
    "skipped": 3,
    "scores": [],
}
_PAYMENT: Final = {
    "uid": "acme-jira:10012",
    "key": "PAY-12",
    "title": "Refund endpoint",
    "source": "acme-jira",
    "project": "PAY",
    "team": "Payments",
    "url": "https://acme.atlassian.net/browse/PAY-12",
    "criticality": 0.7214,
    "cruciality": 0.512,
    "typical_days": 4,
    "basis": "team_and_type",
}
_DEPENDENCY_AWARE: Final[dict[str, Any]] = {
    "reason": None,
    "message": "With 85 % confidence everything is done by 2027-01-05 (half of the trials: 2026-12-28). "
    "If each item took its typical time it would be 2026-12-16, which 18 % of the trials reach.",
    "trials": 10000,
    "items": 78,
    "history": 272,
    "basis": {"team_and_type": 61, "type": 14, "all": 2, "outlived": 1},
    "shared_shocks": True,
    "limits": False,
    "dates": {"p50": "2026-12-28", "p85": "2027-01-05", "p95": "2027-01-12"},
    "on_target": {"value": 0.2134, "low": 0.205481, "high": 0.221544},
    "merge_bias": {
        "typical_finish": "2026-12-16",
        "chance": {"value": 0.1812, "low": 0.173773, "high": 0.188868},
        "days_later": 8,
    },
    "milestones": [
        {
            "uid": "acme-asana:1201",
            "key": "1201",
            "title": "Checkout live",
            "source": "acme-asana",
            "project": "Checkout launch",
            "url": "https://app.asana.com/0/0/1201",
            "due": "2026-12-18",
            "dates": {"p50": "2026-12-21", "p85": "2026-12-29", "p95": "2027-01-05"},
            "on_due": {"value": 0.3912, "low": 0.381679, "high": 0.400806},
        }
    ],
    "critical": [_PAYMENT],
    "drivers": [_PAYMENT],
    "cycles_left_out": 2,
    "track_record": TRACK_RECORD,
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
            "recalibrated": {"p50": "2026-12-09", "p85": "2026-12-18", "p95": "2026-12-29"},
        },
        "dependency_aware": _DEPENDENCY_AWARE,
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

_DAYS: Final = {"n": 141, "small_sample": False, "mean": 6.24, "p50": 5, "p85": 11, "p95": 16}
_WORKING: Final = {"n": 141, "small_sample": False, "mean": 4.81, "p50": 4, "p85": 9, "p95": 12}
_SHARE: Final = {"part": 9.0, "whole": 150.0, "value": 0.06, "reason": None}

FLOW: Final = enveloped(
    {
        "program": _PROGRAM,
        "by": "workstream",
        "window": {"first": "2026-08-24", "last": "2026-11-15", "weeks": 12},
        "bulk_days": [{"day": "2026-10-02", "items": 64, "what": "done", "left_out": False}],
        "ageing": [
            {
                "uid": "acme-jira:10012",
                "key": "PAY-12",
                "item_type": "Story",
                "team": None,
                "workstream": "Payments",
                "started": "2026-10-26",
                "age_days": 26,
                "usual_days": 11,
                "small_sample": False,
                "state": "stale",
            }
        ],
        "groups": [
            {
                "by": "workstream",
                "key": "Payments",
                "name": "Payments",
                "shared": 0,
                "throughput": {
                    "total": 150,
                    "mean": 12.5,
                    "lower": 3.2,
                    "upper": 21.8,
                    "weeks": [{"week": "2026-08-24", "finished": 14, "restated": 1}],
                },
                "cycle_time": {"calendar_days": _DAYS, "working_days": _WORKING},
                "lead_time": {"calendar_days": {**_DAYS, "n": 150}, "working_days": {**_WORKING, "n": 150}},
                "never_started": _SHARE,
                "wip": {"items": 12, "ageing": 2, "stale": 1, "unknown": 0, "oldest_days": 26},
                "service_level": {
                    "percent": 85,
                    "days": 11,
                    "message": "85 % of items are done within 11 days of being begun (141 items).",
                },
                "littles_law": {
                    "mean_wip": 11.2,
                    "throughput_a_day": 1.678571,
                    "expected_days": 6.672340,
                    "mean_cycle_days": 6.24,
                    "ratio": 1.069285,
                    "steady": True,
                },
                "flow_efficiency": {"part": 0.0, "whole": 0.0, "value": None, "reason": "no_status_tagging"},
                "blocked": {"now": 1, "items": 7, "working_days": 19, "reason": None},
                "reopen_rate": {"part": 4.0, "whole": 154.0, "value": 0.025974, "reason": None},
                "churn_items": {
                    "scope": 260.0,
                    "added": 31.0,
                    "removed": 6.0,
                    "re_estimated": 0.0,
                    "rate": 0.142308,
                    "net": 0.096154,
                    "reason": None,
                },
                "churn_points": {
                    "scope": 610.0,
                    "added": 74.0,
                    "removed": 12.0,
                    "re_estimated": 23.0,
                    "rate": 0.178689,
                    "net": 0.113115,
                    "reason": None,
                },
                "predictability": {
                    "by": "sprint",
                    "periods": 6,
                    "items": {"part": 118.0, "whole": 139.0, "value": 0.848921, "reason": None},
                    "points": {"part": 301.0, "whole": 352.0, "value": 0.855114, "reason": None},
                    "business_value": {
                        "planned": 40.0,
                        "actual": 34.0,
                        "value": 0.85,
                        "band": "within",
                        "iterations": [
                            {
                                "iteration": "PAY 2026.20",
                                "end": "2026-11-13",
                                "committed": 24,
                                "valued": 6,
                                "planned": 40.0,
                                "actual": 34.0,
                                "value": 0.85,
                            }
                        ],
                        "reason": None,
                    },
                },
                "defect_escape_rate": {
                    "escaped": 3,
                    "found": 22,
                    "value": 0.136364,
                    "low": 0.047494,
                    "high": 0.333333,
                    "small_sample": False,
                    "reason": None,
                },
                "defect_escape_cohorts": {
                    "releases": [
                        {
                            "source": "acme-jira",
                            "release": "PAY 2026.9",
                            "released": "2026-09-30",
                            "days_observed": 51,
                            "complete": False,
                            "escaped": 4,
                            "found": 19,
                            "value": 0.210526,
                            "low": 0.085077,
                            "high": 0.433343,
                            "small_sample": False,
                        }
                    ],
                    "reason": None,
                },
            }
        ],
        "next_cursor": None,
    }
)
