"""The stand-in Cloud: what it answers, and what it refuses as the vendor does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connectors.sandbox.site import JiraSite
from tests.connectors.sandbox.support import (
    BULK,
    DONE,
    EPIC,
    NOW,
    POINTS,
    SEARCH,
    SPRINT,
    a_site,
    add_story,
    cloud,
    options,
    refused,
    search,
)

ALL = "project = 10 ORDER BY id ASC"


async def test_a_search_without_a_restriction_is_refused() -> None:
    async with cloud(a_site()) as jira:
        messages = await refused(await jira.post(SEARCH, json={"jql": "ORDER BY created DESC"}))

    assert messages == ["Unbounded JQL queries are not allowed here. Please add a search restriction to your query."]


async def test_a_search_gives_ids_and_nothing_else_unless_fields_are_asked() -> None:
    async with cloud(a_site(1)) as jira:
        answer = await jira.post(SEARCH, json={"jql": ALL})

    assert answer.json() == {"issues": [{"id": "1001"}], "isLast": True}


async def test_tokens_lead_through_every_page_and_the_last_page_has_none() -> None:
    async with cloud(a_site(5)) as jira:
        body: dict[str, Any] = {"jql": ALL, "fields": ["summary"], "maxResults": 2}
        pages = []
        while True:
            page = (await jira.post(SEARCH, json=body)).json()
            pages.append([issue["id"] for issue in page["issues"]])
            if page["isLast"]:
                break
            body["nextPageToken"] = page["nextPageToken"]

    assert pages == [["1001", "1002"], ["1003", "1004"], ["1005"]]
    assert set(page) == {"issues", "isLast"}


async def test_a_token_is_refused_for_another_query_and_after_its_life() -> None:
    now = [NOW]
    chosen = options()
    chosen.clock = lambda: now[0]
    async with cloud(a_site(3), chosen) as jira:
        token = (await jira.post(SEARCH, json={"jql": ALL, "maxResults": 1})).json()["nextPageToken"]
        other = await jira.post(SEARCH, json={"jql": "project = 10", "nextPageToken": token})
        broken = await jira.post(SEARCH, json={"jql": ALL, "nextPageToken": "page-2"})
        now[0] = NOW + timedelta(days=8)
        late = await jira.post(SEARCH, json={"jql": ALL, "nextPageToken": token})

    assert await refused(other) == ["The provided next page token does not belong to this query."]
    assert await refused(broken) == ["The provided next page token is invalid."]
    assert await refused(late) == ["The provided next page token has expired."]


async def test_pages_are_shorter_when_more_than_id_and_updated_is_asked() -> None:
    async with cloud(a_site(7), options(max_page=3)) as jira:
        assert len(await search(jira, ALL, fields=["updated"], maxResults=5000)) == 7
        assert len(await search(jira, ALL, fields=["summary"], maxResults=5000)) == 3


@pytest.mark.parametrize(
    "body",
    [
        {"jql": ALL, "expand": ["changelog"]},
        {"jql": ALL, "fields": "summary"},
        {"jql": ALL, "startAt": 50},
        {"jql": ALL, "reconcileIssues": list(range(1, 52))},
        {"jql": "project = 10 ORDER BY " + ", ".join(["updated"] * 8)},
        {"jql": ALL, "maxResults": "many"},
    ],
)
async def test_a_search_body_of_the_wrong_shape_is_refused(body: dict[str, Any]) -> None:
    async with cloud(a_site()) as jira:
        assert await refused(await jira.post(SEARCH, json=body))


@pytest.mark.parametrize("path", ["/rest/api/3/search", "/rest/api/2/search", "/rest/agile/1.0/board/1/issue"])
async def test_removed_lists_are_gone(path: str) -> None:
    async with cloud(a_site()) as jira:
        assert (await jira.get(path, params={"jql": ALL})).status_code == 410


async def test_a_bulk_read_is_ascending_finds_moved_keys_and_is_silent_about_the_rest() -> None:
    site = a_site(3)
    site.move("1001", "20", "WEB-9", at=NOW)
    site.delete("1002")
    async with cloud(site) as jira:
        answer = await jira.post(BULK, json={"issueIdsOrKeys": ["1003", "1002", "PAY-1", "777"], "fields": ["project"]})

    issues = answer.json()["issues"]
    assert [(issue["id"], issue["key"]) for issue in issues] == [("1001", "WEB-9"), ("1003", "PAY-3")]
    assert issues[0]["fields"]["project"]["id"] == "20"
    assert answer.json()["issueErrors"] == []


async def test_a_bulk_read_takes_a_hundred_and_wants_expand_as_a_list() -> None:
    async with cloud(a_site()) as jira:
        many = await jira.post(BULK, json={"issueIdsOrKeys": [str(number) for number in range(101)]})
        text = await jira.post(BULK, json={"issueIdsOrKeys": ["1001"], "expand": "changelog"})

    assert await refused(many) == ["The number of issue ids or keys must be between 1 and 100."]
    assert await refused(text) == ["Invalid request payload: 'expand' must be an array."]


async def test_an_expanded_changelog_is_newest_first_and_capped_while_the_paged_one_is_complete() -> None:
    site = a_site(1)
    for number in range(43):
        site.touch("1001", NOW + timedelta(seconds=number), summary=f"Version {number}")
    async with cloud(site) as jira:
        issue = (await jira.post(BULK, json={"issueIdsOrKeys": ["1001"], "expand": ["changelog"]})).json()["issues"][0]
        whole = (await jira.get("/rest/api/3/issue/PAY-1/changelog")).json()

    shown = issue["changelog"]
    assert (shown["total"], len(shown["histories"])) == (43, 40)
    assert shown["histories"][0]["items"][0]["toString"] == "Version 42"
    assert [row["items"][0]["toString"] for row in whole["values"]] == [f"Version {number}" for number in range(43)]


@pytest.mark.parametrize(("unit", "created"), [("s", 1795176030), ("ms", 1795176030000)])
async def test_the_bulk_changelog_splits_histories_over_pages_and_may_write_numbers(unit: str, created: int) -> None:
    site = a_site(2)
    for issue_id in ("1001", "1002"):
        site.touch(issue_id, NOW, summary="a")
        site.touch(issue_id, NOW, summary="b")
    body: dict[str, Any] = {"issueIdsOrKeys": ["1001", "1002"], "maxResults": 3}
    async with cloud(site, options(numeric_created=unit)) as jira:
        first = (await jira.post("/rest/api/3/changelog/bulkfetch", json=body)).json()
        body["nextPageToken"] = first["nextPageToken"]
        second = (await jira.post("/rest/api/3/changelog/bulkfetch", json=body)).json()

    pages = [
        [(row["issueId"], len(row["changeHistories"])) for row in page["issueChangeLogs"]] for page in (first, second)
    ]
    assert pages == [[("1001", 2), ("1002", 1)], [("1002", 1)]]
    assert first["issueChangeLogs"][0]["changeHistories"][0]["created"] == created
    assert "nextPageToken" not in second


async def test_a_hidden_project_hides_issues_links_and_parents() -> None:
    site = a_site(2)
    far = add_story(site, 1500, project="20", issuetype=EPIC)
    site.link("9", "1001", far, at=NOW)
    site.touch("1001", NOW, parent={"id": far, "key": "WEB-500"})
    async with cloud(site) as jira:
        before = (await jira.get("/rest/api/3/issue/1001")).json()["fields"]
        site.hidden_projects.add("20")
        after = (await jira.get("/rest/api/3/issue/1001")).json()["fields"]
        gone = await jira.get(f"/rest/api/3/issue/{far}")

    assert before["issuelinks"][0]["outwardIssue"]["key"] == before["parent"]["key"] == "WEB-500"
    assert after["issuelinks"] == []
    assert "parent" not in after
    assert gone.status_code == 404


async def test_embedded_copies_follow_the_far_end() -> None:
    site = a_site(2)
    site.link("9", "1001", "1002", at=NOW)
    async with cloud(site) as jira:
        await jira.get("/rest/api/3/issue/1001")
        site.transition("1002", "3", at=NOW)
        links = (await jira.get("/rest/api/3/issue/1001")).json()["fields"]["issuelinks"]

    assert links[0]["outwardIssue"]["fields"]["status"] == DONE


async def test_sprints_are_objects_and_show_a_change_that_moved_no_issue() -> None:
    site = a_site(1)
    site.touch("1001", NOW, **{SPRINT: [4]})
    async with cloud(site) as jira:
        first = (await jira.get("/rest/api/3/issue/1001")).json()["fields"][SPRINT]
        site.sprints[4] = {**site.sprints[4], "state": "closed"}
        second = (await jira.get("/rest/api/3/issue/1001")).json()["fields"][SPRINT]

    assert first == [{"id": 4, "state": "active", "name": "One, [two]=3", "startDate": None, "boardId": 1}]
    assert second[0]["state"] == "closed"


async def test_version_three_writes_documents_and_version_two_text() -> None:
    async with cloud(a_site(1)) as jira:
        rich = (await jira.get("/rest/api/3/issue/1001")).json()["fields"]["description"]
        plain = (await jira.get("/rest/api/2/issue/1001")).json()["fields"]["description"]

    assert plain == "First line\nSecond line"
    assert rich["content"][1] == {"type": "paragraph", "content": [{"type": "text", "text": "Second line"}]}


async def test_users_carry_accounts_and_no_names() -> None:
    async with cloud(a_site(1)) as jira:
        user = (await jira.get("/rest/api/3/issue/1001")).json()["fields"]["assignee"]

    assert user["accountId"] == "acc-1"
    assert not {"name", "key"} & set(user)


async def test_project_search_answers_404_where_a_filter_matches_nothing() -> None:
    site = a_site(1)
    async with cloud(site) as jira:
        none = await jira.get("/rest/api/3/project/search", params={"status": "archived"})
        site.projects["20"]["archived"] = True
        one = await jira.get("/rest/api/3/project/search", params={"status": "archived"})
        live = await jira.get("/rest/api/3/project/search", params={"status": "live"})

    assert none.status_code == 404
    assert [row["key"] for row in one.json()["values"]] == ["WEB"]
    assert [row["key"] for row in live.json()["values"]] == ["PAY"]


async def test_a_kanban_board_has_no_sprints_and_no_estimation() -> None:
    async with cloud(a_site(1)) as jira:
        kanban = await jira.get("/rest/agile/1.0/board/2/sprint")
        boards = (await jira.get("/rest/agile/1.0/board", params={"projectKeyOrId": "PAY"})).json()["values"]
        scrum = (await jira.get("/rest/agile/1.0/board/1/configuration")).json()

    assert await refused(kanban) == ["The board does not support sprints"]
    assert [board["id"] for board in boards] == [1]
    assert scrum["estimation"]["field"] == {"fieldId": POINTS, "displayName": "Points"}


async def test_search_shows_a_change_only_when_the_index_has_caught_up() -> None:
    site, now = a_site(1), [NOW]
    chosen = options(index_lag=timedelta(minutes=20))
    chosen.clock = lambda: now[0]
    async with cloud(site, chosen) as jira:
        site.touch("1001", NOW, summary="Changed")

        async def summaries(**body: Any) -> list[str]:
            answer = await jira.post(SEARCH, json={"jql": ALL, "fields": ["summary"], **body})
            return [issue["fields"]["summary"] for issue in answer.json()["issues"]]

        assert await summaries() == ["Story 1001"]
        assert await summaries(reconcileIssues=[1001]) == ["Changed"]
        assert (await jira.get("/rest/api/3/issue/1001")).json()["fields"]["summary"] == "Changed"
        now[0] = NOW + timedelta(minutes=20)
        assert await summaries() == ["Changed"]


async def test_the_index_learns_late_of_moves_and_deletions_too() -> None:
    site, now = a_site(3), [NOW]
    chosen = options(index_lag=timedelta(hours=6))
    chosen.clock = lambda: now[0]
    async with cloud(site, chosen) as jira:
        site.move("1001", "20", "WEB-1", at=NOW)
        site.delete("1002")
        add_story(site, 1004)
        assert await search(jira, ALL) == ["1001", "1002", "1003"]
        now[0] = NOW + timedelta(hours=7)
        assert await search(jira, ALL) == ["1003", "1004"]
        assert await search(jira, "project = WEB") == ["1001"]


async def test_an_archived_project_drops_out_of_search_and_stays_readable() -> None:
    site = a_site(1)
    site.projects["10"]["archived"] = True
    async with cloud(site) as jira:
        assert await search(jira, ALL) == []
        assert (await jira.get("/rest/api/3/issue/1001")).status_code == 200


async def test_an_edit_between_pages_moves_the_issue_behind_the_pages_read() -> None:
    site: JiraSite = a_site(4)
    chosen = options()
    jql = "project = 10 ORDER BY updated ASC, id ASC"
    async with cloud(site, chosen) as jira:
        chosen.on_request(2, lambda: site.touch("1001", NOW, summary="again"))
        first = (await jira.post(SEARCH, json={"jql": jql, "maxResults": 2})).json()
        second = (await jira.post(SEARCH, json={"jql": jql, "nextPageToken": first["nextPageToken"]})).json()

    assert [issue["id"] for issue in first["issues"]] == ["1001", "1002"]
    assert [issue["id"] for issue in second["issues"]] == ["1003", "1004", "1001"]


async def test_every_request_is_recorded() -> None:
    chosen = options()
    async with cloud(a_site(1), chosen) as jira:
        await jira.post(SEARCH, json={"jql": ALL})
        await jira.get("/rest/api/3/issue/nothing")

    seen = [(request.method, request.path, request.status) for request in chosen.requests]
    assert seen == [("POST", SEARCH, 200), ("GET", "/rest/api/3/issue/nothing", 404)]
    assert chosen.requests[0].body == {"jql": ALL}
