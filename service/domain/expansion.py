"""A network as plain nodes and arcs: containers opened up, so that an edge at an epic is one at all it holds.

A container that is an end of an edge stands for the finish of all open countable items beneath it, and gets a second
node for their start: n arcs instead of n × m. Nodes 0 … items − 1 are the items, the starts come after them. Arcs are
edges, or ties that hold a container together; neither takes time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.domain.columns import NOBODY, Mask, Places
from service.domain.graph import Cycle, Digraph, cycles
from service.domain.lineage import Lineage
from service.domain.network import Network
from service.domain.schedule import Link
from service.domain.standing import Standing


@dataclass(frozen=True, slots=True, eq=False)
class Expansion:
    """`types` (Link) and `lags` are per arc; `edge` is the edge that the arc stands for, NOBODY for a tie.

    `item` is the item of each node. `entry` is, per item, the node at which its work starts: its own, or the start
    node of a container.
    """

    graph: Digraph
    types: NDArray[np.int8]
    lags: NDArray[np.int64]
    edge: Places
    item: Places
    entry: Places

    def is_same_as(self, other: Expansion) -> bool:
        """The same arcs between the same nodes, for the same edges; `types` and `lags` may differ."""
        return (
            np.array_equal(self.graph.tails, other.graph.tails)
            and np.array_equal(self.graph.heads, other.graph.heads)
            and np.array_equal(self.edge, other.edge)
            and np.array_equal(self.entry, other.entry)
        )

    def keeping(self, arcs: Mask) -> Expansion:
        """The same nodes with only these arcs."""
        return Expansion(
            self.graph.keeping(arcs), self.types[arcs], self.lags[arcs], self.edge[arcs], self.item, self.entry
        )

    def edges_of(self, arcs: Mask, edges: int) -> Mask:
        """Which of so many edges these arcs stand for."""
        found = np.zeros(edges, np.bool_)
        numbers = self.edge[arcs]
        found[numbers[numbers != NOBODY]] = True
        return found


def expand(network: Network, lineage: Lineage, standing: Standing, *, edges: Mask) -> Expansion:
    """With these edges only, and the containers at the ends of all. Edges between an item and what stands above or
    beneath it are left out: belonging together is no dependency."""
    edge = network.edge
    related = lineage.beneath_each_other(edge.predecessor, edge.successor) & (edge.predecessor != edge.successor)
    kept = np.flatnonzero(edges & ~related).astype(np.int32)
    before, after = edge.predecessor[kept], edge.successor[kept]
    end = np.zeros(len(network.items), np.bool_)
    end[edge.predecessor] = end[edge.successor] = True
    ends = np.flatnonzero(end).astype(np.int32)
    entry, starts = _entries(standing, ends)
    ties = _ties(network, lineage, entry=entry, containers=starts, ends=ends)
    tails = np.where(edge.waits_for_start[kept], entry[before], before)
    heads = np.where(edge.holds_finish[kept], after, entry[after])
    return Expansion(
        graph=Digraph(
            len(network.items) + len(starts),
            np.concatenate((tails, ties.tails)).astype(np.int32),
            np.concatenate((heads, ties.heads)).astype(np.int32),
        ),
        types=np.concatenate((edge.type[kept], ties.types)).astype(np.int8),
        lags=np.concatenate((edge.lag[kept], np.zeros(len(ties.tails)))).astype(np.int64),
        edge=np.concatenate((kept, np.full(len(ties.tails), NOBODY))).astype(np.int32),
        item=np.concatenate((np.arange(len(network.items)), starts)).astype(np.int32),
        entry=entry,
    )


def knots_of(expansion: Expansion, lineage: Lineage) -> dict[int, tuple[int, ...]]:
    """Each strongly connected component with a cycle, by the name that `graph.strong` gives it: one shortest cycle
    through it, as the items that its edges lead through in turn, the smallest first."""
    return {cycle.walk[0]: _walked(cycle, expansion, lineage) for cycle in cycles(expansion.graph)}


@dataclass(frozen=True, slots=True, eq=False)
class _Ties:
    tails: Places
    heads: Places
    types: NDArray[np.int8]


def _entries(standing: Standing, ends: Places) -> tuple[Places, Places]:
    """The node at which each item starts, and the containers that got a node of their own for it."""
    starts = ends[standing.container[ends]]
    entry = np.arange(standing.beneath.size, dtype=np.int32)
    entry[starts] = entry.size + np.arange(starts.size, dtype=np.int32)
    return entry, starts


def _ties(network: Network, lineage: Lineage, *, entry: Places, containers: Places, ends: Places) -> _Ties:
    """Of each container: start → item → finish for all open countable items beneath it, and start → finish.

    An end that does not count itself, such as a sub-task, holds up the finish of the item above it that does.
    """
    item = network.item
    opened = np.zeros(entry.shape, np.bool_)
    opened[containers] = True
    tails, heads = [entry[containers]], [containers]
    held = np.flatnonzero(item.countable & item.open).astype(np.int32) if containers.size else containers
    above = lineage.parent[held]
    while (inside := above != NOBODY).any():
        held, above = held[inside], above[inside]
        tied = opened[above]
        tails += [entry[above[tied]], held[tied]]
        heads += [entry[held[tied]], above[tied]]
        above = lineage.parent[above]
    parts, wholes = _parts(network, lineage, ends)
    spans = sum(map(len, tails))
    return _Ties(
        np.concatenate((*tails, parts)),
        np.concatenate((*heads, wholes)),
        np.concatenate((np.full(spans, Link.FS, np.int8), np.full(parts.size, Link.FF, np.int8))),
    )


def _parts(network: Network, lineage: Lineage, ends: Places) -> tuple[Places, Places]:
    """Ends that are open and do not count, each with the nearest open item above it that does."""
    item = network.item
    parts = ends[item.live[ends] & item.open[ends] & ~item.countable[ends]]
    wholes = lineage.parent[parts]
    while (climbing := (wholes != NOBODY) & ~item.countable[wholes]).any():
        wholes = np.where(climbing, lineage.parent[wholes], wholes)
    found = (wholes != NOBODY) & item.open[wholes]
    return parts[found], wholes[found]


def _walked(cycle: Cycle, expansion: Expansion, lineage: Lineage) -> tuple[int, ...]:
    nodes = expansion.item[list(cycle.walk)]
    behind = np.roll(nodes, -1)
    tied = lineage.beneath_each_other(nodes, behind)
    ends = [
        end for one, other, tie in zip(nodes, behind, tied, strict=True) if not tie for end in (int(one), int(other))
    ]
    turns = [end for place, end in enumerate(ends) if end != ends[place - 1]] or [int(nodes[0])]
    least = turns.index(min(turns))
    return (*turns[least:], *turns[:least])
