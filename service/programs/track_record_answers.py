"""The shapes of how past forecasts have held, as they leave through HTTP and `--json`."""

from __future__ import annotations

from datetime import date

from msgspec import Struct


class CoverageData(Struct, frozen=True):
    """Promises of a level: how often they said they would be kept, how often they were, and the 95 % interval."""

    level: float
    stated: float
    kept: float
    low: float
    high: float
    pinball: float


class ScoreData(Struct, frozen=True):
    """One question that past forecasts were asked. `bias` is the median of outcome less P50, in `unit`."""

    question: str  # items_finished | next_items | open_scope
    badge: str
    decided: int
    not_overlapping: float
    unit: str  # items | working_days
    coverage: tuple[CoverageData, ...]
    bias: float | None
    brier: float | None
    pit: tuple[int, ...]


class TrackRecord(Struct, frozen=True, kw_only=True):
    """How past dates of this model have held: at `origins` Mondays it was asked, at `skipped` more it had too little
    history. Computed once a week (each past Monday takes a second or more), in the week that began on `week`; until
    then `badge` is null with a reason, and `message` says by which command it is computed at once.
    """

    badge: str | None
    reason: str | None  # not_computed
    message: str
    week: date | None = None
    origins: int = 0
    skipped: int = 0
    scores: tuple[ScoreData, ...] = ()
