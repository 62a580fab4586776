"""What one item was at a moment, and what of it a history tells: the words that connectors and the service share.

An `ItemState` starts as the snapshot and goes back through the item's changes, one at a time; each tool's historian
knows what undoing one of its changes means. The snapshot wins: it is never computed from the changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from msgspec import Struct

from connectors.items import StatusCategory


class Aspect(StrEnum):
    """What a field of a tool decides about an item."""

    STATUS = "status"  # status, resolution and category
    POINTS = "points"
    TIME = "time"  # original estimate, spent, remaining
    START = "start"
    DUE = "due"
    PARENT = "parent"
    PROJECT = "project"
    TYPE = "type"
    ASSIGNEE = "assignee"
    TEAM = "team"
    FLAGGED = "flagged"
    ITERATION = "iteration"
    RELEASE = "release"


EVERY_ASPECT = frozenset(Aspect)


class ItemState(Struct, frozen=True, kw_only=True, gc=False):
    """An item at one moment, as far as its tool keeps a history; None as in SourceItem: the tool did not say.

    `parent_key` is there where a history only named the parent. `iterations` and `releases` are native ids, and
    empty unless they were asked for. `told` holds what only the tool's own historian reads; `doubts` are the aspects
    that could not be told from what the history said.
    """

    key: str
    project_id: str
    item_type_id: str
    item_type: str
    level: int
    subtask: bool
    status_id: str
    status: str
    status_category: StatusCategory
    resolution: str | None = None
    no_resolution: bool = False  # done, in a tool that has resolutions
    assignee_id: str | None = None
    team: str | None = None
    parent_id: str | None = None
    parent_key: str | None = None
    points: float | None = None
    points_field: str | None = None
    estimate_seconds: int | None = None
    spent_seconds: int | None = None
    remaining_seconds: int | None = None
    start: date | None = None
    due: date | None = None
    flagged: bool = False
    homes: tuple[str, ...] = ()  # ids of all projects it stands in, where it may stand in several
    iterations: tuple[str, ...] = ()
    releases: tuple[str, ...] = ()
    told: Mapping[str, str | None] = {}
    doubts: frozenset[Aspect] = frozenset()
