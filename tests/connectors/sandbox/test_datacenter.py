"""The stand-in Data Center: offset paging, its own shapes, its own refusals."""

from __future__ import annotations

from datetime import timedelta

from tests.connectors.sandbox.support import (
    EPIC,
    INITIATIVE,
    NOW,
    SPRINT,
    SUBTASK,
    a_site,
    add_story,
    datacenter,
    options,
    refused,
)

SEARCH = "/rest/api/2/search"


async def test_the_page_size_is_capped_silently_and_the_total_stays_true() -> None:
    async with datacenter(a_site(5), options(search_cap=2)) as jira:
        page = (
            await jira.post(SEARCH, json={"jql": "project = PAY ORDER BY id", "startAt": 1, "maxResults": 99})
        ).json()

    assert (page["startAt"], page["maxResults"], page["total"]) == (1, 2, 5)
    assert [issue["id"] for issue in page["issues"]] == ["1002", "1003"]


async def test_one_unknown_name_refuses_the_whole_query() -> None:
    async with datacenter(a_site()) as jira:
        project = await jira.get(SEARCH, params={"jql": "project in (PAY, NOPE)"})
        field = await jira.get(SEARCH, params={"jql": "colour = red"})
        issue = await jira.get(SEARCH, params={"jql": "id in (1001, 9999)"})

    assert await refused(project) == ["The value 'NOPE' does not exist for the field 'project'."]
    assert await refused(field) == ["Field 'colour' does not exist or you do not have permission to view it."]
    assert await refused(issue) == ["A value with ID '9999' does not exist for the field 'id'."]


async def test_the_changelog_is_complete_oldest_first_and_without_field_ids() -> None:
    site = a_site(1)
    for number in range(45):
        site.touch("1001", NOW + timedelta(seconds=number), summary=f"Version {number}")
    async with datacenter(site) as jira:
        page = await jira.get(SEARCH, params={"jql": "id = 1001", "expand": "changelog"})

    changelog = page.json()["issues"][0]["changelog"]
    assert changelog["total"] == len(changelog["histories"]) == 45
    items = [item for history in changelog["histories"] for item in history["items"]]
    assert items[0]["toString"] == "Version 0"
    assert all("fieldId" not in item for item in items)


async def test_users_have_names_and_keys_in_fields_and_in_the_changelog() -> None:
    site = a_site(1)
    site.touch("1001", NOW, assignee=None)
    site.touch("1001", NOW, assignee=site.users["acc-1"])
    async with datacenter(site) as jira:
        issue = (await jira.get("/rest/api/2/issue/PAY-1", params={"expand": "changelog"})).json()

    assert (issue["fields"]["assignee"]["name"], issue["fields"]["assignee"]["key"]) == ("rita", "JIRAUSER1")
    assert "accountId" not in issue["fields"]["assignee"]
    last = issue["changelog"]["histories"][-1]
    assert last["items"][0]["to"] == "JIRAUSER1"
    assert last["author"]["name"] == "rita"


async def test_the_hierarchy_is_spread_over_three_fields() -> None:
    site = a_site(0)
    add_story(site, 1001, issuetype=INITIATIVE)
    add_story(site, 1002, issuetype=EPIC, parent={"id": "1001", "key": "PAY-1"})
    add_story(site, 1003, parent={"id": "1002", "key": "PAY-2"})
    add_story(site, 1004, issuetype=SUBTASK, parent={"id": "1003", "key": "PAY-3"})
    async with datacenter(site) as jira:
        fields = (await jira.get("/rest/api/2/field")).json()
        issues = (await jira.get(SEARCH, params={"jql": "project = PAY ORDER BY id"})).json()["issues"]

    by_name = {field["name"]: field["id"] for field in fields}
    epic_link, parent_link = by_name["Epic Link"], by_name["Parent Link"]
    shown = [
        (each["fields"][parent_link], each["fields"][epic_link], each["fields"].get("parent", {}).get("key"))
        for each in issues
    ]
    assert shown == [(None, None, None), ("PAY-1", None, None), (None, "PAY-2", None), (None, None, "PAY-3")]
    assert issues[2]["fields"]["subtasks"][0]["key"] == "PAY-4"
    assert "hierarchyLevel" not in issues[0]["fields"]["issuetype"]


async def test_a_sprint_is_the_text_that_java_makes_of_it() -> None:
    site = a_site(1)
    site.touch("1001", NOW, **{SPRINT: [4]})
    async with datacenter(site) as jira:
        fields = (await jira.get("/rest/api/2/issue/1001")).json()["fields"]

    assert fields[SPRINT] == [
        "com.atlassian.greenhopper.service.sprint.Sprint@1a2b[id=4,rapidViewId=1,state=ACTIVE,name=One, [two]=3,"
        "startDate=<null>,endDate=<null>,completeDate=<null>,activatedDate=<null>,sequence=4,goal=<null>,"
        "autoStartStop=false,synced=false]"
    ]


async def test_lists_are_bare_arrays_and_archived_projects_are_asked_for() -> None:
    site = a_site(1)
    site.projects["20"]["archived"] = True
    async with datacenter(site) as jira:
        live = (await jira.get("/rest/api/2/project")).json()
        every = (await jira.get("/rest/api/2/project", params={"includeArchived": "true"})).json()
        info = (await jira.get("/rest/api/2/serverInfo")).json()

    assert [row["key"] for row in live] == ["PAY"]
    assert [(row["key"], row.get("archived", False)) for row in every] == [("PAY", False), ("WEB", True)]
    assert info["deploymentType"] == "Server"


async def test_there_is_no_version_three_and_no_token_search() -> None:
    async with datacenter(a_site(1)) as jira:
        assert (await jira.get("/rest/api/3/myself")).status_code == 404
        assert (await jira.post("/rest/api/2/search/jql", json={"jql": "project = PAY"})).status_code == 404
