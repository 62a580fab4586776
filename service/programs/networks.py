"""The network of a program as it is, or as it was at the moment that somebody looks at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from weakref import WeakKeyDictionary

from service.programs.cache import Recent
from service.programs.dependency_network import Known, network_now
from service.programs.dependency_terms import Viewpoint
from service.programs.freshness import grounds_of
from service.programs.past_network import network_then
from service.store.engine import Database
from service.store.freshness import Freshness, SourceFacts
from service.store.network_changes import NetworkChanges, Position

KEPT = 4  # networks of earlier moments: what a report, and who reads on from it, asks about


async def network_of(database: Database, key: str, view: Viewpoint) -> Known:
    """Computed off the event loop where it is not known yet. Raises UnknownProgram, and InvalidQuery for a moment
    before anything was there."""
    if view.as_of is None:
        return await network_now(database, key, view)
    memory = _kept.setdefault(database, Recent(KEPT))
    question = (key, view.terms.seal, view.as_of)
    kept = memory.get(question)
    async with database.reading() as uow:
        changes, grounds = NetworkChanges(uow.connection), await grounds_of(uow.connection, key)
        position, told = await changes.position(), grounds.fingerprint
        moved = kept is None or kept.told != told or await changes.since(kept.position) != frozenset()
        facts = await Freshness(uow.connection).of_sources()
    if kept is not None and not moved:
        return _seen(kept.known, {each.name: each for each in (*facts, *grounds.sources)}, view)
    known = await network_then(database, key, view, view.as_of)
    memory.put(question, _Kept(position, told, known))
    return known


def _seen(known: Known, facts: Mapping[str, SourceFacts], view: Viewpoint) -> Known:
    """With how fresh its sources are by now."""
    sources = [facts.get(each.name, each) for each in known.sources]
    return replace(known, view=view, sources=sources, all_sources={**known.all_sources, **facts})


@dataclass(frozen=True, slots=True)
class _Kept:
    """Made of everything that stood there at a position. `told`: the program's fingerprint."""

    position: Position
    told: str
    known: Known


_kept: WeakKeyDictionary[Database, Recent[tuple[str, str, datetime], _Kept]] = WeakKeyDictionary()
