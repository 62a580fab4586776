"""Which items of a program count, and why the others do not (definitions §0, `scope`).

Countability is decided once, for the whole program. The family is built from parent links between live items of
the program only: a parent elsewhere is no parent here.

Inside a roll-up an item is its position in the list of the program's items: lists are read several times as fast
as mappings by uid.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from msgspec import Struct

from service.domain.items import RollupItem
from service.domain.status import StatusCategory

NOBODY = -1  # the position of a parent that is not there; as an index it hits the spare last place of a list


class Exclusion(StrEnum):
    """Why an item does not count. The first that applies, in this order, is the only one given."""

    CANCELLED = "cancelled"
    SUBTASK = "subtask"
    HAS_CHILDREN = "has_children"


Standing = Exclusion | StatusCategory  # why an item does not count or, of one that does, how far it is
COUNTABLE = (StatusCategory.TO_DO, StatusCategory.IN_PROGRESS, StatusCategory.DONE)
Parts = Mapping[Standing, Sequence[int]]  # positions by standing; every standing is there


@dataclass(frozen=True, slots=True)
class Family:
    """Who is whose parent inside the program, all by position.

    `parents` holds NOBODY where there is none. `looped` are the items whose parent links ran in a circle; those
    links are cut, so that each of them still counts by itself and no walk up or down can hang. `upward` holds every
    item that has a parent, after all of its own children: the order in which sums travel up.
    """

    parents: Sequence[int]
    upward: Sequence[int]
    looped: frozenset[int]


class Scope(Struct, frozen=True, gc=False):
    """items = countable + cancelled + has_children + subtask, always."""

    items: int
    countable: int
    cancelled: int
    has_children: int
    subtask: int


def family_of(items: Sequence[RollupItem]) -> Family:
    """Leaves first: an item goes up when its last child has. Who never can is on a loop."""
    place: dict[str | None, int] = {item.uid: position for position, item in enumerate(items)}
    parents = [place.get(item.parent_uid, NOBODY) for item in items]
    waiting_for = [0] * (len(items) + 1)  # how many children have not gone up; the spare place is NOBODY's
    for parent in parents:
        waiting_for[parent] += 1
    upward = [child for child, parent in enumerate(parents) if parent != NOBODY and not waiting_for[child]]
    for child in upward:  # grows while it is walked
        parent = parents[child]
        waiting_for[parent] -= 1
        if not waiting_for[parent] and parents[parent] != NOBODY:
            upward.append(parent)
    waiting_for.pop()
    looped = frozenset(child for child, left in enumerate(waiting_for) if left and parents[child] != NOBODY)
    for child in looped:
        parents[child] = NOBODY
    return Family(parents, upward, looped)


def standings(items: Sequence[RollupItem], family: Family, *, count_subtasks: bool) -> list[Standing]:
    """How each item stands, by position."""
    standing: list[Standing] = [item.status_category for item in items]
    with_children: set[int] = set()
    for position, (item, parent) in enumerate(zip(items, family.parents, strict=True)):
        if item.status_category is _CANCELLED:
            standing[position] = Exclusion.CANCELLED
        elif parent != NOBODY:
            if not count_subtasks and (item.subtask or item.level < 0):
                standing[position] = Exclusion.SUBTASK
            else:
                with_children.add(parent)
    for parent in with_children:
        if isinstance(standing[parent], StatusCategory):
            standing[parent] = Exclusion.HAS_CHILDREN
    return standing


def exclusions(items: Sequence[RollupItem], family: Family, *, count_subtasks: bool) -> dict[str, Exclusion]:
    """uid → why it does not count. Whoever is missing from the answer is countable."""
    standing = standings(items, family, count_subtasks=count_subtasks)
    return excluded(items, parted(range(len(items)), standing))


def excluded(items: Sequence[RollupItem], parts: Parts) -> dict[str, Exclusion]:
    """The same, of items that are parted already."""
    return {items[position].uid: why for why in Exclusion for position in parts[why]}


def parted(positions: Iterable[int], standing: Sequence[Standing]) -> Parts:
    parts: dict[Standing, list[int]] = {each: [] for each in _STANDINGS}
    for position in positions:
        parts[standing[position]].append(position)
    return parts


def scope_of(parts: Parts) -> Scope:
    *counted, cancelled, subtask, has_children = [len(parts[standing]) for standing in _STANDINGS]
    countable = sum(counted)
    return Scope(
        items=countable + cancelled + subtask + has_children,
        countable=countable,
        cancelled=cancelled,
        has_children=has_children,
        subtask=subtask,
    )


_CANCELLED = StatusCategory.CANCELLED  # looked up once, not once an item
_STANDINGS: tuple[Standing, ...] = (*COUNTABLE, *Exclusion)
