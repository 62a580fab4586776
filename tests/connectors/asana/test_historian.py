"""Going back through the stories of a task: judged by the rules that judge the task itself."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from connectors.asana.config import AsanaOptions
from connectors.asana.historian import AsanaHistorian
from connectors.history import Aspect, ItemState
from connectors.items import Facet, FacetValue, SourceChange, StatusCategory
from tests.builders.history import present
from tests.connectors.asana.payloads import (
    DOING,
    OTHER_PROJECT,
    PROJECT,
    TO_DO,
    encoded,
    field,
    item,
    member,
    ref,
    task,
)

EFFORT, DURATION, PROGRESS, VERDICT = "11", "12", "13", "14"
SECTION = f"section:{PROJECT}"
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def historian() -> AsanaHistorian:
    options = AsanaOptions(
        points_field=("Effort",),
        estimate_field="Duration",
        status_field="Progress",
        cancelled_fields={"Verdict": ("Dropped",)},
    )
    fields = [
        field(EFFORT, "Effort", "number"),
        field(DURATION, "Duration", "number"),
        field(PROGRESS, "Progress", "enum"),
        field(VERDICT, "Verdict", "enum"),
    ]
    return AsanaHistorian(encoded({"fields": fields}), options=options)


def test_a_move_back_to_its_old_section_says_whether_work_had_begun(historian: AsanaHistorian) -> None:
    doing = present(item(task(memberships=[member(section=DOING, name="In progress")])), historian)
    assert doing.status_category == "in_progress"

    before = historian.undo(doing, a_change(SECTION, TO_DO, "To do"))

    assert (before.status_id, before.status_category) == ("incomplete", "to_do")
    assert historian.undo(before, a_change(SECTION, DOING, "In progress")).status_category == "in_progress"


def test_a_task_that_was_completed_twice_was_open_in_between(historian: AsanaHistorian) -> None:
    done = present(item(task(completed=True, completed_at="2026-05-20T10:00:00Z")), historian)

    reopened = historian.undo(done, a_change("completed", "false", None))
    first = historian.undo(reopened, a_change("completed", "true", None))

    assert [each.status_category for each in (done, reopened, first)] == ["done", "to_do", "done"]


def test_an_approval_goes_back_to_its_earlier_verdict(historian: AsanaHistorian) -> None:
    approved = a_state(status_id="approval-approved", status="Approved", status_category=StatusCategory.DONE)
    settled = historian.settled(approved, ())

    before = historian.undo(settled, a_change("approval_status", "pending", None))

    assert (before.status, before.status_category) == ("Pending", "to_do")


def test_what_a_section_cancelled_was_alive_before_it_came_there(historian: AsanaHistorian) -> None:
    cancelled = a_state(status_category=StatusCategory.CANCELLED)
    settled = historian.settled(cancelled, [FacetValue(Facet.SECTION, "Cancelled", "9", PROJECT)])

    before = historian.undo(settled, a_change(SECTION, TO_DO, "To do"))

    assert before.status_category == "to_do"


def test_what_a_field_cancelled_was_alive_before_that_and_nothing_else_brings_it_back(
    historian: AsanaHistorian,
) -> None:
    cancelled = historian.settled(a_state(status_category=StatusCategory.CANCELLED), ())

    assert historian.undo(cancelled, a_change(VERDICT, "1", "Keep")).status_category == "to_do"
    assert historian.undo(cancelled, a_change("completed", "true", None)).status_category == "cancelled"


def test_a_tag_has_no_history_and_goes_on_cancelling(historian: AsanaHistorian) -> None:
    tagged = historian.settled(
        a_state(status_category=StatusCategory.CANCELLED), [FacetValue(Facet.TAG, "Cancelled", "9")]
    )

    assert historian.undo(tagged, a_change(SECTION, TO_DO, "To do")).status_category == "cancelled"


def test_the_option_of_a_status_field_says_whether_work_had_begun(historian: AsanaHistorian) -> None:
    started = historian.settled(
        a_state(status_id="in-progress", status="In progress", status_category=StatusCategory.IN_PROGRESS), ()
    )

    assert historian.undo(started, a_change(PROGRESS, "1", "Planned")).status_category == "to_do"


def test_points_and_estimates_are_what_their_fields_held(historian: AsanaHistorian) -> None:
    state = historian.settled(a_state(points=8.0, points_field=EFFORT, estimate_seconds=7200), ())

    assert historian.undo(state, a_change(EFFORT, "3", None)).points == 3.0
    assert historian.undo(state, a_change(EFFORT, None, None)).points is None
    assert historian.undo(state, a_change(EFFORT, "many", None)).doubts == {Aspect.POINTS}
    assert historian.undo(state, a_change(DURATION, "60", None)).estimate_seconds == 3600
    assert historian.undo(state, a_change(DURATION, "long", None)).doubts == {Aspect.TIME}


def test_days_are_days_and_moments_their_day_in_utc(historian: AsanaHistorian) -> None:
    state = a_state(due=date(2026, 5, 21))

    assert historian.undo(state, a_change("due_on", "2026-05-01", None)).due == date(2026, 5, 1)
    assert historian.undo(state, a_change("due_on", "2026-05-01T23:30:00.000Z", None)).due == date(2026, 5, 1)
    assert historian.undo(state, a_change("start_on", None, None)).start is None
    assert historian.undo(state, a_change("due_on", "some day", None)).doubts == {Aspect.DUE}


def test_a_sub_task_was_a_task_before_it_was_put_under_another(historian: AsanaHistorian) -> None:
    child = present(item(task(parent=ref("77", "Parent"))), historian)

    before = historian.undo(child, a_change("parent", None, None, to="77"))

    assert (before.parent_id, before.level, before.subtask, before.item_type) == (None, 0, False, "Task")
    assert historian.undo(before, a_change("parent", "77", None)) == replace(child, told=before.told)


def test_a_task_that_came_from_another_project_stood_there_alone(historian: AsanaHistorian) -> None:
    here = present(item(task(memberships=[member(section=DOING, name="In progress")])), historian)

    with_both = historian.undo(here, a_change("project", OTHER_PROJECT, None))
    elsewhere = historian.undo(with_both, a_change("project", None, None, to=PROJECT))

    assert (with_both.project_id, with_both.homes) == (PROJECT, (PROJECT, OTHER_PROJECT))
    assert (elsewhere.project_id, elsewhere.homes) == (OTHER_PROJECT, (OTHER_PROJECT,))
    assert elsewhere.status_category == "to_do"  # the section went with its project


def test_who_had_a_task_before_an_assignment_is_a_doubt(historian: AsanaHistorian) -> None:
    unknown = historian.undo(a_state(assignee_id="5"), a_change("assignee", None, None, to="5"))
    known = historian.undo(unknown, a_change("assignee", "4", None))

    assert (unknown.assignee_id, unknown.doubts) == (None, frozenset({Aspect.ASSIGNEE}))
    assert (known.assignee_id, known.doubts) == ("4", frozenset())
    assert Aspect.ASSIGNEE in historian.without_history


def test_the_option_of_a_custom_type_has_no_stories_and_is_a_doubt(historian: AsanaHistorian) -> None:
    custom = historian.settled(a_state(status_id="4711", status="In review"), ())

    assert historian.undo(custom, a_change("completed", "false", None)).doubts == {Aspect.STATUS}


def test_what_has_no_stories_is_a_doubt_wherever_it_decides(historian: AsanaHistorian) -> None:
    """A tag that cancels, and the actual time where there is no estimate."""
    tagged = historian.settled(a_state(), [FacetValue(Facet.TAG, "Cancelled", "9")])
    plain = historian.settled(a_state(), [FacetValue(Facet.TAG, "Urgent", "8")])
    timed = historian.settled(a_state(spent_seconds=3600), ())
    estimated = historian.settled(a_state(spent_seconds=3600, estimate_seconds=7200), ())

    assert (tagged.doubts, plain.doubts) == (frozenset({Aspect.STATUS}), frozenset())
    assert (timed.doubts, estimated.doubts) == (frozenset({Aspect.TIME}), frozenset())


def test_a_move_in_a_project_without_a_name_is_a_doubt_and_changes_nothing_else(historian: AsanaHistorian) -> None:
    state = a_state()

    assert historian.undo(state, a_change("section", TO_DO, "To do")) == replace(
        state, doubts=frozenset({Aspect.STATUS})
    )


def test_any_section_decides_the_status_and_a_name_decides_nothing(historian: AsanaHistorian) -> None:
    assert historian.aspect_of(SECTION) is Aspect.STATUS
    assert historian.aspect_of("name") is None
    assert historian.undo(a_state(), a_change("name", "Old", None)) == a_state()


def a_state(**changed: Any) -> ItemState:
    state = ItemState(
        key="1",
        project_id=PROJECT,
        item_type_id="default_task",
        item_type="Task",
        level=0,
        subtask=False,
        status_id="incomplete",
        status="Incomplete",
        status_category=StatusCategory.TO_DO,
    )
    return replace(state, **changed)


def a_change(field_id: str, value: str | None, text: str | None, *, to: str | None = None) -> SourceChange:
    return SourceChange("1", "1", 0, AT, field_id, from_value=value, from_text=text, to_value=to)
