"""What a network of dependencies is made of, as read from the store: whole, or only what changed since.

Reading whole takes a query or two for every kind of row. Where what changed is known (service.store.network_changes),
most of it is what some items say of themselves: a due date, a status, work left. That is read for these items alone;
whatever goes further is read whole again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, tzinfo
from functools import cached_property

from msgspec.structs import replace as with_values
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.edges import Edge
from service.domain.network import NetworkItem, Presence
from service.domain.status import OPEN, StatusCategory
from service.programs.dependency_terms import SLIPS_COUNTED, Viewpoint
from service.store.edges import Edges
from service.store.faces import Faces, ProjectName
from service.store.link_moments import Keys, Pair, keys_of, linked_since
from service.store.network_changes import NetworkChange, Reach
from service.store.network_items import NetworkItems
from service.store.planning import Planning, planning, slips_since, sprint_fields
from service.store.program_items import ProgramRow
from service.store.suggestions import Suggestions

FEW = 200  # items of which it takes less to read them one by one than to read everything


@dataclass(frozen=True)
class Drawn:
    """All edges of a network, by their ends."""

    edges: Sequence[Edge]

    @cached_property
    def pairs(self) -> Sequence[Pair]:
        """The two ends of each edge."""
        return [pair_of(edge) for edge in self.edges]

    @cached_property
    def waited_for(self) -> frozenset[str]:
        return frozenset(edge.predecessor_uid for edge in self.edges)


@dataclass(frozen=True, eq=False, kw_only=True)
class Reading:
    """Of one program on one day. `moments` tells since when two open items are linked, `keys` what the ends of its
    edges are called. `by_name`: somewhere an end is told by its name, and a name may mean another item tomorrow."""

    items: Mapping[str, NetworkItem]  # by uid
    drawn: Drawn
    moments: Mapping[Pair, datetime]
    planning: Planning
    projects: Mapping[tuple[str, str], ProjectName]
    keys: Keys
    by_name: bool

    def linked_on(self, zone: tzinfo) -> dict[str, date]:
        """The day on which an edge, by its id, was drawn; where that is known."""
        told = zip(self.drawn.edges, self.drawn.pairs, strict=True)
        return {edge.id: self.moments[pair].astimezone(zone).date() for edge, pair in told if pair in self.moments}

    def says_the_same_as(self, other: Reading) -> bool:
        """Whether a network made of the other is the same."""
        return (
            self.items == other.items
            and self.drawn == other.drawn
            and self.moments == other.moments
            and self.projects == other.projects
        )

    def stands_on(self, other: Reading) -> bool:
        """Whether it is the other with other values of some items, read by `reread`."""
        return self.drawn is other.drawn

    def concerned_by(self, change: NetworkChange, program: str) -> bool:
        """Whether it could be another reading by now. Of what it never saw, nothing that merely says something else."""
        match change.reach:
            case Reach.ALL:
                return True
            case Reach.NAMES if self.by_name:
                return True
            case _:
                known = change.uid in self.items or change.other_uid in self.items
                return known or change.program_key == program


async def read(connection: AsyncConnection, program: ProgramRow, view: Viewpoint) -> Reading:
    """Everything."""
    edges, days = Edges(connection), await planning(connection, zone=view.terms.zone)
    reader = NetworkItems(connection, days)
    members = await edges.members(program.key)
    drawn = Drawn(await edges.touching(members))
    ends = {uid for edge in drawn.edges for uid in (edge.predecessor_uid, edge.successor_uid)}
    ours = await reader.members(program)
    items = [*await reader.elsewhere(ends - members), *ours]  # what lies beneath an end elsewhere may be ours
    bare = Reading(
        items={item.uid: item for item in items},
        drawn=drawn,
        moments={},
        planning=days,
        projects=await Faces(connection).projects(),
        keys=await keys_of(connection, ends) if ends else {},
        by_name=await Suggestions(connection).go_by_names(),
    )
    return await _with_histories(connection, bare, bare.items, view)


async def reread(
    connection: AsyncConnection, program: ProgramRow, kept: Reading, changes: Iterable[NetworkChange], view: Viewpoint
) -> Reading:
    """As `read` would be now, of a reading of the same program and day, and of all changes since then."""
    if await sprint_fields(connection) != kept.planning.sprint_fields:
        return await read(connection, program, view)
    concerning = [change for change in changes if kept.concerned_by(change, program.key)]
    if not concerning:
        return kept
    uids = {change.uid for change in concerning if change.uid is not None}
    if len(uids) > FEW or any(change.reach is not Reach.VALUES for change in concerning):
        return await read(connection, program, view)
    items = {item.uid: item for item in await NetworkItems(connection, kept.planning).again(program, uids)}
    if items.keys() != uids or not all(_counts_alike(kept.items[uid], item) for uid, item in items.items()):
        return await read(connection, program, view)
    told = {uid: with_values(item, countable=kept.items[uid].countable) for uid, item in items.items()}
    return await _with_histories(connection, replace(kept, items={**kept.items, **told}), told, view)


async def _with_histories(
    connection: AsyncConnection, reading: Reading, changed: Collection[str], view: Viewpoint
) -> Reading:
    """With what the histories of the changed items tell: how often their plans slipped, since when they are linked.

    Slips are asked of those that somebody waits for.
    """
    items = {**reading.items}
    waited_for = reading.drawn.waited_for.intersection(changed)
    items |= await with_slips(connection, items, waited_for, planning=reading.planning, view=view)
    touched = {pair for pair in reading.drawn.pairs if not pair.isdisjoint(changed)}
    open_pairs = {pair for pair in touched if all(_is_open(items[uid]) for uid in pair)}
    moments = {pair: moment for pair, moment in reading.moments.items() if pair not in touched}
    moments |= await linked_since(connection, open_pairs, reading.keys)
    return replace(reading, items=items, moments=moments)


async def with_slips(
    connection: AsyncConnection,
    items: Mapping[str, NetworkItem],
    among: Collection[str],
    *,
    planning: Planning,
    view: Viewpoint,
) -> dict[str, NetworkItem]:
    """Those of the open items among these whose plan moved later in the 30 days before the view, with how often."""
    still_open = {uid for uid in among if _is_open(items[uid])}
    since = datetime.combine(view.today, time.min, view.terms.zone) - SLIPS_COUNTED
    found = await slips_since(connection, still_open, since, planning=planning, until=view.as_of)
    return {uid: with_values(items[uid], slips=slips) for uid, slips in found.items()}


def pair_of(edge: Edge) -> Pair:
    return frozenset((edge.predecessor_uid, edge.successor_uid))


def _is_open(item: NetworkItem) -> bool:
    return item.presence is Presence.LIVE and item.status_category in OPEN


def _counts_alike(before: NetworkItem, after: NetworkItem) -> bool:
    """Whether it stands where it did, and it and its family count as they did (service.domain.scope)."""
    return _counted_by(before) == _counted_by(after)


def _counted_by(item: NetworkItem) -> tuple[object, ...]:
    cancelled = item.status_category is StatusCategory.CANCELLED
    return item.presence, item.member, item.parent_uid, item.item_type, item.level, cancelled
