"""How a program stands against a baseline: what became of each item, by how many working days, and in scope."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.baseline import BaselineItem
from service.domain.calendars import WorkingCalendar
from service.domain.progress import Basis
from service.domain.scope import Exclusion
from service.domain.status import StatusCategory
from service.domain.variance import Absent, Comparison, Fate, ItemVariance
from tests.domain.baseline_builders import a_container, a_kept, compared, day, done


def only(comparison: Comparison, uid: str) -> ItemVariance:
    return next(item for item in comparison.items if item.uid == uid)


def test_an_open_item_varies_by_the_working_days_between_its_two_plans() -> None:
    before, now = a_kept("a", start=day(1), finish=day(5)), a_kept("a", start=day(3), finish=day(12))

    item = only(compared([before], [now], today=day(0)), "a")

    assert (item.fate, item.start_days, item.finish_days, item.done) == (Fate.KEPT, 2, 7, False)


def test_a_done_item_varies_by_the_days_on_which_it_was_begun_and_done() -> None:
    before, now = a_kept("a", start=day(1), finish=day(5)), done("a", start=day(1), finish=day(5))

    item = only(compared([before], [now], today=day(9), started_on={"a": day(2)}, done_on={"a": day(4)}), "a")

    assert (item.start, item.start_days, item.finish, item.finish_days) == (day(2), 1, day(4), -1)


def test_what_is_open_cannot_finish_in_the_past_so_its_lateness_grows_by_the_day() -> None:
    before, now = a_kept("a", start=day(1), finish=day(5)), a_kept("a", start=day(1), finish=day(5))

    late = [only(compared([before], [now], today=day(today)), "a") for today in (5, 6, 9)]

    assert [item.finish_days for item in late] == [0, 1, 4]
    assert [item.start_days for item in late] == [4, 5, 8]


def test_a_finish_on_a_day_off_costs_no_working_day() -> None:
    friday, saturday, monday = date(2026, 11, 6), date(2026, 11, 7), date(2026, 11, 9)
    holiday = WorkingCalendar(frozenset({monday}))

    def late(finish: date, calendar: WorkingCalendar) -> int | None:
        comparison = compared(
            [a_kept("a", finish=friday)], [a_kept("a", finish=finish)], today=day(0), calendar=calendar
        )
        return only(comparison, "a").finish_days

    assert [late(saturday, WorkingCalendar()), late(monday, WorkingCalendar())] == [0, 1]
    assert late(monday, holiday) == 0


def test_without_one_of_two_dates_there_is_no_variance() -> None:
    item = only(compared([a_kept("a")], [a_kept("a", finish=day(5))], today=day(0)), "a")

    assert (item.finish, item.finish_days, item.start_days) == (day(5), None, None)


@pytest.mark.parametrize(
    ("absent", "fate", "why"),
    [
        (Absent("gone", StatusCategory.TO_DO), Fate.REMOVED, "gone"),
        (Absent("cancelled", StatusCategory.CANCELLED), Fate.REMOVED, "cancelled"),
        (Absent("archived", StatusCategory.TO_DO), Fate.REMOVED, "archived"),
        (Absent("archived", StatusCategory.DONE), Fate.KEPT, None),
        (Absent("gone", StatusCategory.DONE), Fate.REMOVED, "gone"),
        (None, Fate.REMOVED, "unmapped"),
    ],
)
def test_what_is_no_longer_there_was_removed_unless_it_was_done_and_then_archived(
    absent: Absent | None, fate: Fate, why: str | None
) -> None:
    told = {} if absent is None else {"a": absent}

    item = only(compared([a_kept("a")], [], today=day(0), absent=told), "a")

    assert (item.fate, item.why) == (fate, why)


def test_a_story_that_was_split_is_no_new_scope_and_is_done_by_its_parts() -> None:
    before = [a_kept("story", points=8.0)]
    now = [
        a_container("story", points=8.0),
        a_container("between", parent_uid="story"),
        done("first", parent_uid="story", points=3.0),
        a_kept("second", parent_uid="between", points=6.0),
        a_kept("other", points=2.0),
    ]

    comparison = compared(before, now, today=day(0))

    assert {item.uid: item.fate for item in comparison.items} == {
        "story": Fate.SPLIT,
        "between": Fate.ADDED,
        "first": Fate.PART,
        "second": Fate.PART,
        "other": Fate.ADDED,
    }
    assert comparison.completed["story"] == 0.5
    points = comparison.scope(Basis.POINTS)
    assert (points.baseline, points.split, points.added, points.now) == (8.0, 1.0, 2.0, 11.0)
    count = comparison.scope(Basis.COUNT)
    assert (count.baseline, count.split, count.added, count.now) == (1.0, 1.0, 1.0, 3.0)
    assert {fate: comparison.counts[fate] for fate in Fate} == {
        Fate.KEPT: 0,
        Fate.SPLIT: 1,
        Fate.PART: 2,
        Fate.ADDED: 1,
        Fate.REMOVED: 0,
    }


def test_an_estimate_that_came_later_is_scope_that_was_estimated_anew() -> None:
    comparison = compared(
        [a_kept("a"), a_kept("b", points=5.0)], [a_kept("a", points=3.0), a_kept("b", points=2.0)], today=day(0)
    )

    scope = comparison.scope(Basis.POINTS)

    assert (scope.baseline, scope.reestimated, scope.now) == (5.0, 0.0, 5.0)


def test_the_program_begins_when_work_began_and_ends_with_the_last_that_counts() -> None:
    before = [a_kept("a", start=day(1), finish=day(5)), a_kept("b", start=day(4), finish=day(9))]
    now = [
        done("a", start=day(1), finish=day(5)),
        a_kept("b", start=day(4), finish=day(14)),
        a_container("epic", start=day(0), finish=day(40)),
    ]

    comparison = compared(before, now, today=day(8), started_on={"a": day(2)}, done_on={"a": day(6)})

    assert (comparison.baseline_start, comparison.start) == (day(1), day(2))
    assert (comparison.baseline_finish, comparison.finish) == (day(9), day(14))
    assert comparison.finish_days(comparison.baseline_finish, comparison.finish) == 5


def test_what_is_latest_against_its_plan_comes_first_and_what_has_no_plan_last() -> None:
    before = [a_kept(uid, finish=day(5)) for uid in "abc"]
    now = [a_kept("a", finish=day(4)), a_kept("b", finish=day(9)), a_kept("c"), a_kept("d", finish=day(3))]

    assert [item.uid for item in compared(before, now, today=day(0)).items] == ["b", "a", "c", "d"]


_CATEGORIES = (StatusCategory.TO_DO, StatusCategory.IN_PROGRESS, StatusCategory.DONE)


@st.composite
def _side(draw: st.DrawFn) -> list[BaselineItem]:
    uids = draw(st.lists(st.sampled_from("abcdefgh"), unique=True))
    items = []
    for uid in uids:
        values: dict[str, Any] = {
            "points": draw(st.one_of(st.none(), st.integers(-1, 8).map(float))),
            "parent_uid": draw(st.one_of(st.none(), st.sampled_from("abcdefgh"))),
            "category": draw(st.sampled_from(_CATEGORIES)),
            "excluded": draw(st.sampled_from((None, None, Exclusion.HAS_CHILDREN))),
            "finish": draw(st.one_of(st.none(), st.integers(0, 30).map(day))),
        }
        items.append(a_kept(uid, **values))
    return items


@given(_side(), _side(), st.sets(st.sampled_from("abcdefgh")))
def test_scope_then_and_now_differ_by_exactly_what_is_told(
    before: list[BaselineItem], now: list[BaselineItem], archived: set[str]
) -> None:
    absent = {uid: Absent("archived", StatusCategory.DONE) for uid in archived}
    comparison = compared(before, now, today=day(3), absent=absent)

    for basis in Basis:
        scope = comparison.scope(basis)
        told = scope.baseline - scope.removed + scope.added + scope.split + scope.reestimated
        assert told == pytest.approx(scope.now)
        assert min(scope.removed, scope.added, scope.baseline) >= 0
    assert len(comparison.items) == len({item.uid for item in (*before, *now)})
    assert all(0 <= part <= 1 for part in comparison.completed.values())


@given(_side())
def test_against_itself_nothing_varies(items: list[BaselineItem]) -> None:
    comparison = compared(items, items, today=day(0))

    assert all(item.fate is Fate.KEPT and item.finish_days in (None, 0) for item in comparison.items if not item.done)
    for basis in Basis:
        scope = comparison.scope(basis)
        assert (scope.removed, scope.added, scope.split, scope.reestimated) == (0, 0, 0, 0)
