"""The body that takes a baseline, and examples of answers about baselines."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from service.api.schemas.examples import enveloped
from service.domain.baseline_names import LONGEST_NAME, LONGEST_NOTE


class NewBaseline(BaseModel):
    """`name` is unique in the program, in whatever case. A baseline is never changed or deleted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
    note: Annotated[str | None, Field(max_length=LONGEST_NOTE)] = None
    as_of: Annotated[
        str | None, Field(max_length=64, description="A date (the end of that day) or a moment; now when left out.")
    ] = None


_PROGRAM: Final = {"key": "CHECKOUT", "name": "Checkout replatform"}
_BASELINE: Final = {
    "id": 3,
    "name": "Approved plan",
    "note": "As agreed in the steering committee of 12 January.",
    "as_of": "2026-01-12T09:00:00Z",
    "taken_at": "2026-01-12T09:00:00Z",
    "taken_by": "pat (key)",
    "definition_version": "1",
    "items": 350,
    "points": 700.5,
    "time_seconds": None,
    "start": "2026-01-05",
    "target": "2026-12-18",
    "planned_start": "2026-01-05",
    "planned_finish": "2026-12-11",
}
_NO_TIME: Final = {
    "unit": "seconds",
    "bac": None,
    "pv": None,
    "ev": None,
    "sv": None,
    "spi": None,
    "percent_complete": None,
    "ac": None,
    "cv": None,
    "cpi": None,
    "eac": None,
    "cost_reason": "no_cost",
    "schedule": None,
    "without_removed": None,
    "coverage": 0.0,
    "reason": "no_estimates",
}
_POINTS: Final = {
    **_NO_TIME,
    "unit": "points",
    "bac": 700.5,
    "pv": 620.0,
    "ev": 496.0,
    "sv": -124.0,
    "spi": 0.8,
    "percent_complete": 0.708066,
    "schedule": {
        "start": "2026-01-05",
        "planned_finish": "2026-12-11",
        "planned_days": 245.0,
        "elapsed_days": 220.0,
        "earned_days": 187.0,
        "sv_days": -33.0,
        "spi_t": 0.85,
        "tspi": 2.32,
        "forecast_finish": "2027-02-12",
        "finish_days": 43,
    },
    "without_removed": {
        "bac": 690.5,
        "pv": 612.0,
        "ev": 496.0,
        "spi": 0.810458,
        "spi_t": 0.87,
        "forecast_finish": "2027-02-03",
    },
    "coverage": 0.98,
    "reason": None,
}
_COUNT: Final = {**_POINTS, "unit": "items", "bac": 350.0, "pv": 300.0, "ev": 240.0, "sv": -60.0}
_ITEM: Final = {
    "uid": "acme-jira:10012",
    "key": "PAY-12",
    "title": "Accept a card",
    "url": "https://acme.atlassian.net/browse/PAY-12",
    "fate": "kept",
    "why": None,
    "counts": True,
    "done": False,
    "baseline_start": "2026-11-02",
    "start": "2026-11-09",
    "start_days": 5,
    "baseline_finish": "2026-11-13",
    "finish": "2026-11-27",
    "finish_days": 10,
    "baseline_points": 5.0,
    "points": 8.0,
    "baseline_time_seconds": None,
    "time_seconds": None,
}
_DAYS: Final = {"baseline": "2026-12-11", "now": "2026-12-18", "days": 5}
_SCOPE: Final = {
    "baseline": 350.0,
    "removed": 6.0,
    "added": 31.0,
    "split": 4.0,
    "reestimated": 0.0,
    "now": 379.0,
}

TAKE: Final[dict[str, Any]] = {"name": _BASELINE["name"], "note": _BASELINE["note"]}
TAKEN: Final = enveloped({"program": _PROGRAM, "baseline": _BASELINE})
BASELINES: Final = enveloped({"program": _PROGRAM, "baselines": [_BASELINE], "next_cursor": None})
VARIANCE: Final = enveloped(
    {
        "program": _PROGRAM,
        "baseline": _BASELINE,
        "schedule": {
            "start": {"baseline": "2026-01-05", "now": "2026-01-07", "days": 2},
            "finish": _DAYS,
            "target": {"baseline": "2026-12-18", "now": "2026-12-18", "days": 0},
        },
        "scope": {
            "items": {"kept": 342, "split": 2, "part": 6, "added": 31, "removed": 6},
            "count": _SCOPE,
            "points": {**_SCOPE, "baseline": 700.5, "removed": 10.0, "split": 0.0, "reestimated": 12.0, "now": 733.5},
            "time": dict.fromkeys(_SCOPE, 0.0),
        },
        "earned_value": {"count": _COUNT, "points": _POINTS, "time": _NO_TIME},
        "total": 381,
        "items": [_ITEM],
        "next_cursor": None,
    }
)
