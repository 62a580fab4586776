"""What a roll-up reads of a program: the program itself, its live items, and the names its rows are shown under."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any, NamedTuple

from msgspec import convert
from msgspec.structs import replace
from sqlalchemy import ColumnElement, Select, bindparam, exists, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.items import Facet
from service.domain.breakdown import Breakdown
from service.domain.items import RollupItem
from service.store.bulk import fetch, fetch_many, within
from service.store.tables.items import item_facets, work_items
from service.store.tables.programs import mapping_rules, memberships, programs


class ProgramRow(NamedTuple):
    key: str
    name: str
    objective: str | None
    owner: str | None
    start: date | None
    target: date | None
    count_subtasks: bool
    revision: int


class RuleRow(NamedTuple):
    kind: str  # include | exclude | workstream | confirm_suggested
    name: str | None
    description: str
    matchers: dict[str, Any]


class Label(NamedTuple):
    """How a row is shown: `key` as in the tool, `name` for people."""

    key: str
    name: str | None


class ProgramItems:
    """Reads only. A current membership and a live item: everything else is not in a program."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def program(self, key: str) -> ProgramRow | None:
        row = (await self._connection.execute(_PROGRAM, {"program": key})).first()
        return None if row is None else ProgramRow(*row)

    async def listed(
        self, *, after: tuple[int, str] | None, limit: int, among: Collection[str] | None = None
    ) -> list[tuple[int, ProgramRow, int]]:
        """(position, program, number of live items) in the order of the file, from `after` (position, key) on.

        `among`: only programs with these keys.
        """
        live = _size(programs.c.key).scalar_subquery()
        query = _programs().add_columns(programs.c.position, live)
        query = query.order_by(programs.c.position, programs.c.key).limit(limit)
        if among is not None:
            query = query.where(programs.c.key.in_(sorted(among)))
        if after is not None:
            position, key = after
            query = query.where(
                (programs.c.position > position) | ((programs.c.position == position) & (programs.c.key > key))
            )
        rows = (await self._connection.execute(query)).all()
        return [(position, ProgramRow(*program), items) for *program, position, items in rows]

    async def size(self, key: str) -> int:
        """How many live items the program has, countable or not."""
        return (await self._connection.execute(_size(key))).scalar_one()

    async def rules(self, key: str) -> list[RuleRow]:
        return [RuleRow(*row) for row in await self._connection.execute(_RULES, {"program": key})]

    async def rollup_items(self, key: str, *, by: Breakdown = Breakdown.PROJECT) -> list[RollupItem]:
        """The live items of the program, in no particular order.

        Epic, team and workstream are only read where `by` asks for them; every value of 5,000 items costs.
        """
        await self.prefer_indexes()
        homes = await self._further_homes(key)
        rows = await fetch_many(self._connection, _rollup_items(by, self._connection.dialect.name), [key])
        items = convert(rows, list[RollupItem], strict=False)  # SQLite has 0 and 1 for false and true, text for dates
        if not homes:
            return items
        return [
            replace(item, homes=(item.project_id, *homes[item.uid])) if item.uid in homes else item for item in items
        ]

    async def projects(self, ids: Collection[tuple[str, str]]) -> dict[tuple[str, str], Label]:
        """(source, project id) → label."""
        native_ids = sorted({native_id for _, native_id in ids})
        named = within(self._connection, "native_id")
        query = f"SELECT source, native_id, key, name FROM projects WHERE {named}"  # noqa: S608 - names of this file
        rows = await fetch(self._connection, query, [native_ids])
        return {(source, native_id): Label(key, name) for source, native_id, key, name in rows}

    async def titles(self, uids: Collection[str]) -> dict[str, Label]:
        """uid → label, of items and, where an item was never read itself, of its stub."""
        found: dict[str, Label] = {}
        for table in ("work_items", "item_stubs"):
            missing = sorted(uid for uid in uids if uid not in found)  # neighbours share pages
            if missing:
                found |= await self._titles(table, missing)
        return found

    async def _titles(self, table: str, uids: list[str]) -> dict[str, Label]:
        named = within(self._connection, "uid")
        query = f"SELECT uid, key, title FROM {table} WHERE {named}"  # noqa: S608 - names of this file
        return {uid: Label(key, title) for uid, key, title in await fetch(self._connection, query, [uids])}

    async def prefer_indexes(self) -> None:
        """PostgreSQL plans for spinning disks by default, and would rather read the whole table than 5,000 rows;
        and it starts a worker process for them, which costs more than the rows do."""
        if self._connection.dialect.name == "postgresql":
            await self._connection.execute(_FOR_SOLID_STATE)

    async def _further_homes(self, key: str) -> dict[str, list[str]]:
        """Further projects of multi-homed items. The facet leads: most programs have none, and then this is free."""
        homes: dict[str, list[str]] = {}
        for uid, home in await self._connection.execute(_HOMES, {"program": key}):
            homes.setdefault(uid, []).append(home)
        return homes


def _programs() -> Select[*tuple[Any, ...]]:
    return select(
        programs.c.key,
        programs.c.name,
        programs.c.objective,
        programs.c.owner,
        programs.c.start,
        programs.c.target,
        programs.c.count_subtasks,
        programs.c.revision,
    )


def _size(key: ColumnElement[str] | str) -> Select[int]:
    return (
        select(func.count())
        .select_from(memberships.join(work_items, work_items.c.uid == memberships.c.item_uid))
        .where(memberships.c.program_key == key, memberships.c.valid_to.is_(None))
        .where(work_items.c.tombstone.is_(None))
    )


def _rollup_items(by: Breakdown, dialect: str) -> str:
    """Columns in the order of RollupItem's fields; the time is that of `progress.time_weight`.

    The last columns are only there when the breakdown asks for them: a NULL costs as much as a value.
    """
    chosen = _LISTED if dialect == "postgresql" and by is not Breakdown.WORKSTREAM else _JOINED
    return f"""
        SELECT {ROLLUP_COLUMNS}{ASKED_FOR.get(by, "")}
          FROM {chosen} AND i.tombstone IS NULL
    """  # noqa: S608 - composed of names in this file


_JOINED = """memberships AS m JOIN work_items AS i ON i.uid = m.item_uid
         WHERE m.program_key = ? AND m.valid_to IS NULL"""
# PostgreSQL walks through the index once for a list, where a join goes down it again for every item: a third less
# time for 5,000 items. It cannot tell the workstream of an item, which is the membership's.
_LISTED = """work_items AS i
         WHERE i.uid = ANY(ARRAY(SELECT item_uid FROM memberships WHERE program_key = ? AND valid_to IS NULL))"""
ROLLUP_COLUMNS = """i.uid, CASE WHEN i.key = i.native_id THEN '“' || i.title || '”' ELSE i.key END,
               i.source, i.project_id, i.item_type, i.level, i.subtask, i.status_category,
               i.no_resolution, i.parent_uid, i.points,
               coalesce(i.estimate_seconds, i.spent_seconds + i.remaining_seconds, i.spent_seconds,
                        i.remaining_seconds),
               i.start, i.due"""
EVERY_BUCKET = ", i.epic_uid, i.team, m.workstream"
ASKED_FOR = {
    Breakdown.EPIC: ", i.epic_uid",
    Breakdown.TEAM: ", NULL, i.team",
    Breakdown.WORKSTREAM: ", NULL, NULL, m.workstream",
}


def _homes() -> Select[*tuple[Any, ...]]:
    member = exists().where(
        memberships.c.item_uid == item_facets.c.item_uid,
        memberships.c.program_key == bindparam("program"),
        memberships.c.valid_to.is_(None),
    )
    return (
        select(item_facets.c.item_uid, func.coalesce(func.nullif(item_facets.c.native_id, ""), item_facets.c.value))
        .where(item_facets.c.facet == str(Facet.PROJECT), member)
        .order_by(item_facets.c.item_uid, item_facets.c.value)
    )


def _rules() -> Select[*tuple[Any, ...]]:
    rule = mapping_rules.c
    return (
        select(rule.kind, rule.name, rule.description, rule.matchers)
        .where(rule.program_key == bindparam("program"))
        .order_by(rule.kind, rule.position, rule.id)
    )


# Made once: every answer asks these, and building a statement costs more than running a small one.
_FOR_SOLID_STATE = text(  # LOCAL, true: until the end of this transaction
    "SELECT set_config('random_page_cost', '1.1', true), set_config('max_parallel_workers_per_gather', '0', true)"
)
_PROGRAM = _programs().where(programs.c.key == bindparam("program"))
_RULES = _rules()
_HOMES = _homes()
