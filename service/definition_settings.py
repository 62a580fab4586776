"""What the configuration says about working days and about the definitions that it leaves to the operator."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, field_validator

from service.domain.calendars import WorkingCalendar, country_holidays
from service.domain.dependency_status import HEALTH_VALUES, DependencyRules, DependencyStatus, LagUnit, SameDay
from service.programs.dependency_terms import DependencyTerms
from service.source_settings import Names, Part

YEARS: Final = range(2010, 2046)  # in which the public holidays of a country are known to the calendar
MOST_HOLIDAYS: Final = 5_000

Value = Annotated[float, Field(ge=0, le=1)]


class CalendarConfig(Part):
    """`holidays`: a country ("ES"), a part of one ("ES-MD"), days, or several of these."""

    timezone: str = "UTC"
    holidays: tuple[str | date, ...] = ()

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError(f'"{name}" is no time zone{did_you_mean(name, available_timezones())}')
        return name

    @field_validator("holidays", mode="before")
    @classmethod
    def _one_or_several(cls, told: Any) -> Any:
        several = (told,) if isinstance(told, str | date) else told
        if not isinstance(several, list | tuple) or len(several) > MOST_HOLIDAYS:
            raise ValueError("give a country such as ES, a part of one such as ES-MD, or a list of days")
        return tuple(_country_or_day(each) for each in several)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def working(self) -> WorkingCalendar:
        return _calendar(self.holidays)


class Definitions(Part):
    """Choices that docs/definitions.md leaves to the operator."""

    missing_weight: Literal["skip", "impute_mean", "zero"] = "skip"
    same_day: Literal["sequential", "concurrent"] = "sequential"
    buffer_days: Annotated[int, Field(ge=0, le=60)] = 3
    lag: Literal["working", "calendar"] = "working"
    slips: Annotated[int, Field(ge=1, le=50)] = 2
    hub_fan_in: Annotated[int, Field(ge=2, le=1_000)] = 10
    not_needed: Names = ()
    hours_per_day: Annotated[float, Field(ge=1, le=24)] = 8.0
    near_critical_days: Annotated[int, Field(ge=0, le=60)] = 5
    stale_after_hours: Annotated[int, Field(ge=1, le=10_000)] = 36


class HealthConfig(Part):
    """What an unresolved edge is worth in the health score, by its status: from 0 to 1."""

    values: Mapping[DependencyStatus, Value] = Field(default_factory=dict)

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
        rules=DependencyRules(
            buffer_days=definitions.buffer_days,
            same_day=SameDay(definitions.same_day),
            lag=LagUnit(definitions.lag),
            slips=definitions.slips,
            hub_fan_in=definitions.hub_fan_in,
            not_needed=frozenset(definitions.not_needed),
            health_values=MappingProxyType({**HEALTH_VALUES, **health.values}),
        ),
        hours_per_day=definitions.hours_per_day,
        near_critical_days=definitions.near_critical_days,
        stale_after=timedelta(hours=definitions.stale_after_hours),
        by_person=by_person,
    )


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, sorted(choices), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


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
