"""Decides which items belong to which programs, for everything or for what changed; both come to the same.

Also raises the revision of each program whose answers may have changed, so that no one is served an old one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.mapping import Decision, Family, Matched, ProgramDefinition, Rule, decide
from service.store.assignment_scope import (
    assignment_scope,
    candidate_uids,
    forget_pending,
    live_parents,
    lock_assignments,
    take_pending,
)
from service.store.engine import Database
from service.store.matching import direct_matches
from service.store.memberships import Memberships
from service.store.network_changes import NetworkChanges
from service.store.programs import Programs
from service.store.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Assigned:
    """What an assignment did. `touched` are the programs whose revision grew."""

    opened: int
    closed: int
    touched: frozenset[str]
    idle_rules: tuple[tuple[str, Rule], ...] = ()  # (program, rule) for includes that no item meets; full runs only


async def assign_all(uow: UnitOfWork, *, now: datetime) -> Assigned:
    """Decide every membership anew; what stays as it was is left alone. Waiting items are done with, too."""
    connection = uow.connection
    await take_pending(connection)
    return await _Assignment(connection, now=now, scoped=False).run()


async def assign_pending(database: Database, *, now: datetime) -> frozenset[str]:
    """Decide the memberships of the items that wait and of all below them; the programs touched."""
    async with database.transaction() as uow:
        await lock_assignments(uow.connection)
        if not await Programs(uow.connection).all():
            await forget_pending(uow.connection)  # the first apply decides about every item anyway
            return frozenset()
        if not await take_pending(uow.connection):
            return frozenset()
        return (await _Assignment(uow.connection, now=now, scoped=True).run()).touched


class _Assignment:
    """One pass over all programs. `scoped` asks about the candidates in scope alone."""

    def __init__(self, connection: AsyncConnection, *, now: datetime, scoped: bool) -> None:
        self._connection = connection
        self._memberships = Memberships(connection)
        self._programs = Programs(connection)
        self._now = now
        self._scoped = scoped
        self._idle: list[tuple[str, Rule]] = []
        self._asked: dict[str, frozenset[str]] = {}  # programs often share a rule, "not won't do" above all

    async def run(self) -> Assigned:
        before = await self._memberships.programs_in_scope()
        family = Family(await live_parents(self._connection, scoped=self._scoped))
        candidates = await candidate_uids(self._connection) if self._scoped else None
        opened, closed, moved = 0, 0, set()
        for program in await self._programs.all():
            decisions = await self._decisions(program.definition, family, candidates)
            gained, lost = await self._settle(program.definition.key, decisions)
            opened, closed = opened + gained, closed + lost
            if gained or lost:
                moved.add(program.definition.key)
        touched = before | moved | await self._memberships.programs_in_scope()
        await self._programs.bump(touched)
        await NetworkChanges(self._connection).trim()
        return Assigned(opened, closed, frozenset(touched), tuple(self._idle))

    async def _decisions(
        self, program: ProgramDefinition, family: Family, candidates: list[str] | None
    ) -> dict[str, Decision]:
        include = await self._matched(program.include)
        if candidates is None:
            self._idle += [(program.key, each.rule) for each in include if not each.uids]
        streams = await self._matched([each.match for each in program.workstreams])
        return decide(
            include=include,
            exclude=await self._matched(program.exclude),
            workstreams=[
                Matched(found.rule, found.uids, each.name)
                for found, each in zip(streams, program.workstreams, strict=True)
            ],
            family=family,
            candidates=candidates,
        )

    async def _matched(self, rules: Sequence[Rule]) -> list[Matched]:
        return [Matched(rule, await self._uids(rule)) for rule in rules]

    async def _uids(self, rule: Rule) -> frozenset[str]:
        question = repr(rule.matchers)
        if question not in self._asked:
            within = assignment_scope if self._scoped else None
            uids = await self._connection.execute(direct_matches(rule, within=within))
            self._asked[question] = frozenset(uids.scalars())
        return self._asked[question]

    async def _settle(self, program: str, decisions: dict[str, Decision]) -> tuple[int, int]:
        """Make the stored memberships those decided; how many rows were opened and closed."""
        held = await self._memberships.held(program, scoped=self._scoped)
        ended = [each.id for uid, each in held.items() if decisions.get(uid) != each.decision]
        begun = {uid: each for uid, each in decisions.items() if uid not in held or held[uid].decision != each}
        await self._memberships.close(ended, at=self._now)
        await self._memberships.open(program, begun, at=self._now)
        return len(begun), len(ended)
