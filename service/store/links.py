"""Links between items: one row per edge of the tool, with the ends that were seen to show it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.items import SourceItem
from service.store.bulk import fetch, run, upsert, within
from service.store.tables.items import links

PROVENANCE = {"asana": "asana"}  # by kind of source; all others are Jira's own links

_SHAPE = ("type_id", "source_uid", "target_uid", "seen_from_source", "seen_from_target")
_COLUMNS = ("source", "native_id", *_SHAPE, "provenance")


class _Edge(NamedTuple):
    type_id: str
    source_uid: str
    target_uid: str
    seen_from_source: bool
    seen_from_target: bool

    def was_seen_from(self, uid: str) -> bool:
        return (self.seen_from_source and uid == self.source_uid) or (self.seen_from_target and uid == self.target_uid)


class Links:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def replace(self, source: str, read: Mapping[str, SourceItem]) -> set[str]:
        """The links of items just read (uid → item) become the stored ones; uids of all ends that changed.

        An edge that one of these items showed before and shows no longer is gone, whatever its other end
        says: that end's view is the older one.
        """
        stored = await self._stored_of(source, list(read))
        shown: dict[str, set[str]] = {uid: {link.native_id for link in item.links} for uid, item in read.items()}
        ended = {
            native_id: edge
            for native_id, edge in stored.items()
            for uid in (edge.source_uid, edge.target_uid)
            if uid in shown and edge.was_seen_from(uid) and native_id not in shown[uid]
        }
        edges = _merge(source, read, stored, ended.keys())
        changed = {native_id: edge for native_id, edge in edges.items() if stored.get(native_id) != edge}
        await self._delete(source, sorted(ended))
        await self._write(source, changed)
        return {uid for edge in (*ended.values(), *changed.values()) for uid in (edge.source_uid, edge.target_uid)}

    async def forget_all_but_those_of_items(self, source: str) -> None:
        """An edge stays only as seen from the work items that are stored; no item left means no edge left."""
        held = "IN (SELECT uid FROM work_items WHERE source = ?)"
        await run(
            self._connection,
            f"DELETE FROM links WHERE source = ? AND NOT ((seen_from_source AND source_uid {held}) "  # noqa: S608
            f"OR (seen_from_target AND target_uid {held}))",
            (source, source, source),
        )
        await run(
            self._connection,
            f"UPDATE links SET seen_from_source = seen_from_source AND source_uid {held}, "  # noqa: S608
            f"seen_from_target = seen_from_target AND target_uid {held} WHERE source = ?",
            (source, source, source),
        )

    async def _stored_of(self, source: str, uids: list[str]) -> dict[str, _Edge]:
        columns = "native_id, " + ", ".join(_SHAPE)
        found: dict[str, _Edge] = {}
        for end in ("source_uid", "target_uid"):
            rows = await fetch(
                self._connection,
                f"SELECT {columns} FROM links WHERE {within(self._connection, end)} "  # noqa: S608
                "AND source = ? AND provenance IN ('jira_link', 'asana')",
                (uids, source),
            )
            for native_id, type_id, source_uid, target_uid, from_source, from_target in rows:
                found[native_id] = _Edge(type_id, source_uid, target_uid, bool(from_source), bool(from_target))
        return found

    async def _delete(self, source: str, native_ids: list[str]) -> None:
        if native_ids:
            await run(
                self._connection,
                f"DELETE FROM links WHERE source = ? AND {within(self._connection, 'native_id')}",  # noqa: S608
                (source, native_ids),
            )

    async def _write(self, source: str, edges: dict[str, _Edge]) -> None:
        if not edges:
            return
        kind = await fetch(self._connection, "SELECT kind FROM sources WHERE name = ?", (source,))
        provenance = PROVENANCE.get(kind[0][0] if kind else "", "jira_link")
        rows = [(source, native_id, *edge, provenance) for native_id, edge in sorted(edges.items())]
        await upsert(self._connection, links, _COLUMNS, rows, key=("source", "native_id"))


def _merge(
    source: str, read: Mapping[str, SourceItem], stored: Mapping[str, _Edge], ended: Collection[str]
) -> dict[str, _Edge]:
    """Every edge the batch shows, with the flags of both ends; one that just ended is not shown anew."""
    edges: dict[str, _Edge] = {}
    for item in read.values():
        for link in item.links:
            if link.native_id in ended:
                continue
            before = edges.get(link.native_id) or stored.get(link.native_id)
            edges[link.native_id] = _Edge(
                link.type_id,
                f"{source}:{link.source_id}",
                f"{source}:{link.target_id}",
                link.seen_from == "source" or (before is not None and before.seen_from_source),
                link.seen_from == "target" or (before is not None and before.seen_from_target),
            )
    return edges
