"""What was open and what had been finished on any day of the past, from the lives of all items that count.

Columns instead of objects: a track record asks a hundred days. Everything is as it was known then: an item that was
done and reopened later was done.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from service.domain.lives import ItemLife
from service.domain.throughput import WINDOW, Throughput, complete_weeks

NEVER = int(np.iinfo(np.int32).max)  # a day that does not come

Days = NDArray[np.int32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Ledger:
    """Days are ordinals. `created`, `left` and `done` are by item; a spell of being done has an item, a first day and
    the day on which it ended."""

    created: Days
    left: Days
    done: Days  # final completions
    spell_item: NDArray[np.int64]
    spell_began: Days
    spell_ended: Days

    @classmethod
    def of(cls, lives: Iterable[ItemLife]) -> Ledger:
        """Without what is done and nobody knows since when: it is no work left, and tells of no week."""
        known = [life for life in lives if life.done_on is not None or life.is_open or life.left_on is not None]
        spells = [(place, spell) for place, life in enumerate(known) for spell in life.done_spells]
        return cls(
            created=_days(life.created_on for life in known),
            left=_days(life.left_on for life in known),
            done=_days(life.done_on for life in known),
            spell_item=np.fromiter((place for place, _ in spells), np.int64, len(spells)),
            spell_began=_days(spell.began for _, spell in spells),
            spell_ended=_days(spell.ended for _, spell in spells),
        )

    @property
    def begun_on(self) -> date | None:
        """When the first item was there."""
        return date.fromordinal(int(self.created.min())) if self.created.size else None

    def open_before(self, day: date) -> Mask:
        """Which items were there and not done as the day began."""
        moment = day.toordinal()
        there: Mask = (self.created < moment) & (self.left >= moment)
        there[self.spell_item[self._lasting(moment)]] = False
        return there

    def throughput(self, before: date, *, known: date | None = None, weeks: int = WINDOW) -> Throughput:
        """Of the complete weeks before a day, as it was known when another one began (that very day by default)."""
        first, span = complete_weeks(before, begun_on=self.begun_on, weeks=weeks)
        lasting = self._lasting((known or before).toordinal())
        return Throughput(first, _weekly(self.spell_began[lasting], first, span))

    def growth(self, told: Throughput, *, known: date) -> tuple[int, ...]:
        """Items that came less items that left, in the weeks of a throughput."""
        span, moment = len(told.finished), known.toordinal()
        came = _weekly(self.created[self.created < moment], told.first_week, span)
        went = _weekly(self.left[self.left < moment], told.first_week, span)
        return tuple(new - gone for new, gone in zip(came, went, strict=True))

    def finished_from(self, day: date) -> Days:
        """The days of the final completions from a day on, ascending."""
        return np.sort(self.done[(self.done >= day.toordinal()) & (self.done != NEVER)])

    def gone_by(self, items: Mask) -> int | None:
        """The day on which the last of these items was done or had left; None while one of them is open."""
        if not items.any():
            return None
        last = int(np.minimum(self.done[items], self.left[items]).max())
        return None if last == NEVER else last

    def _lasting(self, moment: int) -> Mask:
        lasting: Mask = (self.spell_began < moment) & (self.spell_ended >= moment)
        return lasting


def _weekly(days: Days, first: date, span: int) -> tuple[int, ...]:
    places = (days - first.toordinal()) // 7
    inside = places[(places >= 0) & (places < span)]
    return tuple(np.bincount(inside, minlength=span).tolist())


def _days(days: Iterable[date | None]) -> Days:
    return np.fromiter((NEVER if day is None else day.toordinal() for day in days), np.int32)
