"""What a first import still reads in the background: said beside every answer that it touches."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.notices import Notice, counted
from service.programs.cache import AnswerCache
from service.programs.freshness import Grounds
from service.store.details import PendingDetails


async def backlog_notices(connection: AsyncConnection, grounds: Grounds, cache: AnswerCache) -> tuple[Notice, ...]:
    """One notice for each source involved whose details wait. Counting them is only done where some do."""
    waiting = [each.name for each in grounds.sources if each.details_pending]
    if not waiting:
        return ()
    found = cache.backlogs.get(grounds.fingerprint)
    if found is None:
        coverage = await PendingDetails(connection).coverage()
        found = tuple(
            _notice(name, each.wanted - each.read, each.wanted)
            for name, each in sorted(coverage.items())
            if name in waiting and each.read < each.wanted
        )
        cache.backlogs.put(grounds.fingerprint, found)
    return found


def _notice(source: str, pending: int, wanted: int) -> Notice:
    return Notice(
        "details_pending", f"{source}: the history of {pending} of {counted(wanted, 'item')} is still being read."
    )
