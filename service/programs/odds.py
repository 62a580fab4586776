"""What a change of the plan does to its chances: the same trials before and after, so that only the change differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from service.domain.columns import Mask
from service.domain.duration_laws import ThreePoints
from service.domain.forecast import Distribution
from service.domain.schedule import ActivityNetwork
from service.domain.schedule_risk import ScheduleRisk
from service.programs.chances import DatesAt, chance_data
from service.programs.program_plan import ProgramPlan
from service.programs.schedule_risk import (
    INSUFFICIENT_HISTORY,
    ProgramRisk,
    Setting,
    chance_by,
    dates_of,
    risk_of,
    said,
)
from service.programs.schedule_risk_answers import ChanceMove, DatesMove, MilestoneOdds, Odds

MOST_SHOWN = 100


@dataclass(frozen=True, eq=False, kw_only=True)
class ChangedPlan:
    """`plan` is the one that changed, with other edges perhaps; `network` is what is left of it after the change.

    Nodes of `cut` take no time any more; `estimates` by node tell of some how long they take, in place of the past.
    """

    plan: ProgramPlan
    network: ActivityNetwork
    cut: Mask
    estimates: Mapping[int, ThreePoints]


def odds_of(before: ProgramRisk, changed: ChangedPlan) -> Odds:
    """CPU-heavy for large programs: call it off the event loop."""
    if before.simulated is None:
        return _none(before.reason, said(before))
    plan, old = before.plan, before.simulated.risk
    setting = before.setting if changed.plan is before.plan else Setting.of(changed.plan)
    if setting.laws is None:  # fewer done items are in the network after the change
        return _none(INSUFFICIENT_HISTORY, said(risk_of(changed.plan)))
    milestones = [place for place in old.milestones if not changed.cut[place]]
    laws = setting.laws.laws.estimated(changed.estimates).without(changed.cut)
    after = setting.run(changed.network, laws, milestones=milestones)
    return Odds(
        reason=None,
        message=_sentence(plan, old, after),
        trials=after.trials,
        finish=_dates(plan, old.finish, after.finish),
        on_target=_chances(plan, old.finish, after.finish, plan.asked.program.target),
        milestones=tuple(_milestone(plan, place, old, after) for place in _moved(old, after)),
    )


def not_asked() -> Odds:
    return _none("not_asked", "Chances were not asked for.")


def _none(reason: str | None, message: str) -> Odds:
    return Odds(reason=reason, message=message, trials=0, finish=None, on_target=None, milestones=())


def _moved(before: ScheduleRisk, after: ScheduleRisk) -> Sequence[int]:
    """Milestones that come on another day in any trial, by how much their mean moves."""
    moves = {
        place: float(np.abs(finish.days.mean() - before.milestones[place].days.mean()))
        for place, finish in after.milestones.items()
        if (finish.days != before.milestones[place].days).any()
    }
    return sorted(moves, key=lambda place: (-moves[place], place))[:MOST_SHOWN]


def _milestone(plan: ProgramPlan, place: int, before: ScheduleRisk, after: ScheduleRisk) -> MilestoneOdds:
    item, one, other = plan.items[place], before.milestones[place], after.milestones[place]
    return MilestoneOdds(
        uid=item.uid,
        key=item.key,
        title=item.title,
        due=item.due,
        dates=_dates(plan, one, other),
        on_due=_chances(plan, one, other, item.due),
    )


def _dates(plan: ProgramPlan, before: Distribution, after: Distribution) -> DatesMove:
    return DatesMove(DatesAt(*dates_of(plan, before)), DatesAt(*dates_of(plan, after)))


def _chances(plan: ProgramPlan, before: Distribution, after: Distribution, day: date | None) -> ChanceMove | None:
    if day is None:
        return None
    return ChanceMove(chance_data(chance_by(plan, before, day)), chance_data(chance_by(plan, after, day)))


def _sentence(plan: ProgramPlan, before: ScheduleRisk, after: ScheduleRisk) -> str:
    old, new = dates_of(plan, before.finish)[1], dates_of(plan, after.finish)[1]
    moved = f"The day by which everything is done with 85 % confidence moves from {old} to {new}"
    told = moved if old != new else f"Everything is done by {old} with 85 % confidence, before and after"
    target = plan.asked.program.target
    if target is None:
        return f"{told}."
    one, other = (chance_by(plan, each.finish, target).value for each in (before, after))
    goes = f"stays {_percent(one)}" if one == other else f"goes from {_percent(one)} to {_percent(other)}"
    return f"{told}; the chance of the target of {target} {goes}."


def _percent(share: float) -> str:
    """Rounded down, so that a chance below a threshold does not read as if it had reached it."""
    return f"{int(share * 100 + 1e-9)} %"
