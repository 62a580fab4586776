"""Lags, calendars, milestones and the other types of edges: which ends are compared, and when one is at its end."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from service.domain.calendars import WorkingCalendar
from service.domain.dependencies import DependencyStatus as Status
from service.domain.dependencies import LagUnit, SameDay
from tests.domain.dependency_builders import (
    STARTED,
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

# lags and calendars


def test_a_lag_counts_working_days_unless_calendar_days_are_asked_for() -> None:
    """Due on Friday, three days of lag: Thursday, or Monday since the weekend passes on the calendar."""
    before, after = an_item("CART-3", due=nov(27)), an_item("PAY-12", start=dec(3))

    working = the_edge(before, after, lag_days=3)
    calendar = the_edge(before, after, lag_days=3, lag=LagUnit.CALENDAR)

    assert (working.gap_days, calendar.gap_days) == (0, 2)


def test_a_lead_lets_the_successor_begin_before_the_predecessor_ends() -> None:
    edge = the_edge(an_item("CART-3", due=nov(27)), an_item("PAY-12", start=nov(26)), lag_days=-2)

    assert edge.gap_days == 0


def test_holidays_are_no_working_days_between_the_two() -> None:
    before, after = an_item("CART-3", due=dec(4)), an_item("PAY-12", start=dec(14))

    plain = the_edge(before, after)
    spain = the_edge(before, after, calendar=WorkingCalendar(frozenset({dec(8)})))

    assert (plain.gap_days, spain.gap_days) == (5, 4)


def test_what_is_due_on_a_weekend_is_ready_on_the_monday_after() -> None:
    edge = the_edge(an_item("CART-3", due=nov(28)), an_item("PAY-12", start=nov(30)))

    assert edge.gap_days == 0


@pytest.mark.parametrize(("same_day", "gap"), [(SameDay.SEQUENTIAL, -1), (SameDay.CONCURRENT, 0)])
def test_the_same_day_is_too_late_unless_teams_work_concurrently(same_day: SameDay, gap: int) -> None:
    edge = the_edge(an_item("CART-3", due=nov(27)), an_item("PAY-12", start=nov(27)), same_day=same_day)

    assert edge.gap_days == gap


@pytest.mark.parametrize("same_day", list(SameDay))
def test_a_milestone_stands_at_the_end_of_its_day_so_work_due_on_that_day_is_in_time(same_day: SameDay) -> None:
    go_live = an_item("GO", milestone=True, due=nov(27))

    edge = the_edge(an_item("CART-3", due=nov(27)), go_live, same_day=same_day)

    assert (edge.gap_days, edge.need_by) == (0, nov(27))


def test_what_follows_a_milestone_begins_on_the_next_working_day() -> None:
    edge = the_edge(an_item("GO", milestone=True, due=nov(27)), an_item("PAY-12", start=nov(30)))

    assert edge.gap_days == 0


# start to start


def test_start_to_start_compares_the_starts_and_may_fall_on_one_day() -> None:
    before, after = an_item("CART-3", start=nov(26), due=dec(18)), an_item("PAY-12", start=nov(26))

    edge = the_edge(before, after, type="SS")

    assert (edge.planned_finish, edge.need_by, edge.gap_days) == (nov(26), nov(26), 0)


def test_start_to_start_is_resolved_as_soon_as_the_predecessor_has_begun() -> None:
    edge = the_edge(an_item("CART-3", **STARTED, started_at=at(nov(18))), an_item("PAY-12", start=nov(16)), type="SS")

    assert (edge.status, codes(edge)) == (Status.RESOLVED, ["predecessor_begun", "late"])
    assert said(edge)[0] == "CART-3 has begun, which is all that PAY-12 waits for."


def test_start_to_start_blocks_who_has_begun_while_the_predecessor_has_not() -> None:
    edge = the_edge(an_item("CART-3", start=nov(18)), an_item("PAY-12", **STARTED), type="SS")

    assert edge.status is Status.BLOCKED


# finish to finish


def test_finish_to_finish_compares_the_finishes_and_lets_the_successor_begin() -> None:
    before = an_item("CART-3", due=nov(30))

    in_time = the_edge(before, an_item("PAY-12", **STARTED, due=dec(3)), type="FF")
    too_late = the_edge(before, an_item("PAY-12", **STARTED, due=nov(27)), type="FF")
    due_today = the_edge(before, an_item("PAY-12", **STARTED, due=nov(20)), type="FF")

    assert (in_time.status, in_time.gap_days, in_time.need_by) == (Status.ON_TRACK, 3, dec(3))
    assert (too_late.status, too_late.gap_days) == (Status.OFF_TRACK, -1)
    assert (due_today.status, codes(due_today)) == (Status.BLOCKED, ["need_by_reached"])


# start to finish


def test_start_to_finish_lets_the_successor_end_when_the_predecessor_begins() -> None:
    """A night watch may go home when the day watch has come."""
    day, night = an_item("DAY", start=nov(30)), an_item("NIGHT", **STARTED, due=nov(27))

    edge = the_edge(day, night, type="SF")

    assert (edge.planned_finish, edge.need_by, edge.gap_days) == (nov(30), nov(27), 0)
    assert edge.status is Status.AT_RISK


def test_a_predecessor_that_should_have_begun_is_overdue_by_its_start() -> None:
    edge = the_edge(an_item("CART-3", start=nov(18)), an_item("PAY-12", start=dec(14)), type="SS")

    assert (edge.status, codes(edge)) == (Status.OFF_TRACK, ["predecessor_overdue"])
    assert said(edge) == ["CART-3 was to start on 18 Nov and has not begun."]


def test_microsoft_projects_saved_dates_leave_each_of_its_links_no_day_and_no_delay() -> None:
    """Microsoft Project 2013, start Tuesday 2013-01-01, its own saved dates: what binds has gap 0, nothing less."""

    def task(number: int, start: int, finish: int) -> Any:
        return an_item(str(number), start=date(2013, 1, start), due=date(2013, 1, finish))

    items = [task(1, 1, 3), task(2, 3, 3), task(3, 4, 7), task(4, 4, 4), task(5, 8, 8), task(6, 7, 7)]
    edges = [
        an_edge("1", "2", type="FF"),
        an_edge("2", "3"),
        an_edge("3", "4", type="SS"),
        an_edge("3", "5"),
        an_edge("4", "5"),
        an_edge("4", "6"),
        an_edge("5", "6", type="SF"),
    ]

    found = assessed(items, edges, as_of=date(2012, 12, 28))

    assert {name: edge.gap_days for name, edge in found.items()} == {
        "1>2 FF": 0,
        "2>3": 0,
        "3>4 SS": 0,
        "3>5": 0,
        "4>5": 1,
        "4>6": 0,
        "5>6 SF": 0,
    }


def test_a_type_that_no_one_knows_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'XY' is no type of an edge; FS, SS, FF and SF are"):
        the_edge(an_item("A"), an_item("B"), type="XY")
