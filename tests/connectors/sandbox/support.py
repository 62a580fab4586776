"""A small site and ways to talk to it; the clock stands at NOW unless a test moves it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from connectors.sandbox.cloud import create_cloud
from connectors.sandbox.datacenter import create_datacenter
from connectors.sandbox.options import SandboxOptions
from connectors.sandbox.site import JiraSite

NOW = datetime(2026, 11, 20, 12, 0, 30, tzinfo=UTC)
SEARCH = "/rest/api/3/search/jql"
BULK = "/rest/api/3/issue/bulkfetch"
TO_DO = {"id": "1", "name": "To Do", "statusCategory": {"id": 2, "key": "new", "name": "To Do"}}
DONE = {"id": "3", "name": "Done", "statusCategory": {"id": 3, "key": "done", "name": "Done"}}
EPIC = {"id": "30", "name": "Epic", "subtask": False, "hierarchyLevel": 1}
STORY = {"id": "31", "name": "Story", "subtask": False, "hierarchyLevel": 0}
SUBTASK = {"id": "32", "name": "Sub-task", "subtask": True, "hierarchyLevel": -1}
INITIATIVE = {"id": "33", "name": "Initiative", "subtask": False, "hierarchyLevel": 2}
SPRINT, POINTS = "customfield_10020", "customfield_10016"
READER = {
    "accountId": "acc-1",
    "name": "rita",
    "key": "JIRAUSER1",
    "displayName": "Rita Reader",
    "emailAddress": "rita@example.com",
    "active": True,
    "timeZone": "America/New_York",
}


def a_site(issues: int = 5) -> JiraSite:
    """Project 10 (PAY) with that many stories, ids 1001…, each updated one minute after the other before NOW."""
    site = JiraSite(
        base_name="small",
        users={"acc-1": READER},
        me="acc-1",
        fields=[
            *(_field(name, {"type": "string", "system": name}) for name in ("summary", "description", "labels")),
            *(_field(name, {"type": "datetime", "system": name}) for name in ("updated", "created")),
            *(_field(name, {"type": name, "system": name}) for name in ("status", "issuetype", "project")),
            _field("assignee", {"type": "user", "system": "assignee"}),
            _field(SPRINT, _custom("array", "com.pyxis.greenhopper.jira:gh-sprint", 10020), "Sprint"),
            _field(POINTS, _custom("number", "com.pyxis.greenhopper.jira:jsw-story-points", 10016), "Points"),
        ],
        statuses=[TO_DO, DONE],
        issue_types=[EPIC, STORY, SUBTASK, INITIATIVE],
        priorities=[{"id": "5", "name": "High"}],
        resolutions=[{"id": "7", "name": "Fixed"}],
        link_types=[{"id": "9", "name": "Blocks", "inward": "is blocked by", "outward": "blocks"}],
        projects={"10": _project("10", "PAY", "Payments"), "20": _project("20", "WEB", "Web shop")},
        boards=[
            {"id": 1, "name": "Pay", "type": "scrum", "location": {"projectId": 10}, "estimation_field": POINTS},
            {"id": 2, "name": "Web", "type": "kanban", "location": {"projectId": 20}},
        ],
        sprints={4: {"id": 4, "state": "active", "name": "One, [two]=3", "startDate": None, "originBoardId": 1}},
    )
    for number in range(issues):
        add_story(site, 1001 + number, updated=NOW - timedelta(minutes=issues - number))
    return site


def add_story(site: JiraSite, number: int, *, updated: datetime = NOW, **fields: Any) -> str:
    issue_id, stamp = str(number), site.timestamp(updated)
    project = fields.pop("project", "10")
    home = {name: site.projects[project][name] for name in ("id", "key", "name")}
    content: dict[str, Any] = {
        "summary": f"Story {number}",
        "description": "First line\nSecond line",
        "status": TO_DO,
        "issuetype": STORY,
        "project": home,
        "labels": [],
        "assignee": READER,
        "created": stamp,
        "updated": stamp,
        SPRINT: None,
        POINTS: None,
    }
    site.add(
        {
            "id": issue_id,
            "key": f"{home['key']}-{number - 1000}",
            "fields": content | fields,
            "changelog": {"histories": []},
        }
    )
    return issue_id


def options(**values: Any) -> SandboxOptions:
    return SandboxOptions(clock=lambda: NOW, **values)


@asynccontextmanager
async def cloud(site: JiraSite, chosen: SandboxOptions | None = None) -> AsyncIterator[httpx.AsyncClient]:
    app = create_cloud(site, chosen or options())
    async with _client(app) as client:
        yield client


@asynccontextmanager
async def datacenter(site: JiraSite, chosen: SandboxOptions | None = None) -> AsyncIterator[httpx.AsyncClient]:
    app = create_datacenter(site, chosen or options())
    async with _client(app) as client:
        yield client


def _client(app: Any) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app)
    return httpx.AsyncClient(transport=transport, base_url="http://jira", auth=("demo@example.com", "sandbox"))


async def search(client: httpx.AsyncClient, jql: str, **body: Any) -> list[str]:
    """Ids of one Cloud page."""
    answer = await client.post(SEARCH, json={"jql": jql, **body})
    assert answer.status_code == 200, answer.text
    return [issue["id"] for issue in answer.json()["issues"]]


async def refused(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 400, answer.text
    messages: list[str] = answer.json()["errorMessages"]
    return messages


def _field(name: str, schema: dict[str, Any], title: str | None = None) -> dict[str, Any]:
    return {
        "id": name,
        "key": name,
        "name": title or name.capitalize(),
        "custom": "custom" in schema,
        "orderable": True,
        "navigable": True,
        "searchable": True,
        "clauseNames": [name],
        "schema": schema,
    }


def _custom(kind: str, custom: str, number: int) -> dict[str, Any]:
    return {"type": kind, "custom": custom, "customId": number}


def _project(number: str, key: str, name: str) -> dict[str, Any]:
    made = {"projectTypeKey": "software", "style": "classic", "simplified": False, "archived": False}
    return {"id": number, "key": key, "name": name, **made}
