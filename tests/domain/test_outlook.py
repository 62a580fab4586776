"""From working days to days of a calendar: today counts, days off do not, and the target is reached on its own day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.domain.calendars import WorkingCalendar
from service.domain.outlook import Outlook, Terms, day_after, outlook, working_days_until
from service.domain.throughput import Throughput

MONDAY = date(2026, 11, 23)
FRIDAY = date(2026, 11, 27)
CHRISTMAS = WorkingCalendar(frozenset({date(2026, 12, 25), date(2026, 12, 28)}))
STEADY = (5, 5, 5, 5)


def terms(**values: Any) -> Terms:
    return Terms(**{"today": MONDAY, "calendar": WorkingCalendar(), "seed": 7, **values})


def looked(remaining: int, finished: tuple[int, ...] = STEADY, growth: tuple[int, ...] = (), **values: Any) -> Outlook:
    return outlook(remaining, Throughput(MONDAY - timedelta(weeks=len(finished)), finished), growth, terms(**values))


def test_one_day_of_work_is_done_today_and_five_by_friday() -> None:
    """Five items a week are one a day."""
    assert looked(1).plain.days == (MONDAY,) * 3
    assert looked(5).plain.days == (FRIDAY,) * 3
    assert looked(6).plain.days == (MONDAY + timedelta(days=7),) * 3


def test_what_begins_on_a_day_off_begins_on_the_next_working_day() -> None:
    assert looked(1, today=date(2026, 11, 21)).plain.days == (MONDAY,) * 3


def test_holidays_put_the_end_off() -> None:
    assert looked(2, today=date(2026, 12, 24), calendar=CHRISTMAS).plain.days == (date(2026, 12, 29),) * 3


def test_a_target_is_met_by_the_end_of_its_day_and_missed_the_day_before() -> None:
    on_time, late = (
        looked(5, target=FRIDAY).plain.on_target,
        looked(5, target=FRIDAY - timedelta(days=1)).plain.on_target,
    )

    assert on_time is not None
    assert late is not None
    assert (on_time.value, late.value) == (1.0, 0.0)
    assert on_time.interval.low < 1.0 <= on_time.interval.high + 1e-9


def test_a_target_that_has_passed_is_missed() -> None:
    chance = looked(5, target=MONDAY - timedelta(days=3)).plain.on_target

    assert chance is not None
    assert chance.value == 0.0


def test_growth_puts_off_and_is_told_by_the_week() -> None:
    growing = looked(20, growth=(2, 0, 4, -1))

    assert growing.growth_a_week == 1.5
    assert growing.growing.days[1] is not None
    assert growing.plain.days[1] is not None
    assert growing.growing.days[1] > growing.plain.days[1]


def test_by_a_day_no_more_is_done_than_is_left() -> None:
    by = looked(7, by=FRIDAY + timedelta(days=7)).by

    assert by is not None
    assert (by.working_days, by.items) == (10, (7, 7, 7))
    assert (looked(70, by=FRIDAY).by or by).items == (5, 5, 5)


def test_beyond_five_years_there_is_no_day() -> None:
    assert looked(100_000).plain.days == (None, None, None)
    assert looked(100_000).range_of_p85 == (None, None)


def test_few_weeks_are_a_small_sample() -> None:
    assert looked(5).small_sample
    assert not looked(5, (5,) * 6).small_sample


@given(st.integers(0, 900), st.booleans())
def test_a_day_and_the_working_days_until_it_are_each_others_way_back(days: int, off: bool) -> None:
    asked = terms(today=date(2026, 11, 22 if off else 23), calendar=CHRISTMAS)
    day = day_after(days, asked)

    assert day is not None
    assert asked.calendar.is_working(day) or days == 0
    assert working_days_until(day, asked) == days or days == 0


@given(
    finished=st.lists(st.integers(0, 9), min_size=4, max_size=12).filter(any),
    remaining=st.integers(1, 80),
    more=st.integers(0, 40),
)
@settings(max_examples=40, deadline=None)
def test_percentiles_are_in_order_and_more_work_meets_the_target_less_often(
    finished: list[int], remaining: int, more: int
) -> None:
    target = MONDAY + timedelta(weeks=8)
    few, many = (
        looked(remaining, tuple(finished), target=target),
        looked(remaining + more, tuple(finished), target=target),
    )

    days = [day or date.max for day in few.plain.days]
    assert days == sorted(days)
    assert few.plain.on_target is not None
    assert many.plain.on_target is not None
    assert many.plain.on_target.value <= few.plain.on_target.value + 0.05


def test_too_little_history_is_no_outlook() -> None:
    with pytest.raises(ValueError, match="insufficient_history"):
        looked(5, (5, 5, 5))
