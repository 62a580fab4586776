"""What to chase today: everything that needs somebody, as one list, the most pressing first.

A score is the sum of four parts that are all shown: what kind of trouble it is, how much of the open work waits behind
it, for how long it has gone on, and whether it lies on the critical path. At most 100, and the same for the same facts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

MOST_DOWNSTREAM: Final = 25.0  # points, where all of the open work waits behind it
MOST_DELAY: Final = 20.0  # points, from LONG days on
LONG: Final = 20  # working days: four weeks
ON_CRITICAL_PATH: Final = 15.0


class Trouble(StrEnum):
    """The kinds, by what they are worth; of equal scores the earlier comes first."""

    WATERMELON = "watermelon"  # people state green, the data say red
    CYCLE = "cycle"  # items that wait for each other: none of them can begin
    BLOCKED = "blocked"  # somebody waits for this one now
    SLIPPED_MILESTONE = "slipped_milestone"
    STALE_SOURCE = "stale_source"
    HELD_SCOPE = "held_scope"  # a project that cannot be trusted
    OVERDUE = "overdue"
    UNASSIGNED = "unassigned"  # near, and nobody's
    UNDATED = "undated"  # somebody waits for it soon, and it says no day
    AGEING = "ageing"  # in progress for longer than most of its type ever take


WORTH: Final[Mapping[Trouble, float]] = MappingProxyType(
    {
        Trouble.WATERMELON: 40.0,
        Trouble.CYCLE: 40.0,
        Trouble.BLOCKED: 40.0,
        Trouble.SLIPPED_MILESTONE: 35.0,
        Trouble.STALE_SOURCE: 35.0,
        Trouble.HELD_SCOPE: 30.0,
        Trouble.OVERDUE: 25.0,
        Trouble.UNASSIGNED: 20.0,
        Trouble.UNDATED: 15.0,
        Trouble.AGEING: 15.0,
    }
)
_ORDER: Final = {trouble: place for place, trouble in enumerate(Trouble)}


@dataclass(frozen=True, slots=True)
class Score:
    """Points, rounded to a tenth, so that the parts add up to the total that is shown."""

    kind: float
    downstream: float
    delay: float
    critical: float

    @property
    def total(self) -> float:
        return round(self.kind + self.downstream + self.delay + self.critical, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One thing to chase. `subject` is the uid of the item, or the name of what else it is about.

    `downstream` is the share (0 to 1) of the open work behind it, `days` for how many working days it has gone on.
    """

    trouble: Trouble
    subject: str
    downstream: float = 0.0
    days: int = 0
    critical: bool = False

    @property
    def score(self) -> Score:
        return Score(
            kind=WORTH[self.trouble],
            downstream=round(MOST_DOWNSTREAM * min(max(self.downstream, 0.0), 1.0), 1),
            delay=round(MOST_DELAY * min(max(self.days, 0), LONG) / LONG, 1),
            critical=ON_CRITICAL_PATH if self.critical else 0.0,
        )

    @property
    def rank(self) -> tuple[float, int, str]:
        """A total order: no two different signals share kind and subject."""
        return -self.score.total, _ORDER[self.trouble], self.subject


def ranked(signals: Iterable[Signal]) -> list[Signal]:
    """The most pressing first; of several about the same trouble and subject only the most pressing."""
    seen: set[tuple[Trouble, str]] = set()
    kept: list[Signal] = []
    for signal in sorted(signals, key=lambda each: each.rank):
        if (signal.trouble, signal.subject) not in seen:
            seen.add((signal.trouble, signal.subject))
            kept.append(signal)
    return kept
