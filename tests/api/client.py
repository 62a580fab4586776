"""A client that speaks to the app without a socket, as a peer on this machine unless told otherwise."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from service.api.services import Services
from service.app import create_app
from service.clock import FixedClock
from service.store.engine import Database
from tests.programs.portfolio import NOW

LOCAL = "http://127.0.0.1:8000"


def services_over(database: Database, **values: Any) -> Services:
    return Services(**{"database": database, "clock": FixedClock(NOW), "source_names": ("acme-jira",), **values})


@asynccontextmanager
async def a_client(
    services: Services, *, peer: str = "127.0.0.1", base_url: str = LOCAL
) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(services), client=(peer, 50_000))
    async with httpx.AsyncClient(transport=transport, base_url=base_url) as client:
        yield client


async def answered(client: httpx.AsyncClient, path: str, **query: str) -> Any:
    """The envelope of an answer that must be there."""
    answer = await client.get(httpx.URL(path).copy_merge_params(query))
    assert answer.status_code == 200, answer.text
    return answer.json()
