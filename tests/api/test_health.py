"""Health over HTTP: forms, tags, who may decide, limits to programs, and what a bad question is told."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from service.domain.access import Scope
from service.store.engine import Database
from tests.api.client import a_client, services_over
from tests.auth.support import a_key, bearer
from tests.builders.items import SOURCE
from tests.programs.portfolio import change
from tests.programs.waiting import OTHER, a_waiting_program

API = "/api/v1"
BASE = f"{API}/programs/CHECKOUT"
WHY = {"value": "amber", "reason": "The supplier confirmed the new date."}


@pytest.fixture
async def waiting(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    await a_waiting_program(database)
    async with a_client(services_over(database)) as client:
        yield client


async def got(client: httpx.AsyncClient, path: str, **values: Any) -> Any:
    answer = await client.get(path, **values)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


async def test_an_override_is_put_seen_everywhere_and_taken_back(waiting: httpx.AsyncClient) -> None:
    put = await waiting.put(f"{BASE}/override", json={**WHY, "expires": "2026-11-30"})
    seen = await got(waiting, f"{BASE}/health")
    (first, _) = (await got(waiting, f"{API}/portfolio"))["programs"]
    deleted = await waiting.delete(f"{BASE}/override")
    after = await got(waiting, f"{BASE}/health")

    assert put.status_code == 200, put.text
    told = put.json()["data"]["override"]
    assert (told["value"], told["author"], told["expires_at"]) == (
        "amber",
        "this machine (local)",
        "2026-12-01T00:00:00Z",
    )
    assert (seen["effective"], seen["override"]) == ("amber", told)
    assert (first["health"]["effective"], first["health"]["override"]) == ("amber", "amber")
    assert (deleted.status_code, deleted.json()["data"]["override"]) == (200, None)
    assert (after["override"], [each["value"] for each in after["past_overrides"]]) == (None, ["amber"])


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        ({"value": "grey", "reason": "Nobody knows."}, "value"),
        ({"value": "amber"}, "reason"),
        ({"value": "amber", "reason": ""}, "reason"),
        ({"value": "amber", "reason": " \n"}, "reason"),
        ({"value": "amber", "reason": "x" * 2_001}, "reason"),
        ({**WHY, "expires": "2026-11-19"}, "expires"),
        ({**WHY, "expires": "2028-01-01"}, "expires"),
        ({**WHY, "expires": "soon"}, "expires"),
        ({**WHY, "author": "somebody else"}, "author"),
    ],
)
async def test_an_override_that_cannot_be_is_refused_by_its_part(
    waiting: httpx.AsyncClient, body: dict[str, Any], parameter: str
) -> None:
    refused = await waiting.put(f"{BASE}/override", json=body)

    assert refused.status_code == 422, refused.text
    assert [each["parameter"] for each in refused.json()["errors"]] == [parameter]
    assert (await got(waiting, f"{BASE}/health"))["override"] is None


async def test_deciding_needs_admin(database: Database) -> None:
    """Who may read and sync only, or is limited to the program, reads the colour and decides nothing."""
    await a_waiting_program(database)
    keys = [
        bearer(await a_key(database, "nightly", Scope.SYNC)),
        bearer(await a_key(database, "mobile", Scope.READ, programs=(OTHER,))),
    ]
    admin = bearer(await a_key(database, "pmo", Scope.ADMIN))
    path = f"{API}/programs/{OTHER}/override"
    async with a_client(services_over(database)) as client:
        refused = [(await client.put(path, json=WHY, headers=key)).json() for key in keys]
        withdrawn = [(await client.delete(path, headers=key)).json() for key in keys]
        own = await client.put(path, json=WHY, headers=admin)

    assert [(each["status"], each["needed"]) for each in (*refused, *withdrawn)] == [(403, "admin")] * 4
    assert own.status_code == 200
    assert own.json()["data"]["override"]["author"] == "pmo (key)"


async def test_who_is_limited_to_programs_sees_nothing_of_the_others(database: Database) -> None:
    await a_waiting_program(database)
    key = bearer(await a_key(database, "mobile", Scope.READ, programs=(OTHER,)))
    async with a_client(services_over(database)) as client:
        page = await client.get(f"{API}/portfolio", headers=key)
        table = await client.get(f"{API}/portfolio?format=csv", headers=key)
        hidden = [
            (await client.get(f"{BASE}/{path}", headers=key)).status_code
            for path in ("health", "attention", "data-quality")
        ]
        own = await got(client, f"{API}/programs/{OTHER}/attention", headers=key)

    assert [each["key"] for each in page.json()["data"]["programs"]] == [OTHER]
    assert "CHECKOUT" not in page.text + table.text
    assert hidden == [404, 404, 404]
    assert own["program"]["key"] == OTHER


@pytest.mark.parametrize("path", ["portfolio", "programs/CHECKOUT/attention", "programs/CHECKOUT/data-quality"])
async def test_the_csv_has_a_line_for_each_row_of_the_json(waiting: httpx.AsyncClient, path: str) -> None:
    data = await got(waiting, f"{API}/{path}")
    rows = data.get("programs") or data.get("attention") or data["items"]
    answer = await waiting.get(f"{API}/{path}", headers={"Accept": "text/csv"})
    lines = list(csv.DictReader(io.StringIO(answer.text)))

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert [line["key"] for line in lines] == [row["key"] or "" for row in rows]


async def test_a_nested_value_is_a_column_of_its_own(waiting: httpx.AsyncClient) -> None:
    answer = await waiting.get(f"{API}/portfolio?format=csv")
    (first, *_) = csv.DictReader(io.StringIO(answer.text))

    assert (first["health.computed"], first["dependencies.counts.blocked"], first["progress.count.total"]) == (
        "grey",
        "1",
        "11",
    )


@pytest.mark.parametrize(
    "path", ["portfolio", "programs/CHECKOUT/health", "programs/CHECKOUT/attention", "programs/CHECKOUT/data-quality"]
)
async def test_a_tag_holds_until_the_work_changes(database: Database, path: str) -> None:
    await a_waiting_program(database)
    async with a_client(services_over(database)) as client:
        first = await client.get(f"{API}/{path}")
        held = {"If-None-Match": first.headers["etag"]}
        unchanged = await client.get(f"{API}/{path}", headers=held)
        await change(database, f"{SOURCE}:3", status_category="done", status="Done", title="Sold")
        changed = await client.get(f"{API}/{path}", headers=held)

    assert (first.status_code, unchanged.status_code, changed.status_code) == (200, 304, 200)


async def test_what_is_asked_of_the_data_can_be_chosen(waiting: httpx.AsyncClient) -> None:
    commas = await got(waiting, f"{BASE}/data-quality?lacks=owner,planned&by=team")
    repeated = await got(waiting, f"{BASE}/data-quality?lacks=owner&lacks=planned&by=team")

    assert commas == repeated
    assert commas["by"] == "team"
    assert all({"owner", "planned"} & set(each["lacks"]) for each in commas["items"])


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("programs/CHECKOUT/data-quality?lacks=sense", "lacks"),
        ("programs/CHECKOUT/data-quality?by=person", "by"),
        ("programs/CHECKOUT/data-quality?cursor=x", "cursor"),
        ("programs/CHECKOUT/attention?limit=0", "limit"),
        ("programs/CHECKOUT/attention?cursor=x", "cursor"),
        ("programs/CHECKOUT/health?by=team", "by"),
        ("portfolio?limit=5", "limit"),
    ],
)
async def test_a_bad_question_is_told_what_is_wrong_with_it(
    waiting: httpx.AsyncClient, path: str, parameter: str
) -> None:
    refused = await waiting.get(f"{API}/{path}")

    assert refused.status_code == 422
    assert [each["parameter"] for each in refused.json()["errors"]] == [parameter]
