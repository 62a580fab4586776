"""An example of a report: one for a steering group, of the same program as the other examples."""

from __future__ import annotations

from typing import Any, Final

from service.api.schemas.baselines import VARIANCE
from service.api.schemas.dependency_examples import DEPENDENCIES
from service.api.schemas.examples import ROLLUP, enveloped
from service.api.schemas.forecast_examples import FORECAST
from service.api.schemas.health_examples import HEALTH

_AT: Final = "/api/v1/programs/CHECKOUT"
_PROGRESS: Final[dict[str, Any]] = ROLLUP["data"]["progress"]
_FORECAST: Final[dict[str, Any]] = FORECAST["data"]
_HEALTH: Final[dict[str, Any]] = HEALTH["data"]
_NETWORK: Final[dict[str, Any]] = _FORECAST["dependency_aware"]
_TOLD: Final = ("code", "rule", "colour", "value", "message", "more")

REPORT: Final = enveloped(
    {
        "program": _HEALTH["program"],
        "for": "steering",
        "day": "2026-11-20",
        "since": "2026-10-20T00:00:00Z",
        "until": None,
        "first_day": "2026-10-20",
        "headline": "Amber, though stated green: 120 of 350 items done (34%), 31 more than on 20 Oct 2026.",
        "progress": {
            "now": {
                "day": None,
                "count": _PROGRESS["count"],
                "points": _PROGRESS["points"],
                "more": f"{_AT}/rollup",
            },
            "before": None,
            "reason": "The program had no items then.",
        },
        "health": {
            "effective": _HEALTH["effective"],
            "computed": _HEALTH["computed"],
            "reason": None,
            "stated": "green",
            "override": _HEALTH["override"],
            "disagreement": _HEALTH["disagreement"],
            "rules": [{name: rule[name] for name in _TOLD} for rule in _HEALTH["rules"] if rule["colour"]],
            "silent": [{name: rule[name] for name in _TOLD} for rule in _HEALTH["rules"] if not rule["colour"]],
            "more": f"{_AT}/health",
        },
        "decisions": [
            {
                "code": "target_probability",
                "question": "Keep the target of 18 Dec 2026, move it, or cut scope?",
                "why": "The target of 18 Dec 2026 is met in 41% of all trials (40% to 42%). "
                "15 Jan 2027 would be kept with 85 % confidence.",
                "items": [],
                "more": f"{_AT}/forecast",
            }
        ],
        "forecast": {
            "message": _FORECAST["message"],
            "reason": _FORECAST["reason"],
            "target": _FORECAST["target"],
            "remaining": _FORECAST["remaining"],
            "dates": _FORECAST["forecast"]["without_growth"]["dates"],
            "on_target": _FORECAST["forecast"]["without_growth"]["on_target"],
            "with_growth": _FORECAST["forecast"]["with_growth"]["dates"],
            "on_target_with_growth": _FORECAST["forecast"]["with_growth"]["on_target"],
            "p85_range": _FORECAST["forecast"]["p85_range"],
            "network": {name: _NETWORK[name] for name in ("message", "dates", "on_target", "track_record")},
            "calibration": _FORECAST["calibration"],
            "more": f"{_AT}/forecast",
            "record": f"{_AT}/forecast/calibration",
        },
        "baseline": {
            "baseline": VARIANCE["data"]["baseline"],
            "schedule": VARIANCE["data"]["schedule"],
            "items": VARIANCE["data"]["scope"]["items"],
            "earned": VARIANCE["data"]["earned_value"]["points"],
            "more": f"{_AT}/baselines/{VARIANCE['data']['baseline']['id']}",
        },
        "changes": None,
        "trend": None,
        "scope": None,
        "flow": None,
        "dependencies": {
            "score": DEPENDENCIES["data"]["health"]["score"],
            "reason": DEPENDENCIES["data"]["health"]["reason"],
            "counts": DEPENDENCIES["data"]["health"]["counts"],
            "cycles": len(DEPENDENCIES["data"]["health"]["cycles"]),
            "across": True,
            "edges": DEPENDENCIES["data"]["dependencies"],
            "total": 1,
            "more": f"{_AT}/dependencies?status=cyclic,broken,blocked,off_track,at_risk",
        },
        "attention": None,
        "data_quality": {
            "score": _HEALTH["data_quality"]["score"],
            "coverage": _HEALTH["data_quality"]["coverage"],
            "checks": _HEALTH["data_quality"]["checks"],
            "more": f"{_AT}/data-quality",
        },
        "absent": [],
    }
)
