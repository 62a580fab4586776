"""Histories of programs, kept: one that reaches far back serves every later moment, and of one that is kept only what
changed since is read again. docs/adr/0017-kept-histories.md"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.program_history import ProgramHistory
from service.programs.cache import MOST_OF_HISTORIES, KeptHistory, Recent, cache_of
from service.programs.historians import Historians
from service.programs.past import IN_ROLLUPS, history_of, parent_keys
from service.store.engine import Database
from service.store.network_changes import NetworkChange, NetworkChanges, Reach
from service.store.past_items import PastItems
from service.store.portfolio import Portfolio
from service.store.program_items import ProgramItems

FEW = 500  # items of which it takes less to read them one by one than to read everything
LARGEST = MOST_OF_HISTORIES // 2  # of what is read before somebody asks
USUAL = timedelta(weeks=53)  # so far back go most questions: a year, the day before it, and some more


async def history_reaching(
    connection: AsyncConnection,
    key: str,
    kept: Recent[str, KeptHistory],
    moment: datetime,
    *,
    historians: Historians,
) -> ProgramHistory:
    """Of a program, for roll-ups at the moment, from then on or from before."""
    position = await NetworkChanges(connection).position()
    history, found = None, kept.get(key)
    if found is not None and found.history.since <= moment:
        history = await _as_of_today(connection, key, found, historians=historians)
    if history is None:
        history = await history_of(connection, key, since=moment, historians=historians, aspects=IN_ROLLUPS)
    kept.put(key, KeptHistory(position, history))
    return history


async def ready_histories(database: Database, *, now: datetime, historians: Historians) -> None:
    """Those that are kept as of today, and further ones in the order of the programs file, as long as half of the room
    stays free for what people ask. A program that is larger than that half is left to them, too."""
    kept = cache_of(database).histories
    async with database.reading() as uow:
        programs = [program.key for program in await Portfolio(uow.connection).programs()]
    known = kept.keys()
    for key in known:  # in this order, so that it stays the one of their use
        found = kept.get(key)
        if key in programs and found is not None and found.history.size <= LARGEST:
            await _ready(database, key, now - USUAL, historians)
    for key in programs:
        if key not in known and await _leaves_half(database, kept, key):
            await _ready(database, key, now - USUAL, historians)


async def _leaves_half(database: Database, kept: Recent[str, KeptHistory], key: str) -> bool:
    if not kept.leaves_half(1):
        return False
    async with database.reading() as uow:
        return kept.leaves_half(await ProgramItems(uow.connection).size(key))


async def _ready(database: Database, key: str, moment: datetime, historians: Historians) -> None:
    """Takes no more than every other turn: people ask meanwhile."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    async with database.reading() as uow:
        kept = cache_of(database).histories
        history = await history_reaching(uow.connection, key, kept, moment, historians=historians)
    await asyncio.to_thread(history.retrace)
    await asyncio.sleep(loop.time() - begun)


async def _as_of_today(
    connection: AsyncConnection, key: str, kept: KeptHistory, *, historians: Historians
) -> ProgramHistory | None:
    """As it would be read now; None where that takes reading everything."""
    history = kept.history
    changes = await NetworkChanges(connection).since(kept.position)
    if changes is None or any(change.reach is Reach.ALL for change in changes):
        return None
    uids = _concerned(history, key, changes)
    if len(uids) > FEW or not await _is_read_so_still(connection, key, history, historians):
        return None
    if uids:
        part = await history_of(
            connection, key, since=history.since, historians=historians, aspects=IN_ROLLUPS, among=uids
        )
        history = history.again(uids, part)
    if any(change.reach is Reach.NAMES for change in changes):  # a key may mean another item by now
        named = await PastItems(connection).named(parent_keys(history.changes, history.historians))
        history = history.naming(named)
    return history


def _concerned(history: ProgramHistory, key: str, changes: Iterable[NetworkChange]) -> set[str]:
    """Whose history may be another one by now."""
    found: set[str] = set()
    for change in changes:
        joined, known = change.program_key == key, change.program_key is None and change.uid in history.position
        if change.uid is not None and (joined or known):
            found.add(change.uid)
    return found


async def _is_read_so_still(
    connection: AsyncConnection, key: str, history: ProgramHistory, historians: Historians
) -> bool:
    """Whether the histories of its tools still mean what they meant, and its members were written down no earlier."""
    if await PastItems(connection).mapped_since(key) != history.mapped_since:
        return False
    return await historians.of(connection, {item.source for item in history.members}) == history.historians
