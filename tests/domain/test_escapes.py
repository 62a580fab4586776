"""Defects by the release that they affect, counted by hand."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from service.domain.calendars import WorkingCalendar
from service.domain.escapes import Release, cohorts
from service.domain.flow import Window
from service.domain.lives import ItemLife
from tests.builders.lives import a_life

TODAY = date(2026, 11, 20)
FIRST = date(2026, 8, 24)
WINDOW = Window(first=FIRST, until=date(2026, 11, 16), today=TODAY, calendar=WorkingCalendar())
DAY = timedelta(days=1)
OUT = date(2026, 8, 3)


def a_release(day: date = OUT, native_id: str = "7", name: str = "2026.8", source: str = "acme-jira") -> Release:
    return Release(source, native_id, name, day)


def a_defect(found: date, *affects: str, left: date | None = None) -> ItemLife:
    return a_life(item_type="Bug", created=found, left=left, escaped=False, affects=affects or ("7",))


def test_of_all_defects_of_a_release_those_found_within_ninety_days_escaped() -> None:
    """Before it, on its day, on the ninetieth day after it, and on the one after that."""
    found = [a_defect(OUT - DAY), a_defect(OUT), a_defect(OUT + 90 * DAY), a_defect(OUT + 91 * DAY)]

    (told,) = cohorts(found, [a_release()], WINDOW)

    assert (told.release.name, told.escaped, told.found, told.value) == ("2026.8", 2, 4, 0.5)
    assert (told.days_observed, told.complete, told.small_sample) == (90, True, True)
    assert (told.interval.low, told.interval.high) == pytest.approx((0.150039, 0.849961), abs=1e-6)


def test_a_young_release_says_how_many_of_its_days_were_seen() -> None:
    young = a_release(TODAY - 30 * DAY)

    (told,) = cohorts([a_defect(TODAY)], [young], WINDOW)

    assert (told.days_observed, told.complete) == (30, False)
    assert cohorts([a_defect(TODAY)], [a_release(TODAY - 90 * DAY)], WINDOW)[0].complete
    assert not cohorts([a_defect(TODAY)], [a_release(TODAY - 89 * DAY)], WINDOW)[0].complete


def test_what_is_not_out_yet_or_was_watched_long_ago_is_no_cohort() -> None:
    defects = [a_defect(OUT)]

    assert cohorts(defects, [a_release(TODAY + DAY)], WINDOW) == ()
    assert cohorts(defects, [a_release(FIRST - 91 * DAY)], WINDOW) == ()
    assert len(cohorts(defects, [a_release(FIRST - 90 * DAY)], WINDOW)) == 1


def test_duplicates_and_work_that_is_no_defect_are_not_counted_and_ids_are_those_of_one_source() -> None:
    defects = [a_defect(OUT), a_defect(OUT, left=OUT + DAY), a_life(created=OUT, affects=("7",))]

    (told,) = cohorts(defects, [a_release(), a_release(source="other-jira")], WINDOW)

    assert (told.release.source, told.found) == ("acme-jira", 1)


def test_a_defect_of_two_releases_stands_in_both_the_newer_one_first() -> None:
    later = a_release(OUT + 28 * DAY, "8", "2026.9")

    told = cohorts([a_defect(OUT + DAY, "7", "8")], [a_release(), later], WINDOW)

    assert [(each.release.name, each.escaped, each.found) for each in told] == [("2026.9", 0, 1), ("2026.8", 1, 1)]


@pytest.mark.parametrize(("number", "small"), [(9, True), (10, False)])
def test_fewer_than_ten_defects_judge_nothing(number: int, small: bool) -> None:
    assert cohorts([a_defect(OUT)] * number, [a_release()], WINDOW)[0].small_sample is small
