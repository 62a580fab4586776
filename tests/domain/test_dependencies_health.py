"""What a program's dependencies add up to: score, counts, cycles, downstream work and hubs."""

from __future__ import annotations

import pytest

from service.domain.dependencies import DependencyHealth
from service.domain.dependencies import DependencyStatus as Status
from service.domain.dependency_status import HEALTH_VALUES
from tests.domain.dependency_builders import (
    CANCELLED,
    DONE,
    STARTED,
    an_edge,
    an_item,
    assessed,
    assessment,
    dec,
    nov,
)


def test_nothing_open_has_no_score_but_a_reason() -> None:
    none = assessment([an_item("A")], []).health
    resolved = assessment([an_item("A", **DONE), an_item("B")], [an_edge("A", "B")]).health

    assert (none.score, none.reason) == (None, "no_open_dependencies")
    assert (resolved.score, resolved.reason, resolved.counts[Status.RESOLVED]) == (None, "no_open_dependencies", 1)
    assert set(none.counts) == set(Status)


def test_the_score_weighs_each_open_edge_by_what_waits_behind_it() -> None:
    """Four open items. A → B: on track, B and C and D behind it: 1 + 3/4. C → D: unknown, D behind it: 1 + 1/4."""
    items = [
        an_item("A", due=nov(27)),
        an_item("B", start=dec(14), due=dec(18)),
        an_item("C", start=dec(28)),
        an_item("D"),
    ]
    edges = [an_edge("A", "B"), an_edge("B", "C"), an_edge("C", "D")]

    health = assessment(items, edges).health

    expected = 100 * ((1 + 3 / 4) * 1 + (1 + 2 / 4) * 1 + (1 + 1 / 4) * 0.4) / ((1 + 3 / 4) + (1 + 2 / 4) + (1 + 1 / 4))
    assert health.score == pytest.approx(expected)
    assert (health.counts[Status.ON_TRACK], health.counts[Status.UNKNOWN]) == (2, 1)
    assert health.weights[Status.ON_TRACK] == pytest.approx(3.25)


@pytest.mark.parametrize(
    ("status", "value"),
    [
        ("on_track", 1),
        ("unknown", 0.4),
        ("at_risk", 0.5),
        ("off_track", 0.15),
        ("blocked", 0),
        ("broken", 0),
        ("cyclic", 0),
    ],
)
def test_each_status_is_worth_what_the_definitions_say(status: str, value: float) -> None:
    assert HEALTH_VALUES[Status(status)] == value


def test_what_a_status_is_worth_can_be_set() -> None:
    worth = dict(HEALTH_VALUES) | {Status.UNKNOWN: 0.0}

    health = assessment([an_item("A"), an_item("B")], [an_edge("A", "B")], health_values=worth).health

    assert health.score == 0.0


def test_suggested_edges_are_listed_and_stay_outside_health() -> None:
    found = assessment([an_item("A"), an_item("B")], [an_edge("A", "B", confirmed=False)])

    assert [edge.status for edge in found.edges()] == [Status.UNKNOWN]
    assert found.health == DependencyHealth(
        None, "no_open_dependencies", dict.fromkeys(Status, 0), dict.fromkeys(Status, 0.0)
    )


def test_a_cycle_does_not_keep_the_rest_from_being_scored() -> None:
    items = [an_item("A"), an_item("B"), an_item("C", due=nov(27)), an_item("D", start=dec(14))]

    health = assessment(items, [an_edge("A", "B"), an_edge("B", "A"), an_edge("C", "D")]).health

    assert (health.counts[Status.CYCLIC], health.counts[Status.ON_TRACK]) == (2, 1)
    assert health.score == pytest.approx(100 * 1.25 / (1.25 + 1.5 + 1.5))


def test_each_cycle_is_listed_once_from_its_smallest_uid_in_the_direction_of_its_edges() -> None:
    items = [an_item(key) for key in ("A", "B", "C", "X", "Y", "Z")]
    names = [("C", "A"), ("A", "B"), ("B", "C"), ("Z", "X"), ("X", "Z"), ("X", "Y")]

    found = assessment(items, [an_edge(*name) for name in names])

    assert found.cycles == (("jira:A", "jira:B", "jira:C"), ("jira:X", "jira:Z"))


def test_downstream_is_the_successor_and_all_behind_it_each_once_and_only_what_is_left_to_do() -> None:
    """Two ways lead from B to E; D is done, F does not count, G was cancelled."""
    items = [
        *(an_item(key) for key in ("A", "B", "C", "E")),
        an_item("D", **DONE),
        an_item("F", countable=False),
        an_item("G", **CANCELLED),
    ]
    names = [("A", "B"), ("B", "C"), ("C", "E"), ("B", "D"), ("B", "E"), ("E", "F"), ("E", "G")]

    edges = assessed(items, [an_edge(*name) for name in names])

    assert {name: edge.downstream_items for name, edge in edges.items()} == {
        "A>B": 3,
        "B>C": 2,
        "C>E": 1,
        "B>D": 0,
        "B>E": 1,
        "E>F": 0,
        "E>G": 0,
    }


def test_items_on_a_cycle_are_all_downstream_of_each_other() -> None:
    edges = assessed([an_item("A"), an_item("B")], [an_edge("A", "B"), an_edge("B", "A")])

    assert {edge.downstream_items for edge in edges.values()} == {2}


def test_a_suggested_edge_carries_no_downstream_work() -> None:
    items = [an_item("A"), an_item("B"), an_item("C")]

    edges = assessed(items, [an_edge("A", "B"), an_edge("B", "C", confirmed=False)])

    assert edges["A>B"].downstream_items == 1


def test_a_gate_that_many_wait_at_is_a_hub_and_a_task_with_work_of_its_own_is_none() -> None:
    """Asana allows thirty dependencies a task, so teams tie them to a milestone and the rest to the milestone."""
    many = [an_item(f"T-{number:02d}") for number in range(10)]
    hub, task = an_item("GO", milestone=True), an_item("BUILD", remaining_seconds=8 * 3600)
    idle = an_item("GATE", assignee_id=None)
    edges = [an_edge(each.key, end) for each in many for end in ("GO", "BUILD", "GATE")] + [an_edge("GO", "PAY-12")]

    found = assessed([*many, hub, task, idle, an_item("PAY-12")], edges)

    assert {name for name, edge in found.items() if edge.hub} == {
        *(f"{each.key}>{gate}" for each in many for gate in ("GO", "GATE")),
        "GO>PAY-12",
    }


def test_from_how_many_on_a_gate_is_a_hub_can_be_set() -> None:
    items = [an_item("GO", milestone=True), *(an_item(f"T-{number}") for number in range(9))]
    edges = [an_edge(f"T-{number}", "GO") for number in range(9)]

    assert not any(edge.hub for edge in assessed(items, edges).values())
    assert all(edge.hub for edge in assessed(items, edges, hub_fan_in=9).values())


def test_edges_can_be_picked_by_status() -> None:
    items = [an_item("A", due=nov(27)), an_item("B", start=dec(14)), an_item("C", **STARTED)]
    found = assessment(items, [an_edge("A", "B"), an_edge("A", "C"), an_edge("C", "B")])

    picked = [found.network.edges[place].id for place in found.having([Status.BLOCKED, Status.UNKNOWN])]

    assert picked == ["A>C"]
    assert [str(found.status(place)) for place in range(3)] == ["on_track", "blocked", "at_risk"]
