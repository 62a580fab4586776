"""A workspace's metadata from stored payloads: roles of fields, nested portfolios, health however it was said."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connectors.asana.config import AsanaOptions
from connectors.asana.custom_fields import discover_roles
from connectors.asana.payloads import FieldJson
from connectors.asana.reference import read_discovery
from connectors.contract import ReferenceData
from connectors.errors import PayloadUnreadable
from connectors.items import SourceStatusUpdate
from tests.connectors.asana.payloads import encoded, ref


def reference(options: AsanaOptions | None = None, **payloads: object) -> ReferenceData:
    return read_discovery(encoded(payloads), options=options or AsanaOptions()).reference


def a_field(gid: str, name: str, subtype: str = "number", **more: object) -> FieldJson:
    return FieldJson(gid=gid, name=name, resource_subtype=subtype, **more)  # type: ignore[arg-type]  # by name


NUMBERS = [
    a_field("1", "Estimate"),
    a_field("2", "story POINTS"),
    a_field("3", "Story points", is_formula_field=True),
    a_field("4", "Effort", subtype="enum"),
    a_field("5", "Points", format="duration"),
    a_field("6", "Complexity", asana_created_field="effort"),
    a_field("7", "Estimated time", asana_created_field="estimated_time", format="duration"),
    a_field("8", "Effort"),
]


def test_points_are_number_fields_called_so_and_never_formulas_or_durations() -> None:
    roles, findings = discover_roles(NUMBERS, AsanaOptions())

    assert roles.points == ("2", "8", "1", "6")
    assert roles.estimate == "7"
    assert not findings


def test_configured_fields_replace_discovery_in_their_order() -> None:
    roles, _ = discover_roles(NUMBERS, AsanaOptions(points_field=("3", "estimate"), estimate_field="Complexity"))

    assert roles.points == ("3", "1")
    assert roles.estimate == "6"


def test_a_configured_field_that_nobody_knows_is_told() -> None:
    found = reference(AsanaOptions(points_field=("Velocity",), cancelled_fields={"Outcome": ("No",)}))

    assert [each.message for each in found.warnings] == [
        "No custom field is called 'Velocity'; check the options of this source.",
        "No custom field is called 'Outcome'; check the options of this source.",
    ]


def test_jira_fields_are_those_named_so() -> None:
    named = [a_field(str(number), name, "text") for number, name in enumerate(("Jira", "JIRA key", "Linked Jira", "X"))]

    assert discover_roles(named, AsanaOptions())[0].jira == {"0", "1", "2"}
    assert discover_roles(named, AsanaOptions(jira_fields=("x",)))[0].jira == {"0", "1", "2", "3"}


def test_portfolios_hold_all_that_lies_beneath_them_even_in_a_circle() -> None:
    items = {
        "1": [ref("10", kind="project"), ref("2", kind="portfolio"), ref("11", kind="project")],
        "2": [ref("3", kind="portfolio"), ref("10", kind="project")],
        "3": [ref("1", kind="portfolio"), {"gid": "12"}, None, {}],
    }
    found = reference(portfolios=[{"gid": gid, "name": f"P{gid}", "items": told} for gid, told in items.items()])

    assert [(each.native_id, set(each.project_ids)) for each in found.portfolios] == [
        ("1", {"10", "11", "12"}),
        ("2", {"10", "11", "12"}),
        ("3", {"10", "11", "12"}),
    ]
    assert [each.portfolio_ids for each in found.portfolios] == [("2",), ("3",), ("1",)]
    assert all(len(each.project_ids) == 3 for each in found.portfolios)


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"current_status_update": {"gid": "5", "status_type": "at_risk", "title": "T"}}, "at_risk"),
        ({"current_status": {"gid": "5", "color": "green", "title": "T"}}, "on_track"),
        ({"current_status": {"gid": "5", "color": "yellow", "title": "T"}}, "at_risk"),
        ({"current_status": {"gid": "5", "color": "red", "title": "T"}}, "off_track"),
        ({"current_status": {"gid": "5", "color": "blue", "title": "T"}}, "on_hold"),
        ({"current_status": {"gid": "5", "color": "complete", "title": "T"}}, "complete"),
        ({"current_status_update": {"gid": "5", "status_type": "dropped", "title": "T"}}, "dropped"),
    ],
)
def test_health_is_one_vocabulary_however_asana_said_it(told: dict[str, object], status: str) -> None:
    found = reference(project_updates=[{"gid": "1", **told}])

    assert found.status_updates == (SourceStatusUpdate("5", "project", "1", status, "T"),)


def test_a_status_update_has_its_author_and_moment() -> None:
    update = {"gid": "5", "status_type": "on_track", "created_at": "2026-11-01T08:00:00.000Z", "author": ref("9")}
    (found,) = reference(portfolio_updates=[{"gid": "1", "current_status_update": update}]).status_updates

    assert (found.parent_kind, found.author_id) == ("portfolio", "9")
    assert found.created_at == datetime(2026, 11, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("metric", "progress"),
    [
        ({"initial_number_value": 10, "target_number_value": 30, "current_number_value": 15}, 0.25),
        ({"initial_number_value": None, "target_number_value": 10, "current_number_value": 12}, 1.2),
        ({"initial_number_value": 5, "target_number_value": 5, "current_number_value": 5}, None),
        ({"target_number_value": 5}, None),
        (None, None),
    ],
)
def test_a_goal_s_progress_is_the_part_of_its_way_that_is_gone(metric: object, progress: float | None) -> None:
    (goal,) = reference(goals=[{"gid": "1", "name": "Revenue", "metric": metric, "status": "missed"}]).goals

    assert (goal.progress, goal.status) == (progress, "missed")


def test_odd_metadata_costs_what_is_odd_and_is_told() -> None:
    found = reference(
        projects=[{"gid": "1", "name": None, "archived": "maybe"}, {"name": "No gid"}, None, {"gid": "2", "name": "B"}],
        goals=[{"gid": "3", "metric": {"target_number_value": "much"}}],
        users=None,
    )

    assert [(each.native_id, each.name, each.archived) for each in found.projects] == [
        ("1", "1", False),
        ("2", "B", False),
    ]
    assert [each.message for each in found.warnings] == [
        "Some of the projects could not be read in full.",
        "Some of the goals could not be read in full.",
        "Some of the users could not be read in full.",
    ]


def test_payloads_that_are_no_json_are_refused() -> None:
    with pytest.raises(PayloadUnreadable):
        read_discovery({"projects": b"[{"}, options=AsanaOptions())


def test_nothing_at_all_is_an_empty_workspace() -> None:
    found = read_discovery({}, options=AsanaOptions()).reference

    assert (found.projects, found.fields, found.warnings) == ((), (), ())
