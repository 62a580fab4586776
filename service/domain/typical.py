"""How long items of a type typically take: percentiles of the cycle times of those that are done."""

from __future__ import annotations

from typing import Final

import numpy as np
from msgspec import Struct

from service.domain.calendars import NO_DAY
from service.domain.columns import DONE, Days, Places
from service.domain.network import Network
from service.domain.team_calendars import Calendars

SMALL_SAMPLE: Final = 11  # fewer tell little about a percentile


class Typical(Struct, frozen=True, gc=False):
    """Working days, first and last included, so at least 1. Of `n` done items, half took no longer than `p50`."""

    p50: int
    p85: int
    n: int

    @property
    def small_sample(self) -> bool:
        return self.n < SMALL_SAMPLE


def typical_durations(network: Network, *, calendars: Calendars) -> dict[str, Typical]:
    """By item type; a type of which nothing with a known beginning and end is done is missing.

    Milestones take no time and are left out.
    """
    item = network.item
    finished = (item.category == DONE) & (item.started_on != NO_DAY) & (item.done_on != NO_DAY) & ~item.milestone
    finished &= item.started_on <= item.done_on
    among = np.flatnonzero(finished).astype(np.int32)
    took = _working_days(item.started_on[among], item.done_on[among], among, calendars)
    kind = item.item_type[among]
    order = np.lexsort((took, kind))
    took, kind = took[order], kind[order]
    codes, begin = np.unique(kind, return_index=True)
    ends = np.append(begin, took.size)[1:]
    return {
        item.item_types[code]: _typical(took[first:last]) for code, first, last in zip(codes, begin, ends, strict=True)
    }


def _working_days(start: Days, finish: Days, items: Places, calendars: Calendars) -> Days:
    """From start to finish, both included; something that began and ended on one weekend took a day."""
    took: Days = np.maximum(calendars.indices_after(finish, items) - calendars.indices(start, items), 1)
    return took


def nearest_rank(ordered: Days, percent: int) -> int:
    """The smallest observed value that at least so many of a hundred do not exceed; no interpolation."""
    rank = -(-percent * ordered.size // 100)
    return int(ordered[rank - 1])


def _typical(ordered: Days) -> Typical:
    return Typical(nearest_rank(ordered, 50), nearest_rank(ordered, 85), int(ordered.size))
