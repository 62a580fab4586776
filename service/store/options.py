"""Choices of the configuration that statements must know, kept in the database.

So every process that shares it decides alike, and a choice that changed is noticed.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from service.store.tables.programs import options

JOIN_PEOPLE = "people.join_by_email"


def is_on(name: str) -> ColumnElement[bool]:
    return exists(select(1).where(options.c.name == name))


class Options:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def on(self) -> frozenset[str]:
        """Names of all that are on."""
        return frozenset((await self._connection.execute(select(options.c.name))).scalars())

    async def turn(self, name: str, *, on: bool) -> None:
        await self._connection.execute(options.delete().where(options.c.name == name))
        if on:
            await self._connection.execute(options.insert().values(name=name))
