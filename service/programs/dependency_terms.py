"""What dependency health is computed by: the calendar, the thresholds, how old data may be, and whom it may name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

from service.domain.calendars import WorkingCalendar
from service.domain.dependency_status import DependencyRules
from service.domain.team_limits import TeamLimits
from service.programs.historians import NO_HISTORIANS, Historians

UTC = ZoneInfo("UTC")
SLIPS_COUNTED = timedelta(days=30)  # definitions §5, rung 6


@dataclass(frozen=True, slots=True, kw_only=True)
class DependencyTerms:
    """`zone` tells on which day something happened. An end whose source is older than `stale_after` is stale."""

    zone: ZoneInfo = UTC
    calendar: WorkingCalendar = field(default_factory=WorkingCalendar)
    team_calendars: Mapping[str, WorkingCalendar] = field(default_factory=dict)  # of teams with one of their own
    rules: DependencyRules = field(default_factory=DependencyRules)
    team_limits: TeamLimits = field(default_factory=TeamLimits)  # on what a simulation lets run in parallel
    hours_per_day: float = 8.0  # that one person works on an estimate
    near_critical_days: int = 5
    stale_after: timedelta = timedelta(hours=36)
    by_person: bool = False  # whether bottlenecks may be told by person

    @property
    def seal(self) -> str:
        """Another one for other terms: answers made by these are other answers."""
        told = [(each.name, _plain(getattr(self.rules, each.name))) for each in fields(self.rules)]
        told += [("holidays", _plain(self.calendar.holidays)), ("zone", self.zone.key)]
        told += [(f"team {name}", _plain(own.holidays)) for name, own in sorted(self.team_calendars.items())]
        told += [("limits", repr((self.team_limits.measured, sorted(self.team_limits.by_team.items()))))]
        told += [("hours", str(float(self.hours_per_day))), ("near", str(self.near_critical_days))]
        return sha256(repr(told).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewpoint:
    """By what, and from when, somebody looks. `now` is an aware moment, `today` the local date.

    Who looks at an earlier moment has it in `as_of`, and its day in `today`; `historians` tell what it was like.
    """

    terms: DependencyTerms
    now: datetime
    today: date
    as_of: datetime | None = None
    historians: Historians = NO_HISTORIANS

    @property
    def moment(self) -> datetime:
        """The one that is looked at."""
        return self.as_of or self.now

    @property
    def earlier(self) -> datetime | None:
        """The moment, where anything can have happened since."""
        return self.as_of if self.moment < self.now else None

    def at(self, as_of: datetime, historians: Historians) -> Viewpoint:
        """An aware moment, not after now."""
        today = as_of.astimezone(self.terms.zone).date()
        return replace(self, as_of=as_of, today=today, historians=historians)


def _plain(value: object) -> str:
    """The same for what is equal, in whatever order it is kept."""
    match value:
        case Mapping():
            return ", ".join(f"{name}={float(number)}" for name, number in sorted(value.items()))
        case frozenset():
            return ", ".join(sorted(map(str, value)))
        case _:
            return str(value)
