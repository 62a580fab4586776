"""A work item as the roll-up sees it: only what decides a number, a date or a bucket."""

from __future__ import annotations

from datetime import date

from msgspec import Struct

from service.domain.status import StatusCategory


class RollupItem(Struct, frozen=True, gc=False, array_like=True):
    """One live item of a program. None means that the tool did not say, never zero.

    A Struct, like the connectors' items: a roll-up builds thousands, and a frozen dataclass costs five times as
    much. Array-like, so that a row of a query converts to one: the order of the fields is that of its columns.
    `homes` are the ids of the projects the item stands in, its own first; empty means just `project_id`.
    """

    uid: str
    called: str  # what people call it: its key, or its title in quotes where the tool has no keys
    source: str
    project_id: str
    item_type: str
    level: int  # -1 sub-task, 0 standard, 1 epic, 2 and more above
    subtask: bool
    status_category: StatusCategory
    no_resolution: bool = False
    parent_uid: str | None = None
    points: float | None = None
    time_seconds: int | None = None  # see progress.time_weight
    start: date | None = None
    due: date | None = None
    epic_uid: str | None = None  # nearest ancestor of level 1
    team: str | None = None
    workstream: str | None = None
    homes: tuple[str, ...] = ()
