"""Earned value and earned schedule, in one unit throughout: money, hours, points or a count of items.

Formulas: PMI, "Standard for Earned Value Management" (2019); Lipke, "Schedule is Different" (2003) for earned schedule.
A figure whose inputs are missing, or whose divisor is nothing, is None: never zero.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True, kw_only=True)
class EarnedValue:
    """At one moment. `bac` is the budget at completion of the baseline, `ac` None where cost is not known."""

    bac: float
    pv: float
    ev: float
    ac: float | None = None

    @property
    def sv(self) -> float:
        """Schedule variance: positive is ahead."""
        return self.ev - self.pv

    @property
    def cv(self) -> float | None:
        """Cost variance: positive is cheaper."""
        return None if self.ac is None else self.ev - self.ac

    @property
    def spi(self) -> float | None:
        """Returns to 1 when a late project ends; see `EarnedSchedule.spi_t` for one that does not."""
        return _ratio(self.ev, self.pv)

    @property
    def cpi(self) -> float | None:
        return _ratio(self.ev, self.ac)

    @property
    def percent_complete(self) -> float | None:
        return _ratio(self.ev, self.bac)

    @property
    def eac(self) -> float | None:
        """Estimate at completion when the rest costs as what was done: BAC / CPI."""
        return _ratio(self.bac, self.cpi)

    @property
    def eac_at_budget(self) -> float | None:
        """Estimate at completion when the rest costs what was planned: AC + (BAC − EV)."""
        return None if self.ac is None else self.ac + self.bac - self.ev

    @property
    def eac_with_schedule(self) -> float | None:
        """Estimate at completion when lateness costs too: AC + (BAC − EV) / (CPI × SPI)."""
        if self.ac is None or self.cpi is None or self.spi is None:
            return None
        rest = _ratio(self.bac - self.ev, self.cpi * self.spi)
        return None if rest is None else self.ac + rest

    @property
    def etc(self) -> float | None:
        """What is still to be spent: EAC − AC."""
        return None if self.eac is None or self.ac is None else self.eac - self.ac

    @property
    def vac(self) -> float | None:
        """Variance at completion: positive is under budget."""
        return None if self.eac is None else self.bac - self.eac

    @property
    def tcpi(self) -> float | None:
        """How well the rest must go to end at the budget: (BAC − EV) / (BAC − AC)."""
        return None if self.ac is None else _ratio(self.bac - self.ev, self.bac - self.ac)


@dataclass(frozen=True, slots=True, kw_only=True)
class EarnedSchedule:
    """In periods of the plan. `at` is the actual time, `pd` the planned duration."""

    es: float
    at: float
    pd: float

    @property
    def sv_t(self) -> float:
        """Schedule variance in periods: positive is ahead."""
        return self.es - self.at

    @property
    def spi_t(self) -> float | None:
        return _ratio(self.es, self.at)

    @property
    def ieac_t(self) -> float | None:
        """Forecast of the whole duration: PD / SPI(t)."""
        return _ratio(self.pd, self.spi_t)

    @property
    def tspi(self) -> float | None:
        """How fast the rest must go to end as planned: (PD − ES) / (PD − AT)."""
        return _ratio(self.pd - self.es, self.pd - self.at)


def earned_schedule(planned: Sequence[float], *, ev: float, at: float) -> EarnedSchedule | None:
    """When the plan had earned what is earned now. `planned[n]` is the cumulative PV after n periods, from 0.

    ES = C + (EV − PV_C) / (PV_{C+1} − PV_C) with C the last period whose PV is not above EV, so that a flat stretch of
    the plan divides by nothing. None where nothing was planned. Raises ValueError for a plan that falls.
    """
    if any(later < earlier for earlier, later in pairwise(planned)):
        raise ValueError("a cumulative plan never falls")
    if not planned or planned[-1] <= 0:
        return None
    duration = len(planned) - 1
    if ev >= planned[-1]:
        return EarnedSchedule(es=float(duration), at=at, pd=float(duration))
    last = max(0, bisect_right(planned, ev) - 1)
    part = max(0.0, ev - planned[last]) / (planned[last + 1] - planned[last])
    return EarnedSchedule(es=last + part, at=at, pd=float(duration))


def _ratio(above: float, below: float | None) -> float | None:
    return None if not below else above / below
