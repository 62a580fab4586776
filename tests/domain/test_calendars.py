"""Working days counted by arithmetic are those one finds by turning the pages of a calendar."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.calendars import NO_DAY, WorkingCalendar, country_holidays, day_ordinals
from tests.domain.networks import in_its_own_time

WEEKDAYS = WorkingCalendar()
FRIDAY, SATURDAY, MONDAY = date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 23)
TUESDAY = MONDAY + timedelta(days=1)

days = st.dates(date(1900, 1, 1), date(2199, 12, 31))
near_days = st.dates(date(2026, 1, 1), date(2026, 3, 31))
calendars = st.frozensets(near_days, max_size=30).map(WorkingCalendar)


def pages(start: date, end: date, calendar: WorkingCalendar) -> int:
    """Working days from `start` until just before `end`, one page after the other."""
    span = (start + timedelta(days=each) for each in range((end - start).days))
    return sum(day.weekday() < 5 and day not in calendar.holidays for day in span)


@in_its_own_time
@given(calendars, near_days, near_days)
def test_working_days_between_two_days_are_those_on_the_pages(
    calendar: WorkingCalendar, one: date, other: date
) -> None:
    start, end = sorted((one, other))

    assert calendar.working_days_between(start, end) == pages(start, end, calendar)
    assert calendar.working_days_between(end, start) == -pages(start, end, calendar)


@in_its_own_time
@given(calendars, near_days)
def test_the_day_of_an_index_is_working_and_has_that_index(calendar: WorkingCalendar, day: date) -> None:
    index = calendar.index(day)

    assert calendar.is_working(calendar.day(index))
    assert calendar.index(calendar.day(index)) == index
    assert calendar.day(index) >= day
    assert calendar.working_days_between(day, calendar.day(index)) == 0


@in_its_own_time
@given(calendars, near_days)
def test_the_next_working_day_is_the_first_one_strictly_after(calendar: WorkingCalendar, day: date) -> None:
    page = day + timedelta(days=1)
    while not calendar.is_working(page):
        page += timedelta(days=1)

    assert calendar.day(calendar.index_after(day)) == page


@in_its_own_time
@given(calendars, near_days, st.integers(-60, 60))
def test_adding_working_days_and_counting_them_agree(calendar: WorkingCalendar, day: date, count: int) -> None:
    later = calendar.add_working_days(day, count)

    assert calendar.is_working(later)
    assert calendar.working_days_between(day, later) == count


@in_its_own_time
@given(days, days)
def test_no_year_is_out_of_range(one: date, other: date) -> None:
    weeks, rest = divmod((other - one).days, 7)
    expected = weeks * 5 + pages(one, one + timedelta(days=rest), WEEKDAYS)

    assert WEEKDAYS.working_days_between(one, other) == expected


def test_what_lies_outside_the_years_1_to_9999_is_held_at_their_edge() -> None:
    assert WEEKDAYS.day(-1) == date.min
    assert WEEKDAYS.day(2**31 - 1) == date.max
    assert WEEKDAYS.ordinals(np.array([-5, 2**31 - 1])).tolist() == [1, date.max.toordinal()]


def test_five_days_from_monday_end_on_friday() -> None:
    assert WEEKDAYS.add_working_days(MONDAY, 5 - 1) == date(2026, 11, 27)


def test_a_day_off_counts_as_the_working_day_that_follows_it() -> None:
    assert WEEKDAYS.index(SATURDAY) == WEEKDAYS.index(MONDAY) == WEEKDAYS.index(FRIDAY) + 1


def test_a_holiday_on_a_weekend_changes_nothing() -> None:
    assert WorkingCalendar(frozenset({SATURDAY})).working_days_between(FRIDAY, TUESDAY) == 2


def test_holidays_one_after_the_other_are_all_skipped() -> None:
    calendar = WorkingCalendar(frozenset({MONDAY, TUESDAY}))

    assert calendar.day(calendar.index_after(FRIDAY)) == date(2026, 11, 25)
    assert [calendar.is_working(day) for day in (FRIDAY, SATURDAY, MONDAY)] == [True, False, False]


@in_its_own_time
@given(calendars, st.lists(st.none() | near_days))
def test_whole_arrays_count_as_single_days_do(calendar: WorkingCalendar, some: list[date | None]) -> None:
    ordinals = day_ordinals(some)

    assert calendar.indices(ordinals).tolist() == [NO_DAY if day is None else calendar.index(day) for day in some]
    assert calendar.indices_after(ordinals).tolist() == [
        NO_DAY if day is None else calendar.index_after(day) for day in some
    ]
    assert calendar.ordinals(calendar.indices(ordinals)).tolist() == [
        NO_DAY if day is None else calendar.day(calendar.index(day)).toordinal() for day in some
    ]


def test_calendars_with_the_same_holidays_are_equal() -> None:
    assert WorkingCalendar(frozenset({MONDAY})) == WorkingCalendar(frozenset({MONDAY})) != WEEKDAYS


def test_a_country_has_its_holidays_and_a_part_of_it_its_own_besides() -> None:
    spain, madrid = country_holidays("ES", [2026]), country_holidays("es-md", [2026])

    assert date(2026, 10, 12) in spain & madrid
    assert date(2026, 5, 2) in madrid - spain


def test_holidays_are_those_of_the_years_asked_for() -> None:
    assert {day.year for day in country_holidays("ES", range(2025, 2028))} == {2025, 2026, 2027}


def test_a_part_is_known_in_whatever_case() -> None:
    assert country_holidays("ES-BARCELONA", [2026]) == country_holidays("es-Barcelona", [2026])


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("Spain", "'Spain' is no country with known holidays; did you mean ES?"),
        ("ESPP", "'ESPP' is no country with known holidays; did you mean ESP"),
        ("12", "'12' is no country with known holidays; codes are those of ISO 3166, such as ES or ES-MD"),
        ("NL-XX", "'NL-XX': NL has no part XX with holidays of its own; its parts: none"),
        ("PT-XX", "'PT-XX': PT has no part XX with holidays of its own; its parts: PT-01, PT-02"),
    ],
)
def test_an_unknown_code_is_refused_with_the_nearest_one(code: str, words: str) -> None:
    with pytest.raises(ValueError, match="^" + words.replace("?", r"\?")):
        country_holidays(code, [2026])
