"""While histories are still being read, every answer about a program says so, with how many are missing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import delete, insert

from service.programs.answers import Answer, Remark
from service.programs.freshness import fingerprint
from service.programs.read import get_program, get_rollup, list_items
from service.store.engine import Database
from service.store.tables.items import pending_details
from service.store.tables.sources import raw_records
from tests.builders.items import SOURCE, an_item, insert_items
from tests.programs.portfolio import KEY, NOW, SYNCED, TODAY, a_checkout, add_source

Ask = Callable[[Database], Awaitable[Answer[Any]]]


async def _rollup(database: Database) -> Answer[Any]:
    return await get_rollup(database, KEY, now=NOW, today=TODAY)


async def _program(database: Database) -> Answer[Any]:
    return await get_program(database, KEY, now=NOW)


async def _items(database: Database) -> Answer[Any]:
    return await list_items(database, KEY, now=NOW)


async def _wait(database: Database, *native_ids: str, source: str = SOURCE) -> None:
    rows = [{"item_uid": f"{source}:{each}", "source": source, "updated_at": SYNCED} for each in native_ids]
    async with database.transaction() as uow:
        await uow.connection.execute(insert(pending_details), rows)


async def _have_read(database: Database, *native_ids: str) -> None:
    row = {"source": SOURCE, "kind": "stories", "hash": b"", "payload": b"", "fetched_at": SYNCED, "last_seen_run": 1}
    async with database.transaction() as uow:
        await uow.connection.execute(insert(raw_records), [row | {"native_id": each} for each in native_ids])


def _pending(answer: Answer[Any]) -> list[Remark]:
    return [each for each in answer.warnings if each.code == "details_pending"]


@pytest.mark.parametrize("ask", [_rollup, _program, _items])
async def test_what_waits_is_told_with_every_answer_about_the_program(database: Database, ask: Ask) -> None:
    await a_checkout(database)
    await _wait(database, "11", "12")
    await _have_read(database, "10", "13", "11")

    assert _pending(await ask(database)) == [
        Remark("details_pending", "acme-jira: the history of 2 of 4 items is still being read.")
    ]


async def test_nothing_is_said_once_everything_is_read(database: Database) -> None:
    await a_checkout(database)
    await _wait(database, "11")
    before = await fingerprint(database, KEY)
    assert _pending(await _rollup(database))
    async with database.transaction() as uow:
        await uow.connection.execute(delete(pending_details))

    assert _pending(await _rollup(database)) == []
    assert await fingerprint(database, KEY) != before


async def test_the_number_follows_the_reading(database: Database) -> None:
    await a_checkout(database)
    await _wait(database, "10", "11", "12")
    first = _pending(await _rollup(database))
    async with database.transaction() as uow:
        await uow.connection.execute(delete(pending_details).where(pending_details.c.item_uid == f"{SOURCE}:11"))
    await _have_read(database, "11")

    assert [each.message for each in (*first, *_pending(await _rollup(database)))] == [
        "acme-jira: the history of 3 of 3 items is still being read.",
        "acme-jira: the history of 2 of 3 items is still being read.",
    ]


async def test_the_backlog_of_a_source_that_does_not_feed_the_program_is_no_concern_of_it(database: Database) -> None:
    await a_checkout(database)
    await add_source(database, "acme-asana", kind="asana")
    async with database.transaction() as uow:
        await insert_items(uow.connection, an_item(1, source="acme-asana"))
    await _wait(database, "1", source="acme-asana")

    assert _pending(await _rollup(database)) == []


async def test_what_only_gone_items_wait_for_is_not_waited_for(database: Database) -> None:
    await a_checkout(database)
    await _wait(database, "15")

    assert _pending(await _rollup(database)) == []
