"""Items that are no longer there: marked with a reason, never deleted, and able to come back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, insert, null, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from service.store.dialects import upsert_rows
from service.store.tables.items import tombstones, work_items
from service.store.tables.programs import pending_assignments
from service.store.tables.sources import scopes

CHUNK = 500  # bound parameters a statement; SQLite allows no endless list


class Tombstones:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def bury(self, uids: Sequence[str], *, reason: str, detail: str, run_id: int | None, now: datetime) -> None:
        """Mark live items as gone for `reason`; items already buried keep their first tombstone."""
        for chunk in _chunks(uids):
            live = await self._uids(work_items.c.uid.in_(chunk) & work_items.c.tombstone.is_(None))
            if live:
                await self._mark(live, reason)
                stones = [
                    {"item_uid": uid, "reason": reason, "detail": detail, "found_at": now, "run_id": run_id}
                    for uid in live
                ]
                await self._connection.execute(insert(tombstones), stones)

    async def bury_outside(self, source: str, *, run_id: int, now: datetime, archived: Sequence[str]) -> None:
        """Bury items of archived projects, and of projects that are no scope (any more)."""
        from_archived = work_items.c.project_id.in_(archived)
        await self._bury_where(source, from_archived, "archived", "its project is archived", run_id, now)
        await self._bury_where(
            source, ~_in_scope(source), "out_of_scope", "its project is not in the configured scope", run_id, now
        )

    async def restore_ids(self, source: str, native_ids: Sequence[str], *, now: datetime) -> None:
        """Bring back what a run has seen again."""
        for chunk in _chunks([f"{source}:{native_id}" for native_id in native_ids]):
            buried = await self._uids(work_items.c.uid.in_(chunk) & work_items.c.tombstone.is_not(None))
            if buried:
                await self._mark(buried, None)
                await self._connection.execute(
                    update(tombstones)
                    .where(tombstones.c.item_uid.in_(buried), tombstones.c.restored_at.is_(None))
                    .values(restored_at=now)
                )

    async def reasons(self, source: str) -> dict[str, str]:
        """uid → reason of everything buried now."""
        query = select(work_items.c.uid, work_items.c.tombstone).where(
            work_items.c.source == source, work_items.c.tombstone.is_not(None)
        )
        return {uid: reason for uid, reason in await self._connection.execute(query)}

    async def _bury_where(
        self, source: str, condition: ColumnElement[bool], reason: str, detail: str, run_id: int, now: datetime
    ) -> None:
        found = await self._uids((work_items.c.source == source) & work_items.c.tombstone.is_(None) & condition)
        await self.bury(found, reason=reason, detail=detail, run_id=run_id, now=now)

    async def _uids(self, condition: ColumnElement[bool]) -> list[str]:
        return list((await self._connection.execute(select(work_items.c.uid).where(condition))).scalars())

    async def _mark(self, uids: Sequence[str], reason: str | None) -> None:
        value = null() if reason is None else reason
        await self._connection.execute(update(work_items).where(work_items.c.uid.in_(uids)).values(tombstone=value))
        await upsert_rows(self._connection, pending_assignments, [{"item_uid": uid} for uid in uids])


def _in_scope(source: str) -> ColumnElement[bool]:
    kept = select(scopes.c.native_id).where(scopes.c.source == source, scopes.c.state != "out_of_scope")
    return work_items.c.project_id.in_(kept)


def _chunks(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]
