"""Histories of programs, kept as long as nothing changed that they rest on: one that reaches far back serves every
later moment."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.breakdown import Breakdown
from service.domain.program_history import ProgramHistory
from service.programs.cache import HistoryQuestion, Recent
from service.programs.freshness import Grounds
from service.programs.historians import Historians
from service.programs.past import IN_ROLLUPS, history_of
from service.store.program_items import ASKED_FOR


async def history_reaching(
    connection: AsyncConnection,
    grounds: Grounds,
    kept: Recent[HistoryQuestion, ProgramHistory],
    moment: datetime,
    *,
    by: Breakdown,
    historians: Historians,
) -> ProgramHistory:
    """For roll-ups at the moment, from then on or from before."""
    question = HistoryQuestion(grounds.fingerprint, grounds.program.key, ASKED_FOR.get(by, ""))
    found = kept.get(question)
    if found is not None and found.since <= moment and await _is_read_so_still(connection, found, historians):
        return found
    read = await history_of(
        connection, grounds.program.key, since=moment, historians=historians, aspects=IN_ROLLUPS, by=by
    )
    kept.put(question, read)
    return read


async def _is_read_so_still(connection: AsyncConnection, history: ProgramHistory, historians: Historians) -> bool:
    """Whether the histories of its tools still mean what they meant."""
    return await historians.of(connection, {item.source for item in history.members}) == history.historians
