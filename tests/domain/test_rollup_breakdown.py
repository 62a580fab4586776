"""Breakdowns: decided once for the whole program, then partitioned."""

from __future__ import annotations

from service.domain.breakdown import Breakdown
from service.domain.dates import ProgramDates
from service.domain.items import RollupItem
from service.domain.progress import Basis
from service.domain.rollup import Rollup, roll_up
from tests.domain.rollup_builders import CANCELLED, DONE, SOURCE, a_story, a_subtask, an_epic


def _by(by: Breakdown, *items: RollupItem) -> Rollup:
    return roll_up(items, program=ProgramDates(), by=by)


def _rows(rollup: Rollup) -> list[tuple[str | None, int, int, int]]:
    """(row, items, countable, shared)"""
    return [(row.bucket.id, row.scope.items, row.scope.countable, row.shared) for row in rollup.breakdown]


def test_an_epic_of_another_project_stays_out_of_its_own_row_when_its_stories_count() -> None:
    """Were countability decided per row, the epic alone in project 1 would count as an item without children."""
    rollup = _by(Breakdown.PROJECT, an_epic("E"), a_story("S", DONE, under="E", project="2"))
    assert _rows(rollup) == [(f"{SOURCE}:1", 1, 0, 0), (f"{SOURCE}:2", 1, 1, 0)]
    assert rollup.breakdown[0].progress[Basis.COUNT].value is None
    assert rollup.breakdown[1].progress[Basis.COUNT].value == 1


def test_a_multi_homed_task_counts_once_and_stands_in_each_of_its_projects() -> None:
    rollup = _by(Breakdown.PROJECT, a_story("a", DONE, project="1", also_in=("2", "3", "2")), a_story("b", project="2"))
    assert rollup.scope.countable == 2
    assert _rows(rollup) == [(f"{SOURCE}:1", 1, 1, 1), (f"{SOURCE}:2", 2, 2, 1), (f"{SOURCE}:3", 1, 1, 1)]
    assert [notice.message for notice in rollup.notices if notice.code == "shared_items"] == [
        "1 item stands in several rows; it counts once in the program, so that the rows add up to more than the total"
    ]


def test_projects_of_two_tools_never_share_a_row() -> None:
    rollup = _by(Breakdown.PROJECT, a_story("a"), a_story("b", source="acme-dc"))
    assert _rows(rollup) == [("acme-dc:1", 1, 1, 0), (f"{SOURCE}:1", 1, 1, 0)]


def test_items_without_a_team_have_a_row_of_their_own_at_the_end() -> None:
    rollup = _by(Breakdown.TEAM, a_story("a"), a_story("b", team="Ants"), a_story("c", team="Bees"))
    assert _rows(rollup) == [("Ants", 1, 1, 0), ("Bees", 1, 1, 0), (None, 1, 1, 0)]


def test_an_epic_stands_in_its_own_row_with_or_without_children() -> None:
    rollup = _by(
        Breakdown.EPIC,
        an_epic("E"),
        a_story("S", under="E", epic="E"),
        a_subtask("t", under="S"),
        an_epic("F"),
        a_story("loose"),
    )
    assert _rows(rollup) == [(f"{SOURCE}:E", 2, 1, 0), (f"{SOURCE}:F", 1, 1, 0), (None, 2, 1, 0)]


def test_an_epic_outside_the_program_still_gives_its_stories_a_row() -> None:
    assert _rows(_by(Breakdown.EPIC, a_story("S", under="E", epic="E"))) == [(f"{SOURCE}:E", 1, 1, 0)]


def test_where_no_workstream_was_declared_each_tool_project_is_one() -> None:
    rollup = _by(Breakdown.WORKSTREAM, a_story("a", workstream="Payments"), a_story("b", project="2"))
    assert [(row.bucket.kind, row.bucket.id) for row in rollup.breakdown] == [
        (Breakdown.WORKSTREAM, "Payments"),
        (Breakdown.PROJECT, f"{SOURCE}:2"),
    ]


def test_source_and_item_type_are_rows_as_well() -> None:
    items = a_story("a", item_type="Bug"), a_story("b", source="acme-asana", item_type="Task")
    assert [row[0] for row in _rows(_by(Breakdown.SOURCE, *items))] == ["acme-asana", SOURCE]
    assert [row[0] for row in _rows(_by(Breakdown.ITEM_TYPE, *items))] == ["Bug", "Task"]


def test_a_row_of_nothing_but_cancelled_items_has_no_percentage() -> None:
    [row] = _by(Breakdown.TEAM, a_story("a", CANCELLED, team="Ants")).breakdown
    assert (row.scope.cancelled, row.progress[Basis.COUNT].value) == (1, None)
