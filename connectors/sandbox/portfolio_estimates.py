"""Estimates of the example: story points that are set, missing or changed, and hours that are booked."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

from connectors.sandbox import portfolio_schema as schema
from connectors.sandbox.portfolio_calendar import later, working_between
from connectors.sandbox.portfolio_tree import Draft, Event

_UNESTIMATED = 0.16
_POINTS = (0.0, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 13.0)
_POINT_WEIGHTS = (3, 3, 14, 20, 26, 20, 10, 4)
_TRACKED = {"OPS": 0.65, "PAY": 0.25}
_HOUR = 3600


def estimate(rng: Random, draft: Draft, *, before: datetime, by: dict[str, Any]) -> None:
    """Points at creation or in refinement, some changed later; a sixth of the work never gets any."""
    field = schema.points_field(draft.project)
    if rng.random() < _TRACKED.get(draft.project, 0.05):
        hours = rng.choice((2, 4, 8, 12, 16, 24, 40))
        draft.fields |= {"timeoriginalestimate": hours * _HOUR, "timeestimate": hours * _HOUR}
    if rng.random() < _UNESTIMATED:
        return
    points = rng.choices(_POINTS, weights=_POINT_WEIGHTS)[0]
    if rng.random() < 0.4:
        draft.fields[field] = points
    else:
        refined = working_between(draft.created, before, rng.uniform(0.1, 0.6))
        _set(draft, refined, by, {field: points})
    if rng.random() < 0.12:
        _set(draft, later(rng, before, days=1.5), by, {field: rng.choice(_POINTS[2:])})


def track_time(
    rng: Random, draft: Draft, *, start: datetime, done: datetime | None, by: dict[str, Any], now: datetime
) -> None:
    """Hours booked on what has an original estimate, and on a little that has none."""
    planned = draft.fields["timeoriginalestimate"]
    if planned is None and rng.random() >= 0.03:
        return
    total = int((planned or 8 * _HOUR) * rng.uniform(0.5, 1.6)) // 900 * 900
    halfway = working_between(start, done or now, 0.5)
    part = total // 2 // 900 * 900
    rest = max(0, (planned or total) - part)
    _set(draft, halfway, by, {"timespent": part, "timeestimate": rest})
    if done is not None:
        _set(draft, done - timedelta(minutes=1), by, {"timespent": total, "timeestimate": 0})


def _set(draft: Draft, moment: datetime, by: dict[str, Any], changes: dict[str, Any]) -> None:
    draft.events.append(Event(max(moment, draft.created + timedelta(seconds=1)), by, changes))
