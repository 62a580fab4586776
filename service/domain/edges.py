"""Dependencies between items, wherever they come from: drawn in a tool, declared in a programs file, or suggested."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from hashlib import sha256

from msgspec import Struct
from msgspec.structs import replace

FINISH_TO_START = "FS"


class Provenance(StrEnum):
    """Where an edge comes from, the one that says most first."""

    JIRA_LINK = "jira_link"
    ASANA = "asana"
    DECLARED = "declared"
    SUGGESTED = "suggested"


class Edge(Struct, frozen=True, kw_only=True, gc=False):
    """`predecessor_uid` comes first. `origins` are all the places that say so, such as "jira_link" or "attachment".

    `confirmed` is False only for what is merely suggested; such an edge is listed and counts for nothing else.
    An end may be an item that was never read; one that a programs file names and nobody knows is as written there.
    """

    id: str
    predecessor_uid: str
    successor_uid: str
    type: str = FINISH_TO_START
    lag_days: int = 0
    provenance: Provenance
    confirmed: bool = True
    origins: tuple[str, ...] = ()
    link_type: str | None = None  # the tool's name for it


def declared_id(predecessor_uid: str, successor_uid: str, edge_type: str = FINISH_TO_START) -> str:
    """The same wherever, and however often, it is declared."""
    return sha256("\n".join((predecessor_uid, successor_uid, edge_type)).encode()).hexdigest()[:16]


def collapse(edges: Iterable[Edge]) -> list[Edge]:
    """One edge for all that say the same: by id, then by predecessor, successor and type; by their ends.

    What says most stays, with the origins of all. Tools know no lag: where a programs file declares one, it holds.
    """
    by_id: dict[str, Edge] = {}
    for edge in edges:
        by_id.setdefault(edge.id, edge)
    same: dict[tuple[str, str, str], list[Edge]] = {}
    for edge in by_id.values():
        same.setdefault((edge.predecessor_uid, edge.successor_uid, edge.type), []).append(edge)
    return [several[0] if len(several) == 1 else _joined(several) for _, several in sorted(same.items())]


def _joined(edges: list[Edge]) -> Edge:
    first = min(edges, key=lambda each: (_RANK[each.provenance], each.id))
    return replace(
        first,
        lag_days=next((each.lag_days for each in edges if each.provenance is Provenance.DECLARED), first.lag_days),
        confirmed=any(each.confirmed for each in edges),
        origins=tuple(sorted({origin for each in edges for origin in each.origins})),
    )


_RANK = {provenance: rank for rank, provenance in enumerate(Provenance)}
