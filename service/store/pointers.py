"""Pointers at items of other tools, as items hold them: what was read replaces what is stored, where it differs.

Anybody's suggestions may hang on a pointer, so that one which is merely written again would make work for everybody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.items import SourceItem
from service.store.bulk import delete_where_in, fetch, insert, within
from service.store.tables.items import item_references

_COLUMNS = ("item_uid", "origin", "target", "relationship")
_Row = tuple[str, str, str, str | None]


async def replace_pointers(connection: AsyncConnection, items: Mapping[str, SourceItem], known: Sequence[str]) -> None:
    """`items` are by uid; those in `known` may have pointers already."""
    stored = await _stored(connection, known)
    differing = {uid: told for uid, item in items.items() if (told := _told(uid, item)) != stored.get(uid, set())}
    await delete_where_in(connection, item_references, "item_uid", sorted(differing.keys() & stored.keys()))
    await insert(
        connection, item_references, _COLUMNS, [row for told in differing.values() for row in sorted(told, key=str)]
    )


async def _stored(connection: AsyncConnection, uids: Sequence[str]) -> dict[str, set[_Row]]:
    named = within(connection, "item_uid")
    statement = f"SELECT {', '.join(_COLUMNS)} FROM item_references WHERE {named}"  # noqa: S608 - names of this file
    found: dict[str, set[_Row]] = defaultdict(set)
    for uid, origin, target, relationship in await fetch(connection, statement, [list(uids)]) if uids else ():
        found[uid].add((uid, origin, target, relationship))
    return found


def _told(uid: str, item: SourceItem) -> set[_Row]:
    """Of what is said twice, the last holds."""
    last = {(each.origin, each.target): each.relationship for each in item.references}
    return {(uid, origin, target, relationship) for (origin, target), relationship in last.items()}
