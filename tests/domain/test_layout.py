"""Boxes of a drawn network: left of what waits for them, apart from each other, and the same every time."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from service.domain.layout import ROOM, Layout, lay_out

NETWORKS = st.integers(1, 14).flatmap(
    lambda nodes: st.tuples(
        st.just(nodes),
        st.lists(st.tuples(st.integers(0, nodes - 1), st.integers(0, nodes - 1)), max_size=24),
    )
)


def overlaps(layout: Layout) -> list[tuple[int, int]]:
    """Pairs of boxes of one layer that come closer than the room they need."""
    near = []
    for one, (layer, height) in enumerate(layout.places):
        for other in range(one + 1, len(layout.places)):
            same = layout.places[other][0] == layer
            if same and abs(layout.places[other][1] - height) < ROOM - 1e-6:
                near.append((one, other))
    return near


def test_what_is_waited_for_stands_left_of_what_waits() -> None:
    layout = lay_out(4, [(0, 1), (1, 2), (0, 2), (2, 3)])

    assert [layer for layer, _ in layout.places] == [0, 1, 2, 3]
    assert layout.layers == 4


def test_an_edge_over_several_layers_passes_each_of_them() -> None:
    layout = lay_out(4, [(0, 1), (1, 2), (2, 3), (0, 3)])

    assert [layer for layer, _ in layout.ways[3]] == [0, 1, 2, 3]


def test_what_nothing_leads_to_stands_next_to_the_first_that_waits_for_it() -> None:
    layout = lay_out(4, [(0, 1), (1, 2), (3, 2)])

    assert layout.places[3][0] == 1


def test_edges_that_need_not_cross_do_not() -> None:
    layout = lay_out(4, [(0, 3), (1, 2)])
    heights = [height for _, height in layout.places]

    assert (heights[0] < heights[1]) == (heights[3] < heights[2])


def test_parts_that_do_not_hang_together_share_shelves_the_largest_first() -> None:
    pairs = [(node, node + 1) for node in range(3, 11, 2)]
    layout = lay_out(11, [(0, 1), (1, 2), *pairs])

    assert layout.places[0][1] == 0
    assert layout.places[3] == (0.0, layout.places[5][1])
    assert layout.places[5][0] > layout.places[4][0] + 1
    assert layout.places[7][1] > layout.places[3][1]
    assert layout.layers <= 5


def test_a_cycle_is_drawn_with_one_edge_leading_back() -> None:
    layout = lay_out(3, [(0, 1), (1, 2), (2, 0)])

    forward = [way[0][0] < way[-1][0] for way in layout.ways]
    assert sorted(forward) == [False, True, True]


def test_nothing_at_all_is_a_layout_too() -> None:
    assert lay_out(0, []) == Layout((), (), 0.0, 0.0)
    assert lay_out(1, [(0, 0)]).places == ((0.0, 0.0),)


@settings(deadline=None, max_examples=150)
@given(NETWORKS)
def test_boxes_never_overlap_and_every_edge_runs_from_its_tail_to_its_head(
    network: tuple[int, list[tuple[int, int]]],
) -> None:
    nodes, edges = network

    layout = lay_out(nodes, edges)

    assert overlaps(layout) == []
    for (tail, head), way in zip(edges, layout.ways, strict=True):
        assert way[0] == layout.places[tail]
        assert way[-1] == layout.places[head]
        assert all(abs(before[0] - after[0]) <= 1 for before, after in pairwise(way))
    assert all(0 <= height <= layout.height + 1e-6 for _, height in layout.places)
    assert layout == lay_out(nodes, edges)
