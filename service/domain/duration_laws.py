"""How long each activity may take: the laws from which a simulation draws its durations, in working days.

A law is a list of observed durations, each as likely as any other; or a three-point estimate as a beta distribution;
or one value, which is never drawn. docs/definitions.md tells which item gets which.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from service.domain.graph import Mask
from service.domain.streams import Keys, generator, keys_of, uniforms

Spans = NDArray[np.float32]  # working days, in part too

_CELLS = 1 << 16  # drawn at once: what fits the second cache of a core, several arrays of it


class PertFit(StrEnum):
    """How a beta distribution is laid through three points. Both have the mean (a + 4m + b) / 6.

    They differ in width: `moments` has the textbooks' deviation (b − a) / 6 whatever the mode; `lambda4` is the
    distribution of Malcolm et al. (1959) with weight 4 on the mode, wider in the middle. On the network of General
    Foundry P(≤ 16) is .708 with the first and .690 with the second.
    """

    LAMBDA4 = "lambda4"
    MOMENTS = "moments"


@dataclass(frozen=True, slots=True)
class ThreePoints:
    """Optimistic ≤ most likely ≤ pessimistic, in working days; ValueError for any other."""

    optimistic: float
    likely: float
    pessimistic: float
    fit: PertFit = PertFit.LAMBDA4

    def __post_init__(self) -> None:
        if not 0 <= self.optimistic <= self.likely <= self.pessimistic:
            raise ValueError("an estimate of three points needs 0 ≤ optimistic ≤ likely ≤ pessimistic")

    @property
    def mean(self) -> float:
        return (self.optimistic + 4 * self.likely + self.pessimistic) / 6

    @property
    def shapes(self) -> tuple[float, float]:
        """α and β over the span; only where it is wider than a point."""
        span = self.pessimistic - self.optimistic
        if self.fit is PertFit.LAMBDA4:
            return 1 + 4 * (self.likely - self.optimistic) / span, 1 + 4 * (self.pessimistic - self.likely) / span
        share = (self.mean - self.optimistic) / span
        weight = share * (1 - share) * 36 - 1  # from the variance span² / 36
        return share * weight, (1 - share) * weight

    @property
    def deviation(self) -> float:
        span = self.pessimistic - self.optimistic
        if not span:
            return 0.0
        alpha, beta = self.shapes
        return span * sqrt(alpha * beta / (alpha + beta + 1)) / (alpha + beta)


@dataclass(frozen=True, eq=False, kw_only=True)
class DurationLaws:
    """Per node: one of `values[first : first + count]`, each as likely, less `less`. One value is never drawn.

    `points` overrides that for some nodes. `keys` are what the luck of a node hangs on. `nothing`: nodes that take no
    time whatever their law; they were cut.
    """

    values: Spans
    first: NDArray[np.int64]
    count: NDArray[np.int64]
    less: Spans
    keys: Keys
    points: Mapping[int, ThreePoints] = field(default_factory=dict)
    nothing: Mask | None = None

    def __len__(self) -> int:
        return len(self.first)

    def among(self, nodes: NDArray[np.int64]) -> DurationLaws:
        """The laws of these nodes alone, in this order; with the same luck."""
        place = {int(node): number for number, node in enumerate(nodes)}
        return replace(
            self,
            first=self.first[nodes],
            count=self.count[nodes],
            less=self.less[nodes],
            keys=self.keys[nodes],
            points={place[node]: points for node, points in self.points.items() if node in place},
            nothing=None if self.nothing is None else self.nothing[nodes],
        )

    def without(self, nodes: Mask) -> DurationLaws:
        return replace(self, nothing=nodes if self.nothing is None else self.nothing | nodes)

    @property
    def drawn(self) -> Mask:
        """The nodes whose duration is not known beforehand."""
        several = self.count > 1
        several[list(self.points)] = True
        return several if self.nothing is None else several & ~self.nothing

    @property
    def medians(self) -> NDArray[np.int64]:
        """The whole days within which each is finished in at least half of all cases; of three points the mean."""
        middle = self.values[self.first + (self.count - 1) // 2] - self.less
        for node, points in self.points.items():
            middle[node] = points.mean
        if self.nothing is not None:
            middle[self.nothing] = 0
        whole: NDArray[np.int64] = np.ceil(middle - 1e-6).astype(np.int64)
        return whole

    def draw(self, into: Spans, *, seed: int, first: int) -> None:
        """One duration per node (row) and trial (column, from number `first` on)."""
        trials = into.shape[1]
        several = np.flatnonzero(self.count > 1)
        single = np.flatnonzero(self.count <= 1)
        into[single] = (self.values[self.first[single]] - self.less[single])[:, None]
        for rows in _chunks(several, trials):
            shares = uniforms(self.keys[rows], seed=seed, first=first, trials=trials)
            shares *= self.count[rows, None].astype(np.float32)
            places = shares.astype(np.int64)
            places += self.first[rows, None]
            drawn = self.values.take(places, mode="clip")
            drawn -= self.less[rows, None]
            into[rows] = drawn
        for node, points in self.points.items():
            into[node] = _beta(points, generator(int(self.keys[node]), seed=seed, first=first), trials)
        if self.nothing is not None:
            into[self.nothing] = 0


def laws(of: Sequence[float | Sequence[float] | ThreePoints], *, names: Sequence[str] = ()) -> DurationLaws:
    """From plain values: a number of days, observed days, or three points, per node."""
    lists = [
        sorted(each) if isinstance(each, Sequence) else [] if isinstance(each, ThreePoints) else [each] for each in of
    ]
    filled = [each or [0.0] for each in lists]
    counts = np.array(list(map(len, filled)), np.int64)
    return DurationLaws(
        values=np.array([value for each in filled for value in each], np.float32),
        first=np.cumsum(counts) - counts,
        count=counts,
        less=np.zeros(len(filled), np.float32),
        keys=keys_of(names or map(str, range(len(filled)))),
        points={node: each for node, each in enumerate(of) if isinstance(each, ThreePoints)},
    )


def _chunks(rows: NDArray[np.int64], trials: int) -> Iterator[NDArray[np.int64]]:
    size = max(1, _CELLS // max(trials, 1))
    return (rows[begin : begin + size] for begin in range(0, len(rows), size))


def _beta(points: ThreePoints, random: np.random.Generator, trials: int) -> NDArray[np.float64]:
    span = points.pessimistic - points.optimistic
    if not span:
        return np.full(trials, points.optimistic)
    return points.optimistic + span * random.beta(*points.shapes, size=trials)
