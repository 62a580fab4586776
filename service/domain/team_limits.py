"""How many items each team works on at once: what a simulation lets run in parallel.

Off unless somebody says so: a number by team, or what the teams were seen to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil

import numpy as np

from service.domain.calendars import NO_DAY
from service.domain.columns import CANCELLED, IN_PROGRESS, Mask
from service.domain.crews import Crews
from service.domain.dependencies import Assessment

LOOKED_BACK = 60  # working days over which work in progress is averaged: a quarter of a year


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamLimits:
    """Names in any case. `measured`: teams that `by_team` does not name work on as many as they did lately."""

    by_team: Mapping[str, int] = field(default_factory=dict)
    measured: bool = False

    def __bool__(self) -> bool:
        return bool(self.by_team) or self.measured


def crews_of(assessment: Assessment, limits: TeamLimits, *, takes_time: Mask) -> Crews | None:
    """`takes_time` is per node of the remaining work; items come first. What belongs to no team waits for nobody."""
    if not limits:
        return None
    said = {name.casefold(): size for name, size in limits.by_team.items()}
    if limits.measured:
        said = {name: ceil(mean) for name, mean in work_in_progress(assessment).items() if mean > 0} | said
    places = {name: number for number, name in enumerate(said)}
    items = assessment.network.items
    open_ = np.flatnonzero(takes_time[: len(items)]).tolist()
    crew = {
        node: place
        for node in open_
        if (team := items[node].team) is not None and (place := places.get(team.casefold())) is not None
    }
    begun = frozenset(node for node in crew if assessment.network.item.category[node] == IN_PROGRESS)
    return Crews(sizes=tuple(said.values()), crew=crew, begun=begun) if crew else None


def work_in_progress(assessment: Assessment) -> dict[str, float]:
    """By team (in lower case) how many countable items were in progress on an average working day lately."""
    item, calendars, items = assessment.network.item, assessment.calendars, assessment.network.items
    today = calendars.index(assessment.as_of).astype(np.int64)
    begun = np.maximum(calendars.indices(item.started_on), today - LOOKED_BACK)
    ended = np.where(item.done_on == NO_DAY, today, np.minimum(calendars.indices_after(item.done_on), today))
    worked = item.countable & ~item.milestone & (item.started_on != NO_DAY) & (item.category != CANCELLED)
    worked &= (item.category == IN_PROGRESS) | (item.done_on != NO_DAY)
    days = np.where(worked, np.clip(ended - begun, 0, LOOKED_BACK), 0)
    found: dict[str, float] = {}
    for place in np.flatnonzero(days).tolist():
        if (team := items[place].team) is not None:
            found[team.casefold()] = found.get(team.casefold(), 0.0) + float(days[place]) / LOOKED_BACK
    return found
