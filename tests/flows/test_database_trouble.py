"""A full disk or a database that may not be written: a clear word, exit code 1, and nothing half-written."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from connectors.sandbox.cloud import create_cloud
from connectors.sandbox.options import SandboxOptions
from connectors.sandbox.server import SandboxServer
from service.store.engine import Database
from service.store.errors import DatabaseUnusable
from service.store.tables.items import work_items
from service.store.tables.sources import raw_records
from tests.fixtures.databases import SqliteTemplate
from tests.flows.command_line import Desk
from tests.flows.stored import Store, differences, evidence, live, scopes, stored
from tests.flows.support import a_site, flowing

LIMIT = """
from sqlalchemy import event
from sqlalchemy.engine import Engine

@event.listens_for(Engine, "connect")
def no_room(connection, record):
    connection.execute("PRAGMA max_page_count = 1")  # SQLite rounds it up to what the file has already
"""


def _room_for(pages: int) -> Callable[[Any, Any], None]:
    def limit(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA max_page_count = {pages}")
        cursor.close()

    return limit


def pages_of(url: str) -> int:
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        count: int = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.close()
    return count


def assert_whole(store: Store) -> None:
    """Every item has its payload, and every payload that could be read its item."""
    kept = sorted(row["native_id"] for row in store["raw_records"] if row["kind"] == "issue")
    assert live(store) == kept


@pytest.mark.parametrize("more_pages", [1, 25, 50, 75, 90])
async def test_a_disk_that_fills_up_stops_the_run_and_the_next_one_goes_on(
    more_pages: int, sqlite_url: str, sqlite_template: SqliteTemplate, tmp_path: Path
) -> None:
    roomy, narrow = Database.open(sqlite_template.copy_to(tmp_path)), Database.open(sqlite_url)
    event.listen(narrow.engine.sync_engine, "connect", _room_for(pages_of(sqlite_url) + more_pages))
    again = Database.open(sqlite_url)
    try:
        async with flowing(a_site(issues=300), roomy) as flow:
            await flow.sync_whole(full=True)
            flow.database = narrow
            with pytest.raises(DatabaseUnusable) as refused:
                await flow.sync(full=True)
            await narrow.aclose()
            file = sqlite_url.removeprefix("sqlite:///")
            assert refused.value.message == (
                f"SQLite {file} cannot grow: the disk is full. Free some space; nothing of this transaction was stored."
            )
            assert_whole(await stored(again, [work_items, raw_records]))
            assert {row["cursor"] for row in (await scopes(again)).values()} <= {None}

            flow.database = again
            flow.clock.pass_by(minutes=5)
            await flow.sync_whole(full=True)

            moving = {"scopes": {"cursor", "last_complete_sync", "proven_at"}}
            assert differences(await evidence(roomy), await evidence(again), but=moving) == []
    finally:
        for database in (roomy, narrow, again):
            await database.aclose()


def test_the_command_line_says_that_the_disk_is_full_and_ends_with_1(sqlite_url: str, tmp_path: Path) -> None:
    desk = Desk(tmp_path, sqlite_url)
    with SandboxServer(create_cloud(a_site(issues=300), SandboxOptions())) as server:
        desk.write_config(server.url, projects="BULK1, BULK2")

        said = desk.interlock("sync", before=LIMIT)

    file = sqlite_url.removeprefix("sqlite:///")
    assert said.code == 1
    assert said.complaint == (
        f"SQLite {file} cannot grow: the disk is full. Free some space; nothing of this transaction was stored."
    )
    assert "Traceback" not in said.log
    with sqlite3.connect(file) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT count(*) FROM work_items").fetchone() == (0,)
    connection.close()


def test_the_command_line_says_that_the_database_is_read_only_and_ends_with_1(sqlite_url: str, tmp_path: Path) -> None:
    file = sqlite_url.removeprefix("sqlite:///")
    before = Path(file).read_bytes()
    desk = Desk(tmp_path, f"sqlite:///file:{file}?mode=ro&uri=true")
    with SandboxServer(create_cloud(a_site(issues=20), SandboxOptions())) as server:
        desk.write_config(server.url, projects="BULK1")

        said = desk.interlock("sync")

    assert said.code == 1
    assert "is read-only. Make the file and its folder writable for this user." in said.complaint
    assert "Traceback" not in said.log
    assert Path(file).read_bytes() == before
