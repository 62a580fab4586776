"""How long each activity may take: the laws from which a simulation draws its durations, in working days.

A law is a list of durations, each as likely as any other: those that were observed, or equally likely ones of the beta
distribution that a three-point estimate stands for. A list of one is never drawn. docs/definitions.md tells which item
gets which.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from service.domain.graph import Mask
from service.domain.streams import Keys, keys_of, uniforms

Spans = NDArray[np.float32]  # working days, in part too

_MIDDLES = 512  # of a beta distribution: its deviation is then right to a thousandth
_STEPS = 2_048
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

    def equally_likely(self) -> Spans:
        """The middles of 512 spans of the distribution that are as likely as each other."""
        width = self.pessimistic - self.optimistic
        if not width:
            return np.array([self.optimistic], np.float32)
        return np.asarray(self.optimistic + width * _beta_middles(*self.shapes), np.float32)

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

    `keys` are what the luck of a node hangs on. `nothing`: nodes that take no time whatever their law; they were cut.
    """

    values: Spans
    first: NDArray[np.int64]
    count: NDArray[np.int64]
    less: Spans
    keys: Keys
    nothing: Mask | None = None

    def __len__(self) -> int:
        return len(self.first)

    def among(self, nodes: NDArray[np.int64]) -> DurationLaws:
        """The laws of these nodes alone, in this order; with the same luck."""
        return replace(
            self,
            first=self.first[nodes],
            count=self.count[nodes],
            less=self.less[nodes],
            keys=self.keys[nodes],
            nothing=None if self.nothing is None else self.nothing[nodes],
        )

    def without(self, nodes: Mask) -> DurationLaws:
        return replace(self, nothing=nodes if self.nothing is None else self.nothing | nodes)

    @property
    def drawn(self) -> Mask:
        """The nodes whose duration is not known beforehand."""
        several = self.count > 1
        return several if self.nothing is None else several & ~self.nothing

    @property
    def medians(self) -> NDArray[np.int64]:
        """The whole days within which each is finished in at least half of all cases."""
        middle = self.values[self.first + (self.count - 1) // 2] - self.less
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
        if self.nothing is not None:
            into[self.nothing] = 0

    def estimated(self, points: Mapping[int, ThreePoints]) -> DurationLaws:
        """With estimates in place of the laws of some nodes."""
        first, count, less = self.first.copy(), self.count.copy(), self.less.copy()
        values, size = [self.values], self.values.size
        for node, each in points.items():
            drawn = each.equally_likely()
            first[node], count[node], less[node] = size, drawn.size, 0
            values.append(drawn)
            size += drawn.size
        return replace(self, values=np.concatenate(values), first=first, count=count, less=less)


def laws(of: Sequence[float | Sequence[float] | ThreePoints], *, names: Sequence[str] = ()) -> DurationLaws:
    """From plain values: a number of days, observed days, or three points, per node."""
    lists = [_values(each) for each in of]
    counts = np.array(list(map(len, lists)), np.int64)
    return DurationLaws(
        values=np.concatenate(lists) if lists else np.zeros(0, np.float32),
        first=np.cumsum(counts) - counts,
        count=counts,
        less=np.zeros(len(lists), np.float32),
        keys=keys_of(names or map(str, range(len(lists)))),
    )


def _values(law: float | Sequence[float] | ThreePoints) -> Spans:
    match law:
        case ThreePoints():
            return law.equally_likely()
        case int() | float():
            return np.array([law], np.float32)
        case _:
            return np.sort(np.array(law, np.float32))


def _chunks(rows: NDArray[np.int64], trials: int) -> Iterator[NDArray[np.int64]]:
    size = max(1, _CELLS // max(trials, 1))
    return (rows[begin : begin + size] for begin in range(0, len(rows), size))


@lru_cache(maxsize=4_096)
def _beta_middles(alpha: float, beta: float) -> NDArray[np.float64]:
    """Quantiles at (i + ½) / 512 of a beta distribution on 0 … 1, by its density over the angle θ with x = sin²θ, which
    is nowhere infinite."""
    angle = (np.arange(_STEPS) + 0.5) * (np.pi / 2 / _STEPS)
    density = np.sin(angle) ** (2 * alpha - 1) * np.cos(angle) ** (2 * beta - 1)
    passed = np.concatenate(([0.0], np.cumsum(density)))
    edges = np.arange(_STEPS + 1) * (np.pi / 2 / _STEPS)
    wanted = (np.arange(_MIDDLES) + 0.5) / _MIDDLES
    middles: NDArray[np.float64] = np.sin(np.interp(wanted, passed / passed[-1], edges)) ** 2
    return middles
