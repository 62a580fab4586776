"""What flow and forecasts read: the lives of a program's items, from their rows and the histories that tell of them.

One wide query for the items, one for the changes that matter; everything turns into days of the program's time zone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from msgspec import Struct, convert
from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.items import Facet
from service.domain.business_value import ValueFields
from service.domain.items import RollupItem
from service.domain.lives import ItemLife, Span, StatusMove, Told, closed_since, done_spells
from service.domain.scope import exclusions, family_of
from service.domain.slips import DUE_FIELDS
from service.domain.status import OPEN, StatusCategory
from service.domain.status_time import Stay, active_seconds
from service.domain.waits import Stretch
from service.store.bulk import fetch, fetch_many, within
from service.store.life_moves import (
    COMPLETED,
    Move,
    Statuses,
    blocked_spans,
    read_day,
    read_ids,
    read_number,
    told_since,
)
from service.store.program_items import ProgramItems, ProgramRow
from service.store.stated_values import NOTHING_STATED, StatedValue, stated_values
from service.store.task_waits import Begun, sources_of_tasks, task_waits

STATUS_FIELDS = ("status", COMPLETED)  # Jira's and Asana's own words
UNDER_WAY = "In progress"  # a task's status once it is begun
STATUS, DUE, POINTS, SPRINT, FLAGGED = "status", "due", "points", "sprint", "flagged"  # what a field tells

Value = TypeVar("Value")


class LifeTerms(NamedTuple):
    """`active`, `defects` and `escaped` are folded names: statuses, item types, labels."""

    zone: ZoneInfo
    active: frozenset[str] = frozenset()
    defects: frozenset[str] = frozenset()
    escaped: frozenset[str] = frozenset()
    value_fields: tuple[ValueFields, ...] = ()


class _Row(Struct, frozen=True, gc=False, array_like=True):
    """In the order of the columns of `_MEMBERS`."""

    uid: str
    called: str
    source: str
    project_id: str
    item_type: str
    level: int
    subtask: bool
    status_category: StatusCategory
    status: str
    parent_uid: str | None
    points: float | None
    points_field: str | None
    due: date | None
    team: str | None
    workstream: str | None
    created_at: datetime
    started_at: datetime | None
    done_at: datetime | None
    settled_at: datetime


class ItemLives:
    """Reads only."""

    def __init__(self, connection: AsyncConnection, terms: LifeTerms) -> None:
        self._connection = connection
        self._terms = terms

    async def of(self, program: ProgramRow) -> list[ItemLife]:
        """Of the items that count, and of the cancelled ones that would."""
        await ProgramItems(self._connection).prefer_indexes()
        rows = convert(
            await fetch_many(self._connection, _MEMBERS, [program.key]), list[_Row], strict=False
        )  # SQLite has 0 and 1 for false and true, text for moments
        counted = _counting(rows, count_subtasks=program.count_subtasks)
        fields = await self._fields(counted)
        moves = await self._moves(program.key, fields)
        sprints = await self._ids(program.key, Facet.ITERATION)
        affected = await self._ids(program.key, Facet.AFFECTED)
        homes = await self._homes(program.key)
        escaped = await self._labelled(program.key) if self._terms.escaped else set()
        values = await stated_values(self._connection, program.key, self._terms.value_fields)
        statuses = await self._statuses()
        tasks = await sources_of_tasks(self._connection)
        waits = await task_waits(self._connection, _begun(row for row in counted if row.source in tasks))
        return [
            self._life(
                row,
                _Told(moves.get(row.uid, ()), fields, waits=waits.get(row.uid), of_task=row.source in tasks),
                statuses,
                _Beside(
                    homes=homes.get(row.uid, ()),
                    sprints=sprints.get(row.uid, ()),
                    affects=affected.get(row.uid, ()),
                    value=values.get(row.uid, NOTHING_STATED),
                    escaped=row.uid in escaped,
                ),
            )
            for row in counted
        ]

    async def _fields(self, rows: Iterable[_Row]) -> Mapping[str, str]:
        """By id of a field: what its changes tell."""
        told: dict[str, str] = dict(await fetch(self._connection, _ROLES, ()))
        told |= {row.points_field: POINTS for row in rows if row.points_field}
        return told | dict.fromkeys(STATUS_FIELDS, STATUS) | dict.fromkeys(DUE_FIELDS, DUE)

    async def _ids(self, program: str, facet: Facet) -> dict[str, tuple[str, ...]]:
        found: dict[str, list[str]] = defaultdict(list)
        for uid, native_id in await fetch(self._connection, _IDS, [program, str(facet)]):
            found[uid].append(native_id)
        return {uid: tuple(each) for uid, each in found.items()}

    async def _moves(self, program: str, fields: Iterable[str]) -> dict[str, list[Move]]:
        named = within(self._connection, "c.field_id")
        rows = await fetch_many(self._connection, _CHANGES.format(named), [program, sorted(fields)])
        return {
            uid: [Move(convert(at, datetime, strict=False), *rest) for _, at, *rest in together]
            for uid, together in groupby(rows, key=lambda row: row[0])
        }

    async def _statuses(self) -> Statuses:
        return Statuses(await fetch(self._connection, "SELECT source, native_id, name, category FROM statuses", ()))

    async def _homes(self, program: str) -> dict[str, tuple[str, ...]]:
        found: dict[str, list[str]] = defaultdict(list)
        for uid, home in await fetch(self._connection, _HOMES, [program]):
            found[uid].append(home)
        return {uid: tuple(each) for uid, each in found.items()}

    async def _labelled(self, program: str) -> set[str]:
        rows = await fetch(self._connection, _LABELS, [program])
        return {uid for uid, label in rows if label.casefold() in self._terms.escaped}

    def _life(self, row: _Row, told: _Told, statuses: Statuses, beside: _Beside) -> ItemLife:
        moved, category = told.of(STATUS), row.status_category
        created_on, done_on, left_on = self._day(row.created_at), self._optional_day(row.done_at), None
        moves = [
            StatusMove(self._day(each.at), statuses.left(row.source, each), statuses.entered(row.source, each))
            for each in moved
        ]
        if category is StatusCategory.CANCELLED:
            left_on = closed_since(moves, created_on) or self._day(moved[-1].at if moved else row.settled_at)
        return ItemLife(
            uid=row.uid,
            called=row.called,
            item_type=row.item_type,
            source=row.source,
            project_id=row.project_id,
            category=category,
            created_on=created_on,
            started_on=self._optional_day(row.started_at),
            done_spells=done_spells(moves, category=category, created_on=created_on, done_on=done_on),
            left_on=left_on,
            team=row.team,
            workstream=row.workstream,
            homes=tuple(dict.fromkeys((row.project_id, *beside.homes))) if beside.homes else (),
            points=row.points,
            estimates=self._since(row, told.of(POINTS), row.points, read_number),
            dues=self._since(row, told.of(DUE), row.due, read_day),
            sprints=self._since(row, told.of(SPRINT), beside.sprints, read_ids),
            blocked=(
                *blocked_spans(told.of(FLAGGED), ended=done_on or left_on, day=self._day),
                *(Span(self._day(began), self._optional_day(ended)) for began, ended in told.waits or ()),
            ),
            depends=told.waits is not None,
            active_seconds=self._active(row, told),
            elapsed_seconds=_elapsed(row),
            affects=beside.affects,
            planned_value=beside.value.planned,
            actual_value=beside.value.actual,
            escaped=beside.escaped if row.item_type.casefold() in self._terms.defects else None,
        )

    def _since(
        self, row: _Row, moves: Sequence[Move], now: Value, read: Callable[[str | None, str | None], Value]
    ) -> Told[Value]:
        if not moves and not now and now != 0:
            return ()
        return told_since(moves, now, created_on=self._day(row.created_at), day=self._day, read=read)

    def _active(self, row: _Row, told: _Told) -> float | None:
        if not self._terms.active or row.started_at is None or row.done_at is None:
            return None
        stays = _task_stays(row.started_at, told.of(STATUS)) if told.of_task else _stays(row, told.of(STATUS))
        return active_seconds(stays, told.held_up(), began=row.started_at, ended=row.done_at, active=self._terms.active)

    def _optional_day(self, moment: datetime | None) -> date | None:
        return None if moment is None else self._day(moment)

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(self._terms.zone).date()


class _Beside(NamedTuple):
    """What is told of one item beside its row and its changes. `escaped`: a label says that it was found by users."""

    homes: tuple[str, ...]
    sprints: tuple[str, ...]
    affects: tuple[str, ...]
    value: StatedValue
    escaped: bool


class _Told:
    """The changes of one item, by what their fields tell. `of_task`: its only status is its completion; `waits` is when
    it waited for other tasks, None where it depends on none."""

    def __init__(
        self, moves: Sequence[Move], fields: Mapping[str, str], *, waits: Sequence[Stretch] | None, of_task: bool
    ) -> None:
        self.waits = waits
        self.of_task = of_task
        self._by_meaning: dict[str, list[Move]] = defaultdict(list)
        for move in moves:
            self._by_meaning[fields[move.field]].append(move)

    def of(self, meaning: str) -> Sequence[Move]:
        return self._by_meaning.get(meaning, ())

    def held_up(self) -> list[Stay]:
        """Flagged or waiting, ascending; "" where it was no longer. No tool has both."""
        flags = [Stay(move.at, move.to_text or move.to_value or "") for move in self.of(FLAGGED)]
        for began, ended in self.waits or ():
            flags += [Stay(began, "waiting"), *([Stay(ended, "")] if ended is not None else [])]
        return flags


def _stays(row: _Row, moved: Sequence[Move]) -> list[Stay]:
    first = moved[0].from_text if moved else row.status
    return [Stay(row.created_at, first or ""), *(Stay(move.at, move.to_text or "") for move in moved)]


def _task_stays(started_at: datetime, moved: Sequence[Move]) -> list[Stay]:
    """Under way from its beginning on, but for the times in which it was completed."""
    opened = [Stay(move.at, "" if move.to_value == "true" else UNDER_WAY) for move in moved]
    return [Stay(started_at, UNDER_WAY), *(each for each in opened if each.since > started_at)]


def _begun(rows: Iterable[_Row]) -> Iterator[Begun]:
    """Until it was done or left; what is open goes on."""
    for row in rows:
        if row.started_at is not None:
            gone = None if row.status_category in OPEN else row.done_at or row.settled_at
            yield Begun(row.uid, Stretch(row.started_at, gone))


def _counting(rows: Sequence[_Row], *, count_subtasks: bool) -> list[_Row]:
    """Who counts today, and who would had nobody cancelled it."""
    today = [_as_rolled_up(row, row.status_category) for row in rows]
    kept = [
        _as_rolled_up(
            row, StatusCategory.TO_DO if row.status_category is StatusCategory.CANCELLED else row.status_category
        )
        for row in rows
    ]
    out_today = exclusions(today, family_of(today), count_subtasks=count_subtasks)
    out_kept = exclusions(kept, family_of(kept), count_subtasks=count_subtasks)
    return [
        row
        for row in rows
        if row.uid not in (out_kept if row.status_category is StatusCategory.CANCELLED else out_today)
    ]


def _had_nobody_cancelled(category: StatusCategory) -> StatusCategory:
    return StatusCategory.TO_DO if category is StatusCategory.CANCELLED else category


def _as_rolled_up(row: _Row, category: StatusCategory) -> RollupItem:
    """As much of it as decides who counts."""
    return RollupItem(
        row.uid,
        row.called,
        row.source,
        row.project_id,
        row.item_type,
        row.level,
        row.subtask,
        category,
        parent_uid=row.parent_uid,
    )


def _elapsed(row: _Row) -> float | None:
    if row.started_at is None or row.done_at is None or row.done_at < row.started_at:
        return None
    return (row.done_at - row.started_at).total_seconds()


_OF_PROGRAM = "m.program_key = ? AND m.valid_to IS NULL"
_MEMBERS = f"""
    SELECT i.uid, CASE WHEN i.key = i.native_id THEN '“' || i.title || '”' ELSE i.key END, i.source, i.project_id,
           i.item_type, i.level, i.subtask, i.status_category, i.status, i.parent_uid, i.points, i.points_field,
           i.due, i.team, m.workstream, i.created_at, i.started_at, i.done_at, coalesce(i.resolved_at, i.updated_at)
      FROM memberships AS m JOIN work_items AS i ON i.uid = m.item_uid
     WHERE {_OF_PROGRAM} AND i.tombstone IS NULL"""  # noqa: S608 - names of this file
_CHANGES = f"""
    SELECT c.item_uid, c.at, c.field_id, c.from_value, c.to_value, c.from_text, c.to_text
      FROM item_changes AS c JOIN memberships AS m ON m.item_uid = c.item_uid
     WHERE {_OF_PROGRAM} AND {{}}
     ORDER BY c.item_uid, c.at, length(c.change_id), c.change_id, c.ordinal"""  # noqa: S608
_HOMES = f"""
    SELECT f.item_uid, coalesce(nullif(f.native_id, ''), f.value)
      FROM item_facets AS f JOIN memberships AS m ON m.item_uid = f.item_uid
     WHERE {_OF_PROGRAM} AND f.facet = 'project' ORDER BY f.item_uid, f.value"""  # noqa: S608
_LABELS = f"""
    SELECT f.item_uid, f.value
      FROM item_facets AS f JOIN memberships AS m ON m.item_uid = f.item_uid
     WHERE {_OF_PROGRAM} AND f.facet IN ('label', 'tag')"""  # noqa: S608
_IDS = f"""
    SELECT f.item_uid, f.native_id
      FROM item_facets AS f JOIN memberships AS m ON m.item_uid = f.item_uid
     WHERE {_OF_PROGRAM} AND f.facet = ? ORDER BY f.item_uid, f.native_id"""  # noqa: S608
_ROLES = "SELECT native_id, role FROM fields WHERE role IN ('flagged', 'sprint')"
