"""How numbers, ages and reasons are said to people; the pages and the terminal say them alike."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final

SECONDS_PER_HOUR: Final = 3600

REASONS: Final = {
    "empty_scope": "nothing counts yet",
    "no_estimates": "nothing is estimated",
    "zero_weight": "all estimates are 0",
}
CATEGORIES: Final = {
    "to_do": "To do",
    "in_progress": "In progress",
    "done": "Done",
    "cancelled": "Cancelled",
}
EXCLUSIONS: Final = {
    "cancelled": "cancelled",
    "has_children": "counted by its children",
    "subtask": "part of its parent",
}
BASES: Final = {"count": "Items", "points": "Story points", "time": "Time"}
BREAKDOWNS: Final = {
    "project": "Project",
    "workstream": "Workstream",
    "epic": "Epic",
    "source": "Source",
    "item_type": "Item type",
    "team": "Team",
}
CONFLICTS: Final = {
    "child_after_parent_due": "work beneath it is due later than itself",
    "child_before_parent_start": "work beneath it starts before itself",
    "rolled_after_target": "work is due after the program's target",
    "rolled_before_start": "work starts before the program",
}

CAPABILITIES: Final = {
    "custom_fields": "the workspace's custom fields",
    "custom_types": "custom task types",
    "dependencies": "dependencies between tasks",
    "goals": "goals",
    "portfolios": "portfolios",
    "users": "people's names and addresses",
}
STATED: Final = {
    "on_track": "On track",
    "at_risk": "At risk",
    "off_track": "Off track",
    "on_hold": "On hold",
    "complete": "Complete",
    "dropped": "Dropped",
}


def percent(value: float | None) -> str:
    """Whole percents that never claim more than is true: 99.6% is not yet 100%, and 0.2% is not nothing."""
    if value is None:
        return "–"
    if 0 < value < 0.01:
        return "<1%"
    if 0.99 < value < 1:
        return ">99%"
    return f"{value * 100:.0f}%"


def amount(value: float, basis: str) -> str:
    """A weight in the unit of its basis: 1,204 · 233.5 · 1,204 h, or minutes below an hour."""
    if basis == "time" and 0 < value < SECONDS_PER_HOUR:
        return f"{max(1, value // 60):.0f} min"
    if basis == "time":
        return f"{_trimmed(value / SECONDS_PER_HOUR)} h"
    return _trimmed(value)


def age(seconds: float | None) -> str:
    """How long ago, in the largest unit that fits: "14 minutes ago"."""
    if seconds is None:
        return "never"
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= size:
            number = int(seconds // size)
            return f"{number} {unit}{'' if number == 1 else 's'} ago"
    return "just now"


def day(value: date | None) -> str:
    """A date as people write it: 27 Nov 2026."""
    return "–" if value is None else f"{value.day} {value:%b %Y}"


def span(start: date | None, end: date | None) -> str:
    """Two dates as one phrase, also when one of them is not known."""
    match start, end:
        case None, None:
            return "without dates"
        case None, _:
            return f"until {day(end)}"
        case _, None:
            return f"from {day(start)}"
        case _:
            return f"{day(start)} to {day(end)}"


def moment(value: datetime | None) -> str:
    """A moment with its zone: 20 Nov 2026, 02:14 UTC."""
    if value is None:
        return "never"
    at = value.astimezone(UTC)
    return f"{day(at.date())}, {at:%H:%M} UTC"


def counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def excluded(number: int, reason: str) -> str:
    """How many items do not count, and why: "1 counted by its children", "26 counted by their children"."""
    why = EXCLUSIONS[reason]
    return f"{number:,} {why if number == 1 else why.replace(' its ', ' their ')}"


def lacking(capability: str, reason: str | None) -> str:
    """What the account's plan or rights keep from us: "goals cannot be read: Payment Required"."""
    what = CAPABILITIES.get(capability, capability.replace("_", " "))
    return f"{what} cannot be read{f': {reason}' if reason else ''}"


def stated(status: str) -> str:
    """Health in the words of those who stated it."""
    return STATED.get(status, status.replace("_", " ").capitalize())


def _trimmed(value: float) -> str:
    return f"{value:,.1f}".removesuffix(".0")
