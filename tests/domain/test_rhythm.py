"""Silence is judged against what is usual, and not at all while nothing is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from service.domain.rhythm import Silence, silence

MONDAY = datetime(2026, 11, 9, tzinfo=UTC)
OFFICE_HOURS = [MONDAY + timedelta(days=day, hours=hour) for day in (0, 1, 2, 3, 4) for hour in (9, 11, 14, 16)]
FRIDAY_EVENING = OFFICE_HOURS[-1] + timedelta(minutes=20)


def test_where_nothing_ever_came_nothing_is_judged() -> None:
    assert silence([], last=None, now=MONDAY) is None


def test_the_longest_pause_is_usual_and_half_as_much_again_is_not_yet_unusual() -> None:
    night = timedelta(hours=17)  # from four in the afternoon to nine in the morning
    long = silence(OFFICE_HOURS, last=FRIDAY_EVENING, now=FRIDAY_EVENING + 1.5 * night)
    longer = silence(OFFICE_HOURS, last=FRIDAY_EVENING, now=FRIDAY_EVENING + 1.5 * night + timedelta(seconds=1))

    assert long == Silence(1.5 * night, night)
    assert not long.unusual
    assert longer is not None
    assert longer.unusual


def test_a_weekend_is_no_surprise_after_one_was_seen() -> None:
    next_week = [hour + timedelta(days=7) for hour in OFFICE_HOURS]
    last = next_week[-1]
    weekend = silence([*OFFICE_HOURS, *next_week], last=last, now=last + timedelta(days=3))

    assert weekend is not None
    assert (weekend.usual, weekend.unusual) == (timedelta(days=2, hours=17), False)


def test_a_busy_source_may_pause_for_two_hours() -> None:
    every_hour = [MONDAY + timedelta(hours=hour) for hour in range(24 * 5)]
    last = every_hour[-1]

    assert [
        found.unusual
        for hours in (2, 3)
        if (found := silence(every_hour, last=last, now=last + timedelta(hours=hours))) is not None
    ] == [False, True]


def test_three_days_and_ten_hours_of_activity_are_needed_before_anything_is_usual() -> None:
    few = OFFICE_HOURS[:9]
    one_day = [MONDAY + timedelta(hours=hour) for hour in range(20)]
    for hours in (few, one_day):
        found = silence(hours, last=hours[-1], now=hours[-1] + timedelta(days=30))
        assert found is not None
        assert (found.usual, found.unusual) == (None, False)
