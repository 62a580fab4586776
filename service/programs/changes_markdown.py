"""Changes as Markdown, ready to paste: the headline, then each kind with its biggest changes, every item a link.

Titles are other people's words: whatever would be markup in them is shown as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from service import wording
from service.programs.answers import Answer
from service.programs.change_answers import ChangeEntry, ChangeGroup, ChangesData

MEDIA_TYPE: Final = "text/markdown; charset=utf-8"
_MARKUP: Final = re.compile(r"([\\`*_{}\[\]<>#|~&@])")
_BULLET: Final = re.compile(r"^([-+]|\d+(?=[.)]))")
_AUTOLINK: Final = re.compile(r"(://|\bwww\.)", re.IGNORECASE)
_INVISIBLE: Final = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_UNSAFE_IN_ADDRESS: Final = re.compile(r"[\s<>()\\]")
WHY: Final[Mapping[str, str]] = {
    "created": "created",
    "restored": "back in its tool",
    "reinstated": "no longer cancelled",
    "moved_in": "moved in from another project",
    "mapped": "mapped by the rules",
    "cancelled": "cancelled",
    "moved_out": "moved to another project",
    "unmapped": "no longer mapped by the rules",
    "gone": "deleted",
    "archived": "archived",
    "access_lost": "access lost",
    "out_of_scope": "out of scope",
    "flagged": "flagged",
    "flag_removed": "flag removed",
}


def markdown(answer: Answer[ChangesData], *, zone: ZoneInfo) -> str:
    """`zone` is where a moment is shown as a day."""
    data = answer.data
    lines = [f"# {plain(data.program.name)}: changes {_span(data, zone)}", "", f"**{data.headline}**", ""]
    for group in data.groups:
        entries = [entry for entry in data.changes if entry.kind == group.kind]
        lines += [f"## {_heading(group)}", "", *_entries(group, entries, zone), ""]
    lines += _notes(answer)
    return "\n".join(lines).rstrip() + "\n"


def plain(text: str) -> str:
    """Other people's words on one line, with nothing in them that Markdown or HTML would read as markup."""
    escaped = _MARKUP.sub(r"\\\1", _INVISIBLE.sub(" ", text).strip())
    unlinked = _AUTOLINK.sub(lambda found: f"{found[0][:-1]}\\{found[0][-1]}", escaped)
    return _BULLET.sub(_no_bullet, unlinked)


def _no_bullet(start: re.Match[str]) -> str:
    """A text that begins as a list item would is none: "- Pay", or "1. Pay", whose dot is what counts."""
    return f"\\{start[0]}" if start[0] in "-+" else f"{start[0]}\\"


def link(words: str, address: str | None) -> str:
    """`words` are shown as they are; an address that would break out of the link is none."""
    if address is None or _UNSAFE_IN_ADDRESS.search(address) or _INVISIBLE.search(address):
        return plain(words)
    return f"[{plain(words)}]({address})"


def _span(data: ChangesData, zone: ZoneInfo) -> str:
    since = f"since {_day(data.since, zone)}"
    return since if data.until is None else f"{since} until {_day(data.until, zone)}"


def _heading(group: ChangeGroup) -> str:
    return f"{group.title} ({group.changes:,}{_sum(group)})"


def _sum(group: ChangeGroup) -> str:
    """Of what was estimated anew the difference, with its sign."""
    if group.points is None:
        return ""
    sign = "" if group.kind != "reestimated" or not group.points else "+" if group.points > 0 else "−"
    return f", {sign}{_counted_points(abs(group.points))}"


def _entries(group: ChangeGroup, entries: list[ChangeEntry], zone: ZoneInfo) -> Iterator[str]:
    for entry in entries:
        yield f"- {_item(entry)}{_said(entry)}{_who(entry, zone)}"
    if group.changes > len(entries):
        yield f"- and {group.changes - len(entries):,} more"


def _item(entry: ChangeEntry) -> str:
    nameless = entry.key.isdigit()  # a tool that has nothing but numbers
    if nameless or entry.key == entry.uid:
        return link(entry.title or entry.uid, entry.url)
    return f"{link(entry.key, entry.url)} {plain(entry.title or '')}".rstrip()


def _said(entry: ChangeEntry) -> str:
    """What happened, behind a colon; nothing where the heading says it all."""
    parts = [
        _waits_for(entry),
        _moved(entry),
        _days(entry),
        _often(entry),
        WHY.get(entry.why or "", (entry.why or "").replace("_", " ")),
        _points(entry),
    ]
    told = ", ".join(part for part in parts if part)
    return f": {told}" if told else ""


def _waits_for(entry: ChangeEntry) -> str:
    if entry.other is None:
        return ""
    other = entry.other
    name = other.title if other.key.isdigit() and other.title else other.key
    words = {
        "dependency_removed": "waits no longer for",
        "dependency_resolved": "need not wait any more for",
        "dependency_reopened": "waits again for",
    }.get(entry.kind, "waits for")
    return f"{words} {link(name, other.url)}"


def _moved(entry: ChangeEntry) -> str:
    if entry.field is None:
        return ""
    return f"{_value(entry.field, entry.old)} → {_value(entry.field, entry.new)}"


def _value(field: str, value: str | None) -> str:
    if value is None:
        return "none"
    if field == "points":
        return value
    if field == "time":
        return wording.amount(float(value), "time")
    return wording.day(date.fromisoformat(value))


def _days(entry: ChangeEntry) -> str:
    if entry.days is None:
        return ""
    many = wording.counted(abs(entry.days), "working day")
    match entry.kind:
        case "slipped":
            return f"{many} later"
        case "pulled_in":
            return f"{many} earlier"
        case _:
            return many


def _often(entry: ChangeEntry) -> str:
    if entry.kind == "slipped" and entry.slips is not None and entry.slips > 1:
        return f"its {_ordinal(entry.slips)} slip"
    return f"{entry.times} times" if entry.kind == "reopened" and entry.times > 1 else ""


def _ordinal(number: int) -> str:
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"


def _points(entry: ChangeEntry) -> str:
    if entry.kind not in ("added", "removed", "finished", "reopened") or entry.points is None:
        return ""
    return _counted_points(entry.points)


def _counted_points(points: float) -> str:
    return "1 point" if points == 1 else f"{wording.amount(points, 'points')} points"


def _who(entry: ChangeEntry, zone: ZoneInfo) -> str:
    when = None if entry.at is None else _day(entry.at, zone)
    told = ", ".join(part for part in (plain(entry.by) if entry.by else None, when) if part)
    return f" ({told})" if told else ""


def _day(moment: datetime, zone: ZoneInfo) -> str:
    return wording.day(moment.astimezone(zone).date())


def _notes(answer: Answer[ChangesData]) -> Iterator[str]:
    if answer.warnings:
        yield "## Before trusting the numbers"
        yield ""
        yield from (f"- {plain(warning.message)}" for warning in answer.warnings)
