"""Stories to changes: every known subtype, ordered in time; what is unknown or broken costs nothing else."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.connectors.asana.payloads import DOING, POINTS, PROJECT, TO_DO, Json, item, ref, story, task

AT = "2026-05-20T10:00:00.000Z"


def changes(*stories: Json) -> list[tuple[str, str | None, str | None]]:
    return [(each.field_id, each.from_value, each.to_value) for each in item(task(), stories=list(stories)).changes]


@pytest.mark.parametrize(
    ("subtype", "told", "expected"),
    [
        (
            "section_changed",
            {"old_section": ref(TO_DO), "new_section": ref(DOING), "project": ref(PROJECT)},
            (f"section:{PROJECT}", TO_DO, DOING),
        ),
        (
            "section_changed",
            {"old_section": ref("1"), "new_section": {**ref("2"), "project": ref("77")}},
            ("section:77", "1", "2"),
        ),
        ("section_changed", {"old_section": ref("1"), "new_section": ref(TO_DO)}, (f"section:{PROJECT}", "1", TO_DO)),
        ("section_changed", {"old_section": ref("1"), "new_section": ref("2")}, ("section", "1", "2")),
        ("marked_complete", {}, ("completed", "false", "true")),
        ("marked_incomplete", {}, ("completed", "true", "false")),
        (
            "approval_status_changed",
            {"old_approval_status": "pending", "new_approval_status": "approved"},
            ("approval_status", "pending", "approved"),
        ),
        ("assigned", {"assignee": ref("5")}, ("assignee", None, "5")),
        ("unassigned", {"assignee": ref("5")}, ("assignee", "5", None)),
        ("name_changed", {"old_name": "A", "new_name": "B"}, ("name", "A", "B")),
        ("added_to_project", {"project": ref(PROJECT)}, ("project", None, PROJECT)),
        ("removed_from_project", {"project": ref(PROJECT)}, ("project", PROJECT, None)),
        ("dependency_added", {"dependency": ref("8")}, ("link", None, "8")),
        ("dependency_removed", {"dependency": ref("8")}, ("link", "8", None)),
        ("dependent_added", {"dependency": ref("8")}, ("link", None, "8")),
        ("dependent_removed", {"task": ref("8")}, ("link", "8", None)),
        ("added_to_task", {"task": ref("8")}, ("parent", None, "8")),
        ("removed_from_task", {"task": ref("8")}, ("parent", "8", None)),
        (
            "enum_custom_field_changed",
            {"custom_field": ref("6"), "old_enum_value": None, "new_enum_value": ref("61", "High")},
            ("6", None, "61"),
        ),
        (
            "multi_enum_custom_field_changed",
            {"custom_field": ref("6"), "old_multi_enum_values": [], "new_multi_enum_values": [ref("1"), ref("2")]},
            ("6", "", "1, 2"),
        ),
        (
            "number_custom_field_changed",
            {"custom_field": ref(POINTS), "old_number_value": 3, "new_number_value": 2.5},
            (POINTS, "3", "2.5"),
        ),
        (
            "text_custom_field_changed",
            {"custom_field": ref("6"), "old_text_value": None, "new_text_value": "PAY-1"},
            ("6", None, "PAY-1"),
        ),
        (
            "date_custom_field_changed",
            {"custom_field": ref("6"), "old_date_value": {"date": "2026-01-01"}, "new_date_value": None},
            ("6", "2026-01-01", None),
        ),
        (
            "people_custom_field_changed",
            {"custom_field": ref("6"), "old_people_value": [ref("1")], "new_people_value": [ref("2")]},
            ("6", "1", "2"),
        ),
    ],
)
def test_each_subtype_is_one_change(subtype: str, told: Json, expected: tuple[str, str | None, str | None]) -> None:
    assert changes(story("9", AT, subtype, **told)) == [expected]


def test_a_story_of_dates_is_one_change_for_each_date_that_moved() -> None:
    both = story(
        "9",
        AT,
        "due_date_changed",
        old_dates={"start_on": None, "due_on": "2026-05-01", "due_at": None},
        new_dates={"start_on": "2026-04-30", "due_on": "2026-05-08", "due_at": None},
    )
    found = item(task(), stories=[both]).changes

    assert [(each.change_id, each.ordinal, each.field_id, each.to_value) for each in found] == [
        ("9", 0, "start_on", "2026-04-30"),
        ("9", 1, "due_on", "2026-05-08"),
    ]


def test_changes_name_their_author_and_the_texts_that_people_saw() -> None:
    (found,) = item(
        task(),
        stories=[
            story("9", AT, "section_changed", old_section=ref(TO_DO, "To do"), new_section=ref(DOING, "Doing")),
        ],
    ).changes

    assert (found.at, found.author_id) == (datetime(2026, 5, 20, 10, tzinfo=UTC), "1200272792717222")
    assert (found.from_text, found.to_text) == ("To do", "Doing")


def test_a_dependency_is_a_link_by_the_phrase_of_this_end() -> None:
    found = item(
        task(),
        stories=[
            story("1", AT, "dependency_added", dependency=ref("5")),
            story("2", AT, "dependent_added", dependency=ref("6")),
            story("3", AT, "dependency_removed", dependency=ref("5")),
            story("4", AT, "dependent_removed", dependency=ref("6")),
        ],
    ).changes

    assert [(each.from_text, each.to_text) for each in found] == [
        (None, "is blocked by"),
        (None, "blocks"),
        ("is blocked by", None),
        ("blocks", None),
    ]


def test_changes_are_in_order_of_time_whatever_the_order_of_the_stories() -> None:
    later = story("5", "2026-05-21T00:00:00.000Z", "marked_incomplete")
    first, second = story("9", AT, "marked_complete"), story("10", AT, "marked_incomplete")

    found = item(task(), stories=[later, second, first]).changes

    assert [each.change_id for each in found] == ["9", "10", "5"]


@pytest.mark.parametrize(
    "told",
    [
        story("9", AT, "comment_added", text="Moved to Done"),
        story("9", AT, "dependency_added"),
        story("9", AT, "dependency_removed", dependency=None, text="removed a dependency on Sign the contract"),
        story("9", AT, "dependency_due_date_changed", dependency=ref("5")),
        story("9", AT, "invented_tomorrow", new_name="B"),
        story("9", AT, "enum_custom_field_changed", new_enum_value=ref("1")),
        {**story("9", AT, "marked_complete"), "resource_subtype": None},
    ],
)
def test_what_is_unknown_or_says_nothing_is_left_out_without_a_word(told: Json) -> None:
    found = item(task(), stories=[told])

    assert (found.changes, found.warnings) == ((), ())


@pytest.mark.parametrize(
    "broken",
    [
        {**story("9", AT, "marked_complete"), "created_at": "yesterday"},
        {**story("9", AT, "marked_complete"), "gid": 9},
        "no story at all",
    ],
)
def test_a_story_that_cannot_be_read_is_told_and_the_others_are_kept(broken: object) -> None:
    found = item(task(), stories=[broken, story("10", AT, "marked_incomplete")])

    assert [each.change_id for each in found.changes] == ["10"]
    assert found.warnings == ("story_unreadable",)
