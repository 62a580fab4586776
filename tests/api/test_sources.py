"""Sources, sync runs, and how the service tells that it runs."""

from __future__ import annotations

from typing import Any

import httpx
from sqlalchemy import insert

from service.api.services import Check
from service.store.engine import Database
from service.store.tables.items import pending_details
from service.store.tables.sources import source_capabilities, sync_run_scopes, sync_runs
from tests.api.client import a_client, services_over
from tests.programs.portfolio import NOW, SYNCED, a_checkout, add_scope


async def add_run(database: Database, run_id: int, **values: Any) -> None:
    row = {
        "id": run_id,
        "source": "acme-jira",
        "trigger": "manual",
        "mode": "full",
        "status": "complete",
        "started_at": SYNCED,
        "finished_at": NOW,
        "fetched": 7,
        "reasons": [],
    }
    async with database.transaction() as uow:
        await uow.connection.execute(insert(sync_runs), [row | values])


async def test_a_source_shows_how_fresh_and_how_complete_it_is(database: Database) -> None:
    await a_checkout(database)
    await add_scope(database, "PAY", listed=310)
    async with a_client(services_over(database, source_names=("acme-jira", "new-jira"))) as client:
        sources = (await client.get("/api/v1/sources")).json()["data"]["sources"]

    assert [(each["name"], each["kind"], each["complete"], each["configured"]) for each in sources] == [
        ("acme-jira", "jira-cloud", True, True),
        ("new-jira", None, False, True),
    ]
    assert sources[0]["scopes"][0]["listed"] == 310
    assert sources[1]["reasons"] == [{"code": "never_synced", "message": "No sync was ever complete."}]


async def test_a_source_tells_what_its_account_may_use_and_how_far_its_details_are_read(database: Database) -> None:
    await a_checkout(database)
    plan = {"source": "acme-jira", "available": True, "reason": None}
    async with database.transaction() as uow:
        await uow.connection.execute(
            insert(source_capabilities),
            [plan | {"name": "users"}, plan | {"name": "goals", "available": False, "reason": "Not in this plan."}],
        )
        waiting = {"item_uid": "acme-jira:11", "source": "acme-jira", "updated_at": SYNCED}
        await uow.connection.execute(insert(pending_details), [waiting])
    async with a_client(services_over(database, source_names=("acme-jira", "new-jira"))) as client:
        known, new = (await client.get("/api/v1/sources")).json()["data"]["sources"]

    assert known["capabilities"] == [
        {"name": "goals", "available": False, "reason": "Not in this plan."},
        {"name": "users", "available": True, "reason": None},
    ]
    assert known["details"] == {"wanted": 1, "read": 0}
    assert (new["capabilities"], new["details"]) == ([], {"wanted": 0, "read": 0})


async def test_starting_a_sync_answers_202_and_names_the_run(database: Database) -> None:
    await a_checkout(database)

    async def start(name: str) -> int:
        await add_run(database, 42, source=name, status="running", trigger="api", finished_at=None)
        return 42

    async with a_client(services_over(database, start_sync=start)) as client:
        response = await client.post("/api/v1/sources/acme-jira/sync")
        followed = await client.get(response.headers["location"])

    assert response.status_code == 202
    assert response.json()["data"]["run"]["status"] == "running"
    assert followed.json()["data"]["run"] == response.json()["data"]["run"]


async def test_runs_are_listed_newest_first_and_page_by_page(database: Database) -> None:
    await a_checkout(database)
    for number in (1, 2, 3):
        await add_run(database, number)
    async with a_client(services_over(database)) as client:
        first = await client.get("/api/v1/sync-runs?limit=2&source=acme-jira")
        second = await client.get(first.links["next"]["url"])
        unknown = await client.get("/api/v1/sync-runs?source=nobody")

    assert [run["id"] for run in first.json()["data"]["sync_runs"]] == [3, 2]
    assert [run["id"] for run in second.json()["data"]["sync_runs"]] == [1]
    assert unknown.status_code == 404


async def test_one_run_shows_each_scope_it_read(database: Database) -> None:
    await a_checkout(database)
    reason = {"code": "permission_denied", "message": "No access.", "scope": "PAY"}
    await add_run(database, 1, status="partial", reasons=[reason])
    scope = {"run_id": 1, "scope_id": "1", "key": "PAY", "status": "failed", "error": reason}
    async with database.transaction() as uow:
        await uow.connection.execute(insert(sync_run_scopes), [scope])
    async with a_client(services_over(database)) as client:
        data = (await client.get("/api/v1/sync-runs/1")).json()["data"]
        none = await client.get("/api/v1/sync-runs/99999999999999999999")

    assert data["run"]["reasons"] == [reason]
    assert data["scopes"] == [
        {
            "key": "PAY",
            "status": "failed",
            "listed": None,
            "fetched": 0,
            "rejected": 0,
            "error": {"code": "permission_denied", "message": "No access."},
        }
    ]
    assert none.json()["detail"] == (
        "There is no sync run 99999999999999999999; GET /api/v1/sync-runs lists the latest ones."
    )


async def test_ready_names_every_check_and_fails_with_the_first_that_fails(sqlite_database: Database) -> None:
    checks = [Check("database", True, "SQLite"), Check("migrations", False, "schema is behind")]

    async def ready() -> list[Check]:
        return checks

    async with a_client(services_over(sqlite_database, readiness=ready)) as client:
        failing = await client.get("/readyz")
        checks.pop()
        fine = await client.get("/readyz")

    assert failing.status_code == 503
    assert failing.json()["detail"] == "Not ready: migrations (schema is behind)."
    assert fine.json() == {
        "status": "ready",
        "checks": [{"name": "database", "ok": True, "level": "ok", "detail": "SQLite"}],
    }


async def test_metrics_count_requests_and_tell_the_age_of_sources(local: httpx.AsyncClient) -> None:
    await local.get("/api/v1/programs/CHECKOUT")
    await local.get("/no/such/path")
    lines = (await local.get("/metrics")).text.splitlines()

    assert 'interlock_http_requests_total{method="GET",operation="get_program",status="200"} 1.0' in lines
    assert 'interlock_http_requests_total{method="GET",operation="unmatched",status="404"} 1.0' in lines
    assert 'interlock_source_lag_seconds{source="acme-jira"} 20762.0' in lines
    assert 'interlock_sync_running{source="acme-jira"} 0.0' in lines
