"""What lies beneath tasks: Asana lists sub-tasks only parent by parent, so every parent costs a request.

Level by level and several parents at once; of the tasks above no more is kept than a gid and a home.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Sequence

from msgspec import Struct

from connectors.asana.concurrently import concurrently
from connectors.asana.reading import Row, TaskReader, raw_item
from connectors.contract import RawItem
from connectors.errors import ListingBroken

MOST_LEVELS = 10  # Asana nests five; more than this is no tree


class Parent(Struct, frozen=True, gc=False):
    """A task with sub-tasks, and the projects that those of them inherit which have none."""

    gid: str
    homes: tuple[str, ...]


def parent_of(row: Row, homes: Sequence[str]) -> Parent | None:
    """None for a task without sub-tasks."""
    return Parent(row.head.gid, tuple(row.head.homes or homes)) if row.head.num_subtasks else None


async def descend(
    reader: TaskReader, parents: Iterable[Parent], *, seen: set[str], workers: int
) -> AsyncGenerator[list[RawItem], None]:
    """The sub-tasks of each parent and all beneath them, but for those in `seen`, which is added to."""

    async def children(parent: Parent) -> tuple[Parent, list[Row]]:
        return parent, await reader.beneath(parent.gid)

    level = list({each.gid: each for each in parents}.values())
    descended = {each.gid for each in level}
    for _ in range(MOST_LEVELS):
        below: list[Parent] = []
        async for parent, rows in concurrently(level, children, workers=workers):
            fresh = [row for row in rows if row.head.gid not in seen]
            seen.update(row.head.gid for row in fresh)
            if fresh:
                yield [raw_item(row, parent.homes) for row in fresh]
            nested = [each for row in rows if (each := parent_of(row, parent.homes)) and each.gid not in descended]
            descended.update(each.gid for each in nested)
            below += nested
        if not below:
            return
        level = below
    raise ListingBroken(reader.source, f"Sub-tasks are nested deeper than {MOST_LEVELS} levels.")
