"""Who is in which program, with the rule that decided: rows are opened and closed, never changed or lost."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TypeVar

from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select, union
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.mapping import Decision, Via
from service.store.assignment_scope import candidates
from service.store.tables.items import links, work_items
from service.store.tables.programs import declared_dependencies, memberships
from service.store.tables.reference import projects

T = TypeVar("T")
SAMPLE = 50  # items named in an answer about many; the count beside them is exact


@dataclass(frozen=True, slots=True)
class Held:
    """A current membership as stored."""

    id: int
    decision: Decision


@dataclass(frozen=True, slots=True)
class Shared:
    """An item that stands in several programs."""

    uid: str
    key: str
    title: str
    programs: tuple[str, ...]


class Memberships:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def held(self, program: str, *, scoped: bool) -> dict[str, Held]:
        """Current memberships of one program by item; `scoped` limits them to the candidates in scope."""
        columns = memberships.c
        query = select(
            columns.item_uid, columns.id, columns.rule, columns.via, columns.via_uid, columns.workstream
        ).where(columns.program_key == program, columns.valid_to.is_(None))
        if scoped:
            query = query.where(columns.item_uid.in_(candidates))
        return {
            uid: Held(id_, Decision(rule, Via(via), via_uid, workstream))
            for uid, id_, rule, via, via_uid, workstream in await self._connection.execute(query)
        }

    async def close(self, ids: Collection[int], *, at: datetime) -> None:
        if ids:
            query = memberships.update().where(memberships.c.id == bindparam("closed_id")).values(valid_to=at)
            await self._connection.execute(query, [{"closed_id": each} for each in ids])

    async def open(self, program: str, decisions: Mapping[str, Decision], *, at: datetime) -> None:
        rows = [
            {
                "program_key": program,
                "item_uid": uid,
                "rule": decision.rule,
                "via": decision.via.value,
                "via_uid": decision.via_uid,
                "workstream": decision.workstream,
                "valid_from": at,
            }
            for uid, decision in sorted(decisions.items())
        ]
        if rows:
            await self._connection.execute(memberships.insert(), rows)

    async def programs_in_scope(self) -> set[str]:
        """Programs whose answers may change with the candidates: they hold one, or a neighbour of one.

        A dependency is listed as soon as one of its ends is in the program, so its far end counts too.
        """
        affected = union(
            candidates,
            select(links.c.source_uid).where(links.c.target_uid.in_(candidates)),
            select(links.c.target_uid).where(links.c.source_uid.in_(candidates)),
        ).subquery()
        holding = select(memberships.c.program_key).where(
            memberships.c.valid_to.is_(None), memberships.c.item_uid.in_(select(affected.c.uid))
        )
        spelt = union(
            candidates,
            select(work_items.c.source + ":" + work_items.c.key).where(work_items.c.uid.in_(candidates)),
        ).subquery()
        names = select(spelt.c.uid)
        declaring = select(declared_dependencies.c.program_key).where(
            or_(declared_dependencies.c.predecessor.in_(names), declared_dependencies.c.successor.in_(names))
        )
        return set((await self._connection.execute(union(holding, declaring))).scalars())

    async def holding(self, uids: Collection[str]) -> set[str]:
        """Programs with at least one of these items; few are asked about at a time."""
        row = memberships.c
        query = select(row.program_key).where(row.valid_to.is_(None), row.item_uid.in_(list(uids)))
        return set((await self._connection.execute(query)).scalars())

    async def counts(self) -> dict[str, int]:
        """Current members by program; a program without any is absent."""
        query = select(memberships.c.program_key, func.count().label("items")).group_by(memberships.c.program_key)
        rows = await self._connection.execute(query.where(memberships.c.valid_to.is_(None)))
        return {row.program_key: row.items for row in rows}

    async def members(self, program: str) -> set[str]:
        """The live items of a program; archived and vanished ones keep their membership, and count nowhere."""
        query = select(memberships.c.item_uid).where(memberships.c.program_key == program, *_LIVE)
        return set((await self._connection.execute(query)).scalars())

    async def uids_in(self, programs: Collection[str]) -> frozenset[str]:
        """The uids of all items that stand in one of these programs."""
        query = select(memberships.c.item_uid).where(*_current(programs)).distinct()
        return frozenset((await self._connection.execute(query)).scalars())

    async def shared_count(self, program: str | None = None, *, among: Collection[str] | None = None) -> int:
        """How many live items stand in several programs, of one or of all; `among`: as if there were no others."""
        query = select(func.count()).select_from(_in_several(program, among).subquery())
        return (await self._connection.execute(query)).scalar_one()

    async def shared(
        self,
        program: str | None = None,
        *,
        after: str = "",
        limit: int = SAMPLE,
        among: Collection[str] | None = None,
    ) -> list[Shared]:
        """Live items that stand in several programs, by uid from the one behind `after`."""
        several = _in_several(program, among).where(memberships.c.item_uid > after)
        page = several.order_by(memberships.c.item_uid).limit(limit).subquery()
        query = (
            select(work_items.c.uid, work_items.c.key, work_items.c.title, memberships.c.program_key)
            .join(page, page.c.item_uid == work_items.c.uid)
            .join(memberships, memberships.c.item_uid == work_items.c.uid)
            .where(*_current(among))
            .order_by(work_items.c.uid, memberships.c.program_key)
        )
        found: dict[str, Shared] = {}
        for uid, key, title, program_key in await self._connection.execute(query):
            programs = (*found[uid].programs, program_key) if uid in found else (program_key,)
            found[uid] = Shared(uid, key, title, programs)
        return list(found.values())

    async def unmapped_by_project(self) -> list[tuple[str, str, str | None, str | None, int]]:
        """(source, project id, key, name, live items in no program), most first."""
        count = func.count().label("items")
        query = (
            select(work_items.c.source, work_items.c.project_id, projects.c.key, projects.c.name, count)
            .outerjoin(
                projects,
                (projects.c.source == work_items.c.source) & (projects.c.native_id == work_items.c.project_id),
            )
            .where(*_UNMAPPED)
            .group_by(work_items.c.source, work_items.c.project_id, projects.c.key, projects.c.name)
            .order_by(count.desc(), work_items.c.source, work_items.c.project_id)
        )
        return [(row[0], row[1], row[2], row[3], row[4]) for row in await self._connection.execute(query)]

    async def unmapped(self, *, after: str, limit: int) -> list[str]:
        """Uids of live items in no program, from the one behind `after`."""
        query = select(work_items.c.uid).where(*_UNMAPPED, work_items.c.uid > after)
        found = await self._connection.execute(query.order_by(work_items.c.uid).limit(limit))
        return list(found.scalars())

    async def names(self, uids: Sequence[str]) -> dict[str, tuple[str, str]]:
        """(key, title) by uid; an item the store does not hold is absent."""
        found: dict[str, tuple[str, str]] = {}
        for batch in _batches(uids, 1000):
            query = select(work_items.c.uid, work_items.c.key, work_items.c.title)
            for uid, key, title in await self._connection.execute(query.where(work_items.c.uid.in_(batch))):
                found[uid] = (key, title)
        return found


_LIVE = (
    memberships.c.valid_to.is_(None),
    memberships.c.item_uid == work_items.c.uid,
    work_items.c.tombstone.is_(None),
)
_UNMAPPED = (
    work_items.c.tombstone.is_(None),
    ~select(1)
    .where(memberships.c.item_uid == work_items.c.uid, memberships.c.valid_to.is_(None))
    .correlate(work_items)
    .exists(),
)


def _current(programs: Collection[str] | None) -> list[ColumnElement[bool]]:
    """Current memberships, of all programs or of these."""
    current: list[ColumnElement[bool]] = [memberships.c.valid_to.is_(None)]
    return current if programs is None else [*current, memberships.c.program_key.in_(sorted(programs))]


def _in_several(program: str | None, among: Collection[str] | None = None) -> Select[str]:
    query = select(memberships.c.item_uid).where(*_LIVE, *_current(among))
    if program is not None:
        mine = select(memberships.c.item_uid).where(
            memberships.c.program_key == program, memberships.c.valid_to.is_(None)
        )
        query = query.where(memberships.c.item_uid.in_(mine))
    return query.group_by(memberships.c.item_uid).having(func.count() > 1)


def _batches(values: Sequence[T], size: int) -> Iterator[list[T]]:
    rest = iter(values)
    while batch := list(islice(rest, size)):
        yield batch
