"""Who changed what, when, and from where, as administrators read it. On both databases."""

from __future__ import annotations

import httpx

from service.api.services import SyncAlreadyRunning
from service.domain.access import Scope
from service.store.engine import Database
from tests.api.client import a_client, services_over
from tests.auth.support import a_key, bearer
from tests.programs.portfolio import a_checkout

FILE = "programs: [{key: CART, name: Cart, include: [{source: acme-jira, project: CART}]}]"


async def _audit(client: httpx.AsyncClient, query: str = "") -> list[tuple[str, str, str, str]]:
    entries = (await client.get(f"/api/v1/audit{query}")).json()["data"]["audit"]
    return [(each["actor"], each["origin"], each["action"], each["subject"]) for each in entries]


async def test_changes_are_told_newest_first_with_who_did_them_and_from_where(database: Database) -> None:
    await a_checkout(database)
    key = await a_key(database, "boss", Scope.ADMIN)

    async def start(_name: str) -> int:
        return 41

    services = services_over(database, start_sync=start)
    async with a_client(services, peer="10.0.0.7", base_url="http://interlock.internal") as client:
        client.headers.update(bearer(key))
        await client.post("/api/v1/mapping/apply", content=FILE)
        await client.post("/api/v1/mapping/apply", content=FILE)  # changes nothing, and is nothing to tell
        await client.post("/api/v1/sources/acme-jira/sync")

        assert await _audit(client) == [
            ("boss (key)", "10.0.0.7", "sync_started", "acme-jira"),
            ("boss (key)", "10.0.0.7", "programs_applied", "CART"),
            ("pat", "terminal", "key_created", "boss"),
        ]
        assert await _audit(client, "?action=sync_started") == [("boss (key)", "10.0.0.7", "sync_started", "acme-jira")]


async def test_a_sync_that_could_not_start_is_not_told_as_one(sqlite_database: Database) -> None:
    async def start(name: str) -> int:
        raise SyncAlreadyRunning(name)

    async with a_client(services_over(sqlite_database, start_sync=start)) as client:
        assert (await client.post("/api/v1/sources/acme-jira/sync")).status_code == 409
        assert await _audit(client) == []


async def test_the_audit_comes_in_pages_and_as_csv(database: Database) -> None:
    _, _, key = [await a_key(database, name, Scope.ADMIN) for name in ("a", "b", "c")]
    async with a_client(services_over(database)) as client:
        client.headers.update(bearer(key))
        first = (await client.get("/api/v1/audit?limit=2")).json()["data"]
        rest = (await client.get(f"/api/v1/audit?limit=2&cursor={first['next_cursor']}")).json()["data"]
        table = (await client.get("/api/v1/audit?format=csv")).text.splitlines()

    assert [each["subject"] for each in (*first["audit"], *rest["audit"])] == ["c", "b", "a"]
    assert rest["next_cursor"] is None
    assert table[0] == "id,at,actor,origin,action,subject,detail"
    assert len(table) == 4


async def test_a_cursor_of_something_else_is_refused(local: httpx.AsyncClient) -> None:
    assert (await local.get("/api/v1/audit?cursor=x")).status_code == 422
