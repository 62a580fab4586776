"""How numbers, ages and reasons are said to people; the pages and the terminal say them alike."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final

SECONDS_PER_HOUR: Final = 3600
SECONDS_PER_MINUTE: Final = 60

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

HEALTH: Final = {"red": "Red", "amber": "Amber", "green": "Green", "grey": "Grey"}
"""Colours of health, the worst first; grey is not enough to tell."""
HEALTH_SYMBOLS: Final = {"red": "■", "amber": "◆", "green": "●", "grey": "?"}
RULES: Final = {
    "target_probability": "chance of the target",
    "schedule_variance": "finish against the baseline",
    "schedule_performance": "pace against the baseline",
    "blocked_critical": "blocked on the critical path",
    "dependency_health": "dependency health",
    "overdue": "overdue work",
    "ageing": "ageing work",
    "scope_growth": "growing scope",
    "unowned_risks": "critical risks without an owner",
    "data_quality": "data quality",
    "parts": "parts of it",
}
"""Rules of health, in a few words."""
TROUBLES: Final = {
    "watermelon": "Watermelon",
    "cycle": "Cycle",
    "blocked": "Blocked",
    "slipped_milestone": "Milestone",
    "stale_source": "Stale source",
    "held_scope": "In doubt",
    "overdue": "Overdue",
    "unassigned": "Nobody's",
    "undated": "No date",
    "ageing": "Ageing",
}
"""What to chase, in a word or two."""
DEPENDENCIES: Final = {
    "cyclic": "In a cycle",
    "broken": "Broken",
    "blocked": "Blocked",
    "off_track": "Off track",
    "at_risk": "At risk",
    "unknown": "Unknown",
    "on_track": "On track",
    "resolved": "Resolved",
}
"""Statuses of a dependency, the worst first."""
DEPENDENCY_SYMBOLS: Final = {
    "cyclic": "↻",
    "broken": "✗",
    "blocked": "■",
    "off_track": "▲",
    "at_risk": "◆",
    "unknown": "?",
    "on_track": "●",
    "resolved": "✓",
}
"""Each its own shape: nobody has to tell red from green."""
DEPENDENCY_COLOURS: Final = {
    "cyclic": "#7b3fa0",
    "broken": "#3a3f47",
    "blocked": "#c0262d",
    "off_track": "#c65a00",
    "at_risk": "#8f6a00",
    "unknown": "#57697a",
    "on_track": "#2a7a43",
    "resolved": "#8b93a0",
}
"""All but the last have a contrast of 4.5 to 1 on white."""
PRESENCES: Final = {
    "stub": "not read",
    "hidden": "cannot be seen",
    "gone": "deleted",
    "archived": "archived",
    "access_lost": "access lost",
    "out_of_scope": "out of scope",
    "unknown": "nobody knows it",
}
"""Why an end of a dependency cannot be seen."""


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
    return "just now" if seconds < SECONDS_PER_MINUTE else f"{lasting(seconds)} ago"


def lasting(seconds: float) -> str:
    """How long, in the largest unit that fits: "14 minutes", "3 days", "40 seconds"."""
    for unit, size in (("day", 86_400), ("hour", SECONDS_PER_HOUR), ("minute", SECONDS_PER_MINUTE)):
        if seconds >= size:
            return counted(int(seconds // size), unit)
    return counted(int(seconds), "second")


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


def counted(number: int, noun: str, plural: str | None = None) -> str:
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def excluded(number: int, reason: str) -> str:
    """How many items do not count, and why: "1 counted by its children", "26 counted by their children"."""
    why = EXCLUSIONS[reason]
    return f"{number:,} {why if number == 1 else why.replace(' its ', ' their ')}"


def lacking(capability: str, reason: str | None) -> str:
    """What the account's plan or rights keep from us: "Goals cannot be read: Payment Required."."""
    what = CAPABILITIES.get(capability, capability.replace("_", " "))
    why = f": {reason.rstrip('.')}" if reason else ""
    return f"{what[:1].upper()}{what[1:]} cannot be read{why}."


def stated(status: str) -> str:
    """Health in the words of those who stated it."""
    return STATED.get(status, status.replace("_", " ").capitalize())


def _trimmed(value: float) -> str:
    return f"{value:,.1f}".removesuffix(".0")
