"""The upper rungs of the status ladder, each as a story: resolved, cyclic, broken, blocked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from service.domain.calendars import WorkingCalendar
from service.domain.dependencies import DependencyStatus as Status
from service.domain.network import Presence
from tests.domain.dependency_builders import (
    CANCELLED,
    DONE,
    STARTED,
    STUB,
    TODAY,
    an_edge,
    an_item,
    assessed,
    at,
    codes,
    dec,
    nov,
    said,
    the_edge,
)

# rung 1


def test_a_dependency_is_resolved_as_soon_as_the_predecessor_is_done() -> None:
    edge = the_edge(an_item("CART-3", **DONE, done_at=at(nov(18))), an_item("PAY-12", **STARTED))

    assert (edge.status, codes(edge)) == (Status.RESOLVED, ["predecessor_done"])
    assert said(edge) == ["CART-3 was done on 18 Nov."]


@pytest.mark.parametrize(
    ("ended", "words"),
    [(DONE, "PAY-12 is done and waits no longer."), (CANCELLED, "PAY-12 was cancelled and waits no longer.")],
)
def test_a_successor_that_is_done_or_cancelled_waits_for_nothing(ended: dict[str, Any], words: str) -> None:
    edge = the_edge(an_item("CART-3"), an_item("PAY-12", **ended))

    assert (edge.status, said(edge)[0]) == (Status.RESOLVED, words)


def test_what_came_after_it_was_needed_is_resolved_and_late() -> None:
    """Needed on Monday, done on Wednesday."""
    late = the_edge(an_item("CART-3", **DONE, done_at=at(nov(18))), an_item("PAY-12", start=nov(16)))
    in_time = the_edge(an_item("CART-3", **DONE, done_at=at(nov(16))), an_item("PAY-12", start=nov(16)))

    assert (late.status, codes(late)) == (Status.RESOLVED, ["predecessor_done", "late"])
    assert said(late)[1] == "CART-3 came 2 working days later than PAY-12 needed it."
    assert codes(in_time) == ["predecessor_done"]


def test_a_successor_that_began_before_its_predecessor_was_done_did_not_wait() -> None:
    done = an_item("CART-3", **DONE, done_at=at(nov(18), hour=15))

    early = the_edge(done, an_item("PAY-12", **STARTED, started_at=at(nov(18), hour=9)))
    patient = the_edge(done, an_item("PAY-12", **STARTED, started_at=at(nov(18), hour=16)))
    finished = the_edge(an_item("CART-3"), an_item("PAY-12", **DONE))

    assert codes(early) == ["predecessor_done", "violated"]
    assert said(early)[1] == "PAY-12 did not wait for CART-3."
    assert codes(patient) == ["predecessor_done"]
    assert codes(finished) == ["successor_done", "violated"]


def test_a_reopened_predecessor_opens_its_edges_again() -> None:
    """It has no done_at any more; nothing else remembers that it was done."""
    again = the_edge(an_item("CART-3", **STARTED, due=nov(30)), an_item("PAY-12", start=nov(23)))

    assert again.status is Status.OFF_TRACK


def test_a_predecessor_cancelled_as_not_needed_by_rule_resolves_its_edges() -> None:
    duplicate = an_item("CART-3", **CANCELLED, status="Closed", resolution="Duplicate")

    by_rule = the_edge(duplicate, an_item("PAY-12"), not_needed=frozenset({"duplicate"}))
    without = the_edge(duplicate, an_item("PAY-12"))

    assert (by_rule.status, said(by_rule)) == (Status.RESOLVED, ["CART-3 was cancelled as not needed."])
    assert without.status is Status.BROKEN


# rung 2


def test_items_that_wait_for_each_other_in_a_circle_are_cyclic_whatever_their_dates() -> None:
    items = [an_item("A", due=nov(23)), an_item("B", start=dec(14), **STARTED), an_item("C")]
    edges = assessed(items, [an_edge("A", "B"), an_edge("B", "C"), an_edge("C", "A"), an_edge("A", "C")])

    assert {edge.status for edge in edges.values()} == {Status.CYCLIC}
    # of the two circles the shorter is told
    assert said(edges["C>A"]) == ["These wait for each other in a circle, so that none can begin: A → C → A."]


def test_an_edge_of_a_knot_that_is_not_on_its_shortest_circle_says_so() -> None:
    """A ⇄ B, and the longer way A → C → D → A."""
    names = [("A", "B"), ("B", "A"), ("A", "C"), ("C", "D"), ("D", "A")]
    edges = assessed([an_item(key) for key in "ABCD"], [an_edge(*name) for name in names])

    assert said(edges["C>D"]) == ["C and D are among items that wait for each other in circles, such as A → B → A."]


def test_a_circle_opens_when_one_of_its_items_is_done() -> None:
    items = [an_item("A", **DONE), an_item("B"), an_item("C")]
    edges = assessed(items, [an_edge("A", "B"), an_edge("B", "C"), an_edge("C", "A")])

    assert {name: edge.status for name, edge in edges.items()} == {
        "A>B": Status.RESOLVED,
        "B>C": Status.UNKNOWN,
        "C>A": Status.RESOLVED,
    }


def test_a_suggested_edge_closes_no_circle() -> None:
    edges = assessed([an_item("A"), an_item("B")], [an_edge("A", "B"), an_edge("B", "A", confirmed=False)])

    assert {edge.status for edge in edges.values()} == {Status.UNKNOWN}


def test_what_waits_for_itself_is_a_circle_of_its_own() -> None:
    edge = assessed([an_item("A")], [an_edge("A", "A")])["A>A"]

    assert (edge.status, said(edge)) == (Status.CYCLIC, ["A waits for itself."])


# rung 3


def test_a_cancelled_predecessor_leaves_the_live_successor_with_a_broken_promise() -> None:
    edge = the_edge(an_item("CART-3", **CANCELLED), an_item("PAY-12", **STARTED))

    assert (edge.status, codes(edge)) == (Status.BROKEN, ["predecessor_cancelled"])
    assert said(edge) == ["CART-3 was cancelled, but PAY-12 still waits for it."]


@pytest.mark.parametrize(
    ("presence", "words"),
    [
        (Presence.GONE, "was deleted in its tool"),
        (Presence.ARCHIVED, "was archived in its tool"),
        (Presence.ACCESS_LOST, "can no longer be read"),
        (Presence.OUT_OF_SCOPE, "left what is read from its tool"),
        (Presence.UNKNOWN, "is known to no tool"),
    ],
)
def test_an_end_that_is_gone_breaks_the_edge_and_says_how(presence: Presence, words: str) -> None:
    before = the_edge(an_item("CART-3", presence=presence), an_item("PAY-12", **STARTED))
    after = the_edge(an_item("CART-3"), an_item("PAY-12", presence=presence))

    assert (before.status, said(before)) == (Status.BROKEN, [f"CART-3 {words}, but PAY-12 still waits for it."])
    assert after.status is Status.BROKEN
    assert said(after) == [f"PAY-12 {words}; nobody can tell whether it still waits for CART-3."]


def test_an_end_that_only_an_edge_names_is_known_to_no_tool() -> None:
    edge = assessed([an_item("PAY-12")], [an_edge("SEC-9", "PAY-12")])["SEC-9>PAY-12"]

    assert (edge.status, said(edge)) == (
        Status.BROKEN,
        ["jira:SEC-9 is known to no tool, but PAY-12 still waits for it."],
    )


def test_what_was_done_before_it_was_archived_is_resolved_not_broken() -> None:
    edge = the_edge(an_item("CART-3", **DONE, presence=Presence.ARCHIVED), an_item("PAY-12"))

    assert edge.status is Status.RESOLVED


@pytest.mark.parametrize("presence", [Presence.STUB, Presence.HIDDEN])
def test_what_was_never_visible_is_no_broken_edge_but_a_stub(presence: Presence) -> None:
    stub = an_item("CART-3", **STUB | {"presence": presence})
    edge = the_edge(stub, an_item("PAY-12", start=nov(30)))

    assert (edge.status, codes(edge)) == (Status.UNKNOWN, ["predecessor_undated"])


# rung 4


def test_a_successor_in_progress_waits_now_and_says_since_when_and_by_how_much() -> None:
    edge = the_edge(an_item("CART-3", due=nov(27)), an_item("PAY-12", **STARTED, start=nov(24), started_at=at(nov(17))))

    assert (edge.status, codes(edge)) == (Status.BLOCKED, ["successor_started"])
    assert said(edge) == [
        "PAY-12 has been in progress since 17 Nov and waits for CART-3, which is due 27 Nov, 4 working days too late."
    ]
    assert (edge.gap_days, edge.blocked_since, edge.blocked_days) == (-4, nov(17), 3)


def test_a_successor_that_was_to_start_by_now_waits_as_well() -> None:
    """Its planned start is today: someone is waiting now."""
    edge = the_edge(an_item("CART-3", due=nov(27)), an_item("PAY-12", start=TODAY))
    tomorrow = the_edge(an_item("CART-3", due=nov(27)), an_item("PAY-12", start=TODAY + timedelta(days=1)))

    assert (edge.status, codes(edge)) == (Status.BLOCKED, ["need_by_reached"])
    assert said(edge) == [
        "PAY-12 was to start on 20 Nov and waits for CART-3, which is due 27 Nov, 6 working days too late."
    ]
    assert (edge.blocked_since, edge.blocked_days) == (TODAY, 0)
    assert tomorrow.status is Status.OFF_TRACK


def test_nobody_is_blocked_by_a_link_before_the_link_was_drawn() -> None:
    before, after = an_item("CART-3"), an_item("PAY-12", **STARTED, started_at=at(nov(2)))

    edge = the_edge(before, after, linked_on={"CART-3>PAY-12": nov(18)})

    assert (edge.blocked_since, edge.blocked_days) == (nov(18), 2)


def test_a_successor_in_progress_since_nobody_knows_when_is_blocked_without_days() -> None:
    edge = the_edge(an_item("CART-3"), an_item("PAY-12", **STARTED), linked_on={"CART-3>PAY-12": nov(18)})

    assert (edge.status, edge.blocked_since, edge.blocked_days) == (Status.BLOCKED, None, None)
    assert said(edge) == ["PAY-12 is in progress and waits for CART-3, which has no date."]


def test_blocked_days_leave_out_weekends_and_holidays() -> None:
    after = an_item("PAY-12", **STARTED, started_at=at(nov(9)))

    edge = the_edge(an_item("CART-3"), after, calendar=WorkingCalendar(frozenset({nov(11)})))

    assert edge.blocked_days == 8  # 9, 10, 12, 13, 16 to 19 November


def test_a_predecessor_whose_status_nobody_knows_does_not_block_it_is_unknown() -> None:
    stub = an_item("CART-3", **STUB | {"status_category": None})

    assert the_edge(stub, an_item("PAY-12", **STARTED)).status is Status.UNKNOWN
    assert the_edge(stub, an_item("PAY-12", start=nov(16))).status is Status.UNKNOWN


def test_a_container_that_has_started_does_not_mean_that_what_it_holds_waits_already() -> None:
    """The epic's start is the only date: it makes a gap, and blocks nobody."""
    epic = an_item("PAY-1", item_type="Epic", level=1, countable=False, start=nov(16))
    edge = the_edge(an_item("CART-3", due=nov(20)), an_item("PAY-12", parent="PAY-1"), beside=[epic])

    assert (edge.status, codes(edge)) == (Status.OFF_TRACK, ["too_late"])
    assert (edge.need_by, edge.gap_days) == (nov(16), -5)
    assert said(edge) == [
        "CART-3 is due 20 Nov, 5 working days too late for PAY-12, which belongs to something that starts on 16 Nov."
    ]
