"""One block of trials of a plan: both passes of the critical path method for many drawn durations at once.

A row per node and a column per trial, in float32. The passes go node by node and edge by edge, each a NumPy call or two
over a row that the cache holds; where a node waits for one other alone, its start simply is that row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from heapq import heapify, heappop, heappush
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from service.domain.crews import Posts
from service.domain.duration_laws import Spans
from service.domain.graph import Digraph, Neighbours
from service.domain.schedule import ActivityNetwork, Link

Row = NDArray[np.float32]

Counts = NDArray[np.int64]

NOISE = np.float32(1e-2)  # of a day; what lies less apart differs by rounding alone


class Bound(NamedTuple):
    """An edge that is more than finish to start: with `other`, the node at its other end."""

    link: Link
    other: int
    lag: np.float32


class Ends(NamedTuple):
    """The edges of a node on one side: other ends of plain ones (FS without a lag), and the rest."""

    plain: Sequence[int]
    rest: Sequence[Bound]


@dataclass(frozen=True, eq=False)
class Course:
    """A network made ready for passes: the nodes in an order in which each comes after all that bound it.

    `grounded`: nothing can begin before 0. `last`: nodes that may be the last to finish.
    """

    network: ActivityNetwork
    order: list[int]
    floors: list[int]
    grounded: bool
    last: list[int]

    @classmethod
    def of(cls, network: ActivityNetwork, *, rank: Sequence[int] | None = None) -> Course:
        """Of nodes that could come next the one with the least `rank` does; CyclicNetwork where there is a cycle."""
        graph = network.graph
        levels = graph.levels
        floors = network.earliest + network.wait
        outlasted = ((network.types == Link.FS) | (network.types == Link.FF)) & (network.lags >= 0)
        ending = np.ones(graph.nodes, np.bool_)
        ending[graph.tails[outlasted]] = False
        return cls(
            network=network,
            order=np.argsort(levels, kind="stable").tolist() if rank is None else _ranked(graph, rank),
            floors=floors.tolist(),
            grounded=bool((floors >= 0).all()),
            last=np.flatnonzero(ending).tolist(),
        )

    @cached_property
    def before(self) -> list[Ends]:
        return _ends(self.network, self.network.graph.predecessors)

    @cached_property
    def after(self) -> list[Ends]:
        return _ends(self.network, self.network.graph.successors)


class Shocks:
    """Shocks that all teams share: `factors` per trial (row) and coming week (column), by how much longer than usual an
    item takes that begins in that week; the last week stands for all later ones. `steady`: nodes without."""

    def __init__(self, factors: Spans, *, steady: frozenset[int] = frozenset(), days: int = 5) -> None:
        """`days` are those of a week."""
        trials, weeks = factors.shape
        self.steady = steady
        self._factors = np.ravel(factors)
        self._last = np.float32(weeks - 1)
        self._a_day = np.float32(1 / days)
        self._rows = np.arange(0, trials * weeks, weeks)
        self._week = np.empty(trials, np.float32)
        self._places = np.empty(trials, np.int64)

    def stretch(self, lasting: Row, start: Row) -> None:
        """Durations, in place, of what begins then."""
        week, places = self._week, self._places
        np.multiply(start, self._a_day, out=week)
        np.minimum(week, self._last, out=week)
        np.maximum(week, 0, out=week)
        np.copyto(places, week, casting="unsafe")
        np.add(places, self._rows, out=places)
        self._factors.take(places, out=week, mode="clip")
        np.multiply(lasting, week, out=lasting)


class Block:
    """Dates of one block of trials, in days from the origin: call `forward`, ask for dates, then call `critical`."""

    def __init__(self, course: Course, sheets: Sheets) -> None:
        """Writes over all of `sheets`, whose durations are those that were drawn."""
        self._course = course
        self._sheets = sheets
        self._lasting: list[Row] = list(sheets.durations)
        self._own: list[Row] = list(sheets.starts)
        self._scratch = np.empty_like(sheets.finish)
        self.start: list[Row] = list(self._own)
        self.end: list[Row] = list(sheets.ends)
        self.finish: Row = sheets.finish

    def forward(self, *, posts: Posts | None = None, shocks: Shocks | None = None) -> None:
        """Early dates. `posts`: places in teams that items wait for, where teams have a limit."""
        zeros = np.zeros_like(self.finish)
        for node in self._course.order:
            start, lasting = self._earliest(node, zeros), self._lasting[node]
            if posts is not None and posts.limits(node):
                start = posts.take(node, start, into=self._own[node])
            self.start[node] = start
            if shocks is not None and node not in shocks.steady:
                shocks.stretch(lasting, start)
            if start is zeros:
                self.end[node] = lasting
            else:
                np.add(start, lasting, out=self.end[node])
            if posts is not None and posts.limits(node):
                posts.leave(node, self.end[node])
        np.copyto(self.finish, self.end[self._course.last[0]] if self._course.last else zeros)
        for node in self._course.last[1:]:
            np.maximum(self.finish, self.end[node], out=self.finish)

    def critical(self, *, posts: Posts | None = None) -> Counts:
        """Per node in how many trials it has no float: any delay would move the finish. Late dates take the place of
        the starts and durations; `posts` as in `forward`."""
        course, scratch = self._course, self._scratch
        counts = np.zeros(len(self._own), np.int64)
        late_end = list(self._own)
        if posts is not None:
            self._sheets.starts[:] = self.finish
        for node in reversed(course.order):
            late = late_end[node] = self._latest(node, late_end, bounded=posts is not None)
            np.subtract(late, self.end[node], out=scratch)
            counts[node] = np.count_nonzero(scratch < NOISE)
            if any(course.before[node]) or posts is not None:
                if self.end[node] is self._lasting[node]:
                    self._lasting[node] = late - self._lasting[node]
                else:
                    np.subtract(late, self._lasting[node], out=self._lasting[node])
            if posts is not None:
                posts.bound(node, self._lasting[node], self._sheets.starts)
        return counts

    def _earliest(self, node: int, zeros: Row) -> Row:
        course = self._course
        ends, floor = course.before[node], course.floors[node]
        if course.grounded and not floor and not ends.rest and len(ends.plain) <= 1:
            return self.end[ends.plain[0]] if ends.plain else zeros
        start, plain = self._own[node], ends.plain
        if course.grounded and not floor and len(plain) > 1:
            np.maximum(self.end[plain[0]], self.end[plain[1]], out=start)
            plain = plain[2:]
        else:
            start.fill(floor)
        for other in plain:
            np.maximum(start, self.end[other], out=start)
        limit = self._scratch
        for bound in ends.rest:
            from_start = bound.link in {Link.SS, Link.SF}
            np.add((self.start if from_start else self.end)[bound.other], bound.lag, out=limit)
            if bound.link in {Link.FF, Link.SF}:
                limit -= self._lasting[node]
            np.maximum(start, limit, out=start)
        return start

    def _latest(self, node: int, late_end: list[Row], *, bounded: bool) -> Row:
        """`_lasting` of what comes after holds its late start by now. `bounded`: the row has a limit already."""
        ends = self._course.after[node]
        if not bounded and not ends.rest and len(ends.plain) <= 1:
            return self._lasting[ends.plain[0]] if ends.plain else self.finish
        late, plain = self._own[node], ends.plain
        if not bounded and len(plain) > 1:
            np.minimum(self._lasting[plain[0]], self._lasting[plain[1]], out=late)
            plain = plain[2:]
        elif not bounded:
            np.copyto(late, self.finish)
        for other in plain:
            np.minimum(late, self._lasting[other], out=late)
        for bound in ends.rest:
            to_finish = bound.link in {Link.FF, Link.SF}
            limit: Row = np.subtract(
                (late_end if to_finish else self._lasting)[bound.other], bound.lag, out=self._scratch
            )
            if bound.link in {Link.SS, Link.SF}:
                limit += self._lasting[node]
            np.minimum(late, limit, out=late)
        return late


@dataclass(frozen=True, eq=False, slots=True)
class Sheets:
    """Room for one block, a row per node and a column per trial; used again for the next."""

    durations: Spans
    starts: Spans
    ends: Spans
    finish: Row

    @classmethod
    def of(cls, nodes: int, trials: int) -> Sheets:
        durations, starts, ends = (np.empty((nodes, trials), np.float32) for _ in range(3))
        return cls(durations, starts, ends, np.empty(trials, np.float32))


def _ends(network: ActivityNetwork, neighbours: Neighbours) -> list[Ends]:
    """What a node waits before its start is a lag of all edges before it."""
    first, others = neighbours.lists
    lags = network.lags + network.wait[network.graph.heads]
    spans = pairwise(first)
    odd = (network.types != Link.FS) | (lags != 0)
    if not odd.any():
        return [Ends(others[begin:end], ()) for begin, end in spans]
    edges, links, waits, is_odd = neighbours.edges.tolist(), network.types.tolist(), lags.tolist(), odd.tolist()

    def bound(at: int) -> Bound:
        return Bound(Link(links[edges[at]]), others[at], np.float32(waits[edges[at]]))

    return [
        Ends(
            [others[at] for at in range(begin, end) if not is_odd[edges[at]]],
            [bound(at) for at in range(begin, end) if is_odd[edges[at]]],
        )
        for begin, end in spans
    ]


def _ranked(graph: Digraph, rank: Sequence[int]) -> list[int]:
    waiting = np.bincount(graph.heads, minlength=graph.nodes).tolist()
    first, others = graph.successors.lists
    ready = [(rank[node], node) for node, count in enumerate(waiting) if not count]
    heapify(ready)
    order: list[int] = []
    while ready:
        _, node = heappop(ready)
        order.append(node)
        for head in others[first[node] : first[node + 1]]:
            waiting[head] -= 1
            if not waiting[head]:
                heappush(ready, (rank[head], head))
    return order
