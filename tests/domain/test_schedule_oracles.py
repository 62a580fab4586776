"""Plans as others schedule them: two published packages, one day after the other, and one item after the other."""

from __future__ import annotations

from datetime import date, timedelta

import networkx as nx
import pmcontrols
import pytest
import trueppm_scheduler as trueppm
from hypothesis import given

from service.domain.calendars import WorkingCalendar
from service.domain.schedule import ActivityNetwork, Link, schedule, shown_days
from tests.domain.networks import (
    Plan,
    a_large_network,
    earliest_starts,
    finish_of,
    in_its_own_time,
    latest_starts,
    plans,
)

MONDAY = date(2026, 11, 23)


@in_its_own_time
@given(plans(links=[Link.FS], lags=(0, 0)))
def test_finish_to_start_plans_are_those_of_pmcontrols(plan: Plan) -> None:
    plan = plan._replace(earliest={})
    before: dict[int, list[str]] = {node: [] for node in range(len(plan.durations))}
    for tail, head, _, _ in plan.edges:
        before[head].append(str(tail))
    theirs = pmcontrols.cpm(
        {"id": str(node), "duration": work, "predecessors": before[node]} for node, work in enumerate(plan.durations)
    ).table.set_index("activity")

    ours = schedule(plan.network)

    rows = theirs.loc[[str(node) for node in range(len(plan.durations))]]
    assert ours.early_start.tolist() == rows["es"].tolist()
    assert ours.early_finish.tolist() == rows["ef"].tolist()
    assert ours.late_start.tolist() == rows["ls"].tolist()
    assert ours.late_finish.tolist() == rows["lf"].tolist()
    assert ours.total_float.tolist() == rows["slack"].tolist()
    assert ours.critical.tolist() == rows["critical"].tolist()


@in_its_own_time
@given(plans(lags=(0, 3)))
def test_plans_with_all_link_types_and_lags_are_those_of_trueppm(plan: Plan) -> None:
    """On a calendar of seven working days, where its lags, which are calendar days, are working days too."""
    plan = plan._replace(durations=[max(work, 1) for work in plan.durations], edges=_one_link_a_pair(plan))
    theirs = trueppm.schedule(_their_project(plan, trueppm.Calendar(working_days=127)))

    ours = schedule(plan.network)

    for task in theirs.tasks:
        node = int(task.id)
        assert task.early_start == MONDAY + timedelta(days=int(ours.early_start[node]))
        assert task.early_finish == MONDAY + timedelta(days=int(ours.early_finish[node]) - 1)
        assert task.late_start == MONDAY + timedelta(days=int(ours.late_start[node]))
        assert task.late_finish == MONDAY + timedelta(days=int(ours.late_finish[node]) - 1)
        assert task.total_float.days == ours.total_float[node]
        assert task.free_float.days == ours.free_float[node]


@in_its_own_time
@given(plans(links=[Link.FS, Link.SS], lags=(0, 0)))
def test_days_of_work_and_milestones_are_those_of_trueppm(plan: Plan) -> None:
    """From Monday to Friday, a milestone at the end of the day of what leads up to it."""
    plan = plan._replace(edges=_one_link_a_pair(plan))
    calendar = WorkingCalendar()
    theirs = trueppm.schedule(_their_project(plan, trueppm.Calendar()))
    network = plan.network

    first, last = shown_days(network, schedule(network))

    origin = calendar.index(MONDAY)
    for task in theirs.tasks:
        assert task.early_start == calendar.day(origin + int(first[int(task.id)]))
        assert task.early_finish == calendar.day(origin + int(last[int(task.id)]))


@in_its_own_time
@given(plans())
def test_early_and_late_dates_are_those_found_day_by_day(plan: Plan) -> None:
    starts = earliest_starts(plan)
    finish = finish_of(plan, starts)

    ours = schedule(plan.network)

    assert ours.finish == finish
    assert ours.early_start.tolist() == starts
    assert ours.late_start.tolist() == latest_starts(plan, finish)
    assert ours.early_finish.tolist() == [start + work for start, work in zip(starts, plan.durations, strict=True)]


@pytest.mark.parametrize("levels", [4, 2_000])
def test_wide_and_deep_plans_of_thousands_are_like_those_computed_one_by_one(levels: int) -> None:
    network = a_large_network(8_000, 24_000 if levels > 4 else 200_000, levels=levels)

    ours = schedule(network)

    early = _one_by_one(network)
    late = _one_by_one_backward(network, ours.finish)
    assert ours.early_start.tolist() == early
    assert ours.late_start.tolist() == late
    assert ours.finish == max(start + work for start, work in zip(early, network.durations.tolist(), strict=True))


def _one_link_a_pair(plan: Plan) -> list[tuple[int, int, Link, int]]:
    return list({edge[:2]: edge for edge in plan.edges}.values())


def _their_project(plan: Plan, calendar: trueppm.Calendar) -> trueppm.Project:
    return trueppm.Project(
        id="plan",
        name="plan",
        start_date=MONDAY,
        calendar=calendar,
        tasks=[
            trueppm.Task(
                id=str(node),
                name=str(node),
                duration=timedelta(days=work),
                planned_start=MONDAY + timedelta(days=plan.earliest.get(node, 0)),
            )
            for node, work in enumerate(plan.durations)
        ],
        dependencies=[
            trueppm.Dependency(str(tail), str(head), trueppm.DependencyType[link.name], timedelta(days=lag))
            for tail, head, link, lag in plan.edges
        ],
    )


def _edges(network: ActivityNetwork) -> list[tuple[int, int, int, int]]:
    graph = network.graph
    ends = zip(graph.tails.tolist(), graph.heads.tolist(), strict=True)
    bounds = zip(network.types.tolist(), network.lags.tolist(), strict=True)
    return [(*pair, *bound) for pair, bound in zip(ends, bounds, strict=True)]


def _order(network: ActivityNetwork) -> list[int]:
    graph: nx.DiGraph[int] = nx.DiGraph((tail, head) for tail, head, _, _ in _edges(network))
    return list(nx.topological_sort(graph))


def _one_by_one(network: ActivityNetwork) -> list[int]:
    work: list[int] = network.durations.tolist()
    start: list[int] = network.earliest.tolist()
    into: dict[int, list[tuple[int, int, int]]] = {node: [] for node in range(network.graph.nodes)}
    for tail, head, link, lag in _edges(network):
        into[head].append((tail, link, lag))
    for node in _order(network):
        for tail, link, lag in into[node]:
            end = start[tail] + (work[tail] if link in (Link.FS, Link.FF) else 0) + lag
            start[node] = max(start[node], end - (work[node] if link in (Link.FF, Link.SF) else 0))
    return start


def _one_by_one_backward(network: ActivityNetwork, finish: int) -> list[int]:
    work = network.durations.tolist()
    late = [finish - each for each in work]
    out: dict[int, list[tuple[int, int, int]]] = {node: [] for node in range(network.graph.nodes)}
    for tail, head, link, lag in _edges(network):
        out[tail].append((head, link, lag))
    for node in reversed(_order(network)):
        for head, link, lag in out[node]:
            bound = late[head] + (work[head] if link in (Link.FF, Link.SF) else 0) - lag
            late[node] = min(late[node], bound - (work[node] if link in (Link.FS, Link.FF) else 0))
    return late
