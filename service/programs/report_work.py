"""The sections of a report that name work: what changed, who waits for whom, what to chase."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final, Protocol

from service import wording
from service.programs.change_answers import ChangeEntry, ChangeGroup
from service.programs.dependency_answers import EdgeData, EndData
from service.programs.health_answers import Concern
from service.programs.report_answers import ReportAttention, ReportChanges, ReportDependencies
from service.programs.report_page import Block, Bullets, Line, Paragraph, Section, joined, line, strong, text

TELLING: Final = (
    "added",
    "removed",
    "slipped",
    "blocked",
    "reopened",
    "finished",
    "pulled_in",
    "dependency_blocked",
)
"""Kinds of changes that a meeting talks about; the others are in the list behind the link."""
PER_KIND: Final = 2


class Named(Protocol):
    """Anything that stands in a tool."""

    @property
    def uid(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def title(self) -> str | None: ...
    @property
    def url(self) -> str | None: ...


def called(item: Named) -> Line:
    """What people know an item by: its key and title, or the title alone where the tool has only a number for it."""
    if item.title and (item.key.isdigit() or item.key == item.uid):
        return line(text(item.title, item.url))
    return line(text(item.key, item.url), f" {item.title or ''}".rstrip())


def changes_section(told: ReportChanges, since: date) -> Section:
    """The biggest of each kind on one line."""
    lines = [_group(group, told.changes) for group in told.groups if group.kind in TELLING]
    every = line(" ", text("All of them", told.more)) if told.groups else ()
    blocks: list[Block] = [Paragraph(line(told.headline, *every))]
    if lines:
        blocks.append(Bullets(tuple(lines)))
    return Section(f"What changed since {wording.day(since)}", blocks, told.more)


def waiting_section(told: ReportDependencies) -> Section:
    heading = "Who waits for whom, beyond the program" if told.across else "Who waits for whom"
    if not told.edges:
        nothing = "Nothing outside waits for it or keeps it waiting." if told.across else "Nothing is in trouble."
        why = line(nothing) if told.score is not None or told.across else line("No dependency is open.")
        return Section(heading, (Paragraph(line(*_score(told), *why)),), told.more)
    rest = told.total - len(told.edges)
    after = [line(text(f"and {rest:,} more", told.more))] if rest else []
    return Section(heading, (Paragraph(_score(told)), Bullets((*map(_edge, told.edges), *after))), told.more)


def attention_section(told: ReportAttention) -> Section:
    if not told.attention:
        return Section("To chase", (Paragraph(line("Nothing needs chasing today.")),), told.more)
    rest = told.total - len(told.attention)
    after = [line(text(f"and {rest:,} more", told.more))] if rest else []
    return Section("To chase", (Bullets((*map(_concern, told.attention), *after)),), told.more)


def _group(group: ChangeGroup, changes: Sequence[ChangeEntry]) -> Line:
    entries = [each for each in changes if each.kind == group.kind][:PER_KIND]
    shown = joined([line(*called(each), _detail(each)) for each in entries], "; ")
    rest = group.changes - len(entries)
    return line(strong(f"{group.title} ({group.changes:,})"), ": ", *shown, f"; and {rest:,} more" if rest else "")


def _detail(entry: ChangeEntry) -> str:
    """What a person asks first, in brackets."""
    match entry.kind:
        case "slipped" | "pulled_in" if entry.days is not None:
            word = "later" if entry.kind == "slipped" else "earlier"
            said = f"{wording.counted(abs(entry.days), 'working day')} {word}"
        case "added" | "removed" | "finished" | "reopened" if entry.points is not None:
            said = "1 point" if entry.points == 1 else f"{wording.amount(entry.points, 'points')} points"
        case "dependency_blocked" if entry.other is not None:
            other = entry.other
            name = other.title if other.key.isdigit() and other.title else other.key
            said = f"waits for {name}"
        case _:
            return ""
    return f" ({said})"


def _edge(edge: EdgeData) -> Line:
    word = f"{wording.DEPENDENCY_SYMBOLS[edge.status]} {wording.DEPENDENCIES[edge.status]}"
    why = f": {edge.reasons[0].message}" if edge.reasons else ""
    behind = f" {wording.counted(edge.downstream_items, 'item')} behind it." if edge.downstream_items else ""
    return line(
        strong(word, tone=edge.status),
        " ",
        *called(edge.successor),
        " waits for ",
        *called(edge.predecessor),
        f"{_whose(edge.predecessor)}{why}{behind}",
    )


def _whose(end: EndData) -> str:
    """Whom to ask; or why nothing is known of it."""
    if not end.visible:
        return f" ({wording.PRESENCES.get(end.presence, end.presence)})"
    who = ", ".join(name for name in (end.assignee, end.team) if name)
    return f" ({who})" if who else " (nobody's)"


def _score(told: ReportDependencies) -> Line:
    parts = [
        f"{number:,} {wording.DEPENDENCIES[status].lower()}"
        for status in wording.DEPENDENCIES
        if status != "resolved" and (number := getattr(told.counts, status))
    ]
    if told.score is None:
        return line()
    counts = f": {', '.join(parts)}" if parts else ""
    return line(strong(f"{told.score:.0f} of 100", told.more), f" dependency health{counts}. ")


def _concern(told: Concern) -> Line:
    who = ", ".join(name for name in (told.who.name, told.who.team) if name)
    asked = f" Ask {who}." if who else ""
    return line(
        strong(wording.TROUBLES[told.kind]), " ", text(told.what, told.url or told.more), f" {told.why}{asked}".rstrip()
    )
