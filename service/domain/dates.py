"""A program's own dates beside those that its items add up to, and where the two contradict each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from msgspec import Struct

from service.domain.items import RollupItem
from service.domain.scope import NOBODY, Family
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


class Conflict(Struct, frozen=True, gc=False):
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
    items: Sequence[RollupItem], countable: Sequence[int], family: Family, *, program: ProgramDates
) -> RolledDates:
    """`countable` are positions in `items`."""
    rolled_start = min((start for position in countable if (start := items[position].start)), default=None)
    rolled_due = max((due for position in countable if (due := items[position].due)), default=None)
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
    starts, dues = _reach(items, family)
    conflicts: list[Conflict] = []
    for position in set(family.parents) - {NOBODY}:
        parent, start, due = items[position], starts[position], dues[position]
        if parent.status_category not in OPEN:
            continue
        if parent.due and due > parent.due:
            conflicts.append(Conflict(parent.uid, ConflictCode.CHILD_AFTER_PARENT_DUE, parent.due, due))
        if parent.start and start < parent.start:
            conflicts.append(Conflict(parent.uid, ConflictCode.CHILD_BEFORE_PARENT_START, parent.start, start))
    return sorted(conflicts, key=lambda conflict: (conflict.uid or "", conflict.code))


def _reach(items: Sequence[RollupItem], family: Family) -> tuple[Sequence[date], Sequence[date]]:
    """For each position: the earliest start and the latest due among its descendants that are not cancelled.

    Where there is none, the latest start and the earliest due there can be: they contradict nobody.
    """
    cancelled = StatusCategory.CANCELLED
    starts = [date.max] * len(items)
    dues = [date.min] * len(items)
    for position in family.upward:
        item, parent = items[position], family.parents[position]
        start, due = starts[position], dues[position]
        if item.status_category is not cancelled:
            if (own := item.start) and own < start:
                start = own
            if (own := item.due) and own > due:
                due = own
        if start < starts[parent]:  # noqa: PLR1730 - min and max cost several times as much
            starts[parent] = start
        if due > dues[parent]:  # noqa: PLR1730
            dues[parent] = due
    return starts, dues
