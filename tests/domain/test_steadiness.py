"""What was undone, blocked, added, promised and kept, and what escaped; each null with its reason."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from service.domain.calendars import WorkingCalendar
from service.domain.flow import Window
from service.domain.lives import Span
from service.domain.steadiness import (
    Period,
    blocked_time,
    churn,
    escape_rate,
    flow_efficiency,
    predictability,
    reopen_rate,
)
from tests.builders.lives import IN_PROGRESS, a_life

TODAY = date(2026, 11, 20)
FIRST, UNTIL = date(2026, 10, 26), date(2026, 11, 16)
WEEK = timedelta(days=7)
WINDOW = Window(first=FIRST, until=UNTIL, today=TODAY, calendar=WorkingCalendar())
BEFORE = FIRST - WEEK


def test_the_reopen_rate_counts_times_that_done_was_left_against_times_it_was_entered() -> None:
    twice = a_life(earlier=((FIRST, FIRST + WEEK),), done=FIRST + 2 * WEEK)
    earlier = a_life(earlier=((BEFORE, FIRST + WEEK),), category=IN_PROGRESS)

    share = reopen_rate([twice, earlier, a_life(done=FIRST)], WINDOW)

    assert (share.part, share.whole, share.value) == (2, 3, 2 / 3)
    assert (reopen_rate([], WINDOW).value, reopen_rate([], WINDOW).reason) == (None, "no_throughput")


def test_flow_efficiency_is_time_worked_over_time_passed_and_unknown_without_tags() -> None:
    lives = [
        a_life(done=FIRST, active_seconds=30.0, elapsed_seconds=100.0),
        a_life(done=FIRST, active_seconds=10.0, elapsed_seconds=100.0),
        a_life(done=FIRST, active_seconds=None, elapsed_seconds=900.0),
    ]

    assert flow_efficiency(lives, tagged=True).value == 0.2
    assert flow_efficiency(lives, tagged=False).reason == "no_status_tagging"
    assert flow_efficiency([], tagged=True).reason == "no_throughput"


def test_blocked_time_is_counted_in_working_days_of_the_window() -> None:
    """Wednesday to Tuesday are four; before the window counts nothing; a flag of one Friday afternoon is a day."""
    over_weekend = a_life(blocked=(Span(date(2026, 10, 28), date(2026, 11, 3)),))
    from_before = a_life(blocked=(Span(BEFORE, FIRST + timedelta(days=2)),))
    one_day = a_life(blocked=(Span(date(2026, 11, 6), date(2026, 11, 6)),))
    still = a_life(blocked=(Span(date(2026, 11, 12), None),))
    later = a_life(blocked=(Span(UNTIL, None),))

    told = blocked_time([over_weekend, from_before, one_day, still, later, a_life()], WINDOW, flagged_ever=True)

    assert (told.now, told.items, told.working_days) == (2, 4, 4 + 2 + 1 + 2)
    assert blocked_time([a_life()], WINDOW, flagged_ever=False).reason == "never_flagged"


def test_a_day_on_which_something_was_blocked_twice_is_one_day() -> None:
    """A Friday with two flags, and one from then to Tuesday; a Thursday on which one ended and another began."""
    friday, thursday = date(2026, 11, 6), date(2026, 10, 29)
    twice = Span(friday, friday)
    of_flags = a_life(blocked=(twice, twice, Span(friday, friday + timedelta(days=4))))
    in_turn = a_life(blocked=(Span(thursday - timedelta(days=1), thursday), Span(thursday, thursday)))

    assert blocked_time([of_flags], WINDOW, flagged_ever=True).working_days == 2
    assert blocked_time([in_turn], WINDOW, flagged_ever=True).working_days == 2


def test_churn_is_what_came_and_went_and_was_estimated_anew_over_the_scope_at_the_beginning() -> None:
    old = BEFORE - WEEK
    grown = a_life(created=old, estimates=((old, 3.0), (FIRST + WEEK, 8.0)))
    shrunk = a_life(created=old, estimates=((old, 5.0), (FIRST + WEEK, 2.0)))
    dropped = a_life(created=old, left=FIRST + WEEK, estimates=((old, 2.0),))
    added = a_life(created=FIRST + WEEK, estimates=((FIRST + WEEK, 4.0),))
    long_gone = a_life(created=old, left=BEFORE, estimates=((old, 99.0),))
    to_come = a_life(created=UNTIL, estimates=((UNTIL, 99.0),))

    items, points = churn([grown, shrunk, dropped, added, long_gone, to_come], WINDOW)

    assert (items.scope, items.added, items.removed, items.re_estimated) == (3, 1, 1, 0)
    assert (items.rate, items.net) == (2 / 3, 0.0)
    assert (points.scope, points.added, points.removed, points.re_estimated) == (10, 4, 2, 5 + 3)
    assert (points.rate, points.net) == pytest.approx((1.4, 0.4))


def test_an_estimate_that_is_made_first_is_growth_too_and_an_empty_scope_has_no_churn() -> None:
    first = a_life(created=BEFORE, estimates=((BEFORE, None), (FIRST + WEEK, 5.0)))

    items, points = churn([first], WINDOW)

    assert (points.scope, points.re_estimated, points.rate, items.rate) == (0, 5, None, 0.0)
    assert [each.rate for each in churn([], WINDOW)] == [None, None]


SPRINT = Period("Sprint 7", date(2026, 10, 28), date(2026, 11, 10), "7", "acme-jira")


def in_sprint(since: date, *ids: str) -> dict[str, Any]:
    return {"sprints": ((BEFORE, ()), (since, ids)), "estimates": ((BEFORE, 2.0),)}


def test_a_sprint_keeps_what_was_in_it_as_it_began_and_done_as_it_ended() -> None:
    kept = a_life(done=SPRINT.end, **in_sprint(SPRINT.begin, "7"))
    late = a_life(done=SPRINT.end + timedelta(days=1), **in_sprint(SPRINT.begin, "6", "7"))
    added_later = a_life(done=SPRINT.end, **in_sprint(SPRINT.begin + timedelta(days=1), "7"))
    taken_out = a_life(
        sprints=((BEFORE, ("7",)), (SPRINT.begin + WEEK, ())), estimates=((BEFORE, 4.0), (FIRST + 2 * WEEK, 40.0))
    )
    done_before = a_life(done=SPRINT.begin - timedelta(days=1), **in_sprint(BEFORE, "7"))

    found = predictability([kept, late, added_later, taken_out, done_before], [SPRINT], WINDOW)

    assert (found.by, found.periods) == ("sprint", 1)
    assert (found.items.part, found.items.whole) == (1, 3)
    assert (found.points.part, found.points.whole, found.points.value) == (2.0, 8.0, 0.25)


def test_a_sprint_that_has_not_ended_promises_nothing_yet() -> None:
    running = Period("Sprint 8", FIRST, TODAY, "8", "acme-jira")
    other_tool = Period("Sprint 7", SPRINT.begin, SPRINT.end, "7", "other-jira")

    assert predictability([a_life(**in_sprint(BEFORE, "8"))], [running], WINDOW).by == "due_week"
    assert predictability([a_life(**in_sprint(BEFORE, "7"))], [other_tool], WINDOW).items.whole == 0


def test_without_sprints_what_was_due_in_a_week_as_it_began_was_promised_for_it() -> None:
    wednesday = FIRST + timedelta(days=9)
    kept = a_life(done=wednesday, dues=((BEFORE, wednesday),))
    put_off = a_life(dues=((BEFORE, wednesday), (wednesday, wednesday + 4 * WEEK)))
    put_off_in_time = a_life(dues=((BEFORE, wednesday), (FIRST, wednesday + 4 * WEEK)))
    dated_too_late = a_life(created=wednesday, done=wednesday, dues=((wednesday, wednesday),))

    found = predictability([kept, put_off, put_off_in_time, dated_too_late], [], WINDOW)

    assert (found.by, found.periods, found.items.part, found.items.whole) == ("due_week", 1, 1, 2)
    assert found.points.reason == "no_estimates"
    assert predictability([], [], WINDOW).items.reason == "nothing_planned"


def test_escaped_defects_are_a_share_of_those_found_with_its_interval() -> None:
    found = [a_life(created=FIRST, escaped=place < 3) for place in range(22)]
    duplicate = a_life(created=FIRST, left=FIRST + WEEK, escaped=True)
    story, older = a_life(created=FIRST), a_life(created=BEFORE, escaped=True)

    told = escape_rate([*found, duplicate, story, older], WINDOW, told=True)

    assert (told.share.part, told.share.whole, told.small_sample) == (3, 22, False)
    assert told.interval is not None
    assert (told.interval.low, told.interval.high) == pytest.approx((0.0475, 0.3333), abs=1e-4)


def test_few_defects_are_a_small_sample_and_without_a_rule_nothing_is_told() -> None:
    few = [a_life(created=FIRST, escaped=False) for _ in range(9)]

    assert escape_rate(few, WINDOW, told=True).small_sample
    assert escape_rate(few, WINDOW, told=False).share.value is None
    assert escape_rate(few, WINDOW, told=False).share.reason == "no_escape_rule"
    assert escape_rate([], WINDOW, told=True).share.reason == "no_defects"
