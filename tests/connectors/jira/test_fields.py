from __future__ import annotations

import msgspec

from connectors.contract import Finding
from connectors.jira.config import JiraOptions
from connectors.jira.fields import FieldIndex, FieldRoles, describe_fields, discover_roles, merge_fields
from connectors.jira.payloads import BoardJson, FieldJson
from tests.builders import jira

ESTIMATE = jira.a_field("customfield_16", "Story point estimate", jira.STORY_POINT_ESTIMATE)
STORY_POINTS = jira.a_field("customfield_26", "Puntos", jira.FLOAT, untranslatedName="Story Points")
OTHER_NUMBER = jira.a_field("customfield_30", "Size", jira.FLOAT)


def fields(*sent: jira.Json) -> tuple[FieldJson, ...]:
    return merge_fields(msgspec.convert(sent, list[FieldJson]))


def discover(
    *sent: jira.Json, boards: tuple[BoardJson, ...] = (), options: JiraOptions | None = None
) -> tuple[FieldRoles, tuple[Finding, ...]]:
    return discover_roles(fields(*sent), boards=boards, options=options or JiraOptions())


def test_roles_are_found_by_type_whatever_the_number_and_the_language() -> None:
    roles, findings = discover(
        jira.a_field("customfield_1", "Sprint-ES", jira.SPRINT, kind="array"),
        jira.a_field("customfield_2", "Epos", jira.EPIC_LINK, kind="any"),
        jira.a_field("customfield_3", "Eposname", jira.EPIC_NAME, kind="string"),
        jira.a_field("customfield_4", "Über", jira.PARENT_LINK, kind="any"),
        jira.a_field("customfield_5", "Von", jira.TARGET_START, kind="date"),
        jira.a_field("customfield_6", "Bis", jira.TARGET_END, kind="date"),
        jira.a_field("customfield_7", "Mannschaft", jira.TEAM, kind="team"),
        jira.a_field("customfield_8", "Markiert", jira.MULTICHECKBOXES, kind="array", untranslatedName="Flagged"),
        jira.a_field("customfield_9", "Start date", jira.DATEPICKER, kind="date"),
        jira.a_field("customfield_10", "Risk date", jira.DATEPICKER, kind="date"),
        STORY_POINTS,
        OTHER_NUMBER,
    )

    assert roles.by_role == {
        "points": ("customfield_26",),
        "sprint": ("customfield_1",),
        "epic_link": ("customfield_2",),
        "epic_name": ("customfield_3",),
        "parent_link": ("customfield_4",),
        "team": ("customfield_7",),
        "start": ("customfield_9",),
        "target_start": ("customfield_5",),
        "target_end": ("customfield_6",),
        "flagged": ("customfield_8",),
    }
    assert findings == ()


def test_two_points_fields_are_both_kept_in_order_and_told() -> None:
    roles, findings = discover(STORY_POINTS, ESTIMATE)

    assert roles.of("points") == ("customfield_16", "customfield_26")
    assert findings == (
        Finding(
            "field_candidates",
            "2 fields may hold points: 'Story point estimate' (customfield_16), 'Puntos' (customfield_26); "
            "the first that is set counts, in this order.",
        ),
    )


def test_the_field_a_board_estimates_in_is_asked_first_and_each_project_has_its_own() -> None:
    boards = (
        BoardJson(1, "customfield_30", "100"),
        BoardJson(2, "customfield_26", 200),
        BoardJson(3, "customfield_26", None),
        BoardJson(4, "timeoriginalestimate", "300"),
    )

    roles, _ = discover(
        ESTIMATE, STORY_POINTS, OTHER_NUMBER, jira.a_field("timeoriginalestimate", "Original"), boards=boards
    )

    assert roles.of("points") == ("customfield_26", "customfield_30", "customfield_16")
    assert roles.points_for("100") == ("customfield_30", "customfield_26", "customfield_16")
    assert roles.points_for("300") == roles.of("points")


def test_the_operator_replaces_discovery_by_id_or_name() -> None:
    options = JiraOptions(
        points_field=("SIZE", "customfield_26"), start_field="Risk date", target_fields=("Risk date",)
    )

    roles, findings = discover(
        ESTIMATE,
        STORY_POINTS,
        OTHER_NUMBER,
        jira.a_field("customfield_10", "Risk date", jira.DATEPICKER, kind="date"),
        boards=(BoardJson(1, "customfield_16", "100"),),
        options=options,
    )

    assert roles.points_for("100") == ("customfield_30", "customfield_26")
    assert (roles.of("start"), roles.of("target_start")) == (("customfield_10",), ("customfield_10",))
    assert findings == ()


def test_a_field_for_health_may_be_of_any_type_and_is_told_when_it_is_missing() -> None:
    text = jira.a_field("customfield_40", "RAG", "…:select", kind="option")

    _, found = discover(text, options=JiraOptions(health_field="rag"))
    _, missing = discover(text, options=JiraOptions(health_field="Health"))

    assert found == ()
    assert [(one.code, one.message) for one in missing] == [
        ("field_missing", "The configured health field 'Health' does not exist on the site."),
    ]


def test_fields_for_business_value_are_told_when_they_are_missing() -> None:
    value = jira.a_field("customfield_40", "Planned Value", jira.FLOAT)

    _, missing = discover(value, options=JiraOptions(value_fields=("planned value", "Actual Value")))

    assert [(one.code, one.message) for one in missing] == [
        ("field_missing", "The configured business value field 'Actual Value' does not exist on the site."),
    ]


def test_a_configured_field_that_is_missing_or_of_another_type_is_told() -> None:
    text = jira.a_field("customfield_40", "T-shirt", "…:textfield", kind="string")

    roles, findings = discover(text, options=JiraOptions(points_field=("Nope", "T-shirt")))

    assert roles.of("points") == ()
    assert [(one.code, one.message) for one in findings] == [
        ("field_missing", "The configured points field 'Nope' does not exist on the site."),
        ("field_kind", "The configured points field 'T-shirt' is of type 'string', not number; it is not read."),
    ]


def test_the_two_field_endpoints_are_merged_by_id() -> None:
    bare = {"id": "customfield_26", "name": "Puntos"}

    merged = fields(bare, STORY_POINTS, ESTIMATE)

    assert [(one.id, one.untranslatedName) for one in merged] == [
        ("customfield_26", "Story Points"),
        ("customfield_16", None),
    ]


def test_a_name_that_team_managed_projects_share_finds_all_of_its_fields() -> None:
    index = FieldIndex(fields(OTHER_NUMBER, OTHER_NUMBER | {"id": "customfield_31"}, STORY_POINTS))

    assert index.find("size") == ("customfield_30", "customfield_31")
    assert index.find("story points") == index.find("PUNTOS") == index.find("CUSTOMFIELD_26") == ("customfield_26",)
    assert index.find("nothing") == ()


def test_fields_are_described_with_their_role_rank_and_project() -> None:
    scoped = ESTIMATE | {"scope": {"type": "PROJECT", "project": {"id": "100"}}}
    sent = fields(STORY_POINTS, scoped, OTHER_NUMBER)
    roles, findings = discover_roles(sent, options=JiraOptions())

    described = {one.native_id: (one.role, one.rank, one.project_id, one.kind) for one in describe_fields(sent, roles)}

    assert described == {
        "customfield_26": ("points", 1, None, "number"),
        "customfield_16": ("points", 0, "100", "number"),
        "customfield_30": (None, 0, None, "number"),
    }
    assert findings == ()  # one field for all projects, one of a single project: no conflict
