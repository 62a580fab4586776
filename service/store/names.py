"""Which item is meant by a key or a native id: set-wise, by the rule that finds a single item, too."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from service.store.bulk import fetch, within

Name = tuple[str, str]  # (source, key or native id)

_BY_ID, _BY_KEY, _BY_FORMER_KEY, _UNREAD = range(4)


async def uids_of(connection: AsyncConnection, names: Iterable[Name]) -> dict[Name, str]:
    """The uid of each name that is known.

    A native id is surest; then what is live goes before what left, a current key before a former one, and an item
    before a far end that was never read. Keys are found in any letter case that people write them in.
    """
    by_source: dict[str, set[str]] = defaultdict(set)
    for source, word in names:
        by_source[source].add(word)
    found: dict[Name, str] = {}
    for source, words in sorted(by_source.items()):
        best = _best(await _candidates(connection, source, words))
        for word in words:
            hits = [best[spelt] for spelt in {word, word.upper()} & best.keys()]
            if hits:
                found[source, word] = min(hits)[-1]
    return found


Rank = tuple[bool, bool, int, str]  # (not by id, left its listing, how it was found, uid): the smallest is meant


def _best(candidates: Iterable[tuple[str, Rank]]) -> Mapping[str, Rank]:
    best: dict[str, Rank] = {}
    for word, rank in candidates:
        best[word] = min(rank, best.get(word, rank))
    return best


async def _candidates(connection: AsyncConnection, source: str, words: set[str]) -> Iterator[tuple[str, Rank]]:
    spelt = sorted(words | {word.upper() for word in words})
    uids = [f"{source}:{word}" for word in words]
    by_id = await fetch(
        connection,
        f"SELECT native_id, uid, tombstone IS NOT NULL FROM work_items WHERE {within(connection, 'uid')}",  # noqa: S608
        [uids],
    )
    by_key = await fetch(
        connection,
        "SELECT key, uid, tombstone IS NOT NULL FROM work_items "  # noqa: S608
        f"WHERE source = ? AND {within(connection, 'key')}",
        [source, spelt],
    )
    by_former_key = await fetch(
        connection,
        "SELECT a.key, i.uid, i.tombstone IS NOT NULL FROM item_aliases a JOIN work_items i ON i.uid = a.item_uid "  # noqa: S608
        f"WHERE a.source = ? AND {within(connection, 'a.key')}",
        [source, spelt],
    )
    unread = await fetch(
        connection,
        "SELECT native_id, key, uid FROM item_stubs "  # noqa: S608
        f"WHERE {within(connection, 'uid')} OR (source = ? AND {within(connection, 'key')})",
        [uids, source, spelt],
    )
    return _ranked(by_id, by_key, by_former_key, unread)


def _ranked(
    by_id: Iterable[tuple[Any, ...]],
    by_key: Iterable[tuple[Any, ...]],
    by_former_key: Iterable[tuple[Any, ...]],
    unread: Iterable[tuple[Any, ...]],
) -> Iterator[tuple[str, Rank]]:
    for how, rows in ((_BY_ID, by_id), (_BY_KEY, by_key), (_BY_FORMER_KEY, by_former_key)):
        for word, uid, left in rows:
            yield word, (how is not _BY_ID, bool(left), how, uid)
    for native_id, key, uid in unread:
        yield native_id, (True, True, _UNREAD, uid)
        yield key, (True, True, _UNREAD, uid)
