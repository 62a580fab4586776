"""The status ladder: for each edge the first rung that applies, and why (definitions §5).

resolved → cyclic → broken → blocked → off_track → at_risk → unknown → on_track. Every edge gets exactly one; unknown is
never green. All edges are decided at once, in columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from service.domain.calendars import NO_DAY
from service.domain.columns import TO_DO, Codes, Days, Mask
from service.domain.dependency_status import BIT, STATUS_CODE, DependencyRules, DependencyStatus, ReasonCode
from service.domain.edge_timing import EdgeTiming, IterationOrder
from service.domain.lineage import Lineage
from service.domain.network import Network
from service.domain.planned_dates import CODE, DateSource
from service.domain.standing import Standing
from service.domain.team_calendars import Calendars
from service.domain.typical import Typical

Probabilities = NDArray[np.float64]  # per edge, that the predecessor gives in time; nan where there is no forecast
Flags = dict[ReasonCode, Mask]


@dataclass(frozen=True, slots=True, eq=False)
class Rungs:
    """By place of an edge: the code of its status, the bits of its reasons, and since when the successor waits."""

    status: Codes
    reasons: NDArray[np.int64]
    blocked_since: Days
    blocked_days: Days  # NO_DAY unless blocked, and when nobody knows since when


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Question:
    """All that the ladder looks at. `probability` is None until there are forecasts."""

    network: Network
    lineage: Lineage
    standing: Standing
    timing: EdgeTiming
    typical: dict[str, Typical]
    as_of: date
    calendars: Calendars
    rules: DependencyRules
    probability: Probabilities | None = None


def resolved(network: Network, standing: Standing) -> Flags:
    """Rung 1, which needs no dates: what is resolved is on no cycle."""
    before, after = network.edge.predecessor, network.edge.successor
    from_start = network.edge.waits_for_start
    return {
        ReasonCode.PREDECESSOR_DONE: standing.done[before],
        ReasonCode.PREDECESSOR_BEGUN: from_start & standing.begun[before] & ~standing.done[before],
        ReasonCode.PREDECESSOR_NOT_NEEDED: standing.not_needed[before],
        ReasonCode.SUCCESSOR_DONE: standing.done[after],
        ReasonCode.SUCCESSOR_CANCELLED: standing.cancelled[after],
    }


def climb(question: Question, *, cyclic: Mask) -> Rungs:
    """`cyclic` are the edges on a cycle of unresolved, confirmed edges."""
    network, standing = question.network, question.standing
    rungs: dict[DependencyStatus, Flags] = {
        DependencyStatus.RESOLVED: resolved(network, standing),
        DependencyStatus.CYCLIC: {ReasonCode.CYCLE: cyclic},
        DependencyStatus.BROKEN: _broken(network, standing),
        DependencyStatus.BLOCKED: _blocked(question),
        DependencyStatus.OFF_TRACK: _off_track(question),
    }
    rungs[DependencyStatus.AT_RISK] = _at_risk(question, trouble=_in_trouble(question, _first_of(rungs)))
    rungs[DependencyStatus.UNKNOWN] = _unknown(question)
    rungs[DependencyStatus.ON_TRACK] = _on_track(question)
    status = _first_of(rungs)
    told = {**rungs, DependencyStatus.RESOLVED: rungs[DependencyStatus.RESOLVED] | _afterwards(question)}
    since = _blocked_since(question, status)
    return Rungs(status, _reasons(status, told), since, _days_since(question, since))


def _broken(network: Network, standing: Standing) -> Flags:
    before, after = network.edge.predecessor, network.edge.successor
    return {
        ReasonCode.PREDECESSOR_CANCELLED: standing.cancelled[before],
        ReasonCode.PREDECESSOR_MISSING: network.item.missing[before],
        ReasonCode.SUCCESSOR_MISSING: network.item.missing[after],
    }


def _blocked(question: Question) -> Flags:
    """Someone is waiting now. Of a predecessor whose status nobody knows, nobody can say so."""
    edge, standing, timing = question.network.edge, question.standing, question.timing
    wanting = ~standing.untold[edge.predecessor]
    reached = (timing.need_by != NO_DAY) & ~timing.weak & (timing.need_by <= question.as_of.toordinal())
    return {
        ReasonCode.SUCCESSOR_STARTED: wanting & standing.in_progress[edge.successor] & ~edge.holds_finish,
        ReasonCode.NEED_BY_REACHED: wanting & reached,
    }


def _off_track(question: Question) -> Flags:
    timing = question.timing
    known = timing.gap != NO_DAY
    by_days = timing.order == IterationOrder.NONE
    dated = timing.planned != NO_DAY
    return {
        ReasonCode.TOO_LATE: known & by_days & (timing.gap < 0),
        ReasonCode.PREDECESSOR_OVERDUE: dated & (timing.planned < question.as_of.toordinal()),
        ReasonCode.LATER_ITERATION: timing.order == IterationOrder.LATER,
        ReasonCode.IMPROBABLE: _probable(question, 0.0, question.rules.even),
    }


def _at_risk(question: Question, *, trouble: Mask) -> Flags:
    network, standing, timing, rules = question.network, question.standing, question.timing, question.rules
    before = network.edge.predecessor
    known = (timing.gap != NO_DAY) & (timing.order == IterationOrder.NONE)
    near = _within_typical(question)
    return {
        ReasonCode.LITTLE_SLACK: known & (timing.gap >= 0) & (timing.gap < rules.buffer_days),
        ReasonCode.SAME_ITERATION: (timing.order == IterationOrder.SAME) & (not rules.concurrent),
        ReasonCode.DOUBTFUL: _probable(question, rules.even, rules.likely),
        ReasonCode.PREDECESSOR_UNASSIGNED: near & network.item.unassigned[before],
        ReasonCode.PREDECESSOR_NOT_STARTED: near & (network.item.category[before] == TO_DO) & ~standing.begun[before],
        ReasonCode.PREDECESSOR_SLIPPED: network.item.slips[before] >= rules.slips,
        ReasonCode.UPSTREAM: trouble[before],
    }


def _unknown(question: Question) -> Flags:
    timing = question.timing
    guessed = _forecast(question)
    return {
        ReasonCode.PREDECESSOR_UNDATED: ~guessed & (timing.planned == NO_DAY),
        ReasonCode.SUCCESSOR_UNDATED: ~guessed & (timing.need_by == NO_DAY),
    }


def _on_track(question: Question) -> Flags:
    """What is left is on track; these only say why."""
    timing = question.timing
    by_days = timing.order == IterationOrder.NONE
    return {
        ReasonCode.ENOUGH_SLACK: (timing.gap != NO_DAY) & by_days,
        ReasonCode.EARLIER_ITERATION: timing.order == IterationOrder.EARLIER,
        ReasonCode.CONCURRENT_ITERATION: timing.order == IterationOrder.SAME,
        ReasonCode.PROBABLE: _forecast(question),
    }


def _afterwards(question: Question) -> Flags:
    """Of what is resolved: whether it came too late, and whether the successor did not wait."""
    network, standing, timing = question.network, question.standing, question.timing
    edge, item = network.edge, network.item
    before, after = edge.predecessor, edge.successor
    given = np.where(edge.waits_for_start, standing.begun[before], standing.done[before])
    given_on = np.where(edge.waits_for_start, standing.begun_on[before], item.done_on[before])
    given_at = np.where(edge.waits_for_start, item.started[before], item.done[before])
    took_at = np.where(edge.holds_finish | np.isnan(item.started[after]), item.done[after], item.started[after])
    taken = np.where(edge.holds_finish, standing.done[after], standing.begun[after] | ~np.isnan(item.started[after]))
    expected = ~standing.cancelled[before] & ~standing.untold[before]
    dated = (given_on != NO_DAY) & (timing.need_by != NO_DAY) & ~timing.weak
    return {
        ReasonCode.LATE: given & dated & (given_on > timing.need_by),
        ReasonCode.VIOLATED: taken & expected & (~given | (took_at < given_at)),
    }


def _in_trouble(question: Question, status: Codes) -> Mask:
    """Items that wait for something blocked or off track; a container with all it holds, and through any of it."""
    network, lineage = question.network, question.lineage
    bad = (status == STATUS_CODE[DependencyStatus.BLOCKED]) | (status == STATUS_CODE[DependencyStatus.OFF_TRACK])
    trouble = np.zeros(len(network.items), np.bool_)
    trouble[network.edge.successor[bad & network.edge.confirmed]] = True
    trouble |= lineage.anywhere_above(trouble)
    return trouble | (lineage.count_beneath(trouble & network.item.countable & network.item.open) > 0)


def _within_typical(question: Question) -> Mask:
    """Edges whose day is no further away than what 85 of 100 items of the predecessor's type took, in its team's days.

    Only where its finish is waited for: how long it takes says nothing about when it starts.
    """
    network, timing = question.network, question.timing
    kinds = network.item.item_types
    usual = np.array([question.typical[kind].p85 if kind in question.typical else -1 for kind in kinds], np.int64)
    before = network.edge.predecessor
    takes = usual[network.item.item_type[before]] if kinds else np.zeros(before.shape, np.int64)
    takes = np.where(network.item.milestone[before], -1, takes)
    at_end = network.edge.holds_finish | (timing.need_source == CODE[DateSource.MILESTONE_DUE])
    needed = np.where(timing.need_by == NO_DAY, NO_DAY, timing.need_by.astype(np.int64) + at_end).astype(np.int32)
    calendars = question.calendars
    left = calendars.indices(needed, before).astype(np.int64) - calendars.index(question.as_of, before)
    near: Mask = (timing.need_by != NO_DAY) & ~timing.weak & (takes >= 0) & (left <= takes)
    return near & ~network.edge.waits_for_start


def _forecast(question: Question) -> Mask:
    if question.probability is None:
        return np.zeros(len(question.network.edges), np.bool_)
    return ~np.isnan(question.probability)


def _probable(question: Question, least: float, below: float) -> Mask:
    if question.probability is None:
        return np.zeros(len(question.network.edges), np.bool_)
    within: Mask = (question.probability >= least) & (question.probability < below)
    return within


def _blocked_since(question: Question, status: Codes) -> Days:
    """When the successor began or, if it has not, needed it; never before the link was drawn."""
    network, standing, timing = question.network, question.standing, question.timing
    edge, today = network.edge, question.as_of.toordinal()
    reached = ~timing.weak & (timing.need_by <= today)
    needed = np.where(reached, timing.need_by, NO_DAY)
    begun = np.where(
        standing.in_progress[edge.successor] & ~edge.holds_finish, standing.begun_on[edge.successor], NO_DAY
    )
    since = np.where(begun != NO_DAY, begun, needed)
    known = (status == STATUS_CODE[DependencyStatus.BLOCKED]) & (since != NO_DAY)
    return np.where(known, np.minimum(np.maximum(since, edge.linked_on), today), NO_DAY).astype(np.int32)


def _days_since(question: Question, since: Days) -> Days:
    waiting, calendars = question.network.edge.successor, question.calendars
    passed = calendars.index(question.as_of, waiting) - calendars.indices(since, waiting).astype(np.int64)
    return np.where(since == NO_DAY, NO_DAY, passed).astype(np.int32)


def _first_of(rungs: dict[DependencyStatus, Flags]) -> Codes:
    status = np.full(_size(rungs), STATUS_CODE[DependencyStatus.ON_TRACK], np.int8)
    for rung, flags in reversed(rungs.items()):
        if rung is not DependencyStatus.ON_TRACK:
            status[np.logical_or.reduce(list(flags.values()))] = STATUS_CODE[rung]
    return status


def _reasons(status: Codes, rungs: dict[DependencyStatus, Flags]) -> NDArray[np.int64]:
    """Those of the rung on which the edge stands."""
    reasons = np.zeros(status.shape, np.int64)
    for rung, flags in rungs.items():
        here = status == STATUS_CODE[rung]
        for reason, applies in flags.items():
            reasons[here & applies] |= BIT[reason]
    return reasons


def _size(rungs: dict[DependencyStatus, Flags]) -> int:
    return next(iter(rungs[DependencyStatus.CYCLIC].values())).size
