"""Work items: a batch of SourceItems becomes rows, set-wise, with all that hangs on them.

This is the hot path of a sync: plain loops build tuples, each table gets one statement per batch.
An older read never overwrites a newer one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.items import FacetValue, SourceItem, SourceStub
from service.store import hierarchy
from service.store.bulk import delete_where_in, fetch, insert, run, upsert, within
from service.store.links import Links
from service.store.pending import mark_pending
from service.store.pointers import replace_pointers
from service.store.reference import Reference
from service.store.tables import items as tables
from service.store.tables.base import to_text
from service.store.tombstones import Tombstones

_AS_READ = (  # columns that are SourceItem's own attributes
    "native_id", "key", "title", "project_id", "item_type_id", "item_type", "level", "subtask", "status_id",
    "status", "status_category", "resolution", "no_resolution", "priority", "assignee_id", "reporter_id", "team",
    "points", "points_field", "estimate_seconds", "spent_seconds", "remaining_seconds", "start", "due",
    "target_start", "target_end", "flagged", "archived", "created_at", "updated_at", "resolved_at", "started_at",
    "done_at", "url", "listing_mark",
)  # fmt: skip
_ITEM = ("uid", "source", *_AS_READ, "parent_uid", "parent_key", "tombstone", "warnings")
_FACET = ("item_uid", "facet", "name", "value", "native_id")
_CHANGE_KEY = ("item_uid", "change_id", "ordinal")
_CHANGE_REST = ("at", "field_id", "author_id", "from_value", "to_value", "from_text", "to_text")
_STUB = ("uid", "source", "native_id", "key", "title", "status", "status_category", "item_type")


class _Stored(NamedTuple):
    uid: str
    key: str
    updated_at: str  # as to_text gives it
    tombstone: str | None
    parent_uid: str | None
    parent_key: str | None


@dataclass(frozen=True, slots=True)
class Materialised:
    """What became of a batch. `uids` were written; `stale` were older than what is stored; all are uids."""

    uids: tuple[str, ...] = ()
    inserted: int = 0
    stale: tuple[str, ...] = ()
    restored: tuple[str, ...] = ()


class WorkItems:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def materialise(
        self,
        source: str,
        items: Sequence[SourceItem],
        *,
        run_id: int | None,
        now: datetime,
        buried: Mapping[str, str] | None = None,
        only_if_newer: Collection[str] = (),
    ) -> Materialised:
        """Store up to about a thousand items of one source with their facets, changes, links and people.

        An item that is read is there. Only a replay, which reads what was received long ago, says `buried`:
        the tombstones (uid → reason) that stay as they are. Of the native ids in `only_if_newer`, what is as old as
        what is stored counts as older: it was read before.
        """
        batch = _newest_of_each(source, items)
        if not batch:
            return Materialised()
        stored = await self._stored(list(batch))
        fresh = {
            uid: item
            for uid, item in batch.items()
            if not _is_older(item, stored.get(uid), or_as_old=item.native_id in only_if_newer)
        }
        known = [uid for uid in fresh if uid in stored]
        await self._write_items(source, fresh, stored, buried or {})
        await self._write_facets(fresh, known)
        await self._write_changes(fresh, stored)
        await self._write_aliases(source, items, fresh, stored)
        await self._write_stubs(source, fresh)
        await replace_pointers(self._connection, fresh, known)
        touched = await Links(self._connection).replace(source, fresh)
        await Reference(self._connection).embedded(source, fresh.values())
        restored = [] if buried is not None else await self._settle_tombstones(fresh, stored, run_id, now)
        await mark_pending(self._connection, [*fresh, *sorted(touched - fresh.keys())])
        return Materialised(
            uids=tuple(fresh),
            inserted=len(fresh) - len(known),
            stale=tuple(uid for uid in batch if uid not in fresh),
            restored=tuple(restored),
        )

    async def live_and_absent(
        self, source: str, *, project_id: str, listed: Collection[str], members_only: bool
    ) -> tuple[int, set[str]]:
        """How many live items a project has, and the native ids of those that are not among `listed`.

        `members_only` leaves out what belongs to the project without naming it as a home of its own, as sub-tasks do.
        Compared in the database: a project may have more items than one would want in memory twice.
        """
        members = (
            "SELECT i.native_id FROM item_facets f JOIN work_items i ON i.uid = f.item_uid "
            "WHERE f.facet = 'project' AND f.native_id = ? AND i.source = ? AND i.tombstone IS NULL"
        )
        belonging = "SELECT native_id FROM work_items WHERE project_id = ? AND source = ? AND tombstone IS NULL"
        stored, parameters = (
            (members, [project_id, source])
            if members_only
            else (f"{members} UNION {belonging}", [project_id, source, project_id, source])
        )
        (live,) = (await fetch(self._connection, f"SELECT count(*) FROM ({stored}) AS s", parameters))[0]  # noqa: S608
        named = within(self._connection, "native_id")
        rows = await fetch(
            self._connection,
            f"SELECT native_id FROM ({stored}) AS s WHERE NOT ({named})",  # noqa: S608
            [*parameters, list(listed)],
        )
        return live, {row[0] for row in rows}

    async def live_below(self, source: str, native_ids: Sequence[str]) -> set[str]:
        """Native ids of the live items directly beneath those, without any home of their own."""
        rows = await fetch(
            self._connection,
            f"SELECT i.native_id FROM work_items i WHERE {within(self._connection, 'i.parent_uid')} "  # noqa: S608
            "AND i.tombstone IS NULL AND NOT EXISTS "
            "(SELECT 1 FROM item_facets f WHERE f.item_uid = i.uid AND f.facet = 'project')",
            ([f"{source}:{native_id}" for native_id in native_ids],),
        )
        return {row[0] for row in rows}

    async def left_behind(self, source: str, *, project_id: str) -> set[str]:
        """Native ids of live items of a project that the latest run did not see where it saw what they lie beneath.

        Whoever reads an item of a tool that lists parent by parent reads all that is beneath it.
        """
        rows = await fetch(
            self._connection,
            """
            SELECT i.native_id FROM work_items i
              JOIN sources s ON s.name = i.source
              JOIN raw_records own ON own.source = i.source AND own.native_id = i.native_id
              JOIN work_items p ON p.uid = i.parent_uid
              JOIN raw_records above ON above.source = p.source AND above.native_id = p.native_id
             WHERE i.source = ? AND i.project_id = ? AND i.tombstone IS NULL
               AND own.kind IN ('issue', 'task') AND own.last_seen_run <> s.last_run_id
               AND above.kind IN ('issue', 'task') AND above.last_seen_run = s.last_run_id
               AND NOT EXISTS (SELECT 1 FROM item_facets f WHERE f.item_uid = i.uid AND f.facet = 'project')
            """,
            (source, project_id),
        )
        return {row[0] for row in rows}

    async def stale(self, source: str, marks: Mapping[str, str]) -> list[str]:
        """Those native ids whose stored item is not live as the listing (native id → mark) shows it."""
        rows = await fetch(
            self._connection,
            "SELECT native_id, listing_mark FROM work_items "  # noqa: S608
            f"WHERE {within(self._connection, 'uid')} AND tombstone IS NULL",
            ([f"{source}:{native_id}" for native_id in marks],),
        )
        stored = dict(rows)
        return sorted(native_id for native_id, mark in marks.items() if stored.get(native_id) != mark)

    async def replace_field_facets(self, source: str, values: Mapping[str, Sequence[FacetValue]]) -> None:
        """Custom fields that rules match on (native id → values); other facets stay as they are."""
        uids = {f"{source}:{native_id}": facets for native_id, facets in values.items()}
        await run(
            self._connection,
            f"DELETE FROM item_facets WHERE facet = 'field' AND {within(self._connection, 'item_uid')}",  # noqa: S608
            [list(uids)],
        )
        await insert(self._connection, tables.item_facets, _FACET, _facet_rows(uids))

    async def clear_derived(self, source: str) -> None:
        """Forget what a replay rebuilds from payloads; tombstones, aliases and memberships stay.

        An item whose newest payload cannot be read keeps what an earlier one told: nothing could replace it.
        """
        readable = (
            "SELECT uid FROM work_items WHERE source = ? AND native_id NOT IN (SELECT native_id FROM raw_records "
            "WHERE source = ? AND kind IN ('issue', 'task') AND reject_reason IS NOT NULL)"
        )
        hanging = (("item_facets", "item_uid"), ("item_changes", "item_uid"), ("item_references", "item_uid"))
        for table, column in (*hanging, ("work_items", "uid")):
            statement = f"DELETE FROM {table} WHERE {column} IN ({readable})"  # noqa: S608
            await run(self._connection, statement, (source, source))
        await Links(self._connection).forget_all_but_those_of_items(source)
        await run(
            self._connection,
            "DELETE FROM item_stubs WHERE source = ? AND uid NOT IN (SELECT source_uid FROM links "
            "UNION SELECT target_uid FROM links "
            "UNION SELECT parent_uid FROM work_items WHERE source = ? AND parent_uid IS NOT NULL)",
            (source, source),
        )

    async def resolve_parents(self, source: str, uids: Sequence[str] | None = None) -> int:
        """Parents that were only named by key (of every item, or around `uids`) become uids; how many changed."""
        return await hierarchy.resolve_parents(self._connection, source, uids)

    async def resolve_epics(self, source: str, uids: Sequence[str] | None = None) -> int:
        """Every item (or `uids` and all below them) learns its nearest ancestor of level 1; how many changed."""
        return await hierarchy.resolve_epics(self._connection, source, uids)

    async def _stored(self, uids: list[str]) -> dict[str, _Stored]:
        rows = await fetch(
            self._connection,
            "SELECT uid, key, updated_at, tombstone, parent_uid, parent_key FROM work_items "  # noqa: S608
            f"WHERE {within(self._connection, 'uid')}",
            [uids],
        )
        if self._connection.dialect.name == "sqlite":
            return {row[0]: _Stored(*row) for row in rows}
        return {row[0]: _Stored(row[0], row[1], to_text(row[2]), *row[3:]) for row in rows}

    async def _write_items(
        self, source: str, fresh: dict[str, SourceItem], stored: dict[str, _Stored], buried: Mapping[str, str]
    ) -> None:
        rows = [
            (
                uid, source, i.native_id, i.key, i.title, i.project_id, i.item_type_id, i.item_type, i.level,
                i.subtask, i.status_id, i.status, i.status_category.value, i.resolution, i.no_resolution,
                i.priority, i.assignee_id, i.reporter_id, i.team, i.points, i.points_field, i.estimate_seconds,
                i.spent_seconds, i.remaining_seconds, i.start, i.due, i.target_start, i.target_end, i.flagged,
                i.archived, i.created_at, i.updated_at, i.resolved_at, i.started_at, i.done_at, i.url, i.listing_mark,
                *_parent(source, i, stored.get(uid)),
                "archived" if i.archived else buried.get(uid),
                " ".join(i.warnings) or None,
            )
            for uid, i in fresh.items()
        ]  # fmt: skip
        await insert(self._connection, tables.work_items, _ITEM, [row for row in rows if row[0] not in stored])
        known = [row for row in rows if row[0] in stored]
        await upsert(self._connection, tables.work_items, _ITEM, known, key=("uid",))

    async def _write_facets(self, fresh: dict[str, SourceItem], known: list[str]) -> None:
        """Sets are replaced: what is no longer fetched is no longer stored."""
        await delete_where_in(self._connection, tables.item_facets, "item_uid", known)
        facets = {uid: item.facets for uid, item in fresh.items()}
        await insert(self._connection, tables.item_facets, _FACET, _facet_rows(facets))

    async def _write_changes(self, fresh: dict[str, SourceItem], stored: Mapping[str, _Stored]) -> None:
        """History only grows: late rows are inserted, corrected ones updated, none is ever dropped."""
        columns = (*_CHANGE_KEY, *_CHANGE_REST)
        new = _change_rows({uid: item for uid, item in fresh.items() if uid not in stored})
        await insert(self._connection, tables.item_changes, columns, new)
        await upsert(
            self._connection,
            tables.item_changes,
            columns,
            _change_rows({uid: item for uid, item in fresh.items() if uid in stored}),
            key=_CHANGE_KEY,
            only_if_changed=_CHANGE_REST,
        )

    async def _write_aliases(
        self,
        source: str,
        items: Iterable[SourceItem],
        fresh: dict[str, SourceItem],
        stored: dict[str, _Stored],
    ) -> None:
        """Every key an item was ever seen under finds it, also one that only an older read knew."""
        former: dict[str, str] = {}
        for item in items:
            uid = f"{source}:{item.native_id}"
            current = fresh[uid].key if uid in fresh else stored[uid].key
            seen = {item.key, *item.former_keys}
            if uid in fresh and uid in stored:
                seen.add(stored[uid].key)
            former.update(dict.fromkeys(seen - {current}, uid))
        rows = [(source, key, former[key]) for key in sorted(former)]
        await upsert(
            self._connection,
            tables.item_aliases,
            ("source", "key", "item_uid"),
            rows,
            key=("source", "key"),
        )

    async def _write_stubs(self, source: str, fresh: dict[str, SourceItem]) -> None:
        """Ends that were never read themselves; an item that is read stops being a stub."""
        await delete_where_in(self._connection, tables.item_stubs, "uid", fresh)
        stubs = {
            f"{source}:{stub.native_id}": stub
            for item in fresh.values()
            if item.links or item.parent_stub
            for stub in _stubs_of(item)
        }
        unknown = stubs.keys() - fresh.keys()
        if unknown:
            unknown -= (await self._stored(list(unknown))).keys()
        rows = [
            (uid, source, s.native_id, s.key, s.title, s.status, _value(s.status_category), s.item_type)
            for uid, s in ((uid, stubs[uid]) for uid in sorted(unknown))
        ]
        await upsert(self._connection, tables.item_stubs, _STUB, rows, key=("uid",), keep_known=_STUB[4:])

    async def _settle_tombstones(
        self,
        fresh: dict[str, SourceItem],
        stored: dict[str, _Stored],
        run_id: int | None,
        now: datetime,
    ) -> list[str]:
        before = {uid: stored[uid].tombstone if uid in stored else None for uid in fresh}
        graves = Tombstones(self._connection)
        ended = [uid for uid, item in fresh.items() if before[uid] and before[uid] != _tombstone(item)]
        await graves.close(ended, now=now)
        archived = [uid for uid, item in fresh.items() if item.archived and before[uid] != "archived"]
        await graves.record(archived, reason="archived", detail=None, run_id=run_id, now=now)
        return [uid for uid in ended if not fresh[uid].archived]


def _newest_of_each(source: str, items: Iterable[SourceItem]) -> dict[str, SourceItem]:
    """uid → item, in the order of uids (rows that lie together are written together)."""
    newest: dict[str, SourceItem] = {}
    for item in items:
        uid = f"{source}:{item.native_id}"
        if uid not in newest or newest[uid].updated_at <= item.updated_at:
            newest[uid] = item
    return dict(sorted(newest.items()))


def _change_rows(items: Mapping[str, SourceItem]) -> list[tuple[object, ...]]:
    return [
        (
            uid, c.change_id, c.ordinal, c.at, c.field_id, c.author_id, c.from_value, c.to_value,
            c.from_text, c.to_text,
        )
        for uid, item in items.items()
        for c in item.changes
    ]  # fmt: skip


def _facet_rows(facets: Mapping[str, Sequence[FacetValue]]) -> list[tuple[str, ...]]:
    return list(
        {
            (uid, value.facet.value, value.name, value.value, value.native_id or ""): None
            for uid, values in facets.items()
            for value in values
        }
    )


def _is_older(item: SourceItem, stored: _Stored | None, *, or_as_old: bool) -> bool:
    if stored is None:
        return False
    moment = to_text(item.updated_at)
    return moment < stored.updated_at or (or_as_old and moment == stored.updated_at)


def _parent(source: str, item: SourceItem, stored: _Stored | None) -> tuple[str | None, str | None]:
    """(parent_uid, parent_key). A parent known by key alone keeps what its key was resolved to before."""
    if item.parent_id is not None:
        return f"{source}:{item.parent_id}", None
    if item.parent_key is not None and stored is not None and stored.parent_key == item.parent_key:
        return stored.parent_uid, item.parent_key
    return None, item.parent_key


def _stubs_of(item: SourceItem) -> Iterable[SourceStub]:
    yield from (link.far_end for link in item.links if link.far_end is not None)
    if item.parent_stub is not None:
        yield item.parent_stub


def _tombstone(item: SourceItem) -> str | None:
    return "archived" if item.archived else None


def _value(category: object) -> str | None:
    return None if category is None else str(category)
