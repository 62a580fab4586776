"""What the rules of health look at, measured over the network of a program or over a part of it.

Pure: everything that has to be read was read before. What people baselined, forecast or added is measured elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from service.domain.calendars import NO_DAY, day_ordinals
from service.domain.columns import DONE, IN_PROGRESS, Mask
from service.domain.data_quality import Checked, Quality, check_items
from service.domain.dependency_status import STATUS_CODE, DependencyStatus
from service.domain.flow import Aged, Ageing
from service.domain.health import Health, Measure, Part, Rule, Verdict, health_of, judge_all
from service.domain.network import NetworkItem
from service.programs.health_terms import HealthTerms
from service.programs.program_plan import ProgramPlan
from service.store.open_work import OpenItem
from service.wording import counted

NO_CODE: Final = -1
OF_PARTS: Final = (
    Rule.BLOCKED_CRITICAL,
    Rule.OVERDUE,
    Rule.AGEING,
    Rule.UNOWNED_RISKS,
    Rule.DATA_QUALITY,
)
"""The rules that a part is judged by: those that need nothing but its own items."""


@dataclass(frozen=True, eq=False)
class Standing:
    """A program as health sees it. Masks and columns are by place of an item in the network."""

    plan: ProgramPlan
    open_work: Mapping[str, OpenItem]
    aged: Mapping[str, Aged]
    terms: HealthTerms
    checked: Checked

    @classmethod
    def of(
        cls,
        plan: ProgramPlan,
        *,
        open_work: Mapping[str, OpenItem],
        aged: Iterable[Aged],
        terms: HealthTerms,
        done_on: Mapping[str, date] | None = None,
    ) -> Standing:
        """`aged` is work in progress with its age; `done_on` by uid when work was done, where histories know more than
        the network of then. CPU-heavy for large programs: call it off the event loop."""
        asked = plan.asked
        zone = asked.terms.zone
        touched = (open_work.get(item.uid) for item in plan.items)
        updated = day_ordinals(None if each is None else each.updated_at.astimezone(zone).date() for each in touched)
        done = None if done_on is None else day_ordinals(done_on.get(item.uid) for item in plan.items)
        return cls(
            plan=plan,
            open_work=open_work,
            aged={each.life.uid: each for each in aged},
            terms=terms,
            checked=check_items(asked.network, today=asked.today, updated=updated, done=done),
        )

    @property
    def items(self) -> tuple[NetworkItem, ...]:
        return self.plan.items

    @cached_property
    def ours(self) -> Mask:
        """What counts in the program."""
        item = self.plan.asked.network.item
        counts: Mask = item.member & item.live & item.countable
        return counts

    @cached_property
    def open(self) -> Mask:
        still_open: Mask = self.ours & self.plan.asked.network.item.open
        return still_open

    @cached_property
    def is_finished(self) -> bool:
        """Something counts, and all of it is done."""
        done = self.plan.asked.network.item.category == DONE
        return bool(self.ours.any()) and bool((done | ~self.ours).all())

    @cached_property
    def overdue(self) -> Mask:
        due = self.plan.asked.network.item.due
        late: Mask = self.open & (due != NO_DAY) & (due < self.plan.asked.today.toordinal())
        return late

    @cached_property
    def critical(self) -> Mask:
        """Open work without float, and what it lies beneath."""
        plan = self.plan
        path = plan.shown & plan.schedule.critical[: len(plan.items)]
        above: Mask = path | (plan.asked.assessment.lineage.count_beneath(path) > 0)
        return above

    @cached_property
    def ageing(self) -> Mask:
        """Older than 85 of 100 of its type took to finish, as flow tells it."""
        return self._aged(Ageing.AGEING, Ageing.STALE)

    @cached_property
    def of_known_age(self) -> Mask:
        """In progress, and both its age and what its type takes are known."""
        return self._aged(Ageing.YOUNG, Ageing.AGEING, Ageing.STALE)

    @cached_property
    def blocked_critical(self) -> NDArray[np.int64]:
        """Confirmed edges on the critical path whose successor waits now."""
        network, rungs = self.plan.asked.network, self.plan.asked.assessment.rungs
        edge = network.edge
        blocked = edge.confirmed & (rungs.status == STATUS_CODE[DependencyStatus.BLOCKED])
        found: NDArray[np.int64] = np.flatnonzero(
            blocked & self.critical[edge.predecessor] & self.critical[edge.successor]
        )
        return found

    def measures(self) -> tuple[Measure, ...]:
        """Of the whole program."""
        every = np.ones(len(self.items), np.bool_)
        return (self.of_dependencies(), *self._measures(every))

    def parts(self) -> tuple[Part, ...]:
        """Its workstreams; where an item is in none, its project. By name."""
        groups = grouped(self.items, self.part_of, among=self.ours)
        parts = []
        for name, mask in groups.items():
            verdicts = judge_all(self._measures(mask), self.terms.limits)
            done = bool((self.plan.asked.network.item.category[mask] == DONE).all())
            health: Health = health_of(verdicts, finished=done)
            critical = bool((mask & self.critical).any())
            parts.append(Part(name, health.colour, float(np.count_nonzero(mask)), critical, verdicts))
        return tuple(parts)

    def part_of(self, item: NetworkItem) -> str:
        return item.workstream or self.plan.asked.project(item) or "without a project"

    def qualities(self, group: Callable[[NetworkItem], str | None]) -> dict[str | None, Quality]:
        """By what `group` calls the items that count, by name; those without a name come last."""
        names = sorted({group(item) for item in self._members()}, key=lambda name: (name is None, name or ""))
        code = {name: place for place, name in enumerate(names)}
        member = self.plan.asked.network.item.member
        codes = np.fromiter(
            (code[group(item)] if ours else NO_CODE for item, ours in zip(self.items, member.tolist(), strict=True)),
            np.int32,
            len(self.items),
        )
        return dict(zip(names, self.checked.by(codes), strict=False))

    def _members(self) -> list[NetworkItem]:
        return [item for item in self.items if item.member]

    def _measures(self, among: Mask) -> tuple[Measure, ...]:
        return (
            self._of_blocked(among),
            self._of_overdue(among),
            self._of_ageing(among),
            self._of_risks(among),
            quality_measure(self.checked.quality(among)),
        )

    def of_dependencies(self) -> Measure:
        health = self.plan.asked.assessment.health
        if health.score is None:
            return Measure.missing(Rule.DEPENDENCY_HEALTH, "no_open_dependencies", "No dependency is open.")
        counts = {status: number for status, number in health.counts.items() if number}
        bad = [
            f"{counts[status]} {str(status).replace('_', ' ')}"
            for status in (DependencyStatus.BLOCKED, DependencyStatus.OFF_TRACK, DependencyStatus.CYCLIC)
            if status in counts
        ]
        told = f": {', '.join(bad)}" if bad else ""
        return Measure(
            Rule.DEPENDENCY_HEALTH, health.score, f"Open dependencies score {health.score:.0f} of 100{told}."
        )

    def _of_blocked(self, among: Mask) -> Measure:
        rule, edge = Rule.BLOCKED_CRITICAL, self.plan.asked.network.edge
        inside = among | (self.plan.asked.assessment.lineage.count_beneath(among) > 0)
        confirmed = edge.confirmed & inside[edge.successor]
        if not confirmed.any():
            return Measure.missing(rule, "no_dependencies", "No dependency is known.")
        found = [place for place in self.blocked_critical.tolist() if inside[edge.successor[place]]]
        evidence = tuple(sorted({self.items[edge.predecessor[place]].uid for place in found}))
        if not found:
            return Measure(rule, 0.0, "Nothing on the critical path is blocked.")
        said = counted(len(found), "dependency", "dependencies")
        return Measure(
            rule, float(len(found)), f"{said} on the critical path {_are(len(found))} blocked.", None, evidence
        )

    def _of_overdue(self, among: Mask) -> Measure:
        due = self.plan.asked.network.item.due
        asked = int(np.count_nonzero(among & self.open & (due != NO_DAY)))
        if not asked:
            return Measure.missing(Rule.OVERDUE, "no_due_dates", "No open item has a due date.")
        late = np.flatnonzero(among & self.overdue)
        said = f"{len(late):,} of {counted(asked, 'open item')} with a due date {_are(len(late))} overdue."
        return Measure(Rule.OVERDUE, len(late) / asked, said, None, self._uids(late))

    def _of_ageing(self, among: Mask) -> Measure:
        asked = int(np.count_nonzero(among & self.of_known_age))
        if not (among & self._aged(*Ageing)).any():
            return Measure.missing(Rule.AGEING, "nothing_in_progress", "Nothing is in progress.")
        if not asked:
            return Measure.missing(
                Rule.AGEING, "no_cycle_times", "Nothing of these types was finished lately, so no age is too old."
            )
        old = np.flatnonzero(among & self.ageing)
        said = (
            f"{len(old):,} of {counted(asked, 'item')} in progress {_are(len(old))} older than 85% of their type "
            "took to finish."
        )
        return Measure(Rule.AGEING, len(old) / asked, said, None, self._uids(old))

    def _of_risks(self, among: Mask) -> Measure:
        types = {name.casefold() for name in self.terms.risk_types}
        risks = [
            place
            for place in np.flatnonzero(among & self.ours_or_above).tolist()
            if self.items[place].item_type.casefold() in types
        ]
        if not risks:
            return Measure.missing(Rule.UNOWNED_RISKS, "no_risks_kept", "No risks are kept in the program.")
        found = [place for place in risks if self._is_unowned(place)]
        said = f"{counted(len(found), 'critical risk')} of {counted(len(risks), 'risk')} {_have(len(found))} no owner."
        return Measure(Rule.UNOWNED_RISKS, float(len(found)), said, None, self._uids(found))

    @cached_property
    def ours_or_above(self) -> Mask:
        item = self.plan.asked.network.item
        live: Mask = item.member & item.live
        return live

    def _is_unowned(self, place: int) -> bool:
        item, known = self.items[place], self.open_work.get(self.items[place].uid)
        critical = {name.casefold() for name in self.terms.critical_priorities}
        return known is not None and item.assignee_id is None and (known.priority or "").casefold() in critical

    def _aged(self, *states: Ageing) -> Mask:
        """Of what is in progress: a life tells when work first began, not when it rested."""
        told = np.fromiter(
            ((aged := self.aged.get(item.uid)) is not None and aged.state in states for item in self.items),
            np.bool_,
            len(self.items),
        )
        begun: Mask = told & (self.plan.asked.network.item.category == IN_PROGRESS)
        return begun

    def _uids(self, places: Sequence[int] | NDArray[np.int64]) -> tuple[str, ...]:
        return tuple(self.items[place].uid for place in places)


def quality_measure(quality: Quality) -> Measure:
    if quality.score is None:
        return Measure.missing(Rule.DATA_QUALITY, "empty_scope", "Nothing counts yet.")
    return Measure(Rule.DATA_QUALITY, quality.score, f"Data quality is {quality.score:.0%}.")


def grouped(items: Sequence[NetworkItem], group: Callable[[NetworkItem], str], *, among: Mask) -> dict[str, Mask]:
    """By name, in the order of names: which of `among` it holds."""
    groups: dict[str, Mask] = {}
    for place in np.flatnonzero(among).tolist():
        name = group(items[place])
        if name not in groups:
            groups[name] = np.zeros(len(items), np.bool_)
        groups[name][place] = True
    return {name: groups[name] for name in sorted(groups)}


def verdicts_of(measures: Sequence[Measure], terms: HealthTerms) -> tuple[Verdict, ...]:
    """In the order of the rules."""
    order = list(Rule)
    return judge_all(sorted(measures, key=lambda each: order.index(each.rule)), terms.limits)


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _have(number: int) -> str:
    return "has" if number == 1 else "have"
