"""Histories of programs, kept: one that reaches far back serves every later moment, and of one that is kept only what
changed since is read again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.breakdown import Breakdown
from service.domain.program_history import ProgramHistory
from service.programs.cache import HistoryQuestion, KeptHistory, Recent
from service.programs.historians import Historians
from service.programs.past import IN_ROLLUPS, history_of, parent_keys
from service.store.network_changes import NetworkChange, NetworkChanges, Reach
from service.store.past_items import PastItems
from service.store.program_items import ASKED_FOR

FEW = 500  # items of which it takes less to read them one by one than to read everything


async def history_reaching(
    connection: AsyncConnection,
    key: str,
    kept: Recent[HistoryQuestion, KeptHistory],
    moment: datetime,
    *,
    by: Breakdown,
    historians: Historians,
) -> ProgramHistory:
    """Of a program, for roll-ups at the moment, from then on or from before."""
    question = HistoryQuestion(key, ASKED_FOR.get(by, ""))
    position = await NetworkChanges(connection).position()
    history, found = None, kept.get(question)
    if found is not None and found.history.since <= moment:
        history = await _as_of_today(connection, key, found, by=by, historians=historians)
    if history is None:
        history = await history_of(connection, key, since=moment, historians=historians, aspects=IN_ROLLUPS, by=by)
    kept.put(question, KeptHistory(position, history))
    return history


async def _as_of_today(
    connection: AsyncConnection, key: str, kept: KeptHistory, *, by: Breakdown, historians: Historians
) -> ProgramHistory | None:
    """As it would be read now; None where that takes reading everything."""
    history = kept.history
    changes = await NetworkChanges(connection).since(kept.position)
    uids = None if changes is None else _concerned(history, key, changes)
    if uids is None or len(uids) > FEW or not await _is_read_so_still(connection, key, history, historians):
        return None
    if not uids:
        return history
    part = await history_of(
        connection, key, since=history.since, historians=historians, aspects=IN_ROLLUPS, by=by, among=uids
    )
    return history.again(uids, part)


def _concerned(history: ProgramHistory, key: str, changes: Iterable[NetworkChange]) -> set[str] | None:
    """Whose history may be another one by now; None: anybody's."""
    found: set[str] = set()
    by_name = any(change.reach is Reach.NAMES for change in changes) and _goes_by_names(history)
    for change in changes:
        if change.reach is Reach.ALL or by_name:
            return None
        joined, known = change.program_key == key, change.program_key is None and change.uid in history.position
        if change.uid is not None and (joined or known):
            found.add(change.uid)
    return found


def _goes_by_names(history: ProgramHistory) -> bool:
    """Whether it calls a parent by a key, which may mean another item tomorrow."""
    return bool(parent_keys(history.changes, history.historians))


async def _is_read_so_still(
    connection: AsyncConnection, key: str, history: ProgramHistory, historians: Historians
) -> bool:
    """Whether the histories of its tools still mean what they meant, and its members were written down no earlier."""
    if await PastItems(connection).mapped_since(key) != history.mapped_since:
        return False
    return await historians.of(connection, {item.source for item in history.members}) == history.historians
