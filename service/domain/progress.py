"""How far a set of items is: the 0/100 rule, on three bases at once (definitions §1).

Only numerators and denominators are ever added up, never percentages. Nothing is rounded here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import fsum, inf
from typing import assert_never

from service.domain.items import RollupItem
from service.domain.status import StatusCategory


class Basis(StrEnum):
    COUNT = "count"
    POINTS = "points"
    TIME = "time"  # seconds


class MissingWeight(StrEnum):
    """What an item without an estimate weighs."""

    SKIP = "skip"  # it is left out; coverage says how much that is
    IMPUTE_MEAN = "impute_mean"  # what its siblings of the same type weigh on average
    ZERO = "zero"


class NoValue(StrEnum):
    """Why there is no percentage."""

    EMPTY_SCOPE = "empty_scope"  # nothing counts
    NO_ESTIMATES = "no_estimates"  # nothing that counts has a weight
    ZERO_WEIGHT = "zero_weight"  # all known weights are 0


@dataclass(frozen=True, slots=True)
class Weights:
    """The weight of each countable item on one basis, decided for the whole program.

    `known` is what the tool said; `imputed` only holds items the tool said nothing about and whose siblings help.
    """

    known: Mapping[str, float]
    imputed: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Progress:
    """to_do + in_progress + done = total; value = done / total under `policy`; coverage = known / all."""

    to_do: float
    in_progress: float
    done: float
    total: float
    value: float | None
    coverage: float | None
    policy: MissingWeight
    by_policy: Mapping[MissingWeight, float | None]
    reason: NoValue | None


Measures = Mapping[Basis, Progress]


def time_weight(estimate: int | None, spent: int | None, remaining: int | None) -> int | None:
    """The original estimate, else spent + remaining when either is set; in seconds."""
    if estimate is not None:
        return estimate
    if spent is None and remaining is None:
        return None
    return (spent or 0) + (remaining or 0)


def weights_of(countable: Sequence[RollupItem]) -> dict[Basis, Weights]:
    return {basis: _weigh(countable, _reader(basis)) for basis in Basis}


def measure(
    countable: Sequence[RollupItem],
    weights: Mapping[Basis, Weights],
    *,
    missing: MissingWeight = MissingWeight.SKIP,
) -> dict[Basis, Progress]:
    """Progress of some of the program's countable items, on every basis."""
    return {basis: _progress(countable, weights[basis], missing) for basis in Basis}


def _reader(basis: Basis) -> Callable[[RollupItem], float | None]:
    match basis:
        case Basis.COUNT:
            return lambda _item: 1
        case Basis.POINTS:
            return lambda item: item.points
        case Basis.TIME:
            return lambda item: item.time_seconds
        case _:
            assert_never(basis)


def _weigh(countable: Sequence[RollupItem], weight: Callable[[RollupItem], float | None]) -> Weights:
    known: dict[str, float] = {}
    unknown: list[RollupItem] = []
    for item in countable:
        value = weight(item)
        if value is not None and 0 <= value < inf:  # a negative estimate is no estimate
            known[item.uid] = value
        else:
            unknown.append(item)
    return Weights(known, _impute(countable, known, unknown) if unknown and known else {})


def _impute(
    countable: Iterable[RollupItem], known: Mapping[str, float], unknown: Iterable[RollupItem]
) -> dict[str, float]:
    """Siblings share parent and type. Where no sibling has a weight, the program's items of that type stand in;
    where none of those has one either, nothing is made up."""
    siblings: defaultdict[tuple[str, str | None], list[float]] = defaultdict(list)
    peers: defaultdict[str, list[float]] = defaultdict(list)
    for item in countable:
        if (value := known.get(item.uid)) is not None:
            siblings[item.item_type, item.parent_uid].append(value)
            peers[item.item_type].append(value)
    family_mean = {family: fsum(values) / len(values) for family, values in siblings.items()}
    type_mean = {item_type: fsum(values) / len(values) for item_type, values in peers.items()}
    imputed: dict[str, float] = {}
    for item in unknown:
        mean = family_mean.get((item.item_type, item.parent_uid), type_mean.get(item.item_type))
        if mean is not None:
            imputed[item.uid] = mean
    return imputed


def _progress(countable: Sequence[RollupItem], weights: Weights, missing: MissingWeight) -> Progress:
    known: dict[StatusCategory, list[float]] = {category: [] for category in StatusCategory}
    imputed: dict[StatusCategory, list[float]] = {category: [] for category in StatusCategory}
    for item in countable:
        if (weight := weights.known.get(item.uid)) is not None:
            known[item.status_category].append(weight)
        elif (guess := weights.imputed.get(item.uid)) is not None:
            imputed[item.status_category].append(guess)
    with_guesses = {category: known[category] + imputed[category] for category in StatusCategory}
    shown = with_guesses if missing is MissingWeight.IMPUTE_MEAN else known
    by_policy = {
        MissingWeight.SKIP: _share_done(known),
        MissingWeight.IMPUTE_MEAN: _share_done(with_guesses),
        MissingWeight.ZERO: _share_done(known),  # weights of 0 add nothing to either side
    }
    estimated = sum(map(len, known.values()))
    return Progress(
        to_do=fsum(shown[StatusCategory.TO_DO]),
        in_progress=fsum(shown[StatusCategory.IN_PROGRESS]),
        done=fsum(shown[StatusCategory.DONE]),
        total=_total(shown),
        value=by_policy[missing],
        coverage=estimated / len(countable) if countable else None,
        policy=missing,
        by_policy=by_policy,
        reason=_why_null(len(countable), estimated) if by_policy[missing] is None else None,
    )


def _total(weights: Mapping[StatusCategory, Sequence[float]]) -> float:
    return fsum(weight for group in weights.values() for weight in group)  # fsum: the order does not matter


def _share_done(weights: Mapping[StatusCategory, Sequence[float]]) -> float | None:
    total = _total(weights)
    return min(fsum(weights[StatusCategory.DONE]) / total, 1.0) if total > 0 else None


def _why_null(countable: int, estimated: int) -> NoValue:
    if not countable:
        return NoValue.EMPTY_SCOPE
    return NoValue.ZERO_WEIGHT if estimated else NoValue.NO_ESTIMATES
