"""How many items were finished a week, and whether the weeks are alike enough to forecast from.

Weeks are ISO weeks, Monday to Sunday, of the program's time zone. Weeks without a finished item count as zero and the
week that is under way is left out: a window that ended at the last completion would look faster than the team is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby, pairwise
from statistics import fmean
from typing import NamedTuple

WINDOW = 12  # weeks looked back by default
RUN_OF = 8  # values in a row on one side of the mean that chance hardly makes
_TO_LIMITS = 2.66  # 3 / 1.128: from the mean moving range to three sigma (XmR chart)
_TO_BULK = 5 / 1.128  # five sigma (definitions §3)
BULK_LEAST = 10  # items; fewer are a good day of a small team, not a tidying up
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Throughput:
    """Items finished in consecutive complete weeks; `first_week` is the Monday of the first."""

    first_week: date
    finished: tuple[int, ...]

    @property
    def weeks(self) -> tuple[date, ...]:
        return tuple(self.first_week + _WEEK * place for place in range(len(self.finished)))

    def since(self, monday: date) -> Throughput:
        """The same, from that week on."""
        left_out = min(max(0, (monday - self.first_week).days // 7), len(self.finished))
        return Throughput(self.first_week + _WEEK * left_out, self.finished[left_out:])


class BulkDay(NamedTuple):
    """A day on which far more happened than the days around it explain: a tidying up, or an import."""

    day: date
    items: int


@dataclass(frozen=True, slots=True)
class NaturalLimits:
    """Of an XmR chart: where weeks of an unchanged process lie (Wheeler, "Understanding Variation")."""

    lower: float
    mean: float
    upper: float


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def complete_weeks(before: date, *, begun_on: date | None = None, weeks: int = WINDOW) -> tuple[date, int]:
    """The first Monday and the number of the weeks that were over as `before` began: at most `weeks` of them, none
    before the one in which work began."""
    end = monday_of(before)
    first = end - _WEEK * weeks
    if begun_on is not None:
        first = max(first, min(monday_of(begun_on), end))
    return first, (end - first).days // 7


def weekly_throughput(
    done_on: Iterable[date], *, as_of: date, begun_on: date | None = None, weeks: int = WINDOW
) -> Throughput:
    """The last complete weeks before `as_of`, at most `weeks` of them, none before the one in which work began.

    `done_on` are local dates of final completions; `begun_on` is when the first item was there.
    """
    first, span = complete_weeks(as_of, begun_on=begun_on, weeks=weeks)
    counted = Counter(monday_of(day) for day in done_on)
    return Throughput(first, tuple(counted[first + _WEEK * place] for place in range(span)))


def bulk_days(days: Iterable[date], *, first: date, until: date) -> tuple[BulkDay, ...]:
    """Days from `first` until just before `until` with more than mean + 5 × mean moving range / 1.128 items."""
    counted = Counter(day for day in days if first <= day < until)
    daily = [counted[first + timedelta(days=place)] for place in range((until - first).days)]
    if len(daily) < 2:
        return ()
    limit = fmean(daily) + _TO_BULK * fmean(abs(after - before) for before, after in pairwise(daily))
    return tuple(BulkDay(day, items) for day, items in sorted(counted.items()) if items > limit and items >= BULK_LEAST)


def natural_limits(values: Sequence[float]) -> NaturalLimits | None:
    """mean ± 2.66 × mean moving range, not below zero; None for less than two values."""
    if len(values) < 2:
        return None
    mean = fmean(values)
    reach = _TO_LIMITS * fmean(abs(after - before) for before, after in pairwise(values))
    return NaturalLimits(max(0.0, mean - reach), mean, mean + reach)


def latest_shift(throughput: Throughput) -> date | None:
    """The week from which the process looks like another one; None while all weeks could be of the same.

    A signal is a week outside of the natural limits, or eight in a row on one side of the mean. What is suggested is
    the first of the weeks that are outside on one side until the end, else the week after the last one outside; or
    the first of the last run.
    """
    limits = natural_limits(throughput.finished)
    if limits is None:
        return None
    outside = [(value > limits.upper) - (value < limits.lower) for value in throughput.finished]
    last = len(outside) - len(list(next(groupby(reversed(outside)))[1]))  # where the last weeks alike begin
    starts = [0, *(place + 1 if place < last else last for place, side in enumerate(outside) if side)]
    start = max((*starts, *_runs(throughput.finished, limits.mean)))
    return throughput.first_week + _WEEK * start if start else None


def _runs(values: Sequence[float], mean: float) -> list[int]:
    """Where each run of eight or more begins, except one that begins the window and never ends: that is no shift."""
    found, begin = [], 0
    sides = [(value > mean) - (value < mean) for value in values]
    for place in range(1, len(sides) + 1):
        if place == len(sides) or sides[place] != sides[begin]:
            if place - begin >= RUN_OF and sides[begin] != 0:
                found.append(begin or place)
            begin = place
    return [each for each in found if each < len(values)]
