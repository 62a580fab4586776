"""What an item was at a moment: backward from the snapshot, which wins, one change at a time.

The value of a field at a moment is what the earliest later change started from, else the snapshot's. What a change
means is the tool's own affair (`connectors.contract.Historian`); how sure the answer is, is decided here.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from operator import attrgetter, lt
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from connectors.contract import Historian
from connectors.history import EVERY_ASPECT, Aspect, ItemState
from connectors.items import SourceChange, StatusCategory

NONE: frozenset[Aspect] = frozenset()


class Certainty(StrEnum):
    """How a value of the past is known."""

    EXACT = "exact"  # nothing changed it since
    RECONSTRUCTED = "reconstructed"  # the changes since tell it
    UNKNOWN = "unknown"  # the history contradicts itself, is not read yet, cannot be read, or was never kept


class Snapshot(Struct, frozen=True, gc=False):
    """An item as it is now, ready to go back. `state` is settled; `unread`: its history is not all here yet."""

    uid: str
    source: str
    title: str
    created_at: datetime
    updated_at: datetime
    state: ItemState
    parent_uid: str | None = None
    epic_uid: str | None = None
    done_at: datetime | None = None
    unread: bool = False

    def was_done_after(self, moment: datetime) -> bool:
        """Whether it is done, and was not always so since the moment, whatever its changes say."""
        return self.done_at is not None and self.done_at > moment and self.state.status_category is StatusCategory.DONE


class Past(Struct, frozen=True, gc=False):
    """An item at a moment. What is neither reconstructed nor unknown of it is exact."""

    state: ItemState
    reconstructed: frozenset[Aspect] = NONE
    unknown: frozenset[Aspect] = NONE

    def certainty(self, aspect: Aspect) -> Certainty:
        if aspect in self.unknown:
            return Certainty.UNKNOWN
        return Certainty.RECONSTRUCTED if aspect in self.reconstructed else Certainty.EXACT


class Step(NamedTuple):
    """One change that decided something, with the item just before and just after it."""

    change: SourceChange
    aspect: Aspect
    before: ItemState
    after: ItemState


class Break(NamedTuple):
    """Between two changes of a field its value moved, and no change tells when. Both ends are moments of changes."""

    aspect: Aspect
    since: datetime
    until: datetime

    def covers(self, moment: datetime) -> bool:
        return self.since <= moment < self.until


def in_order(changes: Iterable[SourceChange]) -> list[SourceChange]:
    """As they happened; tools number in order what they write at one moment."""
    listed = [*changes]
    moments = [*map(_AT, listed)]
    if not all(map(lt, moments, moments[1:])):  # most lie in order, and no two at one moment
        listed.sort(key=lambda each: (each.at, len(each.change_id), each.change_id, each.ordinal))
    return listed


class Course(Struct, frozen=True, gc=False):
    """One item all the way back, from now: `states[n]` is what it was before the newest n of its changes, `told[n]` are
    the aspects that these decide, and before each of the newest `stayed_done` it was done.

    `changes` are in their order. Without a historian nobody reads them, and nothing but the present is known.
    """

    snapshot: Snapshot
    changes: Sequence[SourceChange]
    historian: Historian | None
    states: Sequence[ItemState]
    told: Sequence[frozenset[Aspect]]
    stayed_done: int

    def at(self, moment: datetime, *, torn: Collection[Aspect] = NONE) -> Past | None:
        """None: it is since the moment what it is now. `torn`: aspects whose history contradicts itself around it."""
        snapshot, historian, later = self.snapshot, self.historian, self._later(moment)
        done_since = snapshot.was_done_after(moment)
        if not later and not done_since and snapshot.updated_at <= moment:
            return None
        state = self.states[later]
        if done_since and later <= self.stayed_done:
            state = unfinished(state)
        if historian is None or (snapshot.unread and historian.comes_apart):
            return Past(state, unknown=EVERY_ASPECT)
        unknown = state.doubts
        if torn or historian.without_history:
            unknown = unknown.union(torn, historian.without_history)
        told = self.told[later]
        return Past(state, told - unknown if unknown else told, unknown)

    @property
    def opened(self) -> datetime | None:
        """When the newest change happened before which it was not done."""
        return self.changes[-1 - self.stayed_done].at if self.stayed_done < len(self.changes) else None

    def is_done_untold(self, moment: datetime) -> bool:
        """Whether it was done after the moment, and none of its changes since then is one of its status."""
        if not self.snapshot.was_done_after(moment):
            return False
        return Aspect.STATUS not in self.told[self._later(moment)]

    def steps(self, since: datetime) -> Sequence[Step]:
        """What decided something, newest first. A completion after `since` that no change tells of is a step, too;
        nobody is known to have taken it."""
        snapshot, historian = self.snapshot, self.historian
        if historian is None:
            return ()
        told = [*_steps(self, historian)]
        if snapshot.done_at is None or self.opened is not None or not snapshot.was_done_after(since):
            return told
        newer = [step for step in told if step.change.at >= snapshot.done_at]
        done = newer[-1].before if newer else snapshot.state
        completed = SourceChange(snapshot.uid, "", 0, snapshot.done_at, "")
        step = Step(completed, Aspect.STATUS, unfinished(done), done)
        older = [change for change in self.changes if change.at < snapshot.done_at]
        before = course_of(replace(snapshot, state=step.before), older, historian)
        return [*newer, step, *_steps(before, historian)]

    def _later(self, moment: datetime) -> int:
        """So many changes were after the moment."""
        return len(self.changes) - bisect_right(self.changes, moment, key=_AT)


def course_of(snapshot: Snapshot, changes: Sequence[SourceChange], historian: Historian | None) -> Course:
    """`changes` are in their order and reach up to now."""
    if historian is None:
        moments = len(changes) + 1
        return Course(snapshot, changes, None, (snapshot.state,) * moments, (NONE,) * moments, len(changes))
    state, told, stayed_done = snapshot.state, NONE, True
    states, every, done = [state], [told], 0
    undo, aspect_of = historian.undo, historian.aspect_of
    for change in reversed(changes):
        state = undo(state, change)
        told = _and(told, aspect_of(change.field_id))
        stayed_done = stayed_done and state.status_category is StatusCategory.DONE
        done += stayed_done
        states.append(state)
        every.append(told)
    return Course(snapshot, changes, historian, states, every, done)


def unfinished(state: ItemState) -> ItemState:
    """Before it was done, where no change tells from what it came: still to do is what comes closest."""
    return replace(
        state,
        status_id="",
        status="",
        status_category=StatusCategory.TO_DO,
        resolution=None,
        no_resolution=False,
        doubts=state.doubts | {Aspect.STATUS},
    )


def _steps(course: Course, historian: Historian) -> Iterator[Step]:
    for change, after, before in zip(reversed(course.changes), course.states, course.states[1:], strict=False):
        aspect = historian.aspect_of(change.field_id)
        if aspect is not None:
            yield Step(change, aspect, before, after)


@lru_cache(maxsize=4096)
def _and(told: frozenset[Aspect], aspect: Aspect | None) -> frozenset[Aspect]:
    """Thousands of items are told of in the same few ways: one set serves all."""
    return told if aspect is None else told | {aspect}


class Chained(dict[str, Aspect | None]):
    """Field id → what it decides, where each change of the field starts from what the one before led to; else None.

    Histories have thousands of changes and few fields: a historian is asked once for each.
    """

    def __init__(self, historian: Historian) -> None:
        self._historian = historian

    def __missing__(self, field_id: str) -> Aspect | None:
        aspect = self._historian.aspect_of(field_id) if self._historian.is_chained(field_id) else None
        self[field_id] = aspect
        return aspect


def breaks(changes: Iterable[SourceChange], chained: Chained) -> Iterator[Break]:
    """Where the history of one item, in its order, contradicts itself: a change does not start from what the one
    before led to."""
    last: dict[str, SourceChange] = {}
    for change in changes:
        aspect = chained[change.field_id]
        if aspect is None:
            continue
        earlier = last.get(change.field_id)
        if earlier is not None and not follows(change, earlier):
            yield Break(aspect, earlier.at, change.at)
        last[change.field_id] = change


def follows(later: SourceChange, earlier: SourceChange) -> bool:
    """Whether `later` starts from what `earlier` led to.

    Ids are compared where both have them, else texts: names change, and some histories have no ids.
    """
    if earlier.to_value and later.from_value:
        return _same(earlier.to_value, later.from_value)
    if earlier.to_text and later.from_text:
        return _same(earlier.to_text, later.from_text)
    return bool(earlier.to_value or earlier.to_text) == bool(later.from_value or later.from_text)


def _same(one: str, other: str) -> bool:
    return one == other or _plain(one) == _plain(other)


def _plain(text: str) -> str:
    """Of a day with an hour the day, of 8.0 the 8: tools write both forms of one value."""
    return text.partition(" 00:00")[0].partition("T")[0].removesuffix(".0").casefold()


_AT = attrgetter("at")  # most items change one thing at a time, and comparing moments alone is three times as fast
