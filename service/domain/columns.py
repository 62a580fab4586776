"""Items and edges as NumPy columns: what three hundred thousand edges are decided by in one go.

Days are proleptic ordinals (`date.toordinal`), moments are seconds since 1970. NO_DAY, NO_MOMENT and NOBODY stand for
what the tools did not say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, tzinfo
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from service.domain.calendars import NO_DAY, day_ordinals
from service.domain.schedule import Link
from service.domain.status import StatusCategory

if TYPE_CHECKING:
    from service.domain.edges import Edge
    from service.domain.network import NetworkItem

Days = NDArray[np.int32]  # ordinals, or indices of working days
Places = NDArray[np.int32]  # of items or edges
Codes = NDArray[np.int8]
Moments = NDArray[np.float64]
Mask = NDArray[np.bool_]

NO_MOMENT: Final = float("nan")
NOBODY: Final = -1
PREDECESSOR, SUCCESSOR = attrgetter("predecessor_uid"), attrgetter("successor_uid")  # loops of C: edges are many

TO_DO, IN_PROGRESS, DONE, CANCELLED, UNTOLD = range(5)  # codes of a status category; UNTOLD: nobody knows


@dataclass(frozen=True, eq=False)
class ItemColumns:
    """One place per item."""

    parent: Places  # among the live items; NOBODY
    category: Codes
    live: Mask
    missing: Mask  # an end that was there and is not any more, or never was: rung `broken`
    member: Mask
    countable: Mask
    milestone: Mask
    unassigned: Mask  # a live item that nobody is assigned to
    item_type: Places  # which of `item_types`
    item_types: tuple[str, ...]
    start: Days
    due: Days
    iteration_start: Days
    iteration_end: Days
    release: Days
    started: Moments
    started_on: Days
    done: Moments
    done_on: Days
    remaining_seconds: NDArray[np.int64]  # NOBODY: not estimated
    slips: Places

    @classmethod
    def of(cls, items: Sequence[NetworkItem], place: Mapping[str, int], *, zone: tzinfo = UTC) -> ItemColumns:
        size, presences = len(items), [item.presence for item in items]
        live = np.fromiter([each == "live" for each in presences], np.bool_, size)
        types = {name: code for code, name in enumerate(sorted({item.item_type for item in items}))}
        started = [item.started_at for item in items]
        done = [item.done_at for item in items]
        left = [item.remaining_seconds for item in items]
        return cls(
            parent=_parents(items, place, live),
            category=np.array([_CATEGORIES[item.status_category] for item in items], np.int8),
            live=live,
            missing=np.fromiter([each in _MISSING for each in presences], np.bool_, size),
            member=np.fromiter([item.member for item in items], np.bool_, size),
            countable=live & np.fromiter([item.countable for item in items], np.bool_, size),
            milestone=np.fromiter([item.milestone for item in items], np.bool_, size),
            unassigned=live & np.fromiter([item.assignee_id is None for item in items], np.bool_, size),
            item_type=np.array([types[item.item_type] for item in items], np.int32),
            item_types=tuple(types),
            start=day_ordinals([item.start for item in items]),
            due=day_ordinals([item.due for item in items]),
            iteration_start=day_ordinals([item.iteration.start if item.iteration else None for item in items]),
            iteration_end=day_ordinals([item.iteration.end if item.iteration else None for item in items]),
            release=day_ordinals([item.release for item in items]),
            started=_moments(started),
            started_on=_days_of(started, zone),
            done=_moments(done),
            done_on=_days_of(done, zone),
            remaining_seconds=np.array([NOBODY if each is None else each for each in left], np.int64),
            slips=np.array([item.slips for item in items], np.int32),
        )

    def replaced(self, items: Sequence[NetworkItem], places: Sequence[int], *, zone: tzinfo = UTC) -> ItemColumns:
        """With other items at these places. Their presence, parents and types are as they were."""
        own = ItemColumns.of(items, {}, zone=zone)
        columns: dict[str, Any] = {}
        for column in fields(self):
            if column.name not in {"parent", "item_type", "item_types"}:
                columns[column.name] = getattr(self, column.name).copy()
                columns[column.name][list(places)] = getattr(own, column.name)
        return replace(self, **columns)

    @cached_property
    def open(self) -> Mask:
        """To do or in progress; what nobody knows is neither open nor closed."""
        still_open: Mask = self.category <= IN_PROGRESS
        return still_open


@dataclass(frozen=True, eq=False)
class EdgeColumns:
    """One place per edge. `linked_on` is the day on which it was drawn, if known."""

    predecessor: Places
    successor: Places
    type: Codes
    lag: Days
    confirmed: Mask
    linked_on: Days

    @classmethod
    def of(cls, edges: Sequence[Edge], place: Mapping[str, int], *, linked_on: Mapping[str, date]) -> EdgeColumns:
        """Raises ValueError for a type that is none of the four, and KeyError for an end without a place."""
        types = list(map(attrgetter("type"), edges))
        if odd := set(types) - _TYPES.keys():
            raise ValueError(f"{min(odd)!r} is no type of an edge; FS, SS, FF and SF are")
        size = len(edges)
        return cls(
            predecessor=np.fromiter(map(place.__getitem__, map(PREDECESSOR, edges)), np.int32, size),
            successor=np.fromiter(map(place.__getitem__, map(SUCCESSOR, edges)), np.int32, size),
            type=np.fromiter(map(_TYPES.__getitem__, types), np.int8, size),
            lag=np.fromiter(map(attrgetter("lag_days"), edges), np.int32, size),
            confirmed=np.fromiter(map(attrgetter("confirmed"), edges), np.bool_, size),
            linked_on=_linked(edges, linked_on),
        )

    def linked(self, edges: Sequence[Edge], on: Mapping[str, date]) -> EdgeColumns:
        """The same edges, drawn on these days."""
        return replace(self, linked_on=_linked(edges, on))

    @cached_property
    def waits_for_start(self) -> Mask:
        """It is the predecessor's start that the successor waits for, not its finish."""
        waits: Mask = (self.type == Link.SS) | (self.type == Link.SF)
        return waits

    @cached_property
    def holds_finish(self) -> Mask:
        """It is the successor's finish that waits, not its start."""
        holds: Mask = (self.type == Link.FF) | (self.type == Link.SF)
        return holds


def day_of(ordinal: int | np.integer) -> date | None:
    """The date back; None for NO_DAY."""
    return None if ordinal == NO_DAY else date.fromordinal(int(ordinal))


def _parents(items: Sequence[NetworkItem], place: Mapping[str, int], live: Mask) -> Places:
    """A parent that is not live, or not here, is no parent."""
    named = [item.parent_uid for item in items]
    found = [NOBODY if uid is None else place.get(uid, NOBODY) for uid in named]
    parents = np.array(found, np.int32) if found else np.zeros(0, np.int32)
    parents[~live | ~live[parents]] = NOBODY
    return parents


def _linked(edges: Sequence[Edge], on: Mapping[str, date]) -> Days:
    return day_ordinals(on.get(edge.id) for edge in edges) if on else np.full(len(edges), NO_DAY, np.int32)


def _moments(moments: Sequence[datetime | None]) -> Moments:
    return np.array([NO_MOMENT if each is None else each.timestamp() for each in moments], np.float64)


def _days_of(moments: Sequence[datetime | None], zone: tzinfo) -> Days:
    return day_ordinals([None if each is None else each.astimezone(zone).date() for each in moments])


_CATEGORIES: Final[Mapping[StatusCategory | None, int]] = {
    StatusCategory.TO_DO: TO_DO,
    StatusCategory.IN_PROGRESS: IN_PROGRESS,
    StatusCategory.DONE: DONE,
    StatusCategory.CANCELLED: CANCELLED,
    None: UNTOLD,
}
_TYPES: Final = {link.name: int(link) for link in Link}
# a stub is merely not read, and what is hidden never was visible: both still exist, as the link tells
_MISSING: Final = frozenset({"gone", "archived", "access_lost", "out_of_scope", "unknown"})
