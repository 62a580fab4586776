"""When a program will be done, by its own throughput: the answer, and the one function that others ask.

The history and what is left are counted alike: items that count, by their final completion.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from math import ceil
from typing import Final, NamedTuple
from weakref import WeakKeyDictionary

from service.domain.calibration import Calibration
from service.domain.errors import InvalidQuery
from service.domain.forecast import FEWEST_WEEKS, HORIZON_WEEKS, WORKING_DAYS, Past, seed_of, too_little
from service.domain.notices import Notice, counted
from service.domain.outlook import Chance, Finish, Outlook, Terms, outlook
from service.domain.rollup import DEFINITION_VERSION
from service.domain.throughput import WINDOW, BulkDay, Throughput, bulk_days, latest_shift, monday_of, natural_limits
from service.programs.answers import Answer, ProgramRef
from service.programs.cache import Recent
from service.programs.calibration import calibration_of, summary
from service.programs.chances import DatesAt, chance_data
from service.programs.dependency_aware import dependency_aware
from service.programs.dependency_terms import Viewpoint
from service.programs.envelope import enveloped
from service.programs.forecast_answers import (
    DateRange,
    FinishData,
    ForecastData,
    HowMany,
    OutlookData,
    Stability,
    WeekData,
)
from service.programs.historians import NO_HISTORIANS, Historians
from service.programs.lives import Known, Lives, Sealed, lives_of, seal_of
from service.programs.past import MAPPING_OF_TODAY
from service.programs.schedule_risk_answers import DependencyAware
from service.store.engine import Database

MOST_WEEKS: Final = 104
KEPT = 512  # answers are small: those of all programs of a portfolio stay
DAYS_AHEAD: Final = HORIZON_WEEKS * 7


class ForecastQuestion(NamedTuple):
    """`weeks` of history, how many items by which day, and whether days of tidying up and imports are left out."""

    weeks: int = WINDOW
    by: date | None = None
    without_bulk_days: bool = False


class Then(NamedTuple):
    """A day of the past, and the day as which began nothing more was known: the one after it, or itself."""

    day: date
    known_before: date


USUAL: Final = ForecastQuestion()


@dataclass(frozen=True, slots=True)
class ProgramForecast:
    """`outlook` is None where `reason` says why. `recent` is drawn from the weeks since `shift`, where the pace
    changed and there are enough of them. Bulk days are told, and taken out only on request."""

    remaining: int
    target: date | None
    weeks: Throughput
    growth: tuple[int, ...]
    reason: str | None
    outlook: Outlook | None
    shift: date | None
    recent: Outlook | None
    bulk_done: tuple[BulkDay, ...]
    bulk_created: tuple[BulkDay, ...]

    @property
    def on_target(self) -> Chance | None:
        """The probability of the target, were no work added; None without a target or a forecast."""
        return None if self.outlook is None else self.outlook.plain.on_target


async def program_forecast(
    database: Database, key: str, *, view: Viewpoint, question: ForecastQuestion = USUAL
) -> ProgramForecast:
    """Kept until the program changes or the day is over; then nothing is read but what it rests on. Raises
    UnknownProgram or InvalidQuery."""
    _check(question, view.today)
    sealed = await seal_of(database, key, view)
    asked = _asked(sealed, view, question, None)
    found = _kept.setdefault(database, Recent(KEPT)).get(asked)
    return found or await forecast_from(database, await lives_of(database, key, view), view, question)


async def get_forecast(
    database: Database,
    key: str,
    *,
    view: Viewpoint,
    question: ForecastQuestion = USUAL,
    as_of: datetime | None = None,
    historians: Historians = NO_HISTORIANS,
) -> Answer[ForecastData]:
    """As it would have been said at a moment of the past, by what was known then. Raises UnknownProgram or
    InvalidQuery.

    `historians` tell what the dependencies were like then.
    """
    then = None if as_of is None else then_of(as_of, view)
    asked = view if then is None else replace(view, today=then.day)
    _check(question, asked.today)
    known = await lives_of(database, key, view)
    made = await forecast_from(database, known, asked, question, then=then)
    record = await calibration_of(database, known, asked)
    program = known.grounds.program
    data = ForecastData(
        program=ProgramRef(program.key, program.name),
        unit="items",
        remaining=made.remaining,
        target=made.target,
        reason=made.reason,
        message=message(made),
        forecast=_outlook(made.outlook),
        recent=_outlook(made.recent),
        stability=_stability(made),
        history=tuple(map(WeekData, made.weeks.weeks, made.weeks.finished, made.growth)),
        calibration=summary(record, recalibrated(made, record, asked)),
        dependency_aware=await _by_dependencies(database, key, view if as_of is None else view.at(as_of, historians)),
    )
    notices = (*(() if then is None else (MAPPING_OF_TODAY,)), *_notices(made, question), *known.backlog)
    return enveloped(data, sources=known.grounds.sources, now=view.now, notices=notices, as_of=as_of)


async def _by_dependencies(database: Database, key: str, seen: Viewpoint) -> DependencyAware | None:
    """None at a moment at which nothing was there."""
    try:
        return await dependency_aware(database, key, seen)
    except InvalidQuery:
        return None


async def forecast_from(
    database: Database,
    known: Known,
    view: Viewpoint,
    question: ForecastQuestion = USUAL,
    *,
    then: Then | None = None,
) -> ProgramForecast:
    """From lives that were read already; computed off the event loop. `view` looks from the day of `then`."""
    kept = _kept.setdefault(database, Recent(KEPT))
    program = known.grounds.program
    asked = _asked(known, view, question, then)
    found = kept.get(asked)
    if found is None:
        terms = Terms(
            today=view.today,
            calendar=view.terms.calendar,
            seed=seed_of(program.key, view.today.isoformat(), DEFINITION_VERSION),
            target=program.target,
            by=question.by,
        )
        found = await asyncio.to_thread(forecast_of, known.lives, terms, question, then)
        kept.put(asked, found)
    return found


def forecast_of(
    lives: Lives, terms: Terms, question: ForecastQuestion = USUAL, then: Then | None = None
) -> ProgramForecast:
    ledger = lives.ledger
    now = terms.today + timedelta(days=1) if then is None else then.known_before
    remaining = lives.remaining if then is None else lives.remaining_before(now)
    told = ledger.throughput(terms.today, known=now, weeks=question.weeks)
    growth = ledger.growth(told, known=now)
    until = monday_of(terms.today)
    done = bulk_days((day for life in lives.every if (day := life.done_on)), first=told.first_week, until=until)
    created = bulk_days((life.created_on for life in lives.every), first=told.first_week, until=until)
    if question.without_bulk_days:
        told = Throughput(told.first_week, _without(done, told, told.finished))
        growth = _without(created, told, growth)
    empty = lives.begun_on is None or lives.begun_on >= now
    reason = "empty_scope" if empty else _reason(remaining, told)
    shift = latest_shift(told)
    since = told.since(shift) if shift is not None else None
    recent = None
    if reason is None and since is not None and too_little(Past(since.finished)) is None:
        recent = outlook(remaining, since, growth[-len(since.finished) :], terms)
    return ProgramForecast(
        remaining=remaining,
        target=terms.target,
        weeks=told,
        growth=growth,
        reason=reason,
        outlook=None if reason is not None else outlook(remaining, told, growth, terms),
        shift=shift,
        recent=recent,
        bulk_done=done,
        bulk_created=created,
    )


def _asked(
    sealed: Known | Sealed, view: Viewpoint, question: ForecastQuestion, then: Then | None
) -> tuple[object, ...]:
    """What the answer depends on."""
    return (sealed.seal, view.today, view.terms.calendar, sealed.grounds.program.target, question, then)


def then_of(moment: datetime, view: Viewpoint) -> Then | None:
    """None for today: that is the present. Within a day nothing is known yet of that day."""
    local = moment.astimezone(view.terms.zone)
    if local.date() >= view.today:
        return None
    return Then(local.date(), (local + timedelta(microseconds=1)).date())


def message(made: ProgramForecast) -> str:
    """The forecast in a sentence, or why there is none."""
    match made.reason:
        case "empty_scope":
            return "No forecast: nothing counts in this program yet."
        case "nothing_left":
            return "Nothing is left to do."
        case "insufficient_history":
            weeks = counted(len(made.weeks.finished), "complete week")
            return f"No forecast: {weeks} of history, and at least {FEWEST_WEEKS} are needed."
        case "no_throughput":
            return f"No forecast: nothing was finished in {counted(len(made.weeks.finished), 'week')}."
        case _:
            return _said(made)


def _said(made: ProgramForecast) -> str:
    if made.outlook is None:
        return ""
    p50, p85, _ = made.outlook.plain.days
    items = f"the {made.remaining} open items are" if made.remaining != 1 else "the one open item is"
    if p85 is None:
        return f"At this pace {items} not done within five years with 85 % confidence."
    half = "later than five years" if p50 is None else f"by {p50}"
    return f"With 85 % confidence {items} done by {p85} (half of the trials: {half}), if no work is added."


def _reason(remaining: int, told: Throughput) -> str | None:
    return too_little(Past(told.finished)) if remaining else "nothing_left"


def _without(bulk: Iterable[BulkDay], told: Throughput, weekly: Sequence[int]) -> tuple[int, ...]:
    left = list(weekly)
    for day, items in bulk:
        left[(day - told.first_week).days // 7] -= items
    return tuple(left)


def _check(question: ForecastQuestion, today: date) -> None:
    if not FEWEST_WEEKS <= question.weeks <= MOST_WEEKS:
        raise InvalidQuery("weeks", f"must be between {FEWEST_WEEKS} and {MOST_WEEKS}, not {question.weeks}.")
    if question.by is not None and not 0 <= (question.by - today).days <= DAYS_AHEAD:
        raise InvalidQuery("by", f"must be a day from {today} on, at most five years ahead.")


def _outlook(told: Outlook | None) -> OutlookData | None:
    if told is None:
        return None
    by = told.by
    return OutlookData(
        first_week=told.weeks.first_week,
        weeks=len(told.weeks.finished),
        small_sample=told.small_sample,
        without_growth=_finish(told.plain),
        with_growth=_finish(told.growing),
        growth_a_week=round(told.growth_a_week, 6),
        p85_range=DateRange(*told.range_of_p85),
        how_many=None if by is None else HowMany(by.day, by.working_days, *by.items),
    )


def _finish(told: Finish) -> FinishData:
    chance = told.on_target
    return FinishData(DatesAt(*told.days), None if chance is None else chance_data(chance))


def recalibrated(made: ProgramForecast, record: Calibration, view: Viewpoint) -> DatesAt | None:
    """Each date as many times as far away as past ones should have been; never before the one at a lower level."""
    stretch = () if record.earned is None else record.earned.stretch
    if made.outlook is None or not stretch:
        return None
    calendar, furthest, found = view.terms.calendar, 0, list[date | None]()
    for day, times in zip(made.outlook.plain.days, stretch, strict=True):
        told = None if day is None or times is None else calendar.index_after(day) - calendar.index(view.today)
        if told is None or times is None or (away := ceil(times * told)) > HORIZON_WEEKS * WORKING_DAYS:
            found.append(None)
            continue
        furthest = max(furthest, away, 1)
        found.append(calendar.day(calendar.index(view.today) + furthest - 1))
    return DatesAt(*found)


def _stability(made: ProgramForecast) -> Stability | None:
    limits = natural_limits(made.weeks.finished)
    if limits is None:
        return None
    return Stability(
        stable=made.shift is None,
        reason=None if made.shift is None else "non_stationary",
        since=made.shift,
        lower=round(limits.lower, 6),
        mean=round(limits.mean, 6),
        upper=round(limits.upper, 6),
    )


def _notices(made: ProgramForecast, question: ForecastQuestion) -> Iterable[Notice]:
    if made.outlook is not None and made.outlook.small_sample:
        weeks = counted(len(made.weeks.finished), "week")
        yield Notice("small_sample", f"The forecast is drawn from {weeks} of history alone.")
    if made.shift is not None and made.reason is None:
        beside = "the answer since stands beside" if made.recent else "too few weeks have passed since then"
        yield Notice("non_stationary", f"The pace changed in the week of {made.shift}; {beside}.")
    verb = "are left out" if question.without_bulk_days else "count; without_bulk_days=true leaves them out"
    for bulk, what, code in ((made.bulk_done, "done", "bulk_done"), (made.bulk_created, "created", "bulk_created")):
        if bulk:
            days = ", ".join(f"{items} items on {day}" for day, items in bulk)
            yield Notice(code, f"Unusually many items were {what} at once: {days}. They {verb}.")


_kept: WeakKeyDictionary[Database, Recent[tuple[object, ...], ProgramForecast]] = WeakKeyDictionary()
