"""How far past promises of the forecast can be trusted: coverage, bias and a badge (definitions §7).

Forecasts of neighbouring weeks share most of their weeks, so they are no independent witnesses. Intervals are made for
as many as do not overlap: a hundred weekly promises of four weeks each are twenty-five.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil
from statistics import fmean, median

from service.domain.backtest import AMOUNTS, AnyQuestion, NetworkQuestion, Promise, Question, Record
from service.domain.forecast import Interval, wilson
from service.domain.outlook import LEVELS

ENOUGH = 20  # promises that are decided
ENOUGH_APART = 5  # of them that do not overlap
FEWEST_ORIGINS = 8
DECILES = 10
NEAREST = (
    Question.OPEN_SCOPE,
    NetworkQuestion.MILESTONES,
    Question.NEXT_ITEMS,
    NetworkQuestion.OPEN_FINISHED,
    NetworkQuestion.BEGUN_FINISHED,
    Question.ITEMS_FINISHED,
)


class Badge(StrEnum):
    """What past promises say about present ones."""

    OVERCONFIDENT = "overconfident"
    UNDERCONFIDENT = "underconfident"
    CALIBRATED = "calibrated"
    INSUFFICIENT = "insufficient"


@dataclass(frozen=True, slots=True)
class Coverage:
    """How often a promise of a level was kept. `stated` is how often the forecasts themselves said it would be: no
    less than the level, and more where whole items or days leave no finer promise."""

    level: float
    stated: float
    kept: float
    interval: Interval

    @property
    def as_stated(self) -> bool:
        """Whether what was promised, the level or somewhat more, may be the truth behind what was kept."""
        return self.interval.low <= self.stated and self.level <= self.interval.high


@dataclass(frozen=True, slots=True)
class Score:
    """Of one question. `bias` and `pinball` are in items, or in working days; a positive bias is an outcome later
    (or larger) than its P50. `brier` is of the promises that named a day. `pit` counts outcomes by tenth. `stretch` is
    by what a date at each level would have to be multiplied, in working days from then, to be kept as often as it
    says; None where that is more than the promises can tell, empty for amounts."""

    question: AnyQuestion
    decided: int
    apart: float
    coverage: tuple[Coverage, ...]
    bias: float | None
    pinball: tuple[float, ...]
    brier: float | None
    pit: tuple[int, ...]
    stretch: tuple[float | None, ...]
    badge: Badge


@dataclass(frozen=True, slots=True)
class Calibration:
    """`headline` is the question nearest to "when is everything done" that enough is known about, `badge` its badge."""

    record: Record
    scores: tuple[Score, ...]
    headline: AnyQuestion | None

    @property
    def badge(self) -> Badge:
        return Badge.INSUFFICIENT if self.earned is None else self.earned.badge

    @property
    def earned(self) -> Score | None:
        """The score behind the badge."""
        return next((score for score in self.scores if score.question is self.headline), None)


def calibrate(record: Record) -> Calibration:
    scores = tuple(_score(question, promises) for question, promises in record.promises.items())
    told = [score.question for score in scores if score.badge is not Badge.INSUFFICIENT]
    enough = len(record.origins) >= FEWEST_ORIGINS
    return Calibration(record, scores, next((each for each in NEAREST if each in told), None) if enough else None)


def loss(promise: Promise, *, amounts: bool) -> tuple[float, ...]:
    """The quantile loss at each level. "At least so many with 85 %" is the 15 % quantile of the number (`amounts`)."""
    missed = [promise.happened - said for said in promise.said]
    levels = [1 - level for level in LEVELS] if amounts else LEVELS
    return tuple(max(level * miss, (level - 1) * miss) for level, miss in zip(levels, missed, strict=True))


def _score(question: AnyQuestion, promises: Sequence[Promise]) -> Score:
    if not promises:
        return Score(question, 0, 0.0, (), None, (), None, (0,) * DECILES, (), Badge.INSUFFICIENT)
    apart = not_overlapping(promises)
    coverage = tuple(_coverage(promises, place, apart) for place in range(len(LEVELS)))
    dated = [each for each in promises if each.chance is not None]
    return Score(
        question=question,
        decided=len(promises),
        apart=apart,
        coverage=coverage,
        bias=float(median(each.happened - each.said[0] for each in promises)),
        pinball=_pinball(promises, amounts=question in AMOUNTS),
        brier=fmean(((each.chance or 0.0) - bool(each.came)) ** 2 for each in dated) if dated else None,
        pit=_deciles(promises),
        stretch=() if question in AMOUNTS else tuple(_stretch(promises, place) for place in range(len(LEVELS))),
        badge=_badge(len(promises), apart, coverage),
    )


def not_overlapping(promises: Sequence[Promise]) -> float:
    """As many as fit one after the other into the time that all of them cover; never more than there are."""
    usual = median(each.spans for each in promises)
    weeks = (promises[-1].origin - promises[0].origin).days / 7 + usual
    return min(float(len(promises)), weeks / usual)


def _coverage(promises: Sequence[Promise], place: int, apart: float) -> Coverage:
    kept = fmean(each.kept[place] for each in promises)
    stated = fmean(each.stated[place] for each in promises)
    return Coverage(LEVELS[place], stated, kept, wilson(kept, max(1, round(apart))))


def _pinball(promises: Sequence[Promise], *, amounts: bool) -> tuple[float, ...]:
    """The mean quantile loss at each level."""
    return tuple(map(fmean, zip(*(loss(each, amounts=amounts) for each in promises), strict=True)))


def _stretch(promises: Sequence[Promise], place: int) -> float | None:
    """The conformal quantile of what happened over what was said: rank ⌈(n + 1) · level⌉ of n, so that the next one
    is kept with that probability if it is like them."""
    ratios = sorted(each.happened / max(each.said[place], 1) for each in promises)
    rank = ceil((len(ratios) + 1) * LEVELS[place])
    return ratios[rank - 1] if rank <= len(ratios) else None


def _deciles(promises: Sequence[Promise]) -> tuple[int, ...]:
    counts = [0] * DECILES
    for each in promises:
        counts[min(int(each.pit * DECILES), DECILES - 1)] += 1
    return tuple(counts)


def _badge(decided: int, apart: float, coverage: Sequence[Coverage]) -> Badge:
    """Promises kept less often than stated weigh more than those kept more often."""
    if decided < ENOUGH or apart < ENOUGH_APART:
        return Badge.INSUFFICIENT
    if all(each.as_stated for each in coverage):
        return Badge.CALIBRATED
    below = any(each.kept < each.stated for each in coverage if not each.as_stated)
    return Badge.OVERCONFIDENT if below else Badge.UNDERCONFIDENT
