"""Baselines as they were taken: added and read, and nothing else. The database itself refuses to change one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from msgspec import convert
from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.baseline import BaselineItem, Slot
from service.store.bulk import fetch, fetch_many, insert, within
from service.store.planning import Plan, Planning
from service.store.tables.baselines import baseline_items, baselines

_COLUMNS = BaselineItem.__struct_fields__


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineRow:
    """`items`, `points` and `time_seconds` are those of what counts; `start` and `finish` its planned days."""

    id: int
    program_key: str
    name: str
    note: str | None
    as_of: datetime
    taken_at: datetime
    taken_by: str
    definition_version: str
    program_start: date | None
    program_target: date | None
    items: int
    points: float | None
    time_seconds: int | None
    start: date | None
    finish: date | None


class Standing(NamedTuple):
    """What an item of a baseline is today, wherever it stands."""

    started_at: datetime | None
    done_at: datetime | None
    category: str
    tombstone: str | None
    member: bool


class Grave(NamedTuple):
    """An item was found gone, and is until it is restored."""

    uid: str
    reason: str
    found_at: datetime
    restored_at: datetime | None

    def holds(self, moment: datetime) -> bool:
        return self.found_at <= moment and (self.restored_at is None or moment < self.restored_at)


class Baselines:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def latest(self) -> dict[str, int]:
        """The id of the newest baseline, by program."""
        query = select(baselines.c.program_key, func.max(baselines.c.id).label("newest")).group_by(
            baselines.c.program_key
        )
        return {row.program_key: row.newest for row in await self._connection.execute(query)}

    async def add(self, kept: Sequence[BaselineItem], /, *, folded: str, **values: Any) -> int | None:
        """Its id; None where the program has one of that name. `values` are those of BaselineRow, without the id."""
        dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        statement = dialect.insert(baselines).values(folded=folded, **values)
        new = statement.on_conflict_do_nothing(index_elements=["program_key", "folded"]).returning(baselines.c.id)
        baseline_id = (await self._connection.execute(new)).scalar()
        if baseline_id is None:
            return None
        rows = [(baseline_id, *(getattr(item, name) for name in _COLUMNS)) for item in kept]
        await insert(self._connection, baseline_items, ("baseline_id", *_COLUMNS), rows)
        return int(baseline_id)

    async def count(self, program_key: str) -> int:
        query = select(func.count()).select_from(baselines).where(baselines.c.program_key == program_key)
        return (await self._connection.execute(query)).scalar_one()

    async def listed(
        self, program_key: str, *, after: int = 0, limit: int | None = None, until: datetime | None = None
    ) -> list[BaselineRow]:
        """In the order in which they were taken, from the one behind `after`; `until`: of no later moment."""
        query = select(*_ROW).where(baselines.c.program_key == program_key, baselines.c.id > after)
        if until is not None:
            query = query.where(baselines.c.as_of <= until)
        rows = await self._connection.execute(query.order_by(baselines.c.id).limit(limit))
        return [BaselineRow(**row) for row in rows.mappings()]

    async def find(
        self, program_key: str, *, number: int | None = None, folded: str | None = None
    ) -> BaselineRow | None:
        """By its number or by its name."""
        query = select(*_ROW).where(baselines.c.program_key == program_key)
        query = query.where(baselines.c.folded == folded if number is None else baselines.c.id == number)
        row = (await self._connection.execute(query)).mappings().first()
        return None if row is None else BaselineRow(**row)

    async def items(self, baseline_id: int) -> list[BaselineItem]:
        columns = ", ".join(_COLUMNS)
        statement = f"SELECT {columns} FROM baseline_items WHERE baseline_id = ?"  # noqa: S608 - names of this package
        rows = await fetch_many(self._connection, statement, [baseline_id])
        return convert(rows, list[BaselineItem], strict=False)

    async def standings(self, program_key: str, uids: Collection[str]) -> dict[str, Standing]:
        """What these items are today; one that was never stored is missing."""
        named = within(self._connection, "i.uid")
        rows = await fetch_many(self._connection, _STANDINGS.format(named), [program_key, sorted(uids)])
        return {uid: convert(rest, Standing, strict=False) for uid, *rest in rows}

    async def graves(self, uids: Collection[str]) -> list[Grave]:
        """Whenever one of these items was found gone, in order of time."""
        rows = await fetch(self._connection, _GRAVES.format(within(self._connection, "item_uid")), [sorted(uids)])
        return convert(rows, list[Grave], strict=False)

    async def slots(self, program_key: str, planning: Planning) -> dict[str, Slot]:
        """The sprints and releases that members of a program are planned in, by uid."""
        plans = planning.plans(await fetch(self._connection, _PLANS, [program_key]))
        return {uid: slot(plan) for uid, plan in plans.items()}


def slot(plan: Plan) -> Slot:
    """The days of a plan; those of a sprint without dates are not known."""
    sprint = plan.iteration
    return Slot(None, None, plan.release) if sprint is None else Slot(sprint.start, sprint.end, plan.release)


_ROW = [column for column in baselines.c if column.name != "folded"]
_STANDINGS = """
    SELECT i.uid, i.started_at, i.done_at, i.status_category, i.tombstone, m.id IS NOT NULL
      FROM work_items AS i
      LEFT JOIN memberships AS m ON m.item_uid = i.uid AND m.program_key = ? AND m.valid_to IS NULL
     WHERE {}"""
_GRAVES = "SELECT item_uid, reason, found_at, restored_at FROM tombstones WHERE {} ORDER BY found_at, id"
_PLANS = """
    SELECT f.item_uid, i.source, f.facet, f.native_id, f.value
      FROM item_facets AS f
      JOIN work_items AS i ON i.uid = f.item_uid
      JOIN memberships AS m ON m.item_uid = f.item_uid
     WHERE f.facet IN ('iteration', 'release') AND m.program_key = ? AND m.valid_to IS NULL
       AND i.tombstone IS NULL"""
