"""The shapes of answers, as they leave through HTTP and `--json` (design §6.3). Numbers here are already rounded.

Structs are encoded in the order of their fields, so that equal answers are equal bytes.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Generic, TypeVar

import msgspec
from msgspec import UNSET, Struct, UnsetType

Data = TypeVar("Data")


class Remark(Struct, frozen=True, gc=False):
    """A warning, or a reason why a source is incomplete: a stable code and a sentence."""

    code: str
    message: str


class SourceState(Struct, frozen=True):
    """`complete` is only true when a complete sync proves it and nothing since speaks against it."""

    name: str
    last_complete_sync: datetime | None
    lag_seconds: int | None
    complete: bool
    reasons: tuple[Remark, ...]


class Answer(Struct, Generic[Data], frozen=True):
    """The envelope. `as_of` is the oldest proof among the sources involved; null when one was never complete."""

    as_of: datetime | None
    generated_at: datetime
    definition_version: str
    sources: tuple[SourceState, ...]
    warnings: tuple[Remark, ...]
    data: Data


class ProgramRef(Struct, frozen=True):
    key: str
    name: str


class ProgramSummary(Struct, frozen=True):
    """`items` counts the live items, countable or not. `start` and `target` are those of the programs file."""

    key: str
    name: str
    objective: str | None
    owner: str | None
    start: date | None
    target: date | None
    items: int


class ProgramList(Struct, frozen=True):
    programs: tuple[ProgramSummary, ...]
    next_cursor: str | None


class Rule(Struct, frozen=True):
    kind: str  # include | exclude | workstream | confirm_suggested
    name: str | None
    description: str


class ProgramDetail(Struct, frozen=True):
    key: str
    name: str
    objective: str | None
    owner: str | None
    start: date | None
    target: date | None
    count_subtasks: bool
    items: int
    rules: tuple[Rule, ...]


class StatedHealthData(Struct, frozen=True):
    """The latest word of people on one project, portfolio or item, in the tool's own words; no number rests on it."""

    kind: str  # project | portfolio | item
    name: str
    status: str  # on_track | at_risk | off_track | on_hold | complete | dropped
    title: str | None
    author: str | None
    stated_at: datetime | None
    source: str


class ProgramData(Struct, frozen=True):
    program: ProgramDetail
    stated_health: tuple[StatedHealthData, ...]


class Excluded(Struct, frozen=True, gc=False):
    cancelled: int
    has_children: int
    subtask: int


class ScopeData(Struct, frozen=True, gc=False):
    items: int
    countable: int
    excluded: Excluded


class CountProgress(Struct, frozen=True, gc=False):
    """`reason` is only there when `value` is null."""

    to_do: int
    in_progress: int
    done: int
    total: int
    value: float | None
    coverage: float | None
    reason: str | UnsetType = UNSET


class ByPolicy(Struct, frozen=True, gc=False):
    skip: float | None
    impute_mean: float | None
    zero: float | None


class WeightedProgress(Struct, frozen=True, gc=False):
    """Points, or time in seconds."""

    to_do: float
    in_progress: float
    done: float
    total: float
    value: float | None
    coverage: float | None
    policy: str
    by_policy: ByPolicy
    reason: str | None


class ProgressData(Struct, frozen=True, gc=False):
    """All three bases, or only the one that was asked for."""

    count: CountProgress | UnsetType = UNSET
    points: WeightedProgress | UnsetType = UNSET
    time: WeightedProgress | UnsetType = UNSET


class ConflictData(Struct, frozen=True, gc=False):
    """Of one item, or of the program itself: then `uid`, `key` and `title` are null."""

    uid: str | None
    key: str | None
    title: str | None
    code: str
    own: date
    rolled: date


class DatesData(Struct, frozen=True):
    start: date | None
    due: date | None
    rolled_start: date | None
    rolled_due: date | None
    conflicts: tuple[ConflictData, ...]


class BreakdownRow(Struct, frozen=True, gc=False):
    by: str
    key: str | None
    name: str | None
    scope: ScopeData
    progress: ProgressData
    shared: int


class RollupData(Struct, frozen=True):
    program: ProgramRef
    scope: ScopeData
    progress: ProgressData
    dates: DatesData
    breakdown: tuple[BreakdownRow, ...]


class ItemRow(Struct, frozen=True):
    """`counts` says whether it is countable in the program, `excluded` why not. `url` opens it in its tool."""

    uid: str
    key: str
    title: str
    source: str
    project: str | None
    item_type: str
    level: int
    status: str
    status_category: str
    resolution: str | None
    team: str | None
    assignee: str | None
    workstream: str | None
    parent: str | None
    epic: str | None
    points: float | None
    time_seconds: int | None
    start: date | None
    due: date | None
    flagged: bool
    updated_at: datetime
    done_at: datetime | None
    counts: bool
    excluded: str | None
    url: str | None


class ItemSummary(ItemRow, frozen=True):
    """As of an earlier moment it also says which values later changes told, and which nothing can tell."""

    reconstructed: tuple[str, ...] | UnsetType = UNSET
    unknown: tuple[str, ...] | UnsetType = UNSET


class ItemList(Struct, frozen=True):
    items: tuple[ItemSummary, ...]
    next_cursor: str | None


class ItemProgram(Struct, frozen=True):
    key: str
    name: str
    workstream: str | None


class ItemDetail(Struct, frozen=True):
    """Everything that is stored about one item. `facets` are its sets: labels, components, releases, …"""

    uid: str
    key: str
    former_keys: tuple[str, ...]
    title: str
    source: str
    project: str | None
    project_name: str | None
    item_type: str
    level: int
    subtask: bool
    status: str
    status_category: str
    resolution: str | None
    no_resolution: bool
    priority: str | None
    team: str | None
    assignee: str | None
    reporter: str | None
    parent: str | None
    epic: str | None
    points: float | None
    points_field: str | None
    estimate_seconds: int | None
    spent_seconds: int | None
    remaining_seconds: int | None
    start: date | None
    due: date | None
    target_start: date | None
    target_end: date | None
    flagged: bool
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    done_at: datetime | None
    resolved_at: datetime | None
    facets: dict[str, list[str]]
    programs: tuple[ItemProgram, ...]
    warnings: tuple[str, ...]
    url: str | None


class ItemData(Struct, frozen=True):
    item: ItemDetail


class Change(Struct, frozen=True):
    """One field changed at one moment. `field` is the name people know, where the tool told it."""

    at: datetime
    field_id: str
    field: str
    author: str | None
    from_value: str | None
    to_value: str | None
    from_text: str | None
    to_text: str | None


class History(Struct, frozen=True):
    """Newest first."""

    uid: str
    key: str
    changes: tuple[Change, ...]
    next_cursor: str | None


def encode(answer: object) -> bytes:
    """JSON with times in ISO 8601 and Z, days as dates, and the keys of free mappings sorted."""
    return msgspec.json.encode(answer, order="deterministic")
