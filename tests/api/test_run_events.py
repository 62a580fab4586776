"""A run watched from outside, over a real server: its counts as they move, and its end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn

from service.api import run_events
from service.app import create_app
from service.store.engine import Database
from service.store.runs import SyncRuns
from service.store.sources import Sources
from tests.api.client import a_client, services_over
from tests.programs.portfolio import NOW


async def a_run(database: Database) -> int:
    async with database.transaction() as uow:
        await Sources(uow.connection).register("acme-jira", kind="jira-cloud", url="https://acme.example")
        return await SyncRuns(uow.connection).open("acme-jira", trigger="manual", mode="full", now=NOW)


async def finish(database: Database, run_id: int) -> None:
    async with database.transaction() as uow:
        await SyncRuns(uow.connection).set(run_id, status="complete", finished_at=NOW, fetched=200)


async def moved(database: Database, run_id: int, fetched: int) -> None:
    async with database.transaction() as uow:
        await SyncRuns(uow.connection).advance(run_id, fetched=fetched, changed=fetched, unchanged=0, rejected=0)


def told(lines: list[str]) -> list[tuple[str, int]]:
    """(event, fetched) of a whole stream."""
    names = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
    data = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
    return [(name, run["fetched"]) for name, run in zip(names, data, strict=True)]


async def test_a_run_tells_its_counts_as_they_move_and_its_end(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_events, "LOOK_EVERY", 0.01)
    run_id = await a_run(sqlite_database)
    lines: list[str] = []
    async with (
        serving(sqlite_database) as client,
        client.stream("GET", f"/api/v1/sync-runs/{run_id}/events") as response,
    ):
        async for line in response.aiter_lines():
            lines.append(line)
            so_far = [] if line else told(lines)
            if so_far == [("progress", 0)]:
                await moved(sqlite_database, run_id, 100)
            elif so_far == [("progress", 0), ("progress", 100)]:
                await finish(sqlite_database, run_id)

    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["cache-control"] == "no-store"
    assert told(lines) == [("progress", 0), ("progress", 100), ("finished", 200)]


async def test_a_quiet_run_gives_a_sign_of_life(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_events, "LOOK_EVERY", 0.0)
    monkeypatch.setattr(run_events, "SIGN_OF_LIFE_EVERY", 0.0)
    run_id = await a_run(sqlite_database)
    async with (
        serving(sqlite_database) as client,
        client.stream("GET", f"/api/v1/sync-runs/{run_id}/events") as response,
    ):
        async for line in response.aiter_lines():
            if line.startswith(":"):
                break

    assert line == ": still running"


async def test_a_run_that_is_over_is_told_at_once(sqlite_database: Database) -> None:
    run_id = await a_run(sqlite_database)
    await finish(sqlite_database, run_id)
    async with a_client(services_over(sqlite_database)) as client:
        response = await client.get(f"/api/v1/sync-runs/{run_id}/events")

    assert told(response.text.splitlines()) == [("finished", 200)]


async def test_a_number_that_no_run_has_is_refused_before_anything_is_streamed(sqlite_database: Database) -> None:
    async with a_client(services_over(sqlite_database)) as client:
        response = await client.get("/api/v1/sync-runs/77/events")

    assert (response.status_code, response.json()["title"]) == (404, "No such sync run")


@asynccontextmanager
async def serving(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """A real server: httpx's ASGI transport would wait for the whole body."""
    app = create_app(services_over(database))
    server = uvicorn.Server(uvicorn.Config(app, port=0, lifespan="off", log_config=None, timeout_graceful_shutdown=1))
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn offers nothing to wait for
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
            yield client
    finally:
        server.should_exit = True
        await running
