"""What the changes of one item tell about its life: which status, since when flagged, promised for when, worth what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple, TypeVar

from service.domain.lives import Span
from service.domain.status import StatusCategory

Value = TypeVar("Value")
Day = Callable[[datetime], date]

COMPLETED = "completed"  # Asana's own word


class Move(NamedTuple):
    """One field of one change."""

    at: datetime
    field: str
    from_value: str | None
    to_value: str | None
    from_text: str | None
    to_text: str | None


class Statuses:
    """What a status in a history means: by its id, else by its name where that means one thing in its source."""

    def __init__(self, rows: Iterable[Sequence[Any]]) -> None:
        self._by_id: dict[tuple[str, str], StatusCategory] = {}
        self._by_name: dict[tuple[str, str], set[StatusCategory]] = defaultdict(set)
        for source, native_id, name, category in rows:
            self._by_id[source, native_id] = StatusCategory(category)
            self._by_name[source, name.casefold()].add(StatusCategory(category))

    def left(self, source: str, move: Move) -> StatusCategory | None:
        return self._of(source, move.field, move.from_value, move.from_text)

    def entered(self, source: str, move: Move) -> StatusCategory | None:
        return self._of(source, move.field, move.to_value, move.to_text)

    def _of(self, source: str, field: str, value: str | None, text: str | None) -> StatusCategory | None:
        if field == COMPLETED:
            return StatusCategory.DONE if value == "true" else StatusCategory.TO_DO
        known = self._by_id.get((source, value or ""))
        named = self._by_name.get((source, (text or "").casefold()), set())
        return known or (next(iter(named)) if len(named) == 1 else None)


def blocked_spans(moves: Iterable[Move], *, ended: date | None, day: Day) -> Iterator[Span]:
    """When it was flagged. What is still flagged when it is done is blocked no longer."""
    began: date | None = None
    for move in moves:
        flagged = bool(move.to_text or move.to_value)
        if flagged and began is None:
            began = day(move.at)
        elif not flagged and began is not None:
            yield Span(began, day(move.at))
            began = None
    if began is not None:
        yield Span(began, None if ended is None else max(began, ended))


def told_since(
    moves: Sequence[Move], now: Value, *, created_on: date, day: Day, read: Callable[[str | None, str | None], Value]
) -> tuple[tuple[date, Value], ...]:
    """The values of a field, each from a day on; the last one is the snapshot's, whatever the history says.

    `read` takes the value and the text of one side of a change: some histories have only one of them.
    """
    if not moves:
        return ((created_on, now),)
    told = [(created_on, read(moves[0].from_value, moves[0].from_text))]
    told += [(day(move.at), read(move.to_value, move.to_text)) for move in moves]
    return (*told[:-1], (told[-1][0], now))


def read_day(value: str | None, text: str | None) -> date | None:
    """A day, or the day of a moment; texts of people's own languages say nothing."""
    for each in (value, text):
        try:
            return date.fromisoformat((each or "")[:10])
        except ValueError:
            continue
    return None


def read_number(value: str | None, text: str | None) -> float | None:
    """Jira tells story points by their text alone."""
    for each in (value, text):
        try:
            return float(each or "")
        except ValueError:
            continue
    return None


def read_ids(value: str | None, _text: str | None) -> tuple[str, ...]:
    """Sprints come as "12, 13"."""
    return tuple(each for part in (value or "").split(",") if (each := part.strip()))
