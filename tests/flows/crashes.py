"""A process that dies around a commit, played within this one: from then on nothing it does reaches the store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import text

from service.store.engine import Database
from service.store.tables import metadata
from service.store.unit_of_work import UnitOfWork
from tests.flows.stored import PASSING, Row, Store

Work = Callable[[Database], Awaitable[object]]


class Side(StrEnum):
    """Of a commit."""

    BEFORE = "before"  # what the transaction wrote is lost
    AFTER = "after"  # it is kept, and the process never learns of it


@dataclass(frozen=True, slots=True)
class Boundary:
    """The `number`-th commit of a process, from 1."""

    number: int
    side: Side


class Killed(BaseException):
    """The process is no more: what catches errors must not catch this."""


class Mortal(Database):
    """A database as one process has it, until it dies; then it neither reads nor writes any more.

    What runs on in this process (blocks that clean up, other tasks) is refused alike: a killed one runs nothing on.
    """

    dies_at: Boundary | None = None
    commits = 0
    dead = False

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[UnitOfWork]:
        self._live()
        async with super().transaction() as unit_of_work:
            yield unit_of_work
            self._live()
            self.commits += 1
            number = self.commits
            self._reach(Boundary(number, Side.BEFORE))
        self._reach(Boundary(number, Side.AFTER))

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[UnitOfWork]:
        self._live()
        async with super().reading() as unit_of_work:
            yield unit_of_work

    def _reach(self, boundary: Boundary) -> None:
        self.dead = self.dead or boundary == self.dies_at
        self._live()

    def _live(self) -> None:
        if self.dead:
            raise Killed


async def survives(work: Work, url: str, dies_at: Boundary | None = None) -> bool:
    """Whether the work got to its end before it died."""
    database = Mortal.open(url)
    assert isinstance(database, Mortal)
    database.dies_at = dies_at
    try:
        await work(database)
    except Killed:
        assert database.dead
        return False
    finally:
        await database.aclose()
    assert not database.dead, "somebody has caught the death of the process"
    return True


# what must be the same afterwards

JOURNAL = {  # tells of runs, processes and people; the rest must not depend on how a run got there
    *("sync_runs", "sync_run_scopes", "source_leases", "raw_dictionaries", "source_usage", "source_contacts"),
    *("delivery_delays", "api_keys", "audit_log", "network_changes"),
}
OF_THE_MOMENT: Mapping[str, set[str]] = {  # which run it was and when, and how often something was tried
    "sources": {"last_run_id"},
    "raw_records": {"scope_id"},  # a task in two projects arrives with whichever page is later
    "programs": {"revision"},
    "memberships": {"valid_from"},
    "webhook_inbox": {"attempts", "due_at"},
}
WHETHER = {"valid_to", "restored_at"}  # moments of which it matters that they came
_READ = {  # as text: to compile two hundred columns anew for each of the databases would take longer than to read them
    table.name: text(f"SELECT * FROM {table.name}")  # noqa: S608 - our own tables
    for table in metadata.sorted_tables
    if table.name not in JOURNAL
}


async def lasting(url: str) -> Store:
    """Every table of the database but what tells of the runs themselves; values as the database has them."""
    database = Database.open(url)
    try:
        async with database.reading() as uow:
            return {
                name: [_lasting(name, dict(row)) for row in (await uow.connection.execute(everything)).mappings()]
                for name, everything in _READ.items()
            }
    finally:
        await database.aclose()


def _lasting(table: str, row: Row) -> Row:
    hidden = PASSING | OF_THE_MOMENT.get(table, set())
    return {name: _whether(name, value) for name, value in row.items() if name not in hidden}


def _whether(name: str, value: Any) -> Any:
    return value is not None if name in WHETHER else value


def ahead_of_what_is_stored(before: Store, after: Store, whole: Store) -> list[str]:
    """Keys of scopes whose cursor has moved although an item of theirs is not stored as in the end."""
    was = {row["native_id"]: row["cursor"] for row in before["scopes"]}
    return [
        row["key"]
        for row in after["scopes"]
        if row["cursor"] != was.get(row["native_id"]) and _homes(after, row) != _homes(whole, row)
    ]


def _homes(store: Store, scope: Row) -> dict[str, Any]:
    return {
        row["uid"]: (row["key"], row["title"], row["status_id"], row["updated_at"], row["listing_mark"])
        for row in store["work_items"]
        if row["project_id"] == scope["native_id"] and row["tombstone"] is None
    }
