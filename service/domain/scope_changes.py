"""What came into the scope of a program, left it or was estimated anew, from one day to the next (definitions §3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from service.domain.progress import Basis
from service.domain.trend import CANCELLED, Column, Mask


@dataclass(frozen=True, slots=True)
class Moved:
    """How many items, and the points of those that have any."""

    items: int = 0
    points: float = 0.0

    def __add__(self, other: Moved) -> Moved:
        return Moved(self.items + other.items, self.points + other.points)


@dataclass(frozen=True, slots=True)
class ScopeChange:
    """Between two moments, of countable items; each that came or left is in one of the parts beneath.

    In: `created`, `joined` (it was there before, but not in the program), `reinstated` (it was in the program and did
    not count). Out: `cancelled`, `left` (moved, unmapped or gone), `set_aside` (it became a container or a part).
    Estimates of what counted before and after: `estimated` where there was none, `raised`, `lowered` (to nothing where
    it was withdrawn); their points are differences without a sign.
    """

    created: Moved = Moved()
    joined: Moved = Moved()
    reinstated: Moved = Moved()
    cancelled: Moved = Moved()
    left: Moved = Moved()
    set_aside: Moved = Moved()
    estimated: Moved = Moved()
    raised: Moved = Moved()
    lowered: Moved = Moved()

    def __add__(self, other: ScopeChange) -> ScopeChange:
        return ScopeChange(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))

    @property
    def added(self) -> Moved:
        return self.created + self.joined + self.reinstated

    @property
    def removed(self) -> Moved:
        return self.cancelled + self.left + self.set_aside

    @property
    def net(self) -> Moved:
        """What the scope grew by; scope before + net = scope after, exactly in items and up to rounding in points."""
        points = self.estimated.points + self.raised.points - self.lowered.points
        return Moved(self.added.items - self.removed.items, self.added.points - self.removed.points + points)

    @property
    def turnover(self) -> Moved:
        """added + removed + |re-estimated|: churn is this, divided by the scope at the start of the window."""
        anew = self.raised.points + self.lowered.points
        return Moved(self.added.items + self.removed.items, self.added.points + self.removed.points + anew)


def changed(earlier: Column, later: Column, created: NDArray[np.float64]) -> ScopeChange:
    """`created` is when each member was created, in seconds since the epoch."""
    before, after = earlier.weights[Basis.POINTS], later.weights[Basis.POINTS]
    came, went = later.counts & ~earlier.counts, earlier.counts & ~later.counts
    new = created > earlier.moment.timestamp()
    dropped = later.there & (later.category == CANCELLED)
    stayed = earlier.counts & later.counts
    known, still = ~np.isnan(before), ~np.isnan(after)
    rise = np.nan_to_num(after) - np.nan_to_num(before)
    return ScopeChange(
        created=_moved(came & ~earlier.there & new, after),
        joined=_moved(came & ~earlier.there & ~new, after),
        reinstated=_moved(came & earlier.there, after),
        cancelled=_moved(went & dropped, before),
        left=_moved(went & ~later.there, before),
        set_aside=_moved(went & later.there & ~dropped, before),
        estimated=_moved(stayed & ~known & still, rise),
        raised=_moved(stayed & known & (rise > 0), rise),
        lowered=_moved(stayed & known & ((rise < 0) | ~still), -rise),
    )


def scope_of(column: Column) -> Moved:
    return _moved(column.counts, column.weights[Basis.POINTS])


def total(changes: Iterable[ScopeChange]) -> ScopeChange:
    return sum(changes, ScopeChange())


def created_at(moments: Sequence[datetime]) -> NDArray[np.float64]:
    return np.array([moment.timestamp() for moment in moments], np.float64)


def _moved(chosen: Mask, points: NDArray[np.float64]) -> Moved:
    return Moved(int(np.count_nonzero(chosen)), float(np.nansum(points[chosen])))
