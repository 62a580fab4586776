"""What dependency health sees: items with only what decides a status, a date or a path, and the edges between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, tzinfo
from enum import StrEnum
from functools import cached_property

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from service.domain.columns import PREDECESSOR, SUCCESSOR, EdgeColumns, ItemColumns
from service.domain.edges import Edge
from service.domain.kept import hand_on
from service.domain.status import StatusCategory


class Presence(StrEnum):
    """Whether an end of an edge can be seen, and if not, why."""

    LIVE = "live"
    STUB = "stub"  # known from links alone, never asked for
    HIDDEN = "hidden"  # asked for, and not readable
    GONE = "gone"
    ARCHIVED = "archived"
    ACCESS_LOST = "access_lost"
    OUT_OF_SCOPE = "out_of_scope"
    UNKNOWN = "unknown"  # named by a programs file, and nobody knows it


class Iteration(Struct, frozen=True, gc=False):
    """The sprint an item is planned in: of several, the latest that is not closed, else the latest."""

    name: str
    start: date | None
    end: date | None


class NetworkItem(Struct, frozen=True, gc=False):
    """One end of an edge, or a member of the program. None means that the tool did not say, never zero.

    `countable` and `member` are those of the program in question. Dates are days of the program's time zone.
    """

    uid: str
    key: str
    title: str
    source: str
    project_id: str
    presence: Presence = Presence.LIVE
    member: bool = True
    countable: bool = True
    item_type: str = ""
    level: int = 0  # -1 sub-task, 0 standard, 1 epic, 2 and more above
    milestone: bool = False
    status: str = ""
    status_category: StatusCategory | None = None  # None: nobody knows
    parent_uid: str | None = None
    team: str | None = None
    workstream: str | None = None
    assignee_id: str | None = None
    start: date | None = None
    due: date | None = None
    iteration: Iteration | None = None
    release: date | None = None  # the earliest release date among its fix versions
    created_at: datetime | None = None
    started_at: datetime | None = None
    done_at: datetime | None = None
    points: float | None = None
    remaining_seconds: int | None = None  # of work; the original estimate less what was spent where no more is said
    slips: int = 0  # how often its due date, sprint or release moved later in the last 30 days
    resolution: str | None = None

    @property
    def called(self) -> str:
        """What people know it by: its key, or its title where the tool has nothing but numbers."""
        return f"“{self.title}”" if self.title and self.key.isdigit() else self.key


@dataclass(frozen=True, eq=False)
class Network:
    """Items and the edges between them, with what decides about them as columns.

    An item is its place in `items`, an edge its place in `edges`. Items stand in the order of their uids, so that
    the smallest place is the smallest uid; edges stand as they came. An end that nobody knows is an item of its own
    (`Presence.UNKNOWN`).
    """

    items: tuple[NetworkItem, ...]
    edges: tuple[Edge, ...]
    place: Mapping[str, int]
    item: ItemColumns
    edge: EdgeColumns

    @classmethod
    def of(
        cls,
        items: Iterable[NetworkItem],
        edges: Iterable[Edge],
        *,
        zone: tzinfo = UTC,
        linked_on: Mapping[str, date] | None = None,
    ) -> Network:
        """`zone` tells on which day something began or ended; `linked_on` when an edge (by id) was drawn, if known."""
        drawn = tuple(edges)
        known = {item.uid: item for item in items}
        place = _places(known)
        try:
            columns = EdgeColumns.of(drawn, place, linked_on=linked_on or {})
        except KeyError:  # an end that nobody knows, which is rare, and asking for each end first takes as long again
            ends = {*map(PREDECESSOR, drawn), *map(SUCCESSOR, drawn)}
            known |= {uid: unknown_end(uid) for uid in ends - known.keys()}
            place = _places(known)
            columns = EdgeColumns.of(drawn, place, linked_on=linked_on or {})
        ordered = tuple(map(known.__getitem__, place))
        return cls(
            items=ordered,
            edges=drawn,
            place=place,
            item=ItemColumns.of(ordered, place, zone=zone),
            edge=columns,
        )

    def with_items(
        self, items: Iterable[NetworkItem], *, zone: tzinfo = UTC, linked_on: Mapping[str, date] | None = None
    ) -> Network:
        """The same edges between the same items, of which these say something else now: as `of` would make it, sooner.
        Without `linked_on` the edges were drawn when they were.

        ValueError where an item is not of this network, or is another in presence, parent or type.
        """
        told = list(items)
        if strangers := [item.uid for item in told if not self._stands_as_before(item)]:
            raise ValueError(f"{strangers[0]} does not stand in this network as it did")
        places, ordered = [self.place[item.uid] for item in told], list(self.items)
        for place, item in zip(places, told, strict=True):
            ordered[place] = item
        told_anew = replace(
            self,
            items=tuple(ordered),
            item=self.item.replaced(told, places, zone=zone),
            edge=self.edge if linked_on is None else self.edge.linked(self.edges, linked_on),
        )
        hand_on(self, told_anew, "edge_order")
        return told_anew

    def _stands_as_before(self, item: NetworkItem) -> bool:
        if (place := self.place.get(item.uid)) is None:
            return False
        before = self.items[place]
        return (before.presence, before.parent_uid, before.item_type) == (
            item.presence,
            item.parent_uid,
            item.item_type,
        )

    @cached_property
    def edge_order(self) -> NDArray[np.int64]:
        """Per edge its place among all by their ids."""
        by_id = np.argsort(np.array([edge.id for edge in self.edges], np.str_), kind="stable")
        order = np.empty(len(by_id), np.int64)
        order[by_id] = np.arange(len(by_id))
        return order

    def ends(self, edge: int) -> tuple[NetworkItem, NetworkItem]:
        """The predecessor and the successor."""
        return self.items[self.edge.predecessor[edge]], self.items[self.edge.successor[edge]]


def unknown_end(uid: str) -> NetworkItem:
    """Stands for an end of an edge of which nothing is known but its name."""
    return NetworkItem(
        uid=uid,
        key=uid,
        title="",
        source="",
        project_id="",
        presence=Presence.UNKNOWN,
        member=False,
        countable=False,
    )


def _places(known: Mapping[str, NetworkItem]) -> dict[str, int]:
    return {uid: place for place, uid in enumerate(sorted(known))}
