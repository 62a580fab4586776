"""Real records, loaded and served: nothing of what they are known to hold is lost on the way."""

from __future__ import annotations

import os
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.sandbox.recorded import load_recorded
from connectors.sandbox.site import JiraSite
from tests.connectors.sandbox.support import cloud, datacenter, options

DATA = Path(os.environ.get("INTERLOCK_REAL_DATA", Path(__file__).parents[3].parent / "shared" / "data")) / "jira"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"no recorded tracker data in {DATA} (INTERLOCK_REAL_DATA)")


@lru_cache
def recorded(name: str) -> JiraSite:
    return load_recorded(DATA / f"{name}.jsonl.gz")


async def everything(jira: httpx.AsyncClient, project: str) -> list[dict[str, Any]]:
    """All issues of a project with their histories, as Data Center pages them."""
    query: dict[str, str | int] = {
        "jql": f"project = {project} ORDER BY id",
        "expand": "changelog",
        "maxResults": 1000,
        "fields": "*all",
    }
    issues: list[dict[str, Any]] = []
    while True:
        page = (await jira.get("/rest/api/2/search", params=query | {"startAt": len(issues)})).json()
        issues += page["issues"]
        if len(issues) >= page["total"]:
            return issues


async def test_data_center_serves_every_history_of_duraspace() -> None:
    site = recorded("duraspace")
    async with datacenter(site, options()) as jira:
        issues = [issue for project in site.projects for issue in await everything(jira, project)]

    histories = [history for issue in issues for history in issue["changelog"]["histories"]]
    items = Counter(item["field"] for history in histories for item in history["items"])
    assert (len(issues), len(histories), items.total()) == (3036, 15140, 22158)
    assert (items["status"], items["Fix Version"], items["Link"], items["Sprint"]) == (5124, 4486, 1089, 34)
    assert sum(issue["fields"]["customfield_10023"] is not None for issue in issues) == 580
    assert sum(issue["fields"]["customfield_10290"] is not None for issue in issues) == 23
    assert sum(len(issue["fields"]["issuelinks"]) for issue in issues) == 928


def test_a_version_is_the_same_in_every_issue_though_it_changed_while_duraspace_was_recorded() -> None:
    """A tracker that tells two things at once of one version would have no state that a sync could arrive at."""
    site = recorded("duraspace")
    fields = [issue["fields"] for issue in site.issues.values()]
    told = [version for row in fields for name in ("fixVersions", "versions") for version in row.get(name) or ()]

    assert len({version["id"] for version in told}) == 174
    assert len({repr(sorted(version.items())) for version in told}) == 174


async def test_people_and_statuses_of_duraspace_come_back_as_they_were_recorded() -> None:
    site = recorded("duraspace")
    async with datacenter(site, options()) as jira:
        issue = (await jira.get("/rest/api/2/issue/CLOUDSYNC-10", params={"expand": "changelog"})).json()

    assert issue["fields"]["assignee"]["name"] == "user-142a3d3e"
    assert issue["fields"]["status"]["name"] == "Open"
    assert issue["changelog"]["histories"][0]["items"][0]["to"] == "DURACLOUD-481"


async def test_a_key_of_before_a_move_still_finds_the_issue() -> None:
    site = recorded("duraspace")
    assert len(site.aliases) == 78
    former, issue_id = next(iter(site.aliases.items()))
    async with cloud(site, options()) as jira:
        assert (await jira.get(f"/rest/api/3/issue/{former}")).json()["id"] == issue_id


async def test_cloud_serves_the_sprints_and_epics_of_tidev() -> None:
    site = recorded("tidev")
    ids = [number for number, issue in site.issues.items() if issue["fields"].get("parent")]
    sprints = [number for number, issue in site.issues.items() if issue["fields"]["customfield_10290"]]
    async with cloud(site, options()) as jira:
        answer = await jira.post("/rest/api/3/issue/bulkfetch", json={"issueIdsOrKeys": sprints[:100]})
        parents = [(await jira.get(f"/rest/api/3/issue/{each}")).json()["fields"]["parent"] for each in ids[:60]]

    assert len(site.issues) == 6686
    assert len(ids) == 119 + 99
    assert all(parent["key"] for parent in parents)
    shown = [sprint for issue in answer.json()["issues"] for sprint in issue["fields"]["customfield_10290"]]
    assert {"id", "name", "state", "boardId"} <= set(shown[0])


async def test_data_center_writes_the_epic_of_tidev_as_a_key() -> None:
    site = recorded("tidev")
    async with datacenter(site, options()) as jira:
        fields = (await jira.get("/rest/api/2/field")).json()
        epic_link = next(field["id"] for field in fields if field["name"] == "Epic Link")
        issues = await everything(jira, "ALOY")

    keys = {issue["fields"][epic_link] for issue in issues} - {None}
    assert "ALOY-974" in keys
