"""What changed in a program: scope, dates, estimates, work begun and done, what is blocked, and its dependencies."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.history import Aspect
from service.domain.calendars import NO_DAY
from service.domain.change_summary import Group, grouped, headline
from service.domain.changes import ChangeKind, ItemChange, PlanDays, Trace, Window, biggest_first
from service.domain.dependencies import DependencyStatus
from service.domain.edges import Edge
from service.domain.errors import InvalidQuery, one_of
from service.domain.items import RollupItem
from service.domain.link_changes import drawn_between, met_between
from service.domain.link_history import LinkHistories
from service.domain.notices import Notice
from service.domain.program_history import ProgramHistory
from service.domain.scope import Exclusion, exclusions, family_of
from service.domain.status import OPEN
from service.programs.answers import Answer
from service.programs.change_answers import ChangesData
from service.programs.change_shapes import changes_data
from service.programs.dependency_network import ProgramNetwork
from service.programs.dependency_terms import Viewpoint
from service.programs.envelope import enveloped
from service.programs.freshness import Grounds, grounds_of
from service.programs.historians import Historians
from service.programs.networks import network_of
from service.programs.past import MAPPING_OF_TODAY, history_of, moment_of
from service.store.drawn_edges import DrawnEdges
from service.store.engine import Database
from service.store.past_links import DRAWN, past_links, relinked_since
from service.store.planning import Planning, planning, slips_since
from service.store.recent_changes import RecentChanges

LOOK_BACK: Final = timedelta(days=7)
SHOWN: Final = 10  # of each kind, where nobody says how many
MOST_SHOWN: Final = 5_000
EVER: Final = datetime(1970, 1, 1, tzinfo=ZoneInfo("UTC"))
_TELLING: Final = frozenset(
    {
        Aspect.STATUS,
        Aspect.POINTS,
        Aspect.TIME,
        Aspect.DUE,
        Aspect.PARENT,
        Aspect.PROJECT,
        Aspect.TYPE,
        Aspect.FLAGGED,
        Aspect.ITERATION,
        Aspect.RELEASE,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`since` and `until` are a date or a moment as written; `kinds` None: all; `each`: at most so many of a kind."""

    since: str | None = None
    until: str | None = None
    kinds: Sequence[str] | None = None
    each: int = SHOWN


@dataclass(frozen=True, slots=True)
class _Told:
    """All that was read."""

    grounds: Grounds
    history: ProgramHistory
    planning: Planning
    links: LinkHistories


@dataclass(frozen=True, slots=True)
class _Found:
    """`points` of items as they are, or were last; `excluded` are those that do not count."""

    groups: tuple[Group, ...]
    points: Mapping[str, float]
    excluded: Mapping[str, Exclusion]
    left_out: int
    notices: tuple[Notice, ...]


async def get_changes(
    database: Database, key: str, asked: Asked, *, view: Viewpoint, historians: Historians
) -> Answer[ChangesData]:
    """The biggest of each kind first. Raises UnknownProgram or InvalidQuery."""
    since, until = window_of(asked, view)
    kinds = None if asked.kinds is None else {one_of(ChangeKind, "kind", each) for each in asked.kinds}
    known = await network_of(database, key, view)
    end = until or view.now + timedelta(days=1)  # a tool's clock may be ahead of ours
    async with database.reading() as uow:
        told = await _read(uow.connection, key, since, historians=historians, zone=view.terms.zone)
    window = Window(told.history, end, _plan_days(told.planning), view.terms.calendar)
    moved = await asyncio.to_thread(lambda: window.came_or_went)
    async with database.reading() as uow:
        traces = await RecentChanges(uow.connection).traces(key, moved, since, end)
    found = await asyncio.to_thread(_found, told, window, traces, known.network, kinds, open_ended=until is None)
    shown = [change for group in found.groups for change in group.changes[: asked.each]]
    async with database.reading() as uow:
        reader = RecentChanges(uow.connection)
        named = await reader.named({uid for each in shown for uid in (each.uid, each.other_uid) if uid is not None})
        people = await reader.people((_source(each.uid), each.author_id) for each in shown if each.author_id)
        slipped = {each.uid for each in shown if each.kind is ChangeKind.SLIPPED}
        slips = await slips_since(uow.connection, slipped, EVER, planning=told.planning)
    data = changes_data(
        told.grounds.program,
        since,
        until,
        headline(found.groups),
        found.groups,
        shown,
        points=found.points,
        excluded=found.excluded,
        left_out=found.left_out,
        named=named,
        people=people,
        slips=slips,
    )
    return enveloped(data, sources=known.sources, now=view.now, notices=found.notices)


def window_of(asked: Asked, view: Viewpoint) -> tuple[datetime, datetime | None]:
    """A date is the beginning of that day for `since`, and its end for `until`. Raises InvalidQuery."""
    zone, now = view.terms.zone, view.now
    if asked.since is None:
        since = datetime.combine(view.today - LOOK_BACK, time.min, zone)
    else:
        since = _beginning(asked.since, zone) or moment_of(asked.since, zone=zone, now=now, parameter="since")
    if since > now:
        raise InvalidQuery("since", "it lies in the future.")
    until = None if asked.until is None else moment_of(asked.until, zone=zone, now=now, parameter="until")
    if until is not None and until < since:
        raise InvalidQuery("until", "it lies before since.")
    return since, until


def _beginning(text: str, zone: ZoneInfo) -> datetime | None:
    """Of a day; None where it is not written as one."""
    try:
        return datetime.combine(date.fromisoformat(text), time.min, zone) if len(text) == len("2026-03-31") else None
    except ValueError:
        return None


async def _read(
    connection: AsyncConnection, key: str, since: datetime, *, historians: Historians, zone: ZoneInfo
) -> _Told:
    grounds = await grounds_of(connection, key)
    history = await history_of(connection, key, since=since, historians=historians, aspects=_TELLING)
    uids = await relinked_since(connection, [item.uid for item in history.members], since)
    links = await past_links(connection, uids, await DrawnEdges(connection).touching(uids), since=since)
    return _Told(
        grounds=grounds, history=history, planning=await planning(connection, zone=zone), links=links.histories
    )


def _found(
    told: _Told,
    window: Window,
    traces: Mapping[str, Trace],
    network: ProgramNetwork,
    kinds: Collection[ChangeKind] | None,
    *,
    open_ended: bool,
) -> _Found:
    """CPU-heavy for large programs."""
    changes = list(window.changes(traces))
    edges = network.network.edges
    since, until = told.history.since, window.until
    lasting = {(edge.predecessor_uid, edge.successor_uid) for edge in edges if _is_said_elsewhere(edge)}
    changes += drawn_between(told.links, since=since, until=until, lasting=lasting)
    changes += met_between(changes, [edge for edge in edges if _is_waited_for(network, edge)])
    changes += _met_elsewhere(network, since=since, until=until)
    if open_ended:
        changes += _waiting(network, since=since)
    excluded = _excluded(window, count_subtasks=told.grounds.program.count_subtasks, open_ended=open_ended)
    points = {item.uid: points for item in window.items if (points := item.points) is not None}
    wanted = [each for each in changes if kinds is None or each.kind in kinds]
    kept = [each for each in wanted if excluded.get(each.uid) is not Exclusion.SUBTASK]
    return _Found(
        groups=grouped(biggest_first(kept, points=points), points=points, left_out=excluded),
        points=points,
        excluded=excluded,
        left_out=len(wanted) - len(kept),
        notices=() if told.history.is_mapped(told.history.since) else (MAPPING_OF_TODAY,),
    )


def _is_said_elsewhere(edge: Edge) -> bool:
    """Whether it is a dependency by more than a link of a tool, whose history tells when it was there."""
    return edge.confirmed and not DRAWN.issuperset(edge.origins)


def _is_waited_for(network: ProgramNetwork, edge: Edge) -> bool:
    """Whether its successor is still to be done: to others it does not matter any more."""
    return network.network.items[network.network.place[edge.successor_uid]].status_category in OPEN


def _met_elsewhere(network: ProgramNetwork, *, since: datetime, until: datetime) -> Iterator[ItemChange]:
    """Edges whose predecessor is no item of the program, and was done in between."""
    items, place = network.network.items, network.network.place
    for edge in network.network.edges:
        before = items[place[edge.predecessor_uid]]
        if before.member or before.done_at is None or not edge.confirmed:
            continue
        if since < before.done_at <= until and _is_waited_for(network, edge):
            kind = ChangeKind.EDGE_RESOLVED
            yield ItemChange(kind, edge.successor_uid, before.done_at, other_uid=edge.predecessor_uid)


def _waiting(network: ProgramNetwork, *, since: datetime) -> Iterator[ItemChange]:
    """Edges on which somebody waits since a day in between."""
    assessment, known = network.assessment, network.network
    blocked = assessment.having([DependencyStatus.BLOCKED])
    days = assessment.rungs.blocked_since[blocked]
    first = since.astimezone(network.terms.zone).date().toordinal()
    for place in blocked[(days != NO_DAY) & (days >= first)].tolist():
        if not known.edge.confirmed[place]:
            continue
        before, after = known.ends(place)
        day = date.fromordinal(int(assessment.rungs.blocked_since[place]))
        at = datetime.combine(day, time.min, network.terms.zone)
        days_waited = int(assessment.rungs.blocked_days[place])
        waited = None if days_waited == NO_DAY else days_waited
        yield ItemChange(ChangeKind.EDGE_BLOCKED, after.uid, at, days=waited, other_uid=before.uid)


def _excluded(window: Window, *, count_subtasks: bool, open_ended: bool) -> dict[str, Exclusion]:
    """Who does not count at the later moment; what had left the scope by then goes by its kind and its children."""
    history = window.history
    if open_ended:
        there = zip(history.members, history.spans, strict=True)
        live = [item for item, spans in there if any(span.covers(window.until) for span in spans)]
    else:
        live = [*history.at(window.until).items]
    told = exclusions(live, family_of(live), count_subtasks=count_subtasks)
    found: dict[str, Exclusion] = {uid: why for uid, why in told.items() if why is not Exclusion.CANCELLED}
    parents = {item.parent_uid for item in history.members if count_subtasks or not _is_part(item)}
    for item in window.items:
        if item.is_in:
            continue
        if _is_part(item.member) and not count_subtasks:
            found[item.uid] = Exclusion.SUBTASK
        elif item.uid in parents:
            found[item.uid] = Exclusion.HAS_CHILDREN
    return found


def _is_part(item: RollupItem) -> bool:
    return item.subtask or item.level < 0


def _plan_days(known: Planning) -> PlanDays:
    return PlanDays({source: known.iteration_ends(source) for source in known.sprints}, known.releases)


def _source(uid: str) -> str:
    return uid.partition(":")[0]
