"""For whom a report is, which parts it has, and over which time it looks back."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final, assert_never


class Audience(StrEnum):
    """The meeting that a report is written for."""

    WEEKLY = "weekly"
    MONTHLY = "monthly"
    STEERING = "steering"


class Part(StrEnum):
    """In the order in which they are told."""

    HEALTH = "health"
    DECISIONS = "decisions"
    PROGRESS = "progress"
    FORECAST = "forecast"
    BASELINE = "baseline"
    CHANGES = "changes"
    TREND = "trend"
    SCOPE = "scope"
    FLOW = "flow"
    DEPENDENCIES = "dependencies"
    ATTENTION = "attention"
    DATA_QUALITY = "data_quality"


PARTS: Final[Mapping[Audience, frozenset[Part]]] = MappingProxyType(
    {
        Audience.WEEKLY: frozenset(
            {
                Part.HEALTH,
                Part.PROGRESS,
                Part.FORECAST,
                Part.CHANGES,
                Part.DEPENDENCIES,
                Part.ATTENTION,
                Part.DATA_QUALITY,
            }
        ),
        Audience.MONTHLY: frozenset(Part) - {Part.DECISIONS},
        Audience.STEERING: frozenset(
            {
                Part.HEALTH,
                Part.DECISIONS,
                Part.PROGRESS,
                Part.FORECAST,
                Part.BASELINE,
                Part.SCOPE,
                Part.DEPENDENCIES,
                Part.DATA_QUALITY,
            }
        ),
    }
)


def beginning(audience: Audience, day: date) -> date:
    """The first day that a report of this day looks back to: a week, or a month."""
    match audience:
        case Audience.WEEKLY:
            return day - timedelta(days=7)
        case Audience.MONTHLY | Audience.STEERING:
            return month_before(day)
        case _:
            assert_never(audience)


def month_before(day: date) -> date:
    """The same day of the month before, or its last one where it has fewer: 31 March gives 28 February."""
    last = day.replace(day=1) - timedelta(days=1)
    return last.replace(day=min(day.day, monthrange(last.year, last.month)[1]))
