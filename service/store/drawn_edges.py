"""Edges that somebody drew: links of the tools that mean a dependency, and those that programs files declare."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.items import LinkDirection
from service.domain.edges import Edge, Provenance, declared_id
from service.store.bulk import fetch, within, without
from service.store.names import uids_of
from service.store.tables.items import work_items
from service.store.tables.programs import declared_dependencies, memberships, programs

_TOLD = (
    "SELECT l.source, l.native_id, l.source_uid, l.target_uid, l.provenance, t.direction, t.name FROM links l "
    "JOIN link_types t ON t.source = l.source AND t.native_id = l.type_id AND t.direction <> 'none' WHERE "
)
_SOURCE_FIRST = str(LinkDirection.PREDECESSOR_FIRST)
_PROVENANCES = {str(each): each for each in Provenance}


class DrawnEdges:
    """Reads only. As drawn: what says the same stands there as often as it is said."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def touching(self, uids: Collection[str]) -> list[Edge]:
        """Those with at least one of the items at an end."""
        wanted, held = list(uids), frozenset(uids)
        leaving = await fetch(self._connection, _TOLD + within(self._connection, "l.source_uid"), [wanted])
        only_entering = f"{within(self._connection, 'l.target_uid')} AND {without(self._connection, 'l.source_uid')}"
        entering = await fetch(self._connection, _TOLD + only_entering, [wanted, wanted])
        declared = [each for each in await self.declared() if held & {each.predecessor_uid, each.successor_uid}]
        return [*map(_of_tool, leaving), *map(_of_tool, entering), *declared]

    async def declared(self) -> list[Edge]:
        """Every edge of the applied programs file, in its order; both ends resolved as far as they are known."""
        edge = declared_dependencies.c
        query = (
            select(edge.predecessor, edge.successor, edge.lag_days)
            .join(programs, programs.c.key == edge.program_key)
            .order_by(programs.c.position, edge.program_key, edge.position)
        )
        rows = (await self._connection.execute(query)).all()
        named = await uids_of(self._connection, (_split(end) for row in rows for end in row[:2]))

        def uid(end: str) -> str:
            return named.get(_split(end), end)

        return [_declared(uid(row.predecessor), uid(row.successor), row.lag_days) for row in rows]


def live_members(program_key: str) -> Select[str]:
    """Uids of the live items of a program."""
    return (
        select(memberships.c.item_uid)
        .join(work_items, work_items.c.uid == memberships.c.item_uid)
        .where(
            memberships.c.program_key == program_key,
            memberships.c.valid_to.is_(None),
            work_items.c.tombstone.is_(None),
        )
    )


def _of_tool(row: tuple[Any, ...]) -> Edge:
    source, native_id, source_uid, target_uid, provenance, direction, name = row
    source_first = direction == _SOURCE_FIRST
    return Edge(
        id=f"{source}:{native_id}",
        predecessor_uid=source_uid if source_first else target_uid,
        successor_uid=target_uid if source_first else source_uid,
        provenance=_PROVENANCES[provenance],
        origins=(provenance,),
        link_type=name,
    )


def _declared(predecessor_uid: str, successor_uid: str, lag_days: int) -> Edge:
    return Edge(
        id=declared_id(predecessor_uid, successor_uid),
        predecessor_uid=predecessor_uid,
        successor_uid=successor_uid,
        lag_days=lag_days,
        provenance=Provenance.DECLARED,
        origins=(Provenance.DECLARED.value,),
    )


def _split(end: str) -> tuple[str, str]:
    source, _, word = end.partition(":")
    return source, word
