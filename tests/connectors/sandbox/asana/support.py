"""A small Asana and ways to talk to it; the clock stands at NOW unless a test moves it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from connectors.sandbox.asana.application import create_asana
from connectors.sandbox.asana.options import AsanaOptions
from connectors.sandbox.asana.site import AsanaSite

NOW = datetime(2026, 11, 20, 12, 0, 30, tzinfo=UTC)
EARLIER = NOW - timedelta(days=2)
LATER = NOW + timedelta(minutes=5)


@dataclass(frozen=True)
class Small:
    """Two projects; `tasks` stand in `todo` of the first, oldest first, one hour apart, all before EARLIER."""

    site: AsanaSite
    project: str
    todo: str
    done: str
    other: str
    tasks: tuple[str, ...]


def a_site(tasks: int = 3) -> Small:
    site = AsanaSite("Northwind", me="Rita Reader")
    site.clock = lambda: EARLIER
    begin = EARLIER - timedelta(hours=tasks)
    project = site.add_project("Checkout launch", sections=("To do", "Done"), at=begin)
    other = site.add_project("Platform adoption", at=begin)
    todo, done = site.projects[project].sections
    made = tuple(
        site.add_task(f"Task {number}", project=project, at=begin + timedelta(hours=number)) for number in range(tasks)
    )
    return Small(site, project, todo, done, other, made)


def options(**values: Any) -> AsanaOptions:
    return AsanaOptions(clock=lambda: NOW, **values)


@asynccontextmanager
async def asana(
    site: AsanaSite, chosen: AsanaOptions | None = None, *, bearer: str = "sandbox"
) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=create_asana(site, chosen or options()))
    headers = {"Authorization": f"Bearer {bearer}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://asana/api/1.0", headers=headers) as client:
        yield client


async def data(client: httpx.AsyncClient, path: str, **params: Any) -> Any:
    """The `data` of a 200; parameter names write `.` as `__`."""
    answer = await client.get(path, params={name.replace("__", "."): value for name, value in params.items()} or None)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


async def refused(client: httpx.AsyncClient, status: int, path: str, **params: Any) -> str:
    """The message of a refusal in the vendor's shape."""
    answer = await client.get(path, params=params or None)
    assert answer.status_code == status, answer.text
    (error,) = answer.json()["errors"]
    assert error["help"].startswith("For more information on API status codes")
    return str(error["message"])


async def names(client: httpx.AsyncClient, path: str, **params: Any) -> list[str]:
    return [row["name"] for row in await data(client, path, **params)]


async def everything(client: httpx.AsyncClient, path: str, **params: Any) -> list[Any]:
    """All rows, page by page."""
    rows: list[Any] = []
    while True:
        answer = await client.get(path, params=params)
        assert answer.status_code == 200, answer.text
        rows += answer.json()["data"]
        if answer.json()["next_page"] is None:
            return rows
        params["offset"] = answer.json()["next_page"]["offset"]
