"""Dependencies that came, went, were met or broke open again between two moments.

Histories of Jira tell of links as sentences ("This issue blocks PAY-12"); what the two phrases of a link type mean
is known. Asana tells no history of dependencies: of those only what is met and what opens again is seen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
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
    """Net: there now and not before, or there before and not now. What both ends tell is one change."""
    standing = {(edge.predecessor_uid, edge.successor_uid) for edge in edges if edge.confirmed}
    told: defaultdict[Pair, list[LinkMove]] = defaultdict(list)
    for move in sorted(moves, key=lambda each: each.at):
        if (pair := _pair(move, standing, phrases)) is not None:
            told[pair].append(move)
    for (before, after), several in told.items():
        stood, stands = not several[0].made, (before, after) in standing
        if stood != stands:
            kind = ChangeKind.EDGE_ADDED if stands else ChangeKind.EDGE_REMOVED
            last = max(several, key=lambda each: (each.at, each.author_id is not None))
            yield ItemChange(kind, after, last.at, last.author_id, other_uid=before)


def met_between(changes: Iterable[ItemChange], edges: Iterable[Edge]) -> Iterator[ItemChange]:
    """Edges whose predecessor was finished, or reopened; `changes` are those of items."""
    decided = {each.uid: each for each in changes if each.kind in (ChangeKind.FINISHED, ChangeKind.REOPENED)}
    for edge in edges:
        change = decided.get(edge.predecessor_uid)
        if change is not None and edge.confirmed:
            met = change.kind is ChangeKind.FINISHED
            kind = ChangeKind.EDGE_RESOLVED if met else ChangeKind.EDGE_REOPENED
            yield ItemChange(kind, edge.successor_uid, change.at, change.author_id, other_uid=edge.predecessor_uid)


def _pair(move: LinkMove, standing: Set[Pair], phrases: Mapping[str, Phrases]) -> Pair | None:
    """Which end comes first: as the sentence says; without a sentence, as it is drawn now. None: there is no order."""
    forward, backward = (move.uid, move.other_uid), (move.other_uid, move.uid)
    if move.text is None:
        return next((pair for pair in (forward, backward) if pair in standing), None)
    said = phrases.get(move.uid.partition(":")[0])
    if said is None:
        return None
    sentence = f" {move.text.casefold()} "
    spoken = [(phrase, backward) for phrase in said.waits] + [(phrase, forward) for phrase in said.holds]
    found = [(len(phrase), pair) for phrase, pair in spoken if f" {phrase} " in sentence]
    return max(found)[1] if found else None
