"""The track record of a program's forecast: back-tests over the past two years, kept until something changes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from datetime import date
from functools import partial
from typing import Final
from weakref import WeakKeyDictionary

from service.domain.backtest import AMOUNTS, AnyQuestion, NetworkQuestion, Promise, Question, Record, Rules, back_test
from service.domain.calibration import Badge, Calibration, Score, calibrate
from service.domain.forecast import seed_of
from service.domain.rollup import DEFINITION_VERSION
from service.programs.answers import Answer, ProgramRef
from service.programs.cache import Recent
from service.programs.chances import DatesAt
from service.programs.dependency_terms import Viewpoint
from service.programs.envelope import enveloped
from service.programs.forecast_answers import (
    CalibrationData,
    CalibrationSummary,
    PromiseData,
)
from service.programs.lives import Known, lives_of
from service.programs.past import MAPPING_OF_TODAY
from service.programs.rounding import rounded
from service.programs.track_record_answers import CoverageData, ScoreData
from service.store.engine import Database

KEPT = 64
ASKED: Final[Mapping[AnyQuestion, str]] = {
    Question.ITEMS_FINISHED: "how many items four weeks finish",
    Question.NEXT_ITEMS: "when the next few items are finished",
    Question.OPEN_SCOPE: "when all open work is done",
    NetworkQuestion.OPEN_FINISHED: "how many of the open items four weeks finish",
    NetworkQuestion.BEGUN_FINISHED: "how many of the items in progress four weeks finish",
    NetworkQuestion.MILESTONES: "when open milestones are reached",
}
UNITS: Final[Mapping[AnyQuestion, str]] = {each: "items" if each in AMOUNTS else "working_days" for each in ASKED}
_VERDICTS: Final = {
    Badge.CALIBRATED: "kept as often as they said",
    Badge.OVERCONFIDENT: "kept less often than they said: expect it later than the dates say",
    Badge.UNDERCONFIDENT: "kept more often than they said: the dates are cautious",
}


async def get_calibration(database: Database, key: str, *, view: Viewpoint) -> Answer[CalibrationData]:
    """As of the view's day. Raises UnknownProgram."""
    known = await lives_of(database, key, view)
    found = await calibration_of(database, known, view)
    program, origins = known.grounds.program, found.record.origins
    data = CalibrationData(
        program=ProgramRef(program.key, program.name),
        badge=found.badge,
        question=found.headline,
        message=verdict(found),
        origins=len(origins),
        skipped=found.record.skipped,
        first_origin=origins[0] if origins else None,
        last_origin=origins[-1] if origins else None,
        scores=tuple(map(score_data, found.scores)),
        promises=tuple(promises_of(found.record)),
    )
    notices = (*(() if view.earlier is None else (MAPPING_OF_TODAY,)), *known.backlog)
    return enveloped(data, sources=known.grounds.sources, now=view.now, notices=notices, as_of=view.as_of)


async def calibration_of(database: Database, known: Known, view: Viewpoint) -> Calibration:
    """Computed off the event loop, once for what is known and the day."""
    kept = _kept.setdefault(database, Recent(KEPT))
    program, calendar = known.grounds.program, view.terms.calendar
    asked = (known.seal, view.today, calendar, program.target)
    found = kept.get(asked)
    if found is None:
        rules = Rules(
            calendar=calendar, before=view.today, seed_of=partial(seed_at, program.key), target=program.target
        )
        found = await asyncio.to_thread(lambda: calibrate(back_test(known.lives.ledger, rules)))
        kept.put(asked, found)
    return found


def summary(found: Calibration, recalibrated: DatesAt | None = None) -> CalibrationSummary:
    decided = 0 if found.earned is None else found.earned.decided
    return CalibrationSummary(found.badge, found.headline, decided, verdict(found), recalibrated)


def verdict(found: Calibration) -> str:
    score = found.earned
    if score is None:
        best = max((each.decided for each in found.scores), default=0)
        return f"Too few past forecasts are decided to tell how far this one can be trusted ({best} of 20)."
    likely = score.coverage[1]
    return (
        f"{score.decided} past forecasts of {ASKED[score.question]} were {_VERDICTS[score.badge]} "
        f"(of those at 85 %, {likely.kept:.0%} were kept)."
    )


def seed_at(program: str, origin: date) -> int:
    return seed_of(program, origin.isoformat(), DEFINITION_VERSION)


def score_data(score: Score) -> ScoreData:
    return ScoreData(
        question=score.question,
        badge=score.badge,
        decided=score.decided,
        not_overlapping=round(score.apart, 1),
        unit=UNITS[score.question],
        coverage=tuple(
            CoverageData(
                level=each.level,
                stated=round(each.stated, 6),
                kept=round(each.kept, 6),
                low=round(each.interval.low, 6),
                high=round(each.interval.high, 6),
                pinball=round(pinball, 6),
            )
            for each, pinball in zip(score.coverage, score.pinball, strict=True)
        ),
        bias=score.bias,
        brier=rounded(score.brier),
        pit=score.pit,
    )


def promises_of(record: Record) -> Iterable[PromiseData]:
    for question, made in record.promises.items():
        for each in made:
            yield _promise(question, each)


def _promise(question: AnyQuestion, made: Promise) -> PromiseData:
    return PromiseData(question, made.origin, *made.said, made.happened, *made.kept, rounded(made.chance), made.came)


_kept: WeakKeyDictionary[Database, Recent[tuple[object, ...], Calibration]] = WeakKeyDictionary()
