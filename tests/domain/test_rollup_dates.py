"""Rolled dates and the places where they contradict what somebody wrote down."""

from __future__ import annotations

from datetime import date

from service.domain.dates import Conflict, ConflictCode, ProgramDates, RolledDates
from service.domain.items import RollupItem
from service.domain.rollup import roll_up
from tests.domain.rollup_builders import CANCELLED, DONE, SOURCE, a_story, an_epic

MARCH, APRIL, MAY, JUNE = (date(2026, month, 1) for month in (3, 4, 5, 6))


def _dates(*items: RollupItem, program: ProgramDates | None = None) -> RolledDates:
    return roll_up(items, program=program or ProgramDates()).dates


def test_rolled_dates_span_the_countable_items_only() -> None:
    dates = _dates(
        an_epic("E", start=MARCH, due=JUNE),
        a_story("a", under="E", start=APRIL, due=APRIL),
        a_story("b", DONE, under="E", due=MAY),
        a_story("c", CANCELLED, under="E", start=MARCH, due=JUNE),
        program=ProgramDates(MARCH, JUNE),
    )
    assert dates == RolledDates(MARCH, JUNE, APRIL, MAY, ())


def test_without_dates_nothing_is_rolled_and_nothing_conflicts() -> None:
    assert _dates(a_story("a"), program=ProgramDates(MARCH, JUNE)) == RolledDates(MARCH, JUNE, None, None, ())


def test_work_beyond_the_programs_own_dates_is_a_conflict_of_the_program() -> None:
    dates = _dates(a_story("a", start=MARCH, due=JUNE), program=ProgramDates(APRIL, MAY))
    assert dates.conflicts == (
        Conflict(None, ConflictCode.ROLLED_AFTER_TARGET, own=MAY, rolled=JUNE),
        Conflict(None, ConflictCode.ROLLED_BEFORE_START, own=APRIL, rolled=MARCH),
    )


def test_meeting_the_target_exactly_is_no_conflict() -> None:
    assert _dates(a_story("a", start=APRIL, due=MAY), program=ProgramDates(APRIL, MAY)).conflicts == ()


def test_children_beyond_their_parent_are_one_conflict_of_the_parent() -> None:
    dates = _dates(
        an_epic("E", start=APRIL, due=APRIL),
        a_story("a", under="E", start=MARCH, due=MAY),
        a_story("b", under="E", due=JUNE),
    )
    assert dates.conflicts == (
        Conflict(f"{SOURCE}:E", ConflictCode.CHILD_AFTER_PARENT_DUE, own=APRIL, rolled=JUNE),
        Conflict(f"{SOURCE}:E", ConflictCode.CHILD_BEFORE_PARENT_START, own=APRIL, rolled=MARCH),
    )


def test_a_level_without_dates_hides_no_conflict() -> None:
    dates = _dates(a_story("I", level=2, due=APRIL), an_epic("E", under="I"), a_story("a", under="E", due=MAY))
    assert [(each.uid, each.rolled) for each in dates.conflicts] == [(f"{SOURCE}:I", MAY)]


def test_cancelled_children_and_closed_parents_conflict_with_nobody() -> None:
    assert _dates(an_epic("E", due=APRIL), a_story("a", CANCELLED, under="E", due=MAY)).conflicts == ()
    assert _dates(an_epic("E", DONE, due=APRIL), a_story("a", DONE, under="E", due=MAY)).conflicts == ()
