"""How many items a program had at an earlier moment: who was in it is enough to know, what they were is not asked."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.breakdown import Breakdown
from service.domain.program_history import Stay, spans_of
from service.store.past_items import PastItems


async def size_at(connection: AsyncConnection, program: str, moment: datetime) -> int:
    """As many as the list of items has then, countable or not."""
    reader = PastItems(connection)
    mapped_since = await reader.mapped_since(program)
    stays: defaultdict[str, list[Stay]] = defaultdict(list)
    for stay, item in await reader.members(program, moment, by=Breakdown.PROJECT):
        stays[item.uid].append(stay)
    graves = await reader.graves(stays.keys())
    return sum(
        any(span.covers(moment) for span in spans_of(each, graves.get(uid, ()), mapped_since=mapped_since))
        for uid, each in stays.items()
    )
