"""A program's network of dependencies, read and assessed; kept as long as nothing changed that it rests on.

It rests on more than the program's own items: the far ends of its edges, sprints and releases, what people decided
about suggestions, the calendar, the thresholds and the day. Whatever of that is stored notes its changes
(service.store.network_changes), so that one small query tells whether anything has to be read again, and what.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TypeVar
from weakref import WeakKeyDictionary

import numpy as np

from service.domain.dependencies import Assessment, assess, foreseen, standing_on
from service.domain.edge_chances import edge_chances_after
from service.domain.forecast import seed_of
from service.domain.kept_trials import KeptTrials
from service.domain.network import Network, NetworkItem
from service.domain.notices import Notice
from service.domain.remaining import remaining_work
from service.domain.rollup import DEFINITION_VERSION
from service.programs.answers import Answer
from service.programs.cache import Recent
from service.programs.dependency_reading import Reading, read, reread
from service.programs.dependency_terms import DependencyTerms, Viewpoint
from service.programs.envelope import enveloped
from service.programs.freshness import grounds_of
from service.store.engine import Database
from service.store.faces import ProjectName
from service.store.freshness import Freshness, SourceFacts
from service.store.network_changes import NetworkChanges, Position
from service.store.program_items import ProgramRow, RuleRow

KEPT = 8  # programs whose network stays in memory
TRIALS_KEPT = 3  # programs whose trials do: 20 MB for 5,000 items

Data = TypeVar("Data")


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
        is_end = np.zeros(len(self.network.items), np.bool_)
        is_end[self.network.edge.predecessor] = is_end[self.network.edge.successor] = True
        return frozenset(self.network.items[place].source for place in np.flatnonzero(is_end).tolist())


@dataclass(frozen=True, slots=True)
class Known:
    """What an answer is made of: the network, how fresh each source is that stands behind it, and what is in doubt."""

    network: ProgramNetwork
    sources: Sequence[SourceFacts]
    all_sources: Mapping[str, SourceFacts]
    view: Viewpoint
    notices: tuple[Notice, ...] = ()

    def is_stale(self, source: str) -> bool:
        """Whether what is known of a source is too old, or was never complete. A source that nobody knows is not."""
        facts = self.all_sources.get(source)
        if facts is None:
            return False
        proof = facts.last_complete_sync
        return proof is None or self.view.moment - proof > self.view.terms.stale_after

    def answer(self, data: Data, notices: Iterable[Notice] = ()) -> Answer[Data]:
        return enveloped(
            data,
            sources=self.sources,
            now=self.view.now,
            notices=(*self.notices, *notices),
            as_of=self.view.as_of,
        )


async def network_now(database: Database, key: str, view: Viewpoint) -> Known:
    """Computed off the event loop where it is not known yet. Raises UnknownProgram."""
    memory = _kept.setdefault(database, Recent(KEPT))
    question = (key, view.terms.seal, view.today)
    kept = memory.get(question)
    async with database.reading() as uow:
        connection = uow.connection
        grounds = await grounds_of(connection, key)
        facts = await Freshness(connection).of_sources()
        changes = NetworkChanges(connection)
        position = await changes.position()
        told = (grounds.program._replace(revision=0), grounds.rules)  # what a revision tells, changes tell better
        since = None if kept is None or kept.told != told else await changes.since(kept.position)
        if kept is None or since is None:
            reading = await read(connection, grounds.program, view)
        else:
            reading = await reread(connection, grounds.program, kept.reading, since, view)
    before = kept if kept is not None and kept.told == told else None
    if before is not None and reading.says_the_same_as(before.reading):
        network, trials = before.network, None
    else:
        luck = _trials.setdefault(database, Recent(TRIALS_KEPT))
        network, trials = await asyncio.to_thread(
            assessed, grounds.program, reading, view, before=before, trials=luck.get(question)
        )
        if trials is not None:
            luck.put(question, trials)
    memory.put(question, _Kept(position, told, reading, network))
    by_name = {each.name: each for each in facts}
    involved = {each.name: each for each in grounds.sources}
    involved |= {name: by_name[name] for name in network.sources if name in by_name}
    return Known(network, [involved[name] for name in sorted(involved)], by_name, view)


@dataclass(frozen=True, slots=True)
class _Kept:
    """What was read at a position, and the network made of it. `told`: the program, without its revision, and its
    rules."""

    position: Position
    told: tuple[ProgramRow, Sequence[RuleRow]]
    reading: Reading
    network: ProgramNetwork


def assessed(
    program: ProgramRow,
    reading: Reading,
    view: Viewpoint,
    *,
    before: _Kept | None = None,
    trials: KeptTrials | None = None,
) -> tuple[ProgramNetwork, KeptTrials | None]:
    """And the trials to keep. `before` and `trials` shorten the way, and change nothing about where it leads."""
    terms = view.terms
    network = _network(reading, terms, before)
    assessment = assess(
        network, as_of=view.today, calendar=terms.calendar, teams=terms.team_calendars, rules=terms.rules
    )
    seed = seed_of(program.key, view.today.isoformat(), DEFINITION_VERSION)
    chances, kept = edge_chances_after(assessment, remaining_work(assessment), trials, seed=seed)
    seen = foreseen(assessment, chances)
    if before is not None:
        seen = standing_on(seen, before.network.assessment)
    return ProgramNetwork(program, seen, reading.projects, terms, view.today), kept


def _network(reading: Reading, terms: DependencyTerms, before: _Kept | None) -> Network:
    if before is None or not reading.stands_on(before.reading):
        linked_on = reading.linked_on(terms.zone)
        return Network.of(reading.items.values(), reading.drawn.edges, zone=terms.zone, linked_on=linked_on)
    changed = [item for uid, item in reading.items.items() if item is not before.reading.items[uid]]
    moved = reading.moments != before.reading.moments
    linked = reading.linked_on(terms.zone) if moved else None
    return before.network.network.with_items(changed, zone=terms.zone, linked_on=linked)


_Asked = tuple[str, str, date]  # the program, the seal of the terms, the day
_kept: WeakKeyDictionary[Database, Recent[_Asked, _Kept]] = WeakKeyDictionary()
_trials: WeakKeyDictionary[Database, Recent[_Asked, KeptTrials]] = WeakKeyDictionary()
