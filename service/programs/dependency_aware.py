"""The part of a forecast that follows the dependencies: dates, what is critical how often, and merge bias."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from service.domain.cycle_times import BASES
from service.programs.chances import DatesAt, chance_data
from service.programs.dependency_faces import url_of
from service.programs.dependency_terms import Viewpoint
from service.programs.networks import network_of
from service.programs.schedule_risk import ProgramRisk, Simulated, chance_by, dates_of, most, risk_in_thread, said
from service.programs.schedule_risk_answers import (
    BasisCounts,
    DependencyAware,
    MergeBias,
    MilestoneOutlook,
    RiskItem,
)
from service.programs.schedules import plan_in_thread
from service.programs.track_record_answers import TrackRecord
from service.programs.track_records import track_record_of
from service.store.engine import Database
from service.store.faces import Face, Faces

SHOWN: Final = 20  # items critical most often, and as many drivers


async def program_risk(database: Database, key: str, view: Viewpoint) -> ProgramRisk:
    """Kept as long as the network of the program is. Raises UnknownProgram."""
    known = await network_of(database, key, view)
    return await risk_in_thread(await plan_in_thread(known.network))


async def dependency_aware(database: Database, key: str, view: Viewpoint) -> DependencyAware:
    """Raises UnknownProgram."""
    made = await program_risk(database, key, view)
    shown = _shown(made)
    async with database.reading() as uow:
        faces = await Faces(uow.connection).of({made.plan.items[place].uid for place in shown.all})
        record = await track_record_of(uow.connection, key, today=view.today)
    return _told(made, shown, faces, record)


@dataclass(frozen=True, slots=True)
class _Shown:
    """Places of items, by the list in which they stand."""

    milestones: Sequence[int] = ()
    critical: Sequence[int] = ()
    drivers: Sequence[int] = ()

    @property
    def all(self) -> frozenset[int]:
        return frozenset((*self.milestones, *self.critical, *self.drivers))


def _shown(made: ProgramRisk) -> _Shown:
    if made.simulated is None:
        return _Shown()
    risk, left = made.simulated.risk, made.setting.takes_time[: len(made.plan.items)]
    return _Shown(
        milestones=tuple(risk.milestones),
        critical=most(risk.criticality, left, limit=SHOWN),
        drivers=most(risk.cruciality, left, limit=SHOWN),
    )


def _told(made: ProgramRisk, shown: _Shown, faces: Mapping[str, Face], record: TrackRecord) -> DependencyAware:
    simulated, laws, conditions = made.simulated, made.setting.laws, made.setting.conditions
    said_of = None if simulated is None else _Lists(simulated, shown, faces)
    return DependencyAware(
        reason=made.reason,
        message=said(made),
        trials=0 if simulated is None else simulated.risk.trials,
        items=int(np.count_nonzero(made.setting.takes_time)),
        history=0 if laws is None else laws.history,
        basis=BasisCounts() if laws is None else BasisCounts(**laws.counts),
        shared_shocks=conditions.pace is not None,
        limits=conditions.crews is not None,
        dates=None if simulated is None else DatesAt(*dates_of(made.plan, simulated.risk.finish)),
        on_target=None if made.on_target is None else chance_data(made.on_target),
        merge_bias=None if simulated is None else _merge_bias(simulated),
        milestones=() if said_of is None else said_of.milestones,
        critical=() if said_of is None else said_of.critical,
        drivers=() if said_of is None else said_of.drivers,
        cycles_left_out=made.edges_on_cycles,
        track_record=record,
    )


def _merge_bias(made: Simulated) -> MergeBias:
    day = made.plan.day(max(made.typical_finish - 1, 0))
    median = made.risk.finish.percentile(0.5) or 0
    return MergeBias(day, chance_data(made.chance_by(day)), median - made.typical_finish)


@dataclass(frozen=True, slots=True)
class _Lists:
    made: Simulated
    shown: _Shown
    faces: Mapping[str, Face]

    @property
    def milestones(self) -> tuple[MilestoneOutlook, ...]:
        return tuple(map(self._milestone, self.shown.milestones))

    @property
    def critical(self) -> tuple[RiskItem, ...]:
        return tuple(map(self._item, self.shown.critical))

    @property
    def drivers(self) -> tuple[RiskItem, ...]:
        return tuple(map(self._item, self.shown.drivers))

    def _milestone(self, place: int) -> MilestoneOutlook:
        plan, finish = self.made.plan, self.made.risk.milestones[place]
        item = plan.items[place]
        return MilestoneOutlook(
            uid=item.uid,
            key=item.key,
            title=item.title,
            source=item.source,
            project=plan.asked.project(item),
            url=url_of(item, self.faces),
            due=item.due,
            dates=DatesAt(*dates_of(plan, finish)),
            on_due=None if item.due is None else chance_data(chance_by(plan, finish, item.due)),
        )

    def _item(self, place: int) -> RiskItem:
        plan, risk, laws = self.made.plan, self.made.risk, self.made.laws
        item, cruciality = plan.items[place], float(risk.cruciality[place])
        return RiskItem(
            uid=item.uid,
            key=item.key,
            title=item.title,
            source=item.source,
            project=plan.asked.project(item),
            team=item.team,
            url=url_of(item, self.faces),
            criticality=round(float(risk.criticality[place]), 6),
            cruciality=None if np.isnan(cruciality) else round(cruciality, 6),
            typical_days=int(laws.medians[place]),
            basis=BASES[laws.basis[place]],
        )
