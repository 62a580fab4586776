"""What the configuration says about working days and about the definitions that it leaves to the operator."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, field_validator

from service.domain.business_value import ValueFields
from service.domain.calendars import WorkingCalendar, country_holidays
from service.domain.dependency_status import HEALTH_VALUES, DependencyRules, DependencyStatus, LagUnit, SameDay
from service.domain.health import LIMITS, Limits, Rule
from service.domain.team_limits import TeamLimits
from service.programs.dependency_terms import DependencyTerms
from service.programs.flow_terms import FlowTerms
from service.programs.health_terms import HealthTerms
from service.source_settings import Names, Part

YEARS: Final = range(2010, 2046)  # in which the public holidays of a country are known to the calendar
MOST_HOLIDAYS: Final = 5_000
MOST_TEAMS: Final = 1_000

Value = Annotated[float, Field(ge=0, le=1)]
TeamName = Annotated[str, Field(min_length=1, max_length=200)]


class CalendarConfig(Part):
    """`holidays`: a country ("ES"), a part of one ("ES-MD"), days, or several of these.

    `teams` are the holidays of teams that have others, by the name of the team, in any case; they take the place of
    `holidays` for them.
    """

    timezone: str = "UTC"
    holidays: tuple[str | date, ...] = ()
    teams: Mapping[TeamName, tuple[str | date, ...]] = Field(default_factory=dict, max_length=MOST_TEAMS)

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError(f'"{name}" is no time zone{did_you_mean(name, available_timezones())}')
        return name

    @field_validator("holidays", mode="before")
    @classmethod
    def _one_or_several(cls, told: Any) -> Any:
        return _holidays(told)

    @field_validator("teams", mode="before")
    @classmethod
    def _of_each_team(cls, told: Any) -> Any:
        if not isinstance(told, Mapping):
            raise ValueError("give the holidays of each team by its name, such as {Ants: ES-MD}")
        return {str(name): _holidays_of(str(name), each) for name, each in told.items()}

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def working(self) -> WorkingCalendar:
        return _calendar(self.holidays)

    @property
    def of_teams(self) -> dict[str, WorkingCalendar]:
        return {name: _calendar(holidays) for name, holidays in self.teams.items()}


class Definitions(Part):
    """Choices that docs/definitions.md leaves to the operator."""

    missing_weight: Literal["skip", "impute_mean", "zero"] = "skip"
    same_day: Literal["sequential", "concurrent"] = "sequential"
    buffer_days: Annotated[int, Field(ge=0, le=60)] = 3
    lag: Literal["working", "calendar"] = "working"
    slips: Annotated[int, Field(ge=1, le=50)] = 2
    hub_fan_in: Annotated[int, Field(ge=2, le=1_000)] = 10
    not_needed: Names = ()
    planned_starts: Literal["ignore", "hold"] = "ignore"
    hours_per_day: Annotated[float, Field(ge=1, le=24)] = 8.0
    near_critical_days: Annotated[int, Field(ge=0, le=60)] = 5
    stale_after_hours: Annotated[int, Field(ge=1, le=10_000)] = 36
    wip_limits: Literal["measured"] | Mapping[TeamName, Annotated[int, Field(ge=1, le=10_000)]] = Field(
        default_factory=dict, description="Items that a team works on at once, by team; or what teams did lately."
    )

    @property
    def team_limits(self) -> TeamLimits:
        if isinstance(self.wip_limits, str):
            return TeamLimits(measured=True)
        return TeamLimits(by_team=MappingProxyType(dict(self.wip_limits)))

    active_statuses: Names = ()
    defect_types: Names = ("Bug", "Defect")
    escaped_labels: Names = ()


class LimitsConfig(Part):
    """Beyond a limit the colour of a rule changes; what is left out stays as defined, null takes a colour away."""

    red: float | None = None
    amber: float | None = None
    grey: float | None = None

    def over(self, defined: Limits) -> Limits:
        return replace(defined, **{name: getattr(self, name) for name in self.model_fields_set})


class HealthConfig(Part):
    """`values`: what an unresolved edge is worth in the health score, by its status, from 0 to 1.

    `thresholds`: the limits of the rules of health, by rule. `risk_types` are item types that stand for a risk.
    """

    values: Mapping[DependencyStatus, Value] = Field(default_factory=dict)
    thresholds: Mapping[str, LimitsConfig] = Field(default_factory=dict)
    risk_types: Names = ("Risk",)
    critical_priorities: Names = ("Blocker", "Critical", "Highest")
    near_days: Annotated[int, Field(ge=1, le=60)] = 10

    @field_validator("thresholds")
    @classmethod
    def _known_rules(cls, told: Mapping[str, LimitsConfig]) -> Mapping[str, LimitsConfig]:
        for name, config in told.items():
            if name not in set(Rule):
                raise ValueError(
                    f"{name!r} is no rule{did_you_mean(name, map(str, Rule))}; the rules are {', '.join(Rule)}"
                )
            limits = config.over(LIMITS[Rule(name)])
            if not limits.is_ordered():
                raise ValueError(f"{name}: red ({limits.red}) must lie beyond amber ({limits.amber})")
        return told

    @field_validator("values", mode="before")
    @classmethod
    def _known_statuses(cls, told: Any) -> Any:
        known = [str(each) for each in HEALTH_VALUES]
        if not isinstance(told, Mapping) or any(each not in known for each in told):
            raise ValueError(f"give numbers from 0 to 1 by status: {', '.join(known)}")
        return told


def dependency_terms(
    calendar: CalendarConfig, definitions: Definitions, health: HealthConfig, *, by_person: bool = False
) -> DependencyTerms:
    """What dependency health is computed by."""
    return DependencyTerms(
        zone=calendar.zone,
        calendar=calendar.working,
        team_calendars=MappingProxyType(calendar.of_teams),
        rules=DependencyRules(
            buffer_days=definitions.buffer_days,
            same_day=SameDay(definitions.same_day),
            lag=LagUnit(definitions.lag),
            slips=definitions.slips,
            hub_fan_in=definitions.hub_fan_in,
            hold_planned_starts=definitions.planned_starts == "hold",
            not_needed=frozenset(definitions.not_needed),
            health_values=MappingProxyType({**HEALTH_VALUES, **health.values}),
        ),
        team_limits=definitions.team_limits,
        hours_per_day=definitions.hours_per_day,
        near_critical_days=definitions.near_critical_days,
        stale_after=timedelta(hours=definitions.stale_after_hours),
        by_person=by_person,
    )


def health_terms(health: HealthConfig, *, fields: Mapping[str, str] = MappingProxyType({})) -> HealthTerms:
    """What the colour of a program is computed by; `fields` are those in which people state health, by source."""
    told = {Rule(name): config.over(LIMITS[Rule(name)]) for name, config in health.thresholds.items()}
    return HealthTerms(
        limits=MappingProxyType({**LIMITS, **told}),
        risk_types=frozenset(health.risk_types),
        critical_priorities=frozenset(health.critical_priorities),
        near_days=health.near_days,
        health_fields=fields,
    )


def flow_terms(definitions: Definitions, *, business_value: Iterable[ValueFields] = ()) -> FlowTerms:
    """What flow is computed by; `business_value` names the fields of each source in which people state it."""
    return FlowTerms(
        active_statuses=definitions.active_statuses,
        defect_types=definitions.defect_types,
        escaped_labels=definitions.escaped_labels,
        business_value=tuple(business_value),
    )


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, sorted(choices), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _holidays(told: Any) -> tuple[str | date, ...]:
    several = (told,) if isinstance(told, str | date) else told
    if not isinstance(several, list | tuple) or len(several) > MOST_HOLIDAYS:
        raise ValueError("give a country such as ES, a part of one such as ES-MD, or a list of days")
    return tuple(_country_or_day(each) for each in several)


def _holidays_of(team: str, told: Any) -> tuple[str | date, ...]:
    try:
        return _holidays(told)
    except ValueError as error:
        raise ValueError(f"{team}: {error}") from None


def _country_or_day(told: Any) -> str | date:
    """YAML reads a day as a day; one in quotes is meant as one, too."""
    if isinstance(told, date):
        return told
    if not isinstance(told, str):
        raise ValueError(f"{told!r} is neither a country such as ES nor a day such as 2026-12-24")
    if told[:1].isdigit():
        try:
            return date.fromisoformat(told)
        except ValueError:
            raise ValueError(f"{told!r} is no day; write days as 2026-12-24") from None
    country_holidays(told, ())  # raises for a code that nobody knows
    return told


@cache
def _calendar(holidays: tuple[str | date, ...]) -> WorkingCalendar:
    days: set[date] = set()
    for each in holidays:
        days |= {each} if isinstance(each, date) else country_holidays(each, YEARS)
    return WorkingCalendar(frozenset(days))
