"""A program's network of dependencies as of an earlier moment: items as they were, and the edges that were there."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.history import Aspect, ItemState
from connectors.items import Facet
from service.domain.edges import Edge
from service.domain.history import Past
from service.domain.items import RollupItem
from service.domain.network import NetworkItem, Presence
from service.domain.program_history import ProgramHistory, ProgramThen
from service.domain.scope import exclusions, family_of
from service.domain.status import StatusCategory
from service.programs.dependency_network import Known, assessed
from service.programs.dependency_reading import Drawn, Reading, pair_of, with_slips
from service.programs.dependency_terms import Viewpoint
from service.programs.freshness import Grounds, grounds_of, proof_of
from service.programs.past import history_of, history_of_items, is_unread, past_notices, refuse_before_all
from service.programs.past_edges import edges_then
from service.store.engine import Database
from service.store.faces import Faces
from service.store.freshness import Freshness
from service.store.link_moments import keys_of, linked_since
from service.store.network_items import NetworkItems
from service.store.planning import Plan, Planning, planning


async def network_then(database: Database, key: str, view: Viewpoint, as_of: datetime) -> Known:
    """Assessed as on the day of the view, off the event loop. Raises UnknownProgram or InvalidQuery."""
    async with database.reading() as uow:
        connection = uow.connection
        grounds = await grounds_of(connection, key)
        facts = await Freshness(connection).of_sources()
        history = await history_of(connection, key, since=as_of, historians=view.historians)
        program = history.at(as_of)
        if not program.items:
            await refuse_before_all(connection, key, as_of)
        edges = await edges_then(connection, frozenset(item.uid for item in program.items), view)
        reading, unread = await _read(connection, grounds, program, edges.there, view)
    network, _ = await asyncio.to_thread(assessed, grounds.program, reading, view)
    by_name = {each.name: each for each in facts}
    involved = {each.name: each for each in grounds.sources}
    involved |= {name: by_name[name] for name in network.sources if name in by_name}
    notices = (
        *past_notices(history, program, proof=proof_of(grounds.sources)),
        *edges.notices(reading.items.keys(), unread),
    )
    return Known(network, [involved[name] for name in sorted(involved)], by_name, view, notices)


async def _read(
    connection: AsyncConnection, grounds: Grounds, program: ProgramThen, edges: Sequence[Edge], view: Viewpoint
) -> tuple[Reading, int]:
    """And how many members have a history that is not read."""
    members = {item.uid for item in program.items}
    ends = {uid for edge in edges for uid in (edge.predecessor_uid, edge.successor_uid)}
    days = await planning(connection, zone=view.terms.zone)
    reader = NetworkItems(connection, days)
    ours = {item.uid: item for item in await reader.members(grounds.program) if item.uid in members}
    read = {item.uid: item for item in await reader.elsewhere((ends | members) - ours.keys())} | ours
    done_since = {uid for uid, item in read.items() if item.done_at is not None and item.done_at > view.moment}
    history = await history_of_items(
        connection, read.keys(), done_since=done_since, since=view.moment, historians=view.historians
    )
    turn = _Turn(history, program, _left_out(program, grounds), days, view)
    items = [turn.back(item) for item in read.values() if item.created_at is None or item.created_at <= view.moment]
    keys = await keys_of(connection, ends)
    there = {item.uid: item for item in items}
    drawn = Drawn([edge for edge in edges if pair_of(edge) <= there.keys()])
    waited_for = drawn.waited_for & there.keys()
    reading = Reading(
        items=there | await with_slips(connection, there, waited_for, planning=days, view=view),
        drawn=drawn,
        moments=await linked_since(connection, set(drawn.pairs), keys, until=view.moment),
        planning=days,
        projects=await Faces(connection).projects(),
        keys=keys,
        by_name=False,  # it is not kept
    )
    return reading, sum(is_unread(history, each) for uid, each in history.snapshots.items() if uid in members)


@dataclass(frozen=True, slots=True)
class _Turn:
    """Puts items back to what they were at the moment of the view."""

    history: ProgramHistory
    program: ProgramThen
    left_out: Collection[str]
    planning: Planning
    view: Viewpoint
    members: Mapping[str, RollupItem] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "members", {item.uid: item for item in self.program.items})

    def back(self, item: NetworkItem) -> NetworkItem:
        member = self.members.get(item.uid)
        past = self.history.past(item.uid, self.view.moment)
        if past is not None:
            item = self._was(item, past)
        done = item.status_category is StatusCategory.DONE
        return replace(
            item,
            presence=item.presence if member is None else Presence.LIVE,
            member=member is not None,
            countable=item.countable if member is None else item.uid not in self.left_out,
            workstream=None if member is None else member.workstream,
            started_at=self._by_then(item.started_at),
            done_at=self._by_then(item.done_at) if done else None,
        )

    def _was(self, item: NetworkItem, past: Past) -> NetworkItem:
        state = past.state
        item = replace(
            item,
            key=state.key,
            project_id=state.project_id,
            item_type=state.item_type,
            level=-1 if state.subtask and state.level >= 0 else state.level,
            milestone=state.item_type.lower() == "milestone",
            status=state.status,
            status_category=state.status_category,
            resolution=state.resolution,
            parent_uid=self.history.parent_of(item.source, state),
            team=state.team,
            assignee_id=state.assignee_id,
            start=state.start,
            due=state.due,
            points=state.points,
            remaining_seconds=_remaining(state),
        )
        if past.reconstructed.isdisjoint({Aspect.ITERATION, Aspect.RELEASE}):
            return item
        plan = self._plan(item, state)
        return replace(item, iteration=plan.iteration, release=plan.release)

    def _plan(self, item: NetworkItem, state: ItemState) -> Plan:
        sets = ((Facet.ITERATION, state.iterations), (Facet.RELEASE, state.releases))
        rows = [(item.uid, item.source, facet, each, each) for facet, ids in sets for each in ids]
        return self.planning.plans(rows).get(item.uid, Plan(None, None))

    def _by_then(self, moment: datetime | None) -> datetime | None:
        """What happened later had not happened; when it had happened before that, nobody says here."""
        return moment if moment is not None and moment <= self.view.moment else None


def _left_out(program: ProgramThen, grounds: Grounds) -> Collection[str]:
    return exclusions(program.items, family_of(program.items), count_subtasks=grounds.program.count_subtasks).keys()


def _remaining(state: ItemState) -> int | None:
    if state.remaining_seconds is not None or state.estimate_seconds is None:
        return state.remaining_seconds
    return max(0, state.estimate_seconds - (state.spent_seconds or 0))
