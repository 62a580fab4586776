"""How sure the plan of a program is: its network of open work in many trials, and what a change does to the chances."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final

import numpy as np

from service.domain.columns import Mask
from service.domain.cycle_times import ItemLaws, item_laws
from service.domain.dependencies import DependencyStatus
from service.domain.duration_laws import DurationLaws
from service.domain.forecast import TRIALS, Distribution, seed_of, wilson
from service.domain.notices import counted
from service.domain.outlook import LEVELS, Chance
from service.domain.rollup import DEFINITION_VERSION
from service.domain.schedule import ActivityNetwork
from service.domain.schedule_risk import Conditions, ScheduleRisk, finish_at_medians, schedule_risk
from service.domain.team_limits import crews_of
from service.domain.typical import SMALL_SAMPLE
from service.programs.cache import Beside
from service.programs.program_plan import ProgramPlan

NOTHING_LEFT: Final = "nothing_left"
INSUFFICIENT_HISTORY: Final = "insufficient_history"

MOST_CELLS: Final = 100_000_000  # trials × nodes of one simulation: a second or two
FEWEST_TRIALS: Final = 1_000
MOST_MILESTONES: Final = 200


@dataclass(frozen=True, eq=False)
class Setting:
    """What every simulation of one plan shares: laws, luck and limits. `laws` is None where too little is known."""

    plan: ProgramPlan
    takes_time: Mask
    laws: ItemLaws | None
    conditions: Conditions
    seed: int
    trials: int

    @classmethod
    def of(cls, plan: ProgramPlan) -> Setting:
        asked, work = plan.asked, plan.work
        takes = np.zeros(plan.activities.graph.nodes, np.bool_)
        takes[: work.sources.size] = work.sources != 0
        takes &= plan.ours
        made = item_laws(asked.assessment, takes_time=takes, item=work.expansion.item)
        return cls(
            plan=plan,
            takes_time=takes,
            laws=made,
            conditions=Conditions(
                crews=crews_of(asked.assessment, asked.terms.team_limits, takes_time=takes),
                pace=None if made is None else made.pace,
            ),
            seed=seed_of(asked.program.key, asked.today.isoformat(), DEFINITION_VERSION),
            trials=min(TRIALS, max(FEWEST_TRIALS, MOST_CELLS // max(takes.size, 1))),
        )

    @cached_property
    def milestones(self) -> list[int]:
        """Open ones of the program that wait for anything; what waits for nothing has no forecast."""
        item, graph = self.plan.asked.network.item, self.plan.activities.graph
        waits = np.zeros(graph.nodes, np.bool_)
        waits[graph.heads] = True
        size = len(self.plan.items)
        found: list[int] = np.flatnonzero(item.milestone & self.plan.shown & waits[:size]).tolist()
        return found[:MOST_MILESTONES]

    def run(self, network: ActivityNetwork, laws: DurationLaws, *, milestones: Sequence[int]) -> ScheduleRisk:
        """`network` has the nodes of the plan, `laws` are those of this setting, some nodes perhaps cut."""
        return schedule_risk(
            network, laws, seed=self.seed, trials=self.trials, milestones=milestones, conditions=self.conditions
        )


@dataclass(frozen=True, eq=False, slots=True)
class Simulated:
    """`typical_finish` is that of the one schedule in which everything takes its median time."""

    plan: ProgramPlan
    laws: ItemLaws
    risk: ScheduleRisk
    typical_finish: int

    def chance_by(self, day: date) -> Chance:
        return chance_by(self.plan, self.risk.finish, day)


@dataclass(frozen=True, eq=False)
class ProgramRisk:
    """`simulated` is None where `reason` says why."""

    setting: Setting
    reason: str | None
    simulated: Simulated | None

    @property
    def plan(self) -> ProgramPlan:
        return self.setting.plan

    @property
    def on_target(self) -> Chance | None:
        """None without a target or a forecast."""
        target = self.plan.asked.program.target
        return None if self.simulated is None or target is None else self.simulated.chance_by(target)

    @property
    def edges_on_cycles(self) -> int:
        return len(self.plan.asked.assessment.having((DependencyStatus.CYCLIC,)))


async def risk_in_thread(plan: ProgramPlan) -> ProgramRisk:
    """Computed once for each plan that is kept, off the event loop."""
    found = _risks.get(plan)
    if found is None:
        found = await asyncio.to_thread(risk_of, plan)
        _risks.put(plan, found)
    return found


def risk_of(plan: ProgramPlan) -> ProgramRisk:
    """CPU-heavy for large programs: call it off the event loop."""
    setting = Setting.of(plan)
    if not setting.takes_time.any():
        return ProgramRisk(setting, NOTHING_LEFT, None)
    if setting.laws is None:
        return ProgramRisk(setting, INSUFFICIENT_HISTORY, None)
    laws = setting.laws.laws
    risk = setting.run(plan.activities, laws, milestones=setting.milestones)
    typical = finish_at_medians(plan.activities, laws)
    return ProgramRisk(setting, None, Simulated(plan, setting.laws, risk, typical))


def chance_by(plan: ProgramPlan, finish: Distribution, day: date) -> Chance:
    """P(finished by the end of the day)."""
    calendar = plan.asked.assessment.calendars.common
    share = finish.probability(calendar.index_after(day) - calendar.index(plan.asked.today))
    return Chance(share, wilson(share, len(finish.days)))


def dates_of(plan: ProgramPlan, finish: Distribution) -> tuple[date, date, date]:
    """The days at which it is finished with 50, 85 and 95 %."""
    p50, p85, p95 = (plan.day(max((finish.percentile(share) or 0) - 1, 0)) for share in LEVELS)
    return p50, p85, p95


def said(made: ProgramRisk) -> str:
    """The forecast in a sentence, or why there is none."""
    if made.simulated is not None:
        circles = made.edges_on_cycles
        left_out = f" Left out: {counted(circles, 'edge')} on cycles." if circles else ""
        return _promise(made.simulated) + left_out
    if made.reason == NOTHING_LEFT:
        return "Nothing is left to do."
    return (
        f"No forecast by dependencies: fewer than {SMALL_SAMPLE} finished items tell how long work takes "
        "from its beginning to its end."
    )


def most(shares: np.ndarray[tuple[int], np.dtype[np.float64]], among: Mask, *, limit: int) -> Sequence[int]:
    """The places with the greatest values above 0 among these, greatest first; nan counts as nothing."""
    values = np.nan_to_num(shares[: among.size], nan=0.0)
    places = np.flatnonzero(among & (values > 0))
    ranked: list[int] = places[np.lexsort((places, -values[places]))][:limit].tolist()
    return ranked


def _promise(made: Simulated) -> str:
    p50, p85, _ = dates_of(made.plan, made.risk.finish)
    typical = made.plan.day(max(made.typical_finish - 1, 0))
    share = int(made.risk.finish.probability(made.typical_finish) * 100)
    return (
        f"With 85 % confidence everything is done by {p85} (half of the trials: {p50}). "
        f"If each item took its typical time it would be {typical}, which {share} % of the trials reach."
    )


_risks: Beside[ProgramRisk] = Beside("risk")
