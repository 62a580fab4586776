"""What changed in a program between two moments, item by item: one line an item and kind, net of what came and went.

An item that slipped and was pulled in again did not slip; what was created and deleted in between is told nowhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from msgspec import Struct

from connectors.history import Aspect, ItemState
from service.domain.calendars import WorkingCalendar
from service.domain.history import Snapshot, Step
from service.domain.items import RollupItem
from service.domain.program_history import ProgramHistory, ProgramThen
from service.domain.progress import time_weight
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
    """Why an item is in the program, or no more; else the reason of its tombstone."""

    CREATED = "created"
    RESTORED = "restored"
    REINSTATED = "reinstated"  # it was cancelled
    MOVED_IN = "moved_in"  # from another project of its tool
    MAPPED = "mapped"
    CANCELLED = "cancelled"
    MOVED_OUT = "moved_out"
    UNMAPPED = "unmapped"


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
    """A program at two moments, and the steps that led from the one to the other."""

    history: ProgramHistory
    before: ProgramThen
    after: ProgramThen
    traces: Mapping[str, Trace]
    plan_days: PlanDays
    calendar: WorkingCalendar

    @classmethod
    def of(
        cls,
        history: ProgramHistory,
        *,
        until: datetime,
        traces: Mapping[str, Trace],
        plan_days: PlanDays,
        calendar: WorkingCalendar,
    ) -> Window:
        """From the moment on which the history begins."""
        return cls(history, history.at(history.since), history.at(until), traces, plan_days, calendar)

    def changes(self) -> Iterator[ItemChange]:
        """In no particular order."""
        then = {item.uid: item for item in self.before.items}
        now = {item.uid: item for item in self.after.items}
        steps = self._steps()
        for uid in then.keys() | now.keys():
            before, after, taken = then.get(uid), now.get(uid), steps.get(uid, ())
            if before is not after or taken:
                yield from self._of_item(_Item(uid, before, after, taken))

    def _steps(self) -> Mapping[str, Sequence[Step]]:
        """uid → the steps between the two moments, newest first."""
        found: defaultdict[str, list[Step]] = defaultdict(list)
        for snapshot, step in self.history.steps():
            if step.change.at <= self.after.moment:
                found[snapshot.uid].append(step)
        return found

    def _of_item(self, item: _Item) -> Iterator[ItemChange]:
        if item.was_in != item.is_in:
            yield self._arrival(item) if item.is_in else self._departure(item)
        if not item.is_in or item.after is None:
            return
        yield from _statuses(item, is_new=self.traces.get(item.uid, _NO_TRACE).created_at is not None)
        state, earlier = self._states(item)
        if state is not None:
            yield from _flags(item, earlier, state)
            if earlier is not None and item.was_in:
                unknown = self._unknown(item.uid)
                yield from _estimates(item, earlier, state, unknown)
                yield from self._dates(item, earlier, state, unknown)

    def _states(self, item: _Item) -> tuple[ItemState | None, ItemState | None]:
        """At the later moment, and at the earlier one; None where it did not exist, or nothing touched it."""
        later = self._state(item.uid, self.after)
        return later, self._state(item.uid, self.before) if item.before is not None else None

    def _state(self, uid: str, then: ProgramThen) -> ItemState | None:
        past = then.pasts.get(uid)
        if past is not None:
            return past.state
        snapshot: Snapshot | None = self.history.snapshots.get(uid)
        return None if snapshot is None else snapshot.state

    def _unknown(self, uid: str) -> frozenset[Aspect]:
        pasts = (then.pasts.get(uid) for then in (self.before, self.after))
        return frozenset().union(*(past.unknown for past in pasts if past is not None))

    def _arrival(self, item: _Item) -> ItemChange:
        trace = self.traces.get(item.uid, _NO_TRACE)
        if item.before is not None:  # it was there, and cancelled
            return _led(ChangeKind.ADDED, item, Aspect.STATUS, Why.REINSTATED)
        if trace.created_at is not None:
            return ItemChange(ChangeKind.ADDED, item.uid, trace.created_at, trace.reporter_id, Why.CREATED)
        if trace.restored_at is not None:
            return ItemChange(ChangeKind.ADDED, item.uid, trace.restored_at, None, Why.RESTORED)
        if item.last(Aspect.PROJECT) is not None:
            return _led(ChangeKind.ADDED, item, Aspect.PROJECT, Why.MOVED_IN)
        return ItemChange(ChangeKind.ADDED, item.uid, trace.joined_at, None, Why.MAPPED)

    def _departure(self, item: _Item) -> ItemChange:
        trace = self.traces.get(item.uid, _NO_TRACE)
        if item.after is not None:
            return _led(ChangeKind.REMOVED, item, Aspect.STATUS, Why.CANCELLED)
        if trace.buried_at is not None:
            return ItemChange(ChangeKind.REMOVED, item.uid, trace.buried_at, None, trace.grave)
        if item.last(Aspect.PROJECT) is not None:
            return _led(ChangeKind.REMOVED, item, Aspect.PROJECT, Why.MOVED_OUT)
        return ItemChange(ChangeKind.REMOVED, item.uid, trace.left_at, None, Why.UNMAPPED)

    def _dates(
        self, item: _Item, earlier: ItemState, state: ItemState, unknown: frozenset[Aspect]
    ) -> Iterator[ItemChange]:
        """Of the first that says when it is planned: its due date, its sprint, its release."""
        source = item.uid.partition(":")[0]
        for aspect in _DATES:
            old, new = self._planned(source, earlier, aspect), self._planned(source, state, aspect)
            if old is None and new is None:
                continue
            if old != new and aspect not in unknown and not item.done:
                yield self._moved(item, source, aspect, old, new)
            return

    def _moved(self, item: _Item, source: str, aspect: Aspect, old: date | None, new: date | None) -> ItemChange:
        moves = [step for step in item.steps if step.aspect is aspect]
        last = moves[0].change if moves else None
        days, times = None, 1
        if old is None or new is None:
            kind = ChangeKind.DATED if old is None else ChangeKind.UNDATED
        else:
            kind = ChangeKind.SLIPPED if new > old else ChangeKind.PULLED_IN
            days = self.calendar.index_after(new) - self.calendar.index_after(old)
            times = max(1, sum(self._is_towards(kind, source, step, aspect) for step in moves))
        return ItemChange(
            kind,
            item.uid,
            last.at if last else None,
            last.author_id if last else None,
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


@dataclass(frozen=True, slots=True)
class _Item:
    """One item at both moments; its steps are newest first."""

    uid: str
    before: RollupItem | None
    after: RollupItem | None
    steps: Sequence[Step]

    @property
    def was_in(self) -> bool:
        return _is_scope(self.before)

    @property
    def is_in(self) -> bool:
        return _is_scope(self.after)

    @property
    def done(self) -> bool:
        return self.after is not None and self.after.status_category is StatusCategory.DONE

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


def _is_scope(item: RollupItem | None) -> bool:
    return item is not None and item.status_category is not StatusCategory.CANCELLED


def _led(kind: ChangeKind, item: _Item, aspect: Aspect, why: str) -> ItemChange:
    """By the last step of that aspect."""
    step = item.last(aspect)
    at, author = (step.change.at, step.change.author_id) if step else (None, None)
    return ItemChange(kind, item.uid, at, author, why)


def _statuses(item: _Item, *, is_new: bool) -> Iterator[ItemChange]:
    """What was merely mapped in between was neither begun nor finished in between."""
    before = None if item.before is None else item.before.status_category
    after = None if item.after is None else item.after.status_category
    left = [step for step in item.steps if _reopens(step)]
    if left:
        change = left[0].change
        yield ItemChange(ChangeKind.REOPENED, item.uid, change.at, change.author_id, times=len(left))
    if before is None and not is_new and item.last(Aspect.STATUS) is None:
        return
    if after is StatusCategory.DONE and before is not StatusCategory.DONE:
        yield _entered(ChangeKind.FINISHED, item, StatusCategory.DONE)
    elif after is StatusCategory.IN_PROGRESS and before in (StatusCategory.TO_DO, None):
        yield _entered(ChangeKind.STARTED, item, StatusCategory.IN_PROGRESS)


def _reopens(step: Step) -> bool:
    return step.before.status_category is StatusCategory.DONE and step.after.status_category in OPEN


def _entered(kind: ChangeKind, item: _Item, category: StatusCategory) -> ItemChange:
    step = item.last_into(category)
    at, author = (step.change.at, step.change.author_id) if step else (None, None)
    return ItemChange(kind, item.uid, at, author)


def _flags(item: _Item, earlier: ItemState | None, state: ItemState) -> Iterator[ItemChange]:
    """What is done waits for nothing, whatever its flag says."""
    before = earlier is not None and earlier.flagged
    known = earlier is not None or item.last(Aspect.FLAGGED) is not None
    if before == state.flagged or not known or (item.done and state.flagged):
        return
    kind = ChangeKind.BLOCKED if state.flagged else ChangeKind.UNBLOCKED
    yield _led(kind, item, Aspect.FLAGGED, "flagged" if state.flagged else "flag_removed")


def _estimates(item: _Item, earlier: ItemState, state: ItemState, unknown: frozenset[Aspect]) -> Iterator[ItemChange]:
    """Points where there are any, else the time that was estimated; in points, or in seconds."""
    if earlier.points is not None or state.points is not None:
        aspect, old, new = Aspect.POINTS, earlier.points, state.points
    else:
        aspect, old, new = Aspect.TIME, _estimate(earlier), _estimate(state)
    if old == new or aspect in unknown:
        return
    step = item.last(aspect)
    at, author = (step.change.at, step.change.author_id) if step else (None, None)
    times = max(1, sum(each.aspect is aspect for each in item.steps))
    yield ItemChange(ChangeKind.REESTIMATED, item.uid, at, author, field=str(aspect), old=old, new=new, times=times)


def _estimate(state: ItemState) -> float | None:
    """The original estimate alone: work that is logged estimates nothing anew."""
    return None if state.estimate_seconds is None else time_weight(state.estimate_seconds, None, None)


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
