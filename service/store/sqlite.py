"""What SQLite needs of us: its pragmas, our own BEGIN, and driver threads that end before the event loop does."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import aiosqlite
from sqlalchemy import Connection, Engine, event

BUSY_TIMEOUT_MS = 30_000  # longer than any page transaction; another process may be syncing
ROWS_AT_A_TIME = 64  # aiosqlite's own default
WRITES = "interlock_writes"  # execution option: whether a transaction takes the write lock at once


class Endings:
    """Connections that were told to stop and have not stopped yet.

    A connection that could not be opened, or whose task was cancelled, is stopped without anybody waiting for its
    thread; when the loop closes first, the thread dies of reporting to it.
    """

    def __init__(self) -> None:
        self._ending: set[asyncio.Future[Any]] = set()

    def connect(self, file: str, **options: Any) -> aiosqlite.Connection:
        """Called by the engine in place of `aiosqlite.connect`."""
        return _Connection(partial(sqlite3.connect, file, **options), self)

    def add(self, ending: asyncio.Future[Any]) -> None:
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)

    async def wait(self) -> None:
        if self._ending:
            await asyncio.wait(self._ending)


class _Connection(aiosqlite.Connection):
    def __init__(self, connector: Callable[[], sqlite3.Connection], endings: Endings) -> None:
        super().__init__(connector, ROWS_AT_A_TIME)
        self._endings = endings
        self._ending: asyncio.Future[Any] | None = None
        self._thread.daemon = True  # as SQLAlchemy has it: a connection nobody closed must not keep a process alive

    def cursor(self) -> _Cursor:  # type: ignore[override]  # what the engine asks of it: to be entered and left
        return _Cursor(self)

    async def close(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                await self.rollback()
        await super().close()

    def stop(self) -> asyncio.Future[Any] | None:
        """Told twice (closing was cancelled, say), the thread would never answer the second time: it is gone."""
        if self._ending is None:
            if self._connection is not None:
                self._tx.put_nowait((None, partial(_roll_back, self._connection)))
            self._ending = super().stop()
            if self._ending is not None:
                self._endings.add(self._ending)
        return self._ending


class _Cursor:
    """Goes to the thread of its connection once a statement, with all its rows, and not at all to be made or closed.

    aiosqlite's own goes four times, and each way there and back costs as much as most statements do. Nothing is left
    open in the driver: a statement that has run to its end is reset.
    """

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.arraysize = 1
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> _Cursor:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def execute(self, statement: str, parameters: Any = ()) -> None:
        await self._run(sqlite3.Cursor.execute, statement, parameters)

    async def executemany(self, statement: str, parameters: Any) -> None:
        await self._run(sqlite3.Cursor.executemany, statement, parameters)

    async def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        self._rows = []

    async def _run(self, how: Callable[..., sqlite3.Cursor], *what: Any) -> None:
        def run(connection: sqlite3.Connection) -> tuple[Any, ...]:
            cursor = how(connection.cursor(), *what)
            rows = cursor.fetchall() if cursor.description else []
            return rows, cursor.description, cursor.rowcount, cursor.lastrowid

        done = await self._connection._execute(run, self._connection._conn)  # type: ignore[no-untyped-call]
        self._rows, self.description, self.rowcount, self.lastrowid = done


def _roll_back(connection: sqlite3.Connection) -> None:
    """A connection that is closed in a transaction keeps it, and the lock, until the last of its cursors is gone.

    Whoever was cancelled may hold one for long: in the traceback of the cancellation.
    """
    with suppress(sqlite3.Error):
        connection.rollback()


def tune(engine: Engine) -> None:
    """Our pragmas on every connection, and our own BEGIN: the driver's would come late and be deferred."""
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)


def _on_connect(connection: Any, _record: Any) -> None:
    try:
        _set_pragmas(connection)
    except Exception:
        connection.close()  # the pool never saw it, so nobody else would
        raise


def _set_pragmas(connection: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    try:
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = NORMAL")  # with WAL: safe against crashes, not an fsync a commit
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA cache_size = -8192")  # 8 MiB a connection: a long load must not grow with the database
        cursor.execute("PRAGMA wal_autocheckpoint = 10000")  # 40 MB: a bulk load folds the log in less often
    finally:
        cursor.close()


def _on_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES, True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
