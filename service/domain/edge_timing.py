"""The dates of each edge: when the successor needs it, when the predecessor gives it, and the gap between the two.

The ends that match are compared: the predecessor's finish with the successor's start (FS), start with start (SS),
finish with finish (FF), start with finish (SF). A gap is what is left over, in working days of the team that waits: to
begin on the working day after the finish is 0 (definitions §5, Dates).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from service.domain.calendars import NO_DAY
from service.domain.columns import Codes, Days, Mask
from service.domain.dependency_status import DependencyRules, LagUnit
from service.domain.network import Network
from service.domain.planned_dates import CODE, DateSource, PlannedDates
from service.domain.schedule import Link
from service.domain.team_calendars import Calendars


class IterationOrder(IntEnum):
    """Where the predecessor's iteration lies beside the successor's; NONE where days decide."""

    NONE = 0
    EARLIER = 1
    SAME = 2  # the same days, or days in common
    LATER = 3


@dataclass(frozen=True, slots=True, eq=False)
class EdgeTiming:
    """By place of an edge; NO_DAY where nobody says.

    `need_by` is the day of the successor's end, `planned` that of the predecessor's. `need_at` is the index of the
    working day at whose beginning the successor needs it. `weak`: `need_by` is only when something above it starts.
    """

    need_by: Days
    need_at: Days
    need_source: Codes
    planned: Days
    planned_source: Codes
    gap: Days
    weak: Mask
    order: Codes


def timing_of(network: Network, dates: PlannedDates, *, calendars: Calendars, rules: DependencyRules) -> EdgeTiming:
    edge = network.edge
    before, after = edge.predecessor, edge.successor
    to_finish, from_start = edge.holds_finish, edge.waits_for_start
    need_by = np.where(to_finish, dates.finish[after], dates.start[after])
    need_at = np.where(to_finish, dates.finish_at[after], dates.start_at[after])
    planned = np.where(from_start, dates.start[before], dates.finish[before])
    ready_at = _ready_at(network, dates, calendars=calendars, rules=rules)
    known = (need_by != NO_DAY) & (planned != NO_DAY)
    same_day = (edge.type == Link.FS) & ~network.item.milestone[after] if rules.concurrent else 0
    gap = np.where(known, need_at.astype(np.int64) - ready_at + same_day, NO_DAY)
    return EdgeTiming(
        need_by=need_by,
        need_at=need_at,
        need_source=np.where(to_finish, dates.finish_source[after], dates.start_source[after]),
        planned=planned,
        planned_source=np.where(from_start, dates.start_source[before], dates.finish_source[before]),
        gap=gap.astype(np.int32),
        weak=~to_finish & dates.start_is_weak[after],
        order=_iteration_order(network, dates),
    )


def _ready_at(
    network: Network, dates: PlannedDates, *, calendars: Calendars, rules: DependencyRules
) -> NDArray[np.int64]:
    """The index of the working day at whose beginning the predecessor has given what is waited for, lag included, in
    days of the team that waits.

    A calendar lag passes on days off as well; what it ends on counts as the next working day. Without a meaning where
    the predecessor has no date.
    """
    edge = network.edge
    before, after, from_start = edge.predecessor, edge.successor, edge.waits_for_start
    at_end = ~from_start | (dates.start_source[before] == CODE[DateSource.MILESTONE_DUE])
    day = np.where(from_start, dates.start[before], dates.finish[before])
    passing = edge.lag if rules.lag is LagUnit.CALENDAR else 0
    given = np.where(day == NO_DAY, NO_DAY, day.astype(np.int64) + at_end + passing).astype(np.int32)
    at = calendars.indices(given, after).astype(np.int64)
    return at if rules.lag is LagUnit.CALENDAR else at + edge.lag


def _iteration_order(network: Network, dates: PlannedDates) -> Codes:
    """Of FS edges without a lag whose two dates both come from iterations (design §6.4).

    An iteration is earlier when it ends before the other begins, or on that day: the next often begins on the day on
    which one ends. It is later when it ends after the other has ended. Two that overlap otherwise run at the same time.
    """
    edge, item = network.edge, network.item
    before, after = edge.predecessor, edge.successor
    decides = (edge.type == Link.FS) & (edge.lag == 0)
    decides &= dates.finish_source[before] == CODE[DateSource.ITERATION_END]
    decides &= dates.start_source[after] == CODE[DateSource.ITERATION_START]
    ends, begins = item.iteration_end[before], item.iteration_start[after]
    other_end = np.maximum(item.iteration_end[after], begins)
    same = (item.iteration_start[before] == begins) & (ends == item.iteration_end[after])
    order = np.select(
        (~decides, same, ends > other_end, ends <= begins),
        (IterationOrder.NONE, IterationOrder.SAME, IterationOrder.LATER, IterationOrder.EARLIER),
        IterationOrder.SAME,
    )
    return order.astype(np.int8)
