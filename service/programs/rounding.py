"""From the domain's exact roll-up to the shapes of an answer. The one place where numbers are rounded."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import UNSET

from service.domain.breakdown import Breakdown, Bucket
from service.domain.dates import Conflict, RolledDates
from service.domain.progress import Basis, Measures, MissingWeight, Progress
from service.domain.rollup import Rollup, Row
from service.domain.scope import Scope
from service.programs.answers import (
    BreakdownRow,
    ByPolicy,
    ConflictData,
    CountProgress,
    DatesData,
    Excluded,
    ProgramRef,
    ProgressData,
    RollupData,
    ScopeData,
    WeightedProgress,
)
from service.store.program_items import Label

PLACES = 6


def rollup_data(
    program: ProgramRef,
    rollup: Rollup,
    labels: Mapping[Bucket, Label],
    titles: Mapping[str, Label],
    *,
    basis: Basis | None = None,
) -> RollupData:
    """`basis` limits what is returned; labels are missing for buckets that are their own name. `titles` is by uid."""
    return RollupData(
        program=program,
        scope=scope_data(rollup.scope),
        progress=progress_data(rollup.progress, basis),
        dates=_dates(rollup.dates, titles),
        breakdown=tuple(_row(rollup.by, row, labels, basis) for row in rollup.breakdown),
    )


def scope_data(scope: Scope) -> ScopeData:
    excluded = Excluded(scope.cancelled, scope.has_children, scope.subtask)
    return ScopeData(scope.items, scope.countable, excluded)


def progress_data(measures: Measures, basis: Basis | None = None) -> ProgressData:
    wanted = ProgressData(
        count=_count(measures[Basis.COUNT]),
        points=_weighted(measures[Basis.POINTS], Basis.POINTS),
        time=_weighted(measures[Basis.TIME], Basis.TIME),
    )
    return wanted if basis is None else ProgressData(**{str(basis): getattr(wanted, basis)})


def rounded(value: float | None) -> float | None:
    return None if value is None else round(value, PLACES)


def _count(progress: Progress) -> CountProgress:
    return CountProgress(
        to_do=int(progress.to_do),
        in_progress=int(progress.in_progress),
        done=int(progress.done),
        total=int(progress.total),
        value=rounded(progress.value),
        coverage=rounded(progress.coverage),
        reason=UNSET if progress.reason is None else progress.reason,
    )


def _weighted(progress: Progress, basis: Basis) -> WeightedProgress:
    def amount(value: float) -> float:
        """Seconds are whole numbers, unless a mean was imputed. Most points are whole too, and need no rounding."""
        if value.is_integer():
            return int(value) if basis is Basis.TIME else value
        return round(value, PLACES)

    return WeightedProgress(
        to_do=amount(progress.to_do),
        in_progress=amount(progress.in_progress),
        done=amount(progress.done),
        total=amount(progress.total),
        value=rounded(progress.value),
        coverage=rounded(progress.coverage),
        policy=progress.policy,
        by_policy=ByPolicy(
            skip=rounded(progress.by_policy[MissingWeight.SKIP]),
            impute_mean=rounded(progress.by_policy[MissingWeight.IMPUTE_MEAN]),
            zero=rounded(progress.by_policy[MissingWeight.ZERO]),
        ),
        reason=progress.reason,
    )


def _dates(dates: RolledDates, titles: Mapping[str, Label]) -> DatesData:
    return DatesData(
        start=dates.start,
        due=dates.due,
        rolled_start=dates.rolled_start,
        rolled_due=dates.rolled_due,
        conflicts=tuple(_conflict(each, titles) for each in dates.conflicts),
    )


def _conflict(conflict: Conflict, titles: Mapping[str, Label]) -> ConflictData:
    label = titles.get(conflict.uid or "")
    return ConflictData(
        uid=conflict.uid,
        key=label and label.key,
        title=label and label.name,
        code=conflict.code,
        own=conflict.own,
        rolled=conflict.rolled,
    )


def _row(by: Breakdown, row: Row, labels: Mapping[Bucket, Label], basis: Basis | None) -> BreakdownRow:
    label = labels.get(row.bucket)
    return BreakdownRow(
        by=by,
        key=label.key if label else row.bucket.id,
        name=label.name if label else row.bucket.id,
        scope=scope_data(row.scope),
        progress=progress_data(row.progress, basis),
        shared=row.shared,
    )
