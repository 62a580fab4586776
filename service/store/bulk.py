"""The fast path into a table: raw tuples through the driver, many rows a statement.

SQLite gets `executemany` with SQL that is composed once; PostgreSQL gets COPY, straight into the table for new
rows, else into a temporary table and from there in one INSERT … SELECT. SQLAlchemy's own insert costs two to
four times as much per row. Values are Python values (aware datetimes, dates, None, bytes, lists and dicts for
JSON columns); `_adapted` is the one place that turns them into what a driver wants.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

import aiosqlite
import psycopg
from psycopg import sql
from sqlalchemy import JSON, Date, Table
from sqlalchemy.ext.asyncio import AsyncConnection

from service.store.tables.base import Moment, to_text

Row = Sequence[Any]
ROWS_AT_A_TIME = 500  # of a stream: fewer cost more turns of the event loop, more leave Python idle at the start


async def insert(connection: AsyncConnection, table: Table, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Insert rows that are known to be new."""
    await upsert(connection, table, columns, rows, key=())


async def upsert(  # noqa: PLR0913 - each option is one word of the statement
    connection: AsyncConnection,
    table: Table,
    columns: Sequence[str],
    rows: Sequence[Row],
    *,
    key: Sequence[str],
    update: Sequence[str] | None = None,
    only_if_changed: Sequence[str] = (),
    keep_known: Sequence[str] = (),
) -> None:
    """Insert rows, or update those whose `key` exists.

    `update`: the columns to overwrite (None: all but the key; empty: leave existing rows as they are).
    `only_if_changed`: write an existing row only when one of these differs. `keep_known`: a None never
    overwrites a value in these. No two rows may have the same key.
    """
    if not rows:
        return
    if update is None:
        update = [name for name in columns if name not in key]
    dialect = connection.dialect.name
    tail = _conflict(table.name, tuple(key), tuple(update), tuple(only_if_changed), tuple(keep_known), dialect)
    adapted = _adapted(rows, _adapters(table, tuple(columns), dialect))
    if dialect == "sqlite":
        marks = ", ".join("?" * len(columns))
        statement = f'INSERT INTO "{table.name}" ({_names(columns)}) VALUES ({marks}) {tail}'  # noqa: S608
        await _executemany(connection, statement, adapted)
    elif tail:
        await _copy_and_insert(connection, table.name, columns, adapted, tail)
    else:
        await _copy(await _postgresql(connection), table.name, columns, adapted)


async def delete_where_in(connection: AsyncConnection, table: Table, column: str, values: Iterable[str]) -> None:
    """Delete the rows whose text `column` is one of `values`."""
    values = list(values)
    if values:
        condition = within(connection, f'"{column}"')
        await run(connection, f'DELETE FROM "{table.name}" WHERE {condition}', [values])  # noqa: S608


def within(connection: AsyncConnection, column: str) -> str:
    """The condition "column is one of a list", the list being one parameter of `run` or `fetch`."""
    if connection.dialect.name == "sqlite":
        return f"{column} IN (SELECT value FROM json_each(?))"  # noqa: S608
    return f"{column} = ANY(?)"


def without(connection: AsyncConnection, column: str) -> str:
    """The condition "column is none of a list", which is one parameter too; a list of thousands costs no more."""
    if connection.dialect.name == "sqlite":
        return f"{column} NOT IN (SELECT value FROM json_each(?))"  # noqa: S608
    return f"NOT EXISTS (SELECT 1 FROM unnest(?::text[]) AS left_out (value) WHERE left_out.value = {column})"  # noqa: S608


async def fetch(connection: AsyncConnection, statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Rows as the driver gives them (SQLite: moments are text). `?` marks parameters on both databases."""
    if connection.dialect.name == "sqlite":
        driver = await _sqlite(connection)
        return cast("list[tuple[Any, ...]]", list(await driver.execute_fetchall(statement, _for_sqlite(parameters))))
    cursor = await (await _postgresql(connection)).execute(_percent(statement), list(parameters))
    return await cursor.fetchall()


async def fetch_many(connection: AsyncConnection, statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """As `fetch`, for thousands of rows: Python takes in PostgreSQL's rows while the server looks for the next ones.

    That saves a fifth of the time, and needs the client library of PostgreSQL 17 or later.
    """
    if connection.dialect.name == "sqlite" or not psycopg.capabilities.has_stream_chunked():
        return await fetch(connection, statement, parameters)
    async with (await _postgresql(connection)).cursor() as cursor:
        arriving = cursor.stream(_percent(statement), list(parameters), size=ROWS_AT_A_TIME)
        return [row async for row in arriving]


async def run(connection: AsyncConnection, statement: str, parameters: Sequence[Any]) -> int:
    """Execute one statement; the number of rows it touched. `?` marks parameters on both databases."""
    if connection.dialect.name == "sqlite":
        async with (await _sqlite(connection)).cursor() as touching:
            await touching.execute(statement, _for_sqlite(parameters))
            return touching.rowcount
    cursor = await (await _postgresql(connection)).execute(_percent(statement), list(parameters))
    return cursor.rowcount


async def _executemany(connection: AsyncConnection, statement: str, rows: Sequence[Row]) -> None:
    async with (await _sqlite(connection)).cursor() as writing:
        await writing.executemany(statement, rows)


async def _copy_and_insert(
    connection: AsyncConnection, table: str, columns: Sequence[str], rows: Sequence[Row], tail: str
) -> None:
    driver = await _postgresql(connection)
    incoming = f"incoming_{table}"
    names = _names(columns)
    # One temporary table per connection and table: making one for every batch would bloat the catalogue.
    await driver.execute(
        _trusted(
            f'CREATE TEMP TABLE IF NOT EXISTS "{incoming}" ON COMMIT DELETE ROWS '  # noqa: S608
            f'AS SELECT * FROM "{table}" WITH NO DATA; DELETE FROM "{incoming}"'
        ),
        prepare=False,
    )
    await _copy(driver, incoming, columns, rows)
    await driver.execute(
        _trusted(f'INSERT INTO "{table}" ({names}) SELECT {names} FROM "{incoming}" {tail}')  # noqa: S608
    )


async def _copy(
    driver: psycopg.AsyncConnection[tuple[Any, ...]], table: str, columns: Sequence[str], rows: Sequence[Row]
) -> None:
    statement = _trusted(f'COPY "{table}" ({_names(columns)}) FROM STDIN')
    async with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            await copy.write_row(row)


@lru_cache(maxsize=256)
def _conflict(
    table: str,
    key: tuple[str, ...],
    update: tuple[str, ...],
    only_if_changed: tuple[str, ...],
    keep_known: tuple[str, ...],
    dialect: str,
) -> str:
    if not key:
        return ""
    if not update:
        return f"ON CONFLICT ({_names(key)}) DO NOTHING"

    def new(column: str) -> str:
        incoming = f'excluded."{column}"'
        return f'coalesce({incoming}, "{table}"."{column}")' if column in keep_known else incoming

    assignments = ", ".join(f'"{column}" = {new(column)}' for column in update)
    differs = "IS NOT" if dialect == "sqlite" else "IS DISTINCT FROM"  # SQLite has the latter since 3.39 only
    changed = " OR ".join(f'{new(column)} {differs} "{table}"."{column}"' for column in only_if_changed)
    return f"ON CONFLICT ({_names(key)}) DO UPDATE SET {assignments}" + (f" WHERE {changed}" if changed else "")


@lru_cache(maxsize=256)
def _adapters(table: Table, columns: tuple[str, ...], dialect: str) -> tuple[tuple[int, Callable[[Any], Any]], ...]:
    found: list[tuple[int, Callable[[Any], Any]]] = []
    for place, name in enumerate(columns):
        kind = table.c[name].type
        if isinstance(kind, JSON):
            found.append((place, json.dumps))
        elif dialect == "sqlite" and isinstance(kind, Moment):
            found.append((place, to_text))
        elif dialect == "sqlite" and isinstance(kind, Date):
            found.append((place, _iso))
    return tuple(found)


def _iso(day: Any) -> str:
    text: str = day.isoformat()
    return text


def _adapted(rows: Sequence[Row], adapters: Sequence[tuple[int, Callable[[Any], Any]]]) -> Sequence[Row]:
    if not adapters:
        return rows
    adapted = []
    for row in rows:
        values = list(row)
        for place, adapt in adapters:
            value = values[place]
            if value is not None:
                values[place] = adapt(value)
        adapted.append(values)
    return adapted


def _for_sqlite(parameters: Sequence[Any]) -> list[Any]:
    return [
        json.dumps(value) if isinstance(value, list) else to_text(value) if isinstance(value, datetime) else value
        for value in parameters
    ]


def _names(columns: Iterable[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def _percent(statement: str) -> sql.SQL:
    return _trusted(statement.replace("?", "%s"))


def _trusted(statement: str) -> sql.SQL:
    return sql.SQL(statement)  # composed in this package; values are parameters


async def _sqlite(connection: AsyncConnection) -> aiosqlite.Connection:
    return cast("aiosqlite.Connection", (await connection.get_raw_connection()).driver_connection)


async def _postgresql(connection: AsyncConnection) -> psycopg.AsyncConnection[tuple[Any, ...]]:
    driver = (await connection.get_raw_connection()).driver_connection
    return cast("psycopg.AsyncConnection[tuple[Any, ...]]", driver)
