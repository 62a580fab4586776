"""Transactions are all or nothing, readers see one moment, and a broken database explains itself."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import aiosqlite
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from service.store.bulk import run, upsert
from service.store.engine import Database
from service.store.errors import DatabaseUnusable
from service.store.sqlite import Endings
from service.store.tables import items

pending = items.item_aliases


async def _alias(database: Database, key: str) -> None:
    async with database.transaction() as uow:
        await uow.connection.execute(pending.insert().values(source="s", key=key, item_uid="s:1"))


async def _keys(database: Database) -> list[str]:
    async with database.reading() as uow:
        return list((await uow.connection.execute(select(pending.c.key).order_by(pending.c.key))).scalars())


async def test_a_transaction_commits_at_the_end_of_its_block(database: Database) -> None:
    await _alias(database, "A-1")
    assert await _keys(database) == ["A-1"]


async def test_an_exception_inside_a_transaction_leaves_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):  # noqa: PT012 - the block is the point
        async with database.transaction() as uow:
            await uow.connection.execute(pending.insert().values(source="s", key="A-1", item_uid="s:1"))
            raise ZeroDivisionError
    assert await _keys(database) == []


async def test_a_cancelled_transaction_leaves_nothing_and_frees_the_way_for_the_next(
    database: Database,
) -> None:
    inside = asyncio.Event()

    async def hang() -> None:
        async with database.transaction() as uow:
            await uow.connection.execute(pending.insert().values(source="s", key="A-1", item_uid="s:1"))
            inside.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(hang())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await _alias(database, "A-2")
    assert await _keys(database) == ["A-2"]


async def test_a_mass_write_that_is_cut_off_again_and_again_ends_as_cancelled_and_nothing_else(
    database: Database,
) -> None:
    """A COPY that is interrupted may leave a connection that cannot roll back: that is no trouble of the database."""
    rows = [("s", f"A-{number}", "s:1" + "x" * 200) for number in range(20_000)]

    async def write() -> None:
        async with database.transaction() as uow:
            await upsert(uow.connection, pending, ("source", "key", "item_uid"), rows, key=("source", "key"))
            await asyncio.sleep(60)

    for round_ in range(10):
        task = asyncio.create_task(write())
        await asyncio.sleep(0.005 * round_)
        task.cancel()
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    await _alias(database, "A-1")
    assert await _keys(database) == ["A-1"]


async def test_a_reader_sees_one_moment_while_a_writer_commits(database: Database) -> None:
    await _alias(database, "A-1")
    query = select(pending.c.key).order_by(pending.c.key)
    async with database.reading() as uow:
        before = list((await uow.connection.execute(query)).scalars())
        await _alias(database, "A-2")
        after = list((await uow.connection.execute(query)).scalars())
    assert before == after == ["A-1"]
    assert await _keys(database) == ["A-1", "A-2"]


async def test_many_writers_at_once_all_get_their_turn(database: Database) -> None:
    await asyncio.gather(*(_alias(database, f"A-{n}") for n in range(20)))
    assert len(await _keys(database)) == 20


async def test_two_processes_writing_to_one_file_wait_for_each_other(sqlite_url: str) -> None:
    """Two Database objects stand for two processes: they share nothing but the file."""
    first, second = Database.open(sqlite_url), Database.open(sqlite_url)
    async with first.transaction() as uow:
        await uow.connection.execute(pending.insert().values(source="s", key="A-1", item_uid="s:1"))
        waiting = asyncio.create_task(_alias(second, "A-2"))
        await asyncio.sleep(0.1)
        assert not waiting.done()
    await waiting
    assert await _keys(first) == ["A-1", "A-2"]
    await first.aclose()
    await second.aclose()


async def test_a_transaction_inside_a_transaction_is_refused_rather_than_waiting_for_ever(
    sqlite_database: Database,
) -> None:
    async with sqlite_database.transaction():
        with pytest.raises(RuntimeError, match="already has a write transaction open"):
            async with sqlite_database.transaction():
                pass


async def test_sqlite_runs_in_wal_mode_with_foreign_keys_and_patience(sqlite_database: Database) -> None:
    async with sqlite_database.reading() as uow:
        found = [
            (await uow.connection.execute(text(f"PRAGMA {name}"))).scalar()
            for name in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
        ]
    assert found == ["wal", 1, 1, 30_000]


async def test_reading_cannot_write_on_postgresql(postgres_url: str) -> None:
    database = Database.open(postgres_url)
    with pytest.raises(DatabaseUnusable, match="is read-only"):
        async with database.reading() as uow:
            await uow.connection.execute(pending.insert().values(source="s", key="A-1", item_uid="s:1"))
    await database.aclose()


async def test_an_unreachable_server_is_named_without_the_password() -> None:
    database = Database.open("postgresql://pat:s3cret@127.0.0.1:1/interlock")
    with pytest.raises(DatabaseUnusable) as caught:
        async with database.transaction():
            pass
    assert caught.value.message == (
        "PostgreSQL 127.0.0.1:1/interlock cannot be reached. "
        "Check that the server runs and that host and port are right."
    )
    await database.aclose()


async def test_a_database_that_does_not_exist_says_what_to_do(postgres_server: str) -> None:
    database = Database.open(postgres_server.rsplit("/", 1)[0] + "/nowhere")
    with pytest.raises(DatabaseUnusable, match=r"/nowhere does not exist\. Create the database, then run"):
        async with database.transaction():
            pass
    await database.aclose()


async def test_a_file_that_cannot_be_opened_says_what_to_check(tmp_path: Path) -> None:
    file = tmp_path / "missing" / "interlock.db"
    database = Database.open(f"sqlite:///{file}")
    with pytest.raises(DatabaseUnusable) as caught:
        async with database.transaction():
            pass
    assert caught.value.message == (
        f"SQLite {file} cannot be opened. Check that its folder exists and that this user may write there."
    )
    await database.aclose()


async def test_a_read_only_file_says_what_to_change(sqlite_url: str) -> None:
    file = sqlite_url.removeprefix("sqlite:///")
    database = Database.open(f"sqlite:///file:{file}?mode=ro&uri=true")
    with pytest.raises(DatabaseUnusable, match=r"is read-only\. Make the file and its folder writable"):
        await _alias(database, "A-1")
    await database.aclose()


async def test_a_full_disk_is_explained_and_leaves_nothing(sqlite_database: Database) -> None:
    big = "x" * 4_000_000
    with pytest.raises(DatabaseUnusable, match="the disk is full"):  # noqa: PT012 - the block is the point
        async with sqlite_database.transaction() as uow:
            await uow.connection.execute(text("PRAGMA max_page_count = 200"))
            await uow.connection.execute(pending.insert().values(source="s", key=big, item_uid="s:1"))
    assert await _keys(sqlite_database) == []


async def test_a_file_that_is_no_database_says_so(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("hello, this is not a database at all\n" * 100)
    database = Database.open(f"sqlite:///{file}")
    with pytest.raises(DatabaseUnusable, match="is not an SQLite database"):
        async with database.transaction():
            pass
    await database.aclose()


def test_a_closed_database_leaves_no_thread_to_die_of_a_closed_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many short programs: a file that cannot be opened, or a task cancelled halfway, and the loop ends at once."""
    died: list[object] = []
    monkeypatch.setattr(threading, "excepthook", lambda failure: died.append(failure.exc_value))

    async def unopened() -> None:
        database = Database.open(f"sqlite:///{tmp_path / 'missing' / 'interlock.db'}")
        with pytest.raises(DatabaseUnusable):
            async with database.transaction():
                pass
        await database.aclose()

    async def cancelled(after_ms: int) -> None:
        database = Database.open(f"sqlite:///{tmp_path / f'{after_ms}.db'}")
        task = asyncio.create_task(_busy(database))
        await asyncio.sleep(after_ms / 1000)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await database.aclose()

    for number in range(40):
        asyncio.run(unopened())
        asyncio.run(cancelled(number % 12))
    for thread in threading.enumerate():
        if "_connection_worker_thread" in thread.name:
            thread.join(5)
    assert died == []


async def _busy(database: Database) -> None:
    while True:
        async with database.reading() as uow:
            await uow.connection.execute(text("SELECT 1"))


async def test_a_statement_goes_to_the_thread_of_sqlite_once_with_all_its_rows(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each way there and back costs as much as most statements do."""
    ways: list[object] = []
    go = aiosqlite.Connection._execute

    async def going(connection: aiosqlite.Connection, what: object, *parameters: object, **options: object) -> object:
        ways.append(what)
        return await go(connection, what, *parameters, **options)  # type: ignore[no-untyped-call]

    monkeypatch.setattr(aiosqlite.Connection, "_execute", going)
    async with sqlite_database.transaction() as uow:
        ways.clear()
        added = await uow.connection.execute(pending.insert(), [{"source": "s", "key": "A", "item_uid": "s:1"}])
        more = [("s", key, "s:1") for key in "BC"]
        await upsert(uow.connection, pending, ("source", "key", "item_uid"), more, key=("source", "key"))
        changed = await run(uow.connection, "UPDATE item_aliases SET item_uid = ?", ["s:2"])
        found = (await uow.connection.execute(select(pending.c.key, pending.c.item_uid))).all()
        taken = await uow.connection.execute(pending.delete().where(pending.c.key < "C").returning(pending.c.key))

        assert (added.rowcount, changed) == (1, 3)
        assert sorted(map(tuple, found)) == [("A", "s:2"), ("B", "s:2"), ("C", "s:2")]
        assert sorted(taken.scalars()) == ["A", "B"]
        assert len(ways) == 5


async def test_after_a_statement_that_sqlite_refuses_the_connection_goes_on(sqlite_database: Database) -> None:
    async with sqlite_database.transaction() as uow:
        with pytest.raises(OperationalError, match="no such table"):
            await uow.connection.execute(text("SELECT * FROM nowhere"))
        await uow.connection.execute(pending.insert().values(source="s", key="A-1", item_uid="s:1"))

    assert await _keys(sqlite_database) == ["A-1"]


@pytest.mark.parametrize("url", ["mysql://root:s3cret@host/db", "not a url: s3cret"])
def test_an_unknown_kind_of_database_is_refused_without_repeating_the_url(url: str) -> None:
    with pytest.raises(DatabaseUnusable, match=r"Use sqlite:///path/to/interlock\.db or postgresql://") as caught:
        Database.open(url)
    assert "s3cret" not in caught.value.message


async def test_a_connection_that_is_told_to_stop_twice_holds_nobody_up(tmp_path: Path) -> None:
    endings = Endings()
    connection = await endings.connect(str(tmp_path / "twice.db"))
    await connection.close()
    connection.stop()

    async with asyncio.timeout(5):
        await endings.wait()


@pytest.mark.parametrize("way", ["closed", "told to stop"])
async def test_a_connection_that_ends_in_a_transaction_gives_the_lock_back_whoever_holds_a_cursor(
    tmp_path: Path, way: str
) -> None:
    file, endings = str(tmp_path / "a.db"), Endings()
    connection = await endings.connect(file, isolation_level=None)
    await connection.execute("CREATE TABLE t (a)")
    await connection.execute("BEGIN IMMEDIATE")
    unfinished = await connection.execute("INSERT INTO t VALUES (1), (2) RETURNING a")

    if way == "closed":
        await connection.close()
    else:
        connection.stop()
        await endings.wait()

    with closing(sqlite3.connect(file, timeout=0, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert other.execute("SELECT count(*) FROM t").fetchone() == (0,)
    del unfinished
