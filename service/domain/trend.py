"""A program day by day in one pass: all its items side by side, swept backward from now.

Each day is what `roll_up` would say of it (who counts is decided anew), at a fraction of the cost: an item is a place
in NumPy columns, and only what changed on a day is touched.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from connectors.history import ItemState
from service.domain.history import Course, unfinished
from service.domain.items import RollupItem
from service.domain.program_history import ProgramHistory, Span
from service.domain.progress import Basis, time_weight
from service.domain.scope import COUNTABLE
from service.domain.status import StatusCategory

Mask = NDArray[np.bool_]
Codes = NDArray[np.intp]  # of categories; of the width that indexes and counts need
Places = NDArray[np.intp]  # among the members
NOBODY = -1
_NEVER = datetime.max.replace(tzinfo=UTC)
_CODES: Mapping[StatusCategory, int] = {
    category: code for code, category in enumerate((*COUNTABLE, StatusCategory.CANCELLED))
}
CANCELLED = _CODES[StatusCategory.CANCELLED]


@dataclass(frozen=True, slots=True)
class Tally:
    """On one basis. to_do + in_progress + done = total; `known` of the countable items have a weight."""

    to_do: float
    in_progress: float
    done: float
    known: int

    @property
    def total(self) -> float:
        return self.to_do + self.in_progress + self.done


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """The program at one moment; arrays by position in `ProgramHistory.members`. A weight is NaN where there is none.

    `there` are the items of the program, `counts` the countable ones; `standing` is the category of these, and of what
    does not count that of the cancelled.
    """

    moment: datetime
    there: Mask
    counts: Mask
    category: Codes
    standing: Codes
    weights: Mapping[Basis, NDArray[np.float64]]

    @property
    def items(self) -> int:
        return int(np.count_nonzero(self.there))

    @property
    def countable(self) -> int:
        return int(np.count_nonzero(self.counts))

    def tally(self, basis: Basis) -> Tally:
        if basis is Basis.COUNT:
            return _tally(np.bincount(self.standing, minlength=len(_CODES)), known=self.countable)
        weights = self.weights[basis]
        known = ~np.isnan(weights)
        sums = np.bincount(self.standing, weights=np.where(known, weights, 0.0), minlength=len(_CODES))
        return _tally(sums, known=int(np.count_nonzero(known & self.counts)))


def sweep(history: ProgramHistory, moments: Sequence[datetime], *, count_subtasks: bool = False) -> Iterator[Column]:
    """One column for each of `moments` (ascending, none before `history.since`), from the last to the first."""
    present = _presence(history.spans, moments)
    events = _events(history, moments)
    going = _Sweep(_Columns.of(history.members, history.position))
    now = going.now
    for place, there in zip(reversed(range(len(moments))), present, strict=True):
        going.put(events, events.at(place))
        counts = going.countable(there, count_subtasks=count_subtasks)
        standing = np.where(counts, now.category, CANCELLED)
        weights = {Basis.POINTS: now.points.copy(), Basis.TIME: now.seconds.copy()}
        yield Column(moments[place], there, counts, now.category.copy(), standing, weights)


@dataclass(frozen=True, slots=True, eq=False)
class _Events:
    """Items that were others up to a moment, in the order of the moments: `starts[n]` is the first one of moment n."""

    starts: Places
    places: Places
    was: _Columns

    def at(self, moment: int) -> slice:
        return slice(self.starts[moment], self.starts[moment + 1])


@dataclass(slots=True)
class _Columns:
    category: Codes
    points: NDArray[np.float64]
    seconds: NDArray[np.float64]
    parent: Places
    part: Mask

    @classmethod
    def of(cls, members: Sequence[RollupItem], position: Mapping[str, int]) -> _Columns:
        return cls(
            np.array([_CODES[item.status_category] for item in members], np.intp),
            _weights([item.points for item in members]),
            _weights([item.time_seconds for item in members]),
            np.array([position.get(item.parent_uid or "", NOBODY) for item in members], np.intp),
            np.array([item.subtask or item.level < 0 for item in members], np.bool_),
        )

    def all(self) -> tuple[NDArray[Any], ...]:
        return self.category, self.points, self.seconds, self.parent, self.part


class _Sweep:
    """The columns as they go back from now, and who stands beneath whom in them."""

    def __init__(self, now: _Columns) -> None:
        self.now = now
        self._settle()

    def put(self, events: _Events, chosen: slice) -> None:
        if chosen.start == chosen.stop:
            return
        places = events.places[chosen]
        moved = bool((self.now.parent[places] != events.was.parent[chosen]).any())
        for mine, theirs in zip(self.now.all(), events.was.all(), strict=True):
            mine[places] = theirs[chosen]
        if moved:
            self._settle()

    def countable(self, there: Mask, *, count_subtasks: bool) -> Mask:
        """As `scope.standings` has it: not cancelled, no part of another item, and nothing that counts beneath."""
        counts: Mask = there & (self.now.category != CANCELLED)
        children, parents = self._family(there)
        live = counts[children]
        if not count_subtasks:
            part = self.now.part[children]
            counts[children[live & part]] = False
            live &= ~part
        counts[parents[live]] = False
        return counts

    def _settle(self) -> None:
        self._children = np.flatnonzero(self.now.parent != NOBODY)
        self._parents = self.now.parent[self._children]
        self._circular = len(_circle(self.now.parent)) > 0

    def _family(self, there: Mask) -> tuple[Places, Places]:
        """Children and their parents, both in the program; links that run in a circle are cut."""
        both = there[self._children] & there[self._parents]
        children, parents = self._children[both], self._parents[both]
        if not self._circular:  # of all items; fewer of them have no circle that these do not have
            return children, parents
        above = np.full(len(there), NOBODY)
        above[children] = parents
        kept = ~np.isin(children, _circle(above))
        return children[kept], parents[kept]


def _circle(parent: Places) -> Places:
    """Whose parent links run in a circle: who is still above somebody after more steps than there are items."""
    above = parent
    for _ in range(len(parent).bit_length()):  # each doubles the way
        if above.max(initial=NOBODY) == NOBODY:
            break
        above = np.where(above == NOBODY, NOBODY, above[above])
    return np.unique(above[above != NOBODY])


def _presence(spans: Sequence[Sequence[Span]], moments: Sequence[datetime]) -> Iterator[Mask]:
    """By member whether it was in the program, from the last moment to the first."""
    every = [(place, span) for place, each in enumerate(spans) for span in each]
    whose = np.array([place for place, _ in every], np.intp)
    came = _slots(moments, (span.since for _, span in every))
    left = _slots(moments, (span.until or _NEVER for _, span in every))
    coming, going = _by_slot(came, len(moments)), _by_slot(left, len(moments))
    held = np.zeros(len(spans), np.int8)  # spans that cover the moment
    for place in reversed(range(len(moments))):
        np.add.at(held, whose[going(place + 1)], 1)
        np.subtract.at(held, whose[coming(place + 1)], 1)
        yield held > 0


def _by_slot(slots: Places, most: int) -> Callable[[int], Places]:
    """Who is in a slot."""
    order = np.argsort(slots, kind="stable")
    starts = np.searchsorted(slots[order], np.arange(most + 2))
    return lambda slot: order[starts[slot] : starts[slot + 1]]


def _slots(moments: Sequence[datetime], at: Iterable[datetime]) -> Places:
    """The first of `moments` that is not before each of `at`."""
    return np.array([bisect_left(moments, each) for each in at], np.intp)


def _events(history: ProgramHistory, moments: Sequence[datetime]) -> _Events:
    """Who was another one at a moment than at the next one."""
    slots: list[int] = []
    places: list[int] = []
    sources: list[str] = []
    states: list[ItemState] = []
    for course, ends in _by_moment(history, moments):
        then = _was(course, moments, ends, since=history.since)
        slots += then
        states += then.values()
        places += [history.position[course.snapshot.uid]] * len(then)
        sources += [course.snapshot.source] * len(then)
    order = np.argsort(np.array(slots, np.intp), kind="stable")
    parents = map(history.parent_of, sources, states)
    was = _Columns(
        np.array([_CODES[state.status_category] for state in states], np.intp),
        _weights([state.points for state in states]),
        _weights([time_weight(each.estimate_seconds, each.spent_seconds, each.remaining_seconds) for each in states]),
        np.array([history.position.get(parent or "", NOBODY) for parent in parents], np.intp),
        np.array([state.subtask or state.level < 0 for state in states], np.bool_),
    )
    starts = np.searchsorted(np.array(slots, np.intp)[order], np.arange(len(moments) + 1))
    return _Events(starts, np.array(places, np.intp)[order], _Columns(*(each[order] for each in was.all())))


def _was(course: Course, moments: Sequence[datetime], ends: Sequence[int], *, since: datetime) -> dict[int, ItemState]:
    """The last of the moments before a change → what the item was up to then. `ends`: that moment of each change."""
    snapshot = course.snapshot
    then = dict(zip(reversed(ends), course.states[1:], strict=True))  # of those of one moment the earliest wins
    opened = max(since, course.opened) if course.opened is not None else since
    if snapshot.done_at is not None and snapshot.was_done_after(opened):
        between = slice(bisect_left(moments, opened), bisect_left(moments, snapshot.done_at))
        _unfinish(then, between, snapshot.state)
    then.pop(NOBODY, None)
    return then


def _unfinish(then: dict[int, ItemState], between: slice, now: ItemState) -> None:
    """Where its changes have an item done that was done later: at the moments in between it was not.

    `then` is by the last of the moments before a change, and holds back to the next smaller one.
    """
    last = between.stop - 1
    if last < between.start:
        return
    later = min((each for each in then if each >= last), default=None)
    then[last] = now if later is None else then[later]
    then.update({each: unfinished(state) for each, state in then.items() if between.start <= each <= last})


def _by_moment(history: ProgramHistory, moments: Sequence[datetime]) -> Iterator[tuple[Course, Sequence[int]]]:
    """Each item that was touched, and the last of `moments` before each of its changes."""
    courses = [*map(history.course, history.snapshots)]
    ends = (_slots(moments, (change.at for course in courses for change in course.changes)) - 1).tolist()
    taken = 0
    for course in courses:
        yield course, ends[taken : taken + len(course.changes)]
        taken += len(course.changes)


def _weights(said: Sequence[float | None]) -> NDArray[np.float64]:
    """A negative or infinite estimate is no estimate."""
    weights = np.array(said, np.float64)  # None becomes NaN
    weights[(weights < 0) | np.isinf(weights)] = np.nan
    return weights


def _tally(sums: Iterable[float], *, known: int) -> Tally:
    to_do, in_progress, done, _ = map(float, sums)
    return Tally(to_do, in_progress, done, known)
