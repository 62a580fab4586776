"""How an edition shows what a site knows. The parts both share; `editions` holds what sets them apart."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from connectors.sandbox.index import IssueIndex
from connectors.sandbox.site import Issue, JiraSite

Json = dict[str, Any]
Shape = Callable[[Issue, Any], Any]
OMIT = object()
"""What a shape answers when the field is to be left out altogether."""

COSTLY = {"comment", "worklog", "attachment"}
TEXTAREA = "com.atlassian.jira.plugin.system.customfieldtypes:textarea"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A `fields` parameter: everything, the navigable ones, named ones, less some."""

    all: bool = False
    navigable: bool = False
    named: tuple[str, ...] = ()
    without: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, names: list[str], *, default: str) -> Wanted:
        chosen = [name for name in names if not name.startswith("-")]
        if not chosen:
            chosen = [default]
        return cls(
            all="*all" in chosen,
            navigable="*navigable" in chosen,
            named=tuple(dict.fromkeys(name for name in chosen if not name.startswith("*"))),
            without=frozenset(name[1:] for name in names if name.startswith("-")),
        )

    @property
    def light(self) -> bool:
        """Whether a page may hold thousands of rows."""
        return not (self.all or self.navigable) and set(self.named) <= {"id", "key", "updated"}


class BaseView(ABC):
    """Chooses fields and shapes values; the editions fill in users, parents, sprints and histories."""

    def __init__(self, site: JiraSite, index: IssueIndex, *, base_url: str) -> None:
        self.site = site
        self.index = index
        self.base_url = base_url
        self._shapes: dict[str, Shape] = {}
        self._texts: set[str] = set()
        self._ids: dict[str, None] = {}
        self._hidden: set[str] = set()
        self._chosen: dict[tuple[Wanted, tuple[str, ...]], list[str]] = {}
        self._users: dict[int, tuple[Json, Json]] = {}
        self.refresh()

    def refresh(self) -> None:
        """Look at the site's fields again: what each one's schema says decides how its values are shaped."""
        self._shapes = self.shapes()
        self._chosen.clear()
        rich = [row["id"] for row in self.site.fields if (row.get("schema") or {}).get("custom") == TEXTAREA]
        self._texts = {"description", "environment", *rich}
        self._ids = dict.fromkeys([*(row["id"] for row in self.field_rows()), "parent", "subtasks", "issuelinks"])
        self._hidden = COSTLY | {row["id"] for row in self.site.fields if not row.get("navigable", True)}

    def shapes(self) -> dict[str, Shape]:
        shapes: dict[str, Shape] = {
            "issuelinks": lambda issue, links: self.links(links or []),
            "subtasks": self.subtasks,
            "parent": self.parent,
            "issuetype": lambda issue, row: self.issue_type(row),
            "comment": self._discussion,
            "worklog": self._discussion,
        }
        for name in ("assignee", "reporter", "creator"):
            shapes[name] = self._person
        for row in self.site.fields:
            schema = row.get("schema") or {}
            if schema.get("custom", "").endswith(":gh-sprint"):
                shapes[row["id"]] = lambda issue, ids: self.sprints(ids or [])
            elif schema.get("custom") and schema.get("type") == "user":
                shapes[row["id"]] = self._person
        return shapes

    def issue(self, issue: Issue, wanted: Wanted, *, version: str, histories: int | None) -> Json:
        """`histories`: how many of them at most with expand=changelog; None leaves the changelog out."""
        shown: Json = {
            "expand": "operations,versionedRepresentations,editmeta,changelog,renderedFields",
            "id": issue["id"],
            "self": f"{self.base_url}/rest/api/{version}/issue/{issue['id']}",
            "key": issue["key"],
        }
        fields = self._fields(issue, wanted, version)
        if fields:
            shown["fields"] = fields
        if histories is not None:
            shown["changelog"] = self.changelog(issue, histories)
        return shown

    def _fields(self, issue: Issue, wanted: Wanted, version: str) -> Json:
        stored, fields = issue["fields"], {}
        for name in self._names(issue, wanted):
            value = stored.get(name)
            shape = self._shapes.get(name)
            if shape is not None:
                value = shape(issue, value)
            elif version == "3" and name in self._texts:
                value = document(value)
            if value is not OMIT:
                fields[name] = value
        return fields

    def _names(self, issue: Issue, wanted: Wanted) -> list[str]:
        stored = tuple(issue["fields"])
        names = self._chosen.get((wanted, stored))
        if names is None:
            names = self._chosen[wanted, stored] = self._choose(stored, wanted)
        return names

    def _choose(self, stored: tuple[str, ...], wanted: Wanted) -> list[str]:
        names = [name for name in wanted.named if name in stored or name in self._ids]
        if wanted.all:
            names += [*stored, *self._ids]
        elif wanted.navigable:
            names += [name for name in (*stored, *self._ids) if name not in self._hidden]
        return [name for name in dict.fromkeys(names) if name not in wanted.without]

    # parts

    def links(self, links: list[Json]) -> list[Json]:
        """Only those whose far end the caller may browse; ends outside the site keep what the link says of them."""
        shown = []
        for link in links:
            side = "outwardIssue" if "outwardIssue" in link else "inwardIssue"
            far = self.end(link[side])
            if far is not None:
                kind = {**link["type"], "self": f"{self.base_url}/rest/api/2/issueLinkType/{link['type']['id']}"}
                address = f"{self.base_url}/rest/api/2/issueLink/{link['id']}"
                shown.append({"id": link["id"], "self": address, "type": kind, side: far})
        return shown

    def end(self, reference: Json) -> Json | None:
        """An issue as another one shows it, None when hidden: a live copy of summary, status, priority and type."""
        issue = self.site.issues.get(str(reference["id"]))
        if issue is None:
            return {**reference, "self": f"{self.base_url}/rest/api/2/issue/{reference['id']}"}
        fields = issue["fields"]
        if fields["project"]["id"] in self.site.hidden_projects:
            return None
        shown = {name: fields.get(name) for name in ("summary", "status", "priority")}
        return {
            "id": issue["id"],
            "key": issue["key"],
            "self": f"{self.base_url}/rest/api/2/issue/{issue['id']}",
            "fields": shown | {"issuetype": self.issue_type(fields["issuetype"])},
        }

    def subtasks(self, issue: Issue, rows: list[Json] | None) -> list[Json]:
        found = [self.site.issues[number] for number in self.index.children(issue["id"])]
        ids = [child["id"] for child in found if child["fields"]["issuetype"].get("subtask")]
        outside = [row for row in rows or () if str(row["id"]) not in self.site.issues]
        ends = (self.end(row) for row in [*({"id": number} for number in ids), *outside])
        return [end for end in ends if end is not None]

    def _discussion(self, issue: Issue, value: Any) -> Any:
        return self.people_within(value)

    def _person(self, issue: Issue, user: Json | None) -> Json | None:
        return self.user(user)

    def people_within(self, value: Any) -> Any:
        """The same value with every user in it shown as this edition shows users."""
        match value:
            case {"displayName": _}:
                return self.user(value)
            case dict():
                return {name: self.people_within(member) for name, member in value.items()}
            case list():
                return [self.people_within(member) for member in value]
        return value

    @abstractmethod
    def parent(self, issue: Issue, parent: Json | None) -> Any: ...

    @abstractmethod
    def sprints(self, ids: list[int]) -> Any: ...

    def user(self, user: Json | None) -> Json | None:
        """A person as this edition shows them; worked out once for each record of a person."""
        if user is None:
            return None
        kept = self._users.get(id(user))
        if kept is None or kept[0] is not user:
            kept = self._users[id(user)] = (user, self.person(user))
        return kept[1]

    @abstractmethod
    def person(self, user: Json) -> Json: ...

    @abstractmethod
    def changelog(self, issue: Issue, at_most: int) -> Json: ...

    @abstractmethod
    def history(self, history: Json) -> Json: ...

    @abstractmethod
    def field(self, row: Json) -> Json: ...

    @abstractmethod
    def issue_type(self, row: Json) -> Json: ...

    @abstractmethod
    def status(self, row: Json) -> Json: ...

    @abstractmethod
    def project(self, row: Json) -> Json: ...

    @abstractmethod
    def field_rows(self) -> list[Json]: ...


def document(text: Any) -> Any:
    """Plain text in Atlassian Document Format, one paragraph a line; null stays null."""
    if not isinstance(text, str) or not text:
        return None if text in (None, "") else text
    lines = [{"type": "paragraph", "content": [{"type": "text", "text": line}]} for line in text.splitlines() if line]
    return {"type": "doc", "version": 1, "content": lines}
