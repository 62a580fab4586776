"""What changed in a program between two moments, item by item: one line an item and kind, net of what came and went.

An item that slipped and was pulled in again did not slip; what was created and deleted in between is told nowhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from typing import Final, NamedTuple

from msgspec import Struct

from connectors.history import EVERY_ASPECT, Aspect, ItemState
from service.domain.calendars import WorkingCalendar
from service.domain.history import Step
from service.domain.items import RollupItem
from service.domain.program_history import ProgramHistory
from service.domain.status import OPEN, StatusCategory


class ChangeKind(StrEnum):
    """In the order in which they are told."""

    ADDED = "added"
    REMOVED = "removed"
    SLIPPED = "slipped"
    BLOCKED = "blocked"
    REOPENED = "reopened"
    FINISHED = "finished"
    STARTED = "started"
    UNBLOCKED = "unblocked"
    PULLED_IN = "pulled_in"
    REESTIMATED = "reestimated"
    DATED = "dated"
    UNDATED = "undated"
    EDGE_BLOCKED = "dependency_blocked"
    EDGE_ADDED = "dependency_added"
    EDGE_REMOVED = "dependency_removed"
    EDGE_RESOLVED = "dependency_resolved"
    EDGE_REOPENED = "dependency_reopened"


class Why(StrEnum):
    """Why an item is in the program or blocked, or no more; where its tombstone says why, that is the reason."""

    CREATED = "created"
    RESTORED = "restored"
    REINSTATED = "reinstated"  # it was cancelled
    MOVED_IN = "moved_in"  # from another project of its tool
    MAPPED = "mapped"
    CANCELLED = "cancelled"
    MOVED_OUT = "moved_out"
    UNMAPPED = "unmapped"
    FLAGGED = "flagged"
    FLAG_REMOVED = "flag_removed"


class ItemChange(Struct, frozen=True, gc=False):
    """`old` and `new` are what `field` says: points, seconds or days, None where it said nothing.

    `at` and `author_id` are those of the last change that led there, None where nobody knows. `days` are working days,
    `times` how often it happened in between. Of a dependency `uid` waits and `other_uid` is waited for.
    """

    kind: ChangeKind
    uid: str
    at: datetime | None = None
    author_id: str | None = None
    why: str | None = None
    field: str | None = None
    old: float | date | None = None
    new: float | date | None = None
    days: int | None = None
    times: int = 1
    other_uid: str | None = None


class Trace(Struct, frozen=True, gc=False):
    """What the store remembers of an item's coming and going between the two moments."""

    created_at: datetime | None = None
    reporter_id: str | None = None
    joined_at: datetime | None = None
    left_at: datetime | None = None
    buried_at: datetime | None = None
    grave: str | None = None
    restored_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PlanDays:
    """The days of sprints and releases, by source and native id."""

    iterations: Mapping[str, Mapping[str, date]]
    releases: Mapping[str, Mapping[str, date]]


_NO_TRACE: Final = Trace()
_DATES: Final = (Aspect.DUE, Aspect.ITERATION, Aspect.RELEASE)


@dataclass(frozen=True, eq=False)
class Window:
    """What happened in a program from the moment on which its history begins up to `until`."""

    history: ProgramHistory
    until: datetime
    plan_days: PlanDays
    calendar: WorkingCalendar

    def changes(self, traces: Mapping[str, Trace]) -> Iterator[ItemChange]:
        """In no particular order. `traces` are those of the items that `came_or_went`."""
        for item in self.items:
            yield from self._of_item(item, traces.get(item.uid, _NO_TRACE))

    @property
    def came_or_went(self) -> Sequence[str]:
        """The uids of those whose coming or going has to be explained."""
        return [item.uid for item in self.items if item.was_there != item.is_there]

    @cached_property
    def items(self) -> Sequence[ChangedItem]:
        """Those that came, went, or were touched by a change that decides something."""
        steps, later = self._steps()
        found: list[ChangedItem] = []
        for member, spans in zip(self.history.members, self.history.spans, strict=True):
            was_there = any(span.covers(self.history.since) for span in spans)
            is_there = any(span.covers(self.until) for span in spans)
            taken = steps.get(member.uid)
            if taken is not None:
                found.append(ChangedItem(member, was_there, is_there, taken[-1].before, taken[0].after, taken))
            elif was_there != is_there:
                state = later.get(member.uid)
                found.append(ChangedItem(member, was_there, is_there, state, state, ()))
        return found

    def _steps(self) -> tuple[Mapping[str, Sequence[Step]], Mapping[str, ItemState]]:
        """uid → the steps up to the later moment, newest first; and what those were then that changed after it."""
        steps: defaultdict[str, list[Step]] = defaultdict(list)
        later: dict[str, ItemState] = {}
        for snapshot, step in self.history.steps():
            if step.change.at <= self.until:
                steps[snapshot.uid].append(step)
            else:
                later[snapshot.uid] = step.before
        return steps, later

    def _of_item(self, item: ChangedItem, trace: Trace) -> Iterator[ItemChange]:
        if item.was_in != item.is_in:
            yield _arrival(item, trace) if item.is_in else _departure(item, trace)
        if not item.is_in:
            return
        yield from _statuses(item, is_new=trace.created_at is not None)
        if item.earlier is None or item.later is None:
            return
        yield from _flags(item, item.earlier, item.later)
        if item.was_in:
            yield from self._estimates(item, item.earlier, item.later)
            yield from self._dates(item, item.earlier, item.later)

    def _unknown(self, item: ChangedItem) -> frozenset[Aspect]:
        """What of its earlier state cannot be relied on, as `history.Course` has it."""
        historian = self.history.historians.get(item.source)
        snapshot = self.history.snapshots.get(item.uid)
        if historian is None or snapshot is None or item.earlier is None:
            return EVERY_ASPECT
        if snapshot.unread and historian.comes_apart:
            return EVERY_ASPECT
        torn = (each.aspect for each in self.history.breaks.get(item.uid, ()) if each.covers(self.history.since))
        return item.earlier.doubts.union(torn, historian.without_history)

    def _estimates(self, item: ChangedItem, earlier: ItemState, later: ItemState) -> Iterator[ItemChange]:
        """Points where there are any, else the time that was estimated; in points, or in seconds."""
        if earlier.points is not None or later.points is not None:
            aspect, old, new = Aspect.POINTS, earlier.points, later.points
        else:  # the original estimate alone: work that is logged estimates nothing anew
            aspect, old, new = Aspect.TIME, _number(earlier.estimate_seconds), _number(later.estimate_seconds)
        if old == new or aspect in self._unknown(item):
            return
        at, author = _moment_of(item.last(aspect))
        times = max(1, sum(each.aspect is aspect for each in item.steps))
        yield ItemChange(ChangeKind.REESTIMATED, item.uid, at, author, field=str(aspect), old=old, new=new, times=times)

    def _dates(self, item: ChangedItem, earlier: ItemState, later: ItemState) -> Iterator[ItemChange]:
        """Of the first that says when it is planned: its due date, its sprint, its release."""
        for aspect in _DATES:
            old, new = self._planned(item.source, earlier, aspect), self._planned(item.source, later, aspect)
            if old is None and new is None:
                continue
            if old != new and not item.done and aspect not in self._unknown(item):
                yield self._moved(item, aspect, old, new)
            return

    def _moved(self, item: ChangedItem, aspect: Aspect, old: date | None, new: date | None) -> ItemChange:
        moves = [step for step in item.steps if step.aspect is aspect]
        at, author = _moment_of(moves[0] if moves else None)
        days, times = None, 1
        if old is None or new is None:
            kind = ChangeKind.DATED if old is None else ChangeKind.UNDATED
        else:
            kind = ChangeKind.SLIPPED if new > old else ChangeKind.PULLED_IN
            days = self.calendar.index_after(new) - self.calendar.index_after(old)
            times = max(1, sum(self._is_towards(kind, item.source, step, aspect) for step in moves))
        return ItemChange(
            kind,
            item.uid,
            at,
            author,
            field=str(aspect),
            old=old,
            new=new,
            days=days,
            times=times,
        )

    def _is_towards(self, kind: ChangeKind, source: str, step: Step, aspect: Aspect) -> bool:
        before, after = (self._planned(source, state, aspect) for state in (step.before, step.after))
        if before is None or after is None:
            return False
        return after > before if kind is ChangeKind.SLIPPED else after < before

    def _planned(self, source: str, state: ItemState, aspect: Aspect) -> date | None:
        if aspect is Aspect.DUE:
            return state.due
        if aspect is Aspect.ITERATION:
            ends = self.plan_days.iterations.get(source, {})
            return max((ends[each] for each in state.iterations if each in ends), default=None)
        days = self.plan_days.releases.get(source, {})
        return min((days[each] for each in state.releases if each in days), default=None)


class ChangedItem(NamedTuple):
    """One item over the window: whether it was in the program then and later, as what, and what happened to it.

    `earlier` and `later` are None where nothing touched it: then it is what `member`, the item of now, says. The
    steps are newest first.
    """

    member: RollupItem
    was_there: bool
    is_there: bool
    earlier: ItemState | None
    later: ItemState | None
    steps: Sequence[Step]

    @property
    def uid(self) -> str:
        return self.member.uid

    @property
    def source(self) -> str:
        return self.member.source

    @property
    def category_then(self) -> StatusCategory:
        return self.member.status_category if self.earlier is None else self.earlier.status_category

    @property
    def category(self) -> StatusCategory:
        return self.member.status_category if self.later is None else self.later.status_category

    @property
    def was_in(self) -> bool:
        """As scope: what is cancelled is none."""
        return self.was_there and self.category_then is not StatusCategory.CANCELLED

    @property
    def is_in(self) -> bool:
        return self.is_there and self.category is not StatusCategory.CANCELLED

    @property
    def done(self) -> bool:
        return self.category is StatusCategory.DONE

    @property
    def points(self) -> float | None:
        """As they are at the later moment, or were when it left."""
        state = self.later if self.is_there else self.earlier
        points = self.member.points if state is None else state.points
        return points if points is not None and points >= 0 else None

    def last(self, aspect: Aspect) -> Step | None:
        return next((step for step in self.steps if step.aspect is aspect), None)

    def last_into(self, *categories: StatusCategory) -> Step | None:
        """The latest step from another category into one of these."""
        return next(
            (
                step
                for step in self.steps
                if step.after.status_category in categories and step.before.status_category not in categories
            ),
            None,
        )


def _arrival(item: ChangedItem, trace: Trace) -> ItemChange:
    if item.was_there:  # and cancelled
        return _led(ChangeKind.ADDED, item, Aspect.STATUS, Why.REINSTATED)
    if trace.created_at is not None:
        return ItemChange(ChangeKind.ADDED, item.uid, trace.created_at, trace.reporter_id, Why.CREATED)
    if trace.restored_at is not None:
        return ItemChange(ChangeKind.ADDED, item.uid, trace.restored_at, None, Why.RESTORED)
    if item.last(Aspect.PROJECT) is not None:
        return _led(ChangeKind.ADDED, item, Aspect.PROJECT, Why.MOVED_IN)
    return ItemChange(ChangeKind.ADDED, item.uid, trace.joined_at, None, Why.MAPPED)


def _departure(item: ChangedItem, trace: Trace) -> ItemChange:
    if item.is_there:
        return _led(ChangeKind.REMOVED, item, Aspect.STATUS, Why.CANCELLED)
    if trace.buried_at is not None:
        return ItemChange(ChangeKind.REMOVED, item.uid, trace.buried_at, None, trace.grave)
    if item.last(Aspect.PROJECT) is not None:
        return _led(ChangeKind.REMOVED, item, Aspect.PROJECT, Why.MOVED_OUT)
    return ItemChange(ChangeKind.REMOVED, item.uid, trace.left_at, None, Why.UNMAPPED)


def _led(kind: ChangeKind, item: ChangedItem, aspect: Aspect, why: str) -> ItemChange:
    """By the last step of that aspect."""
    return ItemChange(kind, item.uid, *_moment_of(item.last(aspect)), why)


def _statuses(item: ChangedItem, *, is_new: bool) -> Iterator[ItemChange]:
    """What was merely mapped in between was neither begun nor finished in between."""
    before = item.category_then if item.was_there else None
    left = [step for step in item.steps if _reopens(step)]
    if left:
        yield ItemChange(ChangeKind.REOPENED, item.uid, *_moment_of(left[0]), times=len(left))
    if before is None and not is_new and item.last(Aspect.STATUS) is None:
        return
    if item.done and before is not StatusCategory.DONE:
        yield _entered(ChangeKind.FINISHED, item, StatusCategory.DONE)
    elif item.category is StatusCategory.IN_PROGRESS and before in (StatusCategory.TO_DO, None):
        yield _entered(ChangeKind.STARTED, item, StatusCategory.IN_PROGRESS)


def _reopens(step: Step) -> bool:
    return step.before.status_category is StatusCategory.DONE and step.after.status_category in OPEN


def _entered(kind: ChangeKind, item: ChangedItem, category: StatusCategory) -> ItemChange:
    return ItemChange(kind, item.uid, *_moment_of(item.last_into(category)))


def _moment_of(step: Step | None) -> tuple[datetime | None, str | None]:
    """When it was, and whose doing."""
    return (None, None) if step is None else (step.change.at, step.change.author_id)


def _flags(item: ChangedItem, earlier: ItemState, later: ItemState) -> Iterator[ItemChange]:
    """What is done waits for nothing, whatever its flag says."""
    before = earlier.flagged and item.was_in
    if before == later.flagged or item.last(Aspect.FLAGGED) is None or (item.done and later.flagged):
        return
    kind, why = (ChangeKind.BLOCKED, Why.FLAGGED) if later.flagged else (ChangeKind.UNBLOCKED, Why.FLAG_REMOVED)
    yield _led(kind, item, Aspect.FLAGGED, why)


def _number(value: int | None) -> float | None:
    return None if value is None else float(value)


def biggest_first(changes: Iterable[ItemChange], *, points: Mapping[str, float]) -> list[ItemChange]:
    """By kind; within one by what it is about: days, the difference of an estimate, points, then the latest."""
    order = {kind: place for place, kind in enumerate(ChangeKind)}
    return sorted(
        changes,
        key=lambda each: (
            order[each.kind],
            -_size(each, points),
            -(each.at.timestamp() if each.at else 0.0),
            each.uid,
            each.other_uid or "",
        ),
    )


def _size(change: ItemChange, points: Mapping[str, float]) -> float:
    if change.days is not None:
        return abs(change.days)
    if change.kind is ChangeKind.REESTIMATED:
        old, new = (each if isinstance(each, int | float) else 0.0 for each in (change.old, change.new))
        return abs(new - old)
    return points.get(change.uid, 0.0)
