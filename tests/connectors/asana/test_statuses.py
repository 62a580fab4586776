"""Categories from completion, approvals, custom types, sections and options; cancelled over everything."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connectors.asana.config import AsanaOptions
from connectors.asana.reference import read_discovery
from connectors.items import StatusCategory
from tests.connectors.asana.payloads import (
    DOING,
    DONE,
    FIELDS,
    OTHER_PROJECT,
    PROJECT,
    STATUS,
    TO_DO,
    Json,
    a_normaliser,
    encoded,
    item,
    member,
    raw,
    ref,
    story,
    task,
    value,
)

COMPLETED = {"completed": True, "completed_at": "2026-06-01T10:00:00.000Z"}


def at(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 5, day, hour, tzinfo=UTC)


def moved(gid: str, day: int, old: tuple[str, str], new: tuple[str, str]) -> Json:
    sections = {"old_section": ref(*old, "section"), "new_section": ref(*new, "section")}
    return story(gid, at(day).isoformat(), "section_changed", project=ref(PROJECT), **sections)


@pytest.mark.parametrize(
    ("section", "category"),
    [
        ("To do", "to_do"),
        ("Doing", "in_progress"),
        ("IN PROGRESS", "in_progress"),
        ("in review", "in_progress"),
        ("Done", "to_do"),
    ],
)
def test_a_section_can_say_begun_but_never_done(section: str, category: str) -> None:
    assert item(task(memberships=[member(name=section)])).status_category == category


def test_begun_in_any_of_its_projects_is_begun() -> None:
    found = item(task(memberships=[member(), member(OTHER_PROJECT, DOING, "Doing")]))

    assert (found.status_id, found.status, found.status_category) == ("in-progress", "In progress", "in_progress")


def test_a_status_field_that_asana_made_says_begun_too() -> None:
    begun = value(STATUS, enum_value=ref("1", "In progress", "enum_option"))

    assert item(task(custom_fields=[begun])).status_category == "in_progress"
    assert item(task(custom_fields=[{**begun, "enabled": False}])).status_category == "to_do"


def test_which_names_mean_begun_can_be_configured() -> None:
    options = AsanaOptions(in_progress=("To do",))

    assert item(task(), options=options).status_category == "in_progress"


def test_a_completed_task_is_done_wherever_it_stands() -> None:
    found = item(task(memberships=[member(name="Doing")], **COMPLETED))

    assert (found.status, found.status_category) == ("Complete", "done")
    assert found.done_at == found.resolved_at == datetime(2026, 6, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "shown", "category"),
    [
        ("pending", "Pending", "to_do"),
        ("approved", "Approved", "done"),
        ("rejected", "Rejected", "done"),
        ("changes_requested", "Changes requested", "done"),
        (None, "Incomplete", "to_do"),
        ("postponed", "Incomplete", "to_do"),
    ],
)
def test_an_approval_is_what_was_decided(status: str | None, shown: str, category: str) -> None:
    found = item(task(resource_subtype="approval", approval_status=status))

    assert (found.status, found.status_category) == (shown, category)


@pytest.mark.parametrize(
    ("option", "category"),
    [
        ({"name": "Shipped", "completion_state": "complete"}, "done"),
        ({"name": "Shipped", "completion_state": "COMPLETED"}, "done"),
        ({"name": "Doing", "completion_state": "incomplete"}, "in_progress"),
        ({"name": "New", "completion_state": "incomplete"}, "to_do"),
        ({"name": "New"}, "to_do"),
    ],
)
def test_a_custom_type_s_status_decides_by_its_completion_state(option: Json, category: str) -> None:
    told = {"gid": "44", "completion_state": None, **option}
    custom = {"resource_subtype": "custom", "custom_type": ref("4", "Bug"), "custom_type_status_option": told}
    found = item(task(**custom))

    assert (found.status_id, found.status, found.status_category) == ("44", option["name"], category)


def test_every_status_that_a_task_may_have_is_in_the_vocabulary() -> None:
    types = [{"gid": "4", "name": "Bug", "status_options": [{"gid": "44", "name": "Doing"}, None, {"name": "x"}]}]
    found = read_discovery(encoded({"custom_types": types}), options=AsanaOptions()).reference

    assert ("44", "Doing", StatusCategory.IN_PROGRESS) in [(s.native_id, s.name, s.category) for s in found.statuses]
    assert ("4", "Bug", 0) in [(each.native_id, each.name, each.level) for each in found.item_types]


@pytest.mark.parametrize(
    "changed",
    [
        {"memberships": [member(), member(OTHER_PROJECT, "1", "cancelled")]},
        {"tags": [ref("1", "Won’t do", "tag")]},
        {"custom_fields": [value(STATUS, enum_value=ref("1", "Dropped", "enum_option"))]},
        {"tags": [ref("1", "Canceled", "tag")], **COMPLETED},
    ],
)
def test_cancelled_by_section_tag_or_field_beats_everything_and_is_never_done(changed: Json) -> None:
    found = item(task(**changed), options=AsanaOptions(cancelled_fields={"stage": ("dropped",)}))

    assert found.status_category == "cancelled"
    assert found.status in {"Incomplete", "Complete"}
    assert found.done_at is None


def test_without_stories_nobody_knows_when_work_began() -> None:
    assert item(task(memberships=[member(name="Doing")])).started_at is None


def test_work_began_with_the_first_move_into_a_section_that_says_so() -> None:
    history = [
        moved("3", 22, (DOING, "Doing"), (TO_DO, "To do")),
        moved("2", 21, (TO_DO, "To do"), (DOING, "Doing")),
        moved("4", 25, (TO_DO, "To do"), (DOING, "Doing")),
    ]

    assert item(task(), stories=history).started_at == at(21)


def test_a_task_that_was_born_in_progress_began_when_it_was_created() -> None:
    born = datetime(2026, 5, 19, 3, 29, 32, 188_000, tzinfo=UTC)
    left = [moved("2", 21, (DOING, "Doing"), (DONE, "Done"))]

    assert item(task(**COMPLETED), stories=left).started_at == born
    assert item(task(memberships=[member(name="Doing")]), stories=[]).started_at == born
    assert item(task(), stories=[]).started_at is None


def test_work_began_when_the_status_field_says_so() -> None:
    change = story(
        "2",
        at(21).isoformat(),
        "enum_custom_field_changed",
        custom_field=ref(STATUS),
        old_enum_value=None,
        new_enum_value=ref("1", "In progress"),
    )

    assert item(task(), stories=[change]).started_at == at(21)


def test_done_is_the_last_completion_that_was_not_taken_back() -> None:
    history = [
        story("1", at(20).isoformat(), "marked_complete"),
        story("2", at(21).isoformat(), "marked_incomplete"),
        story("3", at(22).isoformat(), "marked_complete"),
    ]

    assert item(task(**COMPLETED), stories=history).done_at == at(22)
    assert item(task(**COMPLETED), stories=history[:2]).done_at == datetime(2026, 6, 1, 10, tzinfo=UTC)
    assert item(task(), stories=history).done_at is None


def test_a_completion_without_any_moment_is_told() -> None:
    found = item(task(completed=True))

    assert (found.done_at, found.warnings) == (None, ("done_at_unknown",))


def test_the_configured_status_field_is_found_by_name() -> None:
    options = AsanaOptions(status_field="Priority")
    normalise = a_normaliser(options=options, fields=FIELDS)
    begun = value(FIELDS[1]["gid"], enum_value=ref("1", "Doing", "enum_option"))

    assert normalise(raw(task(custom_fields=[begun]))).status_category == "in_progress"
