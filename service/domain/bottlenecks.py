"""Who holds up most: the items, and the teams, that most distinct open work waits for (definitions §5, Bottleneck).

An item takes part when it is the predecessor of an open edge and is no hub: many edges end at a hub only because a tool
allows no more. People are never grouped by.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from service.domain.columns import Mask
from service.domain.dependencies import Assessment
from service.domain.dependency_status import STATUS_CODE, DependencyStatus
from service.domain.impact import bottlenecks, by_group, downstream
from service.domain.network import NetworkItem

NOBODY_KNOWS = -1


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """`waiting`: distinct countable items that are not done and wait for the item, through however many others."""

    place: int  # of the item in the network
    waiting: int


@dataclass(frozen=True, slots=True)
class GroupBottleneck:
    """`waiting`: the same for any item of the group, each once. `open_items`: how many of its items are waited for;
    `bottlenecks`: how many of those are among the bottlenecks. `name` is None for items without a group."""

    name: str | None
    waiting: int
    open_items: int
    bottlenecks: int


@dataclass(frozen=True, slots=True)
class Bottlenecks:
    """Both with what most waits for first. `items` is the top decile of all that are waited for."""

    items: tuple[Bottleneck, ...]
    groups: tuple[GroupBottleneck, ...]


def bottlenecks_of(assessment: Assessment, *, group: Callable[[NetworkItem], str | None]) -> Bottlenecks:
    """`group` is what items are put together by, such as their team, project or workstream."""
    network, graph = assessment.network, assessment.expansion.graph
    size = len(network.items)
    weights, among = np.zeros(graph.nodes), np.zeros(graph.nodes, np.bool_)
    weights[:size] = network.item.countable & network.item.open
    among[:size] = _waited_for(assessment)
    behind = downstream(graph, weights).nodes
    top = bottlenecks(behind, among=among)
    told = [group(item) for item in network.items]
    names = sorted(set(told), key=lambda name: (name is None, name or ""))
    code = {name: place for place, name in enumerate(names)}
    groups = np.full(graph.nodes, NOBODY_KNOWS, np.int32)
    groups[:size] = [code[name] for name in told]
    return Bottlenecks(
        items=tuple(Bottleneck(place, round(behind[place])) for place in top),
        groups=tuple(
            GroupBottleneck(names[each.group], round(each.waiting), each.waited_for, len(each.bottlenecks))
            for each in by_group(graph, weights, groups=groups, behind=behind, among=among, top=top)
        ),
    )


def _waited_for(assessment: Assessment) -> Mask:
    """Predecessors of confirmed edges that are neither resolved nor broken, hubs left out."""
    edge, status = assessment.network.edge, assessment.rungs.status
    over = [STATUS_CODE[DependencyStatus.RESOLVED], STATUS_CODE[DependencyStatus.BROKEN]]
    waited_for = np.zeros(len(assessment.network.items), np.bool_)
    waited_for[edge.predecessor[edge.confirmed & ~np.isin(status, over)]] = True
    return waited_for & ~assessment.hubs
