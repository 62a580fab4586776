"""What most open work waits for: items, the teams they belong to or, where the operator allows it, people."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from enum import StrEnum
from weakref import WeakKeyDictionary

from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.bottlenecks import Bottlenecks, GroupBottleneck, bottlenecks_of
from service.domain.errors import InvalidQuery, one_of
from service.domain.network import NetworkItem
from service.programs.answers import Answer
from service.programs.cursors import DEFAULT_LIMIT, checked_limit, read_cursor, write_cursor
from service.programs.dependency_answers import BottleneckData, BottleneckList
from service.programs.dependency_faces import end_data
from service.programs.dependency_network import ProgramNetwork
from service.programs.dependency_terms import Viewpoint
from service.programs.item_faces import faces_of
from service.programs.networks import network_of
from service.store.engine import Database


class BottleneckBy(StrEnum):
    """What is told. People are told only when asked for, and only where the configuration allows it."""

    ITEM = "item"
    TEAM = "team"
    PERSON = "person"


async def list_bottlenecks(
    database: Database,
    key: str,
    *,
    view: Viewpoint,
    by: str = BottleneckBy.ITEM,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> Answer[BottleneckList]:
    """One page, what most waits for first. Raises UnknownProgram or InvalidQuery."""
    checked_limit(limit)
    told = one_of(BottleneckBy, "by", by)
    if told is BottleneckBy.PERSON and not view.terms.by_person:
        raise InvalidQuery("by", _NO_PEOPLE, (BottleneckBy.ITEM, BottleneckBy.TEAM))
    start = _start(read_cursor("bottlenecks", cursor, parts=2), told)
    known = await network_of(database, key, view)
    found = await _found(known.network, told)
    async with database.reading() as uow:
        if told is BottleneckBy.ITEM:
            rows = await _items(uow.connection, known.network, found, start, start + limit)
            total = len(found.items)
        else:
            page = found.groups[start : start + limit]
            names = await _names(uow.connection, known.network, page) if told is BottleneckBy.PERSON else None
            rows = [_group(each, names) for each in page]
            total = len(found.groups)
    following = write_cursor("bottlenecks", told, str(start + limit)) if total > start + limit else None
    return known.answer(BottleneckList(told, tuple(rows), total, following))


async def _found(asked: ProgramNetwork, by: BottleneckBy) -> Bottlenecks:
    """Computed once for each network that is kept, off the event loop. Teams come with the items."""
    kept = _bottlenecks.setdefault(asked, {})
    group = _person if by is BottleneckBy.PERSON else _team
    if group not in kept:
        kept[group] = await asyncio.to_thread(bottlenecks_of, asked.assessment, group=group)
    return kept[group]


def _team(item: NetworkItem) -> str | None:
    return item.team


def _person(item: NetworkItem) -> str | None:
    """An account of one tool: whose other accounts they are, nobody knows here."""
    return None if item.assignee_id is None else f"{item.source}:{item.assignee_id}"


async def _items(
    connection: AsyncConnection, asked: ProgramNetwork, found: Bottlenecks, start: int, end: int
) -> list[BottleneckData]:
    page = [(asked.network.items[each.place], each.waiting) for each in found.items[start:end]]
    faces = await faces_of(connection, [item for item, _ in page])
    return [
        BottleneckData(
            name=item.called, item=end_data(asked, item, faces), waiting=waiting, open_items=1, bottlenecks=1
        )
        for item, waiting in page
    ]


def _group(each: GroupBottleneck, names: Mapping[str, str] | None) -> BottleneckData:
    name = each.name if names is None or each.name is None else names.get(each.name, each.name)
    return BottleneckData(
        name=name, item=None, waiting=each.waiting, open_items=each.open_items, bottlenecks=each.bottlenecks
    )


async def _names(connection: AsyncConnection, asked: ProgramNetwork, page: Iterable[GroupBottleneck]) -> dict[str, str]:
    """Account → the name that its tool shows, read with one item that is assigned to it."""
    wanted = {each.name for each in page}
    holders = {name: item for item in asked.network.items if (name := _person(item)) in wanted and name is not None}
    faces = await faces_of(connection, holders.values())
    told = {name: faces[item.uid].assignee for name, item in holders.items() if item.uid in faces}
    return {name: assignee for name, assignee in told.items() if assignee}


def _start(parts: Iterable[str] | None, by: BottleneckBy) -> int:
    if parts is None:
        return 0
    told, number = parts
    if told != by or not number.isdecimal():
        raise InvalidQuery("cursor", "this is no cursor of this list; start again without one.")
    return int(number)


_NO_PEOPLE = "people are not compared here, unless interlock.yaml says `people: {bottlenecks: true}`."
_bottlenecks: WeakKeyDictionary[ProgramNetwork, dict[object, Bottlenecks]] = WeakKeyDictionary()
