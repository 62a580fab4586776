"""A bulk site weighs what was asked for and is still a consistent Jira."""

from __future__ import annotations

import json
from datetime import date

import pytest

from connectors.sandbox.bulk import generate_bulk
from connectors.sandbox.site import JiraSite

TODAY = date(2026, 11, 21)


@pytest.fixture(scope="module")
def site() -> JiraSite:
    return generate_bulk(issues=2_001, today=TODAY)


def test_issues_weigh_about_ten_kilobytes_and_have_sixty_fields(site: JiraSite) -> None:
    sizes = [len(json.dumps(issue)) for issue in site.issues.values()]

    assert len(sizes) == 2_001
    assert 9_000 < sum(sizes) / len(sizes) < 11_000
    assert all(57 <= len(issue["fields"]) <= 62 for issue in site.issues.values())


def test_projects_share_the_issues_evenly(site: JiraSite) -> None:
    counts = [
        sum(1 for issue in site.issues.values() if issue["fields"]["project"]["id"] == project)
        for project in site.projects
    ]

    assert counts == [501, 500, 500, 500]


@pytest.mark.parametrize("histories", [0, 1, 5, 60])
def test_each_issue_has_the_histories_asked_for_and_they_end_at_the_present_status(histories: int) -> None:
    site = generate_bulk(issues=100, histories=histories, today=TODAY)

    for issue in site.issues.values():
        rows = issue["changelog"]["histories"]
        moves = [item for row in rows for item in row["items"] if item["fieldId"] == "status"]
        assert len(rows) == histories
        assert all(move["to"] == issue["fields"]["status"]["id"] for move in moves[-1:])


def test_parents_and_links_point_at_issues_that_exist(site: JiraSite) -> None:
    linked = 0
    for issue in site.issues.values():
        fields = issue["fields"]
        if parent := fields.get("parent"):
            assert site.issues[parent["id"]]["key"] == parent["key"]
            assert site.issues[parent["id"]]["fields"]["issuetype"]["name"] == "Epic"
        for link in fields["issuelinks"]:
            far = link.get("outwardIssue") or link["inwardIssue"]
            linked += 1
            assert link["id"] in [other["id"] for other in site.issues[far["id"]]["fields"]["issuelinks"]]

    assert linked > 300


def test_a_changed_issue_leaves_its_siblings_alone(site: JiraSite) -> None:
    first, second, *_ = generate_bulk(issues=100, today=TODAY).issues
    fresh = generate_bulk(issues=100, today=TODAY)
    fresh.touch(first, None, summary="Changed")

    assert fresh.issues[first]["fields"]["summary"] == "Changed"
    assert fresh.issues[second]["fields"]["summary"] == "Piece of work 2"


def test_the_same_arguments_give_the_same_site() -> None:
    assert generate_bulk(issues=300, today=TODAY) == generate_bulk(issues=300, today=TODAY)
