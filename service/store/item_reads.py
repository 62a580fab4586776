"""Items as people read them: a filtered page of a program, one item with all that hangs on it, its changes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, null, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.items import Facet
from service.store.tables.items import item_aliases, item_changes, item_facets, item_stubs, work_items
from service.store.tables.programs import memberships, programs
from service.store.tables.reference import fields as tool_fields
from service.store.tables.reference import people, projects
from service.store.tables.sources import sources

Values = str | Sequence[str] | None
AnyRow = Row[*tuple[Any, ...]]  # columns are named where they are selected

_assignees = people.alias("assignees")
_reporters = people.alias("reporters")
_epics = work_items.alias("epics")
_SITE = (sources.c.kind.label("source_kind"), sources.c.url.label("source_url"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFilters:
    """All that are given must hold; several values of one mean any of them. Names match in any case.

    `project` is a key, a name or an id; `epic` a key or a uid; `assignee` a name, an e-mail address or an id.
    `countable` is decided by the roll-up, not here.
    """

    status_category: Values = None
    project: Values = None
    item_type: Values = None
    team: Values = None
    assignee: Values = None
    workstream: Values = None
    epic: Values = None
    label: Values = None
    countable: bool | None = None

    def values(self, name: str) -> tuple[str, ...]:
        given = getattr(self, name)
        if given is None:
            return ()
        return (given,) if isinstance(given, str) else tuple(given)

    def conditions(self) -> list[ColumnElement[bool]]:
        given = {each.name: self.values(each.name) for each in fields(self) if each.name != "countable"}
        return [_CONDITIONS[name](values) for name, values in given.items() if values]


class ItemReads:
    """Reads only; what has a tombstone is in no list."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def page(self, program_key: str, filters: ItemFilters, *, after: str | None, limit: int) -> Sequence[AnyRow]:
        """Members of the program by uid, the ones after `after`; columns as in `_listed`."""
        query = (
            _listed()
            .where(memberships.c.program_key == program_key, memberships.c.valid_to.is_(None))
            .where(work_items.c.tombstone.is_(None), *filters.conditions())
            .order_by(memberships.c.item_uid)  # the order of the index of memberships
            .limit(limit)
        )
        if after is not None:
            query = query.where(memberships.c.item_uid > after)
        return (await self._connection.execute(query)).all()

    async def resolve(self, name: str) -> AnyRow | None:
        """(uid, key, source, tombstone) of source:native-id, source:KEY or source:FORMER-KEY, in that order.

        A key that was given to another item meanwhile means the item that has it now.
        """
        source, _, rest = name.partition(":")
        former = select(item_aliases.c.item_uid).where(
            item_aliases.c.source == source, item_aliases.c.key.in_(_spellings(rest))
        )
        item = work_items.c
        by_key = and_(item.source == source, item.key.in_(_spellings(rest)))
        query = select(item.uid, item.key, item.source, item.tombstone).where(
            or_(item.uid == name, by_key, item.uid.in_(former))
        )
        rows: Sequence[AnyRow] = (await self._connection.execute(query)).all()

        def rank(row: AnyRow) -> tuple[bool, bool, bool, str]:
            return row.uid != name, row.tombstone is not None, row.key.upper() != rest.upper(), row.uid

        return min(rows, key=rank, default=None)

    async def one(self, uid: str) -> AnyRow:
        """Every column of the item, with the names of its project and people, and its source's kind and URL."""
        query = (
            select(
                work_items,
                projects.c.key.label("project"),
                projects.c.name.label("project_name"),
                _assignees.c.name.label("assignee"),
                _reporters.c.name.label("reporter"),
                sources.c.kind.label("source_kind"),
                sources.c.url.label("source_url"),
            )
            .select_from(
                work_items.outerjoin(projects, _same(projects, work_items.c.project_id))
                .outerjoin(_assignees, _same(_assignees, work_items.c.assignee_id))
                .outerjoin(_reporters, _same(_reporters, work_items.c.reporter_id))
                .outerjoin(sources, sources.c.name == work_items.c.source)
            )
            .where(work_items.c.uid == uid)
        )
        return (await self._connection.execute(query)).one()

    async def named(self, uids: Collection[str]) -> Sequence[AnyRow]:
        """What a line about an item shows, its tombstone and its source's kind and URL; up to a few thousand items."""
        item = work_items.c
        query = (
            select(item.uid, item.key, item.title, item.source, item.status_category, item.url, item.tombstone, *_SITE)
            .outerjoin(sources, sources.c.name == item.source)
            .where(item.uid.in_(list(uids)))
        )
        return (await self._connection.execute(query)).all()

    async def named_stubs(self, uids: Collection[str]) -> Sequence[AnyRow]:
        """The same of ends that were never read, as far as links tell."""
        stub = item_stubs.c
        query = (
            select(stub.uid, stub.key, stub.title, stub.source, stub.status_category, null().label("url"), *_SITE)
            .outerjoin(sources, sources.c.name == stub.source)
            .where(stub.uid.in_(list(uids)))
        )
        return (await self._connection.execute(query)).all()

    async def facets(self, uid: str) -> dict[str, list[str]]:
        """facet → values; a custom field stands under "field:<id>"."""
        query = (
            select(item_facets.c.facet, item_facets.c.name, item_facets.c.value)
            .where(item_facets.c.item_uid == uid)
            .order_by(item_facets.c.facet, item_facets.c.name, item_facets.c.value)
        )
        found: dict[str, list[str]] = {}
        for facet, name, value in await self._connection.execute(query):
            found.setdefault(f"{facet}:{name}" if name else facet, []).append(value)
        return found

    async def former_keys(self, uid: str) -> list[str]:
        query = select(item_aliases.c.key).where(item_aliases.c.item_uid == uid).order_by(item_aliases.c.key)
        return list((await self._connection.execute(query)).scalars())

    async def programs_of(self, uid: str) -> Sequence[AnyRow]:
        """(key, name, workstream) of each program that the item is in, in the order of the file."""
        query = (
            select(programs.c.key, programs.c.name, memberships.c.workstream)
            .join(memberships, memberships.c.program_key == programs.c.key)
            .where(memberships.c.item_uid == uid, memberships.c.valid_to.is_(None))
            .order_by(programs.c.position, programs.c.key)
        )
        return (await self._connection.execute(query)).all()

    async def changes(
        self, uid: str, source: str, *, before: tuple[datetime, str, int] | None, limit: int
    ) -> Sequence[AnyRow]:
        """Newest first, from before (at, change_id, ordinal), with the names of field and author."""
        change = item_changes.c
        query = (
            select(item_changes, tool_fields.c.name.label("field"), people.c.name.label("author"))
            .select_from(
                item_changes.outerjoin(
                    tool_fields,
                    (tool_fields.c.source == source) & (tool_fields.c.native_id == change.field_id),
                ).outerjoin(people, (people.c.source == source) & (people.c.native_id == change.author_id))
            )
            .where(change.item_uid == uid)
            .order_by(change.at.desc(), change.change_id.desc(), change.ordinal.desc())
            .limit(limit)
        )
        if before is not None:
            at, change_id, ordinal = before
            query = query.where(
                or_(
                    change.at < at,
                    and_(change.at == at, change.change_id < change_id),
                    and_(change.at == at, change.change_id == change_id, change.ordinal < ordinal),
                )
            )
        return (await self._connection.execute(query)).all()


def _listed() -> Select[*tuple[Any, ...]]:
    item = work_items.c
    return select(
        item.uid,
        item.key,
        item.url,
        item.title,
        item.source,
        item.project_id,
        projects.c.key.label("project"),
        item.item_type,
        item.level,
        item.status,
        item.status_category,
        item.resolution,
        item.team,
        _assignees.c.name.label("assignee"),
        memberships.c.workstream,
        item.parent_uid,
        item.epic_uid,
        item.points,
        item.estimate_seconds,
        item.spent_seconds,
        item.remaining_seconds,
        item.start,
        item.due,
        item.flagged,
        item.updated_at,
        item.done_at,
        sources.c.kind.label("source_kind"),
        sources.c.url.label("source_url"),
    ).select_from(
        memberships.join(work_items, item.uid == memberships.c.item_uid)
        .outerjoin(projects, _same(projects, item.project_id))
        .outerjoin(_assignees, _same(_assignees, item.assignee_id))
        .outerjoin(sources, sources.c.name == item.source)
    )


def _same(table: Any, native_id: ColumnElement[Any]) -> ColumnElement[bool]:
    return and_(table.c.source == work_items.c.source, table.c.native_id == native_id)


def _spellings(key: str) -> tuple[str, ...]:
    """Keys are upper case in the tools and often lower case in people's fingers; a source's name is neither."""
    source, colon, rest = key.rpartition(":")
    return tuple(dict.fromkeys((key, f"{source}{colon}{rest.upper()}")))


def _named(values: Sequence[str], *columns: ColumnElement[Any]) -> ColumnElement[bool]:
    """Exactly, or in lower case: SQLite's own lower() knows ASCII only, so the exact form is asked as well."""
    lowered = [value.lower() for value in values]
    return or_(*(column.in_(values) | func.lower(column).in_(lowered) for column in columns))


def _in_project(values: Sequence[str]) -> ColumnElement[bool]:
    """The item's own project or, for an item with several homes, any of them."""
    home = exists().where(
        item_facets.c.item_uid == work_items.c.uid,
        item_facets.c.facet == str(Facet.PROJECT),
        _named(values, item_facets.c.value, item_facets.c.native_id),
    )
    return _named(values, projects.c.key, projects.c.name, work_items.c.project_id) | home


def _in_epic(values: Sequence[str]) -> ColumnElement[bool]:
    """What hangs beneath the epic, and the epic itself."""
    spelt = [each for value in values for each in _spellings(value)]
    named = _epics.c.uid.in_(spelt) | _epics.c.key.in_(spelt)
    named |= (_epics.c.source + ":" + _epics.c.key).in_(spelt)
    chosen = select(_epics.c.uid).where(_epics.c.level == 1, named)
    return work_items.c.epic_uid.in_(chosen) | work_items.c.uid.in_(chosen)


def _labelled(values: Sequence[str]) -> ColumnElement[bool]:
    return exists().where(
        item_facets.c.item_uid == work_items.c.uid,
        item_facets.c.facet == str(Facet.LABEL),
        _named(values, item_facets.c.value),
    )


_CONDITIONS = {
    "status_category": work_items.c.status_category.in_,
    "project": _in_project,
    "item_type": lambda values: _named(values, work_items.c.item_type),
    "team": lambda values: _named(values, work_items.c.team),
    "assignee": lambda values: _named(values, _assignees.c.name, _assignees.c.email, work_items.c.assignee_id),
    "workstream": lambda values: _named(values, memberships.c.workstream),
    "epic": _in_epic,
    "label": _labelled,
}
