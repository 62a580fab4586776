"""SAFe's predictability: the business value that iterations brought, over what was planned of what they committed to.

Actual value counts whatever was in an iteration at its end, committed to or not; planned value only what it was begun
with. Both are those that people state today. 80 to 100 % is the band that SAFe calls predictable.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from math import fsum
from typing import NamedTuple

from service.domain.flow import Window
from service.domain.lives import ItemLife, told_before
from service.domain.steadiness import Period, was_planned

LEAST, MOST = 0.80, 1.00
_DAY = timedelta(days=1)


class ValueFields(NamedTuple):
    """The fields of one source, by id or name, in which people state business value."""

    source: str
    planned: str
    actual: str


class Band(StrEnum):
    BELOW = "below"
    WITHIN = "within"
    ABOVE = "above"


@dataclass(frozen=True, slots=True)
class IterationValue:
    """`committed` items were in it as it began, `valued` of them have a planned value. `actual` is None where nobody
    stated any, `value` where either is missing."""

    name: str
    end: date
    committed: int
    valued: int
    planned: float
    actual: float | None

    @property
    def value(self) -> float | None:
        return None if self.actual is None or not self.planned else self.actual / self.planned


@dataclass(frozen=True, slots=True)
class ValuePredictability:
    """`planned` and `actual` are those of the iterations that have both."""

    iterations: tuple[IterationValue, ...]

    @property
    def planned(self) -> float:
        return fsum(each.planned for each in self.iterations if each.value is not None)

    @property
    def actual(self) -> float:
        return fsum(each.actual or 0.0 for each in self.iterations if each.value is not None)

    @property
    def value(self) -> float | None:
        return self.actual / self.planned if self.planned else None

    @property
    def band(self) -> Band | None:
        if self.value is None:
            return None
        return Band.BELOW if self.value < LEAST else Band.ABOVE if self.value > MOST else Band.WITHIN


def value_predictability(lives: Sequence[ItemLife], periods: Iterable[Period], window: Window) -> ValuePredictability:
    """Of the iterations that ended in the window and that any of the items stood in, oldest first."""
    ended = [each for each in periods if each.sprint is not None and window.holds(each.end)]
    found = (_value(lives, each) for each in ended)
    return ValuePredictability(tuple(each for each in found if each is not None))


def _value(lives: Sequence[ItemLife], period: Period) -> IterationValue | None:
    committed = [life for life in lives if was_planned(life, period)]
    brought = [life for life in lives if _stood_in(life, period)]
    if not committed and not brought:
        return None
    planned = [life.planned_value for life in committed if life.planned_value is not None]
    actual = [life.actual_value for life in brought if life.actual_value is not None]
    return IterationValue(
        name=period.name,
        end=period.end,
        committed=len(committed),
        valued=len(planned),
        planned=fsum(planned),
        actual=fsum(actual) if actual else None,
    )


def _stood_in(life: ItemLife, period: Period) -> bool:
    """As the iteration ended."""
    return life.source == period.source and period.sprint in (told_before(life.sprints, period.end + _DAY) or ())
