"""How long open items may still take, told by how long the done ones took (model B of docs/definitions.md).

An item is compared with the done items of its team and type; where fewer than eleven of those took longer than the
item is old already, with those of its type, then with all. Time is in the working days of the item's own team.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from service.domain.calendars import NO_DAY
from service.domain.columns import DONE, Mask
from service.domain.dependencies import Assessment
from service.domain.duration_laws import DurationLaws
from service.domain.streams import keys_of
from service.domain.typical import SMALL_SAMPLE

Numbers = NDArray[np.int64]

_SHRINKAGE: Final = 5  # ordinary items that each week counts besides its own, so that one late item is no shock
_FEWEST_WEEKS: Final = 4
_WEEK: Final = 7
_AGES: Final = 1 << 20  # working days; no item is older


class LawBasis(StrEnum):
    """What the law of an item rests on. The place in this list is its code."""

    NOTHING_LEFT = "nothing_left"
    TEAM_AND_TYPE = "team_and_type"
    TYPE = "type"
    ALL = "all"
    OUTLIVED = "outlived"  # older than anything that was ever finished: as if it began today


BASES: Final = tuple(LawBasis)


@dataclass(frozen=True, eq=False)
class ItemLaws:
    """`laws` are by node of the remaining work, `basis` the code of a LawBasis per node. `pace` is by how much longer
    than usual items took in each past week, None where there are too few weeks. `history` counts the done items."""

    laws: DurationLaws
    basis: NDArray[np.int8]
    pace: NDArray[np.float32] | None
    history: int

    @cached_property
    def medians(self) -> Numbers:
        """Whole working days per node."""
        return self.laws.medians

    @property
    def counts(self) -> dict[str, int]:
        """How many items each basis serves; those with nothing left to do are not told."""
        counted = Counter(self.basis[self.basis > 0].tolist())
        return {BASES[code].value: counted[code] for code in sorted(counted)}


def item_laws(
    assessment: Assessment,
    *,
    takes_time: Mask,
    item: NDArray[np.int32],
    synchronous: bool = True,
) -> ItemLaws | None:
    """`takes_time` and `item` are per node: whether work is left there, and the place of its item. None when fewer than
    eleven done items tell how long work takes."""
    past = _Past.of(assessment, shocks=synchronous)
    if past.took.size < SMALL_SAMPLE:
        return None
    ages = _ages(assessment)
    size = len(assessment.network.items)
    choice = _chosen(past, ages)
    open_ = takes_time[:size]
    nodes = takes_time.size
    first = np.full(nodes, past.values.size)  # the place of a zero after all the values
    count = np.ones(nodes, np.int64)
    less = np.zeros(nodes, np.float32)
    basis = np.zeros(nodes, np.int8)
    first[:size][open_], count[:size][open_] = choice.first[open_], choice.count[open_]
    less[:size][open_], basis[:size][open_] = choice.less[open_], choice.basis[open_]
    names = [assessment.network.items[place].uid for place in item.tolist()]
    laws = DurationLaws(
        values=np.append(past.values, 0).astype(np.float32),
        first=first,
        count=count,
        less=less,
        keys=keys_of(names),
    )
    return ItemLaws(laws, basis, past.pace, int(past.took.size))


@dataclass(frozen=True, eq=False, slots=True)
class _Past:
    """Done items, one place each. `codes`: per kind of comparison (team and type, type, all) the group of every item
    of the network; `values`: their durations sorted within each group, one kind after the other."""

    took: Numbers
    codes: tuple[Numbers, Numbers, Numbers]
    keys: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
    values: NDArray[np.float32]
    pace: NDArray[np.float32] | None

    @classmethod
    def of(cls, assessment: Assessment, *, shocks: bool) -> _Past:
        item, calendars = assessment.network.item, assessment.calendars
        finished = (item.category == DONE) & (item.started_on != NO_DAY) & (item.done_on != NO_DAY)
        finished &= ~item.milestone & item.countable & (item.started_on <= item.done_on)
        places = np.flatnonzero(finished).astype(np.int32)
        begun = calendars.indices(item.started_on[places], places).astype(np.int64)
        took = np.maximum(calendars.indices_after(item.done_on[places], places) - begun, 1)
        codes = _codes(assessment)
        weeks, pace = _pace(took, codes[1][places], item.done_on[places]) if shocks else (None, None)
        levelled = took.astype(np.float64) if pace is None or weeks is None else took / pace[weeks].astype(np.float64)
        keys, values = [], []
        for code in codes:
            key = code[places] * _AGES + levelled  # by what is drawn: what has outlived its age is longer than it
            order = np.argsort(key, kind="stable")
            keys.append(key[order])
            values.append(levelled[order])
        return cls(took, codes, (keys[0], keys[1], keys[2]), np.concatenate(values).astype(np.float32), pace)


@dataclass(frozen=True, eq=False, slots=True)
class _Choice:
    """Per item: which values its law is made of, how much of them has passed, and what said so."""

    first: Numbers
    count: Numbers
    less: Numbers
    basis: NDArray[np.int8]


def _codes(assessment: Assessment) -> tuple[Numbers, Numbers, Numbers]:
    """The group of each item, narrow to wide."""
    teams: dict[str | None, int] = {}
    items = assessment.network.items
    team = np.fromiter((teams.setdefault(each.team, len(teams)) for each in items), np.int64, len(items))
    kind = assessment.network.item.item_type.astype(np.int64)
    kinds = max(len(assessment.network.item.item_types), 1)
    return team * kinds + kind, kind, np.zeros_like(kind)


def _ages(assessment: Assessment) -> Numbers:
    """Working days since each item began; 0 for what has not."""
    item, calendars = assessment.network.item, assessment.calendars
    began = calendars.indices(item.started_on).astype(np.int64)
    age = np.clip(calendars.index(assessment.as_of) - began, 0, _AGES - 1)
    return np.where(item.started_on == NO_DAY, 0, age)


def _chosen(past: _Past, ages: Numbers) -> _Choice:
    size = ages.size
    first, count = np.zeros(size, np.int64), np.zeros(size, np.int64)
    basis = np.zeros(size, np.int8)
    unsaid = np.ones(size, np.bool_)
    kinds = (LawBasis.TEAM_AND_TYPE, LawBasis.TYPE, LawBasis.ALL)
    skipped = 0
    for kind, code, key in zip(kinds, past.codes, past.keys, strict=True):
        begin = np.searchsorted(key, code * _AGES + ages, side="right")
        survivors = np.searchsorted(key, (code + 1) * _AGES) - begin
        fits = unsaid & (survivors >= (1 if kind is LawBasis.ALL else SMALL_SAMPLE))
        first[fits], count[fits] = skipped + begin[fits], survivors[fits]
        basis[fits] = BASES.index(kind)
        unsaid &= ~fits
        skipped += key.size
    first[unsaid], count[unsaid] = skipped - past.took.size, past.took.size
    basis[unsaid] = BASES.index(LawBasis.OUTLIVED)
    return _Choice(first, count, np.where(unsaid, 0, ages), basis)


def _pace(took: Numbers, kind: Numbers, done_on: NDArray[np.int32]) -> tuple[Numbers, NDArray[np.float32] | None]:
    """The week of each done item among the weeks in which something was done, and the pace of those weeks.

    A week's pace is the mean, over what was done in it, of how long that took beside the mean of its type.
    """
    weeks, which = np.unique((done_on - 1) // _WEEK, return_inverse=True)  # ordinal 1 is a Monday
    if weeks.size < _FEWEST_WEEKS:
        return which, None
    usual = np.bincount(kind, took) / np.maximum(np.bincount(kind), 1)
    ratios = np.bincount(which, took / usual[kind])
    pace = (ratios + _SHRINKAGE) / (np.bincount(which) + _SHRINKAGE)
    return which, pace.astype(np.float32)
