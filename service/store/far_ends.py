"""Far ends of links: items outside what is pulled, of which a tool tells little or nothing until they are asked for."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.items import SourceItem
from service.store.bulk import fetch, run, upsert
from service.store.tables.items import item_stubs

_COLUMNS = ("uid", "source", "native_id", "key", "title", "status", "status_category", "item_type", "visible")


class FarEnds:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def to_ask_for(self, source: str) -> list[str]:
        """Native ids of all stubs, at each run: what a link tells of its far end stays as it was when it changes there.

        No item of ours is touched by that change, so nothing else would ever notice it.
        """
        rows = await fetch(
            self._connection, "SELECT native_id FROM item_stubs WHERE source = ? ORDER BY native_id", (source,)
        )
        return [row[0] for row in rows]

    async def hidden(self, source: str) -> list[str]:
        """Native ids of those that were asked for and cannot be seen: no payload tells that."""
        rows = await fetch(
            self._connection,
            "SELECT native_id FROM item_stubs WHERE source = ? AND visible = ? ORDER BY native_id",
            (source, False),
        )
        return [row[0] for row in rows]

    async def describe(self, source: str, answers: Mapping[str, SourceItem | None]) -> None:
        """What direct reads said (native id → the item, or None for one that cannot be seen).

        What was known of an item that can no longer be seen stays, marked as not visible.
        """
        seen = [
            (
                f"{source}:{native_id}", source, native_id, item.key, item.title, item.status,
                item.status_category.value, item.item_type, True,
            )
            for native_id, item in sorted(answers.items())
            if item is not None
        ]  # fmt: skip
        await upsert(self._connection, item_stubs, _COLUMNS, seen, key=("uid",), only_if_changed=_COLUMNS[3:])
        for native_id in sorted(native_id for native_id, item in answers.items() if item is None):
            await run(
                self._connection, "UPDATE item_stubs SET visible = ? WHERE uid = ?", (False, f"{source}:{native_id}")
            )
