"""What a person should know before trusting a roll-up: missing estimates, parents that contradict their children."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import fsum

from service.domain.items import RollupItem
from service.domain.progress import Basis, Weights
from service.domain.scope import COUNTABLE, Exclusion, Family, Parts
from service.domain.status import OPEN, StatusCategory

TOLERATED_DELTA = 0.25  # definitions §1, trap (a)
NAMED = 3  # items a message names before it says "and n more"


@dataclass(frozen=True, slots=True)
class Notice:
    """`code` is stable, `message` is for people."""

    code: str
    message: str


def notices_about(
    items: Sequence[RollupItem], parts: Parts, *, family: Family, weights: Mapping[Basis, Weights]
) -> tuple[Notice, ...]:
    return (
        *_unestimated(sum(len(parts[category]) for category in COUNTABLE), weights),
        *_no_resolution([items[position] for position in parts[StatusCategory.DONE]]),
        *_contradictions(items, family, parts),
        *_estimated_twice(items, family, parts, weights[Basis.POINTS].known),
        *_loops([items[position] for position in family.looped]),
    )


def _unestimated(every: int, weights: Mapping[Basis, Weights]) -> Iterator[Notice]:
    """Time is only missed where somebody estimates it; a basis that nobody uses says so in its `reason`."""
    points, time = weights[Basis.POINTS].weighed, weights[Basis.TIME].weighed
    if points < every:
        yield Notice(
            "unestimated", f"{every - points} of {counted(every, 'item')} {_have(every - points)} no story points"
        )
    if 0 < time < every:
        yield Notice(
            "unestimated_time",
            f"{every - time} of {counted(every, 'item')} {_have(every - time)} no time estimate",
        )


def _no_resolution(done: Iterable[RollupItem]) -> Iterator[Notice]:
    found = [item for item in done if item.no_resolution]
    if found:
        yield Notice(
            "no_resolution",
            f"{counted(len(found), 'done item')} {_have(len(found))} no resolution: {named(found)}",
        )


def _contradictions(items: Sequence[RollupItem], family: Family, parts: Parts) -> Iterator[Notice]:
    parents, done = family.parents, StatusCategory.DONE
    above_done = {parents[child] for child in family.upward if items[child].status_category is done}
    above_open = {parents[child] for child in family.upward if items[child].status_category in OPEN}
    parents_only = above_done.intersection(parts[Exclusion.HAS_CHILDREN]) - above_open
    done_too_early = [item for item in map(items.__getitem__, above_open) if item.status_category is done]
    left_open = [item for item in map(items.__getitem__, parents_only) if item.status_category in OPEN]
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
    items: Sequence[RollupItem], family: Family, parts: Parts, known: Sequence[float | None]
) -> Iterator[Notice]:
    """The children's points are the ones that count; a parent's own are only compared with them."""
    beneath: defaultdict[int, list[float]] = defaultdict(list)
    for position in family.upward:
        own = known[position]
        if own is None and position in beneath:
            own = fsum(beneath[position])
        if own is not None:
            beneath[family.parents[position]].append(own)
    differing = [
        items[position]
        for position in parts[Exclusion.HAS_CHILDREN]
        if position in beneath
        and (own := items[position].points) is not None
        and own > 0
        and abs(own - fsum(beneath[position])) / own > TOLERATED_DELTA
    ]
    if differing:
        one = len(differing) == 1
        yield Notice(
            "estimated_twice",
            f"{counted(len(differing), 'item')} {'has' if one else 'have'} story points of "
            f"{'its' if one else 'their'} own that differ from those of the children by more than 25%; "
            f"the children count: {named(differing)}",
        )


def _loops(looped: Sequence[RollupItem]) -> Iterator[Notice]:
    if looped:
        yield Notice(
            "parent_loop",
            f"{counted(len(looped), 'item')} {_are(len(looped))} among {'its' if len(looped) == 1 else 'their'} "
            f"own ancestors; these parent links are ignored: {named(looped)}",
        )


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def named(items: Sequence[RollupItem]) -> str:
    names = sorted(item.called for item in items)
    rest = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {rest} more" if rest > 0 else "")


def _have(number: int) -> str:
    return "has" if number == 1 else "have"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"
