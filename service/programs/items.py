"""Answers about items: a filtered page of a program, one item, what changed on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.errors import InvalidQuery, UnknownItem, one_of
from service.domain.progress import time_weight
from service.domain.scope import Exclusion, exclusions, family_of
from service.domain.status import StatusCategory
from service.programs.answers import (
    Answer,
    Change,
    History,
    ItemData,
    ItemDetail,
    ItemList,
    ItemProgram,
    ItemSummary,
)
from service.programs.backlog import backlog_notices
from service.programs.cache import cache_of
from service.programs.cursors import DEFAULT_LIMIT, checked_limit, read_cursor, write_cursor
from service.programs.envelope import enveloped
from service.programs.freshness import Grounds, grounds_of
from service.store.engine import Database
from service.store.faces import Face
from service.store.freshness import Freshness, SourceFacts
from service.store.item_reads import AnyRow, ItemFilters, ItemReads
from service.store.program_items import ProgramItems

__all__ = ["ItemFilters", "get_history", "get_item", "list_items"]

NO_FILTERS = ItemFilters()
BATCH = 1_000  # rows read at once where `countable` has to be asked item by item


async def list_items(
    database: Database,
    key: str,
    *,
    filters: ItemFilters = NO_FILTERS,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
    now: datetime,
    today: date | None = None,
) -> Answer[ItemList]:
    """Live items of a program by uid. Raises UnknownProgram or InvalidQuery."""
    checked_limit(limit)
    for category in filters.values("status_category"):
        one_of(StatusCategory, "status_category", category)
    place = read_cursor("items", cursor, parts=1)
    async with database.reading() as uow:
        grounds = await grounds_of(uow.connection, key)
        excluded = await _exclusions(uow.connection, database, grounds)
        rows = await _page(uow.connection, key, filters, excluded, after=place[0] if place else None, limit=limit + 1)
        backlog = await backlog_notices(uow.connection, grounds, cache_of(database))
    page = rows[:limit]
    following = write_cursor("items", page[-1].uid) if len(rows) > limit else None
    items = tuple(_summary(row, excluded.get(row.uid)) for row in page)
    return enveloped(ItemList(items, following), sources=grounds.sources, now=now, notices=backlog)


async def get_item(database: Database, uid: str, *, now: datetime) -> Answer[ItemData]:
    """`uid` is source:native-id, source:KEY or a former key. Raises UnknownItem."""
    async with database.reading() as uow:
        reader = ItemReads(uow.connection)
        found = await _resolved(reader, uid)
        row = await reader.one(found.uid)
        detail = _detail(
            row,
            former_keys=await reader.former_keys(found.uid),
            facets=await reader.facets(found.uid),
            programs=await reader.programs_of(found.uid),
        )
        sources = await _source(uow.connection, found.source)
    return enveloped(ItemData(detail), sources=sources, now=now)


async def get_history(
    database: Database, uid: str, *, now: datetime, cursor: str | None = None, limit: int = DEFAULT_LIMIT
) -> Answer[History]:
    """The item's changes, newest first. Raises UnknownItem or InvalidQuery."""
    checked_limit(limit)
    place = _change_place(read_cursor("history", cursor, parts=3))
    async with database.reading() as uow:
        reader = ItemReads(uow.connection)
        found = await _resolved(reader, uid)
        rows = await reader.changes(found.uid, found.source, before=place, limit=limit + 1)
        sources = await _source(uow.connection, found.source)
    page = rows[:limit]
    following = None
    if len(rows) > limit:
        last = page[-1]
        following = write_cursor("history", last.at.isoformat(), last.change_id, str(last.ordinal))
    changes = tuple(_change(row) for row in page)
    return enveloped(History(found.uid, found.key, changes, following), sources=sources, now=now)


def browse_url(row: AnyRow | Face) -> str | None:
    """Where a person opens the item: as the tool told with it, else by its key where that is enough."""
    return web_address(row.url, kind=row.source_kind, site=row.source_url, key=row.key)


def web_address(told: str | None, *, kind: str | None, site: str | None, key: str) -> str | None:
    """The same of its parts. Nothing but a web address ever becomes a link."""
    if told is not None:
        return told if told.startswith(("https://", "http://")) else None
    if kind is None or site is None or not kind.startswith("jira"):
        return None
    return f"{site.rstrip('/')}/browse/{key}"


async def _page(
    connection: AsyncConnection,
    key: str,
    filters: ItemFilters,
    excluded: Mapping[str, Exclusion],
    *,
    after: str | None,
    limit: int,
) -> list[AnyRow]:
    """Up to `limit` rows. `countable` is asked after the query, so that one page may take several reads."""
    reader = ItemReads(connection)
    if filters.countable is None:
        return list(await reader.page(key, filters, after=after, limit=limit))
    kept: list[AnyRow] = []
    while len(kept) < limit:
        rows = await reader.page(key, filters, after=after, limit=BATCH)
        kept.extend(row for row in rows if (row.uid not in excluded) is filters.countable)
        if len(rows) < BATCH:
            break
        after = rows[-1].uid
    return kept[:limit]


async def _exclusions(connection: AsyncConnection, database: Database, grounds: Grounds) -> Mapping[str, Exclusion]:
    """Countability looks at the whole program; it is kept for the pages that follow."""
    cache = cache_of(database).exclusions
    found = cache.get(grounds.fingerprint)
    if found is None:
        items = await ProgramItems(connection).rollup_items(grounds.program.key)
        found = exclusions(items, family_of(items), count_subtasks=grounds.program.count_subtasks)
        cache.put(grounds.fingerprint, found)
    return found


async def _resolved(reader: ItemReads, uid: str) -> AnyRow:
    found = await reader.resolve(uid)
    if found is None or found.tombstone is not None:
        raise UnknownItem(uid, tombstone=found.tombstone if found else None)
    return found


async def _source(connection: AsyncConnection, name: str) -> list[SourceFacts]:
    return [each for each in await Freshness(connection).of_sources() if each.name == name]


def _change_place(parts: tuple[str, ...] | None) -> tuple[datetime, str, int] | None:
    if parts is None:
        return None
    at, change_id, ordinal = parts
    try:
        return datetime.fromisoformat(at), change_id, int(ordinal)
    except ValueError:
        raise InvalidQuery("cursor", "this is no cursor of this list; start again without one.") from None


def _summary(row: AnyRow, excluded: Exclusion | None) -> ItemSummary:
    return ItemSummary(
        uid=row.uid,
        key=row.key,
        title=row.title,
        source=row.source,
        project=row.project or row.project_id,
        item_type=row.item_type,
        level=row.level,
        status=row.status,
        status_category=row.status_category,
        resolution=row.resolution,
        team=row.team,
        assignee=row.assignee,
        workstream=row.workstream,
        parent=row.parent_uid,
        epic=row.epic_uid,
        points=row.points,
        time_seconds=time_weight(row.estimate_seconds, row.spent_seconds, row.remaining_seconds),
        start=row.start,
        due=row.due,
        flagged=row.flagged,
        updated_at=row.updated_at,
        done_at=row.done_at,
        counts=excluded is None,
        excluded=excluded,
        url=browse_url(row),
    )


def _detail(
    row: AnyRow,
    *,
    former_keys: Sequence[str],
    facets: dict[str, list[str]],
    programs: Sequence[AnyRow],
) -> ItemDetail:
    same_name = set(ItemDetail.__struct_fields__) & set(row._fields) - {"warnings", "url"}
    return ItemDetail(
        **{name: getattr(row, name) for name in same_name - {"project"}},
        former_keys=tuple(former_keys),
        project=row.project or row.project_id,
        parent=row.parent_uid,
        epic=row.epic_uid,
        facets=facets,
        programs=tuple(ItemProgram(each.key, each.name, each.workstream) for each in programs),
        warnings=tuple((row.warnings or "").split()),
        url=browse_url(row),
    )


def _change(row: AnyRow) -> Change:
    return Change(
        at=row.at,
        field_id=row.field_id,
        field=row.field or row.field_id,
        author=row.author,
        from_value=row.from_value,
        to_value=row.to_value,
        from_text=row.from_text,
        to_text=row.to_text,
    )
