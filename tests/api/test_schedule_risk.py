"""Forecasts that follow the dependencies over HTTP, on both databases: beside the other forecast, on edges, what if."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from service.programs.dependency_terms import DependencyTerms
from service.store.engine import Database
from tests.api.client import a_client, services_over
from tests.builders.items import SOURCE
from tests.programs.history import a_program_with_a_past

BASE = "/api/v1/programs/CHECKOUT"


@pytest.fixture
async def planned(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    await a_program_with_a_past(database)
    async with a_client(services_over(database)) as client:
        yield client


async def told(answer: httpx.Response) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


async def test_the_forecast_has_a_part_that_follows_the_dependencies(planned: httpx.AsyncClient) -> None:
    data = (await told(await planned.get(f"{BASE}/forecast")))["dependency_aware"]

    assert (data["reason"], data["trials"], data["items"], data["history"]) == (None, 10_000, 5, 20)
    assert data["dates"]["p50"] <= data["dates"]["p85"] <= data["dates"]["p95"]
    assert data["on_target"]["low"] < data["on_target"]["value"] < data["on_target"]["high"]
    assert [item["key"] for item in data["critical"]][:2] == ["PAY-3", "PAY-4"]
    assert data["critical"][0]["url"].endswith("/browse/PAY-3")
    assert [milestone["key"] for milestone in data["milestones"]] == ["PAY-5"]
    assert data["merge_bias"]["typical_finish"] < data["dates"]["p50"]
    assert data["cycles_left_out"] == 0


async def test_it_is_the_same_all_day(planned: httpx.AsyncClient, database: Database) -> None:
    first = await planned.get(f"{BASE}/forecast")
    async with a_client(services_over(database, terms=DependencyTerms(near_critical_days=9))) as another:
        again = await another.get(f"{BASE}/forecast")

    assert again.json()["data"] == first.json()["data"]
    held = await planned.get(f"{BASE}/forecast", headers={"If-None-Match": first.headers["etag"]})
    assert held.status_code == 304


async def test_edges_tell_their_chance_in_every_form(planned: httpx.AsyncClient) -> None:
    edges = (await told(await planned.get(f"{BASE}/dependencies")))["dependencies"]
    table = await planned.get(f"{BASE}/dependencies?format=csv")
    rows = list(csv.DictReader(io.StringIO(table.text)))

    shares = {edge["id"]: edge["probability"] for edge in edges}
    assert {edge["successor"]["key"]: edge["probability"] for edge in edges}["PAY-4"] == 1.0  # needed in February
    assert len(rows) == len(shares) == 4
    for row in rows:
        assert row["probability"] == str(shares[row["id"]])


async def test_statuses_filter_by_chance(planned: httpx.AsyncClient) -> None:
    risky = (await told(await planned.get(f"{BASE}/dependencies?status=at_risk,off_track")))["dependencies"]

    codes = {edge["predecessor"]["key"]: [reason["code"] for reason in edge["reasons"]] for edge in risky}
    assert "doubtful" in codes["PAY-1"]


async def test_a_simulation_tells_the_chances_before_and_after(planned: httpx.AsyncClient) -> None:
    slip = {"slips": [{"item": f"{SOURCE}:3", "days": 10}]}

    odds = (await told(await planned.post(f"{BASE}/simulate", json=slip)))["odds"]
    alone = (await told(await planned.get(f"{BASE}/forecast")))["dependency_aware"]

    assert odds["on_target"]["before"] == alone["on_target"]
    assert odds["finish"]["before"] == alone["dates"]
    assert odds["on_target"]["after"]["value"] < odds["on_target"]["before"]["value"]
    assert [each["key"] for each in odds["milestones"]] == ["PAY-5"]
    assert odds["milestones"][0]["on_due"]["before"] == alone["milestones"][0]["on_due"]
    assert odds["track_record"] == alone["track_record"]
    assert odds["track_record"]["reason"] == "not_computed"


async def test_a_simulation_without_chances_tells_the_same_days(planned: httpx.AsyncClient) -> None:
    slip = {"slips": [{"item": f"{SOURCE}:3", "days": 10}]}

    whole = await told(await planned.post(f"{BASE}/simulate", json=slip))
    quick = await told(await planned.post(f"{BASE}/simulate", json=slip | {"chances": False}))

    assert (quick["odds"]["reason"], quick["odds"]["track_record"]) == ("not_asked", None)
    assert whole["moved"] > 0
    assert quick | {"odds": whole["odds"]} == whole


async def test_a_simulation_of_nothing_moves_no_digit(planned: httpx.AsyncClient) -> None:
    odds = (await told(await planned.post(f"{BASE}/simulate", json={})))["odds"]

    assert odds["finish"]["before"] == odds["finish"]["after"]
    assert odds["on_target"]["before"] == odds["on_target"]["after"]
    assert odds["milestones"] == []


async def test_without_history_a_simulation_still_tells_the_days(database: Database) -> None:
    await a_program_with_a_past(database, finished_items=3)
    async with a_client(services_over(database)) as client:
        body = {"slips": [{"item": f"{SOURCE}:3", "days": 10}]}
        data = await told(await client.post(f"{BASE}/simulate", json=body))

    assert data["finish"]["days"] == 10
    assert (data["odds"]["reason"], data["odds"]["finish"]) == ("insufficient_history", None)


async def test_three_points_are_given_in_their_order(planned: httpx.AsyncClient) -> None:
    points = {"item": f"{SOURCE}:4", "optimistic": 1, "likely": 2, "pessimistic": 3, "fit": "moments"}

    fine = (await told(await planned.post(f"{BASE}/simulate", json={"estimates": [points]})))["odds"]
    refused = await planned.post(f"{BASE}/simulate", json={"estimates": [points | {"likely": 9}]})

    assert fine["on_target"]["after"]["value"] > fine["on_target"]["before"]["value"]
    assert refused.status_code == 422
    assert "optimistic ≤ likely ≤ pessimistic" in refused.text
