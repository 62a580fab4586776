"""What one item waits for and what waits for it, through however many others, and by how much it can slip."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Collection, Mapping
from typing import Final

import numpy as np
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.columns import NOBODY
from service.domain.errors import InvalidQuery, UnknownItem, UnknownProgram
from service.domain.expansion import Expansion
from service.domain.graph import Neighbours
from service.programs.answers import Answer, ProgramRef
from service.programs.dependency_answers import ImpactData, ImpactItem
from service.programs.dependency_choice import rank
from service.programs.dependency_faces import edges_shown, end_data, url_of
from service.programs.dependency_network import ProgramNetwork
from service.programs.dependency_terms import Viewpoint
from service.programs.item_faces import faces_of
from service.programs.named_items import place_of
from service.programs.networks import network_of
from service.programs.schedules import plan_in_thread, scheduled
from service.store.engine import Database
from service.store.faces import Face
from service.store.item_reads import ItemReads

MOST_SHOWN: Final = 1_000


async def get_impact(
    database: Database,
    uid: str,
    view: Viewpoint,
    *,
    program: str | None = None,
    among: Collection[str] | None = None,
) -> Answer[ImpactData]:
    """In the network of `program`; without one, of the first program that the item is in.

    `among`: only these programs may be looked at. Raises UnknownItem, UnknownProgram or InvalidQuery.
    """
    async with database.reading() as uow:
        key = await _program(uow.connection, uid, program, among)
    known = await network_of(database, key, view)
    asked = known.network
    async with database.reading() as uow:
        place = await place_of(uow.connection, asked, uid, parameter="program")
    plan = await plan_in_thread(asked)
    upstream, downstream = await asyncio.to_thread(_reach, asked, place)
    edges = sorted(_edges_of(asked, place), key=lambda edge: rank(asked, edge))
    shown = [*upstream[:MOST_SHOWN], *downstream[:MOST_SHOWN]]
    item = asked.network.items[place]
    async with database.reading() as uow:
        faces = await faces_of(uow.connection, [item, *(asked.network.items[each] for each, _ in shown)])
        listed = await edges_shown(uow.connection, known, edges[:MOST_SHOWN])
    data = ImpactData(
        program=ProgramRef(asked.program.key, asked.program.name),
        item=end_data(asked, item, faces),
        schedule=scheduled(plan, place, faces) if plan.shown[place] else None,
        edges=listed,
        upstream=tuple(_item(asked, each, steps, faces) for each, steps in upstream[:MOST_SHOWN]),
        downstream=tuple(_item(asked, each, steps, faces) for each, steps in downstream[:MOST_SHOWN]),
        upstream_items=_counted(asked, upstream),
        downstream_items=_counted(asked, downstream),
    )
    return known.answer(data)


async def _program(connection: AsyncConnection, uid: str, program: str | None, among: Collection[str] | None) -> str:
    if program is not None:
        if among is not None and program not in among:
            raise UnknownProgram(program)
        return program
    reader = ItemReads(connection)
    found = await reader.resolve(uid)
    if found is None or found.tombstone is not None:
        raise UnknownItem(uid, tombstone=found.tombstone if found else None)
    keys = [each.key for each in await reader.programs_of(found.uid) if among is None or each.key in among]
    if not keys:
        if among is not None:
            raise UnknownItem(uid)
        raise InvalidQuery("program", "the item is in no program; name one whose edges end at it.")
    return str(keys[0])


Steps = list[tuple[int, int]]  # (place of an item, how many edges away), nearest first


def _reach(asked: ProgramNetwork, place: int) -> tuple[Steps, Steps]:
    """What is open, upstream and downstream; containers are passed through, whatever lies beneath them included."""
    expansion = asked.assessment.expansion
    entry = int(expansion.entry[place])
    return (
        _walk(asked, expansion, expansion.graph.predecessors, entry, place),
        _walk(asked, expansion, expansion.graph.successors, place, place),
    )


def _walk(asked: ProgramNetwork, expansion: Expansion, neighbours: Neighbours, start: int, place: int) -> Steps:
    """By the fewest edges; a tie that holds a container together is none."""
    first, nodes = neighbours.lists
    crossing = expansion.edge[neighbours.edges] != NOBODY
    steps = {start: 0}
    queue = deque([start])
    while queue:
        node = queue.popleft()
        for spot in range(first[node], first[node + 1]):
            ahead, taken = nodes[spot], steps[node] + int(crossing[spot])
            if taken < steps.get(ahead, taken + 1):
                steps[ahead] = taken
                (queue.append if crossing[spot] else queue.appendleft)(ahead)
    nearest: dict[int, int] = {}
    for node, taken in steps.items():
        item = int(expansion.item[node])
        nearest[item] = min(taken, nearest.get(item, taken))
    column = asked.network.item
    reached = [each for each in nearest if each != place and nearest[each] > 0 and column.open[each]]
    return sorted(((each, nearest[each]) for each in reached), key=lambda found: (found[1], found[0]))


def _edges_of(asked: ProgramNetwork, place: int) -> list[int]:
    edge = asked.network.edge
    return [int(each) for each in np.flatnonzero((edge.predecessor == place) | (edge.successor == place))]


def _counted(asked: ProgramNetwork, reached: Steps) -> int:
    return sum(bool(asked.network.item.countable[place]) for place, _ in reached)


def _item(asked: ProgramNetwork, place: int, steps: int, faces: Mapping[str, Face]) -> ImpactItem:
    item = asked.network.items[place]
    return ImpactItem(
        uid=item.uid,
        key=item.key,
        title=item.title,
        source=item.source,
        project=asked.project(item),
        team=item.team,
        status=item.status,
        status_category=item.status_category,
        url=url_of(item, faces),
        distance=steps,
    )
