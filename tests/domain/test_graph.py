"""Cycles, levels and reachability, against networkx on graphs of every kind."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.graph import (
    ON_CYCLE,
    Cycle,
    CyclicNetwork,
    Digraph,
    ancestors,
    cycles,
    descendants,
    digraph,
    edges_on_cycles,
)
from tests.domain.networks import a_large_network, graphs, in_its_own_time


def theirs(graph: Digraph) -> nx.MultiDiGraph[int]:
    other: nx.MultiDiGraph[int] = nx.MultiDiGraph()
    other.add_nodes_from(range(graph.nodes))
    other.add_edges_from(zip(graph.tails.tolist(), graph.heads.tolist(), strict=True))
    return other


def named_by_smallest(groups: list[set[int]], nodes: int) -> list[int]:
    names = list(range(nodes))
    for group in groups:
        for node in group:
            names[node] = min(group)
    return names


@in_its_own_time
@given(graphs(cyclic=True))
def test_strongly_connected_components_are_those_of_networkx(graph: Digraph) -> None:
    expected = named_by_smallest(list(nx.strongly_connected_components(theirs(graph))), graph.nodes)

    assert graph.strong.tolist() == expected


@in_its_own_time
@given(graphs(cyclic=False))
def test_levels_are_the_generations_of_networkx(graph: Digraph) -> None:
    generations = nx.topological_generations(theirs(graph))

    assert graph.levels.tolist() == [
        level for _, level in sorted((node, level) for level, nodes in enumerate(generations) for node in nodes)
    ]


@in_its_own_time
@given(graphs(cyclic=True))
def test_what_has_no_level_lies_on_a_cycle_or_behind_one(graph: Digraph) -> None:
    other = theirs(graph)
    looped = {node for group in nx.strongly_connected_components(other) if len(group) > 1 for node in group}
    looped |= set(nx.nodes_with_selfloops(other))
    behind = looped.union(*(nx.descendants(other, node) for node in looped))

    assert set(np.flatnonzero(graph.peeled == ON_CYCLE).tolist()) == behind


@in_its_own_time
@given(graphs(cyclic=True), st.data())
def test_descendants_and_ancestors_are_those_of_networkx(graph: Digraph, data: st.DataObject) -> None:
    ends = data.draw(st.lists(st.integers(0, graph.nodes - 1), max_size=3)) if graph.nodes else []
    other = theirs(graph)
    before = {
        node for node in other if any(nx.has_path(other, head, end) for head in other.successors(node) for end in ends)
    }

    behind = {node for end in ends for head in other.successors(end) for node in (head, *nx.descendants(other, head))}

    assert set(np.flatnonzero(ancestors(graph, ends)).tolist()) == before
    assert set(np.flatnonzero(descendants(graph, ends)).tolist()) == behind


@in_its_own_time
@given(graphs(cyclic=True))
def test_without_the_edges_on_cycles_there_is_no_cycle_and_each_of_them_is_on_one(graph: Digraph) -> None:
    other = theirs(graph)
    edges = list(zip(graph.tails.tolist(), graph.heads.tolist(), strict=True))

    on_cycle = edges_on_cycles(graph)

    assert on_cycle.tolist() == [nx.has_path(other, head, tail) for tail, head in edges]
    assert nx.is_directed_acyclic_graph(theirs(graph.keeping(~on_cycle)))


@in_its_own_time
@given(graphs(cyclic=True))
def test_each_knot_is_listed_once_with_a_shortest_walk_through_its_smallest_member(graph: Digraph) -> None:
    other = theirs(graph)
    edges = set(zip(graph.tails.tolist(), graph.heads.tolist(), strict=True))
    knots = [sorted(group) for group in nx.strongly_connected_components(other)]
    knots = sorted(knot for knot in knots if len(knot) > 1 or (knot[0], knot[0]) in edges)

    listed = cycles(graph)

    assert [list(cycle.members) for cycle in listed] == knots
    for cycle in listed:
        closed = [*cycle.walk, cycle.walk[0]]
        assert cycle.walk[0] == cycle.members[0]
        assert set(pairwise(closed)) <= edges
        back = nx.single_target_shortest_path_length(other, cycle.walk[0])
        assert len(cycle.walk) == 1 + min(back[head] for _, head in edges if _ == cycle.walk[0] and head in back)


def test_of_two_shortest_walks_the_one_through_smaller_nodes_is_listed() -> None:
    graph = digraph(4, [(0, 2), (2, 0), (0, 1), (1, 0), (0, 3), (3, 0)])

    assert cycles(graph) == (Cycle(walk=(0, 1), members=(0, 1, 2, 3)),)


def test_an_item_that_waits_for_itself_is_a_cycle_of_one() -> None:
    assert cycles(digraph(2, [(1, 1), (0, 1)])) == (Cycle(walk=(1,), members=(1,)),)


def test_levels_of_a_cyclic_network_are_refused_with_one_of_its_cycles() -> None:
    with pytest.raises(CyclicNetwork, match="a cycle through 2 of its nodes") as refused:
        _ = digraph(4, [(0, 1), (1, 2), (2, 1), (2, 3)]).levels

    assert refused.value.walk == (1, 2)


def test_an_edge_to_nowhere_is_refused() -> None:
    with pytest.raises(ValueError, match="an edge names a node outside 0 … 1"):
        digraph(2, [(0, 2)])


@pytest.mark.parametrize("levels", [4, 1_500])
def test_wide_and_deep_networks_of_thousands_are_like_those_of_networkx(levels: int) -> None:
    graph = a_large_network(6_000, 18_000, levels=levels).graph
    edges = list(zip(graph.tails.tolist(), graph.heads.tolist(), strict=True))
    back = [(head, tail) for tail, head in Random(levels).sample(edges, 60)]
    knotted = digraph(6_000, edges + back)
    generations = nx.topological_generations(theirs(graph))
    strong = list(nx.strongly_connected_components(theirs(knotted)))

    assert [np.flatnonzero(graph.levels == level).tolist() for level in range(int(graph.levels.max()) + 1)] == [
        sorted(nodes) for nodes in generations
    ]
    assert knotted.strong.tolist() == named_by_smallest(strong, 6_000)
    assert max(len(group) for group in strong) > 1
