"""Into which rows of a breakdown an item falls. Whether it counts was decided before, for the whole program."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from enum import StrEnum
from operator import attrgetter
from typing import NamedTuple, assert_never, cast

from service.domain.items import RollupItem


class Breakdown(StrEnum):
    PROJECT = "project"
    WORKSTREAM = "workstream"
    EPIC = "epic"
    SOURCE = "source"
    ITEM_TYPE = "item_type"
    TEAM = "team"


class Bucket(NamedTuple):
    """One row. `kind` says what `id` is; None is the row of the items that have none.

    Projects are named "source:project-id", as two tools may use one key. A workstream row can be of kind
    PROJECT: where no workstream was declared, each tool project is one.
    """

    kind: Breakdown
    id: str | None


def places(items: Sequence[RollupItem], by: Breakdown) -> dict[tuple[Bucket, ...], list[int]]:
    """Rows → the positions of the items that stand in all of them; several only for items with several homes.

    Thousands of items share a few rows, so what a row is named after groups them before any name is made.
    """
    groups: defaultdict[Hashable, list[int]] = defaultdict(list)
    for position, decisive in enumerate(map(_decisive(by), items)):
        groups[decisive].append(position)
    buckets_of = _bucketing(by)
    found: dict[tuple[Bucket, ...], list[int]] = {}
    for group in groups.values():
        found.setdefault(buckets_of(items[group[0]]), []).extend(group)
    return found


def _decisive(by: Breakdown) -> Callable[[RollupItem], Hashable]:
    """What two items have in common that stand in the same rows."""
    match by:
        case Breakdown.PROJECT:
            return attrgetter("source", "project_id", "homes")
        case Breakdown.WORKSTREAM:
            return attrgetter("workstream", "source", "project_id")
        case Breakdown.EPIC:
            return _epic
        case Breakdown.SOURCE | Breakdown.ITEM_TYPE | Breakdown.TEAM:
            return attrgetter(str(by))
        case _:
            assert_never(by)


def _bucketing(by: Breakdown) -> Callable[[RollupItem], tuple[Bucket, ...]]:
    match by:
        case Breakdown.PROJECT:
            return _projects
        case Breakdown.WORKSTREAM:
            return _workstream
        case _:
            name = _decisive(by)
            return lambda item: (Bucket(by, cast("str | None", name(item))),)


def _projects(item: RollupItem) -> tuple[Bucket, ...]:
    if len(item.homes) < 2:
        return (Bucket(Breakdown.PROJECT, f"{item.source}:{item.project_id}"),)
    homes = dict.fromkeys((item.project_id, *item.homes))
    return tuple(Bucket(Breakdown.PROJECT, f"{item.source}:{home}") for home in homes)


def _workstream(item: RollupItem) -> tuple[Bucket, ...]:
    if item.workstream is not None:
        return (Bucket(Breakdown.WORKSTREAM, item.workstream),)
    return (Bucket(Breakdown.PROJECT, f"{item.source}:{item.project_id}"),)


def _epic(item: RollupItem) -> str | None:
    """An epic stands in its own row, with its children or, while it has none, as itself."""
    return item.uid if item.level == 1 else item.epic_uid
