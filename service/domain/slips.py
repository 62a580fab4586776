"""How often an item's plan moved later: its due date, its sprint or its release, as its history tells."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

DUE_FIELDS = frozenset({"duedate", "due_on"})  # Jira's and Asana's own words
RELEASE_FIELD = "fixVersions"


class PlanMove(NamedTuple):
    """One field of one change. Values as the tool wrote them: a day, ids of sprints, the id of one release."""

    change_id: str
    field_id: str
    from_value: str | None
    to_value: str | None


def slips(moves: Iterable[PlanMove], *, iteration_ends: Mapping[str, date], releases: Mapping[str, date]) -> int:
    """The number of changes that moved the plan later; one change counts once, however many fields it moved.

    `iteration_ends` and `releases` are days by native id. A first date is no slip, and neither is one that was taken
    away: only what was promised for a day and is promised for a later one has slipped.
    """
    by_change: dict[str, list[PlanMove]] = defaultdict(list)
    for move in moves:
        by_change[move.change_id].append(move)
    return sum(_moved_later(together, iteration_ends, releases) for together in by_change.values())


def _moved_later(moves: Iterable[PlanMove], iteration_ends: Mapping[str, date], releases: Mapping[str, date]) -> bool:
    """Jira tells of a release that replaces another as two moves of one change: one taken away, one added."""
    left: list[date] = []
    entered: list[date] = []
    for move in moves:
        if move.field_id in DUE_FIELDS:
            before, after = _day(move.from_value), _day(move.to_value)
        elif move.field_id == RELEASE_FIELD:
            left += _known(move.from_value, releases)
            entered += _known(move.to_value, releases)
            continue
        else:
            before = max(_known(move.from_value, iteration_ends), default=None)
            after = max(_known(move.to_value, iteration_ends), default=None)
        if before is not None and after is not None and after > before:
            return True
    return bool(left and entered and min(entered) > min(left))


def _known(value: str | None, days: Mapping[str, date]) -> list[date]:
    """Sprints come as "12, 13"."""
    return [days[each.strip()] for each in (value or "").split(",") if each.strip() in days]


def _day(value: str | None) -> date | None:
    """A day, or the day of a moment."""
    try:
        return date.fromisoformat((value or "")[:10])
    except ValueError:
        return None
