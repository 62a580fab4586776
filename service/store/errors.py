"""Why the database cannot be used, said so that an operator knows what to do. Passwords never appear."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError


class DatabaseUnusable(Exception):
    """The database itself is the problem: unreachable, read-only, full, locked or not a database.

    `message` says which database, what happened, and what to do next.
    """

    code = "database_unusable"

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


# What SQLite says → what it means and what to do. The first fragment found decides.
_SQLITE = (
    ("readonly", "is read-only", "Make the file and its folder writable for this user."),
    ("unable to open", "cannot be opened", "Check that its folder exists and that this user may write there."),
    ("full", "cannot grow: the disk is full", "Free some space; nothing of this transaction was stored."),
    ("locked", "is locked by another process", "Stop the other writer or try again."),
    ("not a database", "is not an SQLite database", "Point the database setting to another file."),
    ("malformed", "is damaged", "Restore it from a backup, or delete it and sync again."),
    ("disk i/o", "cannot be read or written: the disk reports an error", "Check the disk."),
)


_POSTGRESQL: tuple[tuple[type[psycopg.Error], str], ...] = (
    (psycopg.errors.DiskFull, "cannot grow: the disk is full. Free some space on the server."),
    (
        psycopg.errors.ReadOnlySqlTransaction,
        "is read-only, a standby perhaps. Point the database setting to the primary.",
    ),
    (psycopg.errors.AdminShutdown, "was shut down. Try again in a moment."),
    (psycopg.errors.CannotConnectNow, "is starting or stopping. Try again in a moment."),
    (
        psycopg.errors.TooManyConnections,
        "has no free connection. Raise its max_connections or stop another client.",
    ),
)

DATABASE_ERRORS = (DatabaseUnusable, DBAPIError, sqlite3.Error, psycopg.Error)


def place_of(url: URL) -> str:
    """Where a database is, without credentials: `PostgreSQL db.example:5432/interlock`."""
    if url.get_backend_name() == "sqlite":
        return f"SQLite {url.database or 'in memory'}"
    return f"PostgreSQL {url.host or 'on the local socket'}:{url.port or 5432}/{url.database or ''}"


@contextmanager
def explained(url: URL) -> Iterator[None]:
    """Turns a driver's complaint about the database itself into DatabaseUnusable; lets all others pass."""
    try:
        yield
    except (DBAPIError, sqlite3.Error, psycopg.Error) as error:
        message = _explain(url, error)
        if message is None:
            raise
        raise DatabaseUnusable(message) from error


def _explain(url: URL, error: Exception) -> str | None:
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.DatabaseError):
        return _explain_sqlite(url, str(cause).lower())
    if isinstance(cause, psycopg.Error):
        return _explain_postgresql(url, cause)
    return None


def _explain_sqlite(url: URL, complaint: str) -> str | None:
    for fragment, meaning, remedy in _SQLITE:
        if fragment in complaint:
            return f"{place_of(url)} {meaning}. {remedy}"
    return None


def _explain_postgresql(url: URL, cause: psycopg.Error) -> str | None:
    if isinstance(cause, psycopg.OperationalError) and cause.sqlstate is None:
        return _explain_no_connection(url, str(cause))
    for kind, complaint in _POSTGRESQL:
        if isinstance(cause, kind):
            return f"{place_of(url)} {complaint}"
    return None


def _explain_no_connection(url: URL, complaint: str) -> str:
    """Errors of connecting carry no SQLSTATE, only the server's sentence."""
    if "does not exist" in complaint and "database" in complaint:
        return f"{place_of(url)} does not exist. Create the database, then run `interlock db upgrade`."
    if "password" in complaint or "authentication" in complaint or "role" in complaint:
        return _refused_credentials(url)
    return f"{place_of(url)} cannot be reached. Check that the server runs and that host and port are right."


def _refused_credentials(url: URL) -> str:
    return f"{place_of(url)} refused user {url.username or '(none)'}. Check user and password in the database URL."
