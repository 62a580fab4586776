"""Edges that say again, lower down, what an edge between containers says already: boards show the higher one only."""

from __future__ import annotations

import numpy as np

from service.domain.columns import NOBODY, Mask, Places
from service.domain.lineage import Lineage
from service.domain.network import Network


def covered_by(network: Network, lineage: Lineage, *, among: Mask) -> Places:
    """For each edge the highest one of `among` whose ends stand above its own (or are one of them); NOBODY where none.

    Both edges have the same type. The highest is the one whose ends together stand most levels further up; of several,
    the one whose predecessor does.
    """
    found = np.full(len(network.edges), NOBODY, np.int32)
    higher = np.flatnonzero(among & _has_beneath(network, lineage)).astype(np.int32)
    if not higher.size:
        return found
    key = _key(network, network.edge.predecessor, network.edge.successor)[higher]
    order = np.argsort(key, kind="stable")
    key, higher = key[order], higher[order]
    befores, afters = _upward(lineage, network.edge.predecessor), _upward(lineage, network.edge.successor)
    steps = sorted(
        ((up, over) for up in range(len(befores)) for over in range(len(afters))), key=lambda at: (sum(at), at[0])
    )
    for up, over in steps[1:]:  # the first is the edge itself; a later one stands higher
        wanted = _key(network, befores[up], afters[over])
        at = np.minimum(np.searchsorted(key, wanted), key.size - 1)
        hit = among & (befores[up] != NOBODY) & (afters[over] != NOBODY) & (key[at] == wanted)
        found[hit] = higher[at[hit]]
    return found


def _has_beneath(network: Network, lineage: Lineage) -> Mask:
    parents = np.zeros(len(network.items), np.bool_)
    parents[lineage.parent[lineage.parent != NOBODY]] = True
    either: Mask = parents[network.edge.predecessor] | parents[network.edge.successor]
    return either


def _key(network: Network, before: Places, after: Places) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """One number for two ends and a type."""
    ends = before.astype(np.int64) * len(network.items) + after
    return ends * 4 + network.edge.type


def _upward(lineage: Lineage, ends: Places) -> list[Places]:
    """The ends, then what stands above each, and so on; NOBODY beyond the top."""
    ways = [ends]
    while (above := np.where(ways[-1] == NOBODY, NOBODY, lineage.parent[ways[-1]])).max(initial=NOBODY) != NOBODY:
        ways.append(above.astype(np.int32))
    return ways
