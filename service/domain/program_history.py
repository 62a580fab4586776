"""A program over time: who was in it when, and what each item was then.

One engine for every moment: a program at a moment is a list of RollupItems, made from those of now by undoing what
happened since. At now nothing is undone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from dataclasses import replace as replaced
from datetime import datetime, timedelta
from functools import cached_property
from typing import NamedTuple, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from connectors.contract import Historian
from connectors.history import ItemState
from connectors.items import SourceChange
from service.domain.history import NONE, Break, Course, Past, Snapshot, Step, course_of
from service.domain.items import RollupItem
from service.domain.progress import time_weight

Value = TypeVar("Value")

READ_WITHIN = timedelta(days=2)  # a member that joined so soon after its creation was one before it was first read


class Stay(Struct, frozen=True, gc=False, array_like=True):
    """An item's membership, valid from `since` until `until` (None: still), and how long the item has existed."""

    since: datetime
    until: datetime | None
    created_at: datetime
    updated_at: datetime
    tombstone: str | None = None
    done_at: datetime | None = None


class Span(Struct, frozen=True, gc=False):
    """From `since` (inclusive) until `until` (exclusive; None: still)."""

    since: datetime
    until: datetime | None

    def covers(self, moment: datetime) -> bool:
        return self.since <= moment and (self.until is None or moment < self.until)


class Above(NamedTuple):
    """An item outside the program that items of it stood beneath."""

    level: int
    epic_uid: str | None


@dataclass(frozen=True)
class ProgramHistory:
    """What happened in a program after `since`, and what it is now.

    `members` are all that were in it at some moment since, each once and as it is now; by position `spans` tell when,
    and `created` since when it exists.
    `snapshots` and `changes` are of those that were touched since; the changes in their order. `named` resolves the
    keys of parents (source, key) that only histories name, `breaks` tells where a history contradicts itself.
    Before `mapped_since` nobody knows who was in the program: the members of today stand in.
    """

    since: datetime
    members: Sequence[RollupItem]
    spans: Sequence[Sequence[Span]]
    created: Sequence[datetime]
    snapshots: Mapping[str, Snapshot]
    changes: Mapping[str, Sequence[SourceChange]]
    historians: Mapping[str, Historian]
    breaks: Mapping[str, Sequence[Break]] = field(default_factory=dict)
    named: Mapping[tuple[str, str], str] = field(default_factory=dict)
    mapped_since: datetime | None = None
    _courses: dict[str, Course] = field(default_factory=dict, init=False, compare=False, repr=False)

    def is_mapped(self, moment: datetime) -> bool:
        """Whether it is known who was in the program then."""
        return self.mapped_since is not None and moment >= self.mapped_since

    def at(self, moment: datetime) -> ProgramThen:
        """The program at a moment that is not before `since`; the epics are those of now (see `with_epics`)."""
        if moment < self.since:
            raise ValueError(f"the history was read from {self.since} on, not from {moment}")
        pasts: dict[str, Past] = {}
        items: list[RollupItem] = []
        for item, spans in zip(self.members, self.spans, strict=True):
            if not _covered(spans, moment):
                continue
            past = self.past(item.uid, moment)
            if past is None:
                items.append(item)
            else:
                pasts[item.uid] = past
                items.append(self.rolled_up(item, past.state))
        return ProgramThen(moment, items, pasts)

    def past(self, uid: str, moment: datetime) -> Past | None:
        """None: it is since the moment what it is now."""
        if uid not in self.snapshots:
            return None
        breaks = self.breaks.get(uid)
        torn = {each.aspect for each in breaks if each.covers(moment)} if breaks else NONE
        return self.course(uid).at(moment, torn=torn)

    def course(self, uid: str) -> Course:
        """Of an item with a snapshot; gone through once, and kept."""
        found = self._courses.get(uid)
        if found is None:
            snapshot = self.snapshots[uid]
            found = course_of(snapshot, self.changes.get(uid, ()), self.historians.get(snapshot.source))
            self._courses[uid] = found
        return found

    def retrace(self) -> None:
        """Go through every course now, so that no question has to."""
        for uid in self.snapshots:
            self.course(uid)

    def steps(self) -> Iterator[tuple[Snapshot, Step]]:
        """Every change since that decided something, item by item, newest first."""
        for uid, snapshot in self.snapshots.items():
            for step in self.course(uid).steps(self.since):
                yield snapshot, step

    def rolled_up(self, item: RollupItem, state: ItemState) -> RollupItem:
        """The item as a roll-up sees it in that state. Its epic is that of now (see `with_epics`)."""
        return RollupItem(  # one after the other: by name, or as a copy, it takes twice as long
            item.uid,
            state.key if f"{item.source}:{state.key}" != item.uid else item.called,
            item.source,
            state.project_id,
            state.item_type,
            state.level,
            state.subtask,
            state.status_category,
            state.no_resolution,
            self.parent_of(item.source, state),
            state.points,
            time_weight(state.estimate_seconds, state.spent_seconds, state.remaining_seconds),
            state.start,
            state.due,
            item.epic_uid,
            state.team,
            item.workstream,
            (state.project_id, *state.homes) if state.homes else (),
        )

    def parent_of(self, source: str, state: ItemState) -> str | None:
        if state.parent_id is not None:
            return f"{source}:{state.parent_id}"
        return None if state.parent_key is None else self.named.get((source, state.parent_key))

    def again(self, uids: Collection[str], part: ProgramHistory) -> ProgramHistory:
        """With what `part` tells of these items, read at the same time and as far back: who is not in it is not in
        the program."""
        stayed = [place for place, item in enumerate(self.members) if item.uid not in uids]
        members = [*map(self.members.__getitem__, stayed), *part.members]
        sources = {item.source for item in members}
        known = {**self.historians, **part.historians}
        read_alike = all(self.historians.get(source) == each for source, each in part.historians.items())
        again = replaced(
            self,
            members=members,
            spans=[*map(self.spans.__getitem__, stayed), *part.spans],
            created=[*map(self.created.__getitem__, stayed), *part.created],
            snapshots={**_but(self.snapshots, uids), **part.snapshots},
            changes={**_but(self.changes, uids), **part.changes},
            historians={source: known[source] for source in sorted(sources & known.keys())},
            breaks={**_but(self.breaks, uids), **part.breaks},
            named={**self.named, **part.named},
        )
        if read_alike:
            again._courses.update(_but(self._courses.copy(), uids))  # a thread may be going through it meanwhile
        return again

    def naming(self, named: Mapping[tuple[str, str], str]) -> ProgramHistory:
        """The same, where the keys of parents mean these items."""
        if named == self.named:
            return self
        again = replaced(self, named=named)
        again._courses.update(self._courses)
        return again

    @cached_property
    def size(self) -> int:
        """So many items and changes."""
        return len(self.members) + sum(map(len, self.changes.values()))

    @cached_property
    def position(self) -> Mapping[str, int]:
        """uid → its place among the members."""
        return {item.uid: place for place, item in enumerate(self.members)}


@dataclass(frozen=True, slots=True)
class ProgramThen:
    """A program at a moment: its items, and of those that were touched since, how they are known."""

    moment: datetime
    items: Sequence[RollupItem]
    pasts: Mapping[str, Past]


def members_of(
    stays: Sequence[Stay],
    items: Sequence[RollupItem],
    graves: Mapping[str, Sequence[Span]],
    *,
    mapped_since: datetime | None,
) -> tuple[list[RollupItem], list[list[Span]], list[datetime]]:
    """Each item once, with its spans and when it was created.

    `stays` and `items` lie side by side, one for each membership; the latest one tells the item's workstream.
    """
    latest: dict[str, RollupItem] = {}
    by_uid: dict[str, list[Stay]] = {}
    for stay, item in zip(stays, items, strict=True):
        known = by_uid.get(item.uid)
        if known is None:
            latest[item.uid], by_uid[item.uid] = item, [stay]
            continue
        if stay.since > max(each.since for each in known):
            latest[item.uid] = item
        known.append(stay)
    spans = [spans_of(each, graves.get(uid, ()), mapped_since=mapped_since) for uid, each in by_uid.items()]
    return [*latest.values()], spans, [each[0].created_at for each in by_uid.values()]


def spans_of(stays: Sequence[Stay], graves: Sequence[Span], *, mapped_since: datetime | None) -> list[Span]:
    """When one item was in the program: while it was a member, existed and was not found gone.

    Before the first mapping the members of today stand in, as far back as they exist.
    """
    found: list[Span] = []
    for stay in stays:
        if stay.tombstone is not None and all(grave.until is not None for grave in graves):
            continue  # gone, and nobody knows since when
        if stay.since - stay.created_at <= READ_WITHIN:
            found.append(Span(stay.created_at, stay.until))
            continue
        found.append(Span(max(stay.since, stay.created_at), stay.until))
        if stay.until is None and mapped_since is not None and stay.created_at < mapped_since:
            found.append(Span(stay.created_at, mapped_since))
    return [part for span in found for part in _without(span, graves)] if graves else found


def with_epics(items: Sequence[RollupItem], moved: Collection[str], above: Mapping[str, Above]) -> Sequence[RollupItem]:
    """The nearest ancestor of level 1 as it was then, of items that `moved`, or that hang beneath one that did.

    `above` tells of parents outside the program.
    """
    by_uid = {item.uid: item for item in items}
    known: dict[str, _Climb] = {}

    def climb(item: RollupItem) -> _Climb:
        line: list[RollupItem] = []
        at: RollupItem | None = item
        while at is not None and at.uid not in known and at not in line:
            line.append(at)
            at = by_uid.get(at.parent_uid or "")
        for each in reversed(line):
            known[each.uid] = step(each, by_uid.get(each.parent_uid or ""))
        return known[item.uid]

    def step(item: RollupItem, parent: RollupItem | None) -> _Climb:
        moves = item.uid in moved
        if parent is not None:
            higher = known.get(parent.uid, _Climb(differs=False, epic=None))  # not there: a circle, cut here
            return _Climb(moves or higher.differs, parent.uid if parent.level == 1 else higher.epic)
        outside = above.get(item.parent_uid or "")
        if outside is None:
            return _Climb(moves, None)
        return _Climb(moves, item.parent_uid if outside.level == 1 else outside.epic_uid)

    if not moved:
        return items
    climbed = [climb(item) for item in items]
    return [replace(item, epic_uid=way.epic) if way.differs else item for item, way in zip(items, climbed, strict=True)]


def _but(told: Mapping[str, Value], uids: Collection[str]) -> dict[str, Value]:
    """Of everybody else."""
    return {uid: each for uid, each in told.items() if uid not in uids}


def _covered(spans: Sequence[Span], moment: datetime) -> bool:
    for span in spans:  # noqa: SIM110 - thousands are asked, and a generator costs three times as much
        if span.since <= moment and (span.until is None or moment < span.until):
            return True
    return False


class _Climb(NamedTuple):
    """Whether anything on the way up was another way than now, and the epic that was found there."""

    differs: bool
    epic: str | None


def _without(span: Span, graves: Sequence[Span]) -> Iterator[Span]:
    """What the graves (in their order) leave of a span."""
    since: datetime | None = span.since
    for grave in graves:
        if since is None or (span.until is not None and grave.since >= span.until):
            break
        if grave.until is not None and grave.until <= since:
            continue
        if grave.since > since:
            yield Span(since, grave.since)
        since = grave.until
    if since is not None and (span.until is None or since < span.until):
        yield Span(since, span.until)
