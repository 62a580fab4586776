"""Edges at epics and other containers: they stand for all they hold, and who says the same lower down is covered."""

from __future__ import annotations

from service.domain.dependencies import DependencyStatus as Status
from tests.domain.dependency_builders import (
    DONE,
    STARTED,
    an_edge,
    an_epic,
    an_item,
    assessed,
    assessment,
    at,
    codes,
    dec,
    nov,
    said,
)


def test_an_epic_is_ready_when_the_last_of_its_stories_is() -> None:
    items = [
        an_epic("CART-1"),
        an_item("CART-2", parent="CART-1", due=nov(24)),
        an_item("CART-3", parent="CART-1", due=nov(27)),
        an_item("PAY-12", start=nov(26)),
    ]

    edge = assessed(items, [an_edge("CART-1", "PAY-12")])["CART-1>PAY-12"]

    assert (edge.planned_finish, edge.gap_days, edge.status) == (nov(27), -2, Status.OFF_TRACK)
    assert said(edge) == [
        "CART-1 is due 27 Nov with the last item beneath it, 2 working days too late for PAY-12, "
        "which is to start on 26 Nov."
    ]


def test_an_epic_waits_as_soon_as_one_of_its_stories_is_in_progress() -> None:
    items = [
        an_item("SEC-1", due=nov(27)),
        an_epic("PAY-1"),
        an_item("PAY-2", parent="PAY-1", **STARTED, started_at=at(nov(17))),
        an_item("PAY-3", parent="PAY-1"),
    ]

    edge = assessed(items, [an_edge("SEC-1", "PAY-1")])["SEC-1>PAY-1"]

    assert (edge.status, edge.blocked_since, edge.blocked_days) == (Status.BLOCKED, nov(17), 3)
    assert edge.downstream_items == 2


def test_an_epic_is_done_only_when_its_team_says_so_and_people_are_told_to_say_it() -> None:
    items = [
        an_epic("CART-1"),
        an_item("CART-2", parent="CART-1", **DONE, due=nov(17)),
        an_item("CART-3", parent="CART-1", **DONE),
        an_item("PAY-12", **STARTED, started_at=at(nov(18))),
    ]

    edge = assessed(items, [an_edge("CART-1", "PAY-12")])["CART-1>PAY-12"]

    assert edge.status is Status.BLOCKED
    assert said(edge) == [
        "PAY-12 has been in progress since 18 Nov and waits for CART-1, "
        "which is still open, though all 2 items beneath it are done."
    ]
    overdue = assessed([*items[:2], an_item("PAY-12")], [an_edge("CART-1", "PAY-12")])["CART-1>PAY-12"]
    assert said(overdue) == [
        "CART-1 was due 17 Nov with the last item beneath it; the only item beneath it is done, but it is still open."
    ]


def test_what_belongs_together_does_not_depend_on_each_other() -> None:
    """A story that blocks its own epic is no circle, though the epic cannot end before it."""
    items = [an_epic("PAY-1", start=dec(14)), an_item("PAY-2", parent="PAY-1", due=nov(27))]

    found = assessment(items, [an_edge("PAY-2", "PAY-1"), an_edge("PAY-1", "PAY-2")])

    assert found.cycles == ()
    assert Status.CYCLIC not in {edge.status for edge in found.edges()}


def test_a_circle_through_what_epics_hold_is_found() -> None:
    """All of A before all of B; but one story of B before one of A."""
    items = [an_epic("A"), an_epic("B"), an_item("A-1", parent="A"), an_item("B-1", parent="B")]

    found = assessment(items, [an_edge("A", "B"), an_edge("B-1", "A-1")])

    assert [edge.status for edge in found.edges()] == [Status.CYCLIC, Status.CYCLIC]
    assert found.cycles == (("jira:A", "jira:B", "jira:B-1", "jira:A-1"),)


def test_a_sub_task_holds_up_the_story_above_it_and_all_that_waits_for_the_story() -> None:
    items = [
        an_item("SEC-1"),
        an_item("PAY-12"),
        an_item("PAY-13", parent="PAY-12", level=-1, countable=False),
        an_item("WEB-2"),
    ]

    edges = assessed(items, [an_edge("SEC-1", "PAY-13"), an_edge("PAY-12", "WEB-2")])

    assert edges["SEC-1>PAY-13"].downstream_items == 2  # PAY-12 and WEB-2


def test_trouble_above_an_item_or_beneath_it_is_trouble_upstream_of_those_who_wait_for_it() -> None:
    items = [
        an_item("SEC-1", due=nov(12)),
        an_epic("CART-1"),
        an_item("CART-2", parent="CART-1", due=dec(1)),
        an_item("PAY-1", start=dec(14)),
    ]

    at_epic = assessed(items, [an_edge("SEC-1", "CART-1"), an_edge("CART-2", "PAY-1")])["CART-2>PAY-1"]
    at_story = assessed(items, [an_edge("SEC-1", "CART-2"), an_edge("CART-1", "PAY-1")])["CART-1>PAY-1"]

    assert (at_epic.status, codes(at_epic)) == (Status.AT_RISK, ["upstream"])
    assert (at_story.status, codes(at_story)) == (Status.AT_RISK, ["upstream"])
    assert said(at_story) == ["CART-1 itself is held up further upstream."]


def test_an_edge_between_stories_is_covered_by_the_one_between_their_epics() -> None:
    items = [
        an_epic("I", level=2),
        an_epic("A", parent="I"),
        an_item("A-1", parent="A"),
        an_epic("B"),
        an_item("B-1", parent="B"),
        an_item("C"),
    ]
    names = [("I", "B"), ("A", "B"), ("A-1", "B-1"), ("A-1", "C"), ("B", "A-1")]

    edges = assessed(items, [an_edge(*name) for name in names])

    assert {name: edge.covered_by for name, edge in edges.items()} == {
        "I>B": None,
        "A>B": "I>B",
        "A-1>B-1": "I>B",
        "A-1>C": None,
        "B>A-1": None,
    }


def test_what_is_merely_suggested_resolved_or_of_another_type_covers_nothing() -> None:
    items = [an_epic("A"), an_item("A-1", parent="A"), an_epic("B"), an_item("B-1", parent="B"), an_epic("D", **DONE)]
    items.append(an_item("D-1", parent="D"))
    edges = [
        an_edge("A", "B", confirmed=False),
        an_edge("A", "B", type="SS"),
        an_edge("A-1", "B-1"),
        an_edge("D", "B"),
        an_edge("D-1", "B-1"),
    ]

    assert {edge.covered_by for edge in assessed(items, edges).values()} == {None}


def test_parents_in_a_circle_stop_nothing() -> None:
    items = [an_item("A", parent="B", due=nov(27)), an_item("B", parent="A"), an_item("C", start=dec(14))]

    assert assessed(items, [an_edge("A", "C")])["A>C"].status is Status.ON_TRACK
