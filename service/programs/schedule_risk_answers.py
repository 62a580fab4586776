"""The shapes of answers about how sure a plan is, as they leave through HTTP and `--json`."""

from __future__ import annotations

from datetime import date

from msgspec import Struct

from service.programs.chances import ChanceData, DatesAt
from service.programs.track_record_answers import TrackRecord


class MilestoneOutlook(Struct, frozen=True, kw_only=True):
    """`on_due`: the chance that it is reached by the end of its own due date; null without one."""

    uid: str
    key: str
    title: str
    source: str
    project: str | None
    url: str | None
    due: date | None
    dates: DatesAt
    on_due: ChanceData | None


class RiskItem(Struct, frozen=True, kw_only=True):
    """`criticality` is the share of trials in which any delay of the item would have delayed the finish, `cruciality`
    Spearman's rank correlation of its duration with the finish; null where hardly anything hangs on it. `typical_days`
    is its median in working days, drawn from `basis`."""

    uid: str
    key: str
    title: str
    source: str
    project: str | None
    team: str | None
    url: str | None
    criticality: float
    cruciality: float | None
    typical_days: int
    basis: str


class MergeBias(Struct, frozen=True):
    """What one schedule of typical durations promises (`typical_finish`), how likely that is, and by how many working
    days the median of the trials comes later: work that waits for several things waits for the latest."""

    typical_finish: date
    chance: ChanceData
    days_later: int


class BasisCounts(Struct, frozen=True):
    """How many open items draw their duration from what: done items of their team and type, of their type, all; or
    are older than anything that was ever finished, and drawn as if they began today."""

    team_and_type: int = 0
    type: int = 0
    all: int = 0
    outlived: int = 0


class DependencyAware(Struct, frozen=True, kw_only=True):
    """The forecast by the network of dependencies. `dates` are null with a `reason` and a sentence where there cannot
    be one. `critical` lists what is critical most often, `drivers` what the finish hangs on most. `cycles_left_out`
    counts the edges that are on a cycle and thus bound nobody; `limits`: whether teams have a limit on parallel work.
    `calibration` of the forecast is that of the throughput forecast; this one has a `track_record` of its own.
    """

    reason: str | None
    message: str
    trials: int
    items: int
    history: int
    basis: BasisCounts
    shared_shocks: bool
    limits: bool
    dates: DatesAt | None
    on_target: ChanceData | None
    merge_bias: MergeBias | None
    milestones: tuple[MilestoneOutlook, ...]
    critical: tuple[RiskItem, ...]
    drivers: tuple[RiskItem, ...]
    cycles_left_out: int
    track_record: TrackRecord


class DatesMove(Struct, frozen=True):
    before: DatesAt
    after: DatesAt


class ChanceMove(Struct, frozen=True):
    before: ChanceData
    after: ChanceData


class MilestoneOdds(Struct, frozen=True, kw_only=True):
    """`on_due` is null without a due date."""

    uid: str
    key: str
    title: str
    due: date | None
    dates: DatesMove
    on_due: ChanceMove | None


class Odds(Struct, frozen=True, kw_only=True):
    """What a change does to the chances, over the same trials: where it moves nothing, no number differs. Null dates
    with a `reason` and a sentence where there is too little history. `milestones` are those that move, most first.
    `track_record` is how past dates of this kind have held; null where none were asked for."""

    reason: str | None
    message: str
    trials: int
    finish: DatesMove | None
    on_target: ChanceMove | None
    milestones: tuple[MilestoneOdds, ...]
    track_record: TrackRecord | None = None
