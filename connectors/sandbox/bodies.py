"""Issues as JSON bytes, kept per issue and set of fields until something they show changes."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from connectors.sandbox.index import IssueIndex, parent_of
from connectors.sandbox.render import BaseView, Wanted
from connectors.sandbox.site import Issue

Choice = tuple[Wanted, str, int | None]
ENCODER = msgspec.json.Encoder()


class Bodies:
    """An issue's body also shows its parent, its sub-tasks and its links' far ends: they are dropped with it."""

    def __init__(self, view: BaseView, index: IssueIndex) -> None:
        self._view = view
        self._index = index
        self._kept: dict[str, tuple[Issue, dict[Choice, bytes]]] = {}
        self._shared = 0
        view.site.listeners.append(self._changed)

    def look_around(self) -> None:
        """Before each answer: forget everything when what all issues show (sprints, fields, rights) has changed."""
        site = self._view.site
        shared = hash(ENCODER.encode([site.sprints, site.fields, sorted(site.hidden_projects)]))
        if shared != self._shared:
            self._shared = shared
            self._kept.clear()
            self._view.refresh()

    def of(self, issue: Issue, wanted: Wanted, *, version: str, histories: int | None) -> bytes:
        kept = self._kept.get(issue["id"])
        if kept is None or kept[0] is not issue:
            kept = self._kept[issue["id"]] = (issue, {})
        choice = (wanted, version, histories)
        body = kept[1].get(choice)
        if body is None:
            body = ENCODER.encode(self._view.issue(issue, wanted, version=version, histories=histories))
            kept[1][choice] = body
        return body

    def _changed(self, issue_id: str, former: Issue | None) -> None:
        self._kept.pop(issue_id, None)
        for issue in (former, self._view.site.issues.get(issue_id)):
            for neighbour in neighbours(issue) if issue else ():
                self._kept.pop(neighbour, None)
        for child in self._index.children(issue_id):
            self._kept.pop(child, None)


def neighbours(issue: Issue) -> Iterable[str]:
    """Ids of the issues that show this one: link ends and the parent."""
    for link in issue["fields"].get("issuelinks") or ():
        yield str((link.get("outwardIssue") or link.get("inwardIssue"))["id"])
    if parent := parent_of(issue):
        yield parent


def joined(bodies: Iterable[bytes]) -> bytes:
    """A JSON array of ready bodies."""
    return b"[" + b",".join(bodies) + b"]"
