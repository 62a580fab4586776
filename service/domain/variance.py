"""How a program stands against a baseline: item by item, and in scope that was added, cut, split or estimated anew.

Days are working days; positive is later than planned. What is compared with is `baseline.planned` of now.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property
from math import fsum
from typing import NamedTuple

from msgspec import Struct

from service.domain.baseline import BaselineItem
from service.domain.calendars import WorkingCalendar
from service.domain.progress import Basis
from service.domain.status import StatusCategory

ARCHIVED = "archived"
UNMAPPED = "unmapped"  # still there, and in the program no more


class Fate(StrEnum):
    """What became of a piece of scope since the baseline."""

    KEPT = "kept"
    SPLIT = "split"  # it counted by itself, and is counted by what lies beneath it now
    PART = "part"  # new, and beneath what was split: no new scope
    ADDED = "added"
    REMOVED = "removed"


class Actual(NamedTuple):
    """When work on an item began and ended, as days of the program's time zone."""

    started_on: date | None = None
    done_on: date | None = None


class Absent(NamedTuple):
    """An item of the baseline that is not in the program. `why`: its tombstone, or `unmapped`."""

    why: str
    category: StatusCategory | None = None


class ItemVariance(Struct, frozen=True, gc=False):
    """One item then and now. Days are None where one of the two dates is; the start is None while nobody began.

    `finish` is the day it was done or, while it is open, the planned one; nothing open is planned for the past.
    """

    uid: str
    called: str
    fate: Fate
    why: str | None
    countable: bool
    done: bool
    baseline_start: date | None
    start: date | None
    start_days: int | None
    baseline_finish: date | None
    finish: date | None
    finish_days: int | None
    baseline_points: float | None
    points: float | None
    baseline_seconds: int | None
    seconds: int | None


@dataclass(frozen=True, slots=True)
class ScopeChange:
    """On one basis: baseline − removed + added + split + reestimated = now, exactly; what is not known weighs nothing.

    `split` is what the parts of split items weigh more than those did.
    """

    baseline: float
    removed: float
    added: float
    split: float
    reestimated: float
    now: float


@dataclass(frozen=True, eq=False)
class Comparison:
    """A baseline beside the present. `before` and `now` are rows of `baseline.planned`, by uid."""

    before: Mapping[str, BaselineItem]
    now: Mapping[str, BaselineItem]
    actuals: Mapping[str, Actual]
    absent: Mapping[str, Absent]
    today: date
    calendar: WorkingCalendar

    @classmethod
    def of(
        cls,
        before: Iterable[BaselineItem],
        now: Iterable[BaselineItem],
        *,
        actuals: Mapping[str, Actual],
        absent: Mapping[str, Absent],
        today: date,
        calendar: WorkingCalendar,
    ) -> Comparison:
        """`absent` tells of items of the baseline that are not in the program; one that is in neither is unmapped."""
        then = {item.uid: item for item in before}
        return cls(then, {item.uid: item for item in now}, actuals, absent, today, calendar)

    @cached_property
    def items(self) -> tuple[ItemVariance, ...]:
        """All of both sides; what finishes latest against its plan comes first."""
        uids = self.before.keys() | self.now.keys()
        return tuple(sorted((self._item(uid) for uid in uids), key=_latest_first))

    @cached_property
    def fates(self) -> Mapping[str, Fate]:
        """By uid, of all items of both sides."""
        return {uid: self._fate(uid) for uid in self.before.keys() | self.now.keys()}

    @cached_property
    def completed(self) -> Mapping[str, float]:
        """How much of each item of the baseline is done, from 0 to 1: all or nothing, by parts where it was split."""
        return {uid: self._completed(uid) for uid in self.before}

    @cached_property
    def counts(self) -> Mapping[Fate, int]:
        """How many items that count, then or now, had each fate."""
        return Counter(fate for uid, fate in self.fates.items() if self._counts(uid))

    def scope(self, basis: Basis) -> ScopeChange:
        """Of what counts, on one side or the other."""
        by_fate: defaultdict[Fate, list[float]] = defaultdict(list)
        for fate, then, now in self._pairs:
            by_fate[fate].append(_weight(now, basis) - _weight(then, basis))
        kept_gone = fsum(_weight(self.before[uid], basis) for uid in self._kept_gone)
        return ScopeChange(
            baseline=fsum(_weight(item, basis) for item in self.before.values()),
            removed=-fsum(by_fate[Fate.REMOVED]),
            added=fsum(by_fate[Fate.ADDED]),
            split=fsum(by_fate[Fate.SPLIT]),
            reestimated=fsum([*by_fate[Fate.KEPT], kept_gone]),
            now=fsum([*(_weight(item, basis) for item in self.now.values()), kept_gone]),
        )

    @property
    def baseline_finish(self) -> date | None:
        return max((item.finish for item in self.before.values() if item.countable and item.finish), default=None)

    @property
    def baseline_start(self) -> date | None:
        return min((item.start for item in self.before.values() if item.countable and item.start), default=None)

    @cached_property
    def finish(self) -> date | None:
        """The latest day on which something that counts was done, or is planned to be."""
        return max(
            (day for uid, item in self.now.items() if item.countable and (day := self._finish(uid))), default=None
        )

    @cached_property
    def start(self) -> date | None:
        """The day on which work began; while none has, the earliest that is planned."""
        counted = [uid for uid, item in self.now.items() if item.countable]
        begun = [day for uid in counted if (day := self.actuals.get(uid, Actual()).started_on)]
        planned = [day for uid in counted if (day := self.now[uid].start)]
        return min(begun or planned, default=None)

    def start_days(self, before: date | None, now: date | None) -> int | None:
        return None if before is None or now is None else self.calendar.working_days_between(before, now)

    def finish_days(self, before: date | None, now: date | None) -> int | None:
        """A finish stands at the end of its day: from Friday to Saturday nothing of a week is lost."""
        if before is None or now is None:
            return None
        return self.calendar.index_after(now) - self.calendar.index_after(before)

    def _fate(self, uid: str) -> Fate:
        then, now = self.before.get(uid), self.now.get(uid)
        if then is None:
            return Fate.PART if uid in self._parts else Fate.ADDED
        if now is None:
            return Fate.KEPT if self.completed[uid] == 1.0 else Fate.REMOVED
        return Fate.SPLIT if then.countable and not now.countable else Fate.KEPT

    def _completed(self, uid: str) -> float:
        now = self.now.get(uid)
        if now is None:
            gone = self.absent.get(uid)  # archiving what is done does not undo it
            return float(gone is not None and gone.why == ARCHIVED and gone.category is StatusCategory.DONE)
        if now.done or now.countable:
            return float(now.done)
        parts = [self.now[part] for part in self._beneath.get(uid, ())]
        return sum(part.done for part in parts) / len(parts) if parts else 0.0

    def _item(self, uid: str) -> ItemVariance:
        then, now = self.before.get(uid), self.now.get(uid)
        started, finish = self._start(uid), self._finish(uid)
        before_start, before_finish = (then.start, then.finish) if then else (None, None)
        return ItemVariance(
            uid=uid,
            called=(now or self.before[uid]).called,
            fate=self.fates[uid],
            why=self._why(uid),
            countable=self._counts(uid),
            done=now.done if now else self.completed[uid] == 1.0,
            baseline_start=before_start,
            start=started,
            start_days=self.start_days(before_start, started),
            baseline_finish=before_finish,
            finish=finish,
            finish_days=self.finish_days(before_finish, finish),
            baseline_points=then.points if then else None,
            points=now.points if now else None,
            baseline_seconds=then.time_seconds if then else None,
            seconds=now.time_seconds if now else None,
        )

    def _start(self, uid: str) -> date | None:
        now, actual = self.now.get(uid), self.actuals.get(uid, Actual())
        if actual.started_on is not None or now is None:
            return actual.started_on if now is not None else None
        return None if now.done or now.start is None else max(now.start, self.today)

    def _finish(self, uid: str) -> date | None:
        now = self.now.get(uid)
        if now is None:
            return self.actuals.get(uid, Actual()).done_on if self.completed[uid] == 1.0 else None
        if now.done:
            return self.actuals.get(uid, Actual()).done_on
        return None if now.finish is None else max(now.finish, self.today)

    def _why(self, uid: str) -> str | None:
        if self.fates[uid] is not Fate.REMOVED:
            return None
        gone = self.absent.get(uid)
        return gone.why if gone is not None else UNMAPPED

    def _counts(self, uid: str) -> bool:
        then, now = self.before.get(uid), self.now.get(uid)
        return (then is not None and then.excluded is None) or (now is not None and now.excluded is None)

    @cached_property
    def _pairs(self) -> Sequence[tuple[Fate, BaselineItem | None, BaselineItem | None]]:
        """What counts on one side or the other, then and now; a part is what its whole was split into."""
        return [
            (Fate.SPLIT if fate is Fate.PART else fate, self.before.get(uid), self.now.get(uid))
            for uid, fate in self.fates.items()
            if self._counts(uid)
        ]

    @cached_property
    def _kept_gone(self) -> Sequence[str]:
        """Done, archived since, and therefore not among the items of now."""
        return [uid for uid in self.before.keys() - self.now.keys() if self.completed[uid] == 1.0]

    @cached_property
    def _parts(self) -> frozenset[str]:
        return frozenset(part for parts in self._beneath.values() for part in parts) - self.before.keys()

    @cached_property
    def _beneath(self) -> Mapping[str, Sequence[str]]:
        """Of each item that was split: what counts beneath it now, however deep."""
        split = {
            uid
            for uid, item in self.before.items()
            if item.countable and uid in self.now and not self.now[uid].countable
        }
        found: dict[str, list[str]] = {uid: [] for uid in split}
        if not split:
            return found
        for uid, item in self.now.items():
            if item.countable and (above := self._split_above(uid, split)) is not None:
                found[above].append(uid)
        return found

    def _split_above(self, uid: str, split: set[str]) -> str | None:
        seen = {uid}
        above = self.now[uid].parent_uid
        while above is not None and above in self.now and above not in seen:
            if above in split:
                return above
            seen.add(above)
            above = self.now[above].parent_uid
        return None


def _weight(item: BaselineItem | None, basis: Basis) -> float:
    if item is None or item.excluded is not None:
        return 0.0
    return item.weight(basis) or 0.0


def _latest_first(item: ItemVariance) -> tuple[bool, int, str]:
    return item.finish_days is None, -(item.finish_days or 0), item.uid
