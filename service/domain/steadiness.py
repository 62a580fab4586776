"""How steady work is: what was undone, blocked, added while it was under way, promised and kept, and what escaped.

Shares of small numbers, each with what it was counted from and with a reason where there is nothing to count
(definitions §3 and §4).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import fsum

from service.domain.flow import Window
from service.domain.forecast import Interval, wilson
from service.domain.lives import ItemLife, told_before
from service.domain.status import StatusCategory

FEW_DEFECTS = 10  # fewer colour nothing
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Share:
    """`value` is part / whole; None with a reason where there is no whole, or nobody told the parts."""

    part: float
    whole: float
    reason: str | None = None

    @property
    def value(self) -> float | None:
        return None if self.reason is not None or not self.whole else self.part / self.whole


@dataclass(frozen=True, slots=True)
class Blocked:
    """`now` are flagged or waiting today, `items` were in the window, for so many working days together."""

    now: int
    items: int
    working_days: int
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Churn:
    """Of items or of points. `rate` is all movement over the scope at the beginning, `net` signed growth over it."""

    scope: float
    added: float
    removed: float
    re_estimated: float
    grown: float  # what re-estimates added, less what they took away

    @property
    def rate(self) -> float | None:
        return (self.added + self.removed + self.re_estimated) / self.scope if self.scope else None

    @property
    def net(self) -> float | None:
        return (self.added - self.removed + self.grown) / self.scope if self.scope else None


@dataclass(frozen=True, slots=True)
class Period:
    """From one day to another, both included. A sprint has an id, of a source; a week has none."""

    name: str
    begin: date
    end: date
    sprint: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Predictability:
    """Of what was planned as each period began, how much was done by its end; in items and in points."""

    by: str  # sprint | due_week
    periods: int
    items: Share
    points: Share


@dataclass(frozen=True, slots=True)
class Escapes:
    """Defects found in the window that had escaped, of all that were found; interval: Wilson, 95 %."""

    share: Share
    interval: Interval | None

    @property
    def small_sample(self) -> bool:
        return self.share.whole < FEW_DEFECTS


def reopen_rate(lives: Iterable[ItemLife], window: Window) -> Share:
    """Times that done was left, of times that it was entered."""
    spells = [spell for life in lives for spell in life.done_spells]
    entered = sum(window.holds(spell.began) for spell in spells)
    left = sum(window.holds(spell.ended) for spell in spells)
    return Share(left, entered, None if entered else "no_throughput")


def flow_efficiency(finished: Iterable[ItemLife], *, tagged: bool) -> Share:
    """Time worked on over time from begun to done. `tagged`: somebody said which statuses are work."""
    known = [
        (life.active_seconds, life.elapsed_seconds)
        for life in finished
        if life.active_seconds is not None and life.elapsed_seconds
    ]
    reason = "no_status_tagging" if not tagged else None if known else "no_throughput"
    return Share(fsum(active for active, _ in known), fsum(elapsed for _, elapsed in known), reason)


def blocked_time(lives: Sequence[ItemLife], window: Window, *, flagged_ever: bool) -> Blocked:
    """`flagged_ever`: somebody in the program uses the flag, or says what tasks depend on; where nobody does, nothing
    can be told."""
    found = [_blocked_days(life, window) for life in lives]
    return Blocked(
        now=sum(life.is_open and bool(life.blocked) and life.blocked[-1].ended is None for life in lives),
        items=sum(days > 0 for days in found),
        working_days=sum(found),
        reason=None if flagged_ever else "never_flagged",
    )


def churn(lives: Iterable[ItemLife], window: Window) -> tuple[Churn, Churn]:
    """In items, which have no estimate to change, and in points."""
    items, points = [], []
    for life in lives:
        came, went = life.created_on, life.left_on
        there = came < window.first and not (went is not None and went < window.first)
        before = _points(life, window.first) if there else 0.0
        after = _points(life, min(window.until, went or window.until))
        added, removed = window.holds(came), window.holds(went)
        items.append((float(there), float(added), float(removed), 0.0))
        if there and not removed:
            points.append((before, 0.0, 0.0, after - before))
        elif there:
            points.append((before, 0.0, before, 0.0))
        elif added:
            points.append((0.0, after, after * removed, 0.0))
    return _churn(items), _churn(points)


def predictability(lives: Sequence[ItemLife], periods: Sequence[Period], window: Window) -> Predictability:
    """By the sprints that ended in the window; where there was none, by the weeks in which items were due."""
    sprints = [each for each in periods if window.holds(each.end)]
    asked = sprints or list(_weeks(window))
    planned = [(life, period) for period in asked for life in lives if was_planned(life, period)]
    done = [(life, period) for life, period in planned if _done_by(life, period.end)]
    reason = None if planned else "nothing_planned"
    worth = [_points(life, period.begin + _DAY) for life, period in planned]
    kept = [_points(life, period.begin + _DAY) for life, period in done]
    return Predictability(
        by="sprint" if sprints else "due_week",
        periods=len({period.begin for _, period in planned}),
        items=Share(len(done), len(planned), reason),
        points=Share(fsum(kept), fsum(worth), reason or (None if any(worth) else "no_estimates")),
    )


def escape_rate(lives: Iterable[ItemLife], window: Window, *, told: bool) -> Escapes:
    """Duplicates and what nobody would fix are cancelled, and no defects. `told`: somebody said what an escape is."""
    found = [
        life
        for life in lives
        if life.escaped is not None and life.category is not StatusCategory.CANCELLED and window.holds(life.created_on)
    ]
    escaped = sum(bool(life.escaped) for life in found)
    reason = "no_escape_rule" if not told else None if found else "no_defects"
    share = Share(escaped, len(found), reason)
    return Escapes(share, None if share.value is None else wilson(share.value, len(found)))


def _blocked_days(life: ItemLife, window: Window) -> int:
    """Working days within the window, each once; the day on which it ended counts only if it is the one it began."""
    found, counted_until = 0, window.first
    for span in sorted(life.blocked, key=lambda each: each.began):
        begin = max(span.began, counted_until)
        end = min(max(span.ended, span.began + _DAY) if span.ended else window.until, window.until)
        if begin < end:
            found += window.calendar.working_days_between(begin, end)
            counted_until = end
    return found


def _points(life: ItemLife, day: date) -> float:
    """As they were told when the day began; none are 0."""
    told: float | None = told_before(life.estimates, day)
    return told or 0.0


def _churn(rows: Iterable[tuple[float, float, float, float]]) -> Churn:
    scope, added, removed, moved = zip(*rows, strict=True) if (rows := list(rows)) else ((), (), (), ())
    return Churn(fsum(scope), fsum(added), fsum(removed), fsum(map(abs, moved)), fsum(moved))


def _weeks(window: Window) -> Iterator[Period]:
    for place in range(window.weeks):
        monday = window.first + timedelta(weeks=place)
        yield Period(monday.isoformat(), monday, monday + timedelta(days=6))


def was_planned(life: ItemLife, period: Period) -> bool:
    """As the period began: it was there, not done, and planned for the period. A sprint is planned on its first day."""
    seen = period.begin + _DAY if period.sprint is not None else period.begin
    if life.created_on >= seen or (life.left_on is not None and life.left_on < seen) or _was_done(life, period.begin):
        return False
    if period.sprint is None:
        due = told_before(life.dues, seen)
        return due is not None and period.begin <= due <= period.end
    return life.source == period.source and period.sprint in (told_before(life.sprints, seen) or ())


def _was_done(life: ItemLife, day: date) -> bool:
    """As the day began."""
    return any(spell.began < day and (spell.ended is None or spell.ended >= day) for spell in life.done_spells)


def _done_by(life: ItemLife, day: date) -> bool:
    return _was_done(life, day + _DAY)
