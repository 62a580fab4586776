"""What is left to do, as a network for the critical path method: how long each item still takes, and what comes first.

Remaining work of an item (definitions §5, Slack): its remaining estimate at the hours its team works a day; else what
half of the done items of its type took, less its age; else its own dates; else a day. Milestones, containers and what
is finished take no time. Days are those of the item's own team.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from service.domain.calendars import NO_DAY
from service.domain.columns import NOBODY, Codes
from service.domain.dependencies import Assessment
from service.domain.dependency_status import STATUS_CODE, DependencyStatus, LagUnit
from service.domain.expansion import Expansion
from service.domain.graph import edges_on_cycles
from service.domain.planned_dates import CODE, DateSource
from service.domain.schedule import ActivityNetwork

HOURS_A_DAY: Final = 8.0  # of one person


class DurationSource(StrEnum):
    """What says how long an item still takes. The place in this list is its code in arrays."""

    NOTHING_LEFT = "nothing_left"
    ESTIMATE = "estimate"
    TYPICAL = "typical"
    OWN_DATES = "own_dates"
    ONE_DAY = "one_day"


DURATION_SOURCES: Final = tuple(DurationSource)


@dataclass(frozen=True, slots=True, eq=False)
class RemainingWork:
    """`activities` has the nodes and arcs of `expansion`, which holds no cycle. Time 0 is the day of the assessment; a
    day of the plan is one on which any team works.

    `sources` is the code of a DurationSource per item.
    """

    expansion: Expansion
    activities: ActivityNetwork
    sources: Codes


def remaining_work(assessment: Assessment, *, team_hours: Mapping[str, float] | None = None) -> RemainingWork:
    """Without edges that are cyclic or broken: what never comes cannot be waited for. `team_hours` are the hours of
    work that a team does on one item in a day, where it is not one person's eight."""
    expansion = _passable(assessment)
    days, sources = _durations(assessment, expansion, team_hours or {})
    nodes = expansion.graph.nodes
    durations = np.zeros(nodes, np.int64)
    durations[: days.size] = days
    activities = ActivityNetwork(
        graph=expansion.graph,
        durations=durations,
        types=expansion.types,
        lags=_working_lags(assessment, expansion),
        earliest=_earliest(assessment, nodes),
        days_off=assessment.calendars.days_off(assessment.as_of, expansion.item),
    )
    return RemainingWork(expansion, activities, sources)


def _passable(assessment: Assessment) -> Expansion:
    expansion = assessment.expansion
    tie = expansion.edge == NOBODY
    broken = assessment.rungs.status == STATUS_CODE[DependencyStatus.BROKEN]
    if not broken.size:
        return expansion
    return expansion.keeping(tie | ~(edges_on_cycles(expansion.graph) | broken[expansion.edge]))


def _durations(
    assessment: Assessment, expansion: Expansion, team_hours: Mapping[str, float]
) -> tuple[NDArray[np.int64], Codes]:
    """Working days and what says so, per item. What does not count takes time only as an end of an edge."""
    item, standing = assessment.network.item, assessment.standing
    linked = np.zeros(item.category.shape, np.bool_)
    linked[expansion.graph.tails[expansion.graph.tails < linked.size]] = True
    linked[expansion.graph.heads[expansion.graph.heads < linked.size]] = True
    left = ~(standing.done | standing.cancelled | item.milestone | standing.container) & (item.countable | linked)
    rungs = (
        (DurationSource.ESTIMATE, _estimated(assessment, team_hours)),
        (DurationSource.TYPICAL, _typical(assessment)),
        (DurationSource.OWN_DATES, _dated(assessment)),
        (DurationSource.ONE_DAY, np.ones(left.size, np.int64)),
    )
    days, sources = np.zeros(left.size, np.int64), np.zeros(left.size, np.int8)
    unsaid = left.copy()
    for source, said in rungs:
        takes = unsaid & (said != NOBODY)
        days[takes] = said[takes]
        sources[takes] = DURATION_SOURCES.index(source)
        unsaid &= ~takes
    return days, sources


def _estimated(assessment: Assessment, team_hours: Mapping[str, float]) -> NDArray[np.int64]:
    seconds = assessment.network.item.remaining_seconds
    hours = np.fromiter(
        (team_hours.get(item.team or "", HOURS_A_DAY) for item in assessment.network.items), np.float64, seconds.size
    )
    days = np.ceil(seconds / 3600 / hours - 1e-9).astype(np.int64)
    return np.where(seconds == NOBODY, NOBODY, days)


def _typical(assessment: Assessment) -> NDArray[np.int64]:
    """Less the working days since it began; whatever is open takes at least one more."""
    item = assessment.network.item
    halves = [assessment.typical[name].p50 if name in assessment.typical else NOBODY for name in item.item_types]
    takes = np.array(halves, np.int64)[item.item_type] if halves else np.zeros(0, np.int64)
    today = assessment.calendars.index(assessment.as_of)
    began = assessment.calendars.indices(item.started_on).astype(np.int64)
    age = np.where(item.started_on == NO_DAY, 0, np.maximum(today - began, 0))
    return np.where(takes == NOBODY, NOBODY, np.maximum(takes - age, 1))


def _dated(assessment: Assessment) -> NDArray[np.int64]:
    """From its own start, or from today when that has passed, until it is due."""
    item, calendars = assessment.network.item, assessment.calendars
    known = (item.start != NO_DAY) & (item.due != NO_DAY)
    begin = np.maximum(calendars.indices(item.start).astype(np.int64), calendars.index(assessment.as_of))
    span = np.maximum(calendars.indices_after(item.due) - begin, 1)
    return np.where(known, span, NOBODY)


def _earliest(assessment: Assessment, nodes: int) -> NDArray[np.int64]:
    """Today; where planned starts hold, the own start date or iteration of what is not begun and is no container."""
    earliest = np.zeros(nodes, np.int64)
    if assessment.rules.hold_planned_starts:
        dates, standing = assessment.dates, assessment.standing
        planned = np.isin(dates.start_source, (CODE[DateSource.OWN_START], CODE[DateSource.ITERATION_START]))
        waiting = np.flatnonzero(planned & ~standing.begun & ~standing.container)
        common = assessment.calendars.common
        held = common.indices(dates.start[waiting]).astype(np.int64) - common.index(assessment.as_of)
        earliest[waiting] = np.maximum(held, 0)
    return earliest


def _working_lags(assessment: Assessment, expansion: Expansion) -> NDArray[np.int64]:
    """Lags in working days; of a calendar lag five sevenths, rounded up, since the day it counts from may move."""
    if assessment.rules.lag is LagUnit.WORKING:
        return expansion.lags
    return -(-expansion.lags * 5 // 7)
