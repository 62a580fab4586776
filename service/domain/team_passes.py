"""Both passes of the critical path method where teams have days off of their own, one activity after the other.

An activity begins and is worked on in its own team's days; what it waits for ends in those of another team. So no link
is a fixed number of days any more, and each is followed by what it means: the predecessor's end is a day of the plan,
and the successor, lag and length included, counts its own days from there. Backward the same is undone exactly: the
latest day that still leads to no later start. Milestones and containers take no time, and nobody's days off hold them
up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from service.domain.days_off import DaysOff

if TYPE_CHECKING:
    from service.domain.schedule import ActivityNetwork

Days = NDArray[np.int64]
_FROM_FINISH, _TO_FINISH = (0, 2), (2, 3)  # link types by the end they name: FS, FF; FF, SF


@dataclass(frozen=True, eq=False)
class Passes:
    """`begun` is the own index of the first day of each activity; `bounds`, per edge, the least that it asks for."""

    begun: Days
    bounds: Days
    start: Days
    finish: Days


@dataclass(frozen=True, eq=False)
class TeamPasses:
    """Over a network with days off."""

    network: ActivityNetwork
    days_off: DaysOff

    def forward(self) -> Passes:
        network, counting, reach, from_finish = self.network, self._counting, self._reach, self._from_finish
        first, edges, tails = self._incoming
        earliest, wait = network.earliest.tolist(), network.wait.tolist()
        begun, start, finish = ([0] * network.graph.nodes for _ in range(3))
        bounds = [0] * len(reach)
        for node in self._order:
            own, day = counting[node]
            least = own(earliest[node]) + wait[node]
            for spot in range(first[node], first[node + 1]):
                edge, tail = edges[spot], tails[spot]
                bound = own(finish[tail] if from_finish[edge] else start[tail]) + reach[edge]
                bounds[edge] = bound
                least = max(least, bound)
            takes = self._work[node]
            begun[node] = least
            start[node] = day(least)
            finish[node] = day(least + takes - 1) + 1 if takes else start[node]
        return Passes(*(np.array(each, np.int64) for each in (begun, bounds, start, finish)))

    def backward(self, ceilings: list[int]) -> tuple[Days, Days]:
        """The latest own index at which each activity can begin when it must be finished by its day of `ceilings`, and
        per edge the most that it allows its predecessor."""
        counting, reach, from_finish, work = self._counting, self._reach, self._from_finish, self._work
        first, edges, heads = self._outgoing
        late, allowed = [0] * self.network.graph.nodes, [0] * len(reach)
        for node in reversed(self._order):
            own, takes = counting[node][0], work[node]
            most = own(ceilings[node]) - takes
            for spot in range(first[node], first[node + 1]):
                edge, head = edges[spot], heads[spot]
                until = counting[head][1](late[head] - reach[edge])
                bound = own(until) - takes if from_finish[edge] else own(until + 1) - 1
                allowed[edge] = bound
                most = min(most, bound)
            late[node] = most
        return np.array(late, np.int64), np.array(allowed, np.int64)

    def allowed(self, begun: Days) -> Days:
        """Per edge, the own index by which its predecessor may begin without moving a successor that begins then."""
        tails, heads = self.network.graph.tails.tolist(), self.network.graph.heads.tolist()
        starts, counting, work = begun.tolist(), self._counting, self._work
        found = []
        for tail, head, reach, from_finish in zip(tails, heads, self._reach, self._from_finish, strict=True):
            until, own = counting[head][1](starts[head] - reach), counting[tail][0]
            found.append(own(until) - work[tail] if from_finish else own(until + 1) - 1)
        return np.array(found, np.int64)

    def days(self, begun: Days) -> tuple[Days, Days]:
        """Start and finish in days of the plan of activities that begin at these own indices."""
        counters = [day for _, day in self._counting]
        spans = list(zip(counters, begun.tolist(), self._work, strict=True))
        starts = np.array([day(own) for day, own, _ in spans], np.int64)
        ends = np.array([day(own + takes - 1) + 1 if takes else day(own) for day, own, takes in spans], np.int64)
        return starts, ends

    def own(self, days: list[int]) -> Days:
        return np.array([own(day) for (own, _), day in zip(self._counting, days, strict=True)], np.int64)

    @cached_property
    def _counting(self) -> list[tuple[Callable[[int], int], Callable[[int], int]]]:
        """Of each node; those that take no time have nothing off."""
        by_code = self.days_off.counting()
        codes = self.days_off.code.tolist()
        return [by_code[code] if takes else (int, int) for code, takes in zip(codes, self._work, strict=True)]

    @cached_property
    def _order(self) -> list[int]:
        order: list[int] = np.argsort(self.network.graph.levels, kind="stable").tolist()
        return order

    @cached_property
    def _work(self) -> list[int]:
        work: list[int] = self.network.durations.tolist()
        return work

    @cached_property
    def _reach(self) -> list[int]:
        """Per edge, what its successor counts from the day on which it is given what it waits for until it begins."""
        heads = self.network.graph.heads
        taken = np.where(np.isin(self.network.types, _TO_FINISH), self.network.durations[heads], 0)
        reach: list[int] = (self.network.lags - taken + self.network.wait[heads]).tolist()
        return reach

    @cached_property
    def _from_finish(self) -> list[bool]:
        found: list[bool] = np.isin(self.network.types, _FROM_FINISH).tolist()
        return found

    @cached_property
    def _incoming(self) -> tuple[list[int], list[int], list[int]]:
        edges = self.network.graph.predecessors
        return edges.first.tolist(), edges.edges.tolist(), edges.nodes.tolist()

    @cached_property
    def _outgoing(self) -> tuple[list[int], list[int], list[int]]:
        edges = self.network.graph.successors
        return edges.first.tolist(), edges.edges.tolist(), edges.nodes.tolist()
