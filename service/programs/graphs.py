"""The network of a program as nodes and edges: all of it, what a filter leaves, or what lies around one item."""

from __future__ import annotations

from typing import Final

import numpy as np

from service.domain.calendars import NO_DAY
from service.domain.columns import Places
from service.domain.errors import InvalidQuery
from service.domain.network import NetworkItem, Presence
from service.programs.answers import Answer, ProgramRef
from service.programs.dependency_answers import GraphData, GraphEdge, GraphNode
from service.programs.dependency_choice import DependencyFilters, chosen
from service.programs.dependency_faces import url_of
from service.programs.dependency_network import ProgramNetwork
from service.programs.dependency_terms import Viewpoint
from service.programs.named_items import place_of
from service.programs.networks import network_of
from service.programs.program_plan import ProgramPlan
from service.programs.schedules import plan_in_thread
from service.store.engine import Database
from service.store.faces import Faces

MOST_NODES: Final = 2_000
MOST_DEPTH: Final = 20


async def get_graph(
    database: Database,
    key: str,
    *,
    view: Viewpoint,
    filters: DependencyFilters,
    around: str | None = None,
    depth: int = 2,
    bounded: bool = True,
) -> Answer[GraphData]:
    """`around` names an item (uid, or source:KEY); then only what is at most `depth` edges away from it.

    Raises UnknownProgram, or InvalidQuery for a graph of more than MOST_NODES items where it is `bounded`.
    """
    known = await network_of(database, key, view)
    asked = known.network
    edges = chosen(asked, filters)
    if around is not None:
        async with database.reading() as uow:
            middle = await place_of(uow.connection, asked, around, parameter="around")
        edges = _around(asked, edges, middle, depth)
    nodes = _ends(asked, edges)
    if bounded and len(nodes) > MOST_NODES:
        raise InvalidQuery(
            "around", f"the graph has {len(nodes):,} items, and at most {MOST_NODES:,} are given; "
            "name the item to look around, or filter by status."
        )  # fmt: skip
    plan = await plan_in_thread(asked)
    async with database.reading() as uow:
        faces = await Faces(uow.connection).of([asked.network.items[place].uid for place in nodes])
    data = GraphData(
        program=ProgramRef(asked.program.key, asked.program.name),
        nodes=tuple(_node(asked, plan, place, url_of(asked.network.items[place], faces)) for place in nodes),
        edges=tuple(_edge(asked, place) for place in sorted(edges.tolist())),
        left_out=len(asked.network.edges) - len(edges),
    )
    return known.answer(data)


def _ends(asked: ProgramNetwork, edges: Places) -> list[int]:
    edge = asked.network.edge
    return [int(each) for each in np.unique(np.concatenate((edge.predecessor[edges], edge.successor[edges])))]


def _around(asked: ProgramNetwork, edges: Places, middle: int, depth: int) -> Places:
    """Those among them that lead to or from the item in so many steps, whichever way they point."""
    before, after = asked.network.edge.predecessor[edges], asked.network.edge.successor[edges]
    near = np.zeros(len(asked.network.items), np.bool_)
    near[middle] = True
    taken = np.zeros(len(edges), np.bool_)
    for _ in range(depth):
        taken = near[before] | near[after]
        near[before[taken]] = True
        near[after[taken]] = True
    return edges[taken]


def _node(asked: ProgramNetwork, plan: ProgramPlan, place: int, url: str | None) -> GraphNode:
    item: NetworkItem = asked.network.items[place]
    planned = bool(plan.shown[place])
    return GraphNode(
        uid=item.uid,
        key=item.key,
        title=item.title,
        source=item.source,
        project=asked.project(item),
        team=item.team,
        status=item.status,
        status_category=item.status_category,
        due=item.due,
        url=url,
        visible=item.presence is Presence.LIVE,
        member=item.member,
        milestone=item.milestone,
        hub=bool(asked.assessment.hubs[place]),
        total_float=int(plan.schedule.total_float[place]) if planned else None,
        critical=planned and bool(plan.schedule.critical[place]),
    )


def _edge(asked: ProgramNetwork, place: int) -> GraphEdge:
    edge, gap = asked.network.edges[place], int(asked.assessment.timing.gap[place])
    return GraphEdge(
        id=edge.id,
        source=edge.predecessor_uid,
        target=edge.successor_uid,
        type=edge.type,
        lag_days=edge.lag_days,
        status=asked.assessment.status(place),
        confirmed=edge.confirmed,
        gap_days=None if gap == NO_DAY else gap,
    )
