"""The query language: what is read, what is refused, and how time is understood."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.connectors.sandbox.support import (
    DONE,
    NOW,
    SEARCH,
    a_site,
    add_story,
    cloud,
    datacenter,
    options,
    refused,
    search,
)


@pytest.mark.parametrize(
    ("jql", "found"),
    [
        ("project = PAY", {"1001", "1002", "1003"}),
        ("project = 'Web shop'", {"1900"}),
        ("project in (10, WEB) AND id >= 1003", {"1003", "1900"}),
        ("project = PAY AND id > 1001 AND id <= 1002", {"1002"}),
        ("key = PAY-2 OR key = WEB-900", {"1002", "1900"}),
        ("project = PAY AND NOT (id = 1001 OR id = 1002)", {"1003"}),
        ("project = PAY AND labels = urgent", {"1001"}),
        ("project = PAY AND labels != urgent", {"1002"}),
        ("project = PAY AND NOT labels = urgent", {"1002"}),
        ("project = PAY AND labels not in (urgent)", {"1002"}),
        ("project = PAY AND labels is EMPTY", {"1003"}),
        ("project = PAY AND labels is not EMPTY", {"1001", "1002"}),
        ('status = Done OR status = "3"', {"1002"}),
        ("parent = 1001", {"1003"}),
        ("parent in (PAY-1)", {"1003"}),
        ("sprint = 4", {"1001"}),
        ("sprint = 'One, [two]=3'", {"1001"}),
        ("cf[10016] >= 3", {"1001"}),
        ("cf[10016] is EMPTY AND project = PAY", {"1002", "1003"}),
        ("issuetype = Story AND project = WEB", {"1900"}),
        ("assignee = rita AND project = WEB", {"1900"}),
    ],
)
async def test_clauses_select_what_they_say(jql: str, found: set[str]) -> None:
    site = a_site(0)
    add_story(site, 1001, labels=["urgent"], customfield_10020=[4], customfield_10016=5.0)
    add_story(site, 1002, labels=["later"], status=DONE)
    add_story(site, 1003, parent={"id": "1001", "key": "PAY-1"})
    add_story(site, 1900, project="20")
    async with cloud(site) as jira:
        assert set(await search(jira, jql)) == found


@pytest.mark.parametrize(
    ("order", "ids"),
    [
        ("", ["1003", "1002", "1001"]),
        ("ORDER BY id ASC", ["1001", "1002", "1003"]),
        ("ORDER BY updated DESC", ["1001", "1003", "1002"]),
        ("ORDER BY status DESC, key ASC", ["1003", "1001", "1002"]),
    ],
)
async def test_rows_come_in_the_order_asked_page_by_page(order: str, ids: list[str]) -> None:
    site = a_site(0)
    add_story(site, 1001, updated=NOW, status={"id": "1", "name": "A"})
    add_story(site, 1002, updated=NOW - timedelta(hours=3), status={"id": "1", "name": "A"})
    add_story(site, 1003, updated=NOW - timedelta(hours=2), status={"id": "3", "name": "B"})
    body = {"jql": f"project = PAY {order}", "maxResults": 1}
    found: list[str] = []
    async with cloud(site) as jira:
        while True:
            page = (await jira.post(SEARCH, json=body)).json()
            found += [issue["id"] for issue in page["issues"]]
            if page["isLast"]:
                break
            body["nextPageToken"] = page["nextPageToken"]

    assert found == ids


@pytest.mark.parametrize(
    ("jql", "message"),
    [
        (
            "project = ",
            "Expecting either a value, list or function but got the end of the query. (line 1, character 11)",
        ),
        ("project PAY", "Expecting an operator but got 'PAY'. (line 1, character 9)"),
        ("project = PAY updated > 1", "Expecting either 'OR' or 'AND' but got 'updated'. (line 1, character 15)"),
        ("project in (PAY", "Expecting ')' but got the end of the query. (line 1, character 16)"),
    ],
)
async def test_a_query_that_cannot_be_read_is_refused_with_the_place(jql: str, message: str) -> None:
    async with cloud(a_site()) as jira:
        assert await refused(await jira.post(SEARCH, json={"jql": jql})) == [f"Error in the JQL Query: {message}"]


@pytest.mark.parametrize(
    "jql",
    [
        "colour = red",
        "status = Unheard",
        "sprint = 99",
        "key = PAY-99",
        "updated >= yesterday",
        "updated >= '2026-11-20T10:00:00Z'",
        "updated >= '2026/11/20 10:00:30'",
        "summary > 3",
        "updated >= tomorrow()",
        "updated >= 1795176030000",
    ],
)
async def test_what_jira_does_not_know_is_refused(jql: str) -> None:
    async with cloud(a_site()) as jira:
        assert await refused(await jira.post(SEARCH, json={"jql": jql}))


async def test_epoch_milliseconds_are_read_on_data_center_only() -> None:
    moment = int((NOW - timedelta(minutes=2)).timestamp() * 1000)
    async with datacenter(a_site(5)) as jira:
        page = await jira.get("/rest/api/2/search", params={"jql": f"updated >= {moment}"})

    assert page.json()["total"] == 2


@pytest.mark.parametrize(
    ("zone", "literal", "found"),
    [
        ("UTC", "2026/11/20 12:00", {"1002"}),
        ("UTC", "2026-11-20 11:59", {"1001", "1002"}),
        ("America/New_York", "2026/11/20 07:00", {"1002"}),
        ("America/New_York", "2026/11/20 12:00", set()),
        ("Pacific/Kiritimati", "2026/11/21 02:00", {"1002"}),
        ("Pacific/Pago_Pago", "2026/11/20 01:00", {"1002"}),
        ("UTC", "2026/11/20", {"1001", "1002"}),
    ],
)
async def test_literals_are_minutes_in_the_zone_of_the_caller(zone: str, literal: str, found: set[str]) -> None:
    site = a_site(0)
    add_story(site, 1001, updated=datetime(2026, 11, 20, 11, 59, 59, tzinfo=UTC))
    add_story(site, 1002, updated=datetime(2026, 11, 20, 12, 0, 10, tzinfo=UTC))
    async with cloud(site, options(zone=zone)) as jira:
        assert set(await search(jira, f'updated >= "{literal}"')) == found
        assert (await jira.get("/rest/api/3/myself")).json()["timeZone"] == zone


async def test_a_bound_within_the_minute_cannot_be_said() -> None:
    """`<= 12:00` means the minute's first moment: what happened at 12:00:10 lies behind it."""
    site = a_site(0)
    add_story(site, 1001, updated=datetime(2026, 11, 20, 12, 0, 10, tzinfo=UTC))
    async with cloud(site, options(zone="UTC")) as jira:
        assert await search(jira, 'updated <= "2026/11/20 12:00"') == []
        assert await search(jira, 'updated = "2026/11/20 12:00"') == ["1001"]


async def test_an_hour_that_comes_twice_is_read_as_the_first_one() -> None:
    site = a_site(0)
    add_story(site, 1001, updated=datetime(2026, 11, 1, 5, 45, tzinfo=UTC))
    async with cloud(site, options(zone="America/New_York")) as jira:
        assert await search(jira, 'updated >= "2026/11/01 01:30"') == ["1001"]


@pytest.mark.parametrize("bound", ['"-2m"', "-2m", "'-120s'", "-1h"])
async def test_relative_bounds_count_back_from_the_clock_of_the_server(bound: str) -> None:
    async with cloud(a_site(5), options(zone="Asia/Kolkata")) as jira:
        answer = await jira.post(SEARCH, json={"jql": f"updated >= {bound}"})

    match bound:
        case "'-120s'":
            assert await refused(answer)
        case "-1h":
            assert len(answer.json()["issues"]) == 5
        case _:
            assert {issue["id"] for issue in answer.json()["issues"]} == {"1004", "1005"}


async def test_functions_know_now_and_the_start_of_the_callers_day() -> None:
    site = a_site(0)
    add_story(site, 1001, updated=datetime(2026, 11, 20, 4, 59, tzinfo=UTC))
    add_story(site, 1002, updated=datetime(2026, 11, 20, 5, 1, tzinfo=UTC))
    async with cloud(site) as jira:
        assert await search(jira, "updated >= startOfDay()") == ["1002"]
        assert set(await search(jira, "updated <= now()")) == {"1001", "1002"}
