"""What a page of all programs asks at once: who they are, by which rules, and what else their answers rest on.

A program's revision tells when its own items changed. Edges lead further: to items of other programs, to sprints and
releases, to what people declared and decided; these are looked at here, for all programs in a few queries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from hashlib import sha256
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from service.store.bulk import fetch, within
from service.store.planning import Planning
from service.store.program_items import ProgramRow, RuleRow
from service.store.tables.programs import mapping_rules, programs


class Portfolio:
    """Reads only."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def programs(self, among: Collection[str] | None = None) -> list[ProgramRow]:
        """In the order of the programs file. `among`: only those with these keys."""
        columns = [programs.c[name] for name in ProgramRow._fields]
        query = select(*columns).order_by(programs.c.position, programs.c.key)
        if among is not None:
            query = query.where(programs.c.key.in_(sorted(among)))
        return [ProgramRow(*row) for row in await self._connection.execute(query)]

    async def rules(self) -> dict[str, list[RuleRow]]:
        """By program; the rules of each in the order in which they are applied."""
        rule = mapping_rules.c
        query = select(rule.program_key, rule.kind, rule.name, rule.description, rule.matchers)
        found: dict[str, list[RuleRow]] = defaultdict(list)
        for key, *row in await self._connection.execute(query.order_by(rule.kind, rule.position, rule.id)):
            found[key].append(RuleRow(*row))
        return found

    async def foundations(self, planning: Planning) -> str:
        """Another one as soon as a sprint, a release, a declared edge, a decision or a type of link is another."""
        told: list[Any] = [planning]
        for statement in _SMALL:
            told.append(await fetch(self._connection, statement, ()))
        return sha256(msgspec.json.encode(told, enc_hook=str)).hexdigest()

    async def far_states(self, uids: Collection[str]) -> dict[str, list[Any]]:
        """uid → what shows that it, or what stands right beneath it, is another than it was."""
        found: dict[str, list[Any]] = defaultdict(list)
        if not uids:
            return found
        wanted = [sorted(uids)]
        for statement, column in ((_FAR, "uid"), (_BENEATH, "parent_uid"), (_STUBS, "uid")):
            for uid, *state in await fetch(
                self._connection, statement.format(within(self._connection, column)), wanted
            ):
                found[uid].append([str(each) for each in state])
        return found


_FAR = "SELECT uid, updated_at, tombstone FROM work_items WHERE {} ORDER BY uid"
_BENEATH = "SELECT parent_uid, uid, updated_at, tombstone FROM work_items WHERE {} ORDER BY parent_uid, uid"
_STUBS = "SELECT uid, visible, status_category, status FROM item_stubs WHERE {} ORDER BY uid"
_SMALL = (
    "SELECT program_key, predecessor, successor, lag_days FROM declared_dependencies ORDER BY program_key, position",
    "SELECT first_uid, second_uid, decision, predecessor_uid FROM edge_decisions ORDER BY first_uid, second_uid",
    "SELECT source, native_id, direction FROM link_types ORDER BY source, native_id",
)
