"""What applying a programs file did, what it leaves over, and what a person may decide."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct
from pydantic import BaseModel, ConfigDict, Field

from service.programs.apply import Applied
from service.programs.plan import UnmappedProject
from service.programs.suggestions import Verdict


class Memberships(Struct, frozen=True):
    opened: int
    closed: int


class AppliedData(Struct, frozen=True):
    """Keys of the programs whose definition was added, changed or removed; memberships may move without it."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    memberships: Memberships

    @classmethod
    def of(cls, applied: Applied) -> AppliedData:
        assigned = applied.assigned
        return cls(applied.added, applied.changed, applied.removed, Memberships(assigned.opened, assigned.closed))


class SuggestionDecision(BaseModel):
    """The body of a decision."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    decision: Verdict
    predecessor: str | None = Field(
        default=None,
        max_length=500,
        description="For `confirm`: uid of the item that comes first, if not as suggested.",
    )


class UnmappedItem(Struct, frozen=True):
    uid: str
    key: str
    title: str


class UnmappedList(Struct, frozen=True):
    """Live items in no program, and how many each project has of them; `total` counts them all."""

    unmapped: tuple[UnmappedItem, ...]
    projects: tuple[UnmappedProject, ...]
    total: int
    next_cursor: str | None


class Overlap(Struct, frozen=True):
    uid: str
    key: str
    title: str
    programs: tuple[str, ...]


class OverlapList(Struct, frozen=True):
    """Items that stand in several programs; `total` counts them all."""

    overlaps: tuple[Overlap, ...]
    total: int
    next_cursor: str | None


class WhyItem(Struct, frozen=True):
    uid: str
    key: str
    title: str
    source: str
    project: str | None
    status: str
    status_category: str
    tombstone: str | None
    live: bool


class WhyVia(Struct, frozen=True):
    uid: str
    key: str | None
    title: str | None


class WhyMembership(Struct, frozen=True):
    """`rule` is the one that decided, in words; `via_item` the ancestor that met it, for a descendant."""

    program: str
    name: str | None
    current: bool
    rule: str
    via: str
    via_item: WhyVia | None
    workstream: str | None
    valid_from: datetime
    valid_to: datetime | None


class WhyFailure(Struct, frozen=True):
    matcher: str
    wanted: tuple[str, ...]
    actual: tuple[str, ...]
    message: str


class WhyInclude(Struct, frozen=True):
    rule: str
    met: bool
    via_uid: str | None
    failed: tuple[WhyFailure, ...]


class WhyAbsence(Struct, frozen=True):
    program: str
    name: str
    message: str
    excluded_by: tuple[str, ...]
    includes: tuple[WhyInclude, ...]


class WhyPoints(Struct, frozen=True):
    value: float | None
    field: str | None
    field_name: str | None


class Why(Struct, frozen=True):
    """The rule behind each membership, what fails for each program it is not in, and the sync that saw it last."""

    item: WhyItem
    memberships: tuple[WhyMembership, ...]
    absences: tuple[WhyAbsence, ...]
    last_seen: dict[str, Any] | None
    points: WhyPoints
