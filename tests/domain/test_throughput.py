"""Weeks and what they tell: zeros kept, the week under way left out, shifts found."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.throughput import (
    BulkDay,
    Throughput,
    bulk_days,
    latest_shift,
    natural_limits,
    weekly_throughput,
)

MONDAY = date(2026, 11, 16)
FRIDAY = date(2026, 11, 20)


def test_the_week_under_way_is_left_out_and_a_sunday_belongs_to_the_week_before() -> None:
    sunday = MONDAY - timedelta(days=1)

    told = weekly_throughput([sunday, MONDAY, FRIDAY], as_of=FRIDAY, weeks=2)

    assert told == Throughput(date(2026, 11, 2), (0, 1))


def test_weeks_after_the_last_completion_count_as_nothing_done() -> None:
    told = weekly_throughput([FRIDAY - timedelta(weeks=4)] * 3, as_of=FRIDAY, weeks=4)

    assert told.finished == (3, 0, 0, 0)


def test_no_week_before_the_work_began_is_counted() -> None:
    told = weekly_throughput([FRIDAY - timedelta(weeks=1)], as_of=FRIDAY, begun_on=FRIDAY - timedelta(weeks=2))

    assert told == Throughput(date(2026, 11, 2), (0, 1))


def test_work_that_began_this_week_has_no_complete_week() -> None:
    assert weekly_throughput([FRIDAY], as_of=FRIDAY, begun_on=MONDAY).finished == ()


def test_a_later_start_leaves_earlier_weeks_out_and_never_more_than_there_are() -> None:
    told = Throughput(date(2026, 11, 2), (1, 2))

    assert told.since(date(2026, 11, 9)) == Throughput(date(2026, 11, 9), (2,))
    assert told.since(date(2025, 1, 6)) == told
    assert told.since(date(2027, 1, 4)).finished == ()


@given(st.lists(st.integers(0, 200).map(lambda days: FRIDAY - timedelta(days=days)), max_size=60))
def test_every_completion_of_a_complete_week_is_counted_once(done_on: list[date]) -> None:
    told = weekly_throughput(done_on, as_of=FRIDAY)

    inside = [day for day in done_on if MONDAY - timedelta(weeks=12) <= day < MONDAY]
    assert sum(told.finished) == len(inside)
    assert len(told.weeks) == len(told.finished) == 12


def test_natural_limits_are_the_mean_and_2_66_moving_ranges() -> None:
    limits = natural_limits([5, 7, 6, 8, 4])

    assert limits is not None
    assert (limits.lower, limits.mean, limits.upper) == pytest.approx((0.015, 6.0, 11.985))
    assert natural_limits([9]) is None


def test_limits_do_not_fall_below_zero() -> None:
    limits = natural_limits([0, 9, 0, 9])

    assert limits is not None
    assert limits.lower == 0.0


@pytest.mark.parametrize(
    ("finished", "start"),
    [
        ((5, 6, 4, 7, 5, 6, 5, 4, 6, 5, 7, 5), None),
        ((5, 6, 5, 40, 5, 6, 5, 6, 5, 6, 5, 6), 4),  # one week of tidying up: from the one after it
        ((2, 3, 2, 3, 2, 3, 8, 7, 8, 7, 8, 7, 8, 8), 6),  # a team that grew
        ((10, 10, 10, 10, 10, 10, 10, 50, 50, 50, 50, 50), 7),  # five times the team: every week is outside
        ((5, 6, 5, 6, 5, 6, 5, 6, 5, 6, 5, 40), 11),  # last week alone
        ((4, 5, 4, 5, 4, 5, 4, 5, 6, 7, 6, 7, 6, 7, 6, 7), 8),  # within the limits, but eight in a row above the mean
    ],
)
def test_a_shift_is_named_by_the_week_it_begins_with(finished: tuple[int, ...], start: int | None) -> None:
    told = Throughput(date(2026, 8, 3), finished)

    assert latest_shift(told) == (None if start is None else told.weeks[start])


def test_a_day_beyond_five_moving_ranges_is_a_bulk_day_and_ten_items_are_the_least() -> None:
    days = [MONDAY + timedelta(days=place) for place in range(28)]
    busy, quiet = days * 2 + [FRIDAY] * 30, days + [FRIDAY] * 8

    assert bulk_days(busy, first=MONDAY, until=MONDAY + timedelta(days=28)) == (BulkDay(FRIDAY, 32),)
    assert bulk_days(quiet, first=MONDAY, until=MONDAY + timedelta(days=28)) == ()
    assert bulk_days(busy, first=MONDAY, until=MONDAY) == ()


def test_days_outside_of_the_window_are_no_bulk_days_of_it() -> None:
    busy = [FRIDAY] * 40

    assert bulk_days(busy, first=FRIDAY, until=FRIDAY + timedelta(days=9)) == (BulkDay(FRIDAY, 40),)
    assert bulk_days(busy, first=FRIDAY + timedelta(days=1), until=FRIDAY + timedelta(days=9)) == ()
