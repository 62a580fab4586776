"""When a program will be done, in days of its calendar: a throughput forecast with everything that is said beside it.

Today still counts: what takes one working day and is begun now is done today, or on the next working day when today
is none. The critical path counts in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from service.domain.calendars import WorkingCalendar
from service.domain.forecast import (
    FEW_WEEKS,
    Distribution,
    Interval,
    Past,
    at_least,
    how_many,
    spread,
    when_done,
    wilson,
)
from service.domain.throughput import Throughput

LEVELS = (0.50, 0.85, 0.95)


@dataclass(frozen=True, slots=True)
class Chance:
    """A share of the trials, with its 95 % interval."""

    value: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class Finish:
    """Days at P50, P85 and P95; None for what is beyond the horizon. `on_target` is None without a target."""

    days: tuple[date | None, date | None, date | None]
    on_target: Chance | None


@dataclass(frozen=True, slots=True)
class ByDay:
    """So many of the items that are left, or more, are done by the end of a day with 50, 85 and 95 %."""

    day: date
    working_days: int
    items: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Outlook:
    """`range_of_p85` is where P85 moves when other weeks of the same kind had been seen: its 10 % and 90 % points."""

    weeks: Throughput
    plain: Finish
    growing: Finish
    growth_a_week: float
    range_of_p85: tuple[date | None, date | None]
    by: ByDay | None

    @property
    def small_sample(self) -> bool:
        return len(self.weeks.finished) < FEW_WEEKS


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """From when, on which calendar, towards which target, and by which seed somebody asks."""

    today: date
    calendar: WorkingCalendar
    seed: int
    target: date | None = None
    by: date | None = None


def outlook(remaining: int, weeks: Throughput, growth: tuple[int, ...], terms: Terms) -> Outlook:
    """Raises ValueError where `forecast.too_little` names a reason."""
    past = Past(weeks.finished, growth)
    low, high = spread(remaining, past, seed=terms.seed)
    return Outlook(
        weeks=weeks,
        plain=_finish(when_done(remaining, past, seed=terms.seed), terms),
        growing=_finish(when_done(remaining, past, seed=terms.seed, with_growth=True), terms),
        growth_a_week=sum(max(each, 0) for each in growth) / len(growth) if growth else 0.0,
        range_of_p85=(day_after(low, terms), day_after(high, terms)),
        by=_by_day(remaining, past, terms),
    )


def working_days_until(day: date, terms: Terms) -> int:
    """Working days from today until the end of a day, both included; 0 when it has passed."""
    return max(0, terms.calendar.index_after(day) - terms.calendar.index(terms.today))


def day_after(working_days: int | None, terms: Terms) -> date | None:
    """The day on which what takes so many working days is done; what takes none is done today."""
    if working_days is None:
        return None
    if working_days == 0:
        return terms.today
    return terms.calendar.day(terms.calendar.index(terms.today) + working_days - 1)


def _finish(drawn: Distribution, terms: Terms) -> Finish:
    p50, p85, p95 = (day_after(drawn.percentile(level), terms) for level in LEVELS)
    return Finish((p50, p85, p95), None if terms.target is None else _chance(drawn, terms.target, terms))


def _chance(drawn: Distribution, target: date, terms: Terms) -> Chance:
    value = drawn.probability(working_days_until(target, terms))
    return Chance(value, wilson(value, len(drawn.days)))


def _by_day(remaining: int, past: Past, terms: Terms) -> ByDay | None:
    if terms.by is None:
        return None
    days = working_days_until(terms.by, terms)
    sums = how_many(past, days=days, seed=terms.seed)
    p50, p85, p95 = (min(at_least(sums, level), remaining) for level in LEVELS)
    return ByDay(terms.by, days, (p50, p85, p95))
