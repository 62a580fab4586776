"""Suggested edges: what pointers between items mean to the store now, and what people decided about them.

Nothing is kept but pointers and decisions. What a pointer leads to is found at each read, so that it is as true as
the items are: a key that moved, an item that arrived today, a source that was added.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.mapping import Rule, RuleKind
from service.domain.references import Atlas, Site
from service.domain.suggestions import (
    ConfirmingRule,
    Decided,
    Pair,
    Pointer,
    Status,
    Suggestion,
    settle,
    suggest,
)
from service.store.bulk import fetch, upsert, within
from service.store.drawn_edges import DrawnEdges
from service.store.names import uids_of
from service.store.tables.items import edge_decisions
from service.store.tables.programs import mapping_rules, programs
from service.store.tables.sources import sources

_DECISION = ("first_uid", "second_uid", "decision", "predecessor_uid", "decided_at", "decided_by")


class Suggestions:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def all(self) -> list[Suggestion]:
        """Everything that live items suggest, as it stands, by `Suggestion.place`."""
        suggestions = suggest(await self._pointers())
        ends = {uid for each in suggestions if each.predecessor_uid is not None for uid in each.ends}
        if not ends:
            return suggestions
        return settle(
            suggestions,
            drawn=await DrawnEdges(self._connection).touching(ends),
            decided=await self._decided(),
            rules=await self._rules(ends),
        )

    async def go_by_names(self) -> bool:
        """Whether any edge may hang on what a name means: one that is declared, or a pointer."""
        statement = "SELECT EXISTS (SELECT 1 FROM item_references) OR EXISTS (SELECT 1 FROM declared_dependencies)"
        return bool((await fetch(self._connection, statement, ()))[0][0])

    async def decide(self, pair: Pair, status: Status, *, predecessor_uid: str | None, by: str, at: datetime) -> None:
        """A person's word about two items; it replaces an earlier one."""
        row = (*pair, status.value, predecessor_uid, at, by)
        await upsert(self._connection, edge_decisions, _DECISION, [row], key=_DECISION[:2])

    async def withdraw(self, pair: Pair) -> None:
        """Nobody decided anything about these two."""
        decision = edge_decisions.c
        await self._connection.execute(
            edge_decisions.delete().where(decision.first_uid == pair[0], decision.second_uid == pair[1])
        )

    async def _pointers(self) -> list[Pointer]:
        """Every pointer of a live item into a source of ours, once for each item that it can mean."""
        atlas = Atlas(Site(*row) for row in await self._connection.execute(select(*_SITE)))
        rows = await fetch(
            self._connection,
            "SELECT r.item_uid, r.origin, r.target, r.relationship FROM item_references r "
            "JOIN work_items i ON i.uid = r.item_uid WHERE i.tombstone IS NULL",
            (),
        )
        told = ((target, atlas.meanings(target)) for target in {target for _, _, target, _ in rows})
        meanings = {target: means for target, means in told if means}
        uids = await uids_of(self._connection, {one for means in meanings.values() for one in means})
        found: list[Pointer] = []
        for item_uid, origin, target, relationship in rows:
            if (means := meanings.get(target)) is not None:
                ends = sorted({uids[each] for each in means if each in uids})
                several = len(ends) > 1
                found += [Pointer(item_uid, origin, target, relationship, end, several) for end in ends or (None,)]
        return found

    async def _decided(self) -> dict[Pair, Decided]:
        rows = await self._connection.execute(select(edge_decisions))
        return {
            (row.first_uid, row.second_uid): Decided(
                Status(row.decision), row.predecessor_uid, row.decided_by, row.decided_at
            )
            for row in rows
        }

    async def _rules(self, ends: Collection[str]) -> list[ConfirmingRule]:
        """In the order of the programs file; each with those of `ends` that are live items of its program."""
        rule = mapping_rules.c
        query = (
            select(rule.program_key, rule.matchers)
            .join(programs, programs.c.key == rule.program_key)
            .where(rule.kind == RuleKind.CONFIRM.value)
            .order_by(programs.c.position, rule.program_key, rule.position)
        )
        rows = (await self._connection.execute(query)).all()
        if not rows:
            return []
        members = await self._members(ends)
        return [
            ConfirmingRule(row.program_key, _rule(row.matchers.items()), frozenset(members[row.program_key]))
            for row in rows
        ]

    async def _members(self, uids: Collection[str]) -> dict[str, set[str]]:
        """Which of these items are live in which program."""
        rows = await fetch(
            self._connection,
            "SELECT m.program_key, m.item_uid FROM memberships m JOIN work_items i ON i.uid = m.item_uid "  # noqa: S608
            f"WHERE m.valid_to IS NULL AND i.tombstone IS NULL AND {within(self._connection, 'm.item_uid')}",
            [list(uids)],
        )
        found: dict[str, set[str]] = defaultdict(set)
        for program, uid in rows:
            found[program].add(uid)
        return found


def _rule(matchers: Iterable[tuple[str, list[str]]]) -> Rule:
    return Rule({name: tuple(values) for name, values in matchers}, descendants=False)


_SITE = (sources.c.name, sources.c.kind, sources.c.url)
