"""The sentences that come with a roll-up, whole, as people read them."""

from __future__ import annotations

from service.domain.dates import ProgramDates
from service.domain.items import RollupItem
from service.domain.rollup import roll_up
from tests.domain.rollup_builders import CANCELLED, DONE, TO_DO, a_story, a_subtask, an_epic


def _notices(*items: RollupItem) -> dict[str, str]:
    return {each.code: each.message for each in roll_up(items, program=ProgramDates()).notices}


def test_missing_story_points_are_counted_over_the_countable_items() -> None:
    items = [a_story(f"a{n}", points=1) for n in range(269)] + [a_story(f"b{n}") for n in range(81)]
    assert _notices(*items, a_story("gone", CANCELLED)) == {"unestimated": "81 of 350 items have no story points"}


def test_missing_time_is_only_mentioned_where_somebody_estimates_time() -> None:
    assert _notices(a_story("a", points=1), a_story("b", points=1)) == {}
    assert _notices(a_story("a", points=1, seconds=60), a_story("b", points=1)) == {
        "unestimated_time": "1 of 2 items has no time estimate"
    }


def test_done_without_a_resolution_is_done_and_named() -> None:
    assert _notices(a_story("PAY-1", DONE, points=1, no_resolution=True)) == {
        "no_resolution": "1 done item has no resolution: PAY-1"
    }


def test_a_done_parent_with_open_children_is_a_contradiction() -> None:
    notices = _notices(an_epic("PAY-1", DONE), a_story("PAY-2", points=1, under="PAY-1"))
    assert notices == {"done_parent_open_children": "1 item is done while children are open: PAY-1"}


def test_a_done_story_with_an_open_subtask_is_one_too() -> None:
    notices = _notices(a_story("PAY-1", DONE, points=1), a_subtask("PAY-2", under="PAY-1"))
    assert notices == {"done_parent_open_children": "1 item is done while children are open: PAY-1"}


def test_an_open_parent_all_of_whose_children_are_done_is_named() -> None:
    items = [an_epic(f"PAY-{n}", TO_DO) for n in range(1, 6)]
    items += [a_story(f"S-{n}", DONE, points=1, under=f"PAY-{n}") for n in range(1, 6)]
    assert _notices(*items) == {
        "all_children_done_open_parent": (
            "5 items are open while all children are done: PAY-1, PAY-2, PAY-3 and 2 more"
        )
    }


def test_cancelled_children_neither_contradict_nor_complete_a_parent() -> None:
    assert _notices(an_epic("E", TO_DO, points=1), a_story("a", CANCELLED, under="E")) == {}


def test_points_on_an_epic_that_differ_from_its_stories_are_reported_and_not_added() -> None:
    notices = _notices(an_epic("PAY-1", points=20), a_story("a", points=8, under="PAY-1"))
    assert notices == {
        "estimated_twice": (
            "1 item has story points of its own that differ from those of the children by more than 25%; "
            "the children count: PAY-1"
        )
    }


def test_a_difference_of_a_quarter_is_tolerated() -> None:
    assert _notices(an_epic("E", points=20), a_story("a", points=15, under="E")) == {}


def test_the_points_beneath_a_parent_are_found_through_levels_that_have_none() -> None:
    items = (
        a_story("I", level=2, points=10),
        an_epic("E", under="I"),
        a_story("a", points=4, under="E"),
        a_story("b", points=6, under="E"),
    )
    assert "estimated_twice" not in _notices(*items)
