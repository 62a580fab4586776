"""Networks for tests: generated ones, and plans found by trying one day after another, without any formula."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from random import Random
from typing import NamedTuple

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from service.domain.graph import Digraph, digraph
from service.domain.schedule import ActivityNetwork, Link, activity_network

in_its_own_time = settings(deadline=None)  # a busy machine is no bug

Edge = tuple[int, int, Link, int]  # predecessor, successor, type, lag


class Plan(NamedTuple):
    """What is to be done, in plain values; every edge leads to a greater number unless it was relabelled."""

    durations: list[int]
    edges: list[Edge]
    earliest: dict[int, int]

    @property
    def network(self) -> ActivityNetwork:
        return activity_network(self.durations, self.edges, earliest=self.earliest)


@st.composite
def plans(draw: st.DrawFn, *, links: Sequence[Link] = tuple(Link), lags: tuple[int, int] = (-2, 3)) -> Plan:
    """Up to eight activities of up to four days, milestones among them."""
    size = draw(st.integers(1, 8))
    durations = draw(st.lists(st.integers(0, 4), min_size=size, max_size=size))
    pairs = [(tail, head) for head in range(size) for tail in range(head)]
    chosen = draw(st.lists(st.sampled_from(pairs), max_size=14)) if pairs else []
    edges = [(tail, head, draw(st.sampled_from(links)), draw(st.integers(*lags))) for tail, head in chosen]
    return Plan(durations, edges, draw(st.dictionaries(st.integers(0, size - 1), st.integers(0, 4), max_size=3)))


@st.composite
def graphs(draw: st.DrawFn, *, cyclic: bool) -> Digraph:
    """Up to twelve nodes in any tangle; sometimes behind a chain so long that it is taken node by node."""
    size = draw(st.integers(0, 12))
    nodes = st.integers(0, max(size - 1, 0))
    edges = draw(st.lists(st.tuples(nodes, nodes), max_size=24)) if size else []
    if not cyclic:
        edges = [(min(edge), max(edge)) for edge in edges if edge[0] != edge[1]]
    chain = draw(st.sampled_from([0, 0, 40]))
    if chain and size:
        edges += [*pairwise(range(size, size + chain)), (size + chain - 1, draw(nodes))]
    order = Random(draw(st.integers(0, 9))).sample(range(size + chain), size + chain)
    return digraph(size + chain, [(order[tail], order[head]) for tail, head in edges])


def a_large_network(nodes: int, edges: int, *, levels: int, seed: int = 7) -> ActivityNetwork:
    """Every node but those of the first level has a predecessor in the level before; all types, lags −1 … 2."""
    random = np.random.default_rng(seed)
    width = nodes // levels
    heads = np.arange(width, nodes)
    tails = heads - width
    more = random.integers(0, nodes - width, edges - len(heads))
    ahead = np.minimum((more // width + random.integers(1, 6, len(more))) * width, nodes - width)
    heads = np.concatenate([heads, ahead + random.integers(0, width, len(more))])
    tails = np.concatenate([tails, more])
    return ActivityNetwork(
        graph=Digraph(nodes, tails.astype(np.int32), heads.astype(np.int32)),
        durations=random.integers(0, 9, nodes),
        types=random.choice(4, edges, p=[0.7, 0.1, 0.1, 0.1]).astype(np.int8),
        lags=random.integers(-1, 3, edges),
        earliest=np.where(random.random(nodes) < 0.1, random.integers(0, 20, nodes), 0),
    )


def relabelled(plan: Plan, seed: int) -> tuple[Plan, list[int]]:
    """The same plan under other numbers and in another order; `names[old]` is the new number of a node."""
    random = Random(seed)
    names = random.sample(range(len(plan.durations)), len(plan.durations))
    durations = [0] * len(names)
    for old, new in enumerate(names):
        durations[new] = plan.durations[old]
    edges = [(names[tail], names[head], link, lag) for tail, head, link, lag in plan.edges]
    random.shuffle(edges)
    return Plan(durations, edges, {names[old]: day for old, day in plan.earliest.items()}), names


def earliest_starts(plan: Plan) -> list[int]:
    """Whoever is too early for a link waits one more day, until nobody is."""
    starts = [plan.earliest.get(node, 0) for node in range(len(plan.durations))]
    return _moved_until_it_fits(plan, starts, lambda tail, head: (head, 1))


def latest_starts(plan: Plan, by: int) -> list[int]:
    """All end on the last day; whoever is too late for a link begins a day sooner, until nobody is."""
    return _moved_until_it_fits(plan, [by - work for work in plan.durations], lambda tail, head: (tail, -1))


def finish_of(plan: Plan, starts: list[int]) -> int:
    return max(start + work for start, work in zip(starts, plan.durations, strict=True))


def held(plan: Plan, node: int, until: int) -> Plan:
    """The same, with a node that is not begun before a day."""
    return plan._replace(earliest={**plan.earliest, node: until})


def _moved_until_it_fits(plan: Plan, starts: list[int], mover: Callable[[int, int], tuple[int, int]]) -> list[int]:
    moved = True
    while moved:
        moved = False
        for tail, head, link, lag in plan.edges:
            if not _fits(link, lag, _span(plan, starts, tail), _span(plan, starts, head)):
                node, by = mover(tail, head)
                starts[node] += by
                moved = True
    return starts


def _span(plan: Plan, starts: list[int], node: int) -> tuple[int, int]:
    return starts[node], starts[node] + plan.durations[node]


def _fits(link: Link, lag: int, before: tuple[int, int], after: tuple[int, int]) -> bool:
    match link:
        case Link.FS:
            return after[0] >= before[1] + lag
        case Link.SS:
            return after[0] >= before[0] + lag
        case Link.FF:
            return after[1] >= before[1] + lag
        case Link.SF:
            return after[1] >= before[0] + lag
