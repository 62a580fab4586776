"""When the open work of a program can be done: the critical path method over its network, turned into days.

What stands in another program takes part as far as something of the program waits for it; when the others will be
done is not this program's finish.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from service.domain.columns import Mask
from service.domain.graph import ancestors
from service.domain.network import NetworkItem
from service.domain.remaining import RemainingWork, remaining_work
from service.domain.schedule import ActivityNetwork, Path, Schedule, paths, schedule, shown_days
from service.programs.dependency_network import ProgramNetwork

PATHS_SHOWN = 10


@dataclass(frozen=True, eq=False)
class ProgramPlan:
    """Nodes are those of `work.expansion`: the items of the network by their place, then starts of containers."""

    asked: ProgramNetwork
    work: RemainingWork
    activities: ActivityNetwork
    schedule: Schedule

    @cached_property
    def shown(self) -> Mask:
        """Per item: it is open work of the network, or an open milestone of it."""
        item = self.asked.network.item
        takes = self.activities.durations[: len(self.items)] > 0
        waits: Mask = item.live & item.open & (takes | item.milestone) & self.ours[: len(self.items)]
        return waits

    @cached_property
    def ours(self) -> Mask:
        return _ours(self.asked, self.work)

    @property
    def items(self) -> tuple[NetworkItem, ...]:
        return self.asked.network.items

    @cached_property
    def open_places(self) -> list[int]:
        """Items by their float, least first, then by uid."""
        places = np.flatnonzero(self.shown)
        return [int(each) for each in places[np.argsort(self.schedule.total_float[places], kind="stable")]]

    @property
    def float_to_target(self) -> int | None:
        return None if self.asked.program.target is None else self.schedule.horizon - self.schedule.finish

    @property
    def finish(self) -> date | None:
        """None where nothing is left to do."""
        return self.finish_of(self.schedule) if self.open_places else None

    def finish_of(self, plan: Schedule) -> date:
        return self.day(max(plan.finish - 1, 0))

    def early(self, plan: Schedule, activities: ActivityNetwork | None = None) -> tuple[list[date], list[date]]:
        """The first and the last day of each item, both worked on."""
        first, last = shown_days(activities or self.activities, plan)
        return self.days(first), self.days(last)

    @cached_property
    def early_days(self) -> tuple[list[date], list[date]]:
        return self.early(self.schedule)

    @cached_property
    def late_days(self) -> tuple[list[date], list[date]]:
        first, last = shown_days(self.activities, self.schedule, late=True)
        return self.days(first), self.days(last)

    def paths(self, *, within: int) -> list[Path]:
        """The critical ones and those that nearly are, as far as they lead through open work."""
        found = paths(self.activities, self.schedule, within=within, limit=PATHS_SHOWN)
        return [path for path in found if self.through(path)]

    def through(self, path: Path) -> list[int]:
        """The items of a path that are shown: what only holds a container together is left out."""
        return [node for node in path.nodes if node < len(self.items) and self.shown[node]]

    def days(self, offsets: NDArray[np.int64]) -> list[date]:
        told, places = np.unique(offsets[: len(self.items)], return_inverse=True)
        days = [self.day(offset) for offset in told.tolist()]  # thousands of items share few days
        return [days[place] for place in places.tolist()]

    def day(self, offset: int) -> date:
        calendar = self.asked.assessment.calendars.common
        return calendar.day(calendar.index(self.asked.today) + offset)


def plan_of(asked: ProgramNetwork) -> ProgramPlan:
    """CPU-heavy for large programs: call it off the event loop."""
    teams = {item.team or "" for item in asked.network.items}
    work = remaining_work(asked.assessment, team_hours=dict.fromkeys(teams, asked.terms.hours_per_day))
    activities = limited(asked, work)
    return ProgramPlan(asked, work, activities, schedule(activities, target=target_of(asked)))


def target_of(asked: ProgramNetwork) -> int | None:
    """By the end of the program's target day, counted from the beginning of today."""
    target = asked.program.target
    if target is None:
        return None
    calendar = asked.assessment.calendars.common
    return calendar.index_after(target) - calendar.index(asked.today)


def limited(asked: ProgramNetwork, work: RemainingWork) -> ActivityNetwork:
    """Without the work of others that nothing of the program waits for: it takes no time, and nothing leads to it."""
    ours, activities = _ours(asked, work), work.activities
    if ours.all():
        return activities
    kept = ours[activities.graph.heads] & ours[activities.graph.tails]
    return replace(
        activities,
        graph=activities.graph.keeping(kept),
        durations=np.where(ours, activities.durations, 0),
        types=activities.types[kept],
        lags=activities.lags[kept],
    )


def arcs_of(asked: ProgramNetwork, work: RemainingWork) -> NDArray[np.int32]:
    """The edge that each arc of `limited` stands for; −1 for a tie."""
    ours, graph = _ours(asked, work), work.activities.graph
    if ours.all():
        return work.expansion.edge
    kept: NDArray[np.int32] = work.expansion.edge[ours[graph.heads] & ours[graph.tails]]
    return kept


def _ours(asked: ProgramNetwork, work: RemainingWork) -> Mask:
    """Nodes of members, and all that they wait for."""
    member = asked.network.item.member[work.expansion.item]
    if member.all():
        return member
    before = ancestors(work.activities.graph, np.flatnonzero(member).tolist())
    ours: Mask = member | before
    return ours
