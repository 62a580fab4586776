"""Working days: Monday to Friday without holidays, counted, so that every span of days is one subtraction.

The index of a day is the number of working days strictly before it, counted from 1 January of the year 1 (a Monday).
A day off has the index of the next working day. All of it is arithmetic on the sorted holidays: no table of days, and
no year in which it ends; only what would lie outside the years 1 to 9999 is held at their edge.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from typing import TypeVar

import holidays
import numpy as np
from holidays.registry import COUNTRIES
from numpy.typing import NDArray

Ints = NDArray[np.int32]

NO_DAY = int(np.iinfo(np.int32).min)  # stands for None wherever days are in an array
_DAYS = 7
_WORKING = 5
_LAST = date.max.toordinal()

Number = TypeVar("Number", int, NDArray[np.int64])


@dataclass(frozen=True)
class WorkingCalendar:
    """`holidays` are the days off besides Saturdays and Sundays; those that fall on a weekend change nothing."""

    holidays: frozenset[date] = frozenset()
    _off: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _resume: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        off = tuple(sorted(day.toordinal() for day in self.holidays if day.weekday() < _WORKING))
        object.__setattr__(self, "_off", off)
        # The index of the first working day after each holiday, which is that of the holiday itself.
        object.__setattr__(self, "_resume", tuple(_weekdays_before(day) - nth for nth, day in enumerate(off)))

    def index(self, day: date) -> int:
        """How many working days lie strictly before `day`."""
        ordinal = day.toordinal()
        return _weekdays_before(ordinal) - bisect_left(self._off, ordinal)

    def day(self, index: int) -> date:
        """The working day with this index; outside the years 1 to 9999 the edge of those years."""
        weekdays = index + bisect_right(self._resume, index)
        return date.fromordinal(min(max(_ordinal_of_weekday(weekdays), 1), _LAST))

    def is_working(self, day: date) -> bool:
        return day.weekday() < _WORKING and day not in self.holidays

    def index_after(self, day: date) -> int:
        """The index of the first working day strictly after `day`."""
        return self.index(day) + self.is_working(day)

    def working_days_between(self, start: date, end: date) -> int:
        """From `start` until just before `end`; negative when `end` comes first."""
        return self.index(end) - self.index(start)

    def add_working_days(self, day: date, days: int) -> date:
        """The working day so many after `day`, or before it; a day off counts as the working day that follows it."""
        return self.day(self.index(day) + days)

    def indices(self, ordinals: Ints) -> Ints:
        """`index` of many days, given as ordinals (`day_ordinals`); NO_DAY where the ordinal is."""
        counted = _weekdays_before(ordinals.astype(np.int64)) - np.searchsorted(self._holidays, ordinals)
        return np.where(ordinals == NO_DAY, NO_DAY, counted).astype(np.int32)

    def indices_after(self, ordinals: Ints) -> Ints:
        """`index_after` of many days; NO_DAY where the ordinal is."""
        return self.indices(np.where(ordinals == NO_DAY, NO_DAY, ordinals + 1).astype(np.int32))

    def ordinals(self, indices: NDArray[np.integer]) -> Ints:
        """The days with these indices, as ordinals, held within the years 1 to 9999; NO_DAY where the index is."""
        weekdays = indices.astype(np.int64) + np.searchsorted(np.asarray(self._resume, np.int64), indices, side="right")
        days = np.clip(_ordinal_of_weekday(weekdays), 1, _LAST)
        return np.where(indices == NO_DAY, NO_DAY, days).astype(np.int32)

    @property
    def _holidays(self) -> NDArray[np.int64]:
        return np.asarray(self._off, np.int64)


def day_ordinals(days: Iterable[date | None]) -> Ints:
    """Days as ordinals in an array, NO_DAY for None."""
    return np.array([NO_DAY if day is None else day.toordinal() for day in days], np.int32)


def country_holidays(code: str, years: Iterable[int]) -> frozenset[date]:
    """The public holidays of a country ("ES") or of a part of it ("ES-MD"); ValueError when nobody knows the code."""
    country, _, named = code.strip().upper().partition("-")
    known = holidays.list_supported_countries()
    if country not in known:
        raise ValueError(_no_country(code, known))
    part = next((each for each in known[country] if each.upper() == named), None)
    if named and part is None:
        parts = ", ".join(f"{country}-{each}" for each in known[country]) or "none"
        raise ValueError(f"{code!r}: {country} has no part {named} with holidays of its own; its parts: {parts}")
    return frozenset(holidays.country_holidays(country, subdiv=part, years=list(years)))


def _no_country(code: str, known: dict[str, list[str]]) -> str:
    """The message names the nearest code, or the code of the country whose name was given."""
    names = {entry[0].upper(): entry[1] for entry in COUNTRIES.values()}
    given = code.strip().upper()
    named = get_close_matches(given.replace(" ", ""), names, n=1, cutoff=0.8)
    near = [names[named[0]]] if named else get_close_matches(given, known, n=3, cutoff=0.5)
    advice = f"did you mean {' or '.join(near)}?" if near else "codes are those of ISO 3166, such as ES or ES-MD"
    return f"{code!r} is no country with known holidays; {advice}"


def _weekdays_before(ordinal: Number) -> Number:
    """Mondays to Fridays before the day with this ordinal; ordinal 1 is a Monday."""
    weeks, days = (ordinal - 1) // _DAYS, (ordinal - 1) % _DAYS
    return weeks * _WORKING + days - (days > _WORKING) * 1


def _ordinal_of_weekday(nth: Number) -> Number:
    return nth // _WORKING * _DAYS + nth % _WORKING + 1
