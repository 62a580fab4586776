"""What if: an item slips, work is cut, an edge is dropped. Which dates move, and by how much?

Nothing is written: the plan after the change is another network, scheduled whole. A whole schedule of 5,000 items takes
a few milliseconds, less than finding out which part of it a change can reach (docs/adr/0010-critical-path.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from service.domain.graph import Ints
from service.domain.schedule import ActivityNetwork, Days, Schedule, schedule


@dataclass(frozen=True, kw_only=True)
class WhatIf:
    """Changes to a plan, by node and by edge number. All may be combined.

    `slips`: node → working days ≥ 0 by which it begins later than all it waits for would let it; what its predecessors
    lose comes on top. `removed`: nodes cut with all their edges; what waited for them waits no longer. `dropped`: edge
    numbers. An added edge makes another network (a container that it ends at is opened), which is the caller's.
    """

    slips: Mapping[int, int] = field(default_factory=dict)
    removed: frozenset[int] = frozenset()
    dropped: frozenset[int] = frozenset()


@dataclass(frozen=True, eq=False, kw_only=True)
class Simulation:
    """A plan before and after a change. A node that was removed does not move."""

    before: Schedule
    after: Schedule
    network: ActivityNetwork  # the one after
    start_moves: Days  # per node, in its own working days, later is positive
    finish_moves: Days


def simulate(
    network: ActivityNetwork, what_if: WhatIf, *, target: int | None = None, before: Schedule | None = None
) -> Simulation:
    """`before` is the schedule of `network`, if it is known already. ValueError when a node or an edge does not exist,
    or a number of days is negative."""
    _check(network, what_if)
    before = before or schedule(network, target=target)
    changed = _changed(network, what_if)
    after = schedule(changed, target=target)
    starts = network.own(after.early_start) - network.own(before.early_start)
    finishes = network.own(after.early_finish) - network.own(before.early_finish)
    removed = _numbers(what_if.removed)
    starts[removed] = 0
    finishes[removed] = 0
    return Simulation(before=before, after=after, network=changed, start_moves=starts, finish_moves=finishes)


def _check(network: ActivityNetwork, what_if: WhatIf) -> None:
    for node in (*what_if.slips, *what_if.removed):
        if not 0 <= node < network.graph.nodes:
            raise ValueError(f"there is no node {node}")
    for edge in what_if.dropped:
        if not 0 <= edge < len(network.lags):
            raise ValueError(f"there is no edge {edge}")
    for days in what_if.slips.values():
        if days < 0:
            raise ValueError(f"{days} days: a slip cannot be negative")


def _changed(network: ActivityNetwork, what_if: WhatIf) -> ActivityNetwork:
    durations, earliest = network.durations.copy(), network.earliest.copy()
    removed = _numbers(what_if.removed)
    durations[removed] = 0
    earliest[removed] = earliest.min(initial=0)
    kept = _without(network, what_if)
    return replace(kept, durations=durations, earliest=earliest, waits=what_if.slips)


def _without(network: ActivityNetwork, what_if: WhatIf) -> ActivityNetwork:
    """Without the dropped edges and those of removed nodes; the same graph if there are none."""
    graph, removed = network.graph, np.zeros(network.graph.nodes, np.bool_)
    removed[_numbers(what_if.removed)] = True
    keep = ~(removed[graph.tails] | removed[graph.heads])
    keep[_numbers(what_if.dropped)] = False
    return replace(network, graph=graph.keeping(keep), types=network.types[keep], lags=network.lags[keep])


def _numbers(numbers: Iterable[int]) -> Ints:
    return np.fromiter(numbers, np.int32)
