"""What a baseline keeps of each item, and which day it is planned for."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from service.domain.baseline import BaselineTotals, PlannedBy, Slot, planned, totals
from service.domain.dates import ProgramDates
from service.domain.progress import Basis
from service.domain.scope import Exclusion
from service.domain.status import StatusCategory
from tests.domain.baseline_builders import a_kept, a_story, day, rows

NO_DATES = ProgramDates()


def test_an_item_is_planned_for_its_own_dates_first() -> None:
    (row,) = planned([a_story("a", start=day(0), due=day(4))], {"a": Slot(day(1), day(9), day(20))}, program=NO_DATES)

    assert (row.start, row.finish, row.planned_by) == (day(0), day(4), PlannedBy.OWN)


def test_then_for_those_of_its_sprint_and_then_for_its_release() -> None:
    items = [a_story("a"), a_story("b")]
    sprinting, released = planned(
        items, {"a": Slot(day(1), day(9), day(20)), "b": Slot(release=day(20))}, program=NO_DATES
    )

    assert (sprinting.start, sprinting.finish, sprinting.planned_by) == (day(1), day(9), PlannedBy.ITERATION)
    assert (released.start, released.finish, released.planned_by) == (None, day(20), PlannedBy.RELEASE)


def test_an_undated_story_is_planned_within_its_epic_and_an_undated_epic_spans_its_stories() -> None:
    found = rows(
        a_story("dated", level=1, start=day(0), due=day(19)),
        a_story("inside", parent_uid="dated"),
        a_story("undated", level=1),
        a_story("early", parent_uid="undated", start=day(2), due=day(3)),
        a_story("late", parent_uid="undated", start=day(5), due=day(8)),
    )

    assert (found["inside"].start, found["inside"].finish, found["inside"].planned_by) == (
        day(0),
        day(19),
        PlannedBy.PARENT,
    )
    assert (found["undated"].start, found["undated"].finish, found["undated"].planned_by) == (
        day(2),
        day(8),
        PlannedBy.BENEATH,
    )
    assert (found["undated"].excluded, found["undated"].countable) == (Exclusion.HAS_CHILDREN, False)


def test_what_nothing_dates_is_planned_for_the_target_or_for_no_day() -> None:
    with_target = rows(a_story("a"), target=day(30), start=day(0))["a"]
    without = rows(a_story("a"))["a"]

    assert (with_target.start, with_target.finish, with_target.planned_by) == (day(0), day(30), PlannedBy.PROGRAM)
    assert (without.start, without.finish, without.planned_by) == (None, None, None)


def test_cancelled_work_and_parts_of_counted_items_are_no_scope() -> None:
    found = rows(
        a_story("story"),
        a_story("part", parent_uid="story", subtask=True, level=-1, due=day(50)),
        a_story("dropped", status_category=StatusCategory.CANCELLED),
    )

    assert list(found) == ["story"]
    assert found["story"].finish is None


def test_parents_in_a_circle_are_planned_each_by_itself() -> None:
    found = rows(a_story("a", parent_uid="b", due=day(1)), a_story("b", parent_uid="a"))

    assert (found["a"].finish, found["b"].finish) == (day(1), None)


def test_totals_are_over_what_counts_and_null_is_not_zero() -> None:
    items = [
        a_kept("a", points=3.0, time_seconds=60, start=day(1), finish=day(4)),
        a_kept("b", points=-1.0, finish=day(9)),
        a_kept("epic", points=40.0, finish=day(99), excluded=Exclusion.HAS_CHILDREN),
    ]

    assert totals(items) == BaselineTotals(2, 3.0, 60, day(1), day(9))
    assert totals([a_kept("a")]) == BaselineTotals(1, None, None, None, None)
    assert items[1].weight(Basis.POINTS) is None


@st.composite
def _families(draw: st.DrawFn) -> list[int | None]:
    size = draw(st.integers(1, 12))
    return [draw(st.one_of(st.none(), st.integers(0, size - 1))) for _ in range(size)]


@given(_families(), st.lists(st.one_of(st.none(), st.integers(0, 40)), min_size=12, max_size=12))
def test_a_plan_is_there_whatever_the_shape_of_the_tree(parents: list[int | None], dues: list[int | None]) -> None:
    """With a target everything has a day, and the order in which items come changes nothing."""
    items = [
        a_story(
            f"i{place:02}",
            parent_uid=None if parent is None else f"i{parent:02}",
            due=None if (due := dues[place]) is None else day(due),
        )
        for place, parent in enumerate(parents)
    ]
    program = ProgramDates(date(2026, 11, 2), day(60))

    told = planned(items, {}, program=program)

    assert all(row.finish is not None and row.start is not None for row in told)
    assert planned(items[::-1], {}, program=program) == told
    assert {row.uid: row.finish for row in told if row.planned_by is PlannedBy.OWN} == {
        item.uid: item.due for item in items if item.due is not None
    }
