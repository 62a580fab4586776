"""How many items a program had at an earlier moment: who was in it is enough to know, what they were is not asked."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.program_history import members_of
from service.store.past_items import PastItems


async def size_at(connection: AsyncConnection, program: str, moment: datetime) -> int:
    """As many as the list of items has then, countable or not."""
    reader = PastItems(connection)
    mapped_since = await reader.mapped_since(program)
    stays, items = await reader.members(program, moment)
    _, spans, _ = members_of(stays, items, await reader.graves_in(program), mapped_since=mapped_since)
    return sum(any(span.covers(moment) for span in each) for each in spans)
