from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from connectors.contract import RawItem, RawRecord
from connectors.errors import PayloadUnreadable
from connectors.items import Facet, FacetValue, SourceItem, SourceStub, StatusCategory
from connectors.jira.config import JiraOptions
from connectors.jira.normalise import JiraNormaliser
from tests.builders import jira
from tests.builders.jira import DONE, IN_PROGRESS, TO_DO

FIELDS = [
    jira.a_field("customfield_1", "Story Points", jira.FLOAT),
    jira.a_field("customfield_2", "Sprint", jira.SPRINT, kind="array"),
    jira.a_field("customfield_3", "Epic Link", jira.EPIC_LINK, kind="any"),
    jira.a_field("customfield_4", "Epic Name", jira.EPIC_NAME, kind="string"),
    jira.a_field("customfield_5", "Target start", jira.TARGET_START, kind="date"),
    jira.a_field("customfield_6", "Target end", jira.TARGET_END, kind="date"),
    jira.a_field("customfield_7", "Start date", jira.DATEPICKER, kind="date"),
    jira.a_field("customfield_8", "Flagged", jira.MULTICHECKBOXES, kind="array"),
    jira.a_field("customfield_9", "Team", jira.TEAM, kind="team"),
    jira.a_field("customfield_10", "Region", "…:select", kind="option"),
]


def normalise(
    issue: jira.Json, *, histories: list[jira.Json] | None = None, matched: tuple[str, ...] = ()
) -> SourceItem:
    normaliser = JiraNormaliser(jira.payloads(fields=FIELDS), options=JiraOptions(), matched_fields=matched)
    return normaliser(jira.raw(issue, histories=histories))


def at(day: int, hour: int = 9) -> datetime:
    return datetime(2026, 1, day, hour, tzinfo=UTC)


def a_day_of_work(native_id: str, day: int, before: tuple[str, str, str], after: tuple[str, str, str]) -> jira.Json:
    return jira.a_history(native_id, f"2026-01-{day:02}T09:00:00.000+0000", jira.a_move(before, after))


def test_an_issue_becomes_an_item_with_all_that_it_says() -> None:
    issue = jira.an_issue(
        priority={"id": "2", "name": "High"},
        assignee={"accountId": "a1", "displayName": "Ada"},
        reporter={"accountId": "b1", "displayName": "Bob"},
        duedate="2026-03-31",
        timeoriginalestimate=3600,
        timespent=0,
        labels=["checkout"],
        components=[{"id": "4", "name": "Web"}],
        fixVersions=[{"id": "7", "name": "v1", "releaseDate": "2026-04-01"}],
        versions=[{"id": "6", "name": "v0", "releaseDate": "2026-01-09", "released": True}],
        customfield_1=3,
        customfield_2=[{"id": 8, "name": "Sprint 8", "state": "active"}],
        customfield_3="PAY-9",
        customfield_5="2026-02-01",
        customfield_6="2026-02-28",
        customfield_7="2026-02-02",
        customfield_8=[{"id": "1", "value": "Impediment"}],
        customfield_9={"id": "u", "name": "Red"},
        customfield_10={"id": "1", "value": "EU"},
    )

    item = normalise(issue, matched=("region",))

    assert (item.native_id, item.key, item.title, item.project_id) == ("10001", "PAY-1", "Pay by card", "100")
    assert (item.status, item.status_category, item.priority, item.team) == (
        "Open",
        StatusCategory.TO_DO,
        "High",
        "Red",
    )
    assert (item.assignee_id, item.reporter_id, [one.name for one in item.people]) == ("a1", "b1", ["Ada", "Bob"])
    assert (item.points, item.points_field, item.parent_key, item.flagged) == (3.0, "customfield_1", "PAY-9", True)
    assert (item.estimate_seconds, item.spent_seconds, item.remaining_seconds) == (3600, 0, None)
    assert (item.start, item.due) == (date(2026, 2, 2), date(2026, 3, 31))
    assert (item.target_start, item.target_end) == (date(2026, 2, 1), date(2026, 2, 28))
    assert (item.created_at, item.updated_at) == (at(5), at(6))
    assert item.facets == (
        FacetValue(Facet.LABEL, "checkout"),
        FacetValue(Facet.COMPONENT, "Web", "4"),
        FacetValue(Facet.RELEASE, "v1", "7"),
        FacetValue(Facet.AFFECTED, "v0", "6"),
        FacetValue(Facet.ITERATION, "Sprint 8", "8"),
        FacetValue(Facet.FIELD, "EU", "1", "customfield_10"),
    )
    assert [(one.native_id, one.project_id, one.release, one.released) for one in item.releases] == [
        ("7", "100", date(2026, 4, 1), False),
        ("6", "100", date(2026, 1, 9), True),
    ]
    assert item.warnings == ()


def test_history_tells_when_work_started_and_ended_and_which_keys_the_issue_had() -> None:
    move = [jira.a_change("project", "99", "100"), jira.a_change("Key", fromString="OLD-5", toString="PAY-1")]
    issue = jira.an_issue(
        status=jira.a_status(*DONE),
        changelog=jira.a_changelog(
            a_day_of_work("3", 8, IN_PROGRESS, DONE),
            a_day_of_work("2", 7, TO_DO, IN_PROGRESS),
            jira.a_history("1", "2026-01-06T09:00:00.000+0000", *move),
        ),
    )

    item = normalise(issue)

    assert (item.started_at, item.done_at) == (at(7), at(8))
    assert (item.former_keys, item.no_resolution) == (("OLD-5",), True)
    assert [change.field_id for change in item.changes] == ["project", "issuekey", "status", "status"]


def test_a_complete_changelog_record_replaces_the_capped_one() -> None:
    capped = jira.a_changelog(a_day_of_work("2", 8, IN_PROGRESS, DONE), total=2)
    issue = jira.an_issue(status=jira.a_status(*DONE), changelog=capped)
    complete = [a_day_of_work("2", 8, IN_PROGRESS, DONE), a_day_of_work("1", 7, TO_DO, IN_PROGRESS)]

    part, whole = normalise(issue), normalise(issue, histories=complete)

    assert (part.started_at, part.warnings) == (None, ("changelog_incomplete",))
    assert (whole.started_at, whole.done_at, whole.warnings) == (at(7), at(8), ())


def test_a_cancelled_issue_is_never_done() -> None:
    changelog = jira.a_changelog(a_day_of_work("1", 7, TO_DO, DONE))
    resolution = {"id": "2", "name": "Won't Fix"}

    item = normalise(jira.an_issue(status=jira.a_status(*DONE), resolution=resolution, changelog=changelog))

    assert (item.status_category, item.done_at, item.no_resolution) == (StatusCategory.CANCELLED, None, False)


@pytest.mark.parametrize(
    ("odd", "warning"),
    [
        ({"customfield_1": "a lot"}, "points_not_a_number"),
        ({"timespent": "an hour"}, "timespent_not_a_number"),
        ({"priority": "High"}, "priority_unreadable"),
        ({"labels": ["x", 5]}, "labels_unreadable"),
        ({"customfield_2": ["Sprint 8"]}, "sprint_unreadable"),
        ({"fixVersions": [{"id": "7", "name": "v1", "releaseDate": "soon"}]}, "release_date_unreadable"),
        ({"issuelinks": [{"id": "1", "type": {"id": "1"}}]}, "link_without_end"),
        ({"issuelinks": [jira.a_link("1", "77", outward=("2", "PAY-2"))]}, "link_type_unknown"),
        ({"status": {"id": "77", "name": "Odd"}}, "status_without_category"),
    ],
)
def test_an_odd_optional_value_costs_a_warning_and_not_the_issue(odd: dict[str, Any], warning: str) -> None:
    item = normalise(jira.an_issue(**odd))

    assert item.warnings == (warning,)
    assert (item.key, item.title) == ("PAY-1", "Pay by card")


def test_what_is_readable_beside_an_odd_value_is_kept() -> None:
    links = [jira.a_link("1", "1", outward=("2", "PAY-2")), {"id": 5}]

    item = normalise(jira.an_issue(labels=["x", 5], issuelinks=links, customfield_1=8, duedate="2026-03-31"))

    assert [one.value for one in item.facets] == ["x"]
    assert [(one.source_id, one.target_id) for one in item.links] == [("10001", "2")]
    assert (item.points, item.due) == (8.0, date(2026, 3, 31))
    assert item.warnings == ("labels_unreadable", "issuelinks_unreadable")


@pytest.mark.parametrize(
    ("broken", "what"),
    [
        ({"duedate": "31.02.2026"}, "duedate"),
        ({"duedate": 5}, "duedate"),
        ({"created": "yesterday"}, "created"),
        ({"updated": None}, "updated"),
        ({"resolutiondate": "2026-01-01"}, "resolutiondate"),
        ({"customfield_5": "31.02.2026"}, "customfield_5"),
        ({"status": None}, "status"),
        ({"project": {"key": "PAY"}}, "project"),
    ],
)
def test_a_wrong_moment_day_or_identity_refuses_the_issue_by_name(broken: dict[str, Any], what: str) -> None:
    with pytest.raises(PayloadUnreadable) as refused:
        normalise(jira.an_issue(**broken))

    assert refused.value.what == what


@pytest.mark.parametrize("payload", [b"<html>", b"{}", b'{"id": 5, "key": "PAY-1", "fields": {}}'])
def test_what_is_no_issue_is_refused(payload: bytes) -> None:
    normaliser = JiraNormaliser(jira.payloads(), options=JiraOptions())

    with pytest.raises(PayloadUnreadable, match="issue: cannot read"):
        normaliser(RawItem(RawRecord("issue", "1", payload)))


def test_a_parent_that_was_not_read_leaves_a_stub_and_an_epic_is_known_by_its_name_field() -> None:
    far = {"id": "2", "key": "PAY-2", "fields": {"summary": "Epic", "status": jira.a_status(*DONE)}}
    kind = {"id": "11", "name": "Épopée", "subtask": False}

    item = normalise(jira.an_issue(parent=far, issuetype=kind, customfield_4="Checkout"))

    assert item.level == 1
    assert (item.parent_id, item.parent_stub) == (
        "2",
        SourceStub("2", "PAY-2", "Epic", "Closed", StatusCategory.DONE, None),
    )


def test_a_change_to_what_is_no_text_costs_the_issue_nothing() -> None:
    change = jira.a_change("Story Points", fieldtype="custom", fromString=5, toString=8.5)
    history = jira.a_history("1", "2026-01-06T09:00:00.000+0000", change)

    item = normalise(jira.an_issue(changelog={"histories": [history], "total": 1}))

    assert [(one.field_id, one.from_text, one.to_text) for one in item.changes] == [("customfield_1", "5", "8.5")]
    assert item.warnings == ()


def test_an_issue_with_an_odd_field_keeps_its_history() -> None:
    history = a_day_of_work("1", 7, TO_DO, IN_PROGRESS)
    issue = jira.an_issue(status=jira.a_status(*IN_PROGRESS), labels=["x", 5], changelog=jira.a_changelog(history))

    item = normalise(issue)

    assert (item.started_at, item.warnings) == (at(7), ("labels_unreadable",))


def test_the_field_in_which_people_state_health_is_kept_without_a_rule_that_asks_for_it() -> None:
    issue = jira.an_issue(customfield_10={"id": "1", "value": "Off Track"})
    normaliser = JiraNormaliser(jira.payloads(fields=FIELDS), options=JiraOptions(health_field="region"))

    assert normaliser(jira.raw(issue)).facets == (FacetValue(Facet.FIELD, "Off Track", "1", "customfield_10"),)


def test_the_fields_in_which_people_state_business_value_are_kept_too() -> None:
    fields = [
        *FIELDS,
        jira.a_field("customfield_20", "Planned Value", jira.FLOAT),
        jira.a_field("customfield_21", "AV"),
    ]
    normaliser = JiraNormaliser(jira.payloads(fields=fields), options=JiraOptions(value_fields=("planned value", "AV")))

    item = normaliser(jira.raw(jira.an_issue(customfield_20=8, customfield_21=6.5)))

    assert [(one.name, one.value) for one in item.facets] == [("customfield_20", "8"), ("customfield_21", "6.5")]
