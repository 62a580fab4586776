"""Changes so that a person reads them in a minute: how many of each kind, how much, and one sentence before all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from types import MappingProxyType
from typing import Final

from service.domain.changes import ChangeKind, ItemChange
from service.domain.notices import counted

TITLES: Final[Mapping[ChangeKind, str]] = MappingProxyType(
    {
        ChangeKind.ADDED: "Scope added",
        ChangeKind.REMOVED: "Scope removed",
        ChangeKind.SLIPPED: "Slipped",
        ChangeKind.BLOCKED: "Newly blocked",
        ChangeKind.REOPENED: "Reopened",
        ChangeKind.FINISHED: "Finished",
        ChangeKind.STARTED: "Started",
        ChangeKind.UNBLOCKED: "Unblocked",
        ChangeKind.PULLED_IN: "Pulled in",
        ChangeKind.REESTIMATED: "Re-estimated",
        ChangeKind.DATED: "Planned for a day",
        ChangeKind.UNDATED: "Lost its day",
        ChangeKind.EDGE_BLOCKED: "Waiting now",
        ChangeKind.EDGE_ADDED: "Dependencies added",
        ChangeKind.EDGE_REMOVED: "Dependencies removed",
        ChangeKind.EDGE_RESOLVED: "Dependencies resolved",
        ChangeKind.EDGE_REOPENED: "Dependencies open again",
    }
)
_WEIGHED: Final = frozenset({ChangeKind.ADDED, ChangeKind.REMOVED, ChangeKind.FINISHED, ChangeKind.REOPENED})
_HEADLINE: Final[Mapping[ChangeKind, str]] = MappingProxyType(
    {
        ChangeKind.ADDED: "{} added",
        ChangeKind.REMOVED: "{} removed",
        ChangeKind.FINISHED: "{} finished",
        ChangeKind.REOPENED: "{} reopened",
        ChangeKind.SLIPPED: "{} slipped",
        ChangeKind.PULLED_IN: "{} pulled in",
        ChangeKind.BLOCKED: "{} newly blocked",
        ChangeKind.UNBLOCKED: "{} unblocked",
        ChangeKind.REESTIMATED: "{} re-estimated",
        ChangeKind.EDGE_BLOCKED: "{} newly waiting for others",
    }
)


@dataclass(frozen=True, slots=True)
class Group:
    """One kind of change. `counting` of the `changes` are about items that count.

    `points` is the sum over those of what was added, removed, finished or reopened, and the net difference of what was
    estimated anew; None where nothing is known. `worst_days` is the longest slip, or pull-in, in working days.
    """

    kind: ChangeKind
    changes: Sequence[ItemChange]
    counting: int
    points: float | None
    worst_days: int | None

    @property
    def title(self) -> str:
        return TITLES[self.kind]


def grouped(
    changes: Iterable[ItemChange], *, points: Mapping[str, float], left_out: Mapping[str, object]
) -> tuple[Group, ...]:
    """In the order of the kinds; the changes of each stay in theirs. `left_out` are the items that do not count."""
    by_kind: defaultdict[ChangeKind, list[ItemChange]] = defaultdict(list)
    for change in changes:
        by_kind[change.kind].append(change)
    return tuple(
        _group(kind, by_kind[kind], points=points, left_out=left_out) for kind in ChangeKind if kind in by_kind
    )


def headline(groups: Iterable[Group]) -> str:
    """ "12 items added (34 points), 3 finished (8 points), 4 slipped (worst 12 working days)."."""
    by_kind = {group.kind: group for group in groups}
    parts: list[str] = []
    for kind, words in _HEADLINE.items():
        group = by_kind.get(kind)
        if group is None or not group.counting:
            continue
        number = counted(group.counting, "item") if not parts else f"{group.counting:,}"
        parts.append(words.format(number) + _measured(group))
    return f"{', '.join(parts)}." if parts else "Nothing that counts has changed."


def _measured(group: Group) -> str:
    if group.worst_days is not None and group.kind is ChangeKind.SLIPPED:
        days = abs(group.worst_days)
        return f" (worst {days:,} working {'day' if days == 1 else 'days'})"
    if not group.points:
        return ""
    amount = f"{abs(group.points):,.1f}".removesuffix(".0")
    sign = "" if group.kind is not ChangeKind.REESTIMATED else "+" if group.points > 0 else "−"
    return f" ({sign}{amount} {'point' if amount == '1' else 'points'})"


def _group(
    kind: ChangeKind, changes: Sequence[ItemChange], *, points: Mapping[str, float], left_out: Mapping[str, object]
) -> Group:
    counting = [change for change in changes if change.uid not in left_out]
    return Group(
        kind=kind,
        changes=changes,
        counting=len(counting),
        points=_points(kind, counting, points),
        worst_days=max((each.days for each in changes if each.days is not None), key=abs, default=None),
    )


def _points(kind: ChangeKind, changes: Sequence[ItemChange], points: Mapping[str, float]) -> float | None:
    if kind is ChangeKind.REESTIMATED:
        known = [_difference(each) for each in changes if each.field == "points"]
    elif kind in _WEIGHED:
        known = [points[each.uid] for each in changes if each.uid in points]
    else:
        return None
    return fsum(known) if known else None


def _difference(change: ItemChange) -> float:
    old, new = (each if isinstance(each, int | float) else 0.0 for each in (change.old, change.new))
    return new - old
