"""Whether each tool let us in when it was asked last, and what its clock said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from service.store.bulk import upsert
from service.store.tables.operations import source_contacts

_COLUMNS = ("source", "asked_at", "account", "clock_ahead", "error")


@dataclass(frozen=True, slots=True)
class Contact:
    """`error` is {"code", "message"}, None when the tool let us in. `clock_ahead` in seconds, None where unknown."""

    asked_at: datetime
    account: str | None = None
    clock_ahead: float | None = None
    error: Mapping[str, str] | None = None


class Contacts:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def note(self, source: str, contact: Contact) -> None:
        error = None if contact.error is None else dict(contact.error)
        row = (source, contact.asked_at, contact.account, contact.clock_ahead, error)
        await upsert(self._connection, source_contacts, _COLUMNS, [row], key=("source",))

    async def all(self) -> dict[str, Contact]:
        """By source, of those that were ever asked."""
        c = source_contacts.c
        query = select(c.source, c.asked_at, c.account, c.clock_ahead, c.error)
        return {source: Contact(*values) for source, *values in await self._connection.execute(query)}
