"""From a baseline to earned value: how much was to be done by when, and how much of it is (definitions §2).

Each item earns its weight when it is done, and is planned evenly over the working days from its planned start to its
planned finish; without a start, on the day of its finish. Periods are working days, so that no period is a partial one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from math import ceil, fsum

import numpy as np
from numpy.typing import NDArray

from service.domain.baseline import BaselineItem
from service.domain.calendars import NO_DAY, WorkingCalendar, day_ordinals
from service.domain.earned_value import EarnedSchedule, EarnedValue, earned_schedule
from service.domain.progress import Basis
from service.domain.variance import Actual, Comparison, Fate

HORIZON = 10 * 260  # working days; a finish further away is no forecast


class NoFinish(StrEnum):
    """Why there is no forecast of the finish."""

    EMPTY_BASELINE = "empty_baseline"  # nothing counts
    NO_ESTIMATES = "no_estimates"  # nothing has a weight on this basis
    NO_DATES = "no_dates"  # nothing is planned for a day
    NOT_BEGUN = "not_begun"  # no day of the plan has passed
    NOTHING_EARNED = "nothing_earned"
    BEYOND_HORIZON = "beyond_horizon"


@dataclass(frozen=True, slots=True, eq=False)
class PlanCurve:
    """`cumulative[n]` is what is planned to be done after n working days from `first` on, an index of the calendar."""

    first: int
    cumulative: NDArray[np.float64]

    @property
    def duration(self) -> int:
        return len(self.cumulative) - 1

    def at(self, periods: int) -> float:
        return float(self.cumulative[min(max(periods, 0), self.duration)])


@dataclass(frozen=True, slots=True)
class Earned:
    """One basis. `value` and `schedule` None: `reason` says why; `finish` is IEAC(t) as a day.

    `coverage` is the share of the baseline's countable items that have a weight and a planned day. `periods` are the
    working days since the plan began, up to the last one that is over (or, when all is done, up to that day).
    """

    value: EarnedValue | None
    schedule: EarnedSchedule | None
    periods: int | None
    start: date | None
    planned_finish: date | None
    finish: date | None
    coverage: float | None
    reason: NoFinish | None


def earned(comparison: Comparison, basis: Basis, *, taken_on: date, wanted_only: bool = False) -> Earned:
    """`taken_on` is the day of the baseline. `wanted_only`: as if what was removed since had never been planned."""
    counted = [item for item in comparison.before.values() if item.countable]
    if wanted_only:
        counted = [item for item in counted if comparison.fates[item.uid] is not Fate.REMOVED]
    weighed = [(item, weight) for item in counted if (weight := item.weight(basis)) is not None]
    dated = [(item, weight) for item, weight in weighed if item.done or item.finish is not None]
    if not dated or not fsum(weight for _, weight in dated):
        return _nothing(counted, weighed, dated)
    calendar = comparison.calendar
    curve = plan_curve(dated, taken_on=taken_on, calendar=calendar)
    bac = fsum(weight for _, weight in dated)
    ev = fsum(weight * comparison.completed[item.uid] for item, weight in dated)
    periods = max(0, _until(comparison, [item for item, _ in dated]) - curve.first)
    value = EarnedValue(bac=bac, pv=curve.at(periods), ev=min(ev, bac))
    schedule = earned_schedule(curve.cumulative.tolist(), ev=value.ev, at=periods)
    finish, reason = _finish(schedule, value, curve, calendar)
    return Earned(
        value=value,
        schedule=schedule,
        periods=periods,
        start=calendar.day(curve.first),
        planned_finish=calendar.day(curve.first + curve.duration - 1),
        finish=finish,
        coverage=len(dated) / len(counted),
        reason=reason,
    )


def plan_curve(
    weighed: Sequence[tuple[BaselineItem, float]], *, taken_on: date, calendar: WorkingCalendar
) -> PlanCurve:
    """Every item is done or has a planned finish. What was done when the baseline was taken was planned by that day."""
    finish = day_ordinals(_planned_finish(item, taken_on) for item, _ in weighed)
    start = day_ordinals(item.start for item, _ in weighed)
    last = calendar.indices(finish).astype(np.int64)
    after = np.maximum(calendar.indices_after(finish), last + 1)  # a day off is worked on the next working day
    begun = np.where(start == NO_DAY, last, np.minimum(calendar.indices(start), last))
    first_of_all = int(begun.min())
    starts, days = begun - first_of_all, after - begun
    rate = np.array([weight for _, weight in weighed]) / days
    steps = np.zeros(int((starts + days).max()) + 1)
    np.add.at(steps, starts, rate)
    np.add.at(steps, starts + days, -rate)
    daily = np.clip(np.cumsum(steps)[:-1], 0.0, None)  # what rounding leaves below nothing would make a plan fall
    cumulative = np.concatenate(([0.0], np.cumsum(daily)))
    total = fsum(weight for _, weight in weighed)
    return PlanCurve(first_of_all, np.append(np.minimum(cumulative[:-1], total), total))


def _planned_finish(item: BaselineItem, taken_on: date) -> date:
    if item.finish is None:
        return taken_on
    return min(item.finish, taken_on) if item.done else item.finish


def _until(comparison: Comparison, items: Sequence[BaselineItem]) -> int:
    """The working days that are over; a plan that is carried out ages no further."""
    today = comparison.calendar.index(comparison.today)
    if any(comparison.completed[item.uid] < 1 for item in items):
        return today
    days = [comparison.actuals.get(item.uid, Actual()).done_on for item in items]
    known = [day for day in days if day is not None]
    return min(today, comparison.calendar.index_after(max(known))) if known else today


def _finish(
    schedule: EarnedSchedule | None, value: EarnedValue, curve: PlanCurve, calendar: WorkingCalendar
) -> tuple[date | None, NoFinish | None]:
    if schedule is None or not schedule.at:
        return None, NoFinish.NOT_BEGUN
    if value.ev >= value.bac:
        return calendar.day(curve.first + max(int(schedule.at) - 1, 0)), None
    if schedule.ieac_t is None:
        return None, NoFinish.NOTHING_EARNED
    if schedule.ieac_t > HORIZON:
        return None, NoFinish.BEYOND_HORIZON
    whole = ceil(round(schedule.ieac_t, 6))  # 13.000000001 periods are 13
    return calendar.day(curve.first + whole - 1), None


def _nothing(
    counted: Sequence[BaselineItem], weighed: Sequence[tuple[BaselineItem, float]], dated: Sequence[object]
) -> Earned:
    if not counted:
        reason = NoFinish.EMPTY_BASELINE
    elif not weighed or dated:  # all that is known may weigh nothing
        reason = NoFinish.NO_ESTIMATES
    else:
        reason = NoFinish.NO_DATES
    coverage = len(dated) / len(counted) if counted else None
    return Earned(None, None, None, None, None, None, coverage, reason)
