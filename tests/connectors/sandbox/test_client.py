"""The official `jira` client finds its way around both stand-ins."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from jira import JIRA

from connectors.sandbox.cloud import create_cloud
from connectors.sandbox.datacenter import create_datacenter
from connectors.sandbox.server import SandboxServer
from tests.connectors.sandbox.support import EPIC, NOW, SPRINT, a_site, add_story, options

MAKERS = {"cloud": create_cloud, "datacenter": create_datacenter}


@pytest.fixture(params=sorted(MAKERS))
def client(request: pytest.FixtureRequest) -> Iterator[JIRA]:
    site = a_site(250)
    add_story(site, 1900, project="20", issuetype=EPIC, updated=NOW - timedelta(days=3))
    site.touch("1001", NOW, **{SPRINT: [4]})
    site.link("9", "1001", "1900", at=NOW)
    site.versions["10"] = [{"id": "70", "name": "1.0", "archived": False, "released": True}]
    maker: Any = MAKERS[request.param]
    with SandboxServer(maker(site, options()), context_path="/jira") as server:
        sdk = JIRA(server.url, basic_auth=("demo@example.com", "sandbox"), max_retries=0, timeout=20)
        yield sdk
        sdk.close()  # type: ignore[no-untyped-call]  # the SDK is typed but for this


def test_the_client_lists_every_issue(client: JIRA) -> None:
    issues = client.search_issues("project in (PAY, WEB) ORDER BY id ASC", maxResults=0, expand="changelog")

    assert [issue.id for issue in issues] == [*(str(number) for number in range(1001, 1251)), "1900"]
    assert issues[0].fields.issuelinks[0].outwardIssue.key == "WEB-900"
    assert [item.field for history in issues[0].changelog.histories for item in history.items][-1:] in (
        ["Link"],
        ["Sprint"],
    )


def test_the_client_lists_the_reference_data(client: JIRA) -> None:
    assert [project.key for project in client.projects()] == ["PAY", "WEB"]
    assert {field["id"] for field in client.fields()} >= {"summary", SPRINT}
    assert [status.name for status in client.statuses()] == ["To Do", "Done"]
    assert [kind.name for kind in client.issue_types()] == ["Epic", "Story", "Sub-task", "Initiative"]
    assert [kind.outward for kind in client.issue_link_types()] == ["blocks"]
    assert [version.name for version in client.project_versions("PAY")] == ["1.0"]
    assert [priority.name for priority in client.priorities()] == ["High"]
    assert [resolution.name for resolution in client.resolutions()] == ["Fixed"]
    assert client.myself()["displayName"] == "Rita Reader"


def test_the_client_lists_boards_and_sprints(client: JIRA) -> None:
    assert [(board.id, board.name) for board in client.boards()] == [(1, "Pay"), (2, "Web")]
    assert [(sprint.id, sprint.state) for sprint in client.sprints(1)] == [(4, "active")]
    assert client.sprint(4).name == "One, [two]=3"


def test_the_client_reads_one_issue(client: JIRA) -> None:
    assert client.issue("PAY-7").fields.summary == "Story 1007"
