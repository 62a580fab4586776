"""A program's network of dependencies, read and assessed; kept as long as nothing changed that it rests on.

It rests on more than the program's own items: the far ends of its edges, sprints and releases, what people decided
about suggestions, the calendar, the thresholds and the day. The fingerprint covers all of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cached_property
from hashlib import sha256
from weakref import WeakKeyDictionary

import msgspec
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.dependencies import Assessment, assess, foreseen
from service.domain.edge_chances import edge_chances
from service.domain.edges import Edge
from service.domain.forecast import seed_of
from service.domain.network import Network, NetworkItem, Presence
from service.domain.remaining import remaining_work
from service.domain.rollup import DEFINITION_VERSION
from service.domain.status import OPEN
from service.programs.cache import Recent
from service.programs.dependency_terms import SLIPS_COUNTED, DependencyTerms, Viewpoint
from service.programs.freshness import Grounds, grounds_of
from service.store.edges import Edges
from service.store.engine import Database
from service.store.faces import Faces, ProjectName
from service.store.freshness import Freshness, SourceFacts
from service.store.link_moments import Pair, linked_since
from service.store.network_items import NetworkItems
from service.store.planning import Planning, planning, slips_since
from service.store.program_items import ProgramRow

KEPT = 8  # programs whose network stays in memory


@dataclass(frozen=True, eq=False)
class ProgramNetwork:
    """The assessment of one program on one day. `projects` names the projects that its items stand in."""

    program: ProgramRow
    assessment: Assessment
    projects: Mapping[tuple[str, str], ProjectName]
    terms: DependencyTerms
    today: date

    @property
    def network(self) -> Network:
        return self.assessment.network

    def project(self, item: NetworkItem) -> str | None:
        """The key that people know; the id where nobody named it."""
        named = self.projects.get((item.source, item.project_id))
        return named.key if named is not None else item.project_id or None

    @cached_property
    def sources(self) -> frozenset[str]:
        """Of all ends of its edges."""
        ends = self.network.edge
        places = {*ends.predecessor.tolist(), *ends.successor.tolist()}
        return frozenset(self.network.items[place].source for place in places)


@dataclass(frozen=True, slots=True)
class Known:
    """What an answer is made of: the network, and how fresh each source is that stands behind it."""

    network: ProgramNetwork
    sources: Sequence[SourceFacts]
    all_sources: Mapping[str, SourceFacts]
    view: Viewpoint

    def is_stale(self, source: str) -> bool:
        """Whether what is known of a source is too old, or was never complete. A source that nobody knows is not."""
        facts = self.all_sources.get(source)
        if facts is None:
            return False
        proof = facts.last_complete_sync
        return proof is None or self.view.now - proof > self.view.terms.stale_after


async def network_of(database: Database, key: str, view: Viewpoint) -> Known:
    """Computed off the event loop where it is not known yet. Raises UnknownProgram."""
    kept = _kept.setdefault(database, Recent(KEPT))
    async with database.reading() as uow:
        connection = uow.connection
        grounds = await grounds_of(connection, key)
        facts = await Freshness(connection).of_sources()
        told = await _read(connection, grounds, view.terms)
        seal = told.seal(grounds, view)
        network = kept.get(seal)
        items = () if network is not None else await _items(connection, grounds.program, told, view)
        moments = {} if network is not None else await _moments(connection, items, told.edges)
    if network is None:
        network = await asyncio.to_thread(assessed, grounds.program, told, items, moments, view)
        kept.put(seal, network)
    by_name = {each.name: each for each in facts}
    involved = {each.name: each for each in grounds.sources}
    involved |= {name: by_name[name] for name in network.sources if name in by_name}
    return Known(network, [involved[name] for name in sorted(involved)], by_name, view)


@dataclass(frozen=True, slots=True)
class Told:
    """What changes without any item of the program changing."""

    edges: Sequence[Edge]
    elsewhere: Sequence[NetworkItem]
    planning: Planning
    projects: Mapping[tuple[str, str], ProjectName]

    def seal(self, grounds: Grounds, view: Viewpoint) -> str:
        told = (
            grounds.program,
            grounds.rules,
            view.today,
            view.terms.seal,
            self.edges,
            self.elsewhere,
            self.planning,
            sorted(self.projects.items()),
        )
        return sha256(msgspec.json.encode(told)).hexdigest()


async def _read(connection: AsyncConnection, grounds: Grounds, terms: DependencyTerms) -> Told:
    reader = Edges(connection)
    members = await reader.members(grounds.program.key)
    edges = await reader.touching(members)
    ends = {uid for edge in edges for uid in (edge.predecessor_uid, edge.successor_uid)}
    days = await planning(connection, zone=terms.zone)
    elsewhere = await NetworkItems(connection, days).elsewhere(ends - members)
    return Told(edges, elsewhere, days, await Faces(connection).projects())


async def _items(connection: AsyncConnection, program: ProgramRow, told: Told, view: Viewpoint) -> list[NetworkItem]:
    """Every item of the network. Slips are asked of those that somebody waits for."""
    items = [*await NetworkItems(connection, told.planning).members(program), *told.elsewhere]
    still_open = {item.uid for item in items if _is_open(item)}
    waited_for = {edge.predecessor_uid for edge in told.edges if edge.predecessor_uid in still_open}
    since = datetime.combine(view.today, time.min, view.terms.zone) - SLIPS_COUNTED
    slips = await slips_since(connection, waited_for, since, planning=told.planning)
    return [replace(item, slips=slips[item.uid]) if item.uid in slips else item for item in items]


async def _moments(
    connection: AsyncConnection, items: Sequence[NetworkItem], edges: Sequence[Edge]
) -> dict[Pair, datetime]:
    """Since when two open items are linked; nobody asks it of others."""
    still_open = {item.uid for item in items if _is_open(item)}
    return await linked_since(connection, {pair for edge in edges if (pair := pair_of(edge)) <= still_open})


def assessed(
    program: ProgramRow,
    told: Told,
    items: Sequence[NetworkItem],
    moments: Mapping[Pair, datetime],
    view: Viewpoint,
) -> ProgramNetwork:
    terms = view.terms
    linked_on = {
        edge.id: moment.astimezone(terms.zone).date()
        for edge in told.edges
        if (moment := moments.get(pair_of(edge))) is not None
    }
    network = Network.of(items, told.edges, zone=terms.zone, linked_on=linked_on)
    assessment = assess(
        network, as_of=view.today, calendar=terms.calendar, teams=terms.team_calendars, rules=terms.rules
    )
    seed = seed_of(program.key, view.today.isoformat(), DEFINITION_VERSION)
    chances = edge_chances(assessment, remaining_work(assessment), seed=seed)
    return ProgramNetwork(program, foreseen(assessment, chances), told.projects, terms, view.today)


def _is_open(item: NetworkItem) -> bool:
    return item.presence is Presence.LIVE and item.status_category in OPEN


def pair_of(edge: Edge) -> Pair:
    return frozenset((edge.predecessor_uid, edge.successor_uid))


_kept: WeakKeyDictionary[Database, Recent[str, ProgramNetwork]] = WeakKeyDictionary()
