"""A client over the example portfolio, on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from service.store.engine import Database
from tests.api.client import a_client, services_over
from tests.programs.finishing import FLOW, a_finishing_program
from tests.programs.portfolio import a_checkout


@pytest.fixture
async def client(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    await a_checkout(database)
    async with a_client(services_over(database)) as client:
        yield client


@pytest.fixture
async def local(sqlite_database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """The same where the kind of database cannot matter."""
    await a_checkout(sqlite_database)
    async with a_client(services_over(sqlite_database)) as client:
        yield client


@pytest.fixture
async def finishing(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """Over the program that finished two items a day."""
    await a_finishing_program(database)
    async with a_client(services_over(database, flow=FLOW)) as client:
        yield client
