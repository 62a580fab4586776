"""What changed since a reading of a network of dependencies, or of a program's past, noted by triggers on every table
that they rest on.

A position is a moment of the notes as one transaction sees it. On SQLite writers come one after the other, and it is
the number of the last note. On PostgreSQL transactions overlap: one that began earlier may end later, so numbers would
lie; there it is the transaction's snapshot, and a note is new when its transaction was not visible in that.
docs/adr/0015-fresh-dependencies.md
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from service.store.bulk import fetch, run

MANY = 2_000  # notes: whoever is so far behind reads everything
KEPT = 50_000  # notes, before they all make way for one that says "everything"

Position = str


class Reach(StrEnum):
    """How far a change goes, and so for whom it is one."""

    VALUES = "values"  # what an item says of itself: dates, status, work left, history
    SHAPE = "shape"  # who belongs to a program, what is linked
    NAMES = "names"  # an item came, went or is called otherwise: names may mean another one, too
    ALL = "all"  # what everybody shares: sprints, projects, declared edges, decisions


class NetworkChange(NamedTuple):
    """`other_uid` is the parent of the item, or the other end of a link; `program_key` tells of a membership."""

    reach: Reach
    uid: str | None
    other_uid: str | None
    program_key: str | None


class NetworkChanges:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._is_sqlite = connection.dialect.name == "sqlite"

    async def position(self) -> Position:
        """Of everything that this transaction sees."""
        statement = _LAST if self._is_sqlite else "SELECT pg_current_snapshot()::text"
        return str((await fetch(self._connection, statement, ()))[0][0])

    async def since(self, position: Position) -> frozenset[NetworkChange] | None:
        """None: too many to tell one by one."""
        statement, parameters = (_NUMBERED, [int(position)]) if self._is_sqlite else (_UNSEEN, [position, position])
        rows = await fetch(self._connection, statement, [*parameters, MANY + 1])
        if len(rows) > MANY:
            return None
        return frozenset(NetworkChange(Reach(reach), *rest) for reach, *rest in rows)

    async def trim(self) -> None:
        """Keeps the notes few: all make way for one that tells whoever asks later to read everything."""
        ((first, last),) = await fetch(self._connection, "SELECT min(id), max(id) FROM network_changes", ())
        if first is None or last - first < KEPT:
            return
        await run(self._connection, "DELETE FROM network_changes", ())
        xact = "0" if self._is_sqlite else "pg_current_xact_id()::text::bigint"
        statement = f"INSERT INTO network_changes (reach, xact) VALUES ('all', {xact})"  # noqa: S608 - of this file
        await run(self._connection, statement, ())


_LAST = "SELECT coalesce(max(id), 0) FROM network_changes"
_TOLD = "SELECT DISTINCT reach, uid, other_uid, program_key FROM network_changes WHERE "
_NUMBERED = _TOLD + "id > ? LIMIT ?"
_UNSEEN = (
    _TOLD + "xact >= pg_snapshot_xmin(?::pg_snapshot)::text::bigint"
    " AND NOT pg_visible_in_snapshot(xact::text::xid8, ?::pg_snapshot) LIMIT ?"
)
