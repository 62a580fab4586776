"""Whole problem documents, as a client reads them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from service.api.problems import Kind
from service.api.services import Services, SyncAlreadyRunning
from service.store.engine import Database
from tests.api.client import a_client, services_over

ITEM_PARAMETERS = [
    "as_of",
    "assignee",
    "countable",
    "cursor",
    "epic",
    "format",
    "item_type",
    "label",
    "limit",
    "project",
    "status_category",
    "team",
    "workstream",
]


async def test_an_unknown_program_says_where_the_keys_are(client: httpx.AsyncClient) -> None:
    response = await client.get("/api/v1/programs/NOPE/rollup")

    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json() == {
        "type": "/problems/unknown-program",
        "title": "No such program",
        "status": 404,
        "detail": "There is no program NOPE; GET /api/v1/programs lists the keys.",
        "instance": "/api/v1/programs/NOPE/rollup",
        "key": "NOPE",
    }


async def test_an_unknown_item_says_how_ids_are_written(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/v1/items/acme-jira:PAY-999")).json() == {
        "type": "/problems/unknown-item",
        "title": "No such item",
        "status": 404,
        "detail": "There is no item acme-jira:PAY-999; ids are written source:native-id or source:KEY.",
        "instance": "/api/v1/items/acme-jira:PAY-999",
        "uid": "acme-jira:PAY-999",
    }


async def test_an_archived_item_says_why_it_is_gone(client: httpx.AsyncClient) -> None:
    body = (await client.get("/api/v1/items/acme-jira:15")).json()

    assert (body["status"], body["tombstone"]) == (404, "archived")


async def test_a_value_that_means_nothing_names_those_that_do(local: httpx.AsyncClient) -> None:
    allowed = ["project", "workstream", "epic", "source", "item_type", "team"]

    assert (await local.get("/api/v1/programs/CHECKOUT/rollup?by=mood")).json() == {
        "type": "/problems/invalid-request",
        "title": "The request cannot be understood",
        "status": 422,
        "detail": "by must be one of the allowed values: project, workstream, epic, source, item_type, team.",
        "instance": "/api/v1/programs/CHECKOUT/rollup",
        "allowed": allowed,
        "errors": [
            {
                "parameter": "by",
                "in": "query",
                "message": "must be one of the allowed values",
                "allowed": allowed,
            }
        ],
    }


async def test_a_misspelt_filter_is_refused_with_the_names_that_exist(local: httpx.AsyncClient) -> None:
    response = await local.get("/api/v1/programs/CHECKOUT/items?projekt=PAY")

    assert response.status_code == 422
    assert response.json()["detail"] == f"projekt is not a parameter of this path: {', '.join(ITEM_PARAMETERS)}."
    assert response.json()["allowed"] == ITEM_PARAMETERS


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("limit=0", "limit must be at least 1."),
        ("limit=1001", "limit must be at most 1000."),
        ("limit=many", "limit must be a whole number."),
        ("limit=1&limit=2", "limit is given more than once."),
        ("cursor=nonsense", "cursor this is no cursor of this list; start again without one."),
        ("countable=perhaps", "countable must be true or false."),
    ],
)
async def test_each_wrong_parameter_is_named(local: httpx.AsyncClient, query: str, detail: str) -> None:
    response = await local.get(f"/api/v1/programs/CHECKOUT/items?{query}")

    assert (response.status_code, response.json()["detail"]) == (422, detail)


@pytest.mark.parametrize(
    ("as_of", "detail"),
    [
        ("2026-11-21", "as_of must not lie in the future; the forecast tells of that."),
        ("2026-11-20T08:00:13Z", "as_of must not lie in the future; the forecast tells of that."),
        ("last week", "as_of must be a date (2026-03-31) or a moment (2026-03-31T17:00:00Z)."),
        ("9999-12-31", "as_of must be a date (2026-03-31) or a moment (2026-03-31T17:00:00Z)."),
        ("0001-01-01", "as_of must not be before 1970."),
        ("0001-01-01T00:00:00+14:00", "as_of must be a date (2026-03-31) or a moment (2026-03-31T17:00:00Z)."),
        ("2025-12-31", "as_of is too early: the first item was created on 2026-01-05."),
    ],
)
async def test_a_moment_that_has_no_history_is_refused_with_the_reason(
    client: httpx.AsyncClient, as_of: str, detail: str
) -> None:
    for path in ("rollup", "items"):
        body = (await client.get(f"/api/v1/programs/CHECKOUT/{path}", params={"as_of": as_of})).json()
        assert (body["type"], body["status"], body["detail"]) == ("/problems/invalid-request", 422, detail)


async def test_a_path_that_nobody_serves_is_a_problem_too(local: httpx.AsyncClient) -> None:
    assert (await local.get("/api/v1/nothing")).json() == {
        "type": "/problems/unknown-path",
        "title": "Nothing is served here",
        "status": 404,
        "detail": "Nothing is served under this path; /docs lists what is.",
        "instance": "/api/v1/nothing",
    }


async def test_a_wrong_method_names_the_right_one(local: httpx.AsyncClient) -> None:
    response = await local.delete("/api/v1/programs/CHECKOUT")

    assert (response.status_code, response.headers["allow"]) == (405, "GET")
    assert response.json() == {
        "type": "/problems/method-not-allowed",
        "title": "This path does not take that method",
        "status": 405,
        "detail": "This path takes GET.",
        "instance": "/api/v1/programs/CHECKOUT",
        "allowed": ["GET"],
    }


async def test_a_second_sync_of_a_source_conflicts_with_the_first(sqlite_database: Database) -> None:
    async def busy(name: str) -> int:
        raise SyncAlreadyRunning(name, 41)

    async with a_client(services_over(sqlite_database, start_sync=busy)) as client:
        response = await client.post("/api/v1/sources/acme-jira/sync")

    assert (response.status_code, response.headers["retry-after"]) == (409, "30")
    assert response.json() == {
        "type": "/problems/sync-already-running",
        "title": "This source is being synced already",
        "status": 409,
        "detail": "acme-jira is being synced already; follow it at /api/v1/sync-runs/41.",
        "instance": "/api/v1/sources/acme-jira/sync",
        "source": "acme-jira",
        "run": 41,
    }


async def test_a_process_without_a_worker_says_what_to_run(local: httpx.AsyncClient) -> None:
    body = (await local.post("/api/v1/sources/acme-jira/sync")).json()

    assert (body["status"], body["detail"]) == (
        503,
        "This process runs no worker. Run `interlock sync acme-jira`, or start `interlock worker`.",
    )


async def test_an_unknown_source_cannot_be_synced(local: httpx.AsyncClient) -> None:
    body = (await local.post("/api/v1/sources/nobody/sync")).json()

    assert (body["status"], body["detail"]) == (
        404,
        "There is no source nobody; GET /api/v1/sources lists the names.",
    )


async def test_an_unexpected_error_keeps_its_insides_to_itself(
    sqlite_database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    async def broken() -> list[Any]:
        raise RuntimeError("the password is hunter2")

    async with a_client(services_over(sqlite_database, readiness=broken)) as client:
        response = await client.get("/readyz")

    assert response.json() == {
        "type": "/problems/unexpected",
        "title": "Something went wrong here",
        "status": 500,
        "detail": "The request was understood, and answering it failed. Nothing was changed by a request that only "
        "reads; the service's log has the reason. Try again, and report it if it stays.",
        "instance": "/readyz",
    }
    assert response.headers["x-content-type-options"] == "nosniff"
    logged = capsys.readouterr()
    assert "request_failed" in logged.out + logged.err


async def test_a_database_that_fails_is_a_503_that_does_not_name_its_place(tmp_path: Any) -> None:
    missing = Database.open(f"sqlite:///{tmp_path / 'no' / 'such' / 'folder.db'}")
    services: Services = services_over(missing)
    async with a_client(services) as client:
        response = await client.get("/api/v1/programs")
    await missing.aclose()

    assert (response.status_code, response.headers["retry-after"]) == (503, "30")
    assert str(tmp_path) not in response.text


def test_every_kind_of_problem_has_its_own_slug_and_ends_its_sentences() -> None:
    assert len({kind.slug for kind in Kind}) == len(Kind)
    assert all(kind.meaning.endswith((".", "`.")) and not kind.title.endswith(".") for kind in Kind)
