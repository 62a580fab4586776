"""The audit: who did what, when, to what, and from where. Written in the transaction of what it tells about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from service.store.tables.programs import audit_log


@dataclass(frozen=True, slots=True)
class AuditRow:
    """`origin` is an address, "terminal", or None for what was recorded before addresses were."""

    id: int
    at: datetime
    actor: str
    origin: str | None
    action: str
    subject: str
    detail: Any


class Audit:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(
        self, *, at: datetime, actor: str, origin: str | None, action: str, subject: str, detail: Any
    ) -> None:
        row = {"at": at, "actor": actor, "origin": origin, "action": action, "subject": subject, "detail": detail}
        await self._connection.execute(audit_log.insert().values(**row))

    async def page(self, *, action: str | None, before: int | None, limit: int) -> list[AuditRow]:
        """Newest first, from before the entry with that id."""
        table = audit_log.c
        query = select(table.id, table.at, table.actor, table.origin, table.action, table.subject, table.detail)
        if action is not None:
            query = query.where(table.action == action)
        if before is not None:
            query = query.where(table.id < before)
        rows = await self._connection.execute(query.order_by(table.id.desc()).limit(limit))
        return [AuditRow(*row) for row in rows]
