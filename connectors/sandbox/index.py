"""What search knows of a site: every issue by id and by project, behind the site for as long as the index lags."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from connectors.sandbox.options import SandboxOptions
from connectors.sandbox.site import Issue, JiraSite

HIGHEST = 10**18


@dataclass(frozen=True, slots=True)
class Entry:
    """One issue as it was when it was indexed; times are epoch seconds."""

    number: int
    issue: Issue
    project: str
    updated: float
    created: float


class IssueIndex:
    """Sorted ids make `project = X AND id >= a AND id <= b` two bisections instead of a scan."""

    def __init__(self, site: JiraSite, options: SandboxOptions) -> None:
        self._site = site
        self._options = options
        self._entries: dict[int, Entry] = {}
        self._projects: dict[str, list[int]] = {}
        self._waiting: list[tuple[datetime, str]] = []
        self._keys: dict[str, str] = {}
        self._children: dict[str, set[str]] = {}
        for issue in site.issues.values():
            self._put(issue, ordered=False)
        for numbers in self._projects.values():
            numbers.sort()
        site.listeners.append(self._changed)

    def entries(
        self, *, projects: Iterable[str], first: int = 0, last: int = HIGHEST, only: set[int] | None = None
    ) -> Iterator[Entry]:
        """The indexed issues of some projects within a range of ids; in order of id inside each project."""
        self._catch_up()
        for project in projects:
            numbers = self._projects.get(project, [])
            if only is not None:
                members = sorted(only)
                found = [self._entries[number] for number in members if number in self._entries]
                yield from (each for each in found if each.project == project and first <= each.number <= last)
            else:
                for number in numbers[bisect_left(numbers, first) : bisect_right(numbers, last)]:
                    yield self._entries[number]

    def live(self, issue_id: str) -> Entry | None:
        """An issue as it is now, whatever the index has seen."""
        issue = self._site.issues.get(issue_id)
        return entry_of(issue) if issue else None

    def find(self, id_or_key: str) -> Issue | None:
        """The live issue of an id, a key, or a key it once had."""
        issues, by_key = self._site.issues, self._keys.get(id_or_key)
        if id_or_key in issues:
            return issues[id_or_key]
        if by_key is not None and by_key in issues:
            return issues[by_key]
        return issues.get(self._site.aliases.get(id_or_key, ""))

    def children(self, issue_id: str) -> list[str]:
        """Ids of the issues whose parent this is, ascending."""
        return sorted(self._children.get(issue_id, ()), key=int)

    def _changed(self, issue_id: str, former: Issue | None) -> None:
        issue = self._site.issues.get(issue_id)
        if former is not None:
            self._keys.pop(former["key"], None)
            self._children.get(parent_of(former) or "", set()).discard(issue_id)
        if issue is not None:
            self._note(issue)
        if self._options.index_lag:
            self._waiting.append((self._options.clock() + self._options.index_lag, issue_id))
        else:
            self._refresh(issue_id)

    def _catch_up(self) -> None:
        if not self._waiting:
            return
        now, waiting = self._options.clock(), self._waiting
        self._waiting = [(due, issue_id) for due, issue_id in waiting if due > now]
        for due, issue_id in waiting:
            if due <= now:
                self._refresh(issue_id)

    def _refresh(self, issue_id: str) -> None:
        """Replaced in one step where it stays in its project: another thread may be reading."""
        number, issue = int(issue_id), self._site.issues.get(issue_id)
        former = self._entries.get(number)
        if former is not None and issue is not None and former.project == issue["fields"]["project"]["id"]:
            self._entries[number] = entry_of(issue)
            return
        if former is not None:
            numbers = self._projects[former.project]
            del numbers[bisect_left(numbers, number)]
        if issue is not None:
            self._put(issue, ordered=True)
        else:
            self._entries.pop(number, None)

    def _put(self, issue: Issue, *, ordered: bool) -> None:
        entry = entry_of(issue)
        self._entries[entry.number] = entry
        numbers = self._projects.setdefault(entry.project, [])
        if ordered:
            insort(numbers, entry.number)
        else:
            numbers.append(entry.number)
        self._note(issue)

    def _note(self, issue: Issue) -> None:
        self._keys[issue["key"]] = issue["id"]
        if parent := parent_of(issue):
            self._children.setdefault(parent, set()).add(issue["id"])


def entry_of(issue: Issue) -> Entry:
    fields = issue["fields"]
    return Entry(int(issue["id"]), issue, fields["project"]["id"], epoch(fields["updated"]), epoch(fields["created"]))


def parent_of(issue: Issue) -> str | None:
    parent = issue["fields"].get("parent")
    return parent["id"] if parent else None


def epoch(stamp: str) -> float:
    return datetime.fromisoformat(stamp).timestamp()
