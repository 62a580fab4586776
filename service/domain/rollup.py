"""One program in numbers: what counts, how far it is, when it should be done, and in which parts.

`roll_up` is the whole story; each chapter has its own file beside this one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from service.domain.breakdown import Breakdown, Bucket, bucketing
from service.domain.dates import ProgramDates, RolledDates, roll_dates
from service.domain.items import RollupItem
from service.domain.notices import Notice, counted, notices_about
from service.domain.progress import Basis, Measures, MissingWeight, Weights, measure, weights_of
from service.domain.scope import Exclusion, Scope, exclusions, family_of, scope_of

DEFINITION_VERSION = "1"  # grows with docs/definitions.md, whenever a number would come out differently


@dataclass(frozen=True, slots=True)
class Row:
    """One part of a breakdown. `shared`: its countable items that stand in other rows too."""

    bucket: Bucket
    scope: Scope
    progress: Measures
    shared: int


@dataclass(frozen=True, slots=True)
class Rollup:
    """`excluded` maps the uid of each item that does not count to the reason."""

    scope: Scope
    progress: Measures
    dates: RolledDates
    by: Breakdown
    breakdown: tuple[Row, ...]
    notices: tuple[Notice, ...]
    excluded: Mapping[str, Exclusion]


def roll_up(
    items: Sequence[RollupItem],
    *,
    program: ProgramDates,
    count_subtasks: bool = False,
    by: Breakdown = Breakdown.PROJECT,
    missing: MissingWeight = MissingWeight.SKIP,
) -> Rollup:
    """`items` are the live items of one program, each once, in any order."""
    family = family_of(items)
    excluded = exclusions(items, family, count_subtasks=count_subtasks)
    countable = [item for item in items if item.uid not in excluded]
    weights = weights_of(countable)
    rows = _break_down(items, excluded, weights, by=by, missing=missing)
    return Rollup(
        scope=scope_of(items, excluded),
        progress=measure(countable, weights, missing=missing),
        dates=roll_dates(items, countable, family, program=program),
        by=by,
        breakdown=rows,
        notices=(
            *notices_about(items, countable, family=family, excluded=excluded, weights=weights),
            *_shared(rows, countable),
        ),
        excluded=excluded,
    )


def _break_down(
    items: Sequence[RollupItem],
    excluded: Mapping[str, Exclusion],
    weights: Mapping[Basis, Weights],
    *,
    by: Breakdown,
    missing: MissingWeight,
) -> tuple[Row, ...]:
    buckets_of = bucketing(by)
    members: defaultdict[Bucket, list[RollupItem]] = defaultdict(list)
    shared: Counter[Bucket] = Counter()
    for item in items:
        buckets = buckets_of(item)
        for bucket in buckets:
            members[bucket].append(item)
        if len(buckets) > 1 and item.uid not in excluded:
            shared.update(buckets)
    return tuple(
        Row(
            bucket=bucket,
            scope=scope_of(part, excluded),
            progress=measure([item for item in part if item.uid not in excluded], weights, missing=missing),
            shared=shared[bucket],
        )
        for bucket, part in sorted(members.items(), key=_place)
    )


def _place(entry: tuple[Bucket, object]) -> tuple[bool, str, str]:
    """By name; the row of those that have none comes last."""
    bucket, _ = entry
    return bucket.id is None, bucket.id or "", bucket.kind


def _shared(rows: Sequence[Row], countable: Sequence[RollupItem]) -> tuple[Notice, ...]:
    if not any(row.shared for row in rows):
        return ()
    several = sum(len(set(item.homes)) > 1 for item in countable)
    stand, once = ("stands", "it counts") if several == 1 else ("stand", "they count")
    return (
        Notice(
            "shared_items",
            f"{counted(several, 'item')} {stand} in several rows; {once} once in the program, "
            "so that the rows add up to more than the total",
        ),
    )
