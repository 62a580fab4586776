"""A baseline: what a program held, and when it was planned to be done, frozen under a name (PMI's approved plan).

`planned` turns the items of one moment into rows that are kept. The same function, asked about now, gives what a
baseline is compared with, so that both sides speak of dates in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from math import fsum, inf
from typing import Final, NamedTuple

from msgspec import Struct

from service.domain.dates import ProgramDates
from service.domain.items import RollupItem
from service.domain.progress import Basis
from service.domain.scope import COUNTABLE, Exclusion, Family, Standing, family_of, standings
from service.domain.status import StatusCategory


class PlannedBy(StrEnum):
    """What says by when an item is planned to be done; the first that knows a day, in this order."""

    OWN = "own"
    ITERATION = "iteration"
    RELEASE = "release"
    BENEATH = "beneath"  # of a container: the latest of what lies beneath it
    PARENT = "parent"  # the nearest ancestor that has a day of its own
    PROGRAM = "program"  # the target of the program


class Slot(NamedTuple):
    """The iteration and the release that an item is planned in, as days."""

    start: date | None = None
    end: date | None = None
    release: date | None = None


class BaselineItem(Struct, frozen=True, gc=False, array_like=True):
    """One item of a baseline. `excluded` None: it counts; else it holds others together.

    `start` and `finish` are planned days; None where neither the item, nor what it stands in, nor the program says.
    """

    uid: str
    called: str
    item_type: str
    parent_uid: str | None
    category: StatusCategory
    excluded: Exclusion | None
    points: float | None
    time_seconds: int | None
    start: date | None
    finish: date | None
    planned_by: PlannedBy | None

    @property
    def countable(self) -> bool:
        return self.excluded is None

    @property
    def done(self) -> bool:
        return self.category is StatusCategory.DONE

    def weight(self, basis: Basis) -> float | None:
        """None where the tool gave none. A negative or infinite estimate is no estimate, as in a roll-up."""
        if basis is Basis.COUNT:
            return 1.0
        said = self.points if basis is Basis.POINTS else self.time_seconds
        return said if said is not None and 0 <= said < inf else None


@dataclass(frozen=True, slots=True)
class BaselineTotals:
    """Over what counts. Points and seconds are sums of what is known, None where nothing is."""

    items: int
    points: float | None
    time_seconds: int | None
    start: date | None
    finish: date | None


_NO_SLOT: Final = Slot()
_KEPT: Final[frozenset[Standing]] = frozenset({*COUNTABLE, Exclusion.HAS_CHILDREN})


def planned(
    items: Sequence[RollupItem], slots: Mapping[str, Slot], *, program: ProgramDates, count_subtasks: bool = False
) -> tuple[BaselineItem, ...]:
    """What counts and the containers above it, by uid; cancelled work and parts of counted items are left out.

    `items` are the live items of one program, `slots` by uid those that stand in an iteration or a release.
    """
    family = family_of(items)
    standing = standings(items, family, count_subtasks=count_subtasks)
    plans = _plans(items, slots, family, standing, program)
    rows = [
        _row(item, standing[position], plans[position])
        for position, item in enumerate(items)
        if standing[position] in _KEPT
    ]
    return tuple(sorted(rows, key=lambda row: row.uid))


def totals(items: Sequence[BaselineItem]) -> BaselineTotals:
    counted = [item for item in items if item.countable]
    points = [weight for item in counted if (weight := item.weight(Basis.POINTS)) is not None]
    seconds = [weight for item in counted if (weight := item.weight(Basis.TIME)) is not None]
    return BaselineTotals(
        items=len(counted),
        points=fsum(points) if points else None,
        time_seconds=round(fsum(seconds)) if seconds else None,
        start=min((item.start for item in counted if item.start), default=None),
        finish=max((item.finish for item in counted if item.finish), default=None),
    )


class _Plan(NamedTuple):
    start: date | None
    finish: date | None
    by: PlannedBy | None


def _plans(
    items: Sequence[RollupItem],
    slots: Mapping[str, Slot],
    family: Family,
    standing: Sequence[Standing],
    program: ProgramDates,
) -> list[_Plan]:
    own = [_own(item, slots.get(item.uid, _NO_SLOT)) for item in items]
    rolled = _rolled_up(own, family, standing)
    plans = [_filled(plan, program) for plan in rolled]
    for position in reversed(family.upward):  # parents before their children
        plan, above = rolled[position], plans[family.parents[position]]
        if plan.finish is None and above.by not in (None, PlannedBy.PROGRAM):
            plans[position] = _Plan(plan.start or above.start, above.finish, PlannedBy.PARENT)
        elif plan.start is None and above.start is not None:
            plans[position] = plans[position]._replace(start=above.start)
    return plans


def _own(item: RollupItem, slot: Slot) -> _Plan:
    start = item.start or slot.start
    if item.due is not None:
        return _Plan(start, item.due, PlannedBy.OWN)
    if slot.end is not None:
        return _Plan(start, slot.end, PlannedBy.ITERATION)
    if slot.release is not None:
        return _Plan(start, slot.release, PlannedBy.RELEASE)
    return _Plan(start, None, None)


def _rolled_up(own: Sequence[_Plan], family: Family, standing: Sequence[Standing]) -> list[_Plan]:
    """A container without a day of its own is done when the last of what lies beneath it is."""
    plans = list(own)
    for position in family.upward:
        if standing[position] not in _KEPT:
            continue
        plan, parent = plans[position], family.parents[position]
        above = plans[parent]
        start = above.start
        if own[parent].start is None and plan.start is not None:
            start = plan.start if start is None else min(start, plan.start)
        if above.by in (None, PlannedBy.BENEATH) and plan.finish is not None:
            finish = plan.finish if above.finish is None else max(above.finish, plan.finish)
            plans[parent] = _Plan(start, finish, PlannedBy.BENEATH)
        else:
            plans[parent] = above._replace(start=start)
    return plans


def _filled(plan: _Plan, program: ProgramDates) -> _Plan:
    """What nothing nearer dates is planned for the program's own target."""
    if plan.finish is None and program.target is not None:
        plan = _Plan(plan.start, program.target, PlannedBy.PROGRAM)
    return plan if plan.start is not None else plan._replace(start=program.start)


def _row(item: RollupItem, standing: Standing, plan: _Plan) -> BaselineItem:
    return BaselineItem(
        uid=item.uid,
        called=item.called,
        item_type=item.item_type,
        parent_uid=item.parent_uid,
        category=item.status_category,
        excluded=standing if isinstance(standing, Exclusion) else None,
        points=item.points,
        time_seconds=item.time_seconds,
        start=plan.start,
        finish=plan.finish,
        planned_by=plan.by,
    )
