"""What counts and what does not: definitions §0, rule by rule and corner by corner."""

from __future__ import annotations

import pytest

from service.domain.dates import ProgramDates
from service.domain.items import RollupItem
from service.domain.rollup import Rollup, roll_up
from service.domain.scope import Scope
from tests.domain.rollup_builders import CANCELLED, DONE, SOURCE, a_story, a_subtask, an_epic


def _roll_up(*items: RollupItem, count_subtasks: bool = False) -> Rollup:
    return roll_up(items, program=ProgramDates(), count_subtasks=count_subtasks)


def _excluded(*items: RollupItem, count_subtasks: bool = False) -> dict[str, str]:
    found = _roll_up(*items, count_subtasks=count_subtasks).excluded
    return {uid.removeprefix(f"{SOURCE}:"): str(reason) for uid, reason in found.items()}


def test_a_story_with_subtasks_counts_and_its_subtasks_do_not() -> None:
    assert _excluded(a_story("S"), a_subtask("a", under="S"), a_subtask("b", under="S")) == {
        "a": "subtask",
        "b": "subtask",
    }


def test_an_epic_with_stories_does_not_count_and_its_stories_do() -> None:
    assert _excluded(an_epic("E"), a_story("S", under="E")) == {"E": "has_children"}


def test_an_epic_without_children_counts_as_itself() -> None:
    assert _excluded(an_epic("E")) == {}


def test_an_epic_whose_only_children_are_subtasks_counts_as_itself() -> None:
    assert _excluded(an_epic("E"), a_subtask("t", under="E")) == {"t": "subtask"}


def test_a_story_with_both_kinds_of_children_is_never_counted_together_with_them() -> None:
    items = a_story("S"), a_story("child", under="S"), a_subtask("t", under="S")
    assert _excluded(*items) == {"S": "has_children", "t": "subtask"}


def test_count_subtasks_counts_them_instead_of_their_story() -> None:
    items = a_story("S"), a_subtask("a", under="S"), a_subtask("b", DONE, under="S")
    assert _excluded(*items, count_subtasks=True) == {"S": "has_children"}


def test_a_subtask_whose_parent_is_outside_the_program_counts() -> None:
    assert _excluded(a_subtask("t", under="elsewhere")) == {}


def test_a_level_below_standard_is_a_subtask_even_where_the_tool_does_not_say_so() -> None:
    assert _excluded(a_story("S"), a_story("t", under="S", level=-1)) == {"t": "subtask"}


def test_a_nested_task_tree_counts_only_at_its_root() -> None:
    """Asana: sub-tasks of sub-tasks, all of them tasks with a parent."""
    tree = a_story("root"), a_subtask("child", under="root"), a_subtask("grandchild", under="child")
    assert _excluded(*tree) == {"child": "subtask", "grandchild": "subtask"}


def test_cancelled_comes_before_every_other_reason() -> None:
    items = (
        an_epic("E", CANCELLED),
        a_story("S", under="E"),
        a_subtask("t", CANCELLED, under="S"),
    )
    assert _excluded(*items) == {"E": "cancelled", "t": "cancelled"}


def test_the_live_stories_of_a_cancelled_epic_still_count() -> None:
    rollup = _roll_up(an_epic("E", CANCELLED), a_story("S", under="E"), a_story("T", DONE, under="E"))
    assert rollup.scope == Scope(items=3, countable=2, cancelled=1, has_children=0, subtask=0)


def test_an_epic_all_of_whose_stories_are_cancelled_counts_as_itself() -> None:
    assert _excluded(an_epic("E"), a_story("S", CANCELLED, under="E")) == {"S": "cancelled"}


def test_the_subtask_of_a_cancelled_story_is_still_a_subtask_of_an_item_of_the_program() -> None:
    assert _excluded(a_story("S", CANCELLED), a_subtask("t", under="S")) == {"S": "cancelled", "t": "subtask"}


def test_a_three_level_program_counts_its_lowest_standard_level() -> None:
    initiative = a_story("I", level=2, item_type="Initiative")
    items = initiative, an_epic("E", under="I"), an_epic("F", under="I"), a_story("S", under="E")
    assert _excluded(*items) == {"I": "has_children", "E": "has_children"}


def test_parents_in_a_circle_count_each_by_itself_and_are_named() -> None:
    rollup = _roll_up(
        a_story("A", under="C"), a_story("B", under="A"), a_story("C", under="B"), a_story("D", under="A")
    )
    assert rollup.excluded == {f"{SOURCE}:A": "has_children"}
    assert [notice.message for notice in rollup.notices if notice.code == "parent_loop"] == [
        "3 items are among their own ancestors; these parent links are ignored: A, B, C"
    ]


def test_an_item_that_is_its_own_parent_counts_once() -> None:
    rollup = _roll_up(a_subtask("A", DONE, under="A"))
    assert rollup.scope.countable == 1
    assert [notice.message for notice in rollup.notices if notice.code == "parent_loop"] == [
        "1 item is among its own ancestors; these parent links are ignored: A"
    ]


def test_the_scope_names_each_exclusion_once_and_adds_up() -> None:
    rollup = _roll_up(
        an_epic("E"),
        a_story("S", under="E"),
        a_subtask("t", under="S"),
        a_story("X", CANCELLED, under="E"),
    )
    assert rollup.scope == Scope(items=4, countable=1, cancelled=1, has_children=1, subtask=1)


@pytest.mark.parametrize("depth", [10, 20_000])
def test_a_very_deep_hierarchy_is_walked_without_recursion(depth: int) -> None:
    chain = [a_story("0")] + [a_story(str(n), under=str(n - 1)) for n in range(1, depth)]
    assert _roll_up(*chain).scope.countable == 1
