"""The floors of dependency health: the least code that finds components, schedules and counts, on bare arrays.

No statuses, no link types, no lags, no floats. The schedulers that others published get the same network.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pmcontrols
import rustworkx
import trueppm_scheduler as trueppm
from numpy.typing import NDArray

COLUMNS = 4_096  # of a block of bits

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Shape:
    """`nodes` that take `durations` days, and an edge `tails[i]` → `heads[i]` for each i; no cycle, no pair twice.

    `knots` are edges back, each of which closes a cycle.
    """

    nodes: int
    tails: Ints
    heads: Ints
    durations: Ints
    knots: list[tuple[int, int]]


def wide(nodes: int, edges: int, *, seed: int = 7) -> Shape:
    """Any two items in the order of a random list: about twenty levels."""
    random = np.random.default_rng(seed)
    ends = np.sort(random.integers(0, nodes, (edges + edges // 20, 2)))
    return _shape(nodes, ends, edges, random)


def deep(nodes: int, edges: int, *, levels: int, seed: int = 7) -> Shape:
    """Each item behind one of the level before; the other edges lead one to five levels ahead."""
    random = np.random.default_rng(seed)
    width = nodes // levels
    heads = np.arange(width, nodes)
    tails = random.integers(0, nodes - width, edges + edges // 10 - len(heads))
    ahead = np.minimum((tails // width + random.integers(1, 6, len(tails))) * width, nodes - width)
    more = np.stack([tails, ahead + random.integers(0, width, len(tails))], axis=1)
    return _shape(nodes, np.concatenate([np.stack([heads - width, heads], axis=1), more]), edges, random)


def components(graph: rustworkx.PyDiGraph[int | None, None]) -> int:
    """How many nodes hang together in both directions, counted by component."""
    return len(rustworkx.strongly_connected_components(graph))


def built(shape: Shape) -> rustworkx.PyDiGraph[int | None, None]:
    graph: rustworkx.PyDiGraph[int | None, None] = rustworkx.PyDiGraph()
    graph.add_nodes_from(range(shape.nodes))
    graph.extend_from_edge_list(list(zip(shape.tails.tolist(), shape.heads.tolist(), strict=True)))
    return graph


def passes(shape: Shape) -> int:
    """An order and both passes over plain lists; the finish."""
    ahead: list[list[int]] = [[] for _ in range(shape.nodes)]
    waiting = [0] * shape.nodes
    for tail, head in zip(shape.tails.tolist(), shape.heads.tolist(), strict=True):
        ahead[tail].append(head)
        waiting[head] += 1
    work: list[int] = shape.durations.tolist()
    start = [0] * shape.nodes
    order = [node for node, count in enumerate(waiting) if not count]
    for node in order:
        end = start[node] + work[node]
        for head in ahead[node]:
            start[head] = max(start[head], end)
            waiting[head] -= 1
            if not waiting[head]:
                order.append(head)
    finish = max(start[node] + work[node] for node in order)
    late = [0] * shape.nodes
    for node in reversed(order):
        late[node] = min((late[head] for head in ahead[node]), default=finish) - work[node]
    return finish


def counts(shape: Shape) -> Ints:
    """How many nodes each reaches: bits of 4,096 columns at a time, OR-ed level by level."""
    rank, bounds = _levelled(shape)
    tails, heads = rank[shape.tails], rank[shape.heads]
    order = np.argsort(tails, kind="stable")
    tails, heads = tails[order], heads[order]
    total = np.zeros(shape.nodes, np.int64)
    for first in range(0, shape.nodes, COLUMNS):
        last = min(first + COLUMNS, shape.nodes)
        bits = np.zeros((last, COLUMNS // 64), np.uint64)
        own = np.arange(last - first, dtype=np.uint64)
        bits[first + own, own // 64] = np.uint64(1) << own % np.uint64(64)
        for begin, end in reversed(bounds):
            if begin < last:
                low, high = np.searchsorted(tails, [begin, end])
                inside = np.flatnonzero(heads[low:high] < last) + low
                if len(inside):
                    nodes, starts = np.unique(tails[inside], return_index=True)
                    bits[nodes] |= np.bitwise_or.reduceat(bits[heads[inside]], starts)
        total[:last] += np.bitwise_count(bits).sum(axis=1, dtype=np.int64)
    return total[rank] - 1


def pmcontrols_cpm(shape: Shape) -> int:
    before: list[list[str]] = [[] for _ in range(shape.nodes)]
    for tail, head in zip(shape.tails.tolist(), shape.heads.tolist(), strict=True):
        before[head].append(str(tail))
    work = shape.durations.tolist()
    rows = [{"id": str(node), "duration": work[node], "predecessors": before[node]} for node in range(shape.nodes)]
    return int(pmcontrols.cpm(rows).stats["project_duration"])


def trueppm_schedule(shape: Shape) -> Callable[[], trueppm.ScheduleResult]:
    """What is timed, its input made before."""
    project = trueppm.Project(
        id="bench",
        name="bench",
        start_date=date(2026, 11, 23),
        tasks=[
            trueppm.Task(id=str(node), name="", duration=timedelta(days=work))
            for node, work in enumerate(shape.durations.tolist())
        ],
        dependencies=[
            trueppm.Dependency(predecessor_id=str(tail), successor_id=str(head))
            for tail, head in zip(shape.tails.tolist(), shape.heads.tolist(), strict=True)
        ],
    )
    return lambda: trueppm.schedule(project)


def _shape(nodes: int, ends: Ints, edges: int, random: np.random.Generator) -> Shape:
    """The first so many pairs that differ, under shuffled numbers, with twenty short cycles."""
    pairs = np.unique(ends[ends[:, 0] != ends[:, 1]], axis=0)
    pairs = pairs[np.sort(random.permutation(len(pairs))[:edges])]
    names = random.permutation(nodes)
    tails, heads = names[pairs[:, 0]], names[pairs[:, 1]]
    chosen = random.choice(len(pairs), 20, replace=False)
    knots = list(zip(heads[chosen].tolist(), tails[chosen].tolist(), strict=True))
    return Shape(nodes, tails, heads, random.integers(1, 9, nodes), knots)


def _levelled(shape: Shape) -> tuple[Ints, list[tuple[int, int]]]:
    """Each node's place in an order by level, and where each level begins and ends in it."""
    generations = rustworkx.topological_generations(built(shape))
    rank = np.empty(shape.nodes, np.int64)
    bounds, begin = [], 0
    for generation in generations:
        nodes = list(generation)
        rank[nodes] = np.arange(begin, begin + len(nodes))
        bounds.append((begin, begin + len(nodes)))
        begin += len(nodes)
    return rank, bounds
