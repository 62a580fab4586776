"""A program day by day in one pass: all its items side by side, swept backward from now.

Each day is what `roll_up` would say of it (who counts is decided anew), at a fraction of the cost: an item is a place
in NumPy columns, and only what changed on a day is touched.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from connectors.history import ItemState
from service.domain.items import RollupItem
from service.domain.program_history import ProgramHistory, Span
from service.domain.progress import Basis, time_weight
from service.domain.scope import COUNTABLE
from service.domain.status import StatusCategory

Mask = NDArray[np.bool_]
NOBODY = -1
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

    `there` are the items of the program, `counts` the countable ones.
    """

    moment: datetime
    there: Mask
    counts: Mask
    category: NDArray[np.int8]
    weights: Mapping[Basis, NDArray[np.float64]]

    @property
    def items(self) -> int:
        return int(np.count_nonzero(self.there))

    @property
    def countable(self) -> int:
        return int(np.count_nonzero(self.counts))

    def tally(self, basis: Basis) -> Tally:
        where = np.where(self.counts, self.category, CANCELLED)  # what does not count goes with the cancelled
        if basis is Basis.COUNT:
            return _tally(np.bincount(where, minlength=len(_CODES)), known=self.countable)
        weights = self.weights[basis]
        known = ~np.isnan(weights)
        sums = np.bincount(where, weights=np.where(known, weights, 0.0), minlength=len(_CODES))
        return _tally(sums, known=int(np.count_nonzero(known & self.counts)))


def sweep(history: ProgramHistory, moments: Sequence[datetime], *, count_subtasks: bool = False) -> Iterator[Column]:
    """One column for each of `moments` (ascending, none before `history.since`), from the last to the first."""
    members = history.members
    present = _presence(history.spans, moments)
    events = _events(history, moments)
    now = _Columns.of(members, history.position)
    for place in reversed(range(len(moments))):
        now.put(events, events.at(place))
        there = present[place]
        counts = now.countable(there, count_subtasks=count_subtasks)
        weights = {Basis.POINTS: now.points.copy(), Basis.TIME: now.seconds.copy()}
        yield Column(moments[place], there, counts, now.category.copy(), weights)


@dataclass(frozen=True, slots=True, eq=False)
class _Events:
    """Items that were others up to a moment, in the order of the moments: `starts[n]` is the first one of moment n."""

    starts: NDArray[np.int64]
    places: NDArray[np.int32]
    was: _Columns

    def at(self, moment: int) -> slice:
        return slice(self.starts[moment], self.starts[moment + 1])


@dataclass(slots=True)
class _Columns:
    category: NDArray[np.int8]
    points: NDArray[np.float64]
    seconds: NDArray[np.float64]
    parent: NDArray[np.int32]
    part: Mask
    circular: bool = False

    @classmethod
    def of(cls, members: Sequence[RollupItem], position: Mapping[str, int]) -> _Columns:
        parent = np.array([position.get(item.parent_uid or "", NOBODY) for item in members], np.int32)
        return cls(
            np.array([_CODES[item.status_category] for item in members], np.int8),
            _weights([item.points for item in members]),
            _weights([item.time_seconds for item in members]),
            parent,
            np.array([item.subtask or item.level < 0 for item in members], np.bool_),
            len(_circle(parent)) > 0,
        )

    def put(self, events: _Events, chosen: slice) -> None:
        if chosen.start == chosen.stop:
            return
        places = events.places[chosen]
        moved = bool((self.parent[places] != events.was.parent[chosen]).any())
        for mine, theirs in zip(self._all(), events.was._all(), strict=True):
            mine[places] = theirs[chosen]
        if moved:
            self.circular = len(_circle(self.parent)) > 0

    def _all(self) -> tuple[NDArray[Any], ...]:
        return self.category, self.points, self.seconds, self.parent, self.part

    def countable(self, there: Mask, *, count_subtasks: bool) -> Mask:
        """As `scope.standings` has it: not cancelled, no part of another item, and nothing that counts beneath."""
        live = there & (self.category != CANCELLED)
        parent = self._parents(there)
        beneath = live & (parent != NOBODY)
        if not count_subtasks:
            parts = beneath & self.part
            live, beneath = live & ~parts, beneath & ~parts
        counts: Mask = live.copy()
        counts[parent[beneath]] = False
        return counts

    def _parents(self, there: Mask) -> NDArray[np.int32]:
        """Only items of the program are parents; links that run in a circle are cut."""
        parent = np.where(there & there[self.parent] & (self.parent != NOBODY), self.parent, NOBODY)
        if self.circular:  # of all items; fewer of them have no circle that these do not have
            parent[_circle(parent)] = NOBODY
        return parent


def _circle(parent: NDArray[np.int32]) -> NDArray[np.int32]:
    """Whose parent links run in a circle: who is still above somebody after more steps than there are items."""
    above = parent
    for _ in range(len(parent).bit_length()):  # each doubles the way
        if above.max(initial=NOBODY) == NOBODY:
            break
        above = np.where(above == NOBODY, NOBODY, above[above])
    return np.unique(above[above != NOBODY])


def _presence(spans: Sequence[Sequence[Span]], moments: Sequence[datetime]) -> Mask:
    """By moment and member: whether it was in the program."""
    turns = np.zeros((len(moments) + 1, len(spans)), np.int8)
    for place, each in enumerate(spans):
        for since, until in each:
            turns[bisect_left(moments, since), place] += 1
            if until is not None:
                turns[bisect_left(moments, until), place] -= 1
    return np.cumsum(turns[:-1], axis=0, dtype=np.int8) > 0


def _events(history: ProgramHistory, moments: Sequence[datetime]) -> _Events:
    """Who was another one at a moment than at the next one."""
    found: list[tuple[int, int, str, ItemState]] = []
    for uid, changes in history.changes.items():
        snapshot = history.snapshots.get(uid)
        historian = None if snapshot is None else history.historians.get(snapshot.source)
        if snapshot is None or historian is None:
            continue
        states: dict[int, ItemState] = {}
        state, undo = snapshot.state, historian.undo
        for change in reversed(changes):
            state = undo(state, change)
            states[bisect_left(moments, change.at) - 1] = state
        place, source = history.position[uid], snapshot.source
        found += [(moment, place, source, then) for moment, then in states.items() if moment >= 0]
    found.sort(key=itemgetter(0))
    parents = [history.parent_of(source, state) or "" for _, _, source, state in found]
    states_then = [state for *_, state in found]
    starts = np.searchsorted([moment for moment, *_ in found], np.arange(len(moments) + 1))
    return _Events(
        starts,
        np.array([place for _, place, *_ in found], np.int32),
        _Columns(
            np.array([_CODES[state.status_category] for state in states_then], np.int8),
            _weights([state.points for state in states_then]),
            _weights(
                [
                    time_weight(state.estimate_seconds, state.spent_seconds, state.remaining_seconds)
                    for state in states_then
                ]
            ),
            np.array([history.position.get(parent, NOBODY) for parent in parents], np.int32),
            np.array([state.subtask or state.level < 0 for state in states_then], np.bool_),
        ),
    )


def _weights(said: Sequence[float | None]) -> NDArray[np.float64]:
    """A negative or infinite estimate is no estimate."""
    weights = np.array(said, np.float64)  # None becomes NaN
    weights[(weights < 0) | np.isinf(weights)] = np.nan
    return weights


def _tally(sums: Iterable[float], *, known: int) -> Tally:
    to_do, in_progress, done, _ = map(float, sums)
    return Tally(to_do, in_progress, done, known)
