"""How work flows: how much is finished a week, how long it takes, how old is what is under way (definitions §3).

All of it from the lives of the items that count, over complete weeks. Days are calendar days, both ends included,
unless they say working days.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from service.domain.calendars import WorkingCalendar
from service.domain.lives import ItemLife
from service.domain.samples import Sample
from service.domain.status import StatusCategory
from service.domain.throughput import BulkDay, Throughput, bulk_days, complete_weeks, monday_of

_ALIKE = (0.75, 1.33)  # of Little's law: beyond, the weeks are no steady state
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Complete weeks: from the Monday `first` until just before the Monday `until`. Work in progress is today's."""

    first: date
    until: date
    today: date
    calendar: WorkingCalendar

    @property
    def days(self) -> int:
        return (self.until - self.first).days

    @property
    def weeks(self) -> int:
        return self.days // 7

    def holds(self, day: date | None) -> bool:
        return day is not None and self.first <= day < self.until


@dataclass(frozen=True, slots=True)
class Durations:
    """Of what was finished in the window: calendar days, and the same in working days."""

    calendar: Sample
    working: Sample


class Ageing(StrEnum):
    """How old work in progress is, beside what its type usually takes."""

    YOUNG = "young"
    AGEING = "ageing"  # older than 85 of 100 that were finished
    STALE = "stale"  # older than 95 of 100
    UNKNOWN = "unknown"  # nobody knows when it began, or what its type takes


@dataclass(frozen=True, slots=True)
class Aged:
    """`days` since it began, both included; None where nobody knows. `usual` is the P85 of its type."""

    life: ItemLife
    days: int | None
    usual: int | None
    small_sample: bool
    state: Ageing


@dataclass(frozen=True, slots=True)
class LittlesLaw:
    """In a steady state mean WIP / mean throughput is the mean cycle time; `ratio` is the one over the other."""

    mean_wip: float
    throughput_a_day: float
    expected_days: float
    mean_days: float

    @property
    def ratio(self) -> float:
        return self.expected_days / self.mean_days

    @property
    def steady(self) -> bool:
        return _ALIKE[0] <= self.ratio <= _ALIKE[1]


@dataclass(frozen=True, slots=True)
class Flow:
    """`restated` are completions by week that were undone since: that week once counted so many more. `never_started`
    of the `finished` have no cycle time. `law` is None where nothing was finished or began."""

    throughput: Throughput
    restated: tuple[int, ...]
    finished: int
    never_started: int
    undated: int
    cycle: Durations
    lead: Durations
    wip: tuple[Aged, ...]
    law: LittlesLaw | None


def window_of(lives: Iterable[ItemLife], *, today: date, weeks: int, calendar: WorkingCalendar) -> Window:
    """The last complete weeks, none before the one in which the first item came."""
    begun = min((life.created_on for life in lives), default=None)
    first, span = complete_weeks(today, begun_on=begun, weeks=weeks)
    return Window(first=first, until=first + timedelta(weeks=span), today=today, calendar=calendar)


def bulk_done(lives: Iterable[ItemLife], window: Window) -> tuple[BulkDay, ...]:
    return bulk_days((day for life in lives if (day := life.done_on)), first=window.first, until=window.until)


def bulk_created(lives: Iterable[ItemLife], window: Window) -> tuple[BulkDay, ...]:
    return bulk_days((life.created_on for life in lives), first=window.first, until=window.until)


def usual_by_type(lives: Iterable[ItemLife], window: Window) -> Mapping[str, Sample]:
    """Cycle times by item type, of what was finished in the window."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    for life in lives:
        if window.holds(life.done_on) and (days := cycle_days(life)) is not None:
            found[life.item_type].append(days)
    return {name: Sample.of(days) for name, days in found.items()}


def flow_of(
    lives: Sequence[ItemLife],
    window: Window,
    *,
    usual: Mapping[str, Sample],
    without: frozenset[date] = frozenset(),
) -> Flow:
    """`usual` are the cycle times of the whole program, `without` days of completion that are left out."""
    finished = [life for life in lives if window.holds(life.done_on) and life.done_on not in without]
    cycle = Durations(
        Sample.of(days for life in finished if (days := cycle_days(life)) is not None),
        Sample.of(days for life in finished if (days := working_cycle_days(life, window.calendar)) is not None),
    )
    throughput = _weekly((life.done_on for life in finished), window)
    undone = _weekly(_restated(lives, window), window)
    return Flow(
        throughput=throughput,
        restated=undone.finished,
        finished=len(finished),
        never_started=sum(cycle_days(life) is None for life in finished),
        undated=sum(life.category is StatusCategory.DONE and life.done_on is None for life in lives),
        cycle=cycle,
        lead=Durations(
            Sample.of(_span(life.created_on, life.done_on) for life in finished),
            Sample.of(_working(life.created_on, life.done_on, window.calendar) for life in finished),
        ),
        wip=ageing(lives, usual, today=window.today),
        law=_littles_law(lives, finished, cycle.calendar, window),
    )


def cycle_days(life: ItemLife) -> int | None:
    """From begun to done; None for what was never begun, or is said to have begun after it was done."""
    if life.started_on is None or life.done_on is None or life.started_on > life.done_on:
        return None
    return _span(life.started_on, life.done_on)


def working_cycle_days(life: ItemLife, calendar: WorkingCalendar) -> int | None:
    """The same in working days, at least one."""
    return None if cycle_days(life) is None else _working(life.started_on, life.done_on, calendar)


def ageing(lives: Iterable[ItemLife], usual: Mapping[str, Sample], *, today: date) -> tuple[Aged, ...]:
    """Work in progress, the oldest first; what nobody knows the beginning of comes last."""
    found = [_aged(life, usual, today) for life in lives if life.category is StatusCategory.IN_PROGRESS]
    return tuple(sorted(found, key=lambda each: (-(each.days or 0), each.life.uid)))


def _aged(life: ItemLife, usual: Mapping[str, Sample], today: date) -> Aged:
    days = None if life.started_on is None else max(1, _span(life.started_on, today))
    taken = usual.get(life.item_type, Sample(()))
    p85, p95 = taken.percentile(85), taken.percentile(95)
    if days is None or p85 is None or p95 is None:
        state = Ageing.UNKNOWN
    else:
        state = Ageing.STALE if days > p95 else Ageing.AGEING if days > p85 else Ageing.YOUNG
    return Aged(life, days, p85, taken.small, state)


def _restated(lives: Iterable[ItemLife], window: Window) -> Iterable[date]:
    """Completions that were undone and no longer stand in the week in which they were counted."""
    for life in lives:
        final = life.done_on and monday_of(life.done_on)
        weeks = {monday_of(spell.began) for spell in life.done_spells if spell.ended is not None}
        yield from (week for week in weeks if week != final and window.holds(week))


def _weekly(days: Iterable[date | None], window: Window) -> Throughput:
    counted = Counter(monday_of(day) for day in days if day is not None)
    mondays = (window.first + timedelta(weeks=place) for place in range(window.weeks))
    return Throughput(window.first, tuple(counted[monday] for monday in mondays))


def _littles_law(
    lives: Iterable[ItemLife], finished: Sequence[ItemLife], cycle: Sample, window: Window
) -> LittlesLaw | None:
    """WIP and throughput of those alone that were ever begun, as the cycle time is."""
    begun = sum(cycle_days(life) is not None for life in finished)
    if not begun or cycle.mean is None:
        return None
    wip = sum(_days_under_way(life, window) for life in lives) / window.days
    rate = begun / window.days
    return LittlesLaw(wip, rate, wip / rate, cycle.mean)


def _days_under_way(life: ItemLife, window: Window) -> int:
    """Days of the window on which it was in progress; one that is not done and not in progress now was put back."""
    if life.started_on is None:
        return 0
    ended = life.done_on or life.left_on
    if ended is None and life.category is not StatusCategory.IN_PROGRESS:
        return 0
    begin = max(life.started_on, window.first)
    end = min(ended or window.until, window.until - _DAY)
    return max(0, _span(begin, end))


def _span(start: date | None, end: date | None) -> int:
    return 0 if start is None or end is None else (end - start).days + 1


def _working(start: date | None, end: date | None, calendar: WorkingCalendar) -> int:
    return 0 if start is None or end is None else max(1, calendar.index_after(end) - calendar.index(start))
