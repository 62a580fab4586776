from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import msgspec

from connectors.items import SourceChange, SourceStatus, StatusCategory
from connectors.jira.config import JiraOptions
from connectors.jira.payloads import StatusCategoryJson
from connectors.jira.statuses import Milestones, StatusNow, StatusTable, category_of, milestones

OPEN, DOING, RESOLVED, CLOSED = "1", "3", "5", "6"
TABLE = StatusTable(
    [
        SourceStatus(OPEN, "Open", StatusCategory.TO_DO),
        SourceStatus(DOING, "In Progress", StatusCategory.IN_PROGRESS),
        SourceStatus(RESOLVED, "Resolved", StatusCategory.DONE),
        SourceStatus(CLOSED, "Closed", StatusCategory.DONE),
    ],
    JiraOptions(),
)
BORN = datetime(2026, 1, 5, 9, tzinfo=UTC)


def day(number: int) -> datetime:
    return BORN + timedelta(days=number)


def history(*statuses: str) -> list[SourceChange]:
    """One move a day, through these statuses."""
    return [
        SourceChange("1", str(at), 0, day(at), "status", from_value=before, to_value=after)
        for at, (before, after) in enumerate(pairwise(statuses), start=1)
    ]


def now(status: str, **more: datetime) -> StatusNow:
    category = TABLE.then(status, None)
    assert category is not None
    return msgspec.structs.replace(StatusNow(status, category, BORN), **more)


def reached(status: str, changes: list[SourceChange], *, complete: bool = True, **more: datetime) -> Milestones:
    return milestones(now(status, **more), changes, statuses=TABLE, complete=complete)


def test_an_item_starts_at_the_first_entry_into_progress_and_is_done_at_the_last_into_done() -> None:
    found = reached(CLOSED, history(OPEN, DOING, RESOLVED, OPEN, DOING, RESOLVED, CLOSED))

    assert found == Milestones(started_at=day(1), done_at=day(5))


def test_a_reopened_item_is_not_done() -> None:
    assert reached(OPEN, history(OPEN, CLOSED, OPEN)) == Milestones()


def test_an_item_closed_without_work_has_no_start() -> None:
    assert reached(CLOSED, history(OPEN, CLOSED)) == Milestones(done_at=day(1))


def test_an_item_created_in_progress_started_when_it_was_created() -> None:
    assert reached(CLOSED, history(DOING, CLOSED)).started_at == BORN
    assert reached(DOING, []).started_at == BORN


def test_what_happened_before_an_incomplete_history_is_not_guessed() -> None:
    assert reached(CLOSED, history(DOING, CLOSED), complete=False).started_at is None


def test_an_item_born_done_takes_its_resolution_date_else_its_creation() -> None:
    assert reached(CLOSED, [], resolved_at=day(2)) == Milestones(None, day(2), ("done_at_from_snapshot",))
    assert reached(CLOSED, []) == Milestones(None, BORN, ("done_at_from_snapshot",))


def test_without_any_history_done_is_unknown_unless_the_tool_tells_a_moment() -> None:
    assert reached(CLOSED, [], complete=False) == Milestones(warnings=("done_at_unknown",))
    assert reached(CLOSED, [], complete=False, category_changed_at=day(3), resolved_at=day(2)).done_at == day(3)
    assert reached(DOING, [], complete=False, category_changed_at=day(3)).started_at == day(3)


def test_the_snapshot_beats_a_history_that_ends_elsewhere() -> None:
    late = reached(OPEN, history(OPEN, CLOSED))
    early = reached(CLOSED, history(OPEN, DOING), resolved_at=day(9))

    assert late == Milestones(warnings=("status_history_differs",))
    assert early == Milestones(day(1), day(9), ("status_history_differs", "done_at_from_snapshot"))


def test_a_deleted_status_is_known_by_its_name_or_told() -> None:
    by_name = SourceChange("1", "1", 0, day(1), "status", from_value=OPEN, to_value="99", to_text="in progress")
    unknown = SourceChange("1", "1", 0, day(1), "status", from_value=OPEN, to_value="99", to_text="Polishing")
    end = SourceChange("1", "2", 0, day(2), "status", from_value="99", to_value=CLOSED)

    assert reached(CLOSED, [by_name, end]) == Milestones(day(1), day(2))
    assert reached(CLOSED, [unknown, end]) == Milestones(None, day(2), ("status_unknown",))


def test_a_name_with_two_meanings_decides_nothing() -> None:
    table = StatusTable(
        [SourceStatus("1", "Review", StatusCategory.TO_DO), SourceStatus("2", "review", StatusCategory.DONE)],
        JiraOptions(),
    )

    assert table.then("99", "Review") is None
    assert table.then("2", "Review") is StatusCategory.DONE


def test_cancelled_needs_done_and_a_dismissing_resolution_or_a_cancelled_status() -> None:
    done, to_do = StatusCategory.DONE, StatusCategory.TO_DO

    assert TABLE.after_cancelled_rule(done, status="Closed", resolution="won’t FIX") is StatusCategory.CANCELLED
    assert TABLE.after_cancelled_rule(to_do, status="Open", resolution="Won't Fix") is to_do
    assert TABLE.after_cancelled_rule(to_do, status="CANCELED") is StatusCategory.CANCELLED
    assert TABLE.after_cancelled_rule(done, status="Closed", resolution="Fixed") is done


def test_a_category_is_known_by_key_else_by_id_and_undefined_is_not_started() -> None:
    assert category_of(StatusCategoryJson("undefined", 1)) is StatusCategory.TO_DO
    assert category_of(StatusCategoryJson("erledigt", 3)) is StatusCategory.DONE
    assert category_of(StatusCategoryJson("novel", 77)) is None
    assert category_of(None) is None
