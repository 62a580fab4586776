"""What waits behind each item and each edge: distinct downstream work, bottlenecks, and who keeps others waiting.

What counts, and how much, is the caller's: a weight per node, 1 or its points, and 0 for what is done, not countable or
not an item at all. Whatever is reachable on several ways counts once.

Reachability of all nodes at once is kept in Python's integers as sets of bits: one OR for each edge, at the speed of
memory, whatever the depth of the graph. Columns go in blocks, so that memory stays bounded; a block holds one weight
only, so that the number of its bits says the weight.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from service.domain.graph import Digraph, Ints, Mask, edges_on_cycles

Weights = NDArray[np.float64]

_BITS_AT_ONCE = 1 << 30  # of all nodes together: 128 MiB, when everything reaches everything


@dataclass(frozen=True, eq=False)
class Downstream:
    """Weight of the distinct nodes behind each: `nodes[v]` all that `v` reaches, without itself; `within[v]` with it,
    which is what waits for an edge that leads to `v`."""

    nodes: Weights
    within: Weights


@dataclass(frozen=True)
class GroupImpact:
    """What a group (a team, a project) keeps waiting.

    `waiting` is the weight of distinct nodes behind any of its own, its own among them when they wait for each other;
    `waited_for` how many of its nodes something waits for; `bottlenecks` those of them that are bottlenecks.
    """

    group: int
    waiting: float
    waited_for: int
    bottlenecks: tuple[int, ...]


def downstream(graph: Digraph, weights: Weights) -> Downstream:
    """Exact, for any graph: nodes that reach each other on a cycle have the same behind them, each but itself."""
    own = weights.astype(np.float64)
    within = _reach(_Rows.of(graph), own)
    return Downstream(nodes=within - own, within=within)


def bottlenecks(behind: Weights, *, among: Mask, share: float = 0.1) -> tuple[int, ...]:
    """The top decile, by what is behind it, of the nodes `among` that anything is behind; most first, then by number.

    Those that tie with the last of the decile are in it, so that no one is left out for the sake of its number.
    """
    waited_for = np.flatnonzero(among & (behind > 0))
    if not len(waited_for):
        return ()
    ranked = waited_for[np.lexsort((waited_for, -behind[waited_for]))]
    last = behind[ranked[int(np.ceil(share * len(ranked))) - 1]]
    return tuple(ranked[behind[ranked] >= last].tolist())


def by_group(
    graph: Digraph, weights: Weights, *, groups: Ints, behind: Weights, among: Mask, top: tuple[int, ...]
) -> list[GroupImpact]:
    """Each group that keeps anything waiting, by the weight that waits. `groups` is a code ≥ 0 per node, −1 for none;
    `behind` is `downstream(graph, weights).nodes`; `among` are the nodes that can be waited for, `top` the bottlenecks.
    """
    count = int(groups.max(initial=-1)) + 1
    if not count:
        return []
    waiting = weights @ _groups_ahead(graph, np.where(among, groups, -1), count)
    waited_for = np.bincount(groups[among & (behind > 0) & (groups >= 0)], minlength=count)
    worst: dict[int, list[int]] = {}
    for node in top:
        worst.setdefault(int(groups[node]), []).append(node)
    found = [
        GroupImpact(group, float(waiting[group]), int(waited_for[group]), tuple(worst.get(group, ())))
        for group in np.flatnonzero(waited_for).tolist()
    ]
    return sorted(found, key=lambda each: (-each.waiting, each.group))


@dataclass(frozen=True, eq=False)
class _Rows:
    """Strongly connected components in topological order, and what follows each, without what is on cycles."""

    row: NDArray[np.int64]  # of each node
    successors: list[list[int]]  # rows, ascending, all greater than their own

    @classmethod
    def of(cls, graph: Digraph) -> _Rows:
        if (graph.peeled >= 0).all():
            return cls._ordered(graph, np.arange(graph.nodes), graph.nodes)
        names, place = np.unique(graph.strong, return_inverse=True)
        between = graph.keeping(~edges_on_cycles(graph))
        tails, heads = place[between.tails].astype(np.int32), place[between.heads].astype(np.int32)
        return cls._ordered(Digraph(len(names), tails, heads), place, len(names))

    @classmethod
    def _ordered(cls, graph: Digraph, place: NDArray[np.int64], count: int) -> _Rows:
        rank = np.empty(count, np.int64)
        rank[np.argsort(graph.levels, kind="stable")] = np.arange(count)
        tails, heads = rank[graph.tails], rank[graph.heads]
        by_tail = np.unique((tails << 32) | heads)
        ends = (by_tail & 0xFFFFFFFF).tolist()
        first = np.searchsorted(by_tail, np.arange(count + 1) << 32).tolist()
        return cls(rank[place], [ends[begin:end] for begin, end in pairwise(first)])


def _reach(rows: _Rows, weights: Weights) -> Weights:
    """Weight of the distinct nodes that each node reaches, itself among them."""
    total = np.zeros(len(rows.successors))
    for weight, columns in _blocks(rows, weights):
        total += weight * _reached_bits(rows.successors, rows.row[columns].tolist())
    within: Weights = total[rows.row]
    return within


def _blocks(rows: _Rows, weights: Weights) -> Iterator[tuple[float, NDArray[np.int64]]]:
    """Nodes of one weight, in topological order: what comes behind the last of a block need not be looked at for it."""
    size = max(_BITS_AT_ONCE // max(len(rows.successors), 1), 1)
    for weight in np.unique(weights[weights != 0]).tolist():
        nodes = np.flatnonzero(weights == weight)
        nodes = nodes[np.argsort(rows.row[nodes], kind="stable")]
        for begin in range(0, len(nodes), size):
            yield weight, nodes[begin : begin + size]


def _reached_bits(successors: list[list[int]], columns: list[int]) -> NDArray[np.int64]:
    """How many of `columns` (rows, ascending, repeated where a row has several nodes) each row reaches or is."""
    reach = [0] * len(successors)
    last = columns[-1]
    for bit, row in enumerate(reversed(columns)):
        reach[row] |= 1 << bit
    for row in range(last, -1, -1):
        bits = reach[row]
        for other in successors[row]:
            if other > last:
                break
            bits |= reach[other]
        reach[row] = bits
    return np.fromiter(map(int.bit_count, reach), np.int64, len(reach))


def _groups_ahead(graph: Digraph, groups: Ints, count: int) -> NDArray[np.uint8]:
    """Per node and group 1 if a node of the group reaches it by at least one edge, else 0."""
    rows = _Rows.of(graph)
    width = (count + 7) // 8
    own = [0] * len(rows.successors)
    for row, group in zip(rows.row.tolist(), groups.tolist(), strict=True):
        if group >= 0:
            own[row] |= 1 << group
    ahead = [0] * len(rows.successors)
    cyclic = np.unique(rows.row[graph.tails[edges_on_cycles(graph)]]).tolist()
    for row in cyclic:
        ahead[row] = own[row]
    for row, others in enumerate(rows.successors):
        passed = ahead[row] | own[row]
        for other in others:
            ahead[other] |= passed
    packed = np.frombuffer(b"".join(bits.to_bytes(width, "little") for bits in ahead), np.uint8)
    return np.unpackbits(packed.reshape(-1, width), axis=1, count=count, bitorder="little")[rows.row]
