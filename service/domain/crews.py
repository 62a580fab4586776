"""Teams that work on so many items at once and no more: places that items wait for, in the order of their rank.

List scheduling (Graham, 1966): the next item by rank goes to the place of its team that is free first. What is under
way holds a place and waits for none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Row = NDArray[np.float32]
_NOBODY = -1


@dataclass(frozen=True, eq=False, slots=True)
class Crews:
    """`sizes`: places of each team, at least 1. `crew`: node → place of its team in `sizes`; a node that is missing
    waits for no one. `begun`: nodes under way."""

    sizes: tuple[int, ...]
    crew: Mapping[int, int]
    begun: frozenset[int] = frozenset()


class Posts:
    """The places during one block of trials: when each is free, and by whom it was held last."""

    def __init__(self, crews: Crews, trials: int) -> None:
        self._crews = crews
        self._columns = np.arange(trials)
        self._free = [np.zeros((size, trials), np.float32) for size in crews.sizes]
        self._held = [np.full((size, trials), _NOBODY, np.int64) for size in crews.sizes]
        self._chosen = np.zeros(trials, np.int64)
        self._behind: dict[int, NDArray[np.int64]] = {}

    def limits(self, node: int) -> bool:
        return node in self._crews.crew

    def take(self, node: int, start: Row, *, into: Row) -> Row:
        """When the node can begin at one of the places, not before `start`; `leave` it before the next one."""
        crew = self._crews.crew[node]
        free = self._free[crew]
        self._chosen = free.argmin(axis=0)
        if node in self._crews.begun:
            return np.add(start, 0, out=into)
        self._behind[node] = self._held[crew][self._chosen, self._columns]
        return np.maximum(start, free[self._chosen, self._columns], out=into)

    def leave(self, node: int, end: Row) -> None:
        crew = self._crews.crew[node]
        free, at = self._free[crew], (self._chosen, self._columns)
        free[at] = np.maximum(free[at], end)
        self._held[crew][at] = node

    def bound(self, node: int, late_start: Row, late_ends: NDArray[np.float32]) -> None:
        """Whoever held the place before `node` must have left it by then: lowers its row of `late_ends`."""
        if (behind := self._behind.get(node)) is None:
            return
        trials = np.flatnonzero(behind != _NOBODY)
        at = (behind[trials], trials)
        late_ends[at] = np.minimum(late_ends[at], late_start[trials])
