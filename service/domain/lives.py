"""When one item came, was begun, was done, was reopened, and left: its life in days of the program's time zone.

The snapshot wins: what it says of now is never overruled by a history that ends elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from service.domain.status import OPEN, StatusCategory

Value = TypeVar("Value")
Told = tuple[tuple[date, Value], ...]  # from which day on, what; ascending


class Span(NamedTuple):
    """From one day to another, both touched; `ended` is None while it lasts."""

    began: date
    ended: date | None


class StatusMove(NamedTuple):
    """An item went from one category to another; None for a status that nobody knows any more."""

    on: date
    before: StatusCategory | None
    after: StatusCategory | None


class ItemLife(Struct, frozen=True, gc=False):
    """One item of a program that counts, or would count had it not been cancelled.

    `done_spells` ascend; the last one lasts while the item is done. `left_on` is when it was cancelled. `active` and
    `elapsed` are seconds from begun to done, the first None where nobody said which statuses are work. `homes` are the
    projects it stands in where they are several. `blocked` is when it was flagged, or waited for a task that it
    `depends` on, which tools without a flag tell. `escaped` is None for what is no defect,
    which may have been found in releases that it `affects` (ids). `planned_value`
    and `actual_value` are business value as it is stated today. `estimates` (points), `dues`
    and `sprints` (ids) say what was told from which day on; empty where nothing ever was.
    """

    uid: str
    called: str
    item_type: str
    source: str
    project_id: str
    category: StatusCategory
    created_on: date
    started_on: date | None = None
    done_spells: tuple[Span, ...] = ()
    left_on: date | None = None
    team: str | None = None
    workstream: str | None = None
    homes: tuple[str, ...] = ()
    points: float | None = None
    estimates: Told[float | None] = ()
    dues: Told[date | None] = ()
    sprints: Told[tuple[str, ...]] = ()
    blocked: tuple[Span, ...] = ()
    depends: bool = False
    active_seconds: float | None = None
    elapsed_seconds: float | None = None
    escaped: bool | None = None
    affects: tuple[str, ...] = ()
    planned_value: float | None = None
    actual_value: float | None = None

    @property
    def is_open(self) -> bool:
        return self.category in OPEN

    @property
    def done_on(self) -> date | None:
        """The final completion; None while it is not done, and where nobody knows when it was."""
        last = self.done_spells[-1] if self.done_spells else None
        return last.began if last is not None and last.ended is None else None

    @property
    def reopened_on(self) -> tuple[date, ...]:
        return tuple(spell.ended for spell in self.done_spells if spell.ended is not None)


def told_before(told: Told[Value], day: date) -> Value | None:
    """What was told as the day began; None before anything was."""
    held: Value | None = None
    for since, value in told:
        if since >= day:
            break
        held = value
    return held


def known_before(life: ItemLife, day: date) -> ItemLife | None:
    """The life as it was known when a day began; None of what had not come yet.

    What was begun and not done counts as in progress: a history tells when work first began, not when it rested.
    """
    if life.created_on >= day:
        return None
    left_on = life.left_on if life.left_on is not None and life.left_on < day else None
    started_on = life.started_on if life.started_on is not None and life.started_on < day else None
    spells = tuple(_cut(spell, day) for spell in life.done_spells if spell.began < day)
    if left_on is not None:
        category = StatusCategory.CANCELLED
    elif (spells and spells[-1].ended is None) or (life.category is StatusCategory.DONE and life.done_on is None):
        category = StatusCategory.DONE
    else:
        category = StatusCategory.TO_DO if started_on is None else StatusCategory.IN_PROGRESS
    finally_done = life.done_on is not None and life.done_on < day
    return replace(
        life,
        category=category,
        started_on=started_on,
        done_spells=spells,
        left_on=left_on,
        points=told_before(life.estimates, day),
        blocked=tuple(_cut(span, day) for span in life.blocked if span.began < day),
        active_seconds=life.active_seconds if finally_done else None,
        elapsed_seconds=life.elapsed_seconds if finally_done else None,
    )


def _cut(span: Span, day: date) -> Span:
    return span if span.ended is None or span.ended < day else Span(span.began, None)


def done_spells(
    moves: Iterable[StatusMove], *, category: StatusCategory, created_on: date, done_on: date | None
) -> tuple[Span, ...]:
    """The times in which an item was done. `moves` ascend; `category` and `done_on` are the snapshot's.

    What is cancelled now has left; what its history calls done since then was no completion.
    """
    closed, _ = _closed_and_last(moves, created_on)
    if category is not StatusCategory.DONE:
        return tuple(closed)
    if done_on is None:
        return ()
    return (*(spell for spell in closed if spell.began <= done_on), Span(done_on, None))


def closed_since(moves: Iterable[StatusMove], created_on: date) -> date | None:
    """Since when the statuses of an item are those of something done; None where the last one is not."""
    return _closed_and_last(moves, created_on)[1]


def _closed_and_last(moves: Iterable[StatusMove], created_on: date) -> tuple[list[Span], date | None]:
    """The times in which it was done and that ended, and since when it is."""
    closed: list[Span] = []
    began: date | None = None
    for place, move in enumerate(moves):
        if not place and move.before is StatusCategory.DONE:
            began = created_on
        if move.after is StatusCategory.DONE:
            began = began or move.on
        elif began is not None and move.after is not None:
            closed.append(Span(began, move.on))
            began = None
    return closed, began
