"""SAFe's predictability of iterations, counted by hand."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from service.domain.business_value import Band, value_predictability
from service.domain.calendars import WorkingCalendar
from service.domain.flow import Window
from service.domain.lives import ItemLife
from service.domain.steadiness import Period
from tests.builders.lives import a_life

DAY = timedelta(days=1)
WINDOW = Window(first=date(2026, 8, 24), until=date(2026, 11, 16), today=date(2026, 11, 20), calendar=WorkingCalendar())
BEGIN, END = date(2026, 10, 5), date(2026, 10, 16)
SPRINT = Period("Sprint 7", BEGIN, END, "7", "acme-jira")
CREATED = date(2026, 9, 1)


def valued(
    planned: float | None, actual: float | None, *stays: tuple[date, tuple[str, ...]], **values: Any
) -> ItemLife:
    """Stood in no sprint at first, then in these."""
    sprints = ((CREATED, ()), *stays)
    return a_life(created=CREATED, sprints=sprints, planned_value=planned, actual_value=actual, **values)


def test_actual_value_of_all_that_was_brought_is_over_what_was_planned_of_what_was_committed() -> None:
    committed = [valued(8, 8, (BEGIN, ("7",))), valued(5, 2, (BEGIN, ("7",))), valued(None, None, (BEGIN, ("7",)))]
    joined_later = valued(3, 3, (BEGIN + 4 * DAY, ("7",)))
    taken_out = valued(7, 7, (BEGIN, ("7",)), (END - DAY, ("8",)))
    elsewhere = valued(9, 9, (BEGIN, ("6",)))

    told = value_predictability([*committed, joined_later, taken_out, elsewhere], [SPRINT], WINDOW)

    (sprint,) = told.iterations
    assert (sprint.committed, sprint.valued, sprint.planned, sprint.actual) == (4, 3, 20.0, 13.0)
    assert (told.planned, told.actual, told.value, told.band) == (20.0, 13.0, 0.65, Band.BELOW)


def test_what_stays_in_the_sprint_until_its_last_day_was_brought_and_what_leaves_on_the_next_one_too() -> None:
    moved_on = valued(4, 4, (BEGIN, ("7",)), (END + DAY, ("8",)))

    assert value_predictability([moved_on], [SPRINT], WINDOW).value == 1.0


@pytest.mark.parametrize(
    ("actual", "band"), [(7.9, Band.BELOW), (8.0, Band.WITHIN), (10.0, Band.WITHIN), (10.1, Band.ABOVE)]
)
def test_the_band_is_eighty_to_a_hundred_percent(actual: float, band: Band) -> None:
    assert value_predictability([valued(10, actual, (BEGIN, ("7",)))], [SPRINT], WINDOW).band is band


def test_an_iteration_without_one_of_the_two_is_shown_and_counts_for_nothing() -> None:
    second = Period("Sprint 8", date(2026, 10, 19), date(2026, 10, 30), "8", "acme-jira")
    third = Period("Sprint 9", date(2026, 11, 2), date(2026, 11, 13), "9", "acme-jira")
    lives = [
        valued(10, 9, (BEGIN, ("7",))),
        valued(10, None, (second.begin, ("8",))),
        valued(None, 5, (third.begin, ("9",))),
    ]

    told = value_predictability(lives, [SPRINT, second, third], WINDOW)

    assert [(each.name, each.planned, each.actual, each.value) for each in told.iterations] == [
        ("Sprint 7", 10.0, 9.0, 0.9),
        ("Sprint 8", 10.0, None, None),
        ("Sprint 9", 0.0, 5.0, None),
    ]
    assert (told.planned, told.actual, told.value) == (10.0, 9.0, 0.9)


def test_without_iterations_there_is_no_value_and_no_band() -> None:
    weeks = Period("2026-10-05", BEGIN, END)
    still_going = Period("Sprint 7", BEGIN, WINDOW.until, "7", "acme-jira")

    for periods in ([], [weeks], [still_going]):
        told = value_predictability([valued(8, 8, (BEGIN, ("7",)))], periods, WINDOW)
        assert (told.iterations, told.value, told.band) == ((), None, None)
