"""Items that are no longer there: marked with a reason, never deleted, and able to come back.

A buried item keeps its history and its identity.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from service.store.bulk import fetch, insert, run, within
from service.store.pending import mark_pending
from service.store.tables.items import item_facets, tombstones, work_items
from service.store.tables.sources import scopes

_COLUMNS = ("item_uid", "reason", "detail", "found_at", "run_id")


class Tombstones:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def bury(
        self, uids: Sequence[str], *, reason: str, detail: str | None, run_id: int | None, now: datetime
    ) -> list[str]:
        """Mark live items as gone; the uids that were live until now. Those already gone keep their reason."""
        rows = await fetch(
            self._connection,
            f"UPDATE work_items SET tombstone = ? WHERE {within(self._connection, 'uid')} "  # noqa: S608
            "AND tombstone IS NULL RETURNING uid",
            (reason, list(uids)),
        )
        buried = sorted(row[0] for row in rows)
        await self.record(buried, reason=reason, detail=detail, run_id=run_id, now=now)
        await mark_pending(self._connection, buried)
        return buried

    async def bury_outside(self, source: str, *, run_id: int, now: datetime, archived: Sequence[str]) -> None:
        """Bury items of archived projects, and of projects that are no scope (any more).

        An item with several homes stays as long as one of them is a live scope.
        """
        c = work_items.c
        kept = select(scopes.c.native_id).where(scopes.c.source == source, scopes.c.state != "out_of_scope")
        homeless = ~exists(
            select(item_facets.c.item_uid).where(
                item_facets.c.item_uid == c.uid,
                item_facets.c.facet == "project",
                item_facets.c.native_id.in_(kept.where(scopes.c.native_id.not_in(archived))),
            )
        )
        for condition, reason, detail in (
            (and_(c.project_id.in_(archived), homeless), "archived", "its project is archived"),
            (and_(c.project_id.not_in(kept), homeless), "out_of_scope", "its project is not in the configured scope"),
        ):
            found = await self._live(source, condition)
            await self.bury(found, reason=reason, detail=detail, run_id=run_id, now=now)

    async def record(
        self, uids: Sequence[str], *, reason: str, detail: str | None, run_id: int | None, now: datetime
    ) -> None:
        """Write the tombstones of items whose row already says so; one that is open is not written twice."""
        if not uids:
            return
        rows = await fetch(
            self._connection,
            f"SELECT item_uid FROM tombstones WHERE {within(self._connection, 'item_uid')} "  # noqa: S608
            "AND restored_at IS NULL",
            (list(uids),),
        )
        already = {row[0] for row in rows}
        new = [(uid, reason, detail, now, run_id) for uid in uids if uid not in already]
        await insert(self._connection, tombstones, _COLUMNS, new)

    async def restore(self, uids: Sequence[str], *, now: datetime) -> list[str]:
        """Bring items back that were seen again; archived ones stay buried. Returns the uids restored."""
        rows = await fetch(
            self._connection,
            f"UPDATE work_items SET tombstone = NULL WHERE {within(self._connection, 'uid')} "  # noqa: S608
            "AND tombstone IS NOT NULL AND NOT archived RETURNING uid",
            (list(uids),),
        )
        restored = sorted(row[0] for row in rows)
        await self.close(restored, now=now)
        await mark_pending(self._connection, restored)
        return restored

    async def restore_ids(self, source: str, native_ids: Sequence[str], *, now: datetime) -> list[str]:
        """The same, by native id."""
        return await self.restore([f"{source}:{native_id}" for native_id in native_ids], now=now)

    async def close(self, uids: Sequence[str], *, now: datetime) -> None:
        """Note on open tombstones that their items are back."""
        if uids:
            await run(
                self._connection,
                f"UPDATE tombstones SET restored_at = ? WHERE {within(self._connection, 'item_uid')} "  # noqa: S608
                "AND restored_at IS NULL",
                (now, list(uids)),
            )

    async def reasons(self, source: str) -> dict[str, str]:
        """uid → reason of everything buried now."""
        rows = await fetch(
            self._connection,
            "SELECT uid, tombstone FROM work_items WHERE source = ? AND tombstone IS NOT NULL",
            (source,),
        )
        return dict(rows)

    async def _live(self, source: str, condition: ColumnElement[bool]) -> list[str]:
        c = work_items.c
        query = select(c.uid).where(c.source == source, c.tombstone.is_(None), condition)
        return list((await self._connection.execute(query)).scalars())
