"""What waits behind an item: counted once, on whatever ways it is reached."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain import impact
from service.domain.graph import Digraph, digraph
from service.domain.impact import GroupImpact, bottlenecks, by_group, downstream
from tests.domain.networks import a_large_network, graphs, in_its_own_time

EVERY = np.ones(100, np.bool_)


def theirs(graph: Digraph) -> nx.DiGraph[int]:
    other: nx.DiGraph[int] = nx.DiGraph()
    other.add_nodes_from(range(graph.nodes))
    other.add_edges_from(zip(graph.tails.tolist(), graph.heads.tolist(), strict=True))
    return other


def reached_by(graph: Digraph) -> list[set[int]]:
    """Per node all that networkx reaches from it by at least one edge."""
    other = theirs(graph)
    return [set().union(*({head, *nx.descendants(other, head)} for head in other.successors(node))) for node in other]


@in_its_own_time
@given(graphs(cyclic=True), st.data())
def test_the_work_behind_each_node_and_edge_is_that_of_networkx(graph: Digraph, data: st.DataObject) -> None:
    points = st.lists(st.sampled_from([0.0, 0.0, 0.5, 1.0, 3.0, 8.0]), min_size=graph.nodes, max_size=graph.nodes)
    weights = np.array(data.draw(points), np.float64)
    reached = reached_by(graph)

    behind = downstream(graph, weights)

    assert behind.nodes.tolist() == [sum(weights[list(ahead - {node})]) for node, ahead in enumerate(reached)]
    assert behind.within[graph.heads].tolist() == [
        sum(weights[list(reached[head] | {head})]) for head in graph.heads.tolist()
    ]


@pytest.mark.parametrize("levels", [4, 1_500])
def test_thousands_of_nodes_are_counted_in_blocks_to_the_same_sums(
    levels: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = a_large_network(3_000, 9_000, levels=levels).graph
    weights = np.random.default_rng(levels).choice([0.0, 1.0, 2.0], 3_000)
    at_once = downstream(graph, weights)

    monkeypatch.setattr(impact, "_BITS_AT_ONCE", 3_000 * 64)
    in_blocks = downstream(graph, weights)

    assert in_blocks.nodes.tolist() == at_once.nodes.tolist()
    assert in_blocks.within.tolist() == at_once.within.tolist()
    other = theirs(graph)
    for node in range(0, 3_000, 97):
        assert in_blocks.nodes[node] == sum(weights[list(nx.descendants(other, node))])


def test_what_is_reached_on_two_ways_counts_once() -> None:
    diamond = digraph(4, [(0, 1), (0, 2), (1, 3), (2, 3)])

    behind = downstream(diamond, np.ones(4))

    assert behind.nodes.tolist() == [3, 1, 1, 0]
    assert behind.within[diamond.heads].tolist() == [2, 2, 1, 1]


def test_what_does_not_count_is_passed_through() -> None:
    """The middle of three is a container: nobody's work, and yet the way to the last."""
    chain = digraph(3, [(0, 1), (1, 2)])

    behind = downstream(chain, np.array([5.0, 0.0, 3.0]))

    assert behind.nodes.tolist() == [3, 3, 0]
    assert behind.within[chain.heads].tolist() == [3, 3]


def test_on_a_cycle_each_has_the_others_behind_it_and_not_itself() -> None:
    knot = digraph(3, [(0, 1), (1, 0), (1, 2)])

    behind = downstream(knot, np.array([1.0, 2.0, 4.0]))

    assert behind.nodes.tolist() == [6, 5, 0]
    assert behind.within[knot.heads].tolist() == [7, 7, 4]


def test_nothing_counts_in_a_network_without_weights() -> None:
    assert downstream(digraph(2, [(0, 1)]), np.zeros(2)).nodes.tolist() == [0, 0]
    assert downstream(digraph(0, []), np.zeros(0)).nodes.tolist() == []


def test_bottlenecks_are_the_top_decile_of_what_is_waited_for() -> None:
    behind = np.zeros(100)
    behind[:20] = np.arange(1, 21)

    assert bottlenecks(behind, among=EVERY) == (19, 18)


def test_those_that_tie_with_the_last_of_the_decile_are_bottlenecks_too() -> None:
    behind = np.array([7.0, 9.0, 7.0, *np.ones(10)])

    assert bottlenecks(behind, among=EVERY[:13]) == (1, 0, 2)


def test_a_hub_is_no_bottleneck_and_neither_is_what_nothing_waits_for() -> None:
    behind = np.array([9.0, 5.0, 0.0])

    assert bottlenecks(behind, among=np.array([False, True, True])) == (1,)
    assert bottlenecks(np.zeros(3), among=EVERY[:3]) == ()


def test_a_group_is_told_what_waits_for_any_of_its_own_once() -> None:
    """Ants (0) have two items before the same item of the Bees (1), who have one before a last of nobody's."""
    graph = digraph(4, [(0, 2), (1, 2), (2, 3)])
    weights = np.array([1.0, 2.0, 3.0, 5.0])
    behind = downstream(graph, weights).nodes
    groups = np.array([0, 0, 1, -1], np.int32)

    told = by_group(graph, weights, groups=groups, behind=behind, among=EVERY[:4], top=(0,))

    assert told == [
        GroupImpact(group=0, waiting=8, waited_for=2, bottlenecks=(0,)),
        GroupImpact(group=1, waiting=5, waited_for=1, bottlenecks=()),
    ]


def test_without_groups_nobody_keeps_anyone_waiting() -> None:
    graph = digraph(2, [(0, 1)])

    assert by_group(graph, np.ones(2), groups=np.full(2, -1), behind=np.ones(2), among=EVERY[:2], top=()) == []


@in_its_own_time
@given(graphs(cyclic=True), st.data())
def test_what_waits_for_a_group_is_the_union_of_what_waits_for_its_own(graph: Digraph, data: st.DataObject) -> None:
    size = graph.nodes
    groups = np.array(data.draw(st.lists(st.integers(-1, 9), min_size=size, max_size=size)), np.int32)
    among = np.array(data.draw(st.lists(st.booleans(), min_size=size, max_size=size)), np.bool_)
    weights = np.ones(size)
    reached = reached_by(graph)

    told = by_group(graph, weights, groups=groups, behind=downstream(graph, weights).nodes, among=among, top=())

    expected = {}
    for group in set(groups[among].tolist()) - {-1}:
        own = np.flatnonzero(among & (groups == group)).tolist()
        waited_for = sum(bool(reached[node] - {node}) for node in own)
        if waited_for:
            expected[group] = (len(set().union(*(reached[node] for node in own))), waited_for)
    assert {each.group: (each.waiting, each.waited_for) for each in told} == expected
