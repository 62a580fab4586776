"""The track record of the throughput forecast: what it would have said on past Mondays, and what then happened.

At each origin the state of that day is rebuilt and three questions are asked: how many items the next four weeks will
finish, when the next few will be finished (about four weeks of work), and when all that is open then will be done.
Every promise is kept with what became of it; scoring them is `service.domain.calibration`. The forecast by
dependencies is asked in the same way, about the work that was open (`service.domain.network_backtest`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from statistics import fmean
from typing import Final

import numpy as np

from service.domain.calendars import WorkingCalendar
from service.domain.forecast import WORKING_DAYS, Days, Distribution, Past, at_least, how_many, too_little, when_done
from service.domain.ledger import Ledger
from service.domain.outlook import LEVELS
from service.domain.throughput import WINDOW, monday_of

AHEAD = 4  # weeks that a question looks ahead
MOST_ORIGINS = 104  # two years
TRIALS = 1_000  # of one back-test; its error is far below that of a hundred outcomes
FEWEST_COMPARED = 8  # promises of two models, to tell which was nearer

_WEEK = timedelta(days=7)
_AHEAD_DAYS = AHEAD * WORKING_DAYS


class Question(StrEnum):
    """What a forecast is asked."""

    ITEMS_FINISHED = "items_finished"  # in the next four weeks
    NEXT_ITEMS = "next_items"  # when they are finished: as many as four weeks usually finish
    OPEN_SCOPE = "open_scope"  # when all that is open has been done or has left


class NetworkQuestion(StrEnum):
    """What a forecast of open items alone is asked beside OPEN_SCOPE."""

    OPEN_FINISHED = "open_finished"  # how many of the items that are open, in the next four weeks
    BEGUN_FINISHED = "begun_finished"  # how many of those that are in progress
    MILESTONES = "milestones"  # when each open milestone is reached


AnyQuestion = Question | NetworkQuestion
AMOUNTS: Final = frozenset[AnyQuestion](  # the rest are days
    {Question.ITEMS_FINISHED, NetworkQuestion.OPEN_FINISHED, NetworkQuestion.BEGUN_FINISHED}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What was said on a Monday at 50, 85 and 95 %, and what happened.

    `said` and `happened` are items, or working days from the Monday on (NEVER while it has not happened). `kept` is
    whether it was at least as good as said, `stated` how probable the forecast itself held that: whole items and days
    make it more than the level. `chance` and `came` are a forecast of one day and whether it was met, where there is
    such a day. `pit` is where in its forecast the outcome lies, from 0 to 1. `spans` are weeks until it was known.
    """

    origin: date
    said: tuple[int, int, int]
    happened: int
    kept: tuple[bool, bool, bool]
    stated: tuple[float, float, float]
    pit: float
    spans: float
    chance: float | None = None
    came: bool | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """`promises` are those that are decided, by question; `origins` were asked, `skipped` had too little history."""

    origins: tuple[date, ...]
    skipped: int
    promises: Mapping[AnyQuestion, tuple[Promise, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """`seed_of` gives each origin its own seed; what happened from the day `before` on is not known yet. `weeks` of
    history are drawn from at each of at most so many `origins`."""

    calendar: WorkingCalendar
    before: date
    seed_of: Callable[[date], int]
    target: date | None = None
    weeks: int = WINDOW
    origins: int = MOST_ORIGINS


def back_test(ledger: Ledger, rules: Rules) -> Record:
    """Every Monday, two years back by default, at which there was enough history. CPU-heavy: off the event loop."""
    found: dict[Question, list[Promise]] = {question: [] for question in Question}
    asked: list[date] = []
    known = mondays(ledger, rules)
    for origin in known:
        throughput = ledger.throughput(origin, weeks=rules.weeks)
        past = Past(throughput.finished)
        if too_little(past) is not None:
            continue
        asked.append(origin)
        for question, promise in _asked(ledger, origin, past, rules):
            if promise is not None:
                found[question].append(promise)
    return Record(tuple(asked), len(known) - len(asked), {question: tuple(made) for question, made in found.items()})


def mondays(ledger: Ledger, rules: Rules) -> list[date]:
    """From the week after work began; the last one has at least a week after it."""
    begun = ledger.begun_on
    if begun is None:
        return []
    last = monday_of(rules.before) - _WEEK
    first = max(monday_of(begun) + _WEEK, last - _WEEK * (rules.origins - 1))
    return [first + _WEEK * place for place in range(max(0, (last - first).days // 7 + 1))]


def days_ahead(origin: date, rules: Rules) -> int | None:
    """Working days of the weeks that a question looks ahead; None while they are not over."""
    until = origin + _WEEK * AHEAD
    return None if until > rules.before else worked(until - timedelta(days=1), origin, rules.calendar)


def worked(day: date, origin: date, calendar: WorkingCalendar) -> int:
    """Working days from the beginning of the origin until the end of a day; at least one."""
    return max(1, calendar.index_after(day) - calendar.index(origin))


def amounted(origin: date, sums: Days, *, happened: int) -> Promise:
    """Of so many items or more, `sums` of every trial ascending."""
    p50, p85, p95 = (at_least(sums, level) for level in LEVELS)
    reached = [1 - float(np.searchsorted(sums, each, side="left")) / sums.size for each in (p50, p85, p95)]
    below, up_to = (float(np.searchsorted(sums, happened, side=side)) for side in ("left", "right"))
    return Promise(
        origin=origin,
        said=(p50, p85, p95),
        happened=happened,
        kept=(happened >= p50, happened >= p85, happened >= p95),
        stated=(reached[0], reached[1], reached[2]),
        pit=(below + up_to) / 2 / sums.size,
        spans=AHEAD,
    )


def dated(
    origin: date, drawn: Distribution, happened: int | None, *, elapsed: int, by: int | None = None
) -> Promise | None:
    """Of being finished within so many working days; `elapsed` of them are over. None while the promise can still be
    kept, or where there was none within the horizon.

    Whoever counted early successes before late failures could be told would flatter the forecast: a promise counts
    from the day on which it can be said whether even its P95 was kept.
    """
    p50, p85, p95 = (drawn.percentile(level) for level in LEVELS)
    if p50 is None or p85 is None or p95 is None or p95 > elapsed:
        return None
    outcome = elapsed + 1 if happened is None or happened > elapsed else happened  # so late at least
    below = float(np.searchsorted(drawn.days, outcome, side="left")) / drawn.days.size
    decided = by is not None and 0 < by <= elapsed
    return Promise(
        origin=origin,
        said=(p50, p85, p95),
        happened=outcome,
        kept=(outcome <= p50, outcome <= p85, outcome <= p95),
        stated=(drawn.probability(p50), drawn.probability(p85), drawn.probability(p95)),
        pit=(below + drawn.probability(outcome)) / 2,
        spans=max(1.0, p50 / WORKING_DAYS),
        chance=drawn.probability(by) if by is not None and decided else None,
        came=outcome <= by if by is not None and decided else None,
    )


def _asked(ledger: Ledger, origin: date, past: Past, rules: Rules) -> Iterator[tuple[Question, Promise | None]]:
    """Nothing of what is not decided yet."""
    seed = rules.seed_of(origin)
    finished = [worked(date.fromordinal(day), origin, rules.calendar) for day in ledger.finished_from(origin).tolist()]
    elapsed = rules.calendar.working_days_between(origin, rules.before)
    if (ahead := days_ahead(origin, rules)) is not None:
        sums = how_many(past, days=ahead, seed=seed, trials=TRIALS)
        yield Question.ITEMS_FINISHED, amounted(origin, sums, happened=sum(each <= ahead for each in finished))
    batch = max(1, round(AHEAD * fmean(past.finished)))
    drawn = when_done(batch, past, seed=seed, trials=TRIALS)
    happened = finished[batch - 1] if len(finished) >= batch else None
    yield Question.NEXT_ITEMS, dated(origin, drawn, happened, elapsed=elapsed, by=_AHEAD_DAYS)
    opened = ledger.open_before(origin)
    if opened.any():
        drawn = when_done(int(opened.sum()), past, seed=seed, trials=TRIALS)
        gone = ledger.gone_by(opened)
        happened = None if gone is None else worked(date.fromordinal(gone), origin, rules.calendar)
        target = None if rules.target is None else rules.calendar.index_after(rules.target)
        by = None if target is None else target - rules.calendar.index(origin)
        yield Question.OPEN_SCOPE, dated(origin, drawn, happened, elapsed=elapsed, by=by)
