"""Which days of a plan each activity is not worked on, because its team has them off.

A plan counts in days on which somebody works. A team that has some of these off counts its own: the *own* index of a
day is how many of its days lie before it. Both are exact for any day, before or after the origin.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Days = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class DaysOff:
    """`off` are sets of days from the origin, each ascending; `code` says per node which of them it has off."""

    off: tuple[tuple[int, ...], ...]
    code: NDArray[np.int16]

    def own(self, days: Days) -> Days:
        """Per node, how many of its own days lie before its day of the plan."""
        own = days.astype(np.int64)
        for code, off in enumerate(self.off):
            here = self.code == code
            own[here] -= np.searchsorted(np.array(off, np.int64), days[here])
        return own

    def counting(self) -> list[tuple[Callable[[int], int], Callable[[int], int]]]:
        """By code: from a day of the plan to its own index, and from an own index back to that day."""
        return [_counters(off) for off in self.off]


def _counters(off: tuple[int, ...]) -> tuple[Callable[[int], int], Callable[[int], int]]:
    if not off:
        return int, int
    resumed = [day - nth for nth, day in enumerate(off)]  # the own index that comes after each day off
    return (lambda day: day - bisect_left(off, day)), (lambda own: own + bisect_right(resumed, own))
