"""The track record of the forecast by dependencies: what it would have said on past Mondays about the work that was
open then, and what became of it.

The throughput forecast is asked about the very same items, so that the two can be compared: which model to believe is
decided by what came true, not by taste. Scoring is `service.domain.calibration`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from statistics import fmean
from typing import Final

import numpy as np
from numpy.typing import NDArray

from service.domain.backtest import (
    AHEAD,
    AMOUNTS,
    FEWEST_COMPARED,
    TRIALS,
    AnyQuestion,
    NetworkQuestion,
    Promise,
    Question,
    Record,
    Rules,
    amounted,
    dated,
    days_ahead,
    worked,
)
from service.domain.calibration import ENOUGH_APART, loss, not_overlapping
from service.domain.forecast import Distribution, Past, how_many, too_little, when_done
from service.domain.ledger import Ledger
from service.domain.lives import ItemLife

Promises = Sequence[tuple[AnyQuestion, Promise]]


class Model(StrEnum):
    """Which forecast."""

    DEPENDENCIES = "dependencies"
    THROUGHPUT = "throughput"


ANSWERED: Final[Mapping[Model, Sequence[AnyQuestion]]] = {
    Model.DEPENDENCIES: (
        NetworkQuestion.OPEN_FINISHED,
        NetworkQuestion.BEGUN_FINISHED,
        NetworkQuestion.MILESTONES,
        Question.OPEN_SCOPE,
    ),
    Model.THROUGHPUT: (NetworkQuestion.OPEN_FINISHED, Question.OPEN_SCOPE),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """What the trials of a network said: when the `last` open item is finished; in each trial, ascending, how many are
    `finished` in the next four weeks, and how many of those `begun` (uids); when each open milestone (by uid) is
    reached."""

    last: Distribution
    finished: NDArray[np.int32]
    begun: frozenset[str]
    begun_finished: NDArray[np.int32]
    milestones: Mapping[str, Distribution]


@dataclass(frozen=True, slots=True, kw_only=True)
class Monday:
    """What each model promised of what is decided by now; None where it had too little history. `left_out` items were
    open and unknown to the network of that day."""

    origin: date
    promised: Mapping[Model, Promises | None]
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """Over the promises that both models made: the mean quantile loss, in items or in working days, less is better.
    `better` is None where there are fewer than eight of them, fewer than five that do not overlap, or no difference."""

    question: AnyQuestion
    promises: int
    loss: Mapping[Model, float]
    better: Model | None


def by_dependencies(
    origin: date, foreseen: Foreseen, asked: Mapping[str, ItemLife], rules: Rules
) -> Iterator[tuple[AnyQuestion, Promise]]:
    """`asked` are the open items of the network, as they are known today."""
    elapsed = rules.calendar.working_days_between(origin, rules.before)
    if days_ahead(origin, rules) is not None:
        happened = _finished_ahead(asked.values(), origin)
        yield NetworkQuestion.OPEN_FINISHED, amounted(origin, foreseen.finished, happened=happened)
        if foreseen.begun:
            happened = _finished_ahead([asked[uid] for uid in foreseen.begun], origin)
            yield NetworkQuestion.BEGUN_FINISHED, amounted(origin, foreseen.begun_finished, happened=happened)
    for uid, reached in foreseen.milestones.items():
        if asked[uid].left_on is None:  # what was called off was neither reached nor missed
            happened_on = _worked(asked[uid].done_on, origin, rules)
            if (promise := dated(origin, reached, happened_on, elapsed=elapsed)) is not None:
                yield NetworkQuestion.MILESTONES, promise
    if (promise := dated(origin, foreseen.last, _gone(asked.values(), origin, rules), elapsed=elapsed)) is not None:
        yield Question.OPEN_SCOPE, promise


def by_throughput(
    origin: date, ledger: Ledger, asked: Mapping[str, ItemLife], rules: Rules
) -> list[tuple[AnyQuestion, Promise]] | None:
    """Of the same items: whatever is finished is taken to be one of them, as the forecast does. None where there is
    too little history."""
    past = Past(ledger.throughput(origin, weeks=rules.weeks).finished)
    if too_little(past) is not None:
        return None
    found: list[tuple[AnyQuestion, Promise]] = []
    seed, elapsed = rules.seed_of(origin), rules.calendar.working_days_between(origin, rules.before)
    if (ahead := days_ahead(origin, rules)) is not None:
        sums = np.minimum(how_many(past, days=ahead, seed=seed, trials=TRIALS), len(asked))
        happened = _finished_ahead(asked.values(), origin)
        found.append((NetworkQuestion.OPEN_FINISHED, amounted(origin, sums, happened=happened)))
    drawn = when_done(len(asked), past, seed=seed, trials=TRIALS)
    if (promise := dated(origin, drawn, _gone(asked.values(), origin, rules), elapsed=elapsed)) is not None:
        found.append((Question.OPEN_SCOPE, promise))
    return found


def records_of(mondays: Sequence[Monday]) -> dict[Model, Record]:
    """One for each model, over the Mondays on which it could say anything."""
    return {model: _record(mondays, model) for model in Model}


def compared(records: Mapping[Model, Record]) -> tuple[Comparison, ...]:
    """Question by question, of those that both models answer."""
    both = [question for question in ANSWERED[Model.DEPENDENCIES] if question in ANSWERED[Model.THROUGHPUT]]
    return tuple(_compared(question, records) for question in both)


def _record(mondays: Sequence[Monday], model: Model) -> Record:
    told = [(each.origin, made) for each in mondays if (made := each.promised[model]) is not None]
    return Record(
        origins=tuple(origin for origin, _ in told),
        skipped=len(mondays) - len(told),
        promises={
            question: tuple(promise for _, made in told for about, promise in made if about is question)
            for question in ANSWERED[model]
        },
    )


def _compared(question: AnyQuestion, records: Mapping[Model, Record]) -> Comparison:
    by_origin = {model: {each.origin: each for each in records[model].promises[question]} for model in Model}
    shared = by_origin[Model.DEPENDENCIES].keys() & by_origin[Model.THROUGHPUT].keys()
    lost = {model: _mean_loss([by_origin[model][origin] for origin in sorted(shared)], question) for model in Model}
    nearest = min(Model, key=lost.__getitem__)
    alike = len(set(lost.values())) == 1
    enough = len(shared) >= FEWEST_COMPARED and all(
        not_overlapping([by_origin[model][origin] for origin in sorted(shared)]) >= ENOUGH_APART for model in Model
    )
    return Comparison(question, len(shared), lost, nearest if enough and not alike else None)


def _mean_loss(promises: Sequence[Promise], question: AnyQuestion) -> float:
    """Over the three levels."""
    return fmean(fmean(loss(each, amounts=question in AMOUNTS)) for each in promises) if promises else 0.0


def _finished_ahead(asked: Collection[ItemLife], origin: date) -> int:
    until = origin + timedelta(weeks=AHEAD)
    return sum(life.done_on is not None and life.done_on < until for life in asked)


def _gone(asked: Collection[ItemLife], origin: date, rules: Rules) -> int | None:
    """Working days until the last of them was done or had left; None while one of them is open."""
    days = [life.done_on or life.left_on for life in asked]
    known = [day for day in days if day is not None]
    return _worked(max(known), origin, rules) if known and len(known) == len(days) else None


def _worked(day: date | None, origin: date, rules: Rules) -> int | None:
    return None if day is None else worked(day, origin, rules.calendar)
