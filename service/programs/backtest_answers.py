"""The shapes of the answer about how forecasts by dependencies have held, as `--json` shows it."""

from __future__ import annotations

from datetime import date

from msgspec import Struct

from service.programs.answers import ProgramRef
from service.programs.forecast_answers import PromiseData
from service.programs.track_record_answers import ScoreData


class ModelRecord(Struct, frozen=True, kw_only=True):
    """Of one model: at `origins` Mondays it was asked, at `skipped` more it had too little history."""

    model: str  # dependencies | throughput
    badge: str
    question: str | None
    message: str
    origins: int
    skipped: int
    scores: tuple[ScoreData, ...]
    promises: tuple[PromiseData, ...]


class ComparisonData(Struct, frozen=True, kw_only=True):
    """Mean quantile loss over the `promises` that both models made, in `unit`: less is better, null without any."""

    question: str
    promises: int
    unit: str  # items | working_days
    dependencies: float | None
    throughput: float | None
    better: str | None  # null: fewer than eight promises, or than five that do not overlap; or alike
    message: str


class BacktestData(Struct, frozen=True, kw_only=True):
    """Both models, asked on the same Mondays about the items that were open then."""

    program: ProgramRef
    weeks_ahead: int
    history_weeks: int
    origins: int
    first_origin: date | None
    last_origin: date | None
    models: tuple[ModelRecord, ...]
    comparisons: tuple[ComparisonData, ...]
