"""How far the data of a program can be trusted: nine checks, each a share of the items that it asks (definitions §11).

A check asks only those items that it makes sense for, and passes or fails each; what fails is the list to mend.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from service.domain.calendars import NO_DAY
from service.domain.columns import DONE, IN_PROGRESS, NOBODY, Days, Mask
from service.domain.network import Network, NetworkItem, Presence

RECENTLY: Final = timedelta(days=30)  # within which work in progress should have been touched


class Check(StrEnum):
    """What an item should have. In the order in which they are told."""

    OWNER = "owner"  # open: somebody is assigned
    PLANNED = "planned"  # open: a due date, a sprint, or a release with a date
    ESTIMATED = "estimated"  # what counts and is no milestone: on the basis that most items use
    NOT_OVERDUE = "not_overdue"  # open, with a due date: it is not in the past
    UPDATED = "updated"  # in progress: touched within 30 days
    IN_HIERARCHY = "in_hierarchy"  # has a parent, or is one; where its project keeps parents at all
    ENDS_VISIBLE = "ends_visible"  # open, in an edge: all its far ends can be seen
    DONE_AT = "done_at"  # done: known since when
    CONSISTENT = "consistent"  # has children: not done while one of them is open


WEIGHTS: Final[Mapping[Check, float]] = MappingProxyType(
    {
        Check.OWNER: 0.15,
        Check.PLANNED: 0.20,
        Check.ESTIMATED: 0.15,
        Check.NOT_OVERDUE: 0.15,
        Check.UPDATED: 0.10,
        Check.IN_HIERARCHY: 0.10,
        Check.ENDS_VISIBLE: 0.05,
        Check.DONE_AT: 0.05,
        Check.CONSISTENT: 0.05,
    }
)


class EstimateBasis(StrEnum):
    """What the items of a program are estimated in."""

    POINTS = "points"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class Share:
    """How many of those asked pass; None where nobody is asked."""

    check: Check
    asked: int
    passed: int

    @property
    def value(self) -> float | None:
        return self.passed / self.asked if self.asked else None


@dataclass(frozen=True, slots=True)
class Quality:
    """`score` from 0 to 1 is the mean of the known shares by weight, `coverage` the weight of those that are known."""

    score: float | None
    coverage: float
    shares: tuple[Share, ...]


@dataclass(frozen=True, eq=False)
class Checked:
    """By place of an item in the network, whether each check asks it, and whether it passes.

    `basis` is what estimates are counted in: points, unless more of the items carry time.
    """

    asked: Mapping[Check, Mask]
    failed: Mapping[Check, Mask]
    basis: EstimateBasis

    def quality(self, among: Mask | None = None) -> Quality:
        """Of these items, or of all."""
        return _quality({check: (_size(self.asked[check], among), _size(self.failed[check], among)) for check in Check})

    def by(self, group: NDArray[np.int32]) -> list[Quality]:
        """Of each group, by its code ≥ 0; −1 stands in none."""
        count = int(group.max(initial=-1)) + 1
        asked = {check: _sizes(self.asked[check], group, count) for check in Check}
        failed = {check: _sizes(self.failed[check], group, count) for check in Check}
        return [
            _quality({check: (asked[check][code], failed[check][code]) for check in Check}) for code in range(count)
        ]

    def lacks(self, place: int) -> tuple[Check, ...]:
        """What an item should have and has not."""
        return tuple(check for check in Check if self.failed[check][place])

    def to_mend(self, wanted: Sequence[Check] = ()) -> list[int]:
        """Items that lack anything, or one of these; what lacks most by weight comes first, then by uid."""
        checks = tuple(wanted) or tuple(Check)
        any_of: Mask = np.logical_or.reduce([self.failed[check] for check in checks])
        lost = sum((WEIGHTS[check] * self.failed[check] for check in Check), np.zeros(any_of.shape))
        places = np.flatnonzero(any_of)
        return [int(place) for place in places[np.argsort(-np.round(lost[places], 6), kind="stable")]]


def check_items(network: Network, *, today: date, updated: Days, done: Days | None = None) -> Checked:
    """`updated` is by place the day on which an item was last touched, NO_DAY where nobody knows or nobody asks.

    `done` is by place the day on which it was done, where a history knows more than the item itself.
    """
    item, items = network.item, network.items
    day = today.toordinal()
    ours = item.member & item.live
    counted = ours & item.countable
    is_open = counted & item.open
    active = counted & (item.category == IN_PROGRESS) & (updated != NO_DAY)
    finished = counted & (item.category == DONE)
    known = item.done_on != NO_DAY if done is None else (item.done_on != NO_DAY) | (done != NO_DAY)
    basis, estimated = _estimates(items, counted)
    planned = (item.due != NO_DAY) | (item.release != NO_DAY) | _mask(items, lambda each: each.iteration is not None)
    parents, contradicted = _families(network, ours)
    asked_and_passed = {
        Check.OWNER: (is_open, ~item.unassigned),
        Check.PLANNED: (is_open, planned),
        Check.ESTIMATED: (counted & ~item.milestone, estimated),
        Check.NOT_OVERDUE: (is_open & (item.due != NO_DAY), item.due >= day),
        Check.UPDATED: (active, updated >= day - RECENTLY.days),
        Check.IN_HIERARCHY: _hierarchy(items, counted, ours),
        Check.ENDS_VISIBLE: _ends(network, is_open),
        Check.DONE_AT: (finished, known),
        Check.CONSISTENT: (parents, ~contradicted),
    }
    return Checked(
        asked={check: asked for check, (asked, _) in asked_and_passed.items()},
        failed={check: asked & ~passed for check, (asked, passed) in asked_and_passed.items()},
        basis=basis,
    )


def _quality(counts: Mapping[Check, tuple[int, int]]) -> Quality:
    shares = tuple(Share(check, int(asked), int(asked - failed)) for check, (asked, failed) in counts.items())
    known = [(WEIGHTS[share.check], share.value) for share in shares if share.value is not None]
    coverage = sum(weight for weight, _ in known)
    score = sum(weight * value for weight, value in known) / coverage if known else None
    return Quality(score, coverage, shares)


def _estimates(items: Sequence[NetworkItem], counted: Mask) -> tuple[EstimateBasis, Mask]:
    points = _mask(items, lambda each: each.points is not None)
    timed = _mask(items, lambda each: each.remaining_seconds is not None)
    if np.count_nonzero(counted & timed) > np.count_nonzero(counted & points):
        return EstimateBasis.TIME, timed
    return EstimateBasis.POINTS, points


def _hierarchy(items: Sequence[NetworkItem], counted: Mask, ours: Mask) -> tuple[Mask, Mask]:
    """Not every tool, nor every team, keeps parents: where a project has none at all, nobody is asked for one."""
    keeping = {
        (item.source, item.project_id)
        for item, is_ours in zip(items, ours.tolist(), strict=True)
        if is_ours and (item.level > 0 or (item.parent_uid is not None and item.level == 0))
    }
    asked = counted & _mask(items, lambda each: (each.source, each.project_id) in keeping)
    return asked, _mask(items, lambda each: each.parent_uid is not None or each.level > 0)


def _ends(network: Network, is_open: Mask) -> tuple[Mask, Mask]:
    """A stub is known by name alone, and what is hidden or gone not at all."""
    edge = network.edge
    unseen = _mask(network.items, lambda each: each.presence is not Presence.LIVE)
    asked, passed = np.zeros_like(is_open), np.ones_like(is_open)
    confirmed = edge.confirmed
    for near, far in ((edge.predecessor, edge.successor), (edge.successor, edge.predecessor)):
        asked[near[confirmed]] = True
        passed[near[confirmed & unseen[far]]] = False
    return asked & is_open, passed


def _families(network: Network, ours: Mask) -> tuple[Mask, Mask]:
    """Who has children in the program, and which of them is done while one is still open."""
    item = network.item
    has_parent = ours & (item.parent != NOBODY)
    parents, above_open = np.zeros_like(ours), np.zeros_like(ours)
    parents[item.parent[has_parent]] = True
    above_open[item.parent[has_parent & item.open]] = True
    return parents & ours, above_open & (item.category == DONE)


def _mask(items: Sequence[NetworkItem], holds: Callable[[NetworkItem], bool]) -> Mask:
    return np.fromiter(map(holds, items), np.bool_, len(items))


def _size(mask: Mask, among: Mask | None) -> int:
    return int(np.count_nonzero(mask if among is None else mask & among))


def _sizes(mask: Mask, group: NDArray[np.int32], count: int) -> list[int]:
    found: list[int] = np.bincount(group[mask & (group >= 0)], minlength=count).tolist()
    return found
