"""Since when two items are linked, as their histories tell: nobody waits for what nobody had said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from msgspec import convert
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.link_history import Phrases
from service.store.bulk import fetch, within
from service.store.link_phrases import link_phrases

Pair = frozenset[str]  # the uids of two items
Keys = Mapping[tuple[str, str], str]  # (source, key) → uid


async def linked_since(
    connection: AsyncConnection, pairs: Collection[Pair], keys: Keys, *, until: datetime | None = None
) -> dict[Pair, datetime]:
    """When each pair was linked, as far as known: Asana does not always tell, and a programs file never does.

    A link that was removed and made again exists since then; either end may be the one whose history tells. `keys` are
    those of all items that may be meant (`keys_of`). `until`: as it was known at that moment. Links of a type that is
    no dependency say nothing.
    """
    uids = sorted({uid for pair in pairs for uid in pair})
    if not uids:
        return {}
    when, moments = ("", []) if until is None else (" AND at <= ?", [until])
    statement = (
        "SELECT item_uid, at, from_value, to_value, from_text, to_text FROM item_changes "  # noqa: S608
        f"WHERE {within(connection, 'item_uid')} AND field_id = 'link'{when} ORDER BY at, change_id, ordinal"
    )
    phrases = await link_phrases(connection)
    since: dict[tuple[str, str], datetime] = {}
    for uid, at, left, entered, left_text, entered_text in await fetch(connection, statement, [uids, *moments]):
        said = phrases.get(uid.partition(":")[0])
        if (far := _far(keys, uid, left)) is not None and not _is_beside(said, left_text, left):
            since.pop((uid, far), None)
        if (far := _far(keys, uid, entered)) is not None and not _is_beside(said, entered_text, entered):
            since.setdefault((uid, far), convert(at, datetime))
    told: dict[Pair, list[datetime]] = defaultdict(list)
    for ends, moment in since.items():
        told[frozenset(ends)].append(moment)
    return {pair: min(told[pair]) for pair in pairs if pair in told}


async def keys_of(connection: AsyncConnection, uids: Collection[str]) -> Keys:
    """Of these items, former keys included: a history names an item as it was called then."""
    statements = (
        f"SELECT source, key, item_uid FROM item_aliases WHERE {within(connection, 'item_uid')}",  # noqa: S608
        f"SELECT source, key, uid FROM item_stubs WHERE {within(connection, 'uid')}",  # noqa: S608
        f"SELECT source, key, uid FROM work_items WHERE {within(connection, 'uid')}",  # noqa: S608
    )
    found: dict[tuple[str, str], str] = {}
    for statement in statements:  # what an item is called now goes before what another was called once
        found.update(_named(await fetch(connection, statement, [sorted(uids)])))
    return found


def _named(rows: Iterable[tuple[str, str, str]]) -> Keys:
    return {(source, key): uid for source, key, uid in rows}


def _far(keys: Keys, uid: str, key: str | None) -> str | None:
    return None if key is None else keys.get((uid.partition(":")[0], key))


def _is_beside(phrases: Phrases | None, text: str | None, key: str) -> bool:
    """Whether it is said of a link that is no dependency."""
    sense = None if phrases is None else phrases.sense_of(text, key)
    return sense is not None and sense.first is None
