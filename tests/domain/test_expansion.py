"""Containers opened up into plain nodes, and the remaining work that the critical path is computed from."""

from __future__ import annotations

from service.domain.columns import NOBODY
from service.domain.dependencies import Assessment, LagUnit
from service.domain.remaining import DURATION_SOURCES, remaining_work
from service.domain.schedule import schedule
from tests.domain.dependency_builders import (
    CANCELLED,
    DONE,
    STARTED,
    TODAY,
    an_edge,
    an_epic,
    an_item,
    assessment,
    at,
    dec,
    nov,
)

HOUR = 3600


def arcs(found: Assessment) -> set[tuple[str, str, str | None]]:
    """Tail, head and the edge they stand for; "START OF A" is where the work of container A begins."""
    expansion, network = found.expansion, found.network
    count = len(network.items)

    def name(node: int) -> str:
        key = network.items[expansion.item[node]].key
        return key if node < count else f"START OF {key}"

    return {
        (name(tail), name(head), None if edge == NOBODY else network.edges[edge].id)
        for tail, head, edge in zip(expansion.graph.tails, expansion.graph.heads, expansion.edge, strict=True)
    }


def test_an_edge_between_epics_is_tied_to_all_their_open_countable_items() -> None:
    items = [
        *(an_epic(key) for key in ("A", "B")),
        an_item("A-1", parent="A"),
        an_item("A-2", parent="A", **DONE),
        an_item("B-1", parent="B"),
        an_item("B-2", parent="B", countable=False),
    ]

    assert arcs(assessment(items, [an_edge("A", "B")])) == {
        ("A", "START OF B", "A>B"),
        ("START OF A", "A", None),
        ("START OF A", "A-1", None),
        ("A-1", "A", None),
        ("START OF B", "B", None),
        ("START OF B", "B-1", None),
        ("B-1", "B", None),
    }


def test_n_and_m_items_take_n_plus_m_arcs_not_their_product() -> None:
    items = [an_epic("A"), an_epic("B")]
    items += [an_item(f"{epic}-{number}", parent=epic) for epic in ("A", "B") for number in range(50)]

    assert len(arcs(assessment(items, [an_edge("A", "B")]))) == 2 * (2 * 50 + 1) + 1


def test_each_type_of_edge_ties_the_ends_that_it_compares() -> None:
    items = [an_epic("A"), an_epic("B"), an_item("A-1", parent="A"), an_item("B-1", parent="B")]
    edges = [an_edge("A", "B", type=kind) for kind in ("FS", "SS", "FF", "SF")]

    assert {arc for arc in arcs(assessment(items, edges)) if arc[2]} == {
        ("A", "START OF B", "A>B"),
        ("START OF A", "START OF B", "A>B SS"),
        ("A", "B", "A>B FF"),
        ("START OF A", "B", "A>B SF"),
    }


def test_only_confirmed_edges_that_are_still_open_are_arcs() -> None:
    items = [an_item("A"), an_item("B"), an_item("C", **DONE)]
    edges = [an_edge("A", "B"), an_edge("B", "A", confirmed=False), an_edge("C", "B"), an_edge("A", "C")]

    assert arcs(assessment(items, edges)) == {("A", "B", "A>B")}


# remaining work


def durations(found: Assessment, **team_hours: float) -> dict[str, tuple[int, str]]:
    work = remaining_work(found, team_hours=team_hours)
    return {
        item.key: (int(work.activities.durations[place]), DURATION_SOURCES[work.sources[place]])
        for place, item in enumerate(found.network.items)
    }


def test_an_estimate_is_worked_off_at_eight_hours_a_day_or_at_the_pace_of_the_team() -> None:
    items = [
        an_item("A", remaining_seconds=16 * HOUR),
        an_item("B", remaining_seconds=17 * HOUR),
        an_item("C", remaining_seconds=0),
        an_item("D", remaining_seconds=24 * HOUR, team="Crew"),
    ]

    assert durations(assessment(items, []), Crew=12) == {
        "A": (2, "estimate"),
        "B": (3, "estimate"),
        "C": (0, "estimate"),
        "D": (2, "estimate"),
    }


def test_without_an_estimate_the_typical_time_of_its_type_is_left_less_its_age_and_at_least_a_day() -> None:
    """Stories took five days. One began on Tuesday, three working days ago; another long ago."""
    items = [
        an_item("OLD", **DONE, started_at=at(nov(2)), done_at=at(nov(6))),
        an_item("A"),
        an_item("B", **STARTED, started_at=at(nov(17))),
        an_item("C", **STARTED, started_at=at(nov(2))),
    ]

    found = durations(assessment(items, []))

    assert (found["A"], found["B"], found["C"]) == ((5, "typical"), (2, "typical"), (1, "typical"))


def test_without_any_of_these_its_own_dates_count_and_else_a_day() -> None:
    items = [
        an_item("A", start=nov(23), due=nov(27)),
        an_item("B", start=nov(2), due=nov(23)),  # from today on: Friday and Monday
        an_item("C", start=nov(2), due=nov(6)),
        an_item("D"),
    ]

    assert durations(assessment(items, [])) == {
        "A": (5, "own_dates"),
        "B": (2, "own_dates"),
        "C": (1, "own_dates"),
        "D": (1, "one_day"),
    }


def test_milestones_containers_and_what_is_finished_take_no_time() -> None:
    left = {"remaining_seconds": 80 * HOUR}
    items = [
        an_item("GO", milestone=True, **left),
        an_epic("A", **left),
        an_item("A-1", parent="A", **DONE, **left),
        an_item("B", **CANCELLED, **left),
        an_item("S", countable=False, level=-1, **left),
    ]

    assert set(durations(assessment(items, [])).values()) == {(0, "nothing_left")}


def test_a_sub_task_takes_time_when_something_waits_for_it() -> None:
    items = [
        an_item("A", remaining_seconds=8 * HOUR),
        an_item("A-1", parent="A", countable=False, level=-1, remaining_seconds=24 * HOUR),
        an_item("B", remaining_seconds=8 * HOUR),
    ]
    found = assessment(items, [an_edge("A-1", "B")])

    work = remaining_work(found)
    plan = schedule(work.activities)

    assert durations(found)["A-1"] == (3, "estimate")
    by_key = {item.key: int(plan.early_finish[place]) for place, item in enumerate(found.network.items)}
    assert by_key == {"A": 3, "A-1": 3, "B": 4}  # the story ends no sooner than its sub-task


def test_cyclic_and_broken_edges_are_left_out_so_that_the_rest_can_be_scheduled() -> None:
    items = [
        *(an_item(key) for key in ("A", "B", "C", "D")),
        an_item("X", **CANCELLED),
    ]
    names = [("A", "B"), ("B", "A"), ("B", "C"), ("X", "D")]

    plan = schedule(remaining_work(assessment(items, [an_edge(*name) for name in names])).activities)

    assert plan.finish == 2


def test_an_epic_passes_on_the_finish_of_its_last_item() -> None:
    """Three and one day of work side by side in A, then a day in B."""
    items = [
        an_epic("A"),
        an_item("A-1", parent="A", remaining_seconds=24 * HOUR),
        an_item("A-2", parent="A"),
        an_epic("B"),
        an_item("B-1", parent="B"),
    ]

    found = assessment(items, [an_edge("A", "B")])
    plan = schedule(remaining_work(found).activities)

    starts = {item.key: int(plan.early_start[place]) for place, item in enumerate(found.network.items)}
    assert (starts["A-1"], starts["A-2"], starts["B-1"], plan.finish) == (0, 0, 3, 4)


def test_a_calendar_lag_is_scheduled_as_five_working_days_a_week() -> None:
    items = [an_item("A", due=nov(27)), an_item("B", start=dec(14))]
    edges = [an_edge("A", "B", lag_days=7)]

    working = remaining_work(assessment(items, edges)).activities
    calendar = remaining_work(assessment(items, edges, lag=LagUnit.CALENDAR)).activities

    assert (working.lags.tolist(), calendar.lags.tolist()) == ([7], [5])


def test_an_empty_program_has_an_empty_plan() -> None:
    found = assessment([], [])

    assert list(found.edges()) == []
    assert schedule(remaining_work(found).activities).finish == 0
    assert found.as_of == TODAY
