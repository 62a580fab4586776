"""How items are shown beside an edge: the project by the key people know, the assignee by name, and where it opens."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from service.store.bulk import fetch, within


class Face(NamedTuple):
    """`url` is what the tool told with the item; the rest helps to find one where it told none."""

    key: str
    assignee: str | None
    url: str | None
    source_kind: str | None
    source_url: str | None
    assignee_id: str | None = None


class ProjectName(NamedTuple):
    key: str
    name: str


class Faces:
    """Reads only."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def of(self, uids: Collection[str]) -> dict[str, Face]:
        """Of items and, where an item was never read, of its stub; whom nobody knows is missing."""
        if not uids:
            return {}
        wanted = [sorted(uids)]
        stubs = await fetch(self._connection, _STUBS.format(within(self._connection, "t.uid")), wanted)
        items = await fetch(self._connection, _ITEMS.format(within(self._connection, "i.uid")), wanted)
        return {uid: Face(*rest) for uid, *rest in (*stubs, *items)}

    async def projects(self) -> dict[tuple[str, str], ProjectName]:
        """(source, native id) → key and name, of all projects."""
        rows = await fetch(self._connection, "SELECT source, native_id, key, name FROM projects", ())
        return {(source, native_id): ProjectName(key, name) for source, native_id, key, name in rows}


_ITEMS = """
    SELECT i.uid, i.key, a.name, i.url, s.kind, s.url, i.assignee_id
      FROM work_items AS i
      LEFT JOIN people AS a ON a.source = i.source AND a.native_id = i.assignee_id
      LEFT JOIN sources AS s ON s.name = i.source
     WHERE {}"""
_STUBS = """
    SELECT t.uid, t.key, NULL, NULL, s.kind, s.url
      FROM item_stubs AS t LEFT JOIN sources AS s ON s.name = t.source
     WHERE {}"""
