"""Whom items are assigned to, by name: those of the moment that somebody looks at."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.network import NetworkItem
from service.store.past_items import PastItems


async def assignees_of(connection: AsyncConnection, items: Iterable[NetworkItem]) -> dict[str, str]:
    """uid → name; an item of nobody, or of somebody whom nobody can name, is missing."""
    assigned = {item.uid: (item.source, item.assignee_id) for item in items if item.assignee_id is not None}
    known = await PastItems(connection).people({(source, person or "") for source, person in assigned.values()})
    return {uid: known[source, person][0] for uid, (source, person) in assigned.items() if (source, person) in known}
