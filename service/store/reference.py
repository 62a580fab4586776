"""The tools' vocabulary as discovered, and as items embed it; and what a person should know about a source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Table, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.contract import Finding, ReferenceData
from connectors.items import Facet, SourceItem, SourceIteration, SourcePerson, SourceRelease, SourceStatusUpdate
from service.store.bulk import fetch, insert, run, upsert, within
from service.store.tables import reference as tables
from service.store.tables.sources import source_capabilities, source_findings

Row = tuple[Any, ...]

_PERSON = ("name", "email", "active")
_ITERATION = ("name", "state", "start", "end", "completed", "goal", "board_id")
_GOAL = ("name", "owner_id", "status", "start", "due", "progress")
_STATUS_UPDATE = ("parent_kind", "parent_id", "status", "title", "author_id", "created_at")
_RELEASE = ("name", "project_id", "start", "release", "released", "archived")


class Reference:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def store(self, source: str, data: ReferenceData) -> None:
        """What was discovered now. Names that vanished stay, for history speaks of them; fields do not."""
        write = self._write
        await write(source, tables.projects, ("name", "key", "archived", "style"), data.projects)
        await write(source, tables.statuses, ("name", "category", "project_id"), data.statuses)
        await write(source, tables.item_types, ("name", "level", "project_id"), data.item_types)
        await self._rename(source, (Facet.ITERATION,), tables.iterations, data.iterations)
        await write(source, tables.iterations, _ITERATION, data.iterations)
        await self._rename(source, (Facet.RELEASE, Facet.AFFECTED), tables.releases, data.releases)
        await write(source, tables.releases, _RELEASE, data.releases)
        types = ("name", "outward", "inward", "direction", "decided_by")
        await write(source, tables.link_types, types, data.link_types)
        await self._connection.execute(delete(tables.fields).where(tables.fields.c.source == source))
        fields = ("name", "kind", "custom", "role", "rank", "project_id")
        await write(source, tables.fields, fields, data.fields)
        await write(source, tables.people, _PERSON, data.people, keep_known=("email",))
        await self._replace_program_level(source, data)

    async def _replace_program_level(self, source: str, data: ReferenceData) -> None:
        """Portfolios and goals are what the tool says now; nothing refers to what it said before."""
        beneath = tables.portfolio_projects
        for table in (tables.portfolios, beneath, tables.goals, source_capabilities):
            await self._connection.execute(delete(table).where(table.c.source == source))
        await self._write(source, tables.portfolios, ("name", "owner_id"), data.portfolios)
        homes = {(source, each.native_id, project) for each in data.portfolios for project in each.project_ids}
        await insert(self._connection, beneath, ("source", "portfolio_id", "project_id"), sorted(homes))
        await self._write(source, tables.goals, _GOAL, data.goals)
        await self._state(source, data.status_updates)
        rows = {each.name: (source, each.name, each.available, each.reason) for each in data.capabilities}
        await insert(
            self._connection, source_capabilities, ("source", "name", "available", "reason"), list(rows.values())
        )

    async def _state(self, source: str, current: Iterable[SourceStatusUpdate]) -> None:
        """The tool tells the latest word on each thing alone. Those before it stay, for who looks back; what it took
        back goes, as does all that was said of what has no word any more."""
        latest = {(each.parent_kind, each.parent_id): each for each in current}
        table = tables.status_updates
        columns = (table.c.native_id, table.c.parent_kind, table.c.parent_id, table.c.created_at)
        known = await self._connection.execute(select(*columns).where(table.c.source == source))
        gone = [
            native_id
            for native_id, *parent, created_at in known
            if not _was_said_before(created_at, latest.get((parent[0], parent[1])))
        ]
        of_source = table.c.source == source
        await self._connection.execute(delete(table).where(of_source, table.c.native_id.in_(gone)))
        await self._write(source, table, _STATUS_UPDATE, latest.values())

    async def embedded(self, source: str, items: Iterable[SourceItem]) -> None:
        """People, iterations and releases as items mention them; what a mention omits stays known.

        Rules may name a person, so the items of one who is called differently now are assigned anew.
        """
        people: dict[str, SourcePerson] = {}
        iterations: dict[str, SourceIteration] = {}
        releases: dict[str, SourceRelease] = {}
        for item in items:
            for person in item.people:
                people[person.native_id] = person
            for iteration in item.iterations:
                iterations[iteration.native_id] = iteration
            for release in item.releases:
                releases[release.native_id] = release
        await self._mark_items_of(source, await self._renamed(source, people))
        await self._write(source, tables.people, _PERSON, people.values(), keep_known=("email",))
        await self._rename(source, (Facet.ITERATION,), tables.iterations, iterations.values())
        await self._write(source, tables.iterations, _ITERATION, iterations.values(), keep_known=_ITERATION[2:])
        await self._rename(source, (Facet.RELEASE, Facet.AFFECTED), tables.releases, releases.values())
        await self._write(source, tables.releases, _RELEASE, releases.values(), keep_known=_RELEASE[1:4])

    async def _renamed(self, source: str, people: Mapping[str, SourcePerson]) -> list[str]:
        """Ids of those of `people` whose stored name or e-mail address is another one."""
        if not people:
            return []
        known = await fetch(
            self._connection,
            "SELECT native_id, name, email FROM people "  # noqa: S608
            f"WHERE source = ? AND {within(self._connection, 'native_id')}",
            [source, list(people)],
        )
        return [
            native_id
            for native_id, name, email in known
            if people[native_id].name != name or people[native_id].email not in (None, email)
        ]

    async def _mark_items_of(self, source: str, people: list[str]) -> None:
        if people:
            await run(
                self._connection,
                "INSERT INTO pending_assignments (item_uid) SELECT uid FROM work_items "  # noqa: S608
                f"WHERE source = ? AND {within(self._connection, 'assignee_id')} ON CONFLICT (item_uid) DO NOTHING",
                [source, people],
            )

    async def _rename(
        self, source: str, facets: Iterable[Facet], table: Table, found: Iterable[SourceIteration | SourceRelease]
    ) -> None:
        """Before `found` is written: the items in one that has another name now call it by that name.

        No tool moves an item's time of change for it. Rules may name it, so these items are assigned anew.
        """
        names = {each.native_id: each.name for each in found}
        if not names:
            return
        known = await fetch(
            self._connection,
            f"SELECT native_id, name FROM {table.name} "  # noqa: S608
            f"WHERE source = ? AND {within(self._connection, 'native_id')}",
            [source, list(names)],
        )
        for native_id, name in known:
            if name != names[native_id]:
                for facet in facets:
                    await self._rename_one(source, facet, native_id, names[native_id])

    async def _rename_one(self, source: str, facet: Facet, native_id: str, name: str) -> None:
        inside = "facet = ? AND native_id = ? AND item_uid IN (SELECT uid FROM work_items WHERE source = ?)"
        await run(
            self._connection,
            f"INSERT INTO pending_assignments (item_uid) SELECT DISTINCT item_uid FROM item_facets WHERE {inside} "  # noqa: S608
            "ON CONFLICT (item_uid) DO NOTHING",
            [facet.value, native_id, source],
        )
        await run(
            self._connection,
            f"UPDATE item_facets SET value = ? WHERE {inside}",  # noqa: S608
            [name, facet.value, native_id, source],
        )

    async def replace_findings(self, source: str, findings: Iterable[tuple[Finding, bool]]) -> None:
        """All findings of a source, each with whether it makes answers incomplete."""
        await self._connection.execute(delete(source_findings).where(source_findings.c.source == source))
        columns = ("source", "code", "scope", "message", "blocking")
        rows: dict[Row, bool] = {}
        for finding, blocking in findings:
            identity = (source, finding.code, finding.scope or "", finding.message)
            rows[identity] = blocking or rows.get(identity, False)
        await insert(self._connection, source_findings, columns, [(*key, rows[key]) for key in sorted(rows)])

    async def _write(
        self,
        source: str,
        table: Table,
        names: tuple[str, ...],
        values: Iterable[Any],
        keep_known: tuple[str, ...] = (),
    ) -> None:
        rows: dict[str, Row] = {
            value.native_id: (source, value.native_id, *(getattr(value, name) for name in names)) for value in values
        }
        await upsert(
            self._connection,
            table,
            ("source", "native_id", *names),
            [rows[native_id] for native_id in sorted(rows)],
            key=("source", "native_id"),
            only_if_changed=names,
            keep_known=keep_known,
        )


def _was_said_before(created_at: datetime | None, latest: SourceStatusUpdate | None) -> bool:
    if latest is None or latest.created_at is None or created_at is None:
        return False
    return created_at < latest.created_at
