"""What a database holds, as plain rows that can be compared: with another database's, or with themselves later."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Table, select

from service.store.engine import Database
from service.store.tables import items, reference, sources

Row = dict[str, Any]
Store = dict[str, list[Row]]

DERIVED = (
    items.work_items,
    items.item_facets,
    items.item_changes,
    items.links,
    items.item_stubs,
    items.item_aliases,
)
VOCABULARY = (
    reference.projects,
    reference.people,
    reference.statuses,
    reference.item_types,
    reference.iterations,
    reference.releases,
    reference.link_types,
    reference.fields,
)
PASSING = {"fetched_at", "last_seen_run", "dictionary_id", "payload", "run_id", "id", "found_at"}  # differ by run


async def stored(database: Database, tables: Iterable[Table] = (*DERIVED, *VOCABULARY)) -> Store:
    """Every row of the tables, without what tells only when and by which run it was written."""
    async with database.reading() as uow:
        return {
            table.name: _sorted([dict(row) for row in (await uow.connection.execute(select(table))).mappings()])
            for table in tables
        }


async def evidence(database: Database) -> Store:
    """Also what proves it: payloads by their hash, tombstones, scopes with their cursors."""
    return await stored(
        database,
        (*DERIVED, *VOCABULARY, items.tombstones, sources.raw_records, sources.scopes, sources.source_findings),
    )


def differences(left: Store, right: Store, *, but: Mapping[str, set[str]] | None = None) -> list[str]:
    """One line per table that differs, with a few rows of either side. `but`: columns not compared, by table."""
    found = []
    for table in sorted(left.keys() | right.keys()):
        hidden = (but or {}).get(table, set())
        ours, theirs = _shown(left[table], hidden), _shown(right[table], hidden)
        if ours != theirs:
            only, other = [row for row in ours if row not in theirs], [row for row in theirs if row not in ours]
            found.append(f"{table} {len(ours)}/{len(theirs)}: only left {only[:2]},\n  only right {other[:2]}")
    return found


def tombs(store: Store) -> dict[str, str]:
    """native id → reason, of every item that is buried now."""
    return {row["native_id"]: row["tombstone"] for row in store["work_items"] if row["tombstone"]}


def live(store: Store) -> list[str]:
    """Native ids of the items that are there."""
    return sorted(row["native_id"] for row in store["work_items"] if row["tombstone"] is None)


def item(store: Store, native_id: str) -> Row:
    return next(row for row in store["work_items"] if row["native_id"] == native_id)


async def scopes(database: Database) -> dict[str, Row]:
    """By key."""
    return {row["key"]: row for row in (await stored(database, [sources.scopes]))["scopes"]}


def _sorted(rows: Sequence[Row]) -> list[Row]:
    kept = [{name: value for name, value in row.items() if name not in PASSING} for row in rows]
    return sorted(kept, key=lambda row: [str(value) for value in row.values()])


def _shown(rows: Sequence[Row], hidden: set[str]) -> list[Row]:
    return _sorted([{name: value for name, value in row.items() if name not in hidden} for row in rows])
