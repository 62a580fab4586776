"""The names by which rules may call what the tools have now, and what discovery found amiss with configured ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Table, and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.mapping import Rule
from service.domain.unmet import FIELD, Named, Standing
from service.store.matching import direct_matches
from service.store.tables import reference
from service.store.tables.items import work_items
from service.store.tables.sources import scopes, source_findings


class Vocabulary:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def all(self, *, sources: Iterable[str]) -> dict[str, list[Named]]:
        """matcher → what there is; `sources` are the configured ones."""
        return {
            "source": [Named("", (name,)) for name in sources],  # a rule that names a source is not limited by it
            "project": await self._projects(),
            "portfolio": await self._of(reference.portfolios),
            "item_type": await self._of(reference.item_types),
            "status": await self._of(reference.statuses),
            FIELD: await self._of(reference.fields),
        }

    async def findings(self, codes: Collection[str]) -> dict[str, list[str]]:
        """source → what its last discovery said under one of these codes."""
        c = source_findings.c
        query = select(c.source, c.message).where(c.code.in_(codes)).order_by(c.source, c.code, c.message)
        found: defaultdict[str, list[str]] = defaultdict(list)
        for source, message in await self._connection.execute(query):
            found[source].append(message)
        return dict(found)

    async def is_met(self, rule: Rule) -> bool:
        """Whether a live item meets the rule by itself."""
        return (await self._connection.execute(direct_matches(rule).limit(1))).first() is not None

    async def has_items(self) -> bool:
        return (await self._connection.execute(select(work_items.c.uid).limit(1))).first() is not None

    async def _projects(self) -> list[Named]:
        """Those that are scopes as they stand, and those that are seen and not pulled."""
        p, s = reference.projects.c, scopes.c
        pulled = select(s.source, s.key, s.name, s.native_id, s.state)
        joined = reference.projects.outerjoin(scopes, and_(s.source == p.source, s.native_id == p.native_id))
        others = select(p.source, p.key, p.name, p.native_id).select_from(joined).where(s.native_id.is_(None))
        found = [Named(source, tuple(names), Standing(state)) for source, *names, state in await self._rows(pulled)]
        return [
            *found,
            *(Named(source, tuple(names), Standing.OUT_OF_SCOPE) for source, *names in await self._rows(others)),
        ]

    async def _of(self, table: Table) -> list[Named]:
        query = select(table.c.source, table.c.name, table.c.native_id)
        return [Named(source, tuple(names)) for source, *names in await self._rows(query)]

    async def _rows(self, query: Any) -> Iterable[Any]:
        return await self._connection.execute(query)
