"""The shapes of answers about flow. Numbers here are already rounded; null always comes with a reason beside it."""

from __future__ import annotations

from datetime import date

from msgspec import Struct

from service.programs.answers import ProgramRef


class Percentiles(Struct, frozen=True, gc=False):
    """By nearest rank: values that were observed. Fewer than 11 are a small sample."""

    n: int
    small_sample: bool
    mean: float | None
    p50: int | None
    p85: int | None
    p95: int | None


class DurationData(Struct, frozen=True):
    """Days, first and last included; the same in working days."""

    calendar_days: Percentiles
    working_days: Percentiles


class FinishedWeek(Struct, frozen=True, gc=False):
    """`restated` completions of that week were undone since; once it counted so many more."""

    week: date
    finished: int
    restated: int


class ThroughputData(Struct, frozen=True):
    """`limits` of an unchanged process: mean ± 2.66 × mean moving range, not below zero."""

    total: int
    mean: float | None
    lower: float | None
    upper: float | None
    weeks: tuple[FinishedWeek, ...]


class WipData(Struct, frozen=True):
    """Today's work in progress: older than 85 of 100 finished ones of its type is `ageing`, than 95 is `stale`.
    `unknown` are those of whom nobody knows when they began, or what their type takes."""

    items: int
    ageing: int
    stale: int
    unknown: int
    oldest_days: int | None


class ExpectationData(Struct, frozen=True):
    """A service level expectation: so many of a hundred are done within so many days."""

    percent: int
    days: int | None
    message: str


class LittlesLawData(Struct, frozen=True, gc=False):
    """mean WIP / mean throughput beside the mean cycle time; far apart, the weeks are no steady state."""

    mean_wip: float
    throughput_a_day: float
    expected_days: float
    mean_cycle_days: float
    ratio: float
    steady: bool


class ShareData(Struct, frozen=True, gc=False):
    part: float
    whole: float
    value: float | None
    reason: str | None


class BlockedData(Struct, frozen=True, gc=False):
    """Flagged in Jira, or begun in Asana while a task that they depend on is not completed: `now`, at some time of the
    window, and for how many working days together."""

    now: int | None
    items: int | None
    working_days: int | None
    reason: str | None


class ChurnData(Struct, frozen=True, gc=False):
    """`rate` = (added + removed + re-estimated) / scope as the window began; `net` is signed growth over it."""

    scope: float
    added: float
    removed: float
    re_estimated: float
    rate: float | None
    net: float | None
    reason: str | None


class IterationValueData(Struct, frozen=True, kw_only=True):
    """Of an iteration: business value planned for the `committed` items (`valued` of them have one), and the actual one
    of all that stood in it as it ended. `value` is null where either is missing."""

    iteration: str
    end: date
    committed: int
    valued: int
    planned: float
    actual: float | None
    value: float | None


class BusinessValueData(Struct, frozen=True, kw_only=True):
    """SAFe's predictability: actual business value, committed or not, over the planned one of what was committed; of
    the iterations that have both. `band` is where it lies beside 80 to 100 %."""

    planned: float
    actual: float
    value: float | None
    band: str | None  # below | within | above
    iterations: tuple[IterationValueData, ...]
    reason: str | None  # no_business_value


class PredictabilityData(Struct, frozen=True):
    """Of what was planned as each period began, what was done by its end; and by `business_value`."""

    by: str  # sprint | due_week
    periods: int
    items: ShareData
    points: ShareData
    business_value: BusinessValueData


class EscapeData(Struct, frozen=True, gc=False):
    """Defects found in the window that had escaped to users, of all found in it; 95 % interval (Wilson)."""

    escaped: int
    found: int
    value: float | None
    low: float | None
    high: float | None
    small_sample: bool
    reason: str | None


class EscapeCohort(Struct, frozen=True, kw_only=True):
    """Of the defects that affect a release those found within 90 days of it, and all `found`; 95 % interval (Wilson).
    After fewer days (`days_observed`) more may still come. Fewer than ten defects judge nothing (`small_sample`)."""

    source: str
    release: str
    released: date
    days_observed: int
    complete: bool
    escaped: int
    found: int
    value: float
    low: float
    high: float
    small_sample: bool


class EscapeCohorts(Struct, frozen=True):
    """By release, the newest first, of those that were watched in the window or since; empty with a reason."""

    releases: tuple[EscapeCohort, ...]
    reason: str | None  # no_affected_release


class FlowGroup(Struct, frozen=True):
    """`key` is null for what has no team or workstream. `shared` items stand in other groups too."""

    by: str
    key: str | None
    name: str | None
    shared: int
    throughput: ThroughputData
    cycle_time: DurationData
    lead_time: DurationData
    never_started: ShareData
    wip: WipData
    service_level: ExpectationData
    littles_law: LittlesLawData | None
    flow_efficiency: ShareData
    blocked: BlockedData
    reopen_rate: ShareData
    churn_items: ChurnData
    churn_points: ChurnData
    predictability: PredictabilityData
    defect_escape_rate: EscapeData
    defect_escape_cohorts: EscapeCohorts


class AgedItem(Struct, frozen=True):
    """Work in progress, the oldest first. `usual_days` is the P85 of what is finished of its type."""

    uid: str
    key: str
    item_type: str
    team: str | None
    workstream: str | None
    started: date | None
    age_days: int | None
    usual_days: int | None
    small_sample: bool
    state: str  # young | ageing | stale | unknown


class BulkDayData(Struct, frozen=True, gc=False):
    """A day with far more items than the days around it explain, and whether it was left out."""

    day: date
    items: int
    what: str  # done | created
    left_out: bool


class FlowWindow(Struct, frozen=True):
    """Complete weeks: from the Monday `first` to the Sunday `last`."""

    first: date
    last: date
    weeks: int


class FlowData(Struct, frozen=True):
    program: ProgramRef
    by: str
    window: FlowWindow
    bulk_days: tuple[BulkDayData, ...]
    ageing: tuple[AgedItem, ...]
    groups: tuple[FlowGroup, ...]
    next_cursor: None = None
