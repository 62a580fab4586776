"""When tasks of Asana waited for tasks that they depend on, as the links of today and the histories of both tell.

A dependency counts from when it was drawn until it was taken away, as far as stories tell of that; else since both
tasks exist. A task that nobody can read blocks nobody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from msgspec import Struct, convert
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.status import OPEN, StatusCategory
from service.domain.waits import Predecessor, Stretch, done_stretches, drawn_stretches, waits
from service.store.bulk import fetch, within
from service.store.drawn_edges import DrawnEdges
from service.store.life_moves import COMPLETED
from service.store.past_links import past_links

OF_TASKS = "asana"  # the kind of source whose items have dependencies for a flag, and completion for a status


class Begun(NamedTuple):
    """A task that was begun, and has been under way until it was done or left."""

    uid: str
    under_way: Stretch


class _Task(Struct, frozen=True, gc=False, array_like=True):
    """In the order of the columns of `_TASKS`. `settled_at` is since when it is as it is."""

    uid: str
    status_category: StatusCategory
    created_at: datetime
    done_at: datetime | None
    settled_at: datetime


async def sources_of_tasks(connection: AsyncConnection) -> frozenset[str]:
    return frozenset(name for (name,) in await fetch(connection, _SOURCES, [OF_TASKS]))


async def task_waits(connection: AsyncConnection, begun: Iterable[Begun]) -> dict[str, tuple[Stretch, ...]]:
    """By uid, of every task that depends on one: when it waited, perhaps never."""
    ours = {each.uid: each for each in begun}
    if not ours:
        return {}
    today = await DrawnEdges(connection).touching(ours)  # of which only what the tool itself draws is told of
    told = (await past_links(connection, ours, today)).histories.links
    links = {link: history for link, history in told.items() if link.successor_uid in ours}
    tasks = {each.uid: each for each in await _tasks(connection, {uid for link in links for uid in link[:2]})}
    done = await _done(connection, {link.predecessor_uid for link in links}, tasks)
    before: dict[str, list[Predecessor]] = defaultdict(list)
    for link, history in links.items():
        if (task := tasks.get(link.predecessor_uid)) is not None:
            both_exist = max(task.created_at, tasks[link.successor_uid].created_at)
            drawn = drawn_stretches(history, both_exist=both_exist)
            before[link.successor_uid] += [Predecessor(each, done[task.uid]) for each in drawn]
    return {uid: waits(ours[uid].under_way, several) for uid, several in before.items()}


async def _tasks(connection: AsyncConnection, uids: Collection[str]) -> list[_Task]:
    rows = await fetch(connection, _TASKS.format(within(connection, "uid")), [sorted(uids)])
    return convert(rows, list[_Task], strict=False)


async def _done(
    connection: AsyncConnection, uids: Collection[str], tasks: Mapping[str, _Task]
) -> dict[str, tuple[Stretch, ...]]:
    """A task that was cancelled is waited for no longer."""
    moves: dict[str, list[tuple[datetime, bool]]] = defaultdict(list)
    for uid, at, value in await fetch(
        connection, _COMPLETIONS.format(within(connection, "item_uid")), [sorted(uids), COMPLETED]
    ):
        moves[uid].append((convert(at, datetime, strict=False), value == "true"))
    return {uid: _settled(tasks[uid], moves[uid]) for uid in uids if uid in tasks}


def _settled(task: _Task, moves: Sequence[tuple[datetime, bool]]) -> tuple[Stretch, ...]:
    if task.status_category in OPEN:
        return done_stretches(moves, done_at=None)
    return done_stretches(moves, done_at=task.done_at or task.settled_at)


_SOURCES = "SELECT name FROM sources WHERE kind = ?"
_TASKS = """
    SELECT uid, status_category, created_at, done_at, coalesce(resolved_at, updated_at) FROM work_items
     WHERE {} AND tombstone IS NULL"""
_COMPLETIONS = """
    SELECT item_uid, at, to_value FROM item_changes WHERE {} AND field_id = ?
     ORDER BY item_uid, at, length(change_id), change_id, ordinal"""
