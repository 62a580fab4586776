"""Dates and probabilities as answers show them."""

from __future__ import annotations

from datetime import date

from msgspec import Struct

from service.domain.outlook import Chance


class DatesAt(Struct, frozen=True):
    """Days at which everything is done with 50, 85 and 95 %; null is beyond the horizon of five years."""

    p50: date | None
    p85: date | None
    p95: date | None


class ChanceData(Struct, frozen=True):
    """The share of the trials that meet the target, and its 95 % interval (Wilson)."""

    value: float
    low: float
    high: float


def chance_data(chance: Chance) -> ChanceData:
    return ChanceData(*(round(each, 6) for each in (chance.value, chance.interval.low, chance.interval.high)))
