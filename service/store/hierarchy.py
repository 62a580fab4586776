"""Who is whose parent, and which epic an item hangs under: set-wise, the same SQL on both databases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy.ext.asyncio import AsyncConnection

from service.store.bulk import fetch, run, within
from service.store.pending import mark_pending

WINDOW = 5_000  # items of a source that one statement sorts into epics
DEEPEST = 30  # no tool nests deeper; a parent loop ends here

_PARENTS = """
UPDATE work_items SET parent_uid = found.uid
FROM (
  SELECT child.uid AS child_uid,
         COALESCE(MIN(CASE WHEN named.tombstone IS NULL THEN named.uid END), MIN(named.uid),
                  MIN(alias.item_uid), MIN(stub.uid)) AS uid
  FROM work_items child
  LEFT JOIN work_items named ON named.source = child.source AND named.key = child.parent_key
  LEFT JOIN item_aliases alias ON alias.source = child.source AND alias.key = child.parent_key
  LEFT JOIN item_stubs stub ON stub.source = child.source AND stub.key = child.parent_key
  WHERE child.source = ? AND child.parent_key IS NOT NULL {restriction}
  GROUP BY child.uid
) AS found
WHERE work_items.uid = found.child_uid AND COALESCE(work_items.parent_uid, '') <> COALESCE(found.uid, '')
RETURNING work_items.uid
"""

_EPICS = """
WITH RECURSIVE {below}climb (uid, ancestor, level, above, depth) AS (
  SELECT item.uid, parent.uid, parent.level, parent.parent_uid, 1
  FROM work_items item JOIN work_items parent ON parent.uid = item.parent_uid
  WHERE item.source = ? {restriction}
  UNION ALL
  SELECT climb.uid, parent.uid, parent.level, parent.parent_uid, climb.depth + 1
  FROM climb JOIN work_items parent ON parent.uid = climb.above
  WHERE climb.level <> 1 AND climb.depth < {deepest}
),
found (uid, epic) AS (
  SELECT item.uid, climb.ancestor
  FROM work_items item LEFT JOIN climb ON climb.uid = item.uid AND climb.level = 1
  WHERE item.source = ? {restriction}
)
UPDATE work_items SET epic_uid = found.epic FROM found
WHERE work_items.uid = found.uid AND COALESCE(work_items.epic_uid, '') <> COALESCE(found.epic, '')
RETURNING work_items.uid
"""

_BELOW = """below (uid) AS (
  SELECT uid FROM work_items WHERE {given}
  UNION
  SELECT child.uid FROM work_items child JOIN below ON child.parent_uid = below.uid
), """


_CONCERNED = """
AND ({among_children} OR child.parent_key IN (
  SELECT key FROM work_items WHERE {among_items} UNION SELECT key FROM item_aliases WHERE {among_aliases}))
"""


async def resolve_parents(connection: AsyncConnection, source: str, uids: Sequence[str] | None = None) -> int:
    """Key → uid through current keys, then former keys, then stubs; of `uids` and of what names them alone."""
    restriction = ""
    parameters: list[Any] = [source]
    if uids is None:
        await _refresh_statistics(connection)
    else:
        columns = {"among_children": "child.uid", "among_items": "uid", "among_aliases": "item_uid"}
        conditions = {name: within(connection, column) for name, column in columns.items()}
        restriction, parameters = _CONCERNED.format(**conditions), [source, *[list(uids)] * 3]
    statement = _bare(connection, _PARENTS.format(restriction=restriction))
    changed = [row[0] for row in await fetch(connection, statement, parameters)]
    await mark_pending(connection, changed)
    return len(changed)


async def resolve_epics(connection: AsyncConnection, source: str, uids: Sequence[str] | None) -> int:
    """The nearest ancestor of level 1; an ancestor that was never read ends the climb."""
    if uids is not None:
        below = _BELOW.format(given=within(connection, "uid"))
        restriction = "AND item.uid IN (SELECT uid FROM below)"
        return await _climb(connection, below, restriction, [list(uids), source, source])
    changed, first = 0, ""
    while (last := await _end_of_window(connection, source, first)) is not None:
        changed += await _climb(
            connection, "", "AND item.uid > ? AND item.uid <= ?", [source, first, last, source, first, last]
        )
        first = last
    return changed


async def _end_of_window(connection: AsyncConnection, source: str, first: str) -> str | None:
    """The last uid of the next window; None when there is none. What a statement touches must fit into memory."""
    window = "SELECT uid FROM work_items WHERE source = ? AND uid > ? ORDER BY uid LIMIT ?"
    rows = await fetch(connection, f"SELECT max(uid) FROM ({window}) AS w", (source, first, WINDOW))  # noqa: S608
    return cast("str | None", rows[0][0])


async def _climb(connection: AsyncConnection, below: str, restriction: str, parameters: list[Any]) -> int:
    statement = _EPICS.format(below=below, restriction=restriction, deepest=DEEPEST)
    changed = [row[0] for row in await fetch(connection, _bare(connection, statement), parameters)]
    await mark_pending(connection, changed)
    return len(changed)


async def _refresh_statistics(connection: AsyncConnection) -> None:
    """After a bulk load PostgreSQL still believes the tables are empty, and joins them row by row."""
    if connection.dialect.name == "postgresql":
        await run(connection, "ANALYZE work_items, item_aliases, item_stubs", ())


def _bare(connection: AsyncConnection, statement: str) -> str:
    """SQLite wants bare column names after RETURNING; PostgreSQL, with two tables in play, wants the table."""
    if connection.dialect.name == "sqlite":
        return statement.replace("RETURNING work_items.uid", "RETURNING uid")
    return statement
