"""From a comparison with a baseline to the shapes of an answer; numbers are rounded here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from service.domain.planned_value import Earned, earned
from service.domain.progress import Basis
from service.domain.variance import Comparison, Fate, ItemVariance
from service.programs.answers import ProgramRef
from service.programs.baseline_answers import (
    BaselineData,
    DateVariance,
    EarnedSchedulePart,
    EarnedValueData,
    EarnedValues,
    Fates,
    ItemVarianceData,
    ScheduleVariance,
    ScopeBasis,
    ScopeVariance,
    VarianceData,
    WithoutRemoved,
)
from service.programs.freshness import whole_seconds
from service.programs.items import browse_url
from service.programs.rounding import rounded
from service.store.baselines import BaselineRow
from service.store.faces import Face
from service.store.program_items import Label, ProgramRow

Rank = tuple[int, int, str]
UNITS: Final = {Basis.COUNT: "items", Basis.POINTS: "points", Basis.TIME: "seconds"}
NO_COST: Final = "no_cost"


def baseline_data(row: BaselineRow) -> BaselineData:
    return BaselineData(
        id=row.id,
        name=row.name,
        note=row.note,
        as_of=whole_seconds(row.as_of),
        taken_at=whole_seconds(row.taken_at),
        taken_by=row.taken_by,
        definition_version=row.definition_version,
        items=row.items,
        points=rounded(row.points),
        time_seconds=row.time_seconds,
        start=row.program_start,
        target=row.program_target,
        planned_start=row.start,
        planned_finish=row.finish,
    )


def variance_data(
    program: ProgramRow,
    baseline: BaselineRow,
    comparison: Comparison,
    *,
    items: tuple[ItemVarianceData, ...],
    next_cursor: str | None,
    basis: Basis | None,
    zone: ZoneInfo,
) -> VarianceData:
    taken_on = baseline.as_of.astimezone(zone).date()
    bases = Basis if basis is None else (basis,)
    return VarianceData(
        program=ProgramRef(program.key, program.name),
        baseline=baseline_data(baseline),
        schedule=_schedule(program, baseline, comparison),
        scope=_scope(comparison),
        earned_value=EarnedValues(**{str(each): earned_data(comparison, each, taken_on=taken_on) for each in bases}),
        total=len(comparison.items),
        items=items,
        next_cursor=next_cursor,
    )


def earned_data(comparison: Comparison, basis: Basis, *, taken_on: date) -> EarnedValueData:
    told = earned(comparison, basis, taken_on=taken_on)

    def figure(name: str) -> float | None:
        return None if told.value is None else rounded(getattr(told.value, name))

    return EarnedValueData(
        unit=UNITS[basis],
        bac=figure("bac"),
        pv=figure("pv"),
        ev=figure("ev"),
        sv=figure("sv"),
        spi=figure("spi"),
        percent_complete=figure("percent_complete"),
        ac=figure("ac"),
        cv=figure("cv"),
        cpi=figure("cpi"),
        eac=figure("eac"),
        cost_reason=NO_COST,
        schedule=_earned_schedule(told, comparison),
        without_removed=_without_removed(comparison, basis, taken_on=taken_on),
        coverage=rounded(told.coverage),
        reason=told.reason,
    )


def items_data(
    items: Iterable[ItemVariance], titles: Mapping[str, Label], faces: Mapping[str, Face]
) -> tuple[ItemVarianceData, ...]:
    return tuple(_item(item, titles.get(item.uid), faces.get(item.uid)) for item in items)


def item_rank(item: ItemVariance) -> Rank:
    """The order of `Comparison.items`, as a cursor can hold it."""
    return int(item.finish_days is None), -(item.finish_days or 0), item.uid


def _schedule(program: ProgramRow, baseline: BaselineRow, comparison: Comparison) -> ScheduleVariance:
    start, finish = comparison.start, comparison.finish
    before, after = baseline.program_target, program.target
    return ScheduleVariance(
        start=DateVariance(baseline.start, start, comparison.start_days(baseline.start, start)),
        finish=DateVariance(baseline.finish, finish, comparison.finish_days(baseline.finish, finish)),
        target=DateVariance(before, after, comparison.finish_days(before, after)),
    )


def _scope(comparison: Comparison) -> ScopeVariance:
    fates = Fates(**{str(fate): comparison.counts[fate] for fate in Fate})
    return ScopeVariance(fates, *(_scope_basis(comparison, basis) for basis in Basis))


def _scope_basis(comparison: Comparison, basis: Basis) -> ScopeBasis:
    change = comparison.scope(basis)
    return ScopeBasis(**{name: round(getattr(change, name), 6) + 0.0 for name in ScopeBasis.__struct_fields__})


def _earned_schedule(told: Earned, comparison: Comparison) -> EarnedSchedulePart | None:
    schedule = told.schedule
    if schedule is None or told.start is None or told.planned_finish is None:
        return None
    return EarnedSchedulePart(
        start=told.start,
        planned_finish=told.planned_finish,
        planned_days=schedule.pd,
        elapsed_days=schedule.at,
        earned_days=round(schedule.es, 6),
        sv_days=round(schedule.sv_t, 6),
        spi_t=rounded(schedule.spi_t),
        tspi=rounded(schedule.tspi),
        forecast_finish=told.finish,
        finish_days=comparison.finish_days(told.planned_finish, told.finish),
    )


def _without_removed(comparison: Comparison, basis: Basis, *, taken_on: date) -> WithoutRemoved | None:
    """None where nothing was removed: it would say the same once more."""
    if not comparison.counts[Fate.REMOVED]:
        return None
    told = earned(comparison, basis, taken_on=taken_on, wanted_only=True)
    if told.value is None:
        return None
    return WithoutRemoved(
        bac=round(told.value.bac, 6),
        pv=round(told.value.pv, 6),
        ev=round(told.value.ev, 6),
        spi=rounded(told.value.spi),
        spi_t=rounded(told.schedule.spi_t if told.schedule else None),
        forecast_finish=told.finish,
    )


def _item(item: ItemVariance, label: Label | None, face: Face | None) -> ItemVarianceData:
    gone = item.why == "gone"
    return ItemVarianceData(
        uid=item.uid,
        key=label.key if label else item.called,
        title=label and label.name,
        url=browse_url(face) if face is not None and not gone else None,
        fate=item.fate,
        why=item.why,
        counts=item.countable,
        done=item.done,
        baseline_start=item.baseline_start,
        start=item.start,
        start_days=item.start_days,
        baseline_finish=item.baseline_finish,
        finish=item.finish,
        finish_days=item.finish_days,
        baseline_points=item.baseline_points,
        points=item.points,
        baseline_time_seconds=item.baseline_seconds,
        time_seconds=item.seconds,
    )
