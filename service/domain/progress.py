"""How far a set of items is: the 0/100 rule, on three bases at once (definitions §1).

Only numerators and denominators are ever added up, never percentages. Nothing is rounded here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import fsum, inf

from msgspec import Struct

from service.domain.items import RollupItem
from service.domain.scope import COUNTABLE, Parts


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
    """The weight of each item on one basis, by position and decided for the whole program; None: it has none.

    `known` is what the tool said of a countable item. `imputed` is that, and a mean for each countable item the
    tool said nothing about and whose siblings help; it is the same list where there is nothing to add.
    """

    known: Sequence[float | None]
    imputed: Sequence[float | None]

    @property
    def weighed(self) -> int:
        """How many items the tool gave a weight."""
        return len(self.known) - self.known.count(None)


class Progress(Struct, frozen=True, gc=False):
    """to_do + in_progress + done = total; value = done / total under `policy`; coverage = known / all.

    A Struct, like RollupItem: each row of a breakdown has three.
    """

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
_Families = Mapping[tuple[str, str | None], Sequence[int]]  # (type, parent) → its countable items


def time_weight(estimate: int | None, spent: int | None, remaining: int | None) -> int | None:
    """The original estimate, else spent + remaining when either is set; in seconds."""
    if estimate is not None:
        return estimate
    if spent is None and remaining is None:
        return None
    return (spent or 0) + (remaining or 0)


def weights_of(items: Sequence[RollupItem], countable: Iterable[int]) -> dict[Basis, Weights]:
    """On points and on time; where items are counted, each weighs 1."""
    points: list[float | None] = [None] * len(items)
    seconds: list[float | None] = [None] * len(items)
    families: defaultdict[tuple[str, str | None], list[int]] = defaultdict(list)
    for position in countable:
        item = items[position]
        points[position] = item.points
        seconds[position] = item.time_seconds
        families[item.item_type, item.parent_uid].append(position)
    return {Basis.POINTS: _weights(points, families), Basis.TIME: _weights(seconds, families)}


def measure(
    parts: Parts, weights: Mapping[Basis, Weights], *, missing: MissingWeight = MissingWeight.SKIP
) -> dict[Basis, Progress]:
    """Progress of some of the program's items, on every basis."""
    items = sum(len(parts[category]) for category in COUNTABLE)
    return {
        Basis.COUNT: _counted(parts, items, missing),
        Basis.POINTS: _weighted(parts, weights[Basis.POINTS], items, missing),
        Basis.TIME: _weighted(parts, weights[Basis.TIME], items, missing),
    }


def _weights(said: Sequence[float | None], families: _Families) -> Weights:
    # A negative estimate is no estimate.
    known = [value if value is not None and 0 <= value < inf else None for value in said]
    return Weights(known, _imputed(known, families))


def _imputed(known: list[float | None], families: _Families) -> list[float | None]:
    """Siblings share parent and type. Where no sibling has a weight, the program's items of that type stand in;
    where none of those has one either, nothing is made up."""
    imputed = known.copy()
    orphans: list[tuple[str, Sequence[int]]] = []
    peers: defaultdict[str, list[float]] = defaultdict(list)
    for (item_type, _), family in families.items():
        values = [value for position in family if (value := known[position]) is not None]
        peers[item_type] += values
        if not values:
            orphans.append((item_type, family))
        elif len(values) < len(family):
            _fill(imputed, family, fsum(values) / len(values))
    means = {item_type: fsum(values) / len(values) for item_type, values in peers.items() if values}
    for item_type, family in orphans:
        if item_type in means:
            _fill(imputed, family, means[item_type])
    return known if imputed == known else imputed


def _fill(weights: list[float | None], positions: Iterable[int], mean: float) -> None:
    for position in positions:
        if weights[position] is None:
            weights[position] = mean


class _Sums(Struct, frozen=True, gc=False):
    to_do: float
    in_progress: float
    done: float
    total: float
    share_done: float | None


def _counted(parts: Parts, items: int, missing: MissingWeight) -> Progress:
    sums = _summed(*[float(len(parts[category])) for category in COUNTABLE])
    return _progress(sums, sums, weighed=items, items=items, missing=missing)


def _weighted(parts: Parts, weights: Weights, items: int, missing: MissingWeight) -> Progress:
    """Where every item has a weight, there is nothing to impute, and one sum is both."""
    known: list[float] = []
    imputed: list[float] = []
    weighed = 0
    for category in COUNTABLE:
        positions = parts[category]
        said = [*map(weights.known.__getitem__, positions)]
        gaps = said.count(None)
        weighed += len(said) - gaps
        known.append(_sum(said))
        imputed.append(_sum(map(weights.imputed.__getitem__, positions)) if gaps else known[-1])
    return _progress(_summed(*known), _summed(*imputed), weighed=weighed, items=items, missing=missing)


def _sum(weights: Iterable[float | None]) -> float:
    """fsum is exact, so that the order of the items does not matter; None and 0 add nothing."""
    return fsum(filter(None, weights))


def _summed(to_do: float, in_progress: float, done: float) -> _Sums:
    total = fsum((to_do, in_progress, done))
    return _Sums(to_do, in_progress, done, total, done / total if total > 0 else None)


def _progress(known: _Sums, imputed: _Sums, *, weighed: int, items: int, missing: MissingWeight) -> Progress:
    """`weighed` of the `items` have a weight."""
    shown = imputed if missing is MissingWeight.IMPUTE_MEAN else known
    value = shown.share_done
    return Progress(
        to_do=shown.to_do,
        in_progress=shown.in_progress,
        done=shown.done,
        total=shown.total,
        value=value,
        coverage=weighed / items if items else None,
        policy=missing,
        by_policy={
            MissingWeight.SKIP: known.share_done,
            MissingWeight.IMPUTE_MEAN: imputed.share_done,
            MissingWeight.ZERO: known.share_done,  # weights of 0 add nothing to either side
        },
        reason=_why_null(items, weighed) if value is None else None,
    )


def _why_null(countable: int, estimated: int) -> NoValue:
    if not countable:
        return NoValue.EMPTY_SCOPE
    return NoValue.ZERO_WEIGHT if estimated else NoValue.NO_ESTIMATES
