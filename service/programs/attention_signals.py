"""From the standing of a program to what needs somebody, each with a sentence that says what and one that says why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from service.domain.attention import Signal, Trouble
from service.domain.calendars import NO_DAY, WorkingCalendar
from service.domain.columns import IN_PROGRESS, Days, Mask, day_of
from service.domain.data_quality import Check
from service.domain.dependencies import Assessment
from service.domain.dependency_status import STATUS_CODE, DependencyStatus
from service.domain.impact import downstream
from service.domain.network import Network
from service.programs.dependency_network import Known
from service.programs.health_measures import Standing
from service.store.freshness import SourceFacts
from service.wording import SECONDS_PER_HOUR, counted, day

LISTED_IN_A_CYCLE: Final = 6


@dataclass(frozen=True, slots=True)
class Told:
    """A signal in words. `place` is that of the item in the network, None for what is no item of it."""

    signal: Signal
    what: str
    why: str
    place: int | None = None
    downstream_items: int = 0


def signals_of(known: Known, standing: Standing, slips: Mapping[str, int]) -> list[Told]:
    """All of them, in no particular order. `slips` is by uid how often a milestone moved later in 30 days."""
    scene = _Scene(known, standing, slips)
    return [
        *scene.blocked(),
        *scene.cycles(),
        *scene.milestones(),
        *scene.overdue(),
        *scene.ageing(),
        *scene.unassigned(),
        *scene.undated(),
        *scene.sources(),
    ]


@dataclass(frozen=True, eq=False)
class _Scene:
    known: Known
    standing: Standing
    slips: Mapping[str, int]

    def blocked(self) -> Iterator[Told]:
        """By what is waited for: of several that wait for it, the one that has waited longest is told."""
        assessment, edge = self._assessment, self._network.edge
        codes = assessment.rungs.status
        places = np.flatnonzero(edge.confirmed & (codes == STATUS_CODE[DependencyStatus.BLOCKED])).tolist()
        waits: dict[int, list[int]] = {}
        for place in places:
            waits.setdefault(int(edge.predecessor[place]), []).append(place)
        for item, edges in waits.items():
            longest = max(edges, key=lambda each: (int(assessment.rungs.blocked_days[each]), -each))
            days = max(int(assessment.rungs.blocked_days[longest]), 0)
            after = self._network.ends(longest)[1]
            others = f" and {counted(len(edges) - 1, 'other')}" if len(edges) > 1 else ""
            yield self._told(
                Trouble.BLOCKED,
                item,
                f"{self._called(item)} holds up {after.called}{others}.",
                f"{after.called} has waited {counted(days, 'working day')} for it",
                days=days,
                critical=bool(self.standing.critical[item] or self.standing.critical[edge.successor[longest]]),
            )

    def cycles(self) -> Iterator[Told]:
        for cycle in self._assessment.cycles:
            items = [self._network.place[uid] for uid in cycle]
            names = [self._called(item) for item in items[:LISTED_IN_A_CYCLE]]
            more = f" and {len(items) - len(names)} more" if len(items) > len(names) else ""
            yield self._told(
                Trouble.CYCLE,
                items[0],
                f"{', '.join(names)}{more} wait for each other.",
                "None of them can begin as planned",
                critical=bool(self.standing.critical[items].any()),
            )

    def milestones(self) -> Iterator[Told]:
        item, plan = self._network.item, self.standing.plan
        finishes = plan.early_days[1]
        for place in np.flatnonzero(item.milestone & self.standing.open).tolist():
            due = day_of(item.due[place])
            slips = self.slips.get(self._network.items[place].uid, 0)
            reached = max(finishes[place], self._today) if plan.shown[place] else self._today
            days = 0 if due is None else max(self._working_days(due, reached), 0)
            if not slips and not days:
                continue
            slipped = f"Its date moved later {_times(slips)} in 30 days" if slips else ""
            late = f"it was due {day(due)} and can be reached {day(reached)} at the earliest" if days else ""
            why = "; ".join(part for part in (slipped, late) if part)
            yield self._told(
                Trouble.SLIPPED_MILESTONE,
                place,
                f"Milestone {self._called(place)} slips.",
                why[:1].upper() + why[1:],
                days=days,
            )

    def overdue(self) -> Iterator[Told]:
        item = self._network.item
        for place in np.flatnonzero(self.standing.overdue & ~item.milestone).tolist():
            due = day_of(item.due[place])
            days = 0 if due is None else max(self._working_days(due, self._today), 1)
            yield self._told(
                Trouble.OVERDUE,
                place,
                f"{self._called(place)} is overdue.",
                f"It was due {day(due)}, {counted(days, 'working day')} ago",
                days=days,
            )

    def ageing(self) -> Iterator[Told]:
        for place in np.flatnonzero(self.standing.ageing).tolist():
            aged = self.standing.aged[self._network.items[place].uid]
            age, usual = aged.days or 0, aged.usual or 0
            older = self._working_days(self._today - timedelta(days=age - usual), self._today)
            yield self._told(
                Trouble.AGEING,
                place,
                f"{self._called(place)} has been in progress for {counted(age, 'day')}.",
                f"85% of those of type {aged.life.item_type} took {counted(usual, 'day')} at most",
                days=max(older, 1),
            )

    def unassigned(self) -> Iterator[Told]:
        near, day_near = self._near
        for place in np.flatnonzero(self._failing(Check.OWNER) & near).tolist():
            said = day_of(day_near[place])
            when = "It is in progress" if said is None else f"It begins or is due by {day(said)}"
            yield self._told(Trouble.UNASSIGNED, place, f"Nobody is assigned to {self._called(place)}.", when)

    def undated(self) -> Iterator[Told]:
        """Open work without any date that somebody needs soon; who waits already is told as blocked."""
        assessment, edge = self._assessment, self._network.edge
        horizon = self._horizon
        failing = self._failing(Check.PLANNED)
        need_by = assessment.timing.need_by
        unresolved = assessment.rungs.status != STATUS_CODE[DependencyStatus.RESOLVED]
        not_blocked = assessment.rungs.status != STATUS_CODE[DependencyStatus.BLOCKED]
        told = (need_by != NO_DAY) & ~assessment.timing.weak & (need_by <= horizon)
        wanted = edge.confirmed & unresolved & not_blocked & told
        for place in np.flatnonzero(wanted & failing[edge.predecessor]).tolist():
            item, after = int(edge.predecessor[place]), self._network.ends(place)[1]
            yield self._told(
                Trouble.UNDATED,
                item,
                f"{self._called(item)} has no date.",
                f"{after.called} needs it by {day(day_of(need_by[place]))}",
            )

    def sources(self) -> Iterator[Told]:
        """How far they can be trusted now; how far they could be at an earlier moment nobody keeps."""
        if self.known.view.earlier is not None:
            return
        for facts in self.known.sources:
            if facts.name not in self.known.all_sources or self.known.is_stale(facts.name):
                yield self._stale(facts)
            for scope in facts.scopes:
                said = scope.message or f"{scope.key} was never read completely"
                signal = Signal(trouble=Trouble.HELD_SCOPE, subject=f"{facts.name}:{scope.key}")
                yield Told(signal, f"{scope.key} of {facts.name} cannot be trusted.", f"{said.rstrip('.')}.")

    def _stale(self, facts: SourceFacts) -> Told:
        name, proof = facts.name, facts.last_complete_sync
        if proof is None:
            signal = Signal(trouble=Trouble.STALE_SOURCE, subject=name)
            return Told(signal, f"{name} was never read completely.", "Nothing that it holds is proven.")
        read_on = self._local_day(proof)
        days = max(self._working_days(read_on, self._today), 0)
        signal = Signal(trouble=Trouble.STALE_SOURCE, subject=name, days=days)
        hours = int(self.known.view.terms.stale_after.total_seconds() // SECONDS_PER_HOUR)
        said = f"That is more than {counted(hours, 'hour')} ago; what changed since is on no list here."
        return Told(signal, f"{name} was last read completely on {day(read_on)}.", said)

    @property
    def _assessment(self) -> Assessment:
        return self.known.network.assessment

    @property
    def _network(self) -> Network:
        return self._assessment.network

    @property
    def _calendar(self) -> WorkingCalendar:
        """The program's: what is chased is chased by who runs it."""
        return self.known.view.terms.calendar

    @property
    def _today(self) -> date:
        return self.known.view.today

    @property
    def _horizon(self) -> int:
        """The last day that is near, as an ordinal."""
        return self._calendar.add_working_days(self._today, self.standing.terms.near_days).toordinal()

    @cached_property
    def _behind(self) -> NDArray[np.float64]:
        """By place of an item, how much open work of the program waits behind it, itself not counted."""
        expansion, size = self._assessment.expansion, len(self._network.items)
        own = np.zeros(expansion.graph.nodes)
        own[:size] = self.standing.open
        behind: NDArray[np.float64] = downstream(expansion.graph, own).nodes[:size]
        return behind

    @cached_property
    def _near(self) -> tuple[Mask, Days]:
        """What begins or is due within the horizon, or is in progress; and the nearest of those days."""
        item, today = self._network.item, self._today.toordinal()
        nearest = np.full(len(self._network.items), _FAR, np.int32)
        for days in (item.start, item.due, item.iteration_start, item.iteration_end):
            ahead = (days != NO_DAY) & (days >= today)
            nearest = np.where(ahead, np.minimum(nearest, days), nearest).astype(np.int32)
        soon = nearest <= self._horizon
        near: Mask = soon | (item.category == IN_PROGRESS)
        return near, np.where(soon, nearest, NO_DAY).astype(np.int32)

    def _failing(self, check: Check) -> Mask:
        return self.standing.checked.failed[check]

    def _called(self, place: int) -> str:
        return self._network.items[place].called

    def _working_days(self, start: date, end: date) -> int:
        return self._calendar.working_days_between(start, end)

    def _local_day(self, moment: datetime) -> date:
        return moment.astimezone(self.known.view.terms.zone).date()

    def _told(
        self, trouble: Trouble, place: int, what: str, why: str, *, days: int = 0, critical: bool | None = None
    ) -> Told:
        """`why` without its full stop: what waits behind is added."""
        behind, scope = int(np.rint(self._behind[place])), int(np.count_nonzero(self.standing.open))
        signal = Signal(
            trouble=trouble,
            subject=self._network.items[place].uid,
            downstream=behind / scope if scope else 0.0,
            days=days,
            critical=bool(self.standing.critical[place]) if critical is None else critical,
        )
        verb = "waits" if behind == 1 else "wait"
        more = f"; {counted(behind, 'open item')} {verb} behind it" if behind else ""
        return Told(signal, what, f"{why}{more}.", place, behind)


_FAR: Final = int(np.iinfo(np.int32).max)


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"
