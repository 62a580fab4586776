"""The critical path method over whole working days: when each item can be, and must be, begun and finished.

Time is counted in working days from an origin that the caller chooses (today, say): 0 is the beginning of that day.
A start is the beginning of its day and a finish the end of the day before it, so an item of 3 days from 0 has start 0
and finish 3. Duration 0 is a milestone. A link is FS, SS, FF or SF with a lag in working days, a lead when negative.

Every link says `start of the successor ≥ start of the predecessor + offset`, where only the offset depends on its type.
So the whole method is one pass forward and one backward over these offsets, whatever the links. Where teams have days
off of their own the offset depends on the day, and `team_passes` goes from activity to activity instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from service.domain.days_off import DaysOff
from service.domain.graph import Digraph, Mask, digraph
from service.domain.team_passes import TeamPasses

Days = NDArray[np.int64]

NO_LIMIT = int(np.iinfo(np.int64).max)  # a latest finish that bounds nothing
_NARROW = 25  # edges in a level; below, one loop over all of them is faster than a NumPy call for each level


class Link(IntEnum):
    """Which end of the predecessor bounds which end of the successor."""

    FS = 0
    SS = 1
    FF = 2
    SF = 3


@dataclass(frozen=True, eq=False, kw_only=True)
class ActivityNetwork:
    """What is left to do. `durations` ≥ 0 and `earliest` starts are per node, `types` (Link) and `lags` per edge.

    The graph has no cycles; the caller drops their edges, and those of whatever is done. `waits`: nodes that begin so
    many working days later than all they wait for, and their earliest start, would let them. `days_off`: of the days
    of the plan, those on which a node is not worked on; its length, lags before it, waits and floats are in its own.
    """

    graph: Digraph
    durations: Days
    types: NDArray[np.int8]
    lags: Days
    earliest: Days
    waits: Mapping[int, int] = field(default_factory=dict)
    days_off: DaysOff | None = None

    @cached_property
    def wait(self) -> Days:
        """`waits` per node."""
        wait = np.zeros(self.graph.nodes, np.int64)
        wait[list(self.waits)] = list(self.waits.values())
        return wait

    def own(self, days: Days) -> Days:
        """Days of the plan, one per node, as indices of its own working days; what takes no time has none off."""
        return days if self.days_off is None else np.where(self.durations > 0, self.days_off.own(days), days)

    @cached_property
    def offsets(self) -> Days:
        """By how much the start of each edge's successor must at least come after that of its predecessor."""
        from_finish = (self.types == Link.FS) | (self.types == Link.FF)
        to_finish = (self.types == Link.FF) | (self.types == Link.SF)
        before = np.where(from_finish, self.durations[self.graph.tails], 0)
        after = np.where(to_finish, self.durations[self.graph.heads], 0)
        offsets = self.lags + before - after
        return offsets + self.wait[self.graph.heads] if self.waits else offsets

    @cached_property
    def sweep(self) -> Sweep:
        return Sweep.over(self.graph)


@dataclass(frozen=True, eq=False, kw_only=True)
class Schedule:
    """Early and late dates of each node in days of the plan from the origin, and what follows from them.

    `finish` is the computed end of all; `horizon` what late dates are counted from: the target, or else `finish`.
    Floats are in working days of whoever does the work. `total_float`: by how many an item can slip before the target,
    or a latest finish, is missed; negative when it is.
    """

    early_start: Days
    early_finish: Days
    late_start: Days
    late_finish: Days
    finish: int
    horizon: int
    total_float: Days
    finish_float: Days  # by how many days an item can slip before `finish` moves
    free_float: Days  # before any other item, or `finish`, moves: about early dates only, so never negative
    driving: Mask  # per edge: it decides when its successor can start
    late_driving: Mask  # per edge: it decides when its predecessor must start at the latest

    @cached_property
    def critical(self) -> Mask:
        """Items that cannot slip; where the target leaves time to all, those with the least."""
        return self.within(0)

    def within(self, days: int) -> Mask:
        """Items that become critical when they slip by so many days, the critical ones among them."""
        spare = self.total_float
        near: Mask = spare <= max(int(spare.min(initial=NO_LIMIT)), 0) + days
        return near


def activity_network(
    durations: Iterable[int],
    links: Iterable[tuple[int, int] | tuple[int, int, Link] | tuple[int, int, Link, int]],
    *,
    earliest: Mapping[int, int] | None = None,
) -> ActivityNetwork:
    """From plain values: predecessor, successor, type (FS unless said) and lag (0 unless said) of each link."""
    work = np.fromiter(durations, np.int64)
    whole = [(*link, *(Link.FS, 0)[len(link) - 2 :]) for link in links]
    floors = np.zeros(len(work), np.int64)
    for node, day in (earliest or {}).items():
        floors[node] = day
    return ActivityNetwork(
        graph=digraph(len(work), [link[:2] for link in whole]),
        durations=work,
        types=np.array([link[2] for link in whole], np.int8),
        lags=np.array([link[3] for link in whole], np.int64),
        earliest=floors,
    )


def schedule(network: ActivityNetwork, *, target: int | None = None, latest: Days | None = None) -> Schedule:
    """Both passes. `target` is the day by whose beginning all must be finished; `latest` the same for each node, or
    NO_LIMIT. CyclicNetwork when the edges have a cycle; ValueError when a duration is negative."""
    if (network.durations < 0).any():
        raise ValueError("a duration is negative")
    if network.days_off is not None:
        return _scheduled_by_teams(network, TeamPasses(network, network.days_off), target, latest)
    sweep, offsets = network.sweep, network.offsets
    start = sweep.forward(network.earliest + network.wait, offsets)
    end = start + network.durations
    finish = int(end.max(initial=np.iinfo(np.int64).min)) if len(end) else 0
    horizon = finish if target is None else target
    unbound = sweep.backward(finish - network.durations, offsets)
    late = unbound + (horizon - finish)
    if latest is not None:
        late = sweep.backward(np.minimum(late, latest - network.durations), offsets)
    heads, tails = network.graph.heads, network.graph.tails
    slack = start[heads] - start[tails] - offsets
    free = finish - end
    np.minimum.at(free, tails, slack)
    return Schedule(
        early_start=start,
        early_finish=end,
        late_start=late,
        late_finish=late + network.durations,
        finish=finish,
        horizon=horizon,
        total_float=late - start,
        finish_float=unbound - start,
        free_float=free,
        driving=slack == 0,
        late_driving=late[heads] - late[tails] == offsets,
    )


def _scheduled_by_teams(
    network: ActivityNetwork, passes: TeamPasses, target: int | None, latest: Days | None
) -> Schedule:
    early, graph = passes.forward(), network.graph
    finish = int(early.finish.max(initial=np.iinfo(np.int64).min)) if graph.nodes else 0
    horizon = finish if target is None else target
    unbound, allowed = passes.backward([finish] * graph.nodes)
    late = unbound
    if horizon != finish or latest is not None:
        ceilings = [horizon] * graph.nodes if latest is None else np.minimum(latest, horizon).tolist()
        late, allowed = passes.backward(ceilings)
    free = passes.own([finish] * graph.nodes) - network.durations - early.begun
    np.minimum.at(free, graph.tails, passes.allowed(early.begun) - early.begun[graph.tails])
    late_start, late_finish = passes.days(late)
    return Schedule(
        early_start=early.start,
        early_finish=early.finish,
        late_start=late_start,
        late_finish=late_finish,
        finish=finish,
        horizon=horizon,
        total_float=late - early.begun,
        finish_float=unbound - early.begun,
        free_float=free,
        driving=early.bounds == early.begun[graph.heads],
        late_driving=allowed == late[graph.tails],
    )


@dataclass(frozen=True)
class Path:
    """Activities that follow each other without slack; each edge lies between two `nodes` and decides the later one.

    `total_float` is that of the path as a whole: the most that any of its nodes has.
    """

    nodes: tuple[int, ...]
    edges: tuple[int, ...]
    total_float: int


def paths(network: ActivityNetwork, result: Schedule, *, within: int = 0, limit: int = 10) -> list[Path]:
    """The critical paths, then the near-critical ones, least float first: each the longest through an activity that
    stands in none before it, until all of `result.within(within)` are covered or `limit` is reached."""
    near = np.flatnonzero(result.within(within))
    spare = result.total_float
    before, after = _driving_edges(network, result)
    covered: set[int] = set()
    found: list[Path] = []
    for node in near[np.lexsort((near, result.early_start[near], spare[near]))].tolist():
        if len(found) == limit:
            break
        if node not in covered:
            nodes, edges = _longest_through(node, network.graph, before, after)
            covered.update(nodes)
            found.append(Path(nodes, edges, int(spare[node])))
    return found


def shown_days(network: ActivityNetwork, result: Schedule, *, late: bool = False) -> tuple[Days, Days]:
    """The first and the last day of each activity, both worked on, in days from the origin: early ones, or `late` ones.

    A milestone that something leads up to is reached at the end of a day, the day its predecessor is finished; one that
    waits for nothing but its own earliest start, or for the start of another activity, is at the beginning of its day.
    """
    start, finish = (result.late_start, result.late_finish) if late else (result.early_start, result.early_finish)
    milestones = network.durations == 0
    closing = milestones & ~_opening(network, result)
    return start - closing, np.where(milestones, start - closing, finish - 1)


@dataclass(frozen=True, eq=False)
class Sweep:
    """The edges of a graph in the order of the levels of their heads, which serves both passes: whatever leads to a
    node comes before whatever leaves it. `bounds` are where the levels begin, and the end of the last."""

    edges: NDArray[np.int64]
    tails: NDArray[np.int32]
    heads: NDArray[np.int32]
    bounds: NDArray[np.int64]

    @classmethod
    def over(cls, graph: Digraph) -> Sweep:
        levels = graph.levels[graph.heads]
        small = levels.max(initial=0) < 1 << 15  # which NumPy sorts by counting
        edges = np.argsort(levels.astype(np.int16) if small else levels, kind="stable")
        bounds = np.concatenate(([0], np.cumsum(np.bincount(levels)))).astype(np.int64)
        return cls(edges, graph.tails[edges], graph.heads[edges], bounds)

    def forward(self, floors: Days, offsets: Days) -> Days:
        """The least values ≥ `floors` with value[head] ≥ value[tail] + offset on every edge."""
        return _raised(floors, self.tails, self.heads, offsets[self.edges], self.bounds)

    def backward(self, ceilings: Days, offsets: Days) -> Days:
        """The greatest values ≤ `ceilings` with value[tail] ≤ value[head] − offset on every edge: the same turned
        around, since the negative of a ceiling is a floor."""
        bounds = len(self.edges) - self.bounds[::-1]
        return -_raised(-ceilings, self.heads[::-1], self.tails[::-1], offsets[self.edges[::-1]], bounds)


def _raised(
    floors: Days, tails: NDArray[np.int32], heads: NDArray[np.int32], offsets: Days, bounds: NDArray[np.int64]
) -> Days:
    if len(tails) < _NARROW * len(bounds):
        values = floors.tolist()
        for tail, head, offset in zip(tails.tolist(), heads.tolist(), offsets.tolist(), strict=True):
            value = values[tail] + offset
            values[head] = max(values[head], value)
        return np.array(values, np.int64)
    least = floors.astype(np.int64)
    for begin, end in pairwise(bounds.tolist()):
        np.maximum.at(least, heads[begin:end], least[tails[begin:end]] + offsets[begin:end])
    return least


def _driving_edges(network: ActivityNetwork, result: Schedule) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Per node the edge that decides its early start, and the edge that decides its late one; −1 where none does.
    Of several the one with the smallest other end."""
    tails, heads = network.graph.tails, network.graph.heads
    before = _one_each(network.graph.nodes, heads, tails, result.driving)
    return before, _one_each(network.graph.nodes, tails, heads, result.late_driving)


def _one_each(nodes: int, ends: NDArray[np.int32], others: NDArray[np.int32], among: Mask) -> NDArray[np.int64]:
    chosen = np.full(nodes, -1, np.int64)
    edges = np.flatnonzero(among)
    edges = edges[np.argsort(-others[edges], kind="stable")]
    chosen[ends[edges]] = edges  # the last one written stays
    return chosen


def _longest_through(
    node: int, graph: Digraph, before: NDArray[np.int64], after: NDArray[np.int64]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    nodes, edges = [node], []
    while (edge := int(before[nodes[-1]])) >= 0:
        edges.append(edge)
        nodes.append(int(graph.tails[edge]))
    nodes.reverse()
    edges.reverse()
    while (edge := int(after[nodes[-1]])) >= 0:
        edges.append(edge)
        nodes.append(int(graph.heads[edge]))
    return tuple(nodes), tuple(edges)


def _opening(network: ActivityNetwork, result: Schedule) -> Mask:
    """Milestones at the beginning of their day: on their own earliest start, or driven by the beginning of another."""
    graph, milestones = network.graph, network.durations == 0
    opening: Mask = milestones & (result.early_start == network.earliest + network.wait)
    from_start = (network.types == Link.SS) | (network.types == Link.SF)
    inherits = milestones[graph.tails]
    later = network.lags + network.wait[graph.heads] > 0
    deciding = np.flatnonzero(result.driving & milestones[graph.heads] & ~later & (from_start | inherits))
    deciding = deciding[np.argsort(graph.levels[graph.heads[deciding]], kind="stable")]
    for edge in deciding.tolist():
        tail = graph.tails[edge]
        opening[graph.heads[edge]] |= not inherits[edge] or opening[tail]
    return opening
