"""The shapes of answers about changes."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from service.programs.answers import ProgramRef


class ChangeGroup(Struct, frozen=True, gc=False):
    """How many changes there are of a kind, and how many of them are shown.

    `counting` are those of items that count; `points` their sum or, of what was estimated anew, the net difference.
    """

    kind: str
    title: str
    changes: int
    shown: int
    counting: int
    points: float | None
    worst_days: int | None


class OtherEnd(Struct, frozen=True, gc=False):
    """What a dependency waits for."""

    uid: str
    key: str
    title: str | None
    url: str | None


class ChangeEntry(Struct, frozen=True, gc=False):
    """One change, net over the time that was asked about. `old` and `new` are what `field` says: points, seconds, days.

    `at` and `by` are of the last change that led there; `times` is how often it happened, and `slips` how often the
    item's plan moved later in all its history. `days` are working days. Of a dependency, the item waits for `other`.
    """

    kind: str
    uid: str
    key: str
    title: str | None
    url: str | None
    project: str | None
    item_type: str
    counts: bool
    status_category: str
    points: float | None
    at: datetime | None
    by: str | None
    why: str | None
    field: str | None
    old: str | None
    new: str | None
    days: int | None
    times: int
    slips: int | None
    other: OtherEnd | None


class ChangesData(Struct, frozen=True):
    """`until` null: up to now. `left_out` counts changes of parts of counted items, such as sub-tasks."""

    program: ProgramRef
    since: datetime
    until: datetime | None
    headline: str
    groups: tuple[ChangeGroup, ...]
    changes: tuple[ChangeEntry, ...]
    left_out: int
