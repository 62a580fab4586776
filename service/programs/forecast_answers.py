"""The shapes of answers about forecasts and their track record. Numbers here are already rounded."""

from __future__ import annotations

from datetime import date

from msgspec import Struct

from service.programs.answers import ProgramRef
from service.programs.chances import ChanceData, DatesAt
from service.programs.schedule_risk_answers import DependencyAware
from service.programs.track_record_answers import ScoreData


class FinishData(Struct, frozen=True):
    """`on_target` is null when the program has no target."""

    dates: DatesAt
    on_target: ChanceData | None


class DateRange(Struct, frozen=True):
    low: date | None
    high: date | None


class HowMany(Struct, frozen=True):
    """So many of the items that are left, or more, are done by the end of the day."""

    by: date
    working_days: int
    p50: int
    p85: int
    p95: int


class OutlookData(Struct, frozen=True):
    """Drawn from the `weeks` from `first_week` on. `p85_range` is where P85 moves (its 10 % to 90 % points) when the
    history itself is resampled: what so few weeks cannot tell."""

    first_week: date
    weeks: int
    small_sample: bool
    without_growth: FinishData
    with_growth: FinishData
    growth_a_week: float
    p85_range: DateRange
    how_many: HowMany | None


class WeekData(Struct, frozen=True, gc=False):
    """An ISO week by its Monday: items finished, and items that came less those that were cancelled."""

    week: date
    finished: int
    growth: int


class Stability(Struct, frozen=True):
    """Natural process limits of the weekly throughput. `since` is the week from which it looks like another team's."""

    stable: bool
    reason: str | None  # non_stationary
    since: date | None
    lower: float | None
    mean: float | None
    upper: float | None


class CalibrationSummary(Struct, frozen=True):
    """How far forecasts of this kind could be trusted so far; all of it under /forecast/calibration. `recalibrated`
    are the dates of the forecast, put off or brought forward by as much as past ones would have needed to be kept as
    often as they said; null where that cannot be told yet."""

    badge: str  # calibrated | overconfident | underconfident | insufficient
    question: str | None  # what the badge was earned with; null when nothing is known about enough forecasts
    decided: int
    message: str
    recalibrated: DatesAt | None = None


class ForecastData(Struct, frozen=True):
    """`forecast` is null with a reason and a sentence where there cannot be one. `recent` is the same from the weeks
    since the pace changed, beside the whole window; null where it did not, or where there are too few of them.
    `dependency_aware` is another model of the same: not by how much is finished a week, but by what waits for what;
    null for a moment at which nothing was there."""

    program: ProgramRef
    unit: str  # items
    remaining: int
    target: date | None
    reason: str | None
    message: str
    forecast: OutlookData | None
    recent: OutlookData | None
    stability: Stability | None
    history: tuple[WeekData, ...]
    calibration: CalibrationSummary
    dependency_aware: DependencyAware | None


class PromiseData(Struct, frozen=True, gc=False):
    """What a forecast of a Monday said at each level, and what happened."""

    question: str
    origin: date
    p50: int
    p85: int
    p95: int
    happened: int
    kept_p50: bool
    kept_p85: bool
    kept_p95: bool
    chance: float | None
    came: bool | None


class CalibrationData(Struct, frozen=True):
    """`origins` Mondays were asked; at `skipped` more there was too little history."""

    program: ProgramRef
    badge: str
    question: str | None
    message: str
    origins: int
    skipped: int
    first_origin: date | None
    last_origin: date | None
    scores: tuple[ScoreData, ...]
    promises: tuple[PromiseData, ...]
    next_cursor: None = None
