"""One raw task to one item: what arrives, what is told as odd, what is refused, and that nothing ever crashes."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.asana.config import AsanaOptions
from connectors.asana.decoding import decode_head
from connectors.asana.marks import listing_mark
from connectors.errors import PayloadUnreadable
from connectors.items import Facet, FacetValue, SourceItem, SourcePerson
from tests.connectors.asana.payloads import (
    DOING,
    JIRA,
    OTHER_PROJECT,
    POINTS,
    PRIORITY,
    PROJECT,
    STATUS,
    TASK_ID,
    TO_DO,
    Json,
    a_normaliser,
    item,
    member,
    raw,
    ref,
    story,
    task,
    value,
)


def test_a_task_arrives_with_all_it_says() -> None:
    found = item(task())

    assert (found.native_id, found.key, found.title) == (TASK_ID, TASK_ID, "Document the new feature")
    assert (found.project_id, found.item_type, found.level, found.subtask) == (PROJECT, "Task", 0, False)
    assert (found.status_id, found.status, found.status_category) == ("incomplete", "Incomplete", "to_do")
    assert (found.assignee_id, found.reporter_id) == ("1200272792717222", "1200272792717223")
    assert found.due == date(2026, 5, 21)
    assert found.created_at == datetime(2026, 5, 19, 3, 29, 32, 188_000, tzinfo=UTC)
    assert found.facets == (
        FacetValue(Facet.PROJECT, "Project 39", PROJECT),
        FacetValue(Facet.SECTION, "To do", TO_DO, PROJECT),
        FacetValue(Facet.TAG, "docs", "1200351556373616"),
    )
    assert found.url == f"https://app.asana.com/0/{PROJECT}/{TASK_ID}"
    assert found.has_details
    assert found.warnings == ()


def test_every_home_is_a_facet_and_the_first_wanted_one_the_project() -> None:
    content = task(memberships=[member(OTHER_PROJECT), member(PROJECT, DOING, "Doing")])

    assert a_normaliser(scopes=[PROJECT])(raw(content)).project_id == PROJECT
    assert a_normaliser(scopes=[])(raw(content)).project_id == OTHER_PROJECT
    homes = [each.native_id for each in item(content).facets if each.facet is Facet.PROJECT]
    assert homes == [OTHER_PROJECT, PROJECT]


def test_a_membership_of_another_kind_is_no_home() -> None:
    found = item(task(memberships=[{"goal": ref("7")}, None, {"project": None, "section": None}, member()]))

    assert found.project_id == PROJECT


def test_a_plain_sub_task_lives_where_its_parent_does() -> None:
    found = item(task(parent=ref("1", "Parent"), memberships=[]), home={"projects": [PROJECT]})

    assert (found.project_id, found.level, found.subtask, found.item_type) == (PROJECT, -1, True, "Sub-task")
    assert found.parent_id == "1"
    assert found.parent_stub is not None
    assert found.parent_stub.title == "Parent"
    assert not [each for each in found.facets if each.facet is Facet.PROJECT]


def test_a_task_without_any_project_is_told() -> None:
    assert item(task(memberships=[])).warnings == ("no_project",)


@pytest.mark.parametrize(
    ("changed", "name", "level"),
    [
        ({"resource_subtype": "milestone"}, "Milestone", 0),
        ({"resource_subtype": "milestone", "parent": ref("1")}, "Milestone", -1),
        ({"resource_subtype": "approval", "approval_status": "pending"}, "Approval", 0),
        ({"resource_subtype": "custom", "custom_type": ref("55", "Bug", "custom_type")}, "Bug", 0),
        ({"resource_subtype": "something_new"}, "Task", 0),
    ],
)
def test_types_are_asana_s_own_and_a_parent_makes_the_level(changed: Json, name: str, level: int) -> None:
    found = item(task(**changed))

    assert (found.item_type, found.level) == (name, level)


def test_a_due_day_is_never_moved_and_only_a_lone_moment_becomes_its_utc_day() -> None:
    both = item(task(due_on="2026-03-31", due_at="2026-03-31T22:30:00.000Z"))
    lone = item(task(due_on=None, due_at="2026-03-31T22:30:00.000Z", start_at="2026-03-01T01:00:00.000Z"))

    assert (both.due, both.warnings) == (date(2026, 3, 31), ())
    assert (lone.due, lone.start) == (date(2026, 3, 31), date(2026, 3, 1))
    assert lone.warnings == ("start_day_from_utc", "due_day_from_utc")


@pytest.mark.parametrize(
    ("told", "points", "warnings"),
    [
        ({"number_value": 3}, 3.0, ()),
        ({"number_value": 0}, 0.0, ()),
        ({"number_value": None}, None, ()),
        ({}, None, ()),
        ({"number_value": "XL"}, None, ("points_not_a_number",)),
        ({"text_value": "three"}, None, ("points_not_a_number",)),
        ({"number_value": 5, "enabled": False}, None, ("disabled_field_ignored",)),
        ({"number_value": None, "enabled": False}, None, ()),
    ],
)
def test_no_points_zero_points_text_and_a_left_over_field_are_four_answers(
    told: Json, points: float | None, warnings: tuple[str, ...]
) -> None:
    found = item(task(custom_fields=[value(POINTS, **told)]))

    assert found.points == points
    assert found.points_field == (POINTS if points is not None else None)
    assert found.warnings == warnings


def test_priority_time_and_the_people_of_the_workspace_are_read() -> None:
    chosen = value(PRIORITY, enum_value=ref("9", "High", "enum_option"))
    users = [{"gid": "1200272792717222", "name": "Pat Person", "email": "pat@example.com"}]
    found = a_normaliser(users=users)(raw(task(custom_fields=[chosen], actual_time_minutes=90)))

    assert (found.priority, found.spent_seconds) == ("High", 5400)
    assert found.people == (
        SourcePerson("1200272792717222", "Pat Person", "pat@example.com"),
        SourcePerson("1200272792717223", "Chris Creator"),
    )


def test_matched_fields_are_facets_by_gid_or_name_and_each_kind_as_people_read_it() -> None:
    definitions = [
        {"gid": "1", "name": "Team", "resource_subtype": "enum"},
        {"gid": "2", "name": "Areas", "resource_subtype": "multi_enum"},
        {"gid": "3", "name": "Size", "resource_subtype": "number"},
        {"gid": "4", "name": "Day", "resource_subtype": "date"},
        {"gid": "5", "name": "Owners", "resource_subtype": "people"},
        {"gid": "6", "name": "Newest kind", "resource_subtype": "hologram"},
        {"gid": "7", "name": "Left over", "resource_subtype": "text"},
    ]
    values = [
        value("1", enum_value=ref("11", "Payments"), display_value="Payments"),
        value("2", multi_enum_values=[ref("21", "A"), None, ref("22", "B")], display_value="A, B"),
        value("3", number_value=2.0, display_value="2"),
        value("4", date_value={"date": "2026-01-31", "date_time": None}, display_value="2026-01-31T00:00:00.000Z"),
        value("5", people_value=[ref("51", "Pat")], display_value="Pat"),
        value("6", display_value="shimmering"),
        value("7", text_value="old", enabled=False),
    ]
    normalise = a_normaliser(
        fields=definitions, matched=("1", "areas", "SIZE", "Day", "Owners", "Newest kind", "Left over", "Unknown")
    )
    shown = [
        (each.name, each.value, each.native_id)
        for each in normalise(raw(task(custom_fields=values))).facets
        if each.facet is Facet.FIELD
    ]

    assert shown == [
        ("1", "Payments", "11"),
        ("2", "A", "21"),
        ("2", "B", "22"),
        ("3", "2", None),
        ("4", "2026-01-31", None),
        ("5", "Pat", "51"),
        ("6", "shimmering", None),
    ]


def test_a_task_is_in_every_portfolio_of_its_home_nested_ones_too() -> None:
    portfolios = [
        {"gid": "70", "name": "Company", "items": [{"gid": "71", "resource_type": "portfolio"}]},
        {"gid": "71", "name": "Commerce", "items": [{"gid": PROJECT, "resource_type": "project"}]},
        {"gid": "72", "name": "Elsewhere", "items": [{"gid": OTHER_PROJECT, "resource_type": "project"}]},
    ]
    found = a_normaliser(portfolios=portfolios)(raw(task()))

    assert [each.value for each in found.facets if each.facet is Facet.PORTFOLIO] == ["Company", "Commerce"]


def test_each_dependency_is_one_edge_from_what_this_task_waits_for() -> None:
    found = item(task(dependencies=[ref("5"), ref("5"), None, {"resource_type": "task"}, ref("6")]))

    assert [(each.native_id, each.source_id, each.target_id, each.type_id) for each in found.links] == [
        (f"5:{TASK_ID}", "5", TASK_ID, "dependency"),
        (f"6:{TASK_ID}", "6", TASK_ID, "dependency"),
    ]


def test_references_keep_every_candidate_with_its_origin() -> None:
    content = task(
        notes="See https://acme.atlassian.net/browse/PAY-1, not UTF-8.",
        custom_fields=[
            value(JIRA, text_value="PAY-12 and https://acme.atlassian.net/browse/PAY-13"),
            value(STATUS, text_value="PAY-99 (https://acme.atlassian.net/browse/PAY-14)"),
        ],
    )
    attachments = [{"view_url": "https://acme.atlassian.net/browse/PAY-15"}, {"view_url": None}, {}]
    found = item(content, attachments=attachments)

    assert [(each.origin, each.target) for each in found.references] == [
        (f"field:{JIRA}", "https://acme.atlassian.net/browse/PAY-13"),
        (f"field:{JIRA}", "PAY-12"),
        (f"field:{STATUS}", "https://acme.atlassian.net/browse/PAY-14"),
        ("attachment", "https://acme.atlassian.net/browse/PAY-15"),
        ("text", "https://acme.atlassian.net/browse/PAY-1"),
    ]


def test_bare_keys_count_in_fields_that_are_configured_for_them() -> None:
    options = AsanaOptions(jira_fields=("Stage",))
    found = item(task(custom_fields=[value(STATUS, text_value="PAY-99, SHA-256x")]), options=options)

    assert [each.target for each in found.references] == ["PAY-99"]


def test_the_mark_of_a_task_equals_that_of_its_lean_row_in_any_order() -> None:
    homes = [member(), member(OTHER_PROJECT, DOING)]
    lean = {
        "gid": TASK_ID,
        "modified_at": "2026-05-21T04:57:59.563Z",
        "num_subtasks": 0,
        "memberships": [
            {"project": {"gid": each["project"]["gid"]}, "section": {"gid": each["section"]["gid"]}}
            for each in reversed(homes)
        ],
    }
    mark = listing_mark(decode_head(raw(lean).record.payload))

    assert item(task(memberships=homes)).listing_mark == mark
    for changed in (
        {"modified_at": "2026-05-21T04:58:00.000Z"},
        {"num_subtasks": 1},
        {"memberships": [member(), member(OTHER_PROJECT, TO_DO)]},
        {"memberships": [member()]},
    ):
        assert item(task(**({"memberships": homes} | changed))).listing_mark != mark


@pytest.mark.parametrize("name", ["gid", "created_at", "modified_at"])
@pytest.mark.parametrize("broken", [None, 7, []])
def test_a_task_without_identity_or_time_is_refused_by_name(name: str, broken: object) -> None:
    absent = {key: each for key, each in task().items() if key != name}
    for content in (absent, task(**{name: broken})):
        with pytest.raises(PayloadUnreadable) as caught:
            item(content)
        assert caught.value.what == name


@pytest.mark.parametrize("name", ["created_at", "modified_at", "due_on", "completed", "completed_at"])
def test_what_would_be_a_wrong_date_is_refused_rather_than_dropped(name: str) -> None:
    with pytest.raises(PayloadUnreadable):
        item(task(**{name: "31.02.2026"}))


def test_an_odd_optional_property_costs_a_warning_and_not_the_task() -> None:
    found = item(task(tags={"gid": "1"}, assignee=7, memberships=[member(), 5]))

    assert found.warnings == ("memberships_unreadable", "assignee_unreadable", "tags_unreadable")
    assert (found.project_id, found.assignee_id) == (PROJECT, None)


def test_bytes_that_are_no_json_are_refused() -> None:
    broken = raw(task())
    with pytest.raises(PayloadUnreadable, match="task"):
        a_normaliser()(type(broken)(type(broken.record)("task", TASK_ID, b'{"gid": "1')))


FULL = task(
    parent=ref("1", "Parent"),
    dependencies=[ref("2")],
    custom_type=ref("3", "Bug"),
    custom_type_status_option={"gid": "4", "name": "Open", "completion_state": "incomplete"},
    custom_fields=[
        value(POINTS, number_value=3.5),
        value(PRIORITY, enum_value=ref("9", "High")),
        value(JIRA, text_value="PAY-12"),
        value("13", people_value=[ref("1")], multi_enum_values=[ref("2")], date_value={"date": "2026-01-01"}),
    ],
)
HISTORY = [
    story("1", "2026-05-20T00:00:00.000Z", "section_changed", old_section=ref(TO_DO), new_section=ref(DOING)),
    story("2", "2026-05-20T01:00:00.000Z", "enum_custom_field_changed", custom_field=ref(PRIORITY)),
    story("3", "2026-05-20T02:00:00.000Z", "due_date_changed", old_dates={"due_on": None}, new_dates={"due_on": "x"}),
    story("4", "2026-05-20T03:00:00.000Z", "added_to_project", project=ref(PROJECT)),
]
ODD = st.sampled_from([None, "missing", "", "odd", 0, -1.5, True, [], {}, [None], ["x"], {"gid": None}])


def _paths(content: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    return [path, *(each for key, below in inner for each in _paths(below, (*path, key)))]


def _with(content: Any, path: tuple[Any, ...], odd: object) -> Any:
    changed = deepcopy(content)
    place = changed
    for key in path[:-1]:
        if not isinstance(place, dict | list) or (isinstance(place, dict) and key not in place):
            return changed
        place = place[key]
    if not isinstance(place, dict | list) or (isinstance(place, list) and path[-1] >= len(place)):
        return changed
    if odd == "missing":
        del place[path[-1]]
    else:
        place[path[-1]] = odd
    return changed


@given(st.lists(st.tuples(st.sampled_from(_paths(FULL)[1:]), ODD), min_size=1, max_size=4))
def test_whatever_is_null_missing_or_odd_a_task_is_read_or_refused_by_name(broken: list[tuple[Any, object]]) -> None:
    content = FULL
    for path, odd in sorted(broken, key=lambda each: len(each[0])):
        try:
            content = _with(content, path, odd)
        except (KeyError, TypeError, IndexError):
            continue  # an earlier change took the place away
    try:
        found = a_normaliser(matched=("Priority",))(raw(content))
    except PayloadUnreadable as refused:
        assert refused.what  # noqa: PT017 - both ends are right, a crash is not
    else:
        assert isinstance(found, SourceItem)
        assert found.native_id == content["gid"]


@given(st.lists(st.tuples(st.sampled_from(_paths(HISTORY)[1:]), ODD), min_size=1, max_size=3))
def test_whatever_is_odd_in_a_history_the_task_is_read(broken: list[tuple[Any, object]]) -> None:
    history: Any = HISTORY
    for path, odd in sorted(broken, key=lambda each: len(each[0])):
        try:
            history = _with(history, path, odd)
        except (KeyError, TypeError, IndexError):
            continue
    found = a_normaliser()(raw(task(), stories=history))

    assert len(found.changes) <= len(HISTORY) + 1
