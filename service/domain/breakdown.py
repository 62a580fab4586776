"""Into which rows of a breakdown an item falls. Whether it counts was decided before, for the whole program."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple, assert_never

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


def bucketing(by: Breakdown) -> Callable[[RollupItem], tuple[Bucket, ...]]:
    """item → the rows it stands in, at least one; more than one only for an item with several homes."""
    match by:
        case Breakdown.PROJECT:
            return _projects
        case Breakdown.WORKSTREAM:
            return _workstream
        case Breakdown.EPIC:
            return lambda item: _alone(by, _epic(item))
        case Breakdown.SOURCE:
            return lambda item: _alone(by, item.source)
        case Breakdown.ITEM_TYPE:
            return lambda item: _alone(by, item.item_type)
        case Breakdown.TEAM:
            return lambda item: _alone(by, item.team)
        case _:
            assert_never(by)


@lru_cache(maxsize=4_096)  # thousands of items share a few rows
def _alone(kind: Breakdown, name: str | None) -> tuple[Bucket, ...]:
    return (Bucket(kind, name),)


def _projects(item: RollupItem) -> tuple[Bucket, ...]:
    if len(item.homes) < 2:
        return _alone(Breakdown.PROJECT, f"{item.source}:{item.project_id}")
    homes = dict.fromkeys((item.project_id, *item.homes))
    return tuple(Bucket(Breakdown.PROJECT, f"{item.source}:{home}") for home in homes)


def _workstream(item: RollupItem) -> tuple[Bucket, ...]:
    if item.workstream is not None:
        return _alone(Breakdown.WORKSTREAM, item.workstream)
    return _alone(Breakdown.PROJECT, f"{item.source}:{item.project_id}")


def _epic(item: RollupItem) -> str | None:
    """An epic stands in its own row, with its children or, while it has none, as itself."""
    return item.uid if item.level == 1 else item.epic_uid
