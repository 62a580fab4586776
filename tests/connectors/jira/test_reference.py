from __future__ import annotations

from datetime import date

import pytest

from connectors.errors import PayloadUnreadable
from connectors.items import (
    SourceItemType,
    SourceIteration,
    SourceProject,
    SourceRelease,
    SourceStatus,
    StatusCategory,
)
from connectors.jira.config import JiraOptions
from connectors.jira.reference import read_reference
from tests.builders import jira

SCOPE = {"scope": {"type": "PROJECT", "project": {"id": "100"}}}


def test_every_payload_becomes_reference_data() -> None:
    sent = jira.payloads(
        statuses=[jira.a_status("1", "Open", "undefined"), jira.a_status("9", "Hecho", "done") | SCOPE],
        item_types=[{"id": "5", "name": "Sub-task", "subtask": True}, {"id": "12", "name": "Saga"}],
        projects=[{"id": "100", "key": "PAY", "name": "Payments", "archived": True, "style": "next-gen"}],
        versions={"100": [{"id": "7", "name": "v1", "projectId": 100, "released": True, "releaseDate": "2026-03-31"}]},
        sprints=[{"id": 3, "name": "S", "state": "active", "originBoardId": 1}, {"id": 3, "name": "S"}],
    )

    reference = read_reference(sent, options=JiraOptions(item_type_levels={"Saga": 2}))

    assert reference.statuses == (
        SourceStatus("1", "Open", StatusCategory.TO_DO),
        SourceStatus("9", "Hecho", StatusCategory.DONE, "100"),
    )
    assert reference.item_types == (SourceItemType("5", "Sub-task", -1), SourceItemType("12", "Saga", 2))
    assert reference.projects == (SourceProject("100", "PAY", "Payments", True, "next-gen"),)
    assert reference.releases == (SourceRelease("7", "v1", "100", release=date(2026, 3, 31), released=True),)
    assert reference.iterations == (SourceIteration("3", "S", "active", board_id="1"),)
    assert reference.warnings == ()
    assert reference.payloads == sent


def test_reading_its_own_payloads_again_gives_the_same_reference() -> None:
    first = read_reference(
        jira.payloads(fields=[jira.a_field("customfield_1", "Sprint", jira.SPRINT)]), options=JiraOptions()
    )

    assert read_reference(first.payloads, options=JiraOptions()) == first


def test_what_a_site_does_not_offer_is_empty() -> None:
    reference = read_reference({}, options=JiraOptions())

    assert (reference.fields, reference.link_types, reference.releases, reference.warnings) == ((), (), (), ())


def test_a_status_without_a_category_counts_as_not_started_and_is_told() -> None:
    reference = read_reference(jira.payloads(statuses=[jira.a_status("1", "Odd", None)]), options=JiraOptions())

    assert reference.statuses[0].category is StatusCategory.TO_DO
    assert [one.message for one in reference.warnings] == ["Status 'Odd' has no category; it counts as not started."]


def test_a_payload_that_is_no_json_is_refused_by_name() -> None:
    with pytest.raises(PayloadUnreadable, match="statuses: cannot read"):
        read_reference({"statuses": b"<html>"}, options=JiraOptions())
