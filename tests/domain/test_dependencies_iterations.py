"""Where both dates come from iterations, their order decides instead of days."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from service.domain.dependencies import DependencyStatus as Status
from service.domain.dependencies import SameDay
from tests.domain.dependency_builders import (
    a_sprint,
    an_item,
    codes,
    dec,
    nov,
    said,
    the_edge,
)


def _sprints(before: int, after: int, **rules: Any) -> tuple[Status, list[str]]:
    """Sprints of two weeks, one after the other, each beginning on the day on which the last ends."""
    sprints = {
        number: a_sprint(
            f"Sprint {number}", nov(30) + timedelta(days=14 * (number - 1)), nov(30) + timedelta(days=14 * number)
        )
        for number in (1, 2, 3)
    }
    edge = the_edge(an_item("CART-3", iteration=sprints[before]), an_item("PAY-12", iteration=sprints[after]), **rules)
    return edge.status, said(edge)


def test_easy_agile_sprint_3_before_sprint_2_is_a_conflict_the_same_is_at_risk_and_1_before_2_is_healthy() -> None:
    assert _sprints(3, 2) == (
        Status.OFF_TRACK,
        ["CART-3 is planned for Sprint 3, which ends later than that of PAY-12."],
    )
    assert _sprints(2, 2) == (
        Status.AT_RISK,
        ["CART-3 is planned for Sprint 2, at the same time as PAY-12, which waits for it."],
    )
    assert _sprints(1, 2) == (
        Status.ON_TRACK,
        ["CART-3 is planned for Sprint 1, which ends before that of PAY-12."],
    )


def test_with_a_lag_between_the_two_days_decide_again() -> None:
    """Sprint 1 comes before sprint 2, but not by a week."""
    before = an_item("CART-3", iteration=a_sprint("Sprint 1", nov(30), dec(11)))
    after = an_item("PAY-12", iteration=a_sprint("Sprint 2", dec(14), dec(25)))

    edge = the_edge(before, after, lag_days=5)

    assert (edge.status, codes(edge), edge.gap_days) == (Status.OFF_TRACK, ["too_late"], -5)


def test_teams_that_work_concurrently_may_plan_both_for_the_same_sprint() -> None:
    status, words = _sprints(2, 2, same_day=SameDay.CONCURRENT)

    assert status is Status.ON_TRACK
    assert words == ["CART-3 and PAY-12 are planned for the same time, as teams that work concurrently do."]


def test_sprints_of_other_teams_that_overlap_run_at_the_same_time() -> None:
    mine, theirs = a_sprint("CART 7", nov(30), dec(11)), a_sprint("PAY 4", dec(7), dec(18))

    edge = the_edge(an_item("CART-3", iteration=mine), an_item("PAY-12", iteration=theirs))

    assert edge.status is Status.AT_RISK


def test_a_due_date_of_its_own_outweighs_the_sprint_and_days_decide_again() -> None:
    sprint = a_sprint("Sprint 2", nov(30), dec(11))

    edge = the_edge(an_item("CART-3", iteration=sprint, due=nov(24)), an_item("PAY-12", iteration=sprint))

    assert (edge.status, edge.gap_days) == (Status.ON_TRACK, 3)


def test_a_sprint_that_runs_already_blocks_whoever_is_planned_in_it() -> None:
    """The need-by day is reached, so the order of sprints is not asked any more."""
    sprint = a_sprint("Sprint 9", nov(16), nov(27))

    assert the_edge(an_item("CART-3", iteration=sprint), an_item("PAY-12", iteration=sprint)).status is Status.BLOCKED
