"""Dependencies over HTTP: forms, tags, limits, and what a bad question is told."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from sqlalchemy import update

from service.clock import FixedClock
from service.domain.access import Scope
from service.programs import graphs
from service.store.engine import Database
from service.store.tables.items import work_items
from tests.api.client import a_client, services_over
from tests.auth.support import a_key, bearer
from tests.builders.items import SOURCE
from tests.flows.stored import stored
from tests.programs.portfolio import NOW
from tests.programs.waiting import OTHER, a_waiting_program

BASE = "/api/v1/programs/CHECKOUT"
EDGES = f"{BASE}/dependencies"


@pytest.fixture
async def waiting(sqlite_database: Database) -> AsyncIterator[httpx.AsyncClient]:
    await a_waiting_program(sqlite_database)
    async with a_client(services_over(sqlite_database)) as client:
        yield client


async def got(client: httpx.AsyncClient, path: str) -> Any:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


async def test_statuses_come_repeated_or_with_commas(waiting: httpx.AsyncClient) -> None:
    commas = await got(waiting, f"{EDGES}?status=blocked,off_track")
    repeated = await got(waiting, f"{EDGES}?status=off_track&status=blocked")

    assert [edge["status"] for edge in commas["dependencies"]] == ["blocked", "off_track"]
    assert repeated == commas


async def test_the_csv_says_what_the_json_says(waiting: httpx.AsyncClient) -> None:
    edges = (await got(waiting, EDGES))["dependencies"]
    answer = await waiting.get(f"{EDGES}?format=csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert len(rows) == len(edges)
    for row, edge in zip(rows, edges, strict=True):
        for column in (
            "id",
            "status",
            "type",
            "need_by",
            "planned_finish",
            "gap_days",
            "downstream_items",
            "blocked_days",
        ):
            expected = "" if edge[column] is None else str(edge[column])
            assert row[column].removeprefix("'") == expected
        for end in ("predecessor", "successor"):
            assert row[f"{end}.uid"] == edge[end]["uid"]
            assert row[f"{end}.title"] == edge[end]["title"]
            assert row[f"{end}.visible"] == str(edge[end]["visible"]).lower()


@pytest.mark.parametrize(
    "path",
    ["dependencies/matrix", "dependencies/bottlenecks?by=team", "dependencies/cycles", "critical-path"],
)
async def test_every_list_has_a_csv(waiting: httpx.AsyncClient, path: str) -> None:
    answer = await waiting.get(f"{BASE}/{path}", headers={"Accept": "text/csv"})

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert len(list(csv.reader(io.StringIO(answer.text)))) > 1


@pytest.mark.parametrize(
    "path",
    [
        "dependencies",
        "dependencies/graph",
        "dependencies/graph?format=dot",
        "dependencies/matrix",
        "dependencies/bottlenecks?by=team",
        "dependencies?format=csv",
    ],
)
async def test_a_tag_holds_until_a_far_end_changes(sqlite_database: Database, path: str) -> None:
    await a_waiting_program(sqlite_database)
    async with a_client(services_over(sqlite_database)) as client:
        first = await client.get(f"{BASE}/{path}")
        held = {"If-None-Match": first.headers["etag"]}
        unchanged = await client.get(f"{BASE}/{path}", headers=held)
        async with sqlite_database.transaction() as uow:
            row = update(work_items).where(work_items.c.uid == f"{SOURCE}:20")
            await uow.connection.execute(
                row.values(title="Sold", team="Wasps", status_category="cancelled", status="Cancelled")
            )
        changed = await client.get(f"{BASE}/{path}", headers=held)

    assert (first.status_code, unchanged.status_code) == (200, 304)
    assert changed.status_code == 200


async def test_a_tag_does_not_outlive_the_day(sqlite_database: Database) -> None:
    await a_waiting_program(sqlite_database)
    async with a_client(services_over(sqlite_database)) as client:
        today = await client.get(EDGES)
    async with a_client(services_over(sqlite_database, clock=FixedClock(NOW + timedelta(days=1)))) as client:
        tomorrow = await client.get(EDGES, headers={"If-None-Match": today.headers["etag"]})

    assert tomorrow.status_code == 200


async def test_graphs_come_in_four_forms(waiting: httpx.AsyncClient) -> None:
    data = await got(waiting, f"{EDGES}/graph")
    dot = await waiting.get(f"{EDGES}/graph?format=dot")
    mermaid = await waiting.get(f"{EDGES}/graph?format=mermaid")
    graphml = await waiting.get(f"{EDGES}/graph?format=graphml")

    assert (len(data["nodes"]), len(data["edges"]), data["left_out"]) == (14, 10, 0)
    assert dot.headers["content-type"] == "text/vnd.graphviz; charset=utf-8"
    assert dot.text.count(" -> ") == 10
    assert mermaid.headers["content-type"] == "text/vnd.mermaid; charset=utf-8"
    assert mermaid.text.startswith("flowchart LR\n")
    assert graphml.headers["content-type"] == "application/graphml+xml"
    assert len(list(ElementTree.fromstring(graphml.text).iter("{http://graphml.graphdrawing.org/xmlns}edge"))) == 10  # noqa: S314


async def test_a_graph_shows_what_lies_around_an_item(waiting: httpx.AsyncClient) -> None:
    near = await got(waiting, f"{EDGES}/graph?around=acme-jira:PAY-2&depth=1")
    further = await got(waiting, f"{EDGES}/graph?around=acme-jira:PAY-2&depth=2")

    assert sorted(node["key"] for node in near["nodes"]) == ["PAY-1", "PAY-2"]
    assert sorted(node["key"] for node in further["nodes"]) == ["CART-3", "PAY-1", "PAY-2", "PAY-5"]
    assert near["left_out"] == 9


async def test_a_graph_that_is_too_large_says_what_to_do(
    waiting: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graphs, "MOST_NODES", 13)

    refused = await waiting.get(f"{EDGES}/graph")

    assert refused.status_code == 422
    assert refused.json()["detail"] == (
        "around the graph has 14 items, and at most 13 are given; name the item to look around, or filter by status."
    )
    assert (await waiting.get(f"{EDGES}/graph?around=acme-jira:PAY-2")).status_code == 200


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("dependencies?status=late", "status"),
        ("dependencies?provenance=hearsay", "provenance"),
        ("dependencies?cursor=x", "cursor"),
        ("dependencies?limit=0", "limit"),
        ("dependencies?sort=title", "sort"),
        ("dependencies/graph?format=png", "format"),
        ("dependencies/graph?around=acme-jira:PAY-404", "around"),
        ("dependencies/graph?around=acme-jira:PAY-1&depth=99", "depth"),
        ("dependencies/matrix?by=person", "by"),
        ("dependencies/bottlenecks?by=person", "by"),
        ("dependencies/bottlenecks?by=project", "by"),
        ("dependencies/bottlenecks?cursor=x", "cursor"),
        ("critical-path?cursor=x", "cursor"),
    ],
)
async def test_a_bad_question_is_told_what_is_wrong_with_it(
    waiting: httpx.AsyncClient, path: str, parameter: str
) -> None:
    refused = await waiting.get(f"{BASE}/{path}")

    assert refused.status_code == 422
    assert [each["parameter"] for each in refused.json()["errors"]] == [parameter]


async def test_a_simulation_takes_names_and_answers_days(waiting: httpx.AsyncClient) -> None:
    body = {
        "slips": [{"item": "acme-jira:PAY-1", "days": 2}],
        "added": [{"from": "PAY-9", "to": "PAY-10", "type": "SS"}],
    }

    answer = await waiting.post(f"{BASE}/simulate", json=body)

    assert answer.status_code == 200
    assert answer.json()["data"]["finish"]["days"] == 2
    assert [item["key"] for item in answer.json()["data"]["milestones"]] == ["CART-4"]


@pytest.mark.parametrize(
    ("body", "moved", "finish"),
    [
        # four days of PAY-1 from Friday 20 November, then five of CART-3, then the milestone CART-4
        ({"slips": [{"item": "PAY-1", "days": 3}]}, {"PAY-1": 3, "PAY-2": 3, "CART-3": 3, "CART-4": 3}, "2026-12-07"),
        ({"removals": ["acme-jira:PAY-1"]}, {"PAY-2": -4, "CART-3": -4, "CART-4": -4}, "2026-11-26"),
        ({"dropped": ["acme-jira:102"]}, {"CART-4": -9}, "2026-12-02"),
        ({"added": [{"from": "CART-4", "to": "PAY-9", "lag_days": 1}]}, {"PAY-9": 10}, "2026-12-04"),
        (
            {"slips": [{"item": "PAY-1", "days": 1}], "dropped": ["acme-jira:101"]},
            {"CART-3": -4, "CART-4": -4, "PAY-1": 1, "PAY-2": 1},
            "2026-11-30",
        ),
    ],
    ids=["a slip", "a removal", "a dropped edge", "an added edge", "two at once"],
)
async def test_a_simulation_takes_each_kind_of_change_and_writes_nothing(
    sqlite_database: Database, body: dict[str, Any], moved: dict[str, int], finish: str
) -> None:
    await a_waiting_program(sqlite_database)
    before = await stored(sqlite_database)
    async with a_client(services_over(sqlite_database)) as client:
        answer = await client.post(f"{BASE}/simulate", json=body)
    data = answer.json()["data"]

    assert {item["key"]: item["start_days"] for item in data["items"]} == moved
    assert [item["key"] for item in data["milestones"]] == [key for key in moved if key == "CART-4"]
    assert (data["finish"]["before"], data["finish"]["after"]) == ("2026-12-02", finish)
    assert await stored(sqlite_database) == before


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        ({"slips": [{"item": "acme-jira:PAY-404", "days": 2}]}, "slips[0].item"),
        ({"slips": [{"item": "acme-jira:PAY-1", "days": 0}]}, "slips.0.days"),
        ({"slips": [{"item": "acme-jira:PAY-1", "days": 1}] * 201}, "slips"),
        ({"slip": []}, "slip"),
        ({"added": [{"from": "PAY-1", "to": "PAY-2", "type": "XX"}]}, "added.0.type"),
        ({"dropped": ["x" * 401]}, "dropped.0"),
    ],
)
async def test_a_simulation_that_cannot_be_is_refused(
    waiting: httpx.AsyncClient, body: dict[str, Any], parameter: str
) -> None:
    refused = await waiting.post(f"{BASE}/simulate", json=body)

    assert refused.status_code == 422, refused.text
    assert parameter in [each["parameter"] for each in refused.json()["errors"]]


async def test_one_who_is_limited_to_a_program_sees_its_edges_and_nothing_behind_them(
    sqlite_database: Database,
) -> None:
    """The far end of an edge of one's own program is shown; what lies beyond it in another program is not."""
    await a_waiting_program(sqlite_database)
    await a_key(sqlite_database, "everybody", Scope.ADMIN)
    key = bearer(await a_key(sqlite_database, "mobile", Scope.READ, programs=(OTHER,)))
    async with a_client(services_over(sqlite_database)) as client:
        own = await client.get(f"/api/v1/programs/{OTHER}/dependencies", headers=key)
        graph = await client.get(f"/api/v1/programs/{OTHER}/dependencies/graph?around=APP-20&depth=20", headers=key)
        impact = await client.get("/api/v1/items/acme-jira:APP-20/impact", headers=key)
        hidden = [
            await client.get(path, headers=key)
            for path in (
                EDGES,
                "/api/v1/items/acme-jira:PAY-12/impact",
                "/api/v1/items/acme-jira:20/impact?program=CHECKOUT",
            )
        ]

    assert [edge["predecessor"]["key"] for edge in own.json()["data"]["dependencies"]] == ["PAY-12"]
    assert sorted(node["key"] for node in graph.json()["data"]["nodes"]) == ["APP-20", "PAY-12"]
    assert [item["key"] for item in impact.json()["data"]["upstream"]] == ["PAY-12"]
    for answer in (own, graph, impact):
        assert "PAY-11" not in json.dumps(answer.json())
    assert [answer.status_code for answer in hidden] == [404, 404, 404]
