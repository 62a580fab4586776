"""One program in numbers: what counts, how far it is, when it should be done, and in which parts.

`roll_up` is the whole story; each chapter has its own file beside this one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from msgspec import Struct

from service.domain.breakdown import Breakdown, Bucket, places
from service.domain.dates import ProgramDates, RolledDates, roll_dates
from service.domain.items import RollupItem
from service.domain.notices import Notice, counted, notices_about
from service.domain.progress import Basis, Measures, MissingWeight, Weights, measure, weights_of
from service.domain.scope import (
    COUNTABLE,
    Exclusion,
    Parts,
    Scope,
    Standing,
    excluded,
    family_of,
    parted,
    scope_of,
    standings,
)

DEFINITION_VERSION = "1"  # grows with docs/definitions.md, whenever a number would come out differently


class Row(Struct, frozen=True, gc=False):
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
    standing = standings(items, family, count_subtasks=count_subtasks)
    parts = parted(range(len(items)), standing)
    countable = [position for category in COUNTABLE for position in parts[category]]
    weights = weights_of(items, countable)
    rows = _break_down(items, standing, weights, by=by, missing=missing)
    return Rollup(
        scope=scope_of(parts),
        progress=measure(parts, weights, missing=missing),
        dates=roll_dates(items, countable, family, program=program),
        by=by,
        breakdown=rows,
        notices=(
            *notices_about(items, parts, family=family, weights=weights),
            *_shared(rows, [items[position] for position in countable]),
        ),
        excluded=excluded(items, parts),
    )


def _break_down(
    items: Sequence[RollupItem],
    standing: Sequence[Standing],
    weights: Mapping[Basis, Weights],
    *,
    by: Breakdown,
    missing: MissingWeight,
) -> tuple[Row, ...]:
    members: defaultdict[Bucket, list[int]] = defaultdict(list)
    shared: Counter[Bucket] = Counter()
    for buckets, positions in places(items, by).items():
        for bucket in buckets:
            members[bucket] += positions
        if len(buckets) > 1:
            several = scope_of(parted(positions, standing)).countable
            shared.update(dict.fromkeys(buckets, several))
    return tuple(
        _row(bucket, parted(positions, standing), shared[bucket], weights, missing)
        for bucket, positions in sorted(members.items(), key=_place)
    )


def _row(bucket: Bucket, parts: Parts, shared: int, weights: Mapping[Basis, Weights], missing: MissingWeight) -> Row:
    return Row(bucket, scope_of(parts), measure(parts, weights, missing=missing), shared)


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
