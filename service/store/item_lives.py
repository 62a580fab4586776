"""What flow and forecasts read: the lives of a program's items, from their rows and the histories that tell of them.

One wide query for the items, one for the changes that matter; everything turns into days of the program's time zone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from msgspec import Struct, convert
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.items import RollupItem
from service.domain.lives import ItemLife, Span, StatusMove, done_spells
from service.domain.scope import exclusions, family_of
from service.domain.status import StatusCategory
from service.domain.status_time import Stay, active_seconds
from service.store.bulk import fetch, fetch_many, within
from service.store.program_items import ProgramItems, ProgramRow

STATUS_FIELDS = ("status", "completed")  # Jira's and Asana's own words
FLAGGED_ROLE = "flagged"


class LifeTerms(NamedTuple):
    """`active`, `defects` and `escaped` are folded names: statuses, item types, labels."""

    zone: ZoneInfo
    active: frozenset[str] = frozenset()
    defects: frozenset[str] = frozenset()
    escaped: frozenset[str] = frozenset()


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
    team: str | None
    workstream: str | None
    created_at: datetime
    started_at: datetime | None
    done_at: datetime | None
    settled_at: datetime


class _Move(NamedTuple):
    """One change of one item's status or flag."""

    at: datetime
    field: str
    from_value: str | None
    to_value: str | None
    from_text: str | None
    to_text: str | None


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
        flags = [name for (name,) in await fetch(self._connection, _FLAGS, [FLAGGED_ROLE])]
        moves = await self._moves(program.key, (*STATUS_FIELDS, *flags))
        homes = await self._homes(program.key)
        escaped = await self._labelled(program.key) if self._terms.escaped else set()
        statuses = await self._statuses()
        return [
            self._life(row, moves.get(row.uid, ()), statuses, homes.get(row.uid, ()), escaped=row.uid in escaped)
            for row in counted
        ]

    async def _moves(self, program: str, fields: Sequence[str]) -> dict[str, list[_Move]]:
        named = within(self._connection, "c.field_id")
        rows = await fetch_many(self._connection, _CHANGES.format(named), [program, list(fields)])
        return {
            uid: [_Move(convert(at, datetime, strict=False), *rest) for _, at, *rest in together]
            for uid, together in groupby(rows, key=lambda row: row[0])
        }

    async def _statuses(self) -> _Statuses:
        return _Statuses(await fetch(self._connection, "SELECT source, native_id, name, category FROM statuses", ()))

    async def _homes(self, program: str) -> dict[str, tuple[str, ...]]:
        found: dict[str, list[str]] = defaultdict(list)
        for uid, home in await fetch(self._connection, _HOMES, [program]):
            found[uid].append(home)
        return {uid: tuple(each) for uid, each in found.items()}

    async def _labelled(self, program: str) -> set[str]:
        rows = await fetch(self._connection, _LABELS, [program])
        return {uid for uid, label in rows if label.casefold() in self._terms.escaped}

    def _life(
        self, row: _Row, moves: Sequence[_Move], statuses: _Statuses, homes: Sequence[str], *, escaped: bool
    ) -> ItemLife:
        category, source = row.status_category, row.source
        status_moves = [move for move in moves if move.field in STATUS_FIELDS]
        flag_moves = [move for move in moves if move.field not in STATUS_FIELDS]
        done_on, left_on = self._day(row.done_at), None
        if category is StatusCategory.CANCELLED:
            left_on = self._day(status_moves[-1].at if status_moves else row.settled_at)
        created_on = self._day(row.created_at) or date.min
        ended = done_on or left_on
        return ItemLife(
            uid=row.uid,
            called=row.called,
            item_type=row.item_type,
            source=source,
            project_id=row.project_id,
            category=category,
            created_on=created_on,
            started_on=self._day(row.started_at),
            done_spells=done_spells(
                [
                    StatusMove(
                        self._day(move.at) or created_on, statuses.left(source, move), statuses.entered(source, move)
                    )
                    for move in status_moves
                ],
                category=category,
                created_on=created_on,
                done_on=done_on,
                left_on=left_on,
            ),
            left_on=left_on,
            team=row.team,
            workstream=row.workstream,
            homes=tuple(dict.fromkeys((row.project_id, *homes))) if homes else (),
            points=row.points,
            blocked=tuple(self._blocked(flag_moves, ended)),
            active_seconds=self._active(row, status_moves, flag_moves),
            elapsed_seconds=_elapsed(row),
            escaped=escaped if row.item_type.casefold() in self._terms.defects else None,
        )

    def _blocked(self, moves: Iterable[_Move], ended: date | None) -> Iterable[Span]:
        """What is still flagged when it is done is blocked no longer."""
        began: date | None = None
        for move in moves:
            flagged = bool(move.to_text or move.to_value)
            if flagged and began is None:
                began = self._day(move.at)
            elif not flagged and began is not None:
                yield Span(began, self._day(move.at))
                began = None
        if began is not None:
            yield Span(began, None if ended is None else max(began, ended))

    def _active(self, row: _Row, status_moves: Sequence[_Move], flag_moves: Sequence[_Move]) -> float | None:
        if not self._terms.active or row.started_at is None or row.done_at is None:
            return None
        first = status_moves[0].from_text if status_moves else row.status
        stays = [Stay(row.created_at, first or "")]
        stays += [Stay(move.at, move.to_text or "") for move in status_moves]
        flags = [Stay(move.at, move.to_text or move.to_value or "") for move in flag_moves]
        return active_seconds(stays, flags, began=row.started_at, ended=row.done_at, active=self._terms.active)

    def _day(self, moment: datetime | None) -> date | None:
        return None if moment is None else moment.astimezone(self._terms.zone).date()


class _Statuses:
    """What a status in a history means: by its id, else by its name where that means one thing in its source."""

    def __init__(self, rows: Iterable[Sequence[Any]]) -> None:
        self._by_id: dict[tuple[str, str], StatusCategory] = {}
        self._by_name: dict[tuple[str, str], set[StatusCategory]] = defaultdict(set)
        for source, native_id, name, category in rows:
            self._by_id[source, native_id] = StatusCategory(category)
            self._by_name[source, name.casefold()].add(StatusCategory(category))

    def left(self, source: str, move: _Move) -> StatusCategory | None:
        return self._of(source, move.field, move.from_value, move.from_text)

    def entered(self, source: str, move: _Move) -> StatusCategory | None:
        return self._of(source, move.field, move.to_value, move.to_text)

    def _of(self, source: str, field: str, value: str | None, text: str | None) -> StatusCategory | None:
        if field == "completed":
            return StatusCategory.DONE if value == "true" else StatusCategory.TO_DO
        known = self._by_id.get((source, value or ""))
        named = self._by_name.get((source, (text or "").casefold()), set())
        return known or (next(iter(named)) if len(named) == 1 else None)


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
           i.item_type, i.level, i.subtask, i.status_category, i.status, i.parent_uid, i.points, i.team, m.workstream,
           i.created_at, i.started_at, i.done_at, coalesce(i.resolved_at, i.updated_at)
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
_FLAGS = "SELECT DISTINCT native_id FROM fields WHERE role = ? ORDER BY native_id"
