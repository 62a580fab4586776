"""An item slips when its plan moves later: by its due date, its sprint or its release."""

from __future__ import annotations

from datetime import date

from service.domain.slips import PlanMove, slips

SPRINTS = {"7": date(2026, 11, 6), "8": date(2026, 11, 20), "9": date(2026, 12, 4)}
RELEASES = {"100": date(2026, 11, 30), "101": date(2027, 1, 29)}


def count(*moves: PlanMove) -> int:
    return slips(moves, iteration_ends=SPRINTS, releases=RELEASES)


def test_a_due_date_that_moves_later_is_a_slip_and_one_that_moves_earlier_is_none() -> None:
    assert count(PlanMove("1", "duedate", "2026-11-20", "2026-11-27")) == 1
    assert count(PlanMove("1", "due_on", "2026-11-20", "2026-11-27T10:00:00.000Z")) == 1
    assert count(PlanMove("1", "duedate", "2026-11-27", "2026-11-20")) == 0


def test_a_first_date_and_a_date_taken_away_are_no_slips() -> None:
    assert count(PlanMove("1", "duedate", None, "2026-11-27")) == 0
    assert count(PlanMove("1", "duedate", "2026-11-27", None)) == 0


def test_a_sprint_carried_over_is_a_slip() -> None:
    assert count(PlanMove("1", "customfield_10020", "7", "7, 8")) == 1
    assert count(PlanMove("1", "customfield_10020", "7, 8", "8")) == 0
    assert count(PlanMove("1", "customfield_10020", "8", "7")) == 0


def test_a_release_that_is_replaced_by_a_later_one_is_a_slip() -> None:
    later = (PlanMove("1", "fixVersions", "100", None), PlanMove("1", "fixVersions", None, "101"))
    earlier = (PlanMove("2", "fixVersions", "101", None), PlanMove("2", "fixVersions", None, "100"))

    assert count(*later) == 1
    assert count(*earlier) == 0
    assert count(PlanMove("3", "fixVersions", None, "101")) == 0


def test_one_change_counts_once_however_many_fields_it_moves() -> None:
    due = PlanMove("1", "duedate", "2026-11-20", "2026-12-04")
    sprint = PlanMove("1", "customfield_10020", "8", "9")

    assert count(due, sprint) == 1
    assert count(due, sprint._replace(change_id="2")) == 2


def test_what_nobody_knows_the_day_of_moves_nothing() -> None:
    assert count(PlanMove("1", "customfield_10020", "7", "404")) == 0
    assert count(PlanMove("1", "duedate", "someday", "2026-11-20")) == 0
