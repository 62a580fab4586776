"""The shape of a network: cycles, levels and reachability of a directed graph whose nodes are numbers.

Arrays go in and out; nothing here knows what a node stands for. Nothing depends on how deep a graph is: wide ones are
taken level by level in NumPy, the narrow rest node by node. rustworkx finds what is strongly connected, in what is left
once everything that cannot be on a cycle has been peeled away, which is mostly nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import rustworkx
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Mask = NDArray[np.bool_]

ON_CYCLE = -1  # the level of what lies on a cycle or behind one
_NARROW = 100  # nodes in a level; below, a loop over lists is faster than a handful of NumPy calls
_PATIENCE = 32  # narrow levels after which a graph is known to be deep


class CyclicNetwork(Exception):
    """What was asked for needs a graph without cycles; `walk` is one of them, its first node not repeated."""

    def __init__(self, walk: tuple[int, ...]) -> None:
        self.walk = walk
        super().__init__(
            f"The network has a cycle through {len(walk)} of its nodes: {walk[:10]}; drop its edges first."
        )


@dataclass(frozen=True)
class Cycle:
    """Nodes that can all reach each other. `walk` is a shortest cycle through the smallest of them, which comes first;
    of several the one with the smaller nodes. `members` are all of them, ascending."""

    walk: tuple[int, ...]
    members: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Edges by one of their ends: those of node `v` are `edges[first[v]:first[v + 1]]`, in ascending order, and
    `nodes` at the same places their other ends."""

    first: NDArray[np.int64]
    edges: NDArray[np.int64]
    nodes: Ints

    @cached_property
    def lists(self) -> tuple[list[int], list[int]]:
        """`first` and `nodes` for loops, which NumPy's own scalars make slow."""
        return self.first.tolist(), self.nodes.tolist()

    def of(self, nodes: Ints) -> Ints:
        """The other ends of all edges of these nodes."""
        begin = self.first[nodes]
        count = self.first[nodes + 1] - begin
        total = int(count.sum())
        skipped = np.repeat(begin - np.cumsum(count) + count, count)
        return self.nodes[skipped + np.arange(total)]


@dataclass(frozen=True, eq=False)
class Digraph:
    """Nodes 0 … `nodes` − 1 and an edge `tails[i]` → `heads[i]` for each i; parallel edges and loops may occur."""

    nodes: int
    tails: Ints
    heads: Ints

    @cached_property
    def successors(self) -> Neighbours:
        return _grouped(self.nodes, self.tails, self.heads)

    @cached_property
    def predecessors(self) -> Neighbours:
        return _grouped(self.nodes, self.heads, self.tails)

    @cached_property
    def peeled(self) -> Ints:
        """The level of each node: the most edges on a way to it from a node without predecessors; else ON_CYCLE."""
        return _peel(self.successors, np.bincount(self.heads, minlength=self.nodes))

    @cached_property
    def levels(self) -> Ints:
        """`peeled` of a graph without cycles; CyclicNetwork for any other."""
        if (self.peeled == ON_CYCLE).any():
            raise CyclicNetwork(cycles(self)[0].walk)
        return self.peeled

    @cached_property
    def strong(self) -> Ints:
        """The strongly connected component of each node, named by its smallest member."""
        return _strong(self)

    def keeping(self, edges: Mask) -> Digraph:
        """The same nodes with only these edges; when that is all of them, the same graph with what it knows."""
        return self if edges.all() else Digraph(self.nodes, self.tails[edges], self.heads[edges])


def digraph(nodes: int, edges: Iterable[tuple[int, int]]) -> Digraph:
    """From pairs of tail and head; ValueError when one is no node."""
    pairs = np.array(list(edges), np.int32).reshape(-1, 2)
    if pairs.size and (pairs.min() < 0 or pairs.max() >= nodes):
        raise ValueError(f"an edge names a node outside 0 … {nodes - 1}")
    return Digraph(nodes, pairs[:, 0].copy(), pairs[:, 1].copy())


def edges_on_cycles(graph: Digraph) -> Mask:
    """Edges inside a strongly connected component, loops among them: without these the graph has no cycle."""
    inside: Mask = graph.strong[graph.tails] == graph.strong[graph.heads]
    return inside


def cycles(graph: Digraph) -> tuple[Cycle, ...]:
    """Each strongly connected component that holds a cycle once, by its smallest member."""
    inside = edges_on_cycles(graph)
    names = np.unique(graph.strong[graph.tails[inside]])
    if not len(names):
        return ()
    knots = graph.keeping(inside)
    members = np.flatnonzero(np.isin(graph.strong, names))
    by_name: dict[int, list[int]] = {name: [] for name in names.tolist()}
    for node, name in zip(members.tolist(), graph.strong[members].tolist(), strict=True):
        by_name[name].append(node)
    return tuple(Cycle(_shortest_walk(knots, name), tuple(nodes)) for name, nodes in by_name.items())


def descendants(graph: Digraph, starts: Iterable[int]) -> Mask:
    """What can be reached from any of these nodes by at least one edge; a start only if it lies behind another."""
    return _reached(graph.nodes, graph.successors, starts)


def ancestors(graph: Digraph, ends: Iterable[int]) -> Mask:
    """What reaches any of these nodes by at least one edge."""
    return _reached(graph.nodes, graph.predecessors, ends)


def _grouped(nodes: int, by: Ints, others: Ints) -> Neighbours:
    first = np.zeros(nodes + 1, np.int64)
    np.cumsum(np.bincount(by, minlength=nodes), out=first[1:])
    # Sorting end and number in one integer keeps the numbers ascending, and is faster than a stable argsort.
    edges = np.sort((by.astype(np.int64) << 32) | np.arange(len(by))) & 0xFFFFFFFF
    return Neighbours(first, edges, others[edges])


def _peel(successors: Neighbours, waiting: NDArray[np.int64]) -> Ints:
    """Kahn's algorithm in waves; `waiting` counts the predecessors of each node that have no level yet."""
    levels = np.full(len(waiting), ON_CYCLE, np.int32)
    wave = np.flatnonzero(waiting == 0).astype(np.int32)
    level, narrow = 0, 0
    while len(wave):
        levels[wave] = level
        level += 1
        narrow += len(wave) < _NARROW
        if narrow == _PATIENCE:
            return _peel_narrow(successors, waiting, levels, wave)
        freed, times = np.unique(successors.of(wave), return_counts=True)
        waiting[freed] -= times
        wave = freed[waiting[freed] == 0]
    return levels


def _peel_narrow(successors: Neighbours, waiting: NDArray[np.int64], levels: Ints, wave: Ints) -> Ints:
    """The same, node by node, from a wave that has its level."""
    first, nodes = successors.lists
    left, depth = waiting.tolist(), levels.tolist()
    queue = wave.tolist()
    for node in queue:
        below = depth[node] + 1
        for head in nodes[first[node] : first[node + 1]]:
            left[head] -= 1
            if not left[head]:
                depth[head] = below
                queue.append(head)
    return np.array(depth, np.int32)


def _strong(graph: Digraph) -> Ints:
    names = np.arange(graph.nodes, dtype=np.int32)
    rest = graph.peeled == ON_CYCLE
    if not rest.any():
        return names
    inner = graph.keeping(rest[graph.tails] & rest[graph.heads])
    ahead = _peel(inner.predecessors, np.bincount(inner.tails, minlength=inner.nodes))
    rest &= ahead == ON_CYCLE
    core = inner.keeping(rest[inner.tails] & rest[inner.heads])
    for component in _tarjan(core, np.flatnonzero(rest)):
        names[component] = min(component)
    return names


def _tarjan(graph: Digraph, nodes: NDArray[np.int64]) -> list[list[int]]:
    """Components of two or more nodes among `nodes`, which hold all edges of the graph."""
    place = np.zeros(graph.nodes, np.int64)
    place[nodes] = np.arange(len(nodes))
    core = rustworkx.PyDiGraph()
    core.add_nodes_from(nodes.tolist())
    core.extend_from_edge_list(
        list(zip(place[graph.tails].tolist(), place[graph.heads].tolist(), strict=True)),
    )
    found = rustworkx.strongly_connected_components(core)
    return [nodes[component].tolist() for component in found if len(component) > 1]


def _shortest_walk(graph: Digraph, start: int) -> tuple[int, ...]:
    """The shortest cycle through `start`, which must be on one, by distances back to it; of several the smaller."""
    distance = _distances_to(graph, start)
    first, nodes = graph.successors.lists
    walk, node = [start], start
    while True:
        node = min(nodes[first[node] : first[node + 1]], key=lambda each: (distance.get(each, graph.nodes), each))
        if node == start:
            return tuple(walk)
        walk.append(node)


def _distances_to(graph: Digraph, end: int) -> dict[int, int]:
    first, nodes = graph.predecessors.lists
    distance, queue = {end: 0}, deque([end])
    while queue:
        node = queue.popleft()
        for tail in nodes[first[node] : first[node + 1]]:
            if tail not in distance:
                distance[tail] = distance[node] + 1
                queue.append(tail)
    return distance


def _reached(count: int, neighbours: Neighbours, starts: Iterable[int]) -> Mask:
    first, nodes = neighbours.lists
    seen = bytearray(count)
    stack = list(starts)
    while stack:
        node = stack.pop()
        for other in nodes[first[node] : first[node + 1]]:
            if not seen[other]:
                seen[other] = 1
                stack.append(other)
    return np.frombuffer(seen, np.bool_)
