"""Baselines over HTTP: taking one, who may, forms, tags, and what a bad request is told."""

from __future__ import annotations

import csv
import io
from typing import Any

import httpx
import pytest

from service.domain.access import Scope
from service.store.engine import Database
from tests.api.client import a_client, services_over
from tests.auth.support import a_key, bearer
from tests.builders.items import SOURCE
from tests.programs.portfolio import a_checkout, add_program, change

BASE = "/api/v1/programs/CHECKOUT/baselines"


async def take(client: httpx.AsyncClient, name: str = "Approved plan", **body: Any) -> httpx.Response:
    return await client.post(BASE, json={"name": name, **body})


async def test_a_baseline_is_taken_and_found_at_its_address(client: httpx.AsyncClient) -> None:
    taken = await take(client, note="As agreed.")
    kept = taken.json()["data"]["baseline"]
    found = await client.get(taken.headers["location"])
    listed = await client.get(BASE)

    assert taken.status_code == 201, taken.text
    assert (kept["name"], kept["note"], kept["items"], kept["taken_by"]) == (
        "Approved plan",
        "As agreed.",
        3,
        "this machine (local)",
    )
    assert found.json()["data"]["baseline"] == kept
    assert listed.json()["data"]["baselines"] == [kept]
    assert (await client.get(f"{BASE}/approved%20plan")).json()["data"]["baseline"] == kept


async def test_a_baseline_of_the_past_says_what_it_rests_on(client: httpx.AsyncClient) -> None:
    taken = await take(client, as_of="2026-11-10")
    told = taken.json()

    assert taken.status_code == 201, taken.text
    assert told["data"]["baseline"]["as_of"] == "2026-11-10T23:59:59Z"
    assert "mapping_of_today" in [warning["code"] for warning in told["warnings"]]


async def test_a_taken_name_is_a_conflict_and_changes_nothing(client: httpx.AsyncClient) -> None:
    await take(client)

    again = await take(client, "APPROVED PLAN")

    assert again.status_code == 409
    assert again.json()["type"] == "/problems/baseline-exists"
    assert len((await client.get(BASE)).json()["data"]["baselines"]) == 1


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        ({"name": "x" * 101}, "name"),
        ({"name": ""}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "17"}, "name"),
        ({"name": "ok", "note": "x" * 2_001}, "note"),
        ({"name": "ok", "note": "nul\x00"}, "note"),
        ({"note": "nameless"}, "name"),
        ({"name": "ok", "colour": "green"}, "colour"),
        ({"name": ["ok"]}, "name"),
        ({"name": "ok", "as_of": "tomorrow"}, "as_of"),
        ({"name": "ok", "as_of": "2099-01-01"}, "as_of"),
        ({"name": "ok", "as_of": "2" * 65}, "as_of"),
    ],
)
async def test_a_bad_body_is_told_what_is_wrong_with_it(
    local: httpx.AsyncClient, body: dict[str, Any], parameter: str
) -> None:
    refused = await local.post(BASE, json=body)

    assert refused.status_code == 422, refused.text
    assert [each["parameter"] for each in refused.json()["errors"]] == [parameter]


async def test_what_is_not_there_is_told(local: httpx.AsyncClient) -> None:
    program = await local.get("/api/v1/programs/NOPE/baselines")
    baseline = await local.get(f"{BASE}/latest")
    basis = await local.get(f"{BASE}/latest?basis=money")

    assert (program.status_code, program.json()["type"]) == (404, "/problems/unknown-program")
    assert (baseline.status_code, baseline.json()["type"]) == (404, "/problems/unknown-baseline")
    assert baseline.json()["detail"] == (
        "CHECKOUT has no baseline latest; GET /api/v1/programs/CHECKOUT/baselines lists them, "
        "and a POST to the same path takes one."
    )
    assert basis.status_code == 422


async def test_the_csv_has_a_line_for_every_item_and_a_name_runs_no_formula(client: httpx.AsyncClient) -> None:
    await take(client, "=HYPERLINK(1)")

    listed = list(csv.DictReader(io.StringIO((await client.get(f"{BASE}?format=csv")).text)))
    items = list(csv.DictReader(io.StringIO((await client.get(f"{BASE}/latest?format=csv")).text)))

    assert [row["name"] for row in listed] == ["'=HYPERLINK(1)"]
    assert sorted(row["key"] for row in items) == ["CART-16", "PAY-10", "PAY-11", "PAY-12"]
    assert {row["fate"] for row in items} == {"kept"}


async def test_a_tag_holds_until_something_moves(sqlite_database: Database) -> None:
    await a_checkout(sqlite_database)
    async with a_client(services_over(sqlite_database)) as client:
        await take(client)
        first = await client.get(f"{BASE}/latest")
        held = {"If-None-Match": first.headers["etag"]}
        unchanged = await client.get(f"{BASE}/latest", headers=held)
        await change(sqlite_database, f"{SOURCE}:12", points=9.0)
        changed = await client.get(f"{BASE}/latest", headers=held)

    assert (first.status_code, unchanged.status_code, changed.status_code) == (200, 304, 200)


async def test_only_an_administrator_takes_a_baseline_and_nobody_sees_those_of_hidden_programs(
    sqlite_database: Database,
) -> None:
    await a_checkout(sqlite_database)
    await add_program(sqlite_database, "MOBILE", position=1)
    admin = bearer(await a_key(sqlite_database, "admin", Scope.ADMIN))
    operator = bearer(await a_key(sqlite_database, "operator", Scope.SYNC))
    mobile = bearer(await a_key(sqlite_database, "mobile", Scope.READ, programs=("MOBILE",)))
    async with a_client(services_over(sqlite_database)) as client:
        refused = await client.post(BASE, json={"name": "x"}, headers=operator)
        taken = await client.post(BASE, json={"name": "x"}, headers=admin)
        read = await client.get(f"{BASE}/x", headers=operator)
        hidden = [await client.get(path, headers=mobile) for path in (BASE, f"{BASE}/x")]
        own = await client.get("/api/v1/programs/MOBILE/baselines", headers=mobile)

    assert [answer.status_code for answer in (refused, taken, read, *hidden, own)] == [403, 201, 200, 404, 404, 200]
    assert read.json()["data"]["baseline"]["taken_by"] == "admin (key)"
