"""The words of dependency health: the rungs of the status ladder, the reasons for each, and what can be set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class DependencyStatus(StrEnum):
    """In the order of the ladder: the first that applies is the status. The place in this list is its code."""

    RESOLVED = "resolved"
    CYCLIC = "cyclic"
    BROKEN = "broken"
    BLOCKED = "blocked"
    OFF_TRACK = "off_track"
    AT_RISK = "at_risk"
    UNKNOWN = "unknown"
    ON_TRACK = "on_track"


class ReasonCode(StrEnum):
    """In the order in which they are told. The place in this list is the bit in an edge's reasons."""

    PREDECESSOR_DONE = "predecessor_done"
    PREDECESSOR_BEGUN = "predecessor_begun"  # all that SS and SF wait for
    PREDECESSOR_NOT_NEEDED = "predecessor_not_needed"
    SUCCESSOR_DONE = "successor_done"
    SUCCESSOR_CANCELLED = "successor_cancelled"
    LATE = "late"
    VIOLATED = "violated"
    CYCLE = "cycle"
    PREDECESSOR_CANCELLED = "predecessor_cancelled"
    PREDECESSOR_MISSING = "predecessor_missing"
    SUCCESSOR_MISSING = "successor_missing"
    SUCCESSOR_STARTED = "successor_started"
    NEED_BY_REACHED = "need_by_reached"
    TOO_LATE = "too_late"
    PREDECESSOR_OVERDUE = "predecessor_overdue"
    LATER_ITERATION = "later_iteration"
    IMPROBABLE = "improbable"
    LITTLE_SLACK = "little_slack"
    SAME_ITERATION = "same_iteration"
    DOUBTFUL = "doubtful"
    PREDECESSOR_UNASSIGNED = "predecessor_unassigned"
    PREDECESSOR_NOT_STARTED = "predecessor_not_started"
    PREDECESSOR_SLIPPED = "predecessor_slipped"
    UPSTREAM = "upstream"
    PREDECESSOR_UNDATED = "predecessor_undated"
    SUCCESSOR_UNDATED = "successor_undated"
    ENOUGH_SLACK = "enough_slack"
    EARLIER_ITERATION = "earlier_iteration"
    CONCURRENT_ITERATION = "concurrent_iteration"
    PROBABLE = "probable"


class SameDay(StrEnum):
    """Whether a successor may begin on the day, or in the iteration, in which its predecessor ends."""

    SEQUENTIAL = "sequential"
    CONCURRENT = "concurrent"


class LagUnit(StrEnum):
    WORKING = "working"
    CALENDAR = "calendar"


HEALTH_VALUES: Final[Mapping[DependencyStatus, float]] = MappingProxyType(
    {
        DependencyStatus.CYCLIC: 0.0,
        DependencyStatus.BROKEN: 0.0,
        DependencyStatus.BLOCKED: 0.0,
        DependencyStatus.OFF_TRACK: 0.15,
        DependencyStatus.AT_RISK: 0.5,
        DependencyStatus.UNKNOWN: 0.4,
        DependencyStatus.ON_TRACK: 1.0,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DependencyRules:
    """The thresholds of definitions §5. Days are working days.

    `hold_planned_starts`: on the critical path, what is not begun begins on its planned day at the earliest.
    `likely` and `even` are the probabilities below which an edge is at risk and off track. `not_needed` are resolutions
    or statuses (in any case) that say of a cancelled predecessor that nobody needs it: its edges are resolved, not
    broken.
    """

    buffer_days: int = 3
    same_day: SameDay = SameDay.SEQUENTIAL
    lag: LagUnit = LagUnit.WORKING
    slips: int = 2
    even: float = 0.50
    likely: float = 0.85
    hub_fan_in: int = 10
    hold_planned_starts: bool = False
    not_needed: frozenset[str] = frozenset()
    health_values: Mapping[DependencyStatus, float] = field(default_factory=lambda: HEALTH_VALUES)

    @property
    def concurrent(self) -> bool:
        return self.same_day is SameDay.CONCURRENT


STATUSES: Final = tuple(DependencyStatus)
STATUS_CODE: Final = {status: code for code, status in enumerate(STATUSES)}
REASONS: Final = tuple(ReasonCode)
BIT: Final = {reason: 1 << place for place, reason in enumerate(REASONS)}
