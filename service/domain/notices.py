"""What a person should know before trusting a roll-up: missing estimates, parents that contradict their children."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import fsum

from service.domain.items import RollupItem
from service.domain.progress import Basis, Weights
from service.domain.scope import Exclusion, Family
from service.domain.status import OPEN, StatusCategory

TOLERATED_DELTA = 0.25  # definitions §1, trap (a)
NAMED = 3  # keys a message names before it says "and n more"


@dataclass(frozen=True, slots=True)
class Notice:
    """`code` is stable, `message` is for people."""

    code: str
    message: str


def notices_about(
    items: Sequence[RollupItem],
    countable: Sequence[RollupItem],
    *,
    family: Family,
    excluded: Mapping[str, Exclusion],
    weights: Mapping[Basis, Weights],
) -> tuple[Notice, ...]:
    return (
        *_unestimated(countable, weights),
        *_no_resolution(countable),
        *_contradictions(items, family, excluded),
        *_estimated_twice(items, family, excluded, weights[Basis.POINTS]),
        *_loops(items, family),
    )


def _unestimated(countable: Sequence[RollupItem], weights: Mapping[Basis, Weights]) -> Iterator[Notice]:
    """Time is only missed where somebody estimates it; a basis that nobody uses says so in its `reason`."""
    every = len(countable)
    points, time = len(weights[Basis.POINTS].known), len(weights[Basis.TIME].known)
    if points < every:
        yield Notice(
            "unestimated", f"{every - points} of {counted(every, 'item')} {_have(every - points)} no story points"
        )
    if 0 < time < every:
        yield Notice(
            "unestimated_time",
            f"{every - time} of {counted(every, 'item')} {_have(every - time)} no time estimate",
        )


def _no_resolution(countable: Sequence[RollupItem]) -> Iterator[Notice]:
    found = [item for item in countable if item.no_resolution and item.status_category is StatusCategory.DONE]
    if found:
        yield Notice(
            "no_resolution",
            f"{counted(len(found), 'done item')} {_have(len(found))} no resolution: {named(found)}",
        )


def _contradictions(items: Sequence[RollupItem], family: Family, excluded: Mapping[str, Exclusion]) -> Iterator[Notice]:
    done_too_early: list[RollupItem] = []
    left_open: list[RollupItem] = []
    for parent in items:
        children = [
            child.status_category
            for child in family.children.get(parent.uid, ())
            if child.status_category is not StatusCategory.CANCELLED
        ]
        if not children:
            continue
        if parent.status_category is StatusCategory.DONE and not OPEN.isdisjoint(children):
            done_too_early.append(parent)
        elif (
            parent.status_category in OPEN
            and OPEN.isdisjoint(children)
            and excluded.get(parent.uid) is Exclusion.HAS_CHILDREN
        ):
            left_open.append(parent)
    if done_too_early:
        many = counted(len(done_too_early), "item")
        yield Notice(
            "done_parent_open_children",
            f"{many} {_are(len(done_too_early))} done while children are open: {named(done_too_early)}",
        )
    if left_open:
        many = counted(len(left_open), "item")
        yield Notice(
            "all_children_done_open_parent",
            f"{many} {_are(len(left_open))} open while all children are done: {named(left_open)}",
        )


def _estimated_twice(
    items: Sequence[RollupItem], family: Family, excluded: Mapping[str, Exclusion], points: Weights
) -> Iterator[Notice]:
    """The children's points are the ones that count; a parent's own are only compared with them."""
    beneath: dict[str, list[float]] = {}
    for item in family.upward:
        own = points.known.get(item.uid)
        if own is None and item.uid in beneath:
            own = fsum(beneath[item.uid])
        if own is not None:
            beneath.setdefault(family.parents[item.uid], []).append(own)
    differing = [
        item
        for item in items
        if excluded.get(item.uid) is Exclusion.HAS_CHILDREN
        and item.points is not None
        and item.points > 0
        and item.uid in beneath
        and abs(item.points - fsum(beneath[item.uid])) / item.points > TOLERATED_DELTA
    ]
    if differing:
        one = len(differing) == 1
        yield Notice(
            "estimated_twice",
            f"{counted(len(differing), 'item')} {'has' if one else 'have'} story points of "
            f"{'its' if one else 'their'} own that differ from those of the children by more than 25%; "
            f"the children count: {named(differing)}",
        )


def _loops(items: Sequence[RollupItem], family: Family) -> Iterator[Notice]:
    if family.looped:
        looped = [item for item in items if item.uid in family.looped]
        yield Notice(
            "parent_loop",
            f"{counted(len(looped), 'item')} {_are(len(looped))} among {'its' if len(looped) == 1 else 'their'} "
            f"own ancestors; these parent links are ignored: {named(looped)}",
        )


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def named(items: Sequence[RollupItem]) -> str:
    keys = sorted(item.key for item in items)
    rest = len(keys) - NAMED
    return ", ".join(keys[:NAMED]) + (f" and {rest} more" if rest > 0 else "")


def _have(number: int) -> str:
    return "has" if number == 1 else "have"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"
