"""Dependencies that came, went, were met or broke open again between two moments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

from service.domain.changes import ChangeKind, ItemChange
from service.domain.edges import Edge
from service.domain.link_history import LinkHistories, LinkHistory

Ends = tuple[str, str]  # predecessor, successor


def drawn_between(
    histories: LinkHistories, *, since: datetime, until: datetime, lasting: Collection[Ends] = ()
) -> Iterator[ItemChange]:
    """Net: there at the later moment and not at the earlier one, or the other way round; by the last that led there.

    Of `lasting` ones something else than a link says that they are dependencies.
    """
    by_ends: defaultdict[Ends, list[LinkHistory]] = defaultdict(list)
    for link, history in histories.links.items():
        by_ends[link.predecessor_uid, link.successor_uid].append(history)
    for ends, several in by_ends.items():
        stood, stands = (any(each.was_there(moment) for each in several) for moment in (since, until))
        if stood != stands and ends not in lasting:
            moves = (move for history in several for move in history.between(since, until))
            last = max(moves, key=lambda each: each.at)
            before, after = ends
            kind = ChangeKind.EDGE_ADDED if stands else ChangeKind.EDGE_REMOVED
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
