"""Who stands beneath whom, as columns: what an epic has beneath it, and what an item inherits from above."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.domain.calendars import NO_DAY
from service.domain.columns import NOBODY, Days, Mask, Places

_NEVER = np.iinfo(np.int32).max


@dataclass(frozen=True, slots=True, eq=False)
class Lineage:
    """`parent` holds NOBODY where there is none. Parent links that run in a circle are cut.

    `rounds` are the items that have a parent, by round: an item stands in a later round than all of its children.
    """

    parent: Places
    rounds: tuple[Places, ...]

    @classmethod
    def of(cls, parent: Places) -> Lineage:
        """Leaves first: an item goes up when its last child has. Who never can is on a circle."""
        parent = parent.copy()
        waiting_for = np.bincount(parent[parent != NOBODY], minlength=parent.size)
        rounds: list[Places] = []
        ready = np.flatnonzero((parent != NOBODY) & (waiting_for == 0)).astype(np.int32)
        gone_up = np.zeros(parent.size, np.bool_)
        while ready.size:
            rounds.append(ready)
            gone_up[ready] = True
            above = parent[ready]
            np.subtract.at(waiting_for, above, 1)
            above = np.unique(above)
            ready = above[(waiting_for[above] == 0) & (parent[above] != NOBODY)]
        parent[~gone_up] = NOBODY
        return cls(parent, tuple(rounds))

    def count_beneath(self, among: Mask) -> Places:
        """For each item, how many of `among` stand beneath it, however deep."""
        return self._summed(among.astype(np.int32), np.add, 0)

    def latest_beneath(self, day: Days, *, among: Mask) -> Days:
        """The latest day of those of `among` that stand beneath it; NO_DAY where none of them has one."""
        return self._summed(np.where(among, day, NO_DAY).astype(np.int32), np.maximum, NO_DAY)

    def earliest_beneath(self, day: Days, *, among: Mask) -> Days:
        own = np.where(among & (day != NO_DAY), day, _NEVER).astype(np.int32)
        beneath = self._summed(own, np.minimum, _NEVER)
        beneath[beneath == _NEVER] = NO_DAY
        return beneath

    def nearest_above(self, day: Days) -> Days:
        """The day of the nearest item above it that has one."""
        above = np.full_like(day, NO_DAY)
        for items in reversed(self.rounds):
            parents = self.parent[items]
            above[items] = np.where(day[parents] != NO_DAY, day[parents], above[parents])
        return above

    def anywhere_above(self, mask: Mask) -> Mask:
        """Whether anything above it is in `mask`."""
        above = np.zeros_like(mask)
        for items in reversed(self.rounds):
            parents = self.parent[items]
            above[items] = mask[parents] | above[parents]
        return above

    def beneath_each_other(self, one: Places, other: Places) -> Mask:
        """Whether of each pair one stands beneath the other, or both are the same."""
        found: Mask = one == other
        for low, high in ((one, other), (other, one)):
            above = low
            while (above := np.where(above == NOBODY, NOBODY, self.parent[above])).max(initial=NOBODY) != NOBODY:
                found |= above == high
        return found

    def _summed(self, own: NDArray[np.int32], join: np.ufunc, nothing: int) -> NDArray[np.int32]:
        beneath = np.full_like(own, nothing)
        for items in self.rounds:
            join.at(beneath, self.parent[items], join(own[items], beneath[items]))
        return beneath
