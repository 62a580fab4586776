"""The critical path where teams have days off of their own: as found by trying one day after another."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from service.domain.days_off import DaysOff
from service.domain.schedule import ActivityNetwork, Link, activity_network, paths, schedule, shown_days
from service.domain.simulation import WhatIf, simulate
from tests.domain.networks import Plan, in_its_own_time, plans

FIRST = -60  # a day of the plan before which nothing of these tests happens

sets_of_days = st.sets(st.integers(-8, 25), max_size=10).map(lambda days: tuple(sorted(days)))


class TeamPlan(NamedTuple):
    """`code` says which of the sets of days `off` each activity has off."""

    plan: Plan
    off: list[tuple[int, ...]]
    code: list[int]

    @property
    def network(self) -> ActivityNetwork:
        return replace(self.plan.network, days_off=DaysOff(tuple(self.off), np.array(self.code, np.int16)))

    def works(self, node: int, day: int) -> bool:
        """Milestones are held up by nobody's days off."""
        return self.plan.durations[node] == 0 or day not in self.off[self.code[node]]

    def own(self, node: int, day: int) -> int:
        """Page by page."""
        return sum(self.works(node, each) for each in range(FIRST, day))

    def start(self, node: int, own: int) -> int:
        """The day of work before which so many were."""
        day = FIRST
        while not (self.works(node, day) and self.own(node, day) == own):
            day += 1
        return day

    def finish(self, node: int, own: int) -> int:
        takes = self.plan.durations[node]
        return self.start(node, own + takes - 1) + 1 if takes else self.start(node, own)

    def fits(self, begun: list[int]) -> tuple[int, int] | None:
        """The ends of an edge that does not hold."""
        for tail, head, link, lag in self.plan.edges:
            given = (self.finish if link in (Link.FS, Link.FF) else self.start)(tail, begun[tail])
            taken = begun[head] + (self.plan.durations[head] if link in (Link.FF, Link.SF) else 0)
            if taken < self.own(head, given) + lag:
                return tail, head
        return None

    def earliest(self) -> list[int]:
        begun = [self.own(node, self.plan.earliest.get(node, 0)) for node in range(len(self.code))]
        while (late := self.fits(begun)) is not None:
            begun[late[1]] += 1
        return begun

    def latest(self, by: int) -> list[int]:
        begun = [self.own(node, by) - work for node, work in enumerate(self.plan.durations)]
        while (early := self.fits(begun)) is not None:
            begun[early[0]] -= 1
        return begun


@st.composite
def team_plans(draw: st.DrawFn) -> TeamPlan:
    plan = draw(plans())
    off = draw(st.lists(sets_of_days, min_size=1, max_size=3))
    codes = st.lists(st.integers(0, len(off) - 1), min_size=len(plan.durations), max_size=len(plan.durations))
    return TeamPlan(plan, off, draw(codes))


def days(plan: TeamPlan, begun: list[int]) -> tuple[list[int], list[int]]:
    nodes = list(enumerate(begun))
    return [plan.start(*each) for each in nodes], [plan.finish(*each) for each in nodes]


@in_its_own_time
@given(team_plans())
def test_early_and_late_dates_are_those_of_trying_one_day_after_another(plan: TeamPlan) -> None:
    early = plan.earliest()
    finish = max(plan.finish(node, own) for node, own in enumerate(early))
    late = plan.latest(finish)

    ours = schedule(plan.network)

    assert (ours.early_start.tolist(), ours.early_finish.tolist()) == days(plan, early)
    assert (ours.finish, ours.horizon) == (finish, finish)
    assert (ours.late_start.tolist(), ours.late_finish.tolist()) == days(plan, late)
    assert ours.total_float.tolist() == [last - first for last, first in zip(late, early, strict=True)]
    assert ours.finish_float.tolist() == ours.total_float.tolist()


@in_its_own_time
@given(team_plans(), st.integers(-4, 9))
def test_late_dates_are_counted_back_from_a_target(plan: TeamPlan, spare: int) -> None:
    early = plan.earliest()
    finish = max(plan.finish(node, own) for node, own in enumerate(early))
    target = finish + spare

    ours = schedule(plan.network, target=target)

    assert ours.late_start.tolist() == days(plan, plan.latest(target))[0]
    assert ours.finish_float.tolist() == [b - a for a, b in zip(early, plan.latest(finish), strict=True)]


@in_its_own_time
@given(team_plans(), st.data())
def test_a_slip_by_the_total_float_leaves_the_finish_and_a_day_more_moves_it(
    plan: TeamPlan, data: st.DataObject
) -> None:
    node = data.draw(st.integers(0, len(plan.code) - 1))
    before = schedule(plan.network)
    spare = int(before.total_float[node])

    kept = simulate(plan.network, WhatIf(slips={node: spare}))
    moved = simulate(plan.network, WhatIf(slips={node: spare + 1}))

    assert kept.after.finish == before.finish
    assert moved.after.finish > before.finish
    assert (kept.start_moves[node], moved.start_moves[node]) == (spare, spare + 1)


@in_its_own_time
@given(team_plans(), st.data())
def test_a_slip_by_the_free_float_moves_no_other_and_a_day_more_moves_another_or_the_finish(
    plan: TeamPlan, data: st.DataObject
) -> None:
    node = data.draw(st.integers(0, len(plan.code) - 1))
    before = schedule(plan.network)
    free = int(before.free_float[node])

    def others(slip: int) -> tuple[bool, bool]:
        result = simulate(plan.network, WhatIf(slips={node: slip}), before=before)
        moves = np.delete(result.start_moves, node)
        return bool(moves.any()), result.after.finish != before.finish

    assert free >= 0
    assert others(free) == (False, False)
    assert any(others(free + 1))


@in_its_own_time
@given(plans(), st.integers(-3, 9))
def test_with_nothing_off_it_is_the_plan_on_one_calendar(plan: Plan, spare: int) -> None:
    network = plan.network
    none_off = DaysOff(((), ()), np.zeros(network.graph.nodes, np.int16))
    target = schedule(network).finish + spare

    one, by_teams = schedule(network, target=target), schedule(replace(network, days_off=none_off), target=target)

    for column in one.__dataclass_fields__:
        assert np.array_equal(getattr(one, column), getattr(by_teams, column)), column


def test_a_path_leads_through_two_teams_and_the_float_is_in_the_days_of_each() -> None:
    """The first has days 1 and 2 off: two days of work end on day 3. The other works on them, and has two to spare."""
    network = activity_network((2, 1, 1), [(0, 1), (2, 1)])
    network = replace(network, days_off=DaysOff(((1, 2), ()), np.array([0, 1, 1], np.int16)))

    result = schedule(network)

    assert result.early_start.tolist() == [0, 4, 0]
    assert result.early_finish.tolist() == [4, 5, 1]
    assert result.total_float.tolist() == [0, 0, 3]
    assert [path.nodes for path in paths(network, result)] == [(0, 1)]
    first, last = shown_days(network, result)
    assert (first.tolist(), last.tolist()) == ([0, 4, 0], [3, 4, 0])
