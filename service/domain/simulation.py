"""What if: an item slips or takes longer, work is cut, an edge is dropped or added. Which dates move, and by how much?

Nothing is written: the plan after the change is another network, scheduled whole. A whole schedule of 5,000 items takes
a few milliseconds, less than finding out which part of it a change can reach (docs/adr/0010-critical-path.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from service.domain.graph import Digraph, Ints, Mask
from service.domain.schedule import ActivityNetwork, Days, Link, Schedule, schedule


@dataclass(frozen=True, kw_only=True)
class AddedLink:
    """An edge that is not there, from the node `tail` to the node `head`."""

    tail: int
    head: int
    type: Link = Link.FS
    lag: int = 0


@dataclass(frozen=True, kw_only=True)
class WhatIf:
    """Changes to a plan, by node and by edge number. All may be combined.

    `slips`: node → working days ≥ 0 by which it begins later than all it waits for would let it; what its predecessors
    lose comes on top. `durations`: node → working days of work it takes instead. `removed`: nodes cut with all their
    edges; what waited for them waits no longer. `dropped`: edge numbers.
    """

    slips: Mapping[int, int] = field(default_factory=dict)
    durations: Mapping[int, int] = field(default_factory=dict)
    removed: frozenset[int] = frozenset()
    dropped: frozenset[int] = frozenset()
    added: tuple[AddedLink, ...] = ()


@dataclass(frozen=True, eq=False, kw_only=True)
class Simulation:
    """A plan before and after a change. A node that was removed does not move."""

    before: Schedule
    after: Schedule
    network: ActivityNetwork  # the one after
    start_moves: Days  # per node, in working days, later is positive
    finish_moves: Days

    @property
    def finish_move(self) -> int:
        """By how many working days the computed end of all moves."""
        return self.after.finish - self.before.finish

    def moved(self, *, among: Mask | None = None) -> list[int]:
        """The nodes of `among` (default: all) that begin or finish on another day; what moves most first."""
        either = np.maximum(np.abs(self.start_moves), np.abs(self.finish_moves))
        nodes = np.flatnonzero(either if among is None else np.where(among, either, 0))
        ranked: list[int] = nodes[np.lexsort((nodes, -either[nodes]))].tolist()
        return ranked


def simulate(
    network: ActivityNetwork,
    what_if: WhatIf,
    *,
    target: int | None = None,
    latest: Days | None = None,
    before: Schedule | None = None,
) -> Simulation:
    """`before` is the schedule of `network`, if it is known already. CyclicNetwork when added edges close a cycle;
    ValueError when a node or an edge does not exist or a number of days is negative."""
    _check(network, what_if)
    before = before or schedule(network, target=target, latest=latest)
    changed = _changed(network, what_if)
    after = schedule(changed, target=target, latest=latest)
    starts = after.early_start - before.early_start
    finishes = after.early_finish - before.early_finish
    removed = _numbers(what_if.removed)
    starts[removed] = 0
    finishes[removed] = 0
    return Simulation(before=before, after=after, network=changed, start_moves=starts, finish_moves=finishes)


def _check(network: ActivityNetwork, what_if: WhatIf) -> None:
    ends = (end for link in what_if.added for end in (link.tail, link.head))
    for node in (*what_if.slips, *what_if.durations, *what_if.removed, *ends):
        if not 0 <= node < network.graph.nodes:
            raise ValueError(f"there is no node {node}")
    for edge in what_if.dropped:
        if not 0 <= edge < len(network.lags):
            raise ValueError(f"there is no edge {edge}")
    for days in (*what_if.slips.values(), *what_if.durations.values()):
        if days < 0:
            raise ValueError(f"{days} days: neither a slip nor a duration can be negative")


def _changed(network: ActivityNetwork, what_if: WhatIf) -> ActivityNetwork:
    durations, earliest = network.durations.copy(), network.earliest.copy()
    for node, days in what_if.durations.items():
        durations[node] = days
    removed = _numbers(what_if.removed)
    durations[removed] = 0
    earliest[removed] = earliest.min(initial=0)
    kept = _rewired(replace(network, durations=durations, earliest=earliest), what_if)
    return _slipped(kept, what_if.slips)


def _rewired(network: ActivityNetwork, what_if: WhatIf) -> ActivityNetwork:
    """Without the dropped edges and those of removed nodes, with the added ones; the same graph if none is."""
    if not (what_if.dropped or what_if.removed or what_if.added):
        return network
    graph, removed = network.graph, np.zeros(network.graph.nodes, np.bool_)
    removed[_numbers(what_if.removed)] = True
    keep = ~(removed[graph.tails] | removed[graph.heads])
    keep[_numbers(what_if.dropped)] = False
    added = [link for link in what_if.added if not (removed[link.tail] or removed[link.head])]
    tails = np.append(graph.tails[keep], [link.tail for link in added]).astype(np.int32)
    heads = np.append(graph.heads[keep], [link.head for link in added]).astype(np.int32)
    return replace(
        network,
        graph=Digraph(graph.nodes, tails, heads),
        types=np.append(network.types[keep], [link.type for link in added]).astype(np.int8),
        lags=np.append(network.lags[keep], [link.lag for link in added]).astype(np.int64),
    )


def _slipped(network: ActivityNetwork, slips: Mapping[int, int]) -> ActivityNetwork:
    """A slip is a wait before the start: it adds to the item's own earliest start and to each lag before it."""
    if not slips:
        return network
    wait = np.zeros(network.graph.nodes, np.int64)
    wait[_numbers(slips)] = list(slips.values())
    return replace(network, earliest=network.earliest + wait, lags=network.lags + wait[network.graph.heads])


def _numbers(numbers: Iterable[int]) -> Ints:
    return np.fromiter(numbers, np.int32)
