"""Which items of a program count, and why the others do not (definitions §0, `scope`).

Countability is decided once, for the whole program. The family is built from parent links between live items of
the program only: a parent elsewhere is no parent here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from service.domain.items import RollupItem
from service.domain.status import StatusCategory


class Exclusion(StrEnum):
    """Why an item does not count. The first that applies, in this order, is the only one given."""

    CANCELLED = "cancelled"
    SUBTASK = "subtask"
    HAS_CHILDREN = "has_children"


@dataclass(frozen=True, slots=True)
class Family:
    """Who is whose parent inside the program.

    `looped` are the uids whose parent links ran in a circle; those links are cut, so that each of them still
    counts by itself and no walk up or down can hang. `upward` holds every item that has a parent, after all of its
    own children: the order in which sums travel up.
    """

    parents: Mapping[str, str]
    children: Mapping[str, Sequence[RollupItem]]
    looped: frozenset[str]
    upward: Sequence[RollupItem]


@dataclass(frozen=True, slots=True)
class Scope:
    """items = countable + cancelled + has_children + subtask, always."""

    items: int
    countable: int
    cancelled: int
    has_children: int
    subtask: int


def family_of(items: Sequence[RollupItem]) -> Family:
    uids = {item.uid for item in items}
    claimed = {item.uid: item.parent_uid for item in items if item.parent_uid and item.parent_uid in uids}
    looped = _on_a_loop(claimed)
    parents: dict[str, str] = {}
    children: defaultdict[str, list[RollupItem]] = defaultdict(list)
    for item in items:
        parent = claimed.get(item.uid)
        if parent is not None and item.uid not in looped:
            parents[item.uid] = parent
            children[parent].append(item)
    upward = [child for uid, group in children.items() if uid not in parents for child in group]
    for item in upward:  # grows while it is walked; ends because loops are cut
        upward.extend(children.get(item.uid, ()))
    upward.reverse()
    return Family(parents, dict(children), looped, upward)


def exclusions(items: Iterable[RollupItem], family: Family, *, count_subtasks: bool) -> dict[str, Exclusion]:
    """uid → why it does not count. Whoever is missing from the answer is countable."""
    excluded: dict[str, Exclusion] = {}
    with_children: set[str] = set()
    rest: list[str] = []
    for item in items:
        parent = family.parents.get(item.uid)
        if item.status_category is StatusCategory.CANCELLED:
            excluded[item.uid] = Exclusion.CANCELLED
            continue
        if parent is not None and not count_subtasks and item.is_subtask:
            excluded[item.uid] = Exclusion.SUBTASK
            continue
        rest.append(item.uid)
        if parent is not None:
            with_children.add(parent)
    excluded.update((uid, Exclusion.HAS_CHILDREN) for uid in rest if uid in with_children)
    return excluded


def scope_of(items: Sequence[RollupItem], excluded: Mapping[str, Exclusion]) -> Scope:
    counts = dict.fromkeys(Exclusion, 0)
    for item in items:
        reason = excluded.get(item.uid)
        if reason is not None:
            counts[reason] += 1
    return Scope(
        items=len(items),
        countable=len(items) - sum(counts.values()),
        cancelled=counts[Exclusion.CANCELLED],
        has_children=counts[Exclusion.HAS_CHILDREN],
        subtask=counts[Exclusion.SUBTASK],
    )


def _on_a_loop(parents: Mapping[str, str]) -> frozenset[str]:
    settled: set[str] = set()
    looped: set[str] = set()
    for first in parents.keys() & set(parents.values()):  # who has no child is on no loop
        place: dict[str, int] = {}
        path: list[str] = []
        uid: str | None = first
        while uid is not None and uid not in settled and uid not in place:
            place[uid] = len(path)
            path.append(uid)
            uid = parents.get(uid)
        if uid in place:
            looped.update(path[place[uid] :])
        settled.update(path)
    return frozenset(looped)
