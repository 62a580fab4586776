"""What the answer about changes reads beside the histories: who came and went, and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from msgspec import convert
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.changes import Trace
from service.store.bulk import fetch, within


class Named(NamedTuple):
    """How an item is shown, and how it stands now."""

    key: str
    title: str
    project: str | None
    item_type: str
    level: int
    subtask: bool
    status_category: str
    points: float | None
    url: str | None
    source_kind: str | None
    source_url: str | None
    tombstone: str | None


class RecentChanges:
    """Reads only."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def traces(self, program: str, uids: Collection[str], since: datetime, until: datetime) -> dict[str, Trace]:
        """By uid, of those of these items that were created, mapped, unmapped, buried or restored in between."""
        told: defaultdict[str, dict[str, Any]] = defaultdict(dict)
        wanted = [sorted(uids), since, until]
        for uid, at, reporter in await self._between(_CREATED, wanted):
            told[uid] |= {"created_at": convert(at, datetime), "reporter_id": reporter}
        for name, statement in (("joined_at", _JOINED), ("left_at", _LEFT)):
            for uid, at in await self._between(statement, [*wanted, program]):
                told[uid][name] = convert(at, datetime)
        for uid, at, reason in await self._between(_BURIED, wanted):
            told[uid] |= {"buried_at": convert(at, datetime), "grave": reason}
        for uid, at in await self._between(_RESTORED, wanted):
            told[uid]["restored_at"] = convert(at, datetime)
        return {uid: Trace(**values) for uid, values in told.items()}

    async def _between(self, statement: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
        named = within(self._connection, "uid" if statement is _CREATED else "item_uid")
        return await fetch(self._connection, statement.format(named), parameters)

    async def named(self, uids: Collection[str]) -> dict[str, Named]:
        """Of items and, where one was never read, of its stub."""
        if not uids:
            return {}
        wanted = [sorted(uids)]
        stubs = await fetch(self._connection, _STUBS.format(within(self._connection, "t.uid")), wanted)
        items = await fetch(self._connection, _NAMED.format(within(self._connection, "i.uid")), wanted)
        return {uid: convert(rest, Named, strict=False) for uid, *rest in (*stubs, *items)}

    async def people(self, authors: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], str]:
        """(source, id) → name."""
        ids = sorted({native_id for _, native_id in authors})
        statement = f"SELECT source, native_id, name FROM people WHERE {within(self._connection, 'native_id')}"  # noqa: S608
        rows = await fetch(self._connection, statement, [ids]) if ids else []
        return {(source, native_id): name for source, native_id, name in rows}


_CREATED = "SELECT uid, created_at, reporter_id FROM work_items WHERE {} AND created_at > ? AND created_at <= ?"
_JOINED = (
    "SELECT item_uid, valid_from FROM memberships WHERE {} AND valid_from > ? AND valid_from <= ? AND program_key = ?"
)
_LEFT = "SELECT item_uid, valid_to FROM memberships WHERE {} AND valid_to > ? AND valid_to <= ? AND program_key = ?"
_BURIED = (
    "SELECT item_uid, found_at, reason FROM tombstones WHERE {} AND found_at > ? AND found_at <= ? ORDER BY found_at"
)
_RESTORED = "SELECT item_uid, restored_at FROM tombstones WHERE {} AND restored_at > ? AND restored_at <= ?"
_NAMED = """
    SELECT i.uid, i.key, i.title, coalesce(p.key, i.project_id), i.item_type, i.level, i.subtask, i.status_category,
           i.points, i.url, s.kind, s.url, i.tombstone
      FROM work_items AS i
      LEFT JOIN projects AS p ON p.source = i.source AND p.native_id = i.project_id
      LEFT JOIN sources AS s ON s.name = i.source
     WHERE {}"""
_STUBS = """
    SELECT t.uid, t.key, coalesce(t.title, ''), NULL, coalesce(t.item_type, ''), 0, FALSE,
           coalesce(t.status_category, 'to_do'), NULL, NULL, s.kind, s.url, NULL
      FROM item_stubs AS t LEFT JOIN sources AS s ON s.name = t.source
     WHERE {}"""
