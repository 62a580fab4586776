"""Changing a site leaves what Jira leaves: histories, moved times, former keys, links at both ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.sandbox.site import Issue, JiraSite
from tests.connectors.sandbox.support import DONE, EPIC, NOW, POINTS, SPRINT, a_site, add_story

LATER = NOW + timedelta(hours=1)


def last_item(site: JiraSite, issue_id: str) -> dict[str, Any]:
    item: dict[str, Any] = site.issues[issue_id]["changelog"]["histories"][-1]["items"][-1]
    return item


@pytest.mark.parametrize(
    ("field", "value", "item"),
    [
        ("summary", "New", (None, "Story 1001", None, "New")),
        ("assignee", None, ("acc-1", "Rita Reader", None, None)),
        ("labels", ["b", "a"], (None, "", None, "b a")),
        (POINTS, 8.0, (None, "", None, "8")),
        (SPRINT, [4, 5], ("", "", "4, 5", "One, [two]=3, Two")),
        ("duedate", "2026-12-01", (None, None, "2026-12-01", "2026-12-01 00:00:00.0")),
    ],
)
def test_a_change_is_written_as_jira_writes_it(field: str, value: Any, item: tuple[Any, ...]) -> None:
    site = a_site(1)
    site.sprints[5] = {"id": 5, "state": "future", "name": "Two", "originBoardId": 1}
    site.fields.append({"id": "duedate", "name": "Due date", "schema": {"type": "date", "system": "duedate"}})

    site.touch("1001", LATER, **{field: value})

    written = last_item(site, "1001")
    assert (written["from"], written["fromString"], written["to"], written["toString"]) == item
    assert written["fieldId"] == field
    assert site.issues["1001"]["fields"]["updated"] == "2026-11-20T13:00:30.000+0000"


def test_a_touch_without_fields_moves_the_time_and_writes_no_history() -> None:
    site = a_site(1)
    site.touch("1001", LATER)

    assert site.issues["1001"]["changelog"]["histories"] == []
    assert site.issues["1001"]["fields"]["updated"] == "2026-11-20T13:00:30.000+0000"


def test_each_version_added_or_removed_is_an_item_of_its_own() -> None:
    site = a_site(1)
    one, two, three = ({"id": str(number), "name": f"{number}.0"} for number in (1, 2, 3))
    site.touch("1001", NOW, fixVersions=[one, two])
    site.touch("1001", NOW, fixVersions=[two, three])

    items = site.issues["1001"]["changelog"]["histories"][-1]["items"]
    assert [(item["field"], item["from"], item["to"]) for item in items] == [
        ("Fix Version", "1", None),
        ("Fix Version", None, "3"),
    ]


def test_a_new_parent_is_written_with_ids_and_without_a_field_id() -> None:
    site = a_site(2)
    add_story(site, 1009, issuetype=EPIC)
    site.touch("1001", NOW, parent={"id": "1009", "key": "PAY-9"})

    item = last_item(site, "1001")
    assert (item["field"], item["to"], item["toString"]) == ("IssueParentAssociation", "1009", "PAY-9")
    assert "fieldId" not in item


def test_done_sets_a_resolution_and_reopening_clears_it() -> None:
    site = a_site(1)
    site.transition("1001", "3", LATER)
    done = site.issues["1001"]["fields"]
    site.transition("1001", "1", LATER)
    open_again = site.issues["1001"]["fields"]

    assert (done["status"], done["resolution"]["name"]) == (DONE, "Fixed")
    assert done["resolutiondate"] == "2026-11-20T13:00:30.000+0000"
    assert (open_again["resolution"], open_again["resolutiondate"]) == (None, None)


def test_a_moved_issue_keeps_its_id_and_is_found_by_both_keys() -> None:
    site = a_site(1)
    site.move("1001", "20", "WEB-1", LATER)

    items = site.issues["1001"]["changelog"]["histories"][-1]["items"]
    assert [(item["field"], item["fromString"], item["toString"]) for item in items] == [
        ("Key", "PAY-1", "WEB-1"),
        ("project", "Payments", "Web shop"),
    ]
    assert found(site, "PAY-1")["id"] == found(site, "WEB-1")["id"] == "1001"
    assert site.issues["1001"]["fields"]["project"]["key"] == "WEB"


def test_a_link_moves_both_ends_and_each_tells_it_in_its_own_words() -> None:
    site = a_site(2)
    link = site.link("9", "1001", "1002", LATER)

    assert last_item(site, "1001")["toString"] == "This issue blocks PAY-2"
    assert last_item(site, "1002")["toString"] == "This issue is blocked by PAY-1"
    assert {site.issues[each]["fields"]["updated"] for each in ("1001", "1002")} == {"2026-11-20T13:00:30.000+0000"}

    site.unlink(link, LATER)
    assert [site.issues[each]["fields"]["issuelinks"] for each in ("1001", "1002")] == [[], []]
    assert (last_item(site, "1002")["from"], last_item(site, "1002")["to"]) == ("PAY-1", None)


def test_a_deleted_issue_takes_its_links_along_and_moves_nobody() -> None:
    site = a_site(2)
    site.link("9", "1001", "1002", NOW)
    updated = site.issues["1002"]["fields"]["updated"]
    site.delete("1001")

    assert site.find("PAY-1") is None
    assert site.issues["1002"]["fields"]["issuelinks"] == []
    assert site.issues["1002"]["fields"]["updated"] == updated


def test_a_change_leaves_the_former_issue_as_it_was() -> None:
    site, told = a_site(1), []
    site.listeners.append(lambda issue_id, former: told.append((issue_id, former)))
    before = site.issues["1001"]
    site.touch("1001", LATER, summary="New")

    assert told == [("1001", before)]
    assert before["fields"]["summary"] == "Story 1001"


def test_times_are_written_in_the_zone_of_the_site() -> None:
    site = a_site(0)
    site.zone = "Australia/Sydney"

    assert site.timestamp(datetime(2026, 11, 20, 12, 0, 0, 123_456, tzinfo=UTC)) == "2026-11-20T23:00:00.123+1100"


def found(site: JiraSite, key: str) -> Issue:
    issue = site.find(key)
    assert issue is not None
    return issue
