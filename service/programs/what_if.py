"""What would move if an item slipped, work was cut, or an edge was dropped or added. Nothing is written."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from msgspec import structs
from numpy.typing import NDArray
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.columns import Mask
from service.domain.dependencies import DependencyStatus, assess
from service.domain.duration_laws import ThreePoints
from service.domain.edges import Edge, Provenance
from service.domain.errors import InvalidChange
from service.domain.network import Network
from service.domain.simulation import Simulation, WhatIf
from service.domain.simulation import simulate as simulate_nodes
from service.programs.answers import Answer, ProgramRef
from service.programs.dependency_answers import FinishMove, MovedItem, SimulationData
from service.programs.dependency_faces import url_of
from service.programs.dependency_network import ProgramNetwork
from service.programs.dependency_terms import Viewpoint
from service.programs.named_items import place_of
from service.programs.networks import network_of
from service.programs.odds import ChangedPlan, not_asked, odds_of
from service.programs.program_plan import ProgramPlan, arcs_of, plan_of, target_of
from service.programs.schedule_risk import risk_in_thread
from service.programs.schedule_risk_answers import Odds
from service.programs.schedules import plan_in_thread
from service.programs.track_records import track_record_of
from service.store.engine import Database
from service.store.faces import Face, Faces

MOST_SHOWN: Final = 1_000
ADDED: Final = "added"  # how the id of an edge that is not there begins


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEdge:
    """`predecessor` and `successor` are names of items; the lag is in working days, unless the terms say calendar."""

    predecessor: str
    successor: str
    type: str = "FS"
    lag_days: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Of a plan. `slips`: (name of an item, working days by which it begins later); `removals`: items that are cut;
    `dropped`: ids of edges. A container slips, or is cut, with all that lies beneath it. `estimates`: (name of an item,
    three points in working days), which the chances after the change rest on in place of how long such work took."""

    slips: Sequence[tuple[str, int]] = ()
    removals: Sequence[str] = ()
    dropped: Sequence[str] = ()
    added: Sequence[NewEdge] = ()
    estimates: Sequence[tuple[str, ThreePoints]] = ()


@dataclass(frozen=True, slots=True)
class _Resolved:
    """A change by places of the network."""

    slips: Mapping[int, int]
    removals: frozenset[int]
    dropped: frozenset[int]
    added: tuple[Edge, ...]
    estimates: Mapping[int, ThreePoints]


async def simulate(
    database: Database, key: str, change: Change, view: Viewpoint, *, chances: bool = True
) -> Answer[SimulationData]:
    """Which milestones and items move, and by how many working days; with `chances` also what that does to the odds,
    which takes many times as long. Raises UnknownProgram or InvalidChange."""
    known = await network_of(database, key, view)
    asked = known.network
    async with database.reading() as uow:
        resolved = await _resolved(uow.connection, asked, change)
    plan = await plan_in_thread(asked)
    moves = await asyncio.to_thread(_moves, plan, resolved)
    odds = await _odds(database, plan, moves.changed, view) if chances else not_asked()
    shown = moves.order[:MOST_SHOWN]
    milestones = [place for place in moves.order if plan.items[place].milestone][:MOST_SHOWN]
    async with database.reading() as uow:
        faces = await Faces(uow.connection).of({plan.items[place].uid for place in (*shown, *milestones)})
    told = moves.told(plan, faces)
    data = SimulationData(
        program=ProgramRef(asked.program.key, asked.program.name),
        finish=_finish(plan, moves),
        milestones=tuple(map(told, milestones)),
        items=tuple(map(told, shown)),
        moved=len(moves.order),
        odds=odds,
    )
    return known.answer(data)


async def _odds(database: Database, plan: ProgramPlan, changed: ChangedPlan, view: Viewpoint) -> Odds:
    async with database.reading() as uow:
        record = await track_record_of(uow.connection, plan.asked.program.key, today=view.today)
    odds = await asyncio.to_thread(odds_of, await risk_in_thread(plan), changed)
    return structs.replace(odds, track_record=record)


async def _resolved(connection: AsyncConnection, asked: ProgramNetwork, change: Change) -> _Resolved:
    async def place(name: str, parameter: str) -> int:
        return await place_of(connection, asked, name, parameter=parameter, error=InvalidChange)

    uids = [item.uid for item in asked.network.items]
    slips: dict[int, int] = {}
    for number, (name, days) in enumerate(change.slips):
        found = await place(name, f"slips[{number}].item")
        slips[found] = slips.get(found, 0) + days
    removals = [await place(name, f"removals[{number}]") for number, name in enumerate(change.removals)]
    added = []
    for number, new in enumerate(change.added):
        ends = [
            uids[await place(name, f"added[{number}].{end}")]
            for end, name in (("from", new.predecessor), ("to", new.successor))
        ]
        added.append(_edge(number, ends, new))
    estimates = {}
    for number, (name, points) in enumerate(change.estimates):
        found = await place(name, f"estimates[{number}].item")
        estimates[found] = _estimated(asked, number, found, points)
    return _Resolved(slips, frozenset(removals), _dropped(asked, change.dropped), tuple(added), estimates)


def _estimated(asked: ProgramNetwork, number: int, place: int, points: ThreePoints) -> ThreePoints:
    """Raises InvalidChange for what takes no time of its own."""
    network, standing = asked.network, asked.assessment.standing
    called = network.items[place].called
    if not (network.item.live[place] and network.item.open[place]):
        raise InvalidChange(f"estimates[{number}].item", f"nothing is left to do of {called}.")
    if standing.container[place] or network.item.milestone[place]:
        raise InvalidChange(f"estimates[{number}].item", f"{called} takes as long as what it holds or waits for.")
    return points


def _dropped(asked: ProgramNetwork, ids: Sequence[str]) -> frozenset[int]:
    places = {edge.id: place for place, edge in enumerate(asked.network.edges)} if ids else {}
    for number, each in enumerate(ids):
        if each not in places:
            raise InvalidChange(f"dropped[{number}]", f"{each!r} is no edge of {asked.program.key}.")
    return frozenset(places[each] for each in ids)


def _edge(number: int, ends: Sequence[str], new: NewEdge) -> Edge:
    before, after = ends
    if before == after:
        raise InvalidChange(f"added[{number}]", "an item cannot wait for itself.")
    return Edge(
        id=f"{ADDED}[{number}]",
        predecessor_uid=before,
        successor_uid=after,
        type=new.type,
        lag_days=new.lag_days,
        provenance=Provenance.DECLARED,
    )


@dataclass(frozen=True, slots=True)
class _Moves:
    """`order`: the items that move, most first; the moves of all items, the schedule after the change, and the plan as
    it was changed."""

    order: Sequence[int]
    starts: NDArray[np.int64]
    finishes: NDArray[np.int64]
    outcome: Simulation
    changed: ChangedPlan

    def told(self, plan: ProgramPlan, faces: Mapping[str, Face]) -> Callable[[int], MovedItem]:
        (first, last), (first_after, last_after) = plan.early_days, plan.early(self.outcome.after, self.outcome.network)

        def moved(place: int) -> MovedItem:
            item = plan.items[place]
            return MovedItem(
                uid=item.uid,
                key=item.key,
                title=item.title,
                source=item.source,
                project=plan.asked.project(item),
                url=url_of(item, faces),
                milestone=item.milestone,
                start_before=first[place],
                start_after=first_after[place],
                finish_before=last[place],
                finish_after=last_after[place],
                start_days=int(self.starts[place]),
                finish_days=int(self.finishes[place]),
            )

        return moved


def _moves(plan: ProgramPlan, change: _Resolved) -> _Moves:
    base = _rewired(plan, change) if change.added else plan
    size, cut = len(plan.items), _cut(base, change.removals)
    outcome = simulate_nodes(
        base.activities,
        WhatIf(
            slips=_waits(base, change.slips),
            removed=frozenset(np.flatnonzero(cut).tolist()),
            dropped=frozenset() if change.added else _arcs(base, change.dropped),
        ),
        target=target_of(plan.asked),
        before=base.schedule,
    )
    own, own_before = base.activities.own, plan.activities.own
    starts = own(outcome.after.early_start)[:size] - own_before(plan.schedule.early_start)[:size]
    finishes = own(outcome.after.early_finish)[:size] - own_before(plan.schedule.early_finish)[:size]
    starts, finishes = np.where(cut[:size], 0, starts), np.where(cut[:size], 0, finishes)
    either = np.where(plan.shown, np.maximum(np.abs(starts), np.abs(finishes)), 0)
    places = np.flatnonzero(either)
    changed = ChangedPlan(plan=base, network=outcome.network, cut=cut, estimates=change.estimates)
    order = places[np.lexsort((places, -either[places]))].tolist()
    return _Moves(order, starts, finishes, outcome, changed)


def _rewired(plan: ProgramPlan, change: _Resolved) -> ProgramPlan:
    """The same items with other edges, assessed anew. Raises InvalidChange for an added edge that closes a cycle."""
    asked, old = plan.asked, plan.asked.assessment
    kept = [edge for place, edge in enumerate(asked.network.edges) if place not in change.dropped]
    network = Network.of(asked.network.items, [*kept, *change.added], zone=asked.terms.zone)
    assessment = assess(
        network,
        as_of=old.as_of,
        calendar=asked.terms.calendar,
        teams=asked.terms.team_calendars,
        rules=old.rules,
    )
    for number in range(len(change.added)):
        if assessment.status(len(kept) + number) is DependencyStatus.CYCLIC:
            raise InvalidChange(f"added[{number}]", "closes a cycle, in which nothing could ever begin.")
    return plan_of(replace(asked, assessment=assessment))


def _waits(plan: ProgramPlan, slips: Mapping[int, int]) -> dict[int, int]:
    """Node → days. A container waits at its start; one without a start of its own at what comes first beneath it."""
    entry = plan.work.expansion.entry
    waits: dict[int, int] = {}
    for place, days in slips.items():
        own = int(entry[place])
        is_container = plan.asked.assessment.standing.container[place]
        for node in _first_beneath(plan, place) if is_container and own == place else [own]:
            waits[node] = waits.get(node, 0) + days
    return waits


def _first_beneath(plan: ProgramPlan, place: int) -> list[int]:
    """What lies beneath a container and waits for nothing else beneath it."""
    beneath, graph = _cut(plan, {place}), plan.activities.graph
    led_to = graph.heads[beneath[graph.tails] & beneath[graph.heads]]
    first = beneath.copy()
    first[led_to] = False
    return [int(node) for node in np.flatnonzero(first[: len(plan.items)] & plan.shown)]


def _cut(plan: ProgramPlan, places: Iterable[int]) -> Mask:
    """Nodes of these items and of all that lies beneath them."""
    size = len(plan.items)
    chosen = np.zeros(size, np.bool_)
    chosen[list(places)] = True
    chosen |= plan.asked.assessment.lineage.anywhere_above(chosen)
    nodes: Mask = chosen[plan.work.expansion.item]
    return nodes


def _arcs(plan: ProgramPlan, dropped: frozenset[int]) -> frozenset[int]:
    if not dropped:
        return frozenset()
    return frozenset(np.flatnonzero(np.isin(arcs_of(plan.asked, plan.work), list(dropped))).tolist())


def _finish(plan: ProgramPlan, moves: _Moves) -> FinishMove:
    """Null where nothing is left to do."""
    after, has_target = moves.outcome.after, plan.asked.program.target is not None
    left = bool(plan.open_places)
    return FinishMove(
        before=plan.finish,
        after=plan.finish_of(after) if left else None,
        days=after.finish - plan.schedule.finish,
        float_to_target_before=plan.float_to_target if left else None,
        float_to_target_after=after.horizon - after.finish if left and has_target else None,
    )
