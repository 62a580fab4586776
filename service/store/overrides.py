"""Overrides of health as stored: the one that holds, and those that did."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from service.store.tables.health import health_overrides
from service.store.tables.programs import programs

KEPT_IN_SIGHT = 20  # of those that are over


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredOverride:
    """`value` is red, amber or green. It holds until it expires, unless it was ended before."""

    value: str
    reason: str
    author: str
    set_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None
    ended_by: str | None = None

    def holds(self, moment: datetime) -> bool:
        over = self.expires_at if self.ended_at is None else min(self.ended_at, self.expires_at)
        return self.set_at <= moment < over

    def known_at(self, moment: datetime) -> StoredOverride:
        """As it was known then: nobody had ended it yet who did so later."""
        if self.ended_at is None or self.ended_at <= moment:
            return self
        return replace(self, ended_at=None, ended_by=None)


class Overrides:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def of(self, program: str, *, at: datetime) -> list[StoredOverride]:
        """Newest first: the one that holds at a moment, and some that were over by then."""
        table = health_overrides
        query = select(*_COLUMNS).where(table.c.program_key == program, table.c.set_at <= at)
        rows = await self._connection.execute(query.order_by(table.c.id.desc()).limit(KEPT_IN_SIGHT + 1))
        return [_override(row).known_at(at) for row in rows]

    async def not_ended(self, program: str) -> StoredOverride | None:
        """The latest that nobody ended; it may have expired by itself."""
        table = health_overrides
        query = select(*_COLUMNS).where(table.c.program_key == program, table.c.ended_at.is_(None))
        row = (await self._connection.execute(query)).first()
        return None if row is None else _override(row)

    async def holding(self, at: datetime) -> dict[str, StoredOverride]:
        """By program, of all programs, at a moment."""
        table = health_overrides
        not_ended = table.c.ended_at.is_(None) | (table.c.ended_at > at)
        query = select(table.c.program_key, *_COLUMNS).where(table.c.set_at <= at, table.c.expires_at > at, not_ended)
        rows = await self._connection.execute(query)
        return {key: _override(row).known_at(at) for key, *row in rows}

    async def take_turn(self, program: str) -> None:
        """Whoever decides about the same program meanwhile waits until this transaction is over."""
        await self._connection.execute(select(programs.c.key).where(programs.c.key == program).with_for_update())

    async def put(self, program: str, override: StoredOverride) -> None:
        """It takes the place of the one that held."""
        await self.end(program, at=override.set_at, by=override.author)
        await self._connection.execute(
            health_overrides.insert().values(
                program_key=program,
                value=override.value,
                reason=override.reason,
                author=override.author,
                set_at=override.set_at,
                expires_at=override.expires_at,
            )
        )

    async def end(self, program: str, *, at: datetime, by: str) -> None:
        """Whichever holds, if one does. One that expired by itself is ended by nobody, at the moment it expired."""
        table = health_overrides
        open_ones = table.update().where(table.c.program_key == program, table.c.ended_at.is_(None))
        await self._connection.execute(
            open_ones.where(table.c.expires_at <= at).values(ended_at=table.c.expires_at, ended_by=None)
        )
        await self._connection.execute(open_ones.values(ended_at=at, ended_by=by))


_COLUMNS = tuple(
    health_overrides.c[name] for name in ("value", "reason", "author", "set_at", "expires_at", "ended_at", "ended_by")
)


def _override(row: Iterable[object]) -> StoredOverride:
    names = (column.name for column in _COLUMNS)
    return StoredOverride(**dict(zip(names, row, strict=True)))  # type: ignore[arg-type]  # a row of these columns
