"""The database: opening it, and the two kinds of transaction. Everything else gets a UnitOfWork.

SQLite runs in WAL mode with foreign keys on; a write takes the lock at once (BEGIN IMMEDIATE), so that
two writers wait for each other at the start and never fail in the middle.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from service.store.errors import DATABASE_ERRORS, DatabaseUnusable, explained
from service.store.sqlite import WRITES, Endings, tune
from service.store.unit_of_work import UnitOfWork

CONNECT_TIMEOUT_S = 10


class Database:
    """One database and its pool of connections. `dialect` is "sqlite" or "postgresql"."""

    def __init__(self, url: URL, engine: AsyncEngine, endings: Endings | None = None) -> None:
        self.url = url
        self.engine = engine
        self.dialect = url.get_backend_name()
        self._endings = endings or Endings()
        self._write_turn = asyncio.Lock()  # writers of this process queue fairly; SQLite alone would poll
        self._writer: asyncio.Task[Any] | None = None

    @classmethod
    def open(cls, url: str) -> Database:
        """Prepare `sqlite:///path` or `postgresql://…`; connects on first use. Raises DatabaseUnusable."""
        parsed = parse_url(url)
        if parsed.get_backend_name() == "sqlite":
            endings = Endings()
            engine = create_async_engine(
                parsed.set(drivername="sqlite+aiosqlite"), connect_args={"async_creator_fn": endings.connect}
            )
            tune(engine.sync_engine)
            return cls(parsed, engine, endings)
        engine = create_async_engine(
            parsed.set(drivername="postgresql+psycopg"),
            connect_args=connect_arguments(parsed),
            pool_pre_ping=True,
        )
        return cls(parsed, engine)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[UnitOfWork]:
        """Write: all of the block or nothing of it. Raises DatabaseUnusable when the database is the problem."""
        async with self._turn_to_write(), self._unit_of_work({WRITES: True}) as unit_of_work:
            yield unit_of_work

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[UnitOfWork]:
        """Read: every statement of the block sees the same moment."""
        options: dict[str, Any] = {WRITES: False}
        if self.dialect == "postgresql":
            options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        async with self._unit_of_work(options) as unit_of_work:
            yield unit_of_work

    async def aclose(self) -> None:
        """Close every connection. Afterwards the event loop may end: no thread of ours reports to it any more."""
        await self.engine.dispose()
        await self._endings.wait()

    @asynccontextmanager
    async def _unit_of_work(self, options: dict[str, Any]) -> AsyncIterator[UnitOfWork]:
        with ended_in_order(), explained(self.url):
            async with self.engine.connect() as connection:
                await connection.execution_options(**options)
                async with connection.begin():
                    yield UnitOfWork(connection)

    @asynccontextmanager
    async def _turn_to_write(self) -> AsyncIterator[None]:
        if self.dialect != "sqlite":
            yield
            return
        if self._writer is asyncio.current_task():
            raise RuntimeError("This task already has a write transaction open; pass its unit of work on.")
        async with self._write_turn:
            self._writer = asyncio.current_task()
            try:
                yield
            finally:
                self._writer = None


@contextmanager
def ended_in_order() -> Iterator[None]:
    """A task that is cancelled stays cancelled, whatever the driver complains of while its work is undone.

    A COPY of psycopg that is cut off, for one, leaves a connection that cannot even roll back.
    """
    try:
        yield
    except DATABASE_ERRORS as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise asyncio.CancelledError from error
        raise


def parse_url(url: str) -> URL:
    """The parsed URL with a bare `sqlite` or `postgresql` driver name. Raises DatabaseUnusable."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise DatabaseUnusable(f"The database URL cannot be read. {_ACCEPTED}") from None
    backend = {"postgres": "postgresql"}.get(parsed.get_backend_name(), parsed.get_backend_name())
    if backend not in {"sqlite", "postgresql"}:
        raise DatabaseUnusable(f"{backend} is not a supported database. {_ACCEPTED}")
    if backend == "sqlite" and parsed.database and not parsed.database.startswith("file:"):
        parsed = parsed.set(database=str(Path(parsed.database).expanduser()))
    return parsed.set(drivername=backend)


_ACCEPTED = "Use sqlite:///path/to/interlock.db or postgresql://user@host/database."


def connect_arguments(url: URL) -> dict[str, Any]:
    """For psycopg: give up on a silent server, unless the URL says how long to wait."""
    if url.get_backend_name() != "postgresql" or "connect_timeout" in url.query:
        return {}
    return {"connect_timeout": CONNECT_TIMEOUT_S}
