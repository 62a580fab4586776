"""The dependencies that were drawn between items at any time: those of today, and those that only histories tell of."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from msgspec import convert
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.edges import Edge, Provenance
from service.domain.link_history import Link, LinkHistories, LinkMove, link_histories
from service.store.bulk import fetch, fetch_many, within
from service.store.link_phrases import link_phrases
from service.store.links import PROVENANCE
from service.store.names import uids_of
from service.store.past_items import PastItems

DRAWN = frozenset({Provenance.JIRA_LINK, Provenance.ASANA})  # what a tool draws, and may tell a history of


@dataclass(frozen=True, slots=True)
class PastLinks:
    """`histories` of all links that some items have or had, and `edges` as which they are, or were, known."""

    histories: LinkHistories
    edges: Mapping[Link, Edge]

    def there(self, moment: datetime) -> list[Edge]:
        return [self.edges[link] for link in self.histories.there(moment)]


async def past_links(
    connection: AsyncConnection, uids: Collection[str], today: Iterable[Edge], *, since: datetime | None = None
) -> PastLinks:
    """Of links with at least one of these items at an end; `today` are the edges of today that have.

    `since`: only what happened after it is read, which is enough to tell how things stood at any later moment.
    An end that a history names and nobody knows any more is `source:KEY`, like that of a declared edge.
    """
    standing = _by_link(today)
    ends = {uid for link in standing for uid in link[:2]}
    moves = await _moves(connection, {*uids, *ends}, since)
    beyond = {move.other_uid for move in moves} - {*uids, *ends}
    held = frozenset(uids)
    moves += [move for move in await _moves(connection, beyond, since) if move.other_uid in held]
    ends |= {uid for move in moves for uid in (move.uid, move.other_uid)}
    kinds = dict(await fetch(connection, "SELECT name, kind FROM sources", ()))
    provenances = {name: Provenance(PROVENANCE.get(kind, Provenance.JIRA_LINK)) for name, kind in kinds.items()}
    histories = await asyncio.to_thread(
        link_histories,
        [move for move in moves if move.uid in held or move.other_uid in held],
        standing,
        await link_phrases(connection),
        graves=await PastItems(connection).graves(ends) if ends else {},
        lossy={name for name, kind in provenances.items() if kind is Provenance.ASANA},  # it merges and drops stories
    )
    edges = {link: standing.get(link) or _edge(link, provenances) for link in histories.links}
    return PastLinks(histories, edges)


async def relinked_since(connection: AsyncConnection, uids: Collection[str], since: datetime) -> frozenset[str]:
    """Those of these items whose histories tell of links after a moment."""
    rows = await fetch(connection, _RELINKED.format(within(connection, "item_uid")), [sorted(uids), since])
    return frozenset(uid for (uid,) in rows)


def link_of(edge: Edge) -> Link:
    return Link(edge.predecessor_uid, edge.successor_uid, edge.link_type or "")


def _by_link(edges: Iterable[Edge]) -> dict[Link, Edge]:
    """One for each link; of what is drawn twice the one that `collapse` takes."""
    drawn = sorted((edge for edge in edges if edge.provenance in DRAWN), key=lambda each: each.id, reverse=True)
    return {link_of(edge): edge for edge in drawn}


def _edge(link: Link, provenances: Mapping[str, Provenance]) -> Edge:
    """Of a link that is no more; nobody knows what id it had."""
    source = link.successor_uid.partition(":")[0]
    seal = sha256("\n".join(link).encode()).hexdigest()[:16]
    provenance = provenances.get(source, Provenance.JIRA_LINK)
    return Edge(
        id=f"{source}:{seal}",
        predecessor_uid=link.predecessor_uid,
        successor_uid=link.successor_uid,
        provenance=provenance,
        origins=(provenance.value,),
        link_type=link.link_type,
    )


async def _moves(connection: AsyncConnection, uids: Collection[str], since: datetime | None) -> list[LinkMove]:
    """What the histories of these items tell of links, each in its order."""
    if not uids:
        return []
    statement = _LINKS.format(named=within(connection, "item_uid"), when="" if since is None else "AND at > ?")
    rows = await fetch_many(connection, statement, [sorted(uids), *([] if since is None else [since])])
    named = await uids_of(connection, {(row[0].partition(":")[0], key) for row in rows for key in row[3:5] if key})
    return list(_each_move(rows, named))


def _each_move(rows: Sequence[Any], named: Mapping[tuple[str, str], str]) -> Iterator[LinkMove]:
    moments = convert([row[1] for row in rows], list[datetime])
    for at, (uid, _, author, left, entered, left_text, entered_text) in zip(moments, rows, strict=True):
        source = uid.partition(":")[0]
        for key, made, text in ((left, False, left_text), (entered, True, entered_text)):
            other = named.get((source, key), f"{source}:{key}")
            if key and other != uid:
                yield LinkMove(uid, other, at, author, made, key, text)


_LINKS = """
    SELECT item_uid, at, author_id, from_value, to_value, from_text, to_text FROM item_changes
     WHERE {named} AND field_id = 'link' {when} ORDER BY item_uid, at, length(change_id), change_id, ordinal"""
_RELINKED = "SELECT DISTINCT item_uid FROM item_changes WHERE {} AND field_id = 'link' AND at > ?"
