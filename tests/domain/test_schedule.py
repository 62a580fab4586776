"""The critical path method: what must hold for every plan, and what each part of an answer means."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.graph import CyclicNetwork
from service.domain.schedule import NO_LIMIT, Link, Schedule, activity_network, paths, schedule, shown_days
from tests.domain.networks import (
    Plan,
    earliest_starts,
    finish_of,
    held,
    in_its_own_time,
    latest_starts,
    plans,
    relabelled,
)


@in_its_own_time
@given(plans(), st.integers(-10, 10))
def test_late_dates_are_counted_back_from_a_target(plan: Plan, spare: int) -> None:
    target = finish_of(plan, earliest_starts(plan)) + spare

    ours = schedule(plan.network, target=target)

    assert ours.late_start.tolist() == latest_starts(plan, target)
    assert ours.horizon == target
    assert (ours.total_float - ours.finish_float).tolist() == [spare] * len(plan.durations)


@in_its_own_time
@given(plans(), st.data())
def test_delaying_by_the_total_float_leaves_the_finish_and_a_day_more_moves_it_by_one(
    plan: Plan, data: st.DataObject
) -> None:
    node = data.draw(st.integers(0, len(plan.durations) - 1))
    before = schedule(plan.network)
    until = int(before.early_start[node] + before.total_float[node])

    assert schedule(held(plan, node, until).network).finish == before.finish
    assert schedule(held(plan, node, until + 1).network).finish == before.finish + 1


@in_its_own_time
@given(plans(), st.data())
def test_delaying_by_the_free_float_moves_no_other_nor_the_finish_and_a_day_more_does(
    plan: Plan, data: st.DataObject
) -> None:
    node = data.draw(st.integers(0, len(plan.durations) - 1))
    before = schedule(plan.network)
    free = int(before.free_float[node])

    def moved(days: int) -> set[int]:
        after = schedule(held(plan, node, int(before.early_start[node]) + days).network)
        others = set(np.flatnonzero(after.early_start != before.early_start).tolist()) - {node}
        return others | ({node} if after.finish > before.finish else set())

    assert free >= 0
    assert moved(free) == set()
    assert moved(free + 1) != set()


@in_its_own_time
@given(plans(), st.data())
def test_removing_an_edge_never_lengthens_the_path(plan: Plan, data: st.DataObject) -> None:
    gone = data.draw(st.integers(0, max(len(plan.edges) - 1, 0)))

    fewer = plan._replace(edges=[edge for place, edge in enumerate(plan.edges) if place != gone])

    assert schedule(fewer.network).finish <= schedule(plan.network).finish


@in_its_own_time
@given(plans(), st.integers(0, 99))
def test_relabelling_changes_nothing(plan: Plan, seed: int) -> None:
    other, names = relabelled(plan, seed)

    ours, theirs = schedule(plan.network), schedule(other.network)

    assert theirs.finish == ours.finish
    for dates in ("early_start", "late_start", "early_finish", "late_finish", "finish_float", "free_float", "critical"):
        assert getattr(theirs, dates)[names].tolist() == getattr(ours, dates).tolist()


@in_its_own_time
@given(plans())
def test_late_is_never_before_early_without_a_target_and_something_is_critical(plan: Plan) -> None:
    ours = schedule(plan.network)

    assert (ours.late_start >= ours.early_start).all()
    assert (ours.free_float <= ours.total_float).all()
    assert ours.total_float.min() == 0


@in_its_own_time
@given(plans())
def test_the_same_question_has_the_same_answer(plan: Plan) -> None:
    one, other = schedule(plan.network), schedule(plan.network)

    assert _columns(one) == _columns(other)
    assert paths(plan.network, one, within=3) == paths(plan.network, other, within=3)


@in_its_own_time
@given(plans(), st.integers(0, 4), st.none() | st.integers(-5, 25))
def test_paths_cover_what_is_critical_and_each_is_as_long_as_its_float_says(
    plan: Plan, within: int, target: int | None
) -> None:
    network = plan.network
    ours = schedule(network, target=target)

    found = paths(network, ours, within=within, limit=99)

    assert set(np.flatnonzero(ours.within(within)).tolist()) <= {node for path in found for node in path.nodes}
    assert [path.total_float for path in found] == sorted(path.total_float for path in found)
    for path in found:
        steps = [(int(network.graph.tails[edge]), int(network.graph.heads[edge])) for edge in path.edges]
        assert steps == list(pairwise(path.nodes))
        length = int(network.offsets[list(path.edges)].sum() + network.durations[path.nodes[-1]])
        assert network.earliest[path.nodes[0]] + length == ours.horizon - path.total_float
        assert max(ours.total_float[list(path.nodes)]) == path.total_float


def test_no_more_paths_are_listed_than_asked_for() -> None:
    network = activity_network((3, 3, 3), [])

    assert [path.nodes for path in paths(network, schedule(network), limit=2)] == [(0,), (1,)]


def test_where_two_decide_alike_the_path_leads_through_the_smaller_one() -> None:
    network = activity_network((2, 2, 1, 3, 3), [(1, 2), (0, 2), (2, 4), (2, 3)])

    first, *_ = paths(network, schedule(network))

    assert first.nodes == (0, 2, 3)


def test_a_target_that_cannot_be_met_makes_float_negative() -> None:
    network = activity_network((3, 2, 1), [(0, 1)])

    ours = schedule(network, target=4)

    assert ours.total_float.tolist() == [-1, -1, 3]
    assert ours.finish_float.tolist() == [0, 0, 4]
    assert ours.critical.tolist() == [True, True, False]


def test_a_target_that_leaves_time_leaves_the_longest_path_critical() -> None:
    network = activity_network((3, 2, 1), [(0, 1)])

    ours = schedule(network, target=9)

    assert ours.total_float.tolist() == [4, 4, 8]
    assert ours.critical.tolist() == [True, True, False]
    assert ours.within(4).tolist() == [True, True, True]


def test_a_latest_finish_binds_what_leads_to_it_and_nothing_else() -> None:
    """The milestone is promised for the beginning of day 4 and cannot be reached before day 5."""
    network = activity_network((5, 0, 4, 9), [(0, 1), (1, 2), (3, 2)])

    ours = schedule(network, latest=np.array([NO_LIMIT, 4, NO_LIMIT, NO_LIMIT]))

    assert ours.total_float.tolist() == [-1, -1, 0, 0]
    assert ours.finish_float.tolist() == [4, 4, 0, 0]
    assert ours.critical.tolist() == [True, True, True, True]


def test_an_item_begins_no_sooner_than_its_own_earliest_start() -> None:
    network = activity_network((2, 2), [(0, 1)], earliest={1: 5})

    ours = schedule(network)

    assert ours.early_start.tolist() == [0, 5]
    assert ours.free_float.tolist() == [3, 0]
    assert ours.driving.tolist() == [False]


@pytest.mark.parametrize(
    ("link", "lag", "starts"),
    [
        (Link.FS, 0, [0, 4]),
        (Link.FS, 2, [0, 6]),
        (Link.FS, -3, [0, 1]),
        (Link.SS, 0, [0, 0]),
        (Link.SS, 3, [0, 3]),
        (Link.FF, 0, [0, 2]),
        (Link.FF, 1, [0, 3]),
        (Link.SF, 0, [0, 0]),
        (Link.SF, 5, [0, 3]),
    ],
)
def test_each_link_type_binds_its_own_two_ends(link: Link, lag: int, starts: list[int]) -> None:
    """Four days of work, then two that are linked to them."""
    assert schedule(activity_network((4, 2), [(0, 1, link, lag)])).early_start.tolist() == starts


def test_what_depends_on_a_start_is_not_held_up_by_the_length_of_the_work() -> None:
    network = activity_network((2, 3, 9), [(0, 1, Link.SS, 1), (0, 2, Link.SS)])

    assert schedule(network).free_float.tolist() == [0, 5, 0]


@pytest.mark.parametrize(
    ("durations", "links", "day"),
    [
        ((0, 3), [(0, 1)], 0),  # a kick-off
        ((0, 3), [(1, 0)], 2),  # reached at the end of the last day
        ((0, 3), [(1, 0, Link.FS, 1)], 3),
        ((0, 3), [(1, 0, Link.FF)], 2),
        ((0, 3), [(1, 0, Link.SS, 2)], 1),  # after two whole days
        ((0, 3, 2), [(1, 2), (2, 0, Link.SS)], 3),  # with the first hour of what follows
        ((0, 3, 2), [(1, 2), (2, 0, Link.SF)], 3),
        ((0, 3, 0), [(1, 2), (2, 0)], 2),  # after a milestone, at its moment
        ((0, 3, 2, 0), [(1, 2), (2, 3, Link.SS), (3, 0)], 3),
    ],
)
def test_a_milestone_is_shown_on_the_day_it_is_reached(
    durations: tuple[int, ...], links: list[tuple[int, int]], day: int
) -> None:
    """The milestone is the first activity."""
    network = activity_network(durations, links)

    first, last = shown_days(network, schedule(network))

    assert (first[0], last[0]) == (day, day)


def test_a_milestone_with_a_date_of_its_own_is_shown_on_that_day() -> None:
    """Work ends on the evening before; the milestone is that of the morning."""
    network = activity_network((0, 3), [(1, 0)], earliest={0: 3})

    first, last = shown_days(network, schedule(network))

    assert (first[0], last[0]) == (3, 3)


def test_early_and_late_days_of_a_milestone_are_as_far_apart_as_its_float_says() -> None:
    """A kick-off and a milestone after two days of work, beside five days of other work."""
    network = activity_network((0, 2, 0, 5), [(0, 1), (1, 2)])
    result = schedule(network)

    early, late = shown_days(network, result), shown_days(network, result, late=True)

    assert [each.tolist() for each in early] == [[0, 0, 1, 0], [0, 1, 1, 4]]
    assert [each.tolist() for each in late] == [[3, 3, 4, 0], [3, 4, 4, 4]]


def test_a_plan_of_nothing_is_finished() -> None:
    nothing = activity_network((), [])

    ours = schedule(nothing)

    assert (ours.finish, ours.critical.tolist(), paths(nothing, ours)) == (0, [], [])


def test_a_negative_duration_is_refused() -> None:
    with pytest.raises(ValueError, match="a duration is negative"):
        schedule(activity_network((1, -1), []))


def test_a_cycle_is_refused_by_name() -> None:
    with pytest.raises(CyclicNetwork) as refused:
        schedule(activity_network((1, 1, 1), [(0, 1), (1, 2), (2, 1)]))

    assert refused.value.walk == (1, 2)


def _columns(result: Schedule) -> list[list[int]]:
    return [column.tolist() for column in (result.early_start, result.late_start, result.free_float, result.critical)]
