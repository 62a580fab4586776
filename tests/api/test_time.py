"""The past of a program over HTTP: roll-ups and items as of a day, its trend, and how its scope changed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from service.store.engine import Database
from tests.api.client import a_client, services_over
from tests.programs.histories import CLOSED, DOING, HISTORIANS, POINTS, TO_DO, add_change, add_grave, add_reference, on
from tests.programs.portfolio import a_checkout

PROGRAM = "/api/v1/programs/CHECKOUT"


@pytest.fixture
async def past(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """Up to 2 November PAY-11 had 3 points, then 5; closed on the 4th. PAY-15 was archived on the 3rd."""
    await a_checkout(database)
    await add_reference(database)
    await add_change(database, 11, on(11, 2), POINTS, "3", "5")
    await add_change(database, 11, on(11, 4, 9), "status", TO_DO, DOING)
    await add_change(database, 11, on(11, 4, 10), "status", DOING, CLOSED)
    await add_grave(database, 15, on(11, 3))
    async with a_client(services_over(database, historians=HISTORIANS)) as client:
        yield client


async def _data(client: httpx.AsyncClient, path: str, **query: str) -> dict[str, Any]:
    response = await client.get(f"{PROGRAM}/{path}", params={name.strip("_"): value for name, value in query.items()})
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()["data"]
    return found


async def test_a_day_is_asked_as_of_its_end(past: httpx.AsyncClient) -> None:
    answer = (await past.get(f"{PROGRAM}/rollup", params={"as_of": "2026-11-03"})).json()

    assert answer["as_of"] == "2026-11-03T23:59:59Z"
    assert answer["data"]["progress"]["points"]["done"] == 0
    assert (await _data(past, "rollup", as_of="2026-11-04"))["progress"]["points"]["done"] == 5.0
    assert (await _data(past, "rollup", as_of="2026-11-04T09:59:00Z"))["progress"]["points"]["in_progress"] == 5.0


async def test_another_moment_has_another_tag_and_the_same_moment_costs_nothing(past: httpx.AsyncClient) -> None:
    one, other = [await past.get(f"{PROGRAM}/rollup", params={"as_of": day}) for day in ("2026-11-01", "2026-11-05")]

    again = await past.get(
        f"{PROGRAM}/rollup", params={"as_of": "2026-11-01"}, headers={"If-None-Match": one.headers["etag"]}
    )
    assert one.headers["etag"] != other.headers["etag"]
    assert (again.status_code, again.content) == (304, b"")


async def test_items_of_a_day_say_what_is_reconstructed_and_those_of_now_do_not(past: httpx.AsyncClient) -> None:
    then = {each["key"]: each for each in (await _data(past, "items", as_of="2026-11-01"))["items"]}
    now = {each["key"]: each for each in (await _data(past, "items"))["items"]}

    assert (then["PAY-11"]["points"], then["PAY-11"]["reconstructed"]) == (3.0, ["points", "status"])
    assert then["PAY-12"]["reconstructed"] == then["PAY-12"]["unknown"] == []
    assert set(then) - set(now) == {"PAY-15"}
    assert "reconstructed" not in now["PAY-11"]
    header = (await past.get(f"{PROGRAM}/items?format=csv")).text.splitlines()[0]
    past_header = (await past.get(f"{PROGRAM}/items?format=csv&as_of=2026-11-01")).text.splitlines()[0]
    assert past_header == f"{header},reconstructed,unknown"


async def test_a_trend_is_a_point_a_day_with_absolute_sums(past: httpx.AsyncClient) -> None:
    data = await _data(past, "trend", _from="2026-11-01", to="2026-11-04")

    assert (data["from"], data["to"], data["interval"]) == ("2026-11-01", "2026-11-04", "day")
    assert [
        (each["date"], each["items"], each["points"]["done"], each["points"]["total"], each["count"]["done"])
        for each in data["trend"]
    ] == [
        ("2026-11-01", 7, 0.0, 111.0, 0),
        ("2026-11-02", 7, 0.0, 113.0, 0),
        ("2026-11-03", 6, 0.0, 13.0, 0),
        ("2026-11-04", 6, 5.0, 13.0, 1),
    ]
    assert data["trend"][-1]["count"] == {"to_do": 1, "in_progress": 1, "done": 1, "total": 3, "value": 0.333333}
    assert data["trend"][-1]["points"]["coverage"] == 0.666667


async def test_weeks_end_on_sundays_and_the_last_one_on_the_last_day(past: httpx.AsyncClient) -> None:
    data = await _data(past, "trend", _from="2026-10-28", to="2026-11-10", interval="week")

    assert [each["date"] for each in data["trend"]] == ["2026-11-01", "2026-11-08", "2026-11-10"]


async def test_without_dates_a_trend_reaches_from_the_start_of_the_program_to_today(past: httpx.AsyncClient) -> None:
    data = await _data(past, "trend")

    assert (data["from"], data["to"], len(data["trend"])) == ("2026-01-05", "2026-11-20", 320)
    now = (await _data(past, "rollup"))["progress"]
    for name in ("to_do", "in_progress", "done", "total"):
        assert data["trend"][-1]["points"][name] == now["points"][name]


async def test_the_scope_says_what_came_what_left_and_what_was_estimated_anew(past: httpx.AsyncClient) -> None:
    data = await _data(past, "scope", _from="2026-11-02", to="2026-11-04")
    nothing = {"items": 0, "points": 0.0}
    row = {
        "before": {"items": 4, "points": 111.0},
        "added": {**nothing, "created": 0, "joined": 0, "reinstated": 0},
        "removed": {"items": 1, "points": 100.0, "cancelled": 0, "left": 1, "set_aside": 0},
        "estimates": {"estimated": nothing, "raised": {"items": 1, "points": 2.0}, "lowered": nothing},
        "after": {"items": 3, "points": 13.0},
    }

    assert data["scope"] == [{"from": "2026-11-02", "to": "2026-11-04", **row}]
    assert data["totals"] == {
        **row,
        "churn_items": 0.25,
        "churn_points": 0.918919,
        "growth_items": -0.25,
        "growth_points": -0.882883,
    }


async def test_scope_by_day_is_csv_for_a_spreadsheet(past: httpx.AsyncClient) -> None:
    response = await past.get(f"{PROGRAM}/scope?from=2026-11-03&to=2026-11-04&interval=day&format=csv")

    header, *rows = response.text.splitlines()
    assert header.startswith("from,to,before.items,before.points,added.items,added.points,added.created")
    assert [row.split(",")[:4] for row in rows] == [
        ["2026-11-03", "2026-11-03", "4", "113.0"],
        ["2026-11-04", "2026-11-04", "3", "13.0"],
    ]


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("to=2026-11-21", "to must not lie in the future; the forecast tells of that."),
        ("from=2026-11-05&to=2026-11-04", "from must not be after `to`."),
        ("to=0001-01-01", "to must not be before 1970."),
        ("from=2020-01-01", "from must not be more than 1,100 days before `to`."),
    ],
)
async def test_a_window_that_cannot_be_told_is_refused(past: httpx.AsyncClient, query: str, detail: str) -> None:
    for path in ("trend", "scope"):
        response = await past.get(f"{PROGRAM}/{path}?{query}")
        assert (response.status_code, response.json()["detail"]) == (422, detail)
