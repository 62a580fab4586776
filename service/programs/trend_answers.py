"""The shapes of answers about time: the trend and the scope of a program. Numbers here are already rounded."""

from __future__ import annotations

from datetime import date

from msgspec import Struct
from msgspec import field as named

from service.programs.answers import ProgramRef


class CountPoint(Struct, frozen=True, gc=False):
    """`value` is done / total, null when nothing counts."""

    to_do: int
    in_progress: int
    done: int
    total: int
    value: float | None


class WeightPoint(Struct, frozen=True, gc=False):
    """Points, or time in seconds, of the items that have any; `coverage` says how many that are."""

    to_do: float
    in_progress: float
    done: float
    total: float
    value: float | None
    coverage: float | None


class TrendPoint(Struct, frozen=True, gc=False):
    """The program at the end of a day, on every basis: a burn-up by done and total, a cumulative flow by all three."""

    date: date
    items: int
    countable: int
    count: CountPoint
    points: WeightPoint
    time: WeightPoint


class TrendData(Struct, frozen=True):
    """Of a week the last day stands for it. `to` may be today: then the last point is as of now."""

    program: ProgramRef
    since: date = named(name="from")
    to: date
    interval: str
    trend: tuple[TrendPoint, ...]


class MovedData(Struct, frozen=True, gc=False):
    """How many items, and the points of those that have any."""

    items: int
    points: float


class AddedData(Struct, frozen=True, gc=False):
    """created: that day; joined: there before, elsewhere; reinstated: it was in the program and did not count."""

    items: int
    points: float
    created: int
    joined: int
    reinstated: int


class RemovedData(Struct, frozen=True, gc=False):
    """left: moved, unmapped or gone; set_aside: became a container or a part of another item."""

    items: int
    points: float
    cancelled: int
    left: int
    set_aside: int


class EstimatesData(Struct, frozen=True, gc=False):
    """Of items that counted before and after; points are differences, `lowered` without its sign."""

    estimated: MovedData
    raised: MovedData
    lowered: MovedData


class ScopePeriod(Struct, frozen=True, gc=False):
    """before + added - removed = after, in items; in points the estimates come on top. `to` is its last day."""

    since: date = named(name="from")
    to: date
    before: MovedData
    added: AddedData
    removed: RemovedData
    estimates: EstimatesData
    after: MovedData


class ScopeTotals(Struct, frozen=True, gc=False):
    """Of the whole window. churn = (added + removed + |re-estimated|) / scope at its start; growth is the net of it."""

    before: MovedData
    added: AddedData
    removed: RemovedData
    estimates: EstimatesData
    after: MovedData
    churn_items: float | None
    churn_points: float | None
    growth_items: float | None
    growth_points: float | None


class ScopeChangesData(Struct, frozen=True):
    program: ProgramRef
    since: date = named(name="from")
    to: date
    interval: str
    totals: ScopeTotals
    scope: tuple[ScopePeriod, ...]
