"""The shapes of answers about baselines. Days of variance are working days, positive is later; numbers are rounded."""

from __future__ import annotations

from datetime import date, datetime

from msgspec import UNSET, Struct, UnsetType

from service.programs.answers import ProgramRef


class BaselineData(Struct, frozen=True, gc=False):
    """`as_of` is the moment it describes. Items, points and seconds are those of what counted.

    `start` and `target` are the program's own at that time, the planned days those of its items.
    """

    id: int
    name: str
    note: str | None
    as_of: datetime
    taken_at: datetime
    taken_by: str
    definition_version: str
    items: int
    points: float | None
    time_seconds: int | None
    start: date | None
    target: date | None
    planned_start: date | None
    planned_finish: date | None


class BaselineList(Struct, frozen=True):
    """In the order in which they were taken."""

    program: ProgramRef
    baselines: tuple[BaselineData, ...]
    next_cursor: str | None


class TakenBaseline(Struct, frozen=True):
    program: ProgramRef
    baseline: BaselineData


class DateVariance(Struct, frozen=True, gc=False):
    """`days` null: one of the two is not known."""

    baseline: date | None
    now: date | None
    days: int | None


class ScheduleVariance(Struct, frozen=True):
    """Of what counts: `start` is when work began, or is planned to; `finish` the last day that is planned or was
    worked on; `target` the program's own."""

    start: DateVariance
    finish: DateVariance
    target: DateVariance


class ScopeBasis(Struct, frozen=True, gc=False):
    """baseline − removed + added + split + reestimated = now."""

    baseline: float
    removed: float
    added: float
    split: float
    reestimated: float
    now: float


class Fates(Struct, frozen=True, gc=False):
    """How many items that count were kept, split into parts, are such parts, were added or removed."""

    kept: int
    split: int
    part: int
    added: int
    removed: int


class ScopeVariance(Struct, frozen=True):
    """On all three bases; time is in seconds. `items` tells what became of each."""

    items: Fates
    count: ScopeBasis
    points: ScopeBasis
    time: ScopeBasis


class EarnedSchedulePart(Struct, frozen=True, gc=False):
    """In working days: planned, over, and earned. `forecast_finish` is IEAC(t) as a day, and `finish_days` how far it
    lies behind the planned finish."""

    start: date
    planned_finish: date
    planned_days: float
    elapsed_days: float
    earned_days: float
    sv_days: float
    spi_t: float | None
    tspi: float | None
    forecast_finish: date | None
    finish_days: int | None


class WithoutRemoved(Struct, frozen=True, gc=False):
    """The same as if what was removed since the baseline had never been planned."""

    bac: float
    pv: float
    ev: float
    spi: float | None
    spi_t: float | None
    forecast_finish: date | None


class EarnedValueData(Struct, frozen=True):
    """On one basis, labelled with its `unit`. `reason` says why a figure or the forecast is null.

    What costs were is not known to the tools: `ac`, `cv`, `cpi` and `eac` are null, `cost_reason` is `no_cost`.
    `coverage` is the share of the baseline's countable items that have a weight and a planned day.
    """

    unit: str
    bac: float | None
    pv: float | None
    ev: float | None
    sv: float | None
    spi: float | None
    percent_complete: float | None
    ac: float | None
    cv: float | None
    cpi: float | None
    eac: float | None
    cost_reason: str | None
    schedule: EarnedSchedulePart | None
    without_removed: WithoutRemoved | None
    coverage: float | None
    reason: str | None


class EarnedValues(Struct, frozen=True):
    """All three bases, or only the one that was asked for."""

    count: EarnedValueData | UnsetType = UNSET
    points: EarnedValueData | UnsetType = UNSET
    time: EarnedValueData | UnsetType = UNSET


class ItemVarianceData(Struct, frozen=True, gc=False):
    """One item then and now. `fate` is kept, split, part, added or removed; `why` says why it was removed."""

    uid: str
    key: str
    title: str | None
    url: str | None
    fate: str
    why: str | None
    counts: bool
    done: bool
    baseline_start: date | None
    start: date | None
    start_days: int | None
    baseline_finish: date | None
    finish: date | None
    finish_days: int | None
    baseline_points: float | None
    points: float | None
    baseline_time_seconds: int | None
    time_seconds: int | None


class VarianceData(Struct, frozen=True):
    """What finishes latest against its plan comes first."""

    program: ProgramRef
    baseline: BaselineData
    schedule: ScheduleVariance
    scope: ScopeVariance
    earned_value: EarnedValues
    total: int
    items: tuple[ItemVarianceData, ...]
    next_cursor: str | None
