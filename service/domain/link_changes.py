"""Dependencies that came, went, were met or broke open again between two moments.

Histories of Jira tell of links as sentences ("This issue blocks PAY-12"); what the two phrases of a link type mean
is known. Asana tells no history of dependencies: of those only what is met and what opens again is seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from service.domain.changes import ChangeKind, ItemChange
from service.domain.edges import Edge


class LinkMove(NamedTuple):
    """One end's word that a link was made (`made`) or taken away. `text` is the tool's sentence, if there is one."""

    uid: str
    other_uid: str
    at: datetime
    author_id: str | None
    made: bool
    text: str | None


class Phrases(NamedTuple):
    """What the sentences of one source say, in lower case: who says it waits, or is waited for."""

    waits: frozenset[str]
    holds: frozenset[str]


Pair = tuple[str, str]  # predecessor, successor


def drawn_between(
    moves: Iterable[LinkMove], edges: Iterable[Edge], phrases: Mapping[str, Phrases]
) -> Iterator[ItemChange]:
    """Made and still there, or taken away and not drawn anew; both ends' words are one change."""
    standing = {(edge.predecessor_uid, edge.successor_uid) for edge in edges if edge.confirmed}
    told: dict[tuple[ChangeKind, Pair], LinkMove] = {}
    for move in moves:
        pair = _pair(move, standing, phrases)
        if pair is None or move.made != (pair in standing):
            continue
        kind = ChangeKind.EDGE_ADDED if move.made else ChangeKind.EDGE_REMOVED
        known = told.get((kind, pair))
        if known is None or move.at > known.at:
            told[kind, pair] = move
    for (kind, (before, after)), move in told.items():
        yield ItemChange(kind, after, move.at, move.author_id, other_uid=before)


def met_between(changes: Iterable[ItemChange], edges: Iterable[Edge]) -> Iterator[ItemChange]:
    """Edges whose predecessor was finished, or reopened; `changes` are those of items."""
    decided = {each.uid: each for each in changes if each.kind in (ChangeKind.FINISHED, ChangeKind.REOPENED)}
    for edge in edges:
        change = decided.get(edge.predecessor_uid)
        if change is not None and edge.confirmed:
            met = change.kind is ChangeKind.FINISHED
            kind = ChangeKind.EDGE_RESOLVED if met else ChangeKind.EDGE_REOPENED
            yield ItemChange(kind, edge.successor_uid, change.at, change.author_id, other_uid=edge.predecessor_uid)


def _pair(move: LinkMove, standing: set[Pair], phrases: Mapping[str, Phrases]) -> Pair | None:
    """Which end comes first: as it is drawn now, else as the sentence says. None: it tells of no order."""
    forward, backward = (move.uid, move.other_uid), (move.other_uid, move.uid)
    if move.made:
        return forward if forward in standing else backward if backward in standing else None
    said = phrases.get(move.uid.partition(":")[0])
    sentence = f" {(move.text or '').casefold()} "
    if said is None:
        return None
    found = [
        (len(phrase), pair)
        for words, pair in ((said.waits, backward), (said.holds, forward))
        for phrase in words
        if f" {phrase} " in sentence
    ]
    return max(found)[1] if found else None
