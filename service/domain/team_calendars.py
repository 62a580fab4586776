"""The calendar of each item: its team's where the team has one of its own, else the program's.

How long an item takes is counted in the working days of its own team, and what lies between two items in those of the
team that waits (docs/adr/0012-team-calendars.md). Days are ordinals and indices as in `calendars`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from service.domain.calendars import Ints, WorkingCalendar
from service.domain.days_off import DaysOff
from service.domain.network import NetworkItem

Number = TypeVar("Number", np.int32, np.int64)


@dataclass(frozen=True, eq=False)
class Calendars:
    """`every` are those in use, the program's first; `code` says per item which of them is its own."""

    every: tuple[WorkingCalendar, ...]
    code: NDArray[np.int16]

    @classmethod
    def of(
        cls,
        items: Iterable[NetworkItem],
        calendar: WorkingCalendar,
        teams: Mapping[str, WorkingCalendar] | None = None,
    ) -> Calendars:
        """`teams` is by name, in any case."""
        known = {name.casefold(): own for name, own in (teams or {}).items()}
        place = {calendar: 0}
        codes = [
            place.setdefault(known.get(item.team.casefold(), calendar) if known and item.team else calendar, len(place))
            for item in items
        ]
        return cls(tuple(place), np.array(codes, np.int16))

    def own(self, item: int) -> WorkingCalendar:
        return self.every[int(self.code[item])]

    def index(self, day: date, items: Ints | None = None) -> Ints:
        """How many working days lie before `day`, for each item, or for each of `items`."""
        indices = np.array([calendar.index(day) for calendar in self.every], np.int32)
        return indices[self._codes(items)]

    def indices(self, ordinals: Ints, items: Ints | None = None) -> Ints:
        """`WorkingCalendar.indices`, each of its item: the first of the first, or the first of `items[0]`."""
        return self._each(WorkingCalendar.indices, ordinals, items)

    def indices_after(self, ordinals: Ints, items: Ints | None = None) -> Ints:
        return self._each(WorkingCalendar.indices_after, ordinals, items)

    def ordinals(self, indices: NDArray[np.int64], items: Ints | None = None) -> Ints:
        return self._each(WorkingCalendar.ordinals, indices, items)

    @cached_property
    def common(self) -> WorkingCalendar:
        """On whose working days somebody works: what all of them have off is a day off."""
        return WorkingCalendar(frozenset.intersection(*(each.holidays for each in self.every)))

    def days_off(self, today: date, items: Ints) -> DaysOff | None:
        """For these items: the working days of `common` that their own team has off, counted from today; None where no
        team has any."""
        if len(self.every) == 1:
            return None
        common, origin = self.common, self.common.index(today)
        off = [
            tuple(sorted(common.index(day) - origin for day in own.holidays if common.is_working(day)))
            for own in self.every
        ]
        return DaysOff(tuple(off), self.code[items]) if any(off) else None

    def _codes(self, items: Ints | None) -> NDArray[np.int16]:
        return self.code if items is None else self.code[items]

    def _each(
        self,
        ask: Callable[[WorkingCalendar, NDArray[Number]], Ints],
        days: NDArray[Number],
        items: Ints | None,
    ) -> Ints:
        if len(self.every) == 1:
            return ask(self.every[0], days)
        codes, answers = self._codes(items), np.empty(days.shape, np.int32)
        for code, calendar in enumerate(self.every):
            here = codes == code
            answers[here] = ask(calendar, days[here])
        return answers
