"""Why an item is in a program, or is not: the rule that decided, the matchers that failed, the sync that saw it.

Also what a portfolio's mapping leaves over: items in no program, and items in several.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from service.domain.errors import UnknownItem
from service.domain.mapping import FIELD_PREFIX, ProgramDefinition, Rule
from service.programs.cursors import checked_limit, read_cursor, write_cursor
from service.store.engine import Database
from service.store.evidence import Evidence
from service.store.item_reads import ItemReads
from service.store.memberships import Memberships
from service.store.programs import Programs
from service.store.unit_of_work import UnitOfWork

Answer = dict[str, Any]


async def why(database: Database, uid_or_key: str, *, among: Collection[str] | None = None) -> Answer:
    """All there is to say about one item's mapping, or what concerns the programs `among`. Raises UnknownItem.

    Keys: item, memberships (current, then past), absences (one per program it is not in), last_seen, points.
    An item that left its tool's listing is explained, too.
    """
    async with database.reading() as uow:
        found = await ItemReads(uow.connection).resolve(uid_or_key)
        if found is None:
            raise UnknownItem(uid_or_key)
        return await _Explanation(uow, found.uid, among).answer()


async def unmapped(database: Database, limit: int = 100, cursor: str | None = None) -> Answer:
    """A page of the live items in no program: {"unmapped", "projects", "total", "next_cursor"}. Raises InvalidQuery."""
    (after,) = read_cursor("unmapped", cursor, parts=1) or ("",)
    async with database.reading() as uow:
        memberships = Memberships(uow.connection)
        uids = await memberships.unmapped(after=after, limit=checked_limit(limit) + 1)
        names = await memberships.names(uids[:limit])
        projects = await memberships.unmapped_by_project()
    columns = ("source", "project_id", "key", "name", "items")
    return {
        "unmapped": [{"uid": uid, "key": names[uid][0], "title": names[uid][1]} for uid in uids[:limit]],
        "projects": [dict(zip(columns, row, strict=True)) for row in projects],
        "total": sum(row[-1] for row in projects),
        "next_cursor": write_cursor("unmapped", uids[limit - 1]) if len(uids) > limit else None,
    }


async def overlaps(
    database: Database, limit: int = 100, cursor: str | None = None, *, among: Collection[str] | None = None
) -> Answer:
    """A page of the items that stand in several programs: {"overlaps", "total", "next_cursor"}.

    `among`: as if there were no other programs.
    """
    (after,) = read_cursor("overlaps", cursor, parts=1) or ("",)
    async with database.reading() as uow:
        memberships = Memberships(uow.connection)
        found = await memberships.shared(after=after, limit=checked_limit(limit) + 1, among=among)
        total = await memberships.shared_count(among=among)
    rows = [
        {"uid": each.uid, "key": each.key, "title": each.title, "programs": list(each.programs)}
        for each in found[:limit]
    ]
    more = len(found) > limit
    return {
        "overlaps": rows,
        "total": total,
        "next_cursor": write_cursor("overlaps", found[limit - 1].uid) if more else None,
    }


class _Explanation:
    """The answer about one item, part by part, within one read."""

    def __init__(self, uow: UnitOfWork, uid: str, among: Collection[str] | None) -> None:
        self._uid = uid
        self._among = among
        self._items = ItemReads(uow.connection)
        self._evidence = Evidence(uow.connection)
        self._programs = Programs(uow.connection)

    async def answer(self) -> Answer:
        item = await self._items.one(self._uid)
        rows = [row for row in await self._evidence.memberships(self._uid) if self._told(row.program_key)]
        here = {row.program_key for row in rows if row.valid_to is None}
        programs = [each.definition for each in await self._programs.all() if self._told(each.definition.key)]
        return {
            "item": _item(item),
            "memberships": [_membership(row) for row in rows],
            "absences": [await self._absence(item, each) for each in programs if each.key not in here],
            "last_seen": await self._last_seen(item),
            "points": await self._points(item),
        }

    def _told(self, program: str) -> bool:
        return self._among is None or program in self._among

    async def _absence(self, item: Any, program: ProgramDefinition) -> Answer:
        if item.tombstone is not None:
            message = f"It is no live item any more ({item.tombstone}), so it is in no program."
            return _absent(program, message)
        excluded = [rule for rule in program.exclude if all((await self._verdicts(rule)).values())]
        line = await self._evidence.ancestors(self._uid)
        includes = [await self._include(item, rule, line) for rule in program.include]
        met = any(each["met"] for each in includes)
        texts = [rule.describe() for rule in excluded]
        return _absent(program, _absence_message(met, texts), excluded_by=texts, includes=includes)

    async def _include(self, item: Any, rule: Rule, line: Sequence[str]) -> Answer:
        """How one include fares: what fails for the item itself, and which ancestor would bring it along."""
        failing = [name for name, held in (await self._verdicts(rule)).items() if not held]
        via = await self._evidence.met_by(line, rule) if failing and rule.descendants and line else None
        failed = [await self._failure(item, name, rule.matchers[name]) for name in failing]
        return {
            "rule": rule.describe(),
            "met": not failing or via is not None,
            "via_uid": via,
            "failed": failed,
        }

    async def _verdicts(self, rule: Rule) -> Mapping[str, bool]:
        return await self._evidence.verdicts(self._uid, rule)

    async def _failure(self, item: Any, matcher: str, wanted: Sequence[str]) -> Answer:
        actual = await self._actual(item, matcher)
        name = matcher.removeprefix(FIELD_PREFIX)
        has = f"is {' / '.join(actual)}" if actual else "is not set"
        message = f"{name} {has}; the rule wants {' or '.join(wanted)}"
        return {"matcher": name, "wanted": list(wanted), "actual": actual, "message": message}

    async def _actual(self, item: Any, matcher: str) -> list[str]:
        match matcher:
            case "project":
                values = [item.project or item.project_id, item.project_name]
            case "epic":
                values = [await self._evidence.key_of(item.epic_uid)]
            case "parent":
                values = [await self._evidence.key_of(item.parent_uid)]
            case "assignee":
                values = [item.assignee or item.assignee_id]
            case "level":
                values = [str(item.level)]
            case "source" | "item_type" | "key" | "team" | "status" | "status_category":
                values = [getattr(item, matcher)]
            case _:
                return await self._facet_values(matcher)
        return [value for value in values if value]

    async def _facet_values(self, matcher: str) -> list[str]:
        facets = await self._items.facets(self._uid)
        if not matcher.startswith(FIELD_PREFIX):
            return facets.get(matcher, [])
        ids = await self._programs.field_ids([matcher.removeprefix(FIELD_PREFIX)])
        return [value for each in ids for value in facets.get(FIELD_PREFIX + each, [])]

    async def _last_seen(self, item: Any) -> Answer | None:
        row = await self._evidence.last_seen(item.source, item.native_id)
        return None if row is None else {"source": item.source, **row._mapping}

    async def _points(self, item: Any) -> Answer:
        field = item.points_field
        name = await self._evidence.field_name(item.source, field) if field else None
        return {"value": item.points, "field": field, "field_name": name}


def _item(item: Any) -> Answer:
    names = ("uid", "key", "title", "source", "project", "status", "status_category", "tombstone")
    return {name: getattr(item, name) for name in names} | {"live": item.tombstone is None}


def _membership(row: Any) -> Answer:
    via = {"uid": row.via_uid, "key": row.via_key, "title": row.via_title} if row.via_uid else None
    return {
        "program": row.program_key,
        "name": row.name,
        "current": row.valid_to is None,
        "rule": row.rule,
        "via": row.via,
        "via_item": via,
        "workstream": row.workstream,
        "valid_from": row.valid_from,
        "valid_to": row.valid_to,
    }


def _absent(
    program: ProgramDefinition,
    message: str,
    *,
    excluded_by: Sequence[str] = (),
    includes: Sequence[Answer] = (),
) -> Answer:
    return {
        "program": program.key,
        "name": program.name,
        "message": message,
        "excluded_by": list(excluded_by),
        "includes": list(includes),
    }


def _absence_message(met: bool, excluded_by: Sequence[str]) -> str:
    if met and excluded_by:
        return f"An include matches it, and an exclude takes it out: {'; '.join(excluded_by)}."
    if met:
        return "A rule matches it now; it joins with the next assignment."
    return "No include rule matches it, nor anything above it."
