"""What-ifs: each answer is that of a plan which was written down with the change in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.schedule import activity_network, schedule
from service.domain.simulation import WhatIf, simulate
from tests.domain.networks import Plan, earliest_starts, finish_of, in_its_own_time, plans

CHAIN = activity_network((3, 2, 1), [(0, 1), (1, 2)])


def test_a_slip_within_the_float_moves_the_item_and_nothing_that_ends_the_plan() -> None:
    network = activity_network((5, 2, 1), [(0, 2), (1, 2)])

    result = simulate(network, WhatIf(slips={1: 3}))

    assert result.finish_moves.tolist() == [0, 3, 0]
    assert result.after.finish == result.before.finish


def test_a_slip_moves_what_comes_after_it() -> None:
    result = simulate(CHAIN, WhatIf(slips={1: 4}))

    assert result.finish_moves.tolist() == [0, 4, 4]
    assert (result.before.finish, result.after.finish) == (6, 10)


def test_a_slip_comes_on_top_of_what_the_predecessors_lose() -> None:
    result = simulate(CHAIN, WhatIf(slips={0: 2, 1: 3}))

    assert result.finish_moves.tolist() == [2, 5, 5]


@in_its_own_time
@given(plans(), st.data())
def test_a_slip_beyond_the_total_float_moves_the_finish_by_the_rest(plan: Plan, data: st.DataObject) -> None:
    node = data.draw(st.integers(0, len(plan.durations) - 1))
    days = data.draw(st.integers(0, 20))
    network = plan.network
    before = schedule(network)

    result = simulate(network, WhatIf(slips={node: days}), before=before)

    assert result.start_moves[node] == days
    assert result.after.finish - before.finish == max(0, days - int(before.total_float[node]))


@in_its_own_time
@given(plans(), st.data())
def test_removed_work_is_the_plan_without_it(plan: Plan, data: st.DataObject) -> None:
    gone = data.draw(st.integers(0, len(plan.durations) - 1))
    rest = plan._replace(edges=[edge for edge in plan.edges if gone not in edge[:2]])
    starts, before = earliest_starts(rest), earliest_starts(plan)

    result = simulate(plan.network, WhatIf(removed=frozenset({gone})))

    assert [move for node, move in enumerate(result.start_moves.tolist()) if node != gone] == [
        after - start for node, (after, start) in enumerate(zip(starts, before, strict=True)) if node != gone
    ]
    assert result.start_moves[gone] == result.finish_moves[gone] == 0
    others = [node for node in range(len(starts)) if node != gone]
    if others:
        assert result.after.finish == max(starts[node] + plan.durations[node] for node in others)


def test_removed_work_with_a_late_start_of_its_own_no_longer_decides_the_finish() -> None:
    network = activity_network((3, 2), [], earliest={1: 9})

    result = simulate(network, WhatIf(removed=frozenset({1})))

    assert (result.before.finish, result.after.finish) == (11, 3)


@in_its_own_time
@given(plans(), st.data())
def test_rewired_work_is_the_plan_with_fewer_edges(plan: Plan, data: st.DataObject) -> None:
    dropped = data.draw(st.sets(st.integers(0, len(plan.edges) - 1))) if plan.edges else set()
    rewired = plan._replace(edges=[edge for place, edge in enumerate(plan.edges) if place not in dropped])
    starts = earliest_starts(rewired)

    result = simulate(plan.network, WhatIf(dropped=frozenset(dropped)))

    assert result.after.early_start.tolist() == starts
    assert result.after.finish == finish_of(rewired, starts)
    assert result.network.graph.tails.tolist() == [edge[0] for edge in rewired.edges]


def test_a_target_stays_what_it_was() -> None:
    result = simulate(CHAIN, WhatIf(slips={0: 5}), target=8)

    assert result.before.total_float.tolist() == [2, 2, 2]
    assert result.after.total_float.min() == -3


def test_changing_nothing_moves_nothing_and_the_plan_itself_stays_as_it_was() -> None:
    durations, lags = CHAIN.durations.tolist(), CHAIN.lags.tolist()

    simulate(CHAIN, WhatIf(slips={0: 5}, removed=frozenset({2})))

    assert (CHAIN.durations.tolist(), CHAIN.lags.tolist()) == (durations, lags)
    unchanged = simulate(CHAIN, WhatIf())
    assert not unchanged.start_moves.any()
    assert not unchanged.finish_moves.any()


@pytest.mark.parametrize(
    ("what_if", "words"),
    [
        (WhatIf(slips={3: 1}), "there is no node 3"),
        (WhatIf(removed=frozenset({7})), "there is no node 7"),
        (WhatIf(dropped=frozenset({2})), "there is no edge 2"),
        (WhatIf(slips={1: -1}), "-1 days: a slip cannot be negative"),
    ],
)
def test_what_makes_no_sense_is_refused(what_if: WhatIf, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        simulate(CHAIN, what_if)
