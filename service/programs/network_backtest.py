"""The track record of a program's forecast by dependencies, beside that of its throughput forecast.

Every past Monday means reading the program as it was then and drawing from its network: seconds for a large program. So
it is computed once a week by the worker (service.programs.track_records) or by command, and never in a request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Final, NamedTuple

import numpy as np

from service.domain.backtest import AHEAD, MOST_ORIGINS, TRIALS, Record, Rules, days_ahead, mondays
from service.domain.calibration import FEWEST_ORIGINS, calibrate
from service.domain.columns import IN_PROGRESS
from service.domain.errors import InvalidQuery
from service.domain.forecast import FEWEST_WEEKS
from service.domain.lives import ItemLife
from service.domain.network_backtest import (
    Comparison,
    Foreseen,
    Model,
    Monday,
    by_dependencies,
    by_throughput,
    compared,
    records_of,
)
from service.domain.notices import Notice, counted
from service.domain.schedule_risk import OpenNodes, open_work
from service.domain.throughput import WINDOW
from service.programs.answers import Answer, ProgramRef
from service.programs.backtest_answers import BacktestData, ComparisonData, ModelRecord
from service.programs.calibration import ASKED, UNITS, promises_of, score_data, seed_at, verdict
from service.programs.dependency_terms import Viewpoint
from service.programs.envelope import enveloped
from service.programs.forecast import MOST_WEEKS
from service.programs.historians import Historians
from service.programs.lives import Lives, lives_of
from service.programs.networks import network_of
from service.programs.past import end_of
from service.programs.program_plan import ProgramPlan
from service.programs.schedule_risk import Setting
from service.programs.schedules import plan_in_thread
from service.store.engine import Database

USUAL_ORIGINS: Final = 52
WORDS: Final = {Model.DEPENDENCIES: "by dependencies", Model.THROUGHPUT: "by throughput"}

Progress = Callable[[int, int], None]  # so many Mondays of so many


class BacktestQuestion(NamedTuple):
    """So many Mondays, back from the last one that is a week ago; `weeks` of history, as a throughput forecast is
    drawn from."""

    origins: int = USUAL_ORIGINS
    weeks: int = WINDOW


USUAL: Final = BacktestQuestion()


async def get_backtest(
    database: Database,
    key: str,
    *,
    view: Viewpoint,
    historians: Historians,
    question: BacktestQuestion = USUAL,
    progress: Progress | None = None,
) -> Answer[BacktestData]:
    """From now. Raises UnknownProgram or InvalidQuery."""
    _check(question)
    known = await lives_of(database, key, view)
    program = known.grounds.program
    rules = Rules(
        calendar=view.terms.calendar,
        before=view.today,
        seed_of=partial(seed_at, program.key),
        weeks=question.weeks,
        origins=question.origins,
    )
    made: list[Monday] = []
    origins = mondays(known.lives.ledger, rules)
    for origin in origins:
        if progress is not None:
            progress(len(made), len(origins))
        then = replace(view.at(end_of(origin - timedelta(days=1), view.terms.zone), historians), today=origin)
        network = (await network_of(database, key, then)).network
        made.append(await asyncio.to_thread(_asked, await plan_in_thread(network), known.lives, rules))
    if progress is not None:
        progress(len(made), len(origins))
    records = records_of(made)
    data = BacktestData(
        program=ProgramRef(program.key, program.name),
        weeks_ahead=AHEAD,
        history_weeks=question.weeks,
        origins=len(origins),
        first_origin=origins[0] if origins else None,
        last_origin=origins[-1] if origins else None,
        models=tuple(_model(model, records[model]) for model in Model),
        comparisons=tuple(map(_comparison, compared(records))),
    )
    notices = (*_left_out(made), *known.backlog)
    return enveloped(data, sources=known.grounds.sources, now=view.now, notices=notices)


def _asked(plan: ProgramPlan, lives: Lives, rules: Rules) -> Monday:
    """What the two models say about the items that were open as the day of the plan began."""
    origin = plan.asked.today
    opened = lives.open_before(origin)
    there = _Open.of(plan, opened)
    foreseen = there.foreseen(days_ahead(origin, rules))
    promised = (
        {
            Model.DEPENDENCIES: None
            if foreseen is None
            else tuple(by_dependencies(origin, foreseen, there.lives, rules)),
            Model.THROUGHPUT: by_throughput(origin, lives.ledger, there.lives, rules),
        }
        if there.lives
        else dict.fromkeys(Model)
    )
    return Monday(origin=origin, promised=promised, left_out=len(opened) - len(there.lives))


@dataclass(frozen=True, slots=True)
class _Open:
    """The open items of a plan that are still known today, by uid; `places` are theirs in the plan."""

    plan: ProgramPlan
    places: Mapping[str, int]
    lives: Mapping[str, ItemLife]

    @classmethod
    def of(cls, plan: ProgramPlan, opened: Mapping[str, ItemLife]) -> _Open:
        item = plan.asked.network.item
        places = {
            uid: place
            for place in np.flatnonzero(item.live & item.open & item.member).tolist()
            if (uid := plan.items[place].uid) in opened
        }
        return cls(plan, places, {uid: opened[uid] for uid in places})

    def foreseen(self, ahead: int | None) -> Foreseen | None:
        """None where too little is known of how long work takes, or nothing is open."""
        setting = Setting.of(self.plan)
        if setting.laws is None or not self.places:
            return None
        milestones = {place: self.plan.items[place].uid for place in setting.milestones}
        item = self.plan.asked.network.item
        begun = [place for place in self.places.values() if item.category[place] == IN_PROGRESS]
        drawn = open_work(
            self.plan.activities,
            setting.laws.laws,
            OpenNodes(
                nodes=list(self.places.values()),
                within=ahead or 0,
                begun=begun,
                milestones=[place for place, uid in milestones.items() if uid in self.places],
            ),
            seed=setting.seed,
            trials=TRIALS,
            conditions=setting.conditions,
        )
        return Foreseen(
            last=drawn.last,
            finished=drawn.finished,
            begun=frozenset(self.plan.items[place].uid for place in begun),
            begun_finished=drawn.begun_finished,
            milestones={milestones[place]: reached for place, reached in drawn.milestones.items()},
        )


def _check(question: BacktestQuestion) -> None:
    if not FEWEST_ORIGINS <= question.origins <= MOST_ORIGINS:
        raise InvalidQuery("origins", f"must be between {FEWEST_ORIGINS} and {MOST_ORIGINS}, not {question.origins}.")
    if not FEWEST_WEEKS <= question.weeks <= MOST_WEEKS:
        raise InvalidQuery("weeks", f"must be between {FEWEST_WEEKS} and {MOST_WEEKS}, not {question.weeks}.")


def _model(model: Model, record: Record) -> ModelRecord:
    found = calibrate(record)
    return ModelRecord(
        model=model,
        badge=found.badge,
        question=found.headline,
        message=verdict(found),
        origins=len(record.origins),
        skipped=record.skipped,
        scores=tuple(map(score_data, found.scores)),
        promises=tuple(promises_of(record)),
    )


def _comparison(made: Comparison) -> ComparisonData:
    one, other = (round(made.loss[model], 6) for model in (Model.DEPENDENCIES, Model.THROUGHPUT))
    return ComparisonData(
        question=made.question,
        promises=made.promises,
        unit=UNITS[made.question],
        dependencies=one if made.promises else None,
        throughput=other if made.promises else None,
        better=made.better,
        message=_said(made),
    )


def _said(made: Comparison) -> str:
    asked, promises = ASKED[made.question], counted(made.promises, "promise")
    if made.better is None:
        return f"Which of the two tells better {asked} cannot be said ({promises} of both)."
    return f"The forecast {WORDS[made.better]} told better {asked} ({promises} of both)."


def _left_out(made: Iterable[Monday]) -> Iterable[Notice]:
    most = max((each.left_out for each in made), default=0)
    if most:
        yield Notice(
            "left_out",
            f"On one Monday or more, up to {counted(most, 'open item')} could not be found in the network of that day; "
            "no promise is about them.",
        )
