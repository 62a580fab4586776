"""A program's own dates beside those that its items add up to, and where the two contradict each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from service.domain.items import RollupItem
from service.domain.scope import Family
from service.domain.status import OPEN, StatusCategory


class ConflictCode(StrEnum):
    CHILD_AFTER_PARENT_DUE = "child_after_parent_due"
    CHILD_BEFORE_PARENT_START = "child_before_parent_start"
    ROLLED_AFTER_TARGET = "rolled_after_target"
    ROLLED_BEFORE_START = "rolled_before_start"


@dataclass(frozen=True, slots=True)
class ProgramDates:
    """What the programs file says."""

    start: date | None = None
    target: date | None = None


@dataclass(frozen=True, slots=True)
class Conflict:
    """`own` is what the parent (or the program: `uid` None) says, `rolled` what stands beneath it."""

    uid: str | None
    code: ConflictCode
    own: date
    rolled: date


@dataclass(frozen=True, slots=True)
class RolledDates:
    """`rolled_start` is the earliest start and `rolled_due` the latest due over the countable items."""

    start: date | None
    due: date | None
    rolled_start: date | None
    rolled_due: date | None
    conflicts: tuple[Conflict, ...]


def roll_dates(
    items: Sequence[RollupItem], countable: Sequence[RollupItem], family: Family, *, program: ProgramDates
) -> RolledDates:
    rolled_start = min((item.start for item in countable if item.start), default=None)
    rolled_due = max((item.due for item in countable if item.due), default=None)
    return RolledDates(
        start=program.start,
        due=program.target,
        rolled_start=rolled_start,
        rolled_due=rolled_due,
        conflicts=(
            *_program_conflicts(program, rolled_start, rolled_due),
            *_parent_conflicts(items, family),
        ),
    )


def _program_conflicts(program: ProgramDates, rolled_start: date | None, rolled_due: date | None) -> Iterator[Conflict]:
    if program.target and rolled_due and rolled_due > program.target:
        yield Conflict(None, ConflictCode.ROLLED_AFTER_TARGET, program.target, rolled_due)
    if program.start and rolled_start and rolled_start < program.start:
        yield Conflict(None, ConflictCode.ROLLED_BEFORE_START, program.start, rolled_start)


def _parent_conflicts(items: Sequence[RollupItem], family: Family) -> list[Conflict]:
    """Open parents against everything not cancelled beneath them, however deep: a level without dates hides nothing."""
    starts, dues = _reach(family)
    conflicts: list[Conflict] = []
    for parent in items:
        if parent.status_category not in OPEN:
            continue
        start, due = starts.get(parent.uid), dues.get(parent.uid)
        if parent.due and due and due > parent.due:
            conflicts.append(Conflict(parent.uid, ConflictCode.CHILD_AFTER_PARENT_DUE, parent.due, due))
        if parent.start and start and start < parent.start:
            conflicts.append(Conflict(parent.uid, ConflictCode.CHILD_BEFORE_PARENT_START, parent.start, start))
    return sorted(conflicts, key=lambda conflict: (conflict.uid or "", conflict.code))


def _reach(family: Family) -> tuple[Mapping[str, date], Mapping[str, date]]:
    """For each parent: the earliest start and the latest due among its descendants that are not cancelled."""
    starts: dict[str, date] = {}
    dues: dict[str, date] = {}
    for item in family.upward:
        parent = family.parents[item.uid]
        start, due = starts.get(item.uid), dues.get(item.uid)
        if item.status_category is not StatusCategory.CANCELLED:
            start = min(start, item.start) if start and item.start else start or item.start
            due = max(due, item.due) if due and item.due else due or item.due
        if start and (parent not in starts or start < starts[parent]):
            starts[parent] = start
        if due and (parent not in dues or due > dues[parent]):
            dues[parent] = due
    return starts, dues
