"""A flood of deliveries that prove nothing is counted to the last one, and hardly writes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from service.api import refusals
from service.api.refusals import AT_ONCE, Refusals
from service.store.engine import Database
from service.store.inbox import Inbox
from tests.programs.portfolio import NOW


@contextmanager
def writes(database: Database) -> Iterator[list[str]]:
    """The statements that count deliveries meanwhile."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("INSERT INTO webhook_counters"):
            seen.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    yield seen
    event.remove(database.engine.sync_engine, "before_cursor_execute", note)


async def refused(database: Database, source: str) -> int:
    async with database.reading() as uow:
        return (await Inbox(uow.connection).standing())[source].refused


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood is written every tenth of a second."""
    monkeypatch.setattr(refusals, "EVERY", 0.1)


async def test_a_few_are_written_at_once(sqlite_database: Database) -> None:
    counting = Refusals()
    for number in range(1, AT_ONCE + 1):
        await counting.count("acme", sqlite_database, now=NOW)
        assert await refused(sqlite_database, "acme") == number


async def test_a_flood_is_written_now_and_then_and_counted_whole(database: Database, soon: None) -> None:
    counting = Refusals()
    with writes(database) as written:
        for number in range(2_000):
            await counting.count("acme" if number % 2 else "other", database, now=NOW)
        async with asyncio.timeout(10):
            while await refused(database, "acme") + await refused(database, "other") < 2_000:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    assert (await refused(database, "acme"), await refused(database, "other")) == (1_000, 1_000)
    assert len(written) < 100


async def test_after_a_quiet_second_the_next_ones_are_written_at_once_again(sqlite_database: Database) -> None:
    counting = Refusals()
    for _ in range(AT_ONCE + 5):
        await counting.count("acme", sqlite_database, now=NOW)
    assert await refused(sqlite_database, "acme") == AT_ONCE
    assert counting._later is not None
    await counting._later  # it ends with the first second in which nothing came
    assert await refused(sqlite_database, "acme") == AT_ONCE + 5
    await counting.count("acme", sqlite_database, now=NOW)
    assert await refused(sqlite_database, "acme") == AT_ONCE + 6
