"""A program over a window of time: its burn-up and cumulative flow, and how its scope changed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from service.domain.errors import InvalidQuery, one_of
from service.domain.notices import Notice
from service.domain.program_history import ProgramHistory
from service.domain.progress import Basis
from service.domain.scope_changes import Moved, ScopeChange, changed, created_at, scope_of, total
from service.domain.trend import Column, Tally, sweep
from service.programs.answers import Answer, ProgramRef
from service.programs.cache import cache_of
from service.programs.envelope import enveloped
from service.programs.freshness import Grounds, grounds_of
from service.programs.historians import Historians
from service.programs.kept_histories import history_reaching
from service.programs.past import EARLIEST, MAPPING_OF_TODAY, end_of, uncertain_notices
from service.programs.rounding import PLACES
from service.programs.trend_answers import (
    AddedData,
    CountPoint,
    EstimatesData,
    MovedData,
    RemovedData,
    ScopeChangesData,
    ScopePeriod,
    ScopeTotals,
    TrendData,
    TrendPoint,
    WeightPoint,
)
from service.store.engine import Database

LONGEST = timedelta(days=1_100)  # three years and a bit
USUAL = timedelta(weeks=13)


class Interval(StrEnum):
    DAY = "day"
    WEEK = "week"  # ISO weeks: Monday to Sunday


@dataclass(frozen=True, slots=True)
class Window:
    """Whole days, both included; the last one may be today, and then ends now."""

    since: date
    until: date
    zone: ZoneInfo
    now: datetime

    def days(self, *, and_before: bool = False) -> list[date]:
        """`and_before`: with the day before the first one."""
        first = self.since - timedelta(days=1) if and_before else self.since
        return [first + timedelta(days=each) for each in range((self.until - first).days + 1)]

    def end(self, day: date) -> datetime:
        return min(end_of(day, self.zone), self.now)


def window(since: date | None, until: date | None, *, start: date | None, zone: ZoneInfo, now: datetime) -> Window:
    """Without `until`: up to today. Without `since`: from the program's `start`, else thirteen weeks. InvalidQuery."""
    today = now.astimezone(zone).date()
    last = until or today
    if last > today:
        raise InvalidQuery("to", "must not lie in the future; the forecast tells of that.")
    if last.year < EARLIEST:
        raise InvalidQuery("to", f"must not be before {EARLIEST}.")
    usual = start if start is not None and start <= last and last - start <= LONGEST else last - USUAL
    first = since or usual
    if first > last:
        raise InvalidQuery("from", "must not be after `to`.")
    if last - first > LONGEST:
        raise InvalidQuery("from", f"must not be more than {LONGEST.days:,} days before `to`.")
    return Window(first, last, zone, now)


async def get_trend(  # noqa: PLR0913 - one argument per parameter of the question
    database: Database,
    key: str,
    *,
    since: date | None = None,
    until: date | None = None,
    interval: str = Interval.DAY,
    zone: ZoneInfo,
    now: datetime,
    historians: Historians,
) -> Answer[TrendData]:
    """Burn-up and cumulative flow on every basis. Raises UnknownProgram or InvalidQuery."""
    every = one_of(Interval, "interval", interval)
    grounds, history, span = await _read(database, key, since, until, zone, now, historians)
    days = [day for day in span.days() if _shown(day, span, every)]
    moments = [span.end(day) for day in days]
    points = await asyncio.to_thread(_points, history, days, moments, grounds.program.count_subtasks)
    ref = ProgramRef(grounds.program.key, grounds.program.name)
    data = TrendData(program=ref, since=span.since, to=span.until, interval=every, trend=points)
    return enveloped(data, sources=grounds.sources, now=now, notices=_notices(history, span), as_of=moments[-1])


async def get_scope(  # noqa: PLR0913 - one argument per parameter of the question
    database: Database,
    key: str,
    *,
    since: date | None = None,
    until: date | None = None,
    interval: str = Interval.WEEK,
    zone: ZoneInfo,
    now: datetime,
    historians: Historians,
) -> Answer[ScopeChangesData]:
    """What came, left and was estimated anew, day by day, summed by period. Raises UnknownProgram or InvalidQuery."""
    every = one_of(Interval, "interval", interval)
    grounds, history, span = await _read(database, key, since, until, zone, now, historians)
    found = await asyncio.to_thread(_scope, history, span, every, grounds.program.count_subtasks)
    ref = ProgramRef(grounds.program.key, grounds.program.name)
    periods, totals = found
    data = ScopeChangesData(program=ref, since=span.since, to=span.until, interval=every, totals=totals, scope=periods)
    notices = _notices(history, span)
    return enveloped(data, sources=grounds.sources, now=now, notices=notices, as_of=span.end(span.until))


async def _read(
    database: Database,
    key: str,
    since: date | None,
    until: date | None,
    zone: ZoneInfo,
    now: datetime,
    historians: Historians,
) -> tuple[Grounds, ProgramHistory, Window]:
    async with database.reading() as uow:
        grounds = await grounds_of(uow.connection, key)
        span = window(since, until, start=grounds.program.start, zone=zone, now=now)
        first = span.end(span.since - timedelta(days=1))
        kept = cache_of(database).histories
        history = await history_reaching(uow.connection, key, kept, first, historians=historians)
    return grounds, history, span


def _shown(day: date, span: Window, every: Interval) -> bool:
    return every is Interval.DAY or day == span.until or day.isoweekday() == 7


def _points(
    history: ProgramHistory, days: Sequence[date], moments: Sequence[datetime], count_subtasks: bool
) -> tuple[TrendPoint, ...]:
    columns = sweep(history, moments, count_subtasks=count_subtasks)
    points = [_point(day, column) for day, column in zip(reversed(days), columns, strict=True)]
    return tuple(reversed(points))


def _point(day: date, column: Column) -> TrendPoint:
    countable = column.countable
    return TrendPoint(
        date=day,
        items=column.items,
        countable=countable,
        count=_count(column.tally(Basis.COUNT)),
        points=_weight(column.tally(Basis.POINTS), countable),
        time=_weight(column.tally(Basis.TIME), countable),
    )


def _count(tally: Tally) -> CountPoint:
    return CountPoint(
        int(tally.to_do), int(tally.in_progress), int(tally.done), int(tally.total), _share(tally.done, tally.total)
    )


def _weight(tally: Tally, countable: int) -> WeightPoint:
    return WeightPoint(
        round(tally.to_do, PLACES),
        round(tally.in_progress, PLACES),
        round(tally.done, PLACES),
        round(tally.total, PLACES),
        _share(tally.done, tally.total),
        _share(tally.known, countable),
    )


def _share(part: float, whole: float) -> float | None:
    return round(part / whole, PLACES) if whole else None


def _scope(
    history: ProgramHistory, span: Window, every: Interval, count_subtasks: bool
) -> tuple[tuple[ScopePeriod, ...], ScopeTotals]:
    days = span.days(and_before=True)
    columns = sweep(history, [span.end(day) for day in days], count_subtasks=count_subtasks)
    created = created_at(history.created)
    periods: list[ScopePeriod] = []
    parts: list[ScopeChange] = []
    later = next(columns)
    end, after = days[-1], scope_of(later)
    latest, every_part = after, list[ScopeChange]()
    for day, earlier in zip(reversed(days[:-1]), columns, strict=True):
        parts.append(changed(earlier, later, created))
        later = earlier
        if day == days[0] or _shown(day, span, every):
            before = scope_of(earlier)
            change = total(parts)
            periods.append(_period(day + timedelta(days=1), end, before, change, after))
            every_part.append(change)
            end, after, parts = day, before, []
    return tuple(reversed(periods)), _totals(after, total(every_part), latest)


def _period(since: date, until: date, before: Moved, change: ScopeChange, after: Moved) -> ScopePeriod:
    return ScopePeriod(
        since=since,
        to=until,
        before=_moved(before),
        added=_added(change),
        removed=_removed(change),
        estimates=_estimates(change),
        after=_moved(after),
    )


def _totals(before: Moved, change: ScopeChange, after: Moved) -> ScopeTotals:
    turned, net = change.turnover, change.net
    return ScopeTotals(
        before=_moved(before),
        added=_added(change),
        removed=_removed(change),
        estimates=_estimates(change),
        after=_moved(after),
        churn_items=_share(turned.items, before.items),
        churn_points=_share(turned.points, before.points),
        growth_items=_share(net.items, before.items),
        growth_points=_share(net.points, before.points),
    )


def _moved(moved: Moved) -> MovedData:
    return MovedData(moved.items, round(moved.points, PLACES))


def _added(change: ScopeChange) -> AddedData:
    added = change.added
    parts = (change.created.items, change.joined.items, change.reinstated.items)
    return AddedData(added.items, round(added.points, PLACES), *parts)


def _removed(change: ScopeChange) -> RemovedData:
    removed = change.removed
    parts = (change.cancelled.items, change.left.items, change.set_aside.items)
    return RemovedData(removed.items, round(removed.points, PLACES), *parts)


def _estimates(change: ScopeChange) -> EstimatesData:
    return EstimatesData(_moved(change.estimated), _moved(change.raised), _moved(change.lowered))


def _notices(history: ProgramHistory, span: Window) -> Iterator[Notice]:
    if not history.is_mapped(span.end(span.since)):
        yield MAPPING_OF_TODAY
    yield from uncertain_notices(history, span.end(span.since - timedelta(days=1)))
