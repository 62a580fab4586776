"""The status ladder once more, one edge at a time, in plain Python: slow, and written from the definitions alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from math import ceil

import networkx

from service.domain.edges import Edge
from service.domain.network import NetworkItem, Presence
from service.domain.status import StatusCategory

DAY = timedelta(days=1)
OPEN = (StatusCategory.TO_DO, StatusCategory.IN_PROGRESS)
LOST = {Presence.GONE, Presence.ARCHIVED, Presence.ACCESS_LOST, Presence.OUT_OF_SCOPE, Presence.UNKNOWN}


@dataclass(frozen=True)
class Verdict:
    status: str
    need_by: date | None
    planned: date | None
    gap: int | None
    blocked_since: date | None
    blocked_days: int | None
    downstream: int


class Oracle:
    """Every question is answered from scratch."""

    def __init__(
        self,
        items: Iterable[NetworkItem],
        edges: Sequence[Edge],
        *,
        as_of: date,
        holidays: frozenset[date],
        teams: Mapping[str, frozenset[date]],
        buffer: int,
        concurrent: bool,
        calendar_lag: bool,
        linked_on: Mapping[str, date],
        probability: Mapping[str, float],
    ) -> None:
        self.items = {item.uid: item for item in items}
        self.teams = teams
        self.edges, self.as_of, self.holidays = edges, as_of, holidays
        self.buffer, self.concurrent, self.calendar_lag = buffer, concurrent, calendar_lag
        self.linked_on, self.probability = linked_on, probability
        self.looped = {uid for uid in self.items if self._on_loop(uid)}
        self.known: dict[str, tuple[int, int] | None] = {}
        self.held: dict[str, list[NetworkItem]] = {}
        for item in self.items.values():
            for above in self.above(item.uid):
                self.held.setdefault(above, []).append(item)
        self.graph = self._graph()
        parts = enumerate(networkx.strongly_connected_components(self.graph))
        self.knots = {node: number for number, part in parts for node in part}

    def verdict(self, edge: Edge) -> Verdict:
        status = self.status(edge)
        since = self.blocked_since(edge) if status == "blocked" else None
        return Verdict(
            status,
            self.need_by(edge)[0],
            self.planned(edge)[0],
            self.gap(edge),
            since,
            None if since is None else self.between(since, self.as_of, self.items[edge.successor_uid]),
            self.downstream(edge),
        )

    # the ladder

    def status(self, edge: Edge) -> str:
        return self.early_status(edge) or self.late_status(edge)

    def early_status(self, edge: Edge) -> str | None:  # noqa: PLR0911 - a rung a line
        """Down to off_track: what needs no other edge's status."""
        p, s = self.items[edge.predecessor_uid], self.items[edge.successor_uid]
        if self.is_resolved(edge):
            return "resolved"
        if edge.confirmed and self.is_cyclic(edge):
            return "cyclic"
        if p.status_category == StatusCategory.CANCELLED or p.presence in LOST or s.presence in LOST:
            return "broken"
        need_by, weak = self.need_by(edge)
        if p.status_category is not None:
            if edge.type in ("FS", "SS") and self.in_progress(s):
                return "blocked"
            if need_by is not None and not weak and self.as_of >= need_by:
                return "blocked"
        planned, gap, order = self.planned(edge)[0], self.gap(edge), self.order(edge)
        chance = self.probability.get(edge.id)
        too_late = gap is not None and gap < 0 if order is None else order == "later"
        if too_late or (planned is not None and planned < self.as_of) or (chance is not None and chance < 0.5):
            return "off_track"
        return None

    def late_status(self, edge: Edge) -> str:  # noqa: PLR0911
        p = self.items[edge.predecessor_uid]
        gap, order, chance = self.gap(edge), self.order(edge), self.probability.get(edge.id)
        if order is None and gap is not None and 0 <= gap < self.buffer:
            return "at_risk"
        if order == "same" and not self.concurrent:
            return "at_risk"
        if chance is not None and 0.5 <= chance < 0.85:
            return "at_risk"
        unassigned = p.presence is Presence.LIVE and p.assignee_id is None
        unstarted = p.status_category == StatusCategory.TO_DO and not self.begun(p)
        if (unassigned or unstarted) and self.needed_soon(edge):
            return "at_risk"
        if p.slips >= 2 or self.in_trouble(p):
            return "at_risk"
        if gap is None and chance is None:
            return "unknown"
        return "on_track"

    def is_resolved(self, edge: Edge) -> bool:
        p, s = self.items[edge.predecessor_uid], self.items[edge.successor_uid]
        if s.status_category in (StatusCategory.DONE, StatusCategory.CANCELLED):
            return True
        if edge.type in ("SS", "SF") and self.begun(p):
            return True
        return p.status_category == StatusCategory.DONE

    def needed_soon(self, edge: Edge) -> bool:
        p = self.items[edge.predecessor_uid]
        need_by, weak = self.need_by(edge)
        usual = self.typical(p.item_type)
        if edge.type in ("SS", "SF") or need_by is None or weak or usual is None or p.milestone:
            return False
        return self.between(self.as_of, self.need_moment(edge), p) <= usual[1]

    def in_trouble(self, item: NetworkItem) -> bool:
        """It, something it belongs to, or something open that it holds waits for what is blocked or off track."""
        family = {item.uid, *self.above(item.uid)}
        held = [each for each in self.beneath(item.uid) if each.countable and each.status_category in OPEN]
        for each in held:
            family |= {each.uid, *self.above(each.uid)}
        return any(
            edge.confirmed and edge.successor_uid in family and self.early_status(edge) in ("blocked", "off_track")
            for edge in self.edges
        )

    def blocked_since(self, edge: Edge) -> date | None:
        s = self.items[edge.successor_uid]
        need_by, weak = self.need_by(edge)
        since = None
        if edge.type in ("FS", "SS") and self.in_progress(s):
            since = self.begun_on(s)
        if since is None and need_by is not None and not weak and need_by <= self.as_of:
            since = need_by
        return since and min(max(since, self.linked_on.get(edge.id, since)), self.as_of)

    # dates

    def gap(self, edge: Edge) -> int | None:
        if self.need_by(edge)[0] is None or self.planned(edge)[0] is None:
            return None
        same_day = edge.type == "FS" and self.concurrent and not self.items[edge.successor_uid].milestone
        lag = 0 if self.calendar_lag else edge.lag_days
        ready = self.ready_moment(edge) + (edge.lag_days * DAY if self.calendar_lag else 0 * DAY)
        waiting = self.items[edge.successor_uid]
        return self.between(ready, self.need_moment(edge), waiting) - lag + same_day

    def ready_moment(self, edge: Edge) -> date:
        """The day at whose beginning the predecessor has given what is waited for, before any lag."""
        planned, source = self.planned(edge)
        assert planned is not None
        at_end = edge.type in ("FS", "FF") or source == "milestone"
        return planned + DAY if at_end else planned

    def need_moment(self, edge: Edge) -> date:
        need_by, _ = self.need_by(edge)
        assert need_by is not None
        s = self.items[edge.successor_uid]
        at_end = edge.type in ("FF", "SF") or self.start(s)[1] == "milestone"
        return need_by + DAY if at_end else need_by

    def need_by(self, edge: Edge) -> tuple[date | None, bool]:
        s = self.items[edge.successor_uid]
        if edge.type in ("FF", "SF"):
            return self.finish(s)[0], False
        day, source = self.start(s)
        return day, source == "container"

    def planned(self, edge: Edge) -> tuple[date | None, str]:
        p = self.items[edge.predecessor_uid]
        return self.finish(p) if edge.type in ("FS", "FF") else self.start(p)

    def order(self, edge: Edge) -> str | None:
        p, s = self.items[edge.predecessor_uid], self.items[edge.successor_uid]
        if edge.type != "FS" or edge.lag_days or self.finish(p)[1] != "iteration" or self.start(s)[1] != "iteration":
            return None
        one, other = p.iteration, s.iteration
        assert one is not None
        assert one.end is not None
        assert other is not None
        assert other.start is not None
        if (one.start, one.end) == (other.start, other.end):
            return "same"
        if one.end > (other.end or other.start):
            return "later"
        return "earlier" if one.end <= other.start else "same"

    def finish(self, item: NetworkItem) -> tuple[date | None, str]:
        if item.due:
            return item.due, "due"
        if item.iteration and item.iteration.end:
            return item.iteration.end, "iteration"
        if item.release:
            return item.release, "release"
        held = [each for each in self.beneath(item.uid) if each.countable]
        own = {each.uid: each.due or (each.iteration and each.iteration.end) or each.release for each in held}
        still_open = [own[each.uid] for each in held if each.status_category in OPEN]
        if still_open and not any(still_open):
            return None, "none"
        days = [day for day in own.values() if day]
        return (max(days), "rolled") if days else (None, "none")

    def start(self, item: NetworkItem) -> tuple[date | None, str]:  # noqa: PLR0911
        if item.milestone and item.due:
            return item.due, "milestone"
        if item.start:
            return item.start, "start"
        if item.iteration and item.iteration.start:
            return item.iteration.start, "iteration"
        usual = self.typical(item.item_type)
        if item.due and usual:
            return self.back(item.due, usual[0], item), "typical"
        held = [each for each in self.beneath(item.uid) if each.countable and each.status_category in OPEN]
        days = [day for each in held if (day := each.start or (each.iteration and each.iteration.start))]
        if days:
            return min(days), "rolled"
        for uid in self.above(item.uid):
            if day := self.items[uid].start:
                return day, "container"
        return None, "none"

    def typical(self, kind: str) -> tuple[int, int] | None:
        if kind not in self.known:
            self.known[kind] = self._typical(kind)
        return self.known[kind]

    def _typical(self, kind: str) -> tuple[int, int] | None:
        took = sorted(
            max(self.between(began, ended + DAY, each), 1)
            for each in self.items.values()
            if each.item_type == kind and each.status_category == StatusCategory.DONE and not each.milestone
            if each.started_at and each.done_at
            if (began := each.started_at.astimezone(UTC).date()) <= (ended := each.done_at.astimezone(UTC).date())
        )
        return (took[ceil(len(took) / 2) - 1], took[ceil(len(took) * 85 / 100) - 1]) if took else None

    # how far

    def in_progress(self, item: NetworkItem) -> bool:
        if item.status_category in (StatusCategory.DONE, StatusCategory.CANCELLED):
            return False
        return item.status_category == StatusCategory.IN_PROGRESS or any(self._moving(item))

    def begun(self, item: NetworkItem) -> bool:
        if item.status_category == StatusCategory.CANCELLED:
            return False
        finished = any(
            each.countable and each.status_category == StatusCategory.DONE for each in self.beneath(item.uid)
        )
        return item.status_category == StatusCategory.DONE or self.in_progress(item) or finished

    def begun_on(self, item: NetworkItem) -> date | None:
        if item.started_at:
            return item.started_at.astimezone(UTC).date()
        days = [each.started_at.astimezone(UTC).date() for each in self._moving(item) if each.started_at]
        return min(days, default=None)

    def _moving(self, item: NetworkItem) -> list[NetworkItem]:
        held = self.beneath(item.uid)
        return [each for each in held if each.countable and each.status_category == StatusCategory.IN_PROGRESS]

    # the network

    def downstream(self, edge: Edge) -> int:
        entry = ("start", edge.successor_uid)
        reached = {entry, *networkx.descendants(self.graph, entry)}
        finished = [self.items[uid] for end, uid in reached if end == "finish"]
        return sum(each.countable and self._live(each) and each.status_category in OPEN for each in finished)

    def _live(self, item: NetworkItem) -> bool:
        return item.presence is Presence.LIVE

    def is_cyclic(self, edge: Edge) -> bool:
        tail, head = self._arc(edge)
        return not self._related(edge) and self.knots[tail] == self.knots[head]

    def _related(self, edge: Edge) -> bool:
        p, s = edge.predecessor_uid, edge.successor_uid
        return p in self.above(s) or s in self.above(p)

    def _graph(self) -> networkx.DiGraph[tuple[str, str]]:
        """Every item has a start and a finish; of one without others beneath they are one, so each leads to the other.

        Confirmed, unresolved edges, unless one end is part of the other; and who holds whom, at ends of any edge.
        """
        graph: networkx.DiGraph[tuple[str, str]] = networkx.DiGraph()
        for uid in self.items:
            graph.add_edge(("start", uid), ("finish", uid))
            if not self._countable_beneath(uid):
                graph.add_edge(("finish", uid), ("start", uid))
        for uid in {end for edge in self.edges for end in (edge.predecessor_uid, edge.successor_uid)}:
            item = self.items[uid]
            for each in self.beneath(uid):
                if each.countable and each.status_category in OPEN:
                    graph.add_edge(("start", uid), ("start", each.uid))
                    graph.add_edge(("finish", each.uid), ("finish", uid))
            if self._live(item) and item.status_category in OPEN and not item.countable:
                whole = next((each for each in self.above(uid) if self.items[each].countable), None)
                if whole and self.items[whole].status_category in OPEN:
                    graph.add_edge(("finish", uid), ("finish", whole))
        for edge in self.edges:
            if edge.confirmed and not self.is_resolved(edge) and not self._related(edge):
                graph.add_edge(*self._arc(edge))
        return graph

    def _arc(self, edge: Edge) -> tuple[tuple[str, str], tuple[str, str]]:
        tail = ("finish" if edge.type in ("FS", "FF") else "start", edge.predecessor_uid)
        return tail, ("start" if edge.type in ("FS", "SS") else "finish", edge.successor_uid)

    def above(self, uid: str) -> list[str]:
        chain: list[str] = []
        while (parent := self._parent(uid)) is not None:
            chain.append(parent)
            uid = parent
        return chain

    def beneath(self, uid: str) -> list[NetworkItem]:
        return self.held.get(uid, [])

    def _countable_beneath(self, uid: str) -> bool:
        return any(each.countable for each in self.beneath(uid))

    def _parent(self, uid: str) -> str | None:
        return None if uid in self.looped else self._drawn_parent(uid)

    def _drawn_parent(self, uid: str) -> str | None:
        item = self.items[uid]
        parent = self.items.get(item.parent_uid or "")
        both = parent is not None and self._live(parent) and self._live(item)
        return item.parent_uid if both else None

    def _on_loop(self, uid: str) -> bool:
        seen, at = {uid}, self._drawn_parent(uid)
        while at is not None and at not in seen:
            seen.add(at)
            at = self._drawn_parent(at)
        return at == uid

    # working days, one at a time, of the team that an item belongs to

    def works(self, day: date, item: NetworkItem) -> bool:
        return day.weekday() < 5 and day not in self.teams.get(item.team or "", self.holidays)

    def between(self, start: date, end: date, item: NetworkItem) -> int:
        if end < start:
            return -self.between(end, start, item)
        return sum(self.works(start + n * DAY, item) for n in range((end - start).days))

    def back(self, due: date, days: int, item: NetworkItem) -> date:
        """The first of so many working days that end on `due`."""
        day = due + DAY
        while days:
            day -= DAY
            days -= self.works(day, item)
        return day
