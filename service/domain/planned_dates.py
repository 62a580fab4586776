"""When each item is planned to finish, and by when it needs to start, with what says so (definitions §5, Dates).

Both are ladders: the first rung that knows a day gives it. A day is an ordinal; beside it stands the same moment as an
index of the working days of its team (`Calendars`), a finish at the end of its day and a start at the beginning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from service.domain.calendars import NO_DAY
from service.domain.columns import Codes, Days, Mask
from service.domain.lineage import Lineage
from service.domain.network import Network
from service.domain.team_calendars import Calendars
from service.domain.typical import Typical


class DateSource(StrEnum):
    """What says when. The place in this list is its code in arrays."""

    NONE = "none"
    OWN_DUE = "own_due"
    ITERATION_END = "iteration_end"
    RELEASE = "release"
    ROLLED_UP_DUE = "rolled_up_due"  # the latest finish among the countable items beneath a container
    OWN_START = "own_start"
    MILESTONE_DUE = "milestone_due"  # a milestone takes no time: it begins when it ends
    ITERATION_START = "iteration_start"
    DUE_MINUS_TYPICAL = "due_minus_typical"
    ROLLED_UP_START = "rolled_up_start"  # the earliest start among the open countable items beneath a container
    CONTAINER_START = "container_start"  # of the nearest item above that has one; weak: only a gap rests on it


SOURCES: Final = tuple(DateSource)
CODE: Final = {source: code for code, source in enumerate(SOURCES)}


@dataclass(frozen=True, slots=True, eq=False)
class PlannedDates:
    """By place of an item; NO_DAY and DateSource.NONE where nobody says.

    `finish_at` is the first working day after `finish`. `start_at` is that of `start`; of a milestone, the first
    working day after its due date, since it stands at the end of that day.
    """

    finish: Days
    finish_source: Codes
    finish_at: Days
    start: Days
    start_source: Codes
    start_at: Days

    @property
    def start_is_weak(self) -> Mask:
        weak: Mask = self.start_source == CODE[DateSource.CONTAINER_START]
        return weak


def planned_dates(
    network: Network, lineage: Lineage, *, calendars: Calendars, typical: Mapping[str, Typical]
) -> PlannedDates:
    item = network.item
    finish, finish_source = _finishes(network, lineage)
    milestone_due = np.where(item.milestone, item.due, NO_DAY).astype(np.int32)
    begun, source = _first(
        (milestone_due, DateSource.MILESTONE_DUE),
        (item.start, DateSource.OWN_START),
        (item.iteration_start, DateSource.ITERATION_START),
        (_before_due(network, calendars=calendars, typical=typical), DateSource.DUE_MINUS_TYPICAL),
        (_rolled_start(network, lineage), DateSource.ROLLED_UP_START),
        (lineage.nearest_above(item.start), DateSource.CONTAINER_START),
    )
    at_end = milestone_due != NO_DAY
    return PlannedDates(
        finish=finish,
        finish_source=finish_source,
        finish_at=calendars.indices_after(finish),
        start=begun,
        start_source=source,
        start_at=np.where(at_end, calendars.indices_after(begun), calendars.indices(begun)).astype(np.int32),
    )


def _finishes(network: Network, lineage: Lineage) -> tuple[Days, Codes]:
    item = network.item
    own = (
        (item.due, DateSource.OWN_DUE),
        (item.iteration_end, DateSource.ITERATION_END),
        (item.release, DateSource.RELEASE),
    )
    return _first(*own, (_rolled_finish(network, lineage, _first(*own)[0]), DateSource.ROLLED_UP_DUE))


def _rolled_finish(network: Network, lineage: Lineage, finish: Days) -> Days:
    """The latest of all countable items beneath; none while open ones are there and no open one has a date, for what
    is finished says nothing about the rest."""
    item = network.item
    still_open = item.countable & item.open
    undated = lineage.latest_beneath(finish, among=still_open) == NO_DAY
    latest = lineage.latest_beneath(finish, among=item.countable)
    return np.where(undated & (lineage.count_beneath(still_open) > 0), NO_DAY, latest).astype(np.int32)


def _rolled_start(network: Network, lineage: Lineage) -> Days:
    item = network.item
    start, _ = _first((item.start, DateSource.OWN_START), (item.iteration_start, DateSource.ITERATION_START))
    return lineage.earliest_beneath(start, among=item.countable & item.open)


def _before_due(network: Network, *, calendars: Calendars, typical: Mapping[str, Typical]) -> Days:
    """The latest day on which half of the done items of the type would have been begun to be ready when due."""
    item = network.item
    half = np.array([typical[name].p50 if name in typical else NO_DAY for name in item.item_types], np.int64)
    lasts = half[item.item_type] if item.item_types else np.zeros(0, np.int64)
    known = (item.due != NO_DAY) & (lasts != NO_DAY)
    starts = np.where(known, calendars.indices_after(item.due) - lasts, NO_DAY)
    return calendars.ordinals(starts)


def _first(*rungs: tuple[Days, DateSource]) -> tuple[Days, Codes]:
    """Of each item the first day that a rung knows, and which rung it was."""
    days = np.full_like(rungs[0][0], NO_DAY)
    sources = np.zeros(days.shape, np.int8)
    for candidates, source in rungs:
        found = (days == NO_DAY) & (candidates != NO_DAY)
        days[found] = candidates[found]
        sources[found] = CODE[source]
    return days, sources
