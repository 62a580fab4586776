"""The network of a program as it is, or as it was at the moment that somebody looks at."""

from __future__ import annotations

from service.programs.dependency_network import Known, network_now
from service.programs.dependency_terms import Viewpoint
from service.programs.past_network import network_then
from service.store.engine import Database


async def network_of(database: Database, key: str, view: Viewpoint) -> Known:
    """Computed off the event loop where it is not known yet. Raises UnknownProgram, and InvalidQuery for a moment
    before anything was there."""
    if view.as_of is None:
        return await network_now(database, key, view)
    return await network_then(database, key, view, view.as_of)
