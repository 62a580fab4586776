"""Dependency health: every edge of a network with its status, its reasons, its dates and what it drags along.

`assess` decides all statuses at once; words, downstream work, score and cycles are made when they are asked for.
Edges that are merely suggested are assessed and listed, and count for nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from service.domain.calendars import NO_DAY, WorkingCalendar
from service.domain.columns import NOBODY, Mask, Places, day_of
from service.domain.covering import covered_by
from service.domain.dependency_health import DependencyHealth, health_of
from service.domain.dependency_status import (
    BIT,
    REASONS,
    STATUS_CODE,
    STATUSES,
    DependencyRules,
    DependencyStatus,
    LagUnit,
    ReasonCode,
    SameDay,
)
from service.domain.dependency_words import Facts, Reason, reason
from service.domain.edge_timing import EdgeTiming, timing_of
from service.domain.edges import Edge
from service.domain.expansion import Expansion, expand, knots_of
from service.domain.graph import edges_on_cycles
from service.domain.impact import downstream
from service.domain.kept import hand_on
from service.domain.ladder import Probabilities, Question, Rungs, climb, resolved
from service.domain.lineage import Lineage
from service.domain.network import Network, NetworkItem
from service.domain.planned_dates import SOURCES, PlannedDates, planned_dates
from service.domain.standing import Standing, standing_of
from service.domain.team_calendars import Calendars
from service.domain.typical import Typical, typical_durations

__all__ = [
    "AssessedEdge",
    "Assessment",
    "DependencyHealth",
    "DependencyRules",
    "DependencyStatus",
    "LagUnit",
    "Reason",
    "ReasonCode",
    "SameDay",
    "assess",
    "foreseen",
]

_RULES = DependencyRules()


class AssessedEdge(Struct, frozen=True, gc=False):
    """One edge, ready to be shown. None means that nobody knows.

    `need_by` and `planned_finish` are days of the ends that match: for SS and SF `planned_finish` is the day on which
    the predecessor is planned to start, for FF and SF `need_by` the one on which the successor is planned to finish.
    `gap_days` and `blocked_days` are working days. `probability`: the chance that the predecessor gives in time, by how
    long such work took. `hub`: many edges end at its successor, or predecessor, which is a
    mere gate. `covered_by` is the id of an edge higher up that says the same.
    """

    edge: Edge
    status: DependencyStatus
    reasons: tuple[Reason, ...]
    need_by: date | None
    planned_finish: date | None
    gap_days: int | None
    blocked_since: date | None
    blocked_days: int | None
    probability: float | None
    downstream_items: int
    hub: bool
    covered_by: str | None


@dataclass(frozen=True, eq=False, kw_only=True)
class Assessment:
    """All edges of a network, by their place in `network.edges`; items by their place in `network.items`.

    `expansion` holds all confirmed edges that are not resolved, cycles included.
    """

    network: Network
    lineage: Lineage
    standing: Standing
    dates: PlannedDates
    timing: EdgeTiming
    typical: dict[str, Typical]
    rungs: Rungs
    expansion: Expansion
    as_of: date
    calendars: Calendars
    rules: DependencyRules
    probability: Probabilities | None = None

    def status(self, edge: int) -> DependencyStatus:
        return STATUSES[int(self.rungs.status[edge])]

    def having(self, statuses: Iterable[DependencyStatus]) -> Places:
        """The edges with any of these, in their order."""
        codes = [STATUS_CODE[status] for status in statuses]
        return np.flatnonzero(np.isin(self.rungs.status, codes)).astype(np.int32)

    def edge(self, edge: int) -> AssessedEdge:
        rungs, timing, upper = self.rungs, self.timing, int(self.covered_by[edge])
        before, after = self.network.edge.predecessor[edge], self.network.edge.successor[edge]
        return AssessedEdge(
            edge=self.network.edges[edge],
            status=self.status(edge),
            reasons=self.reasons(edge),
            need_by=day_of(timing.need_by[edge]),
            planned_finish=day_of(timing.planned[edge]),
            gap_days=_known(timing.gap[edge]),
            blocked_since=day_of(rungs.blocked_since[edge]),
            blocked_days=_known(rungs.blocked_days[edge]),
            probability=self.chance(edge),
            downstream_items=int(self.downstream_items[edge]),
            hub=bool(self.hubs[before] or self.hubs[after]),
            covered_by=None if upper == NOBODY else self.network.edges[upper].id,
        )

    def edges(self) -> Iterator[AssessedEdge]:
        return map(self.edge, range(len(self.network.edges)))

    def chance(self, edge: int) -> float | None:
        """That the predecessor gives in time; None where there is no forecast."""
        if self.probability is None or np.isnan(self.probability[edge]):
            return None
        return float(self.probability[edge])

    def reasons(self, edge: int) -> tuple[Reason, ...]:
        bits, facts = int(self.rungs.reasons[edge]), self._facts(edge)
        return tuple(reason(code, facts) for code in REASONS if bits & BIT[code])

    @cached_property
    def cycles(self) -> tuple[tuple[str, ...], ...]:
        """Uids, the smallest first: of each knot of items that wait for each other one shortest cycle, in order."""
        return tuple(tuple(self.network.items[place].uid for place in knot) for knot in sorted(self._knots.values()))

    @cached_property
    def downstream_items(self) -> NDArray[np.int64]:
        """Per edge: its successor and all that waits behind it; distinct, countable and not done."""
        own = np.zeros(self.expansion.graph.nodes)
        own[: len(self.network.items)] = self._open_scope
        entry = self.expansion.entry[self.network.edge.successor]
        return np.rint(downstream(self.expansion.graph, own).within[entry]).astype(np.int64)

    @cached_property
    def health(self) -> DependencyHealth:
        scope = max(int(np.count_nonzero(self._open_scope)), 1)
        return health_of(
            self.rungs.status,
            confirmed=self.network.edge.confirmed,
            share=self.downstream_items / scope,
            values=self.rules.health_values,
        )

    @cached_property
    def covered_by(self) -> Places:
        """Per edge the place of the highest edge that says the same of containers; NOBODY where none does."""
        unresolved = self.rungs.status != STATUS_CODE[DependencyStatus.RESOLVED]
        return covered_by(self.network, self.lineage, among=unresolved & self.network.edge.confirmed)

    @cached_property
    def hubs(self) -> Mask:
        """Items that many others end at only to get around a limit of a tool on dependencies (Asana: 30), or to have
        one gate for all: a milestone, or something that no one works on. They are no bottlenecks."""
        edge = self.network.edge
        fan_in = np.bincount(edge.successor[edge.confirmed], minlength=len(self.network.items))
        hubs = fan_in >= self.rules.hub_fan_in
        hubs[hubs] = [_is_gate(self.network.items[place]) for place in np.flatnonzero(hubs)]
        return hubs & ~self.standing.container

    @cached_property
    def _open_scope(self) -> Mask:
        return self.network.item.countable & self.network.item.open

    @cached_property
    def _knots(self) -> dict[int, tuple[int, ...]]:
        return knots_of(self.expansion, self.lineage)

    @cached_property
    def _in_trouble(self) -> tuple[Places, Places]:
        """The confirmed edges that are blocked or off track, by their successors, and those."""
        bad = self.having((DependencyStatus.BLOCKED, DependencyStatus.OFF_TRACK))
        bad = bad[self.network.edge.confirmed[bad]]
        bad = bad[np.argsort(self.network.edge.successor[bad], kind="stable")]
        return bad, self.network.edge.successor[bad]

    def _holding_up(self, item: int) -> tuple[str, ...]:
        """What it waits for that is blocked or off track, as people call it."""
        edges, successors = self._in_trouble
        first, last = np.searchsorted(successors, np.array([item, item + 1], np.int32))
        return tuple(sorted({self.network.ends(edge)[0].called for edge in edges[first:last]}))

    def _facts(self, edge: int) -> Facts:
        network, timing, standing = self.network, self.timing, self.standing
        before, after = network.edge.predecessor[edge], network.edge.successor[edge]
        from_start = bool(network.edge.waits_for_start[edge])
        given_on = day_of((standing.begun_on if from_start else network.item.done_on)[before])
        need_by = day_of(timing.need_by[edge])
        return Facts(
            predecessor=network.items[before],
            successor=network.items[after],
            as_of=self.as_of,
            waits_for_start=from_start,
            holds_finish=bool(network.edge.holds_finish[edge]),
            planned=day_of(timing.planned[edge]),
            planned_source=SOURCES[timing.planned_source[edge]],
            need_by=need_by,
            need_source=SOURCES[timing.need_source[edge]],
            gap=_known(timing.gap[edge]),
            begun_on=day_of(standing.begun_on[after]),
            given_on=given_on,
            late_days=self.calendars.own(after).working_days_between(need_by, given_on) if need_by and given_on else 0,
            typical=self.typical.get(network.items[before].item_type),
            beneath=int(standing.beneath[before]),
            open_beneath=int(standing.open_beneath[before]),
            cycle=self._cycle_of(edge),
            upstream=self._holding_up(int(before))[:2],
            probability=self.chance(edge),
        )

    def _cycle_of(self, edge: int) -> tuple[str, ...]:
        if self.status(edge) is not DependencyStatus.CYCLIC:
            return ()
        (arc,) = np.flatnonzero(self.expansion.edge == edge)
        graph = self.expansion.graph
        return tuple(self.network.items[place].called for place in self._knots[int(graph.strong[graph.tails[arc]])])


def assess(
    network: Network,
    *,
    as_of: date,
    calendar: WorkingCalendar,
    teams: Mapping[str, WorkingCalendar] | None = None,
    rules: DependencyRules = _RULES,
    probability: Probabilities | None = None,
) -> Assessment:
    """Decide the status of every edge. `as_of` is today in the program's time zone; `teams` are calendars by the name
    of a team, where it is not the program's `calendar`.

    `probability` is per edge the chance that the predecessor gives in time, nan where there is no forecast.
    """
    lineage = Lineage.of(network.item.parent)
    calendars = Calendars.of(network.items, calendar, teams)
    typical = typical_durations(network, calendars=calendars)
    standing = standing_of(network, lineage, rules=rules)
    dates = planned_dates(network, lineage, calendars=calendars, typical=typical)
    question = Question(
        network=network,
        lineage=lineage,
        standing=standing,
        timing=timing_of(network, dates, calendars=calendars, rules=rules),
        typical=typical,
        as_of=as_of,
        calendars=calendars,
        rules=rules,
        probability=probability,
    )
    settled = np.logical_or.reduce(list(resolved(network, standing).values()))
    expansion = expand(network, lineage, standing, edges=network.edge.confirmed & ~settled)
    cyclic = expansion.edges_of(edges_on_cycles(expansion.graph), len(network.edges))
    return Assessment(
        network=network,
        lineage=lineage,
        standing=standing,
        dates=dates,
        timing=question.timing,
        typical=typical,
        rungs=climb(question, cyclic=cyclic),
        expansion=expansion,
        as_of=as_of,
        calendars=calendars,
        rules=rules,
        probability=probability,
    )


def foreseen(assessment: Assessment, probability: Probabilities) -> Assessment:
    """The same, once it is known how likely each predecessor gives in time: some rungs of the ladder ask for it."""
    if np.isnan(probability).all():
        return assessment
    question = Question(
        network=assessment.network,
        lineage=assessment.lineage,
        standing=assessment.standing,
        timing=assessment.timing,
        typical=assessment.typical,
        as_of=assessment.as_of,
        calendars=assessment.calendars,
        rules=assessment.rules,
        probability=probability,
    )
    expansion = assessment.expansion
    cyclic = expansion.edges_of(edges_on_cycles(expansion.graph), len(assessment.network.edges))
    return replace(assessment, rungs=climb(question, cyclic=cyclic), probability=probability)


def standing_on(assessment: Assessment, before: Assessment) -> Assessment:
    """The same; what was asked of an earlier one and has not changed since is not computed again."""
    still = (
        assessment.network.edges is before.network.edges
        and assessment.expansion.is_same_as(before.expansion)
        and np.array_equal(assessment._open_scope, before._open_scope)
    )
    if still:
        hand_on(before, assessment, "downstream_items")
    return assessment


def _is_gate(item: NetworkItem) -> bool:
    """A milestone, or something without any work of its own."""
    idle = item.points is None and item.assignee_id is None and item.started_at is None
    return item.milestone or item.remaining_seconds == 0 or (item.remaining_seconds is None and idle)


def _known(days: np.int32) -> int | None:
    return None if days == NO_DAY else int(days)
