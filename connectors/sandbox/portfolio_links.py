"""Links between the issues of the example, each told by both of its ends."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from connectors.sandbox import portfolio_schema as schema
from connectors.sandbox.portfolio_calendar import working_moment
from connectors.sandbox.portfolio_stories import tell_stories
from connectors.sandbox.portfolio_tree import Draft, Event
from connectors.sandbox.portfolio_world import World

_FIRST_ID = 20001
_CYCLE = 3


@dataclass
class Linker:
    """Ties drafts together; `pairs` keeps two issues from being linked twice."""

    rng: Random
    world: World
    pairs: set[frozenset[str]] = field(default_factory=set)

    def link(self, type_id: str, source: Draft, target: Draft) -> bool:
        """The source shows the outward phrase. False when the two are one, or linked already."""
        pair = frozenset((source.id, target.id))
        if len(pair) == 1 or pair in self.pairs:
            return False
        link_id = str(_FIRST_ID + len(self.pairs))
        self.pairs.add(pair)
        moment = self._moment(source, target)
        kind, author = schema.link_type(type_id), self.rng.choice(self.world.users)
        _tie(source, target, link_id, kind, "outward", moment, author)
        _tie(target, source, link_id, kind, "inward", moment + timedelta(milliseconds=44), author)
        return True

    def _moment(self, source: Draft, target: Draft) -> datetime:
        """Some days after both exist, never later than the moment of looking."""
        born = max(source.created, target.created)
        moment = working_moment(self.rng, (born + timedelta(days=self.rng.uniform(0, 12))).date())
        return max(born + timedelta(seconds=30), min(moment, self.world.now - timedelta(minutes=1)))


def link_some(rng: Random, drafts: list[Draft], world: World) -> None:
    """Blocks, relations and dependencies, a cycle of three, one link into the hidden project, and the stories."""
    linker = Linker(rng, world)
    visible = [draft for draft in drafts if draft.project not in ("OLD", "SEC")]
    work = [draft for draft in visible if draft.level == 0]
    epics = [draft for draft in visible if draft.level == 1]
    _close_a_cycle(linker, work)
    _link_to_the_hidden(linker, work, [draft for draft in drafts if draft.project == "SEC"])
    _link_within_epics(linker, work, count=len(work) // 11)
    _link_across(linker, work, type_id=schema.BLOCKS, count=len(work) // 30 + 1)
    _link_across(linker, work, type_id=schema.DEPENDENCY, count=len(work) // 30 + 1)
    _link_across(linker, epics, type_id=schema.DEPENDENCY, count=len(epics) // 6 + 1)
    for _ in range(len(work) // 25 + 1):
        linker.link(schema.RELATES, rng.choice(work), rng.choice(work))
    storyteller = Linker(Random(len(drafts)), world, linker.pairs)  # of their own chance: all else stays as it was
    tell_stories(storyteller.rng, work, world, partial(storyteller.link, schema.BLOCKS))


def _tie(
    near: Draft,
    far: Draft,
    link_id: str,
    kind: dict[str, Any],
    side: str,
    moment: datetime,
    author: dict[str, Any],
) -> None:
    near.links.append({"id": link_id, "type": kind, f"{side}Issue": far.reference})
    item = {
        "field": "Link",
        "fieldtype": "jira",
        "from": None,
        "fromString": None,
        "to": far.key,
        "toString": f"This issue {kind[side]} {far.key}",
    }
    near.events.append(Event(moment, author, {}, (item,)))


def _close_a_cycle(linker: Linker, work: list[Draft]) -> None:
    """Three open issues of which each waits for the next: nobody meant it, and it happens."""
    ring = [draft for draft in work if draft.open][:_CYCLE]
    for source, target in zip(ring, [*ring[1:], *ring[:1]], strict=True):
        linker.link(schema.BLOCKS, source, target)


def _link_to_the_hidden(linker: Linker, work: list[Draft], hidden: list[Draft]) -> None:
    waiting = [draft for draft in work if draft.open and not draft.links]
    linker.link(schema.BLOCKS, hidden[0], (waiting or work)[-1])


def _link_within_epics(linker: Linker, work: list[Draft], *, count: int) -> None:
    """The earlier one blocks the later one of the same epic."""
    children = [draft for draft in work if draft.parent]
    siblings: dict[str, list[Draft]] = defaultdict(list)
    for draft in children:
        siblings[_parent_id(draft)].append(draft)
    for draft in linker.rng.sample(children, k=min(count, len(children))):
        other = linker.rng.choice(siblings[_parent_id(draft)])
        first, second = sorted((draft, other), key=lambda end: end.created)
        linker.link(schema.BLOCKS, first, second)


def _link_across(linker: Linker, drafts: list[Draft], *, type_id: str, count: int) -> None:
    """Between two projects; who depends on something shows the outward phrase of a dependency."""
    for _ in range(count):
        one = linker.rng.choice(drafts)
        others = linker.rng.sample(drafts, k=min(9, len(drafts)))
        far = next((other for other in others if other.project != one.project), None)
        if far is None:
            continue
        first, second = sorted((one, far), key=lambda end: end.created)
        if type_id == schema.DEPENDENCY:
            first, second = second, first
        linker.link(type_id, first, second)


def _parent_id(draft: Draft) -> str:
    return draft.parent.id if draft.parent else ""
