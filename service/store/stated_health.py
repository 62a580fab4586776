"""Health as people stated it in their tools, and which projects a program's work stands in. Reads only."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, CompoundSelect, Select, Table, and_, bindparam, func, select, union
from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.items import Facet
from service.store.tables.items import item_facets, work_items
from service.store.tables.programs import memberships
from service.store.tables.reference import people, portfolios, projects, status_updates

PROJECT, PORTFOLIO = "project", "portfolio"


class StatedRow(NamedTuple):
    """The latest word on one project or portfolio; `kind` says which."""

    source: str
    kind: str
    parent_id: str
    name: str
    status: str
    title: str | None
    author: str | None
    stated_at: datetime | None

    @property
    def about(self) -> tuple[str, str, str]:
        """Which project or portfolio."""
        return self.source, self.kind, self.parent_id


class StatedHealth:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def latest(self, *, until: datetime | None = None) -> list[StatedRow]:
        """Of every project and portfolio on which somebody said something, by source, kind and name.

        `until`: the latest by then; what nobody knows the moment of had not been said.
        """
        newest: dict[tuple[str, str, str], StatedRow] = {}
        for values in await self._connection.execute(_UPDATES):
            row = StatedRow(*values)
            if until is None or (row.stated_at is not None and row.stated_at <= until):
                newest[row.about] = row  # oldest first: the last one stays
        return sorted(newest.values(), key=lambda each: (each.source, each.kind, each.name, each.parent_id))

    async def projects_of(self, program: str) -> set[tuple[str, str]]:
        """(source, project id) of every project in which live items of the program stand, second homes too."""
        found = await self._connection.execute(_PROJECTS, {"program": program})
        return {(source, project_id) for source, project_id in found}


def _updates() -> Select[*tuple[Any, ...]]:
    said = status_updates.c
    name = func.coalesce(projects.c.name, portfolios.c.name)
    told = (
        status_updates.outerjoin(projects, _is_parent(projects, PROJECT))
        .outerjoin(portfolios, _is_parent(portfolios, PORTFOLIO))
        .outerjoin(people, and_(people.c.source == said.source, people.c.native_id == said.author_id))
    )
    return (
        select(
            *(said.source, said.parent_kind, said.parent_id, name),
            *(said.status, said.title, people.c.name, said.created_at),
        )
        .select_from(told)
        .where(name.is_not(None))
        .order_by(said.created_at.asc().nulls_first(), said.native_id)
    )


def _is_parent(table: Table, kind: str) -> ColumnElement[bool]:
    said = status_updates.c
    return and_(said.parent_kind == kind, table.c.source == said.source, table.c.native_id == said.parent_id)


def _projects() -> CompoundSelect[*tuple[Any, ...]]:
    member = memberships.join(work_items, work_items.c.uid == memberships.c.item_uid)
    is_current = and_(
        memberships.c.program_key == bindparam("program"),
        memberships.c.valid_to.is_(None),
        work_items.c.tombstone.is_(None),
    )
    second = member.join(
        item_facets,
        and_(item_facets.c.item_uid == work_items.c.uid, item_facets.c.facet == str(Facet.PROJECT)),
    )
    return union(
        select(work_items.c.source, work_items.c.project_id).select_from(member).where(is_current),
        select(work_items.c.source, item_facets.c.native_id).select_from(second).where(is_current),
    )


_UPDATES, _PROJECTS = _updates(), _projects()
