"""The shapes of reports. Every part says where the API gives the evidence for its figures (`more`)."""

from __future__ import annotations

from datetime import date, datetime

from msgspec import Struct
from msgspec import field as named

from service.programs.answers import CountProgress, ProgramRef, WeightedProgress
from service.programs.baseline_answers import BaselineData, EarnedValueData, Fates, ScheduleVariance
from service.programs.chances import ChanceData, DatesAt
from service.programs.change_answers import ChangeEntry, ChangeGroup
from service.programs.dependency_answers import EdgeData, StatusCounts
from service.programs.flow_answers import FlowWindow, Percentiles, WipData
from service.programs.forecast_answers import CalibrationSummary, DateRange
from service.programs.health_answers import Concern, DisagreementData, EvidenceItem, OverrideData, ShareData
from service.programs.track_record_answers import TrackRecord
from service.programs.trend_answers import ScopeTotals, TrendPoint


class RuleSaid(Struct, frozen=True, kw_only=True):
    """A rule of health that is beyond a limit, or one that cannot speak: then `colour` is null."""

    code: str
    rule: str
    colour: str | None
    value: float | None
    message: str
    more: str | None


class ReportHealth(Struct, frozen=True, kw_only=True):
    """`rules` are those that are beyond a limit, the worst first; `silent` those that cannot speak."""

    effective: str
    computed: str
    reason: str | None
    stated: str | None
    override: OverrideData | None
    disagreement: DisagreementData | None
    rules: tuple[RuleSaid, ...]
    silent: tuple[RuleSaid, ...]
    more: str


class Decision(Struct, frozen=True, kw_only=True):
    """Something that only people can decide, why it is asked now, and a few of the items that it is about."""

    code: str
    question: str
    why: str
    items: tuple[EvidenceItem, ...]
    more: str


class Standing(Struct, frozen=True, kw_only=True):
    """How far the program is as `day` begins; the present where it is null."""

    day: date | None
    count: CountProgress
    points: WeightedProgress
    more: str


class ReportProgress(Struct, frozen=True, kw_only=True):
    """`before` is null, with a `reason` in words, where nobody knows how it was then."""

    now: Standing
    before: Standing | None
    reason: str | None


class NetworkForecast(Struct, frozen=True, kw_only=True):
    """By what waits for what; null dates have a sentence that says why. `calibration` beside it is not that of these
    dates, which have a `track_record` of their own."""

    message: str
    dates: DatesAt | None
    on_target: ChanceData | None
    track_record: TrackRecord


class ReportForecast(Struct, frozen=True, kw_only=True):
    """`dates` are null with a `reason` where there cannot be any; `message` says it in a sentence. `network` is null as
    of an earlier moment."""

    message: str
    reason: str | None
    target: date | None
    remaining: int
    dates: DatesAt | None
    on_target: ChanceData | None
    with_growth: DatesAt | None
    on_target_with_growth: ChanceData | None
    p85_range: DateRange | None
    network: NetworkForecast | None
    calibration: CalibrationSummary
    more: str
    record: str


class ReportBaseline(Struct, frozen=True, kw_only=True):
    """Against the latest one. `earned` is on points where enough of the scope has them, else on items."""

    baseline: BaselineData
    schedule: ScheduleVariance
    items: Fates
    earned: EarnedValueData
    more: str


class ReportChanges(Struct, frozen=True, kw_only=True):
    headline: str
    groups: tuple[ChangeGroup, ...]
    changes: tuple[ChangeEntry, ...]
    more: str


class ReportTrend(Struct, frozen=True, kw_only=True):
    """One point for each week, its last day."""

    points: tuple[TrendPoint, ...]
    more: str


class ReportScope(Struct, frozen=True, kw_only=True):
    totals: ScopeTotals
    more: str


class ReportFlow(Struct, frozen=True, kw_only=True):
    """Of complete weeks; days are calendar days, first and last included."""

    window: FlowWindow
    finished: int
    finished_a_week: float | None
    cycle_time: Percentiles
    lead_time: Percentiles
    wip: WipData
    more: str


class ReportDependencies(Struct, frozen=True, kw_only=True):
    """The worst of the confirmed edges in trouble. `across`: only those that leave the program are listed."""

    score: float | None
    reason: str | None
    counts: StatusCounts
    cycles: int
    across: bool
    edges: tuple[EdgeData, ...]
    total: int
    more: str


class ReportAttention(Struct, frozen=True, kw_only=True):
    """What presses most."""

    attention: tuple[Concern, ...]
    total: int
    more: str


class ReportQuality(Struct, frozen=True, kw_only=True):
    """`checks` are those that items fail, the heaviest loss first."""

    score: float | None
    coverage: float
    checks: tuple[ShareData, ...]
    more: str


class AbsentPart(Struct, frozen=True, gc=False):
    """A part that belongs into the report and cannot be told: a stable code, and why in a sentence."""

    part: str
    reason: str
    message: str


class ReportData(Struct, frozen=True, kw_only=True):
    """A part is null where the audience does not want it, or where `absent` says why it cannot be told.

    `until` null: up to now. `day` is the day of the report where the program's calendar is.
    """

    program: ProgramRef
    audience: str = named(name="for")
    day: date
    since: datetime
    until: datetime | None
    first_day: date
    headline: str
    progress: ReportProgress
    health: ReportHealth | None = None
    decisions: tuple[Decision, ...] | None = None
    forecast: ReportForecast | None = None
    baseline: ReportBaseline | None = None
    changes: ReportChanges | None = None
    trend: ReportTrend | None = None
    scope: ReportScope | None = None
    flow: ReportFlow | None = None
    dependencies: ReportDependencies | None = None
    attention: ReportAttention | None = None
    data_quality: ReportQuality | None = None
    absent: tuple[AbsentPart, ...] = ()
