"""How far a set of items is: the 0/100 rule, on three bases at once (definitions §1).

Only numerators and denominators are ever added up, never percentages. Nothing is rounded here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import fsum, inf
from typing import NamedTuple, assert_never

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

    `known` is what the tool said. `imputed` is that, and a mean for each item the tool said nothing about and
    whose siblings help; it is the same mapping where there is nothing to add.
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
_ByCategory = dict[StatusCategory, list[str]]  # uids; no cancelled item is countable


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
    uids: _ByCategory = {category: [] for category in StatusCategory}
    for item in countable:
        uids[item.status_category].append(item.uid)
    return {basis: _progress(uids, len(countable), weights[basis], missing) for basis in Basis}


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
    if not (unknown and known):
        return Weights(known, known)
    return Weights(known, known | _means(countable, known, unknown))


def _means(
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


class _Sums(NamedTuple):
    to_do: float
    in_progress: float
    done: float
    total: float
    weighed: int  # how many items had a weight

    @property
    def share_done(self) -> float | None:
        return self.done / self.total if self.total > 0 else None


def _progress(uids: _ByCategory, items: int, weights: Weights, missing: MissingWeight) -> Progress:
    known = _sums(uids, weights.known)
    imputed = known if weights.imputed is weights.known else _sums(uids, weights.imputed)
    shown = imputed if missing is MissingWeight.IMPUTE_MEAN else known
    value = shown.share_done
    return Progress(
        to_do=shown.to_do,
        in_progress=shown.in_progress,
        done=shown.done,
        total=shown.total,
        value=value,
        coverage=known.weighed / items if items else None,
        policy=missing,
        by_policy={
            MissingWeight.SKIP: known.share_done,
            MissingWeight.IMPUTE_MEAN: imputed.share_done,
            MissingWeight.ZERO: known.share_done,  # weights of 0 add nothing to either side
        },
        reason=_why_null(items, known.weighed) if value is None else None,
    )


def _sums(uids: _ByCategory, weights: Mapping[str, float]) -> _Sums:
    """fsum is exact, so that the order of the items does not matter."""
    to_do = _known(uids[StatusCategory.TO_DO], weights)
    in_progress = _known(uids[StatusCategory.IN_PROGRESS], weights)
    done = _known(uids[StatusCategory.DONE], weights)
    sums = fsum(to_do), fsum(in_progress), fsum(done)
    return _Sums(*sums, total=fsum(sums), weighed=len(to_do) + len(in_progress) + len(done))


def _known(uids: Sequence[str], weights: Mapping[str, float]) -> list[float]:
    return [weight for weight in map(weights.get, uids) if weight is not None]


def _why_null(countable: int, estimated: int) -> NoValue:
    if not countable:
        return NoValue.EMPTY_SCOPE
    return NoValue.ZERO_WEIGHT if estimated else NoValue.NO_ESTIMATES
