"""Everything a stand-in Jira knows, in one superset shape; each edition renders its own view of it.

A site is plain data: a generator or a recording fills it, a test changes it through the methods below, and a
server shows it. Every change replaces the issue instead of altering it, so a server can go on showing the former
one for as long as its index lags.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from connectors.sandbox.history import changed_items

Issue = dict[str, Any]
"""{"id", "key", "fields": {…}, "changelog": {"histories": [… oldest first]}}"""

Listener = Callable[[str, Issue | None], None]
"""Told (issue id, the issue as it was before, None when it is new) once a change is in."""


@dataclass(slots=True)
class JiraSite:
    """One site. Ids are strings of digits, except those of sprints and boards, which are ints.

    Issue fields are those of Cloud's API v2 with every user in full, `parent` {"id", "key"} at every level, the
    sprint field as a list of sprint ids, and each link in `issuelinks` of every end that shows it.
    """

    base_name: str
    users: dict[str, dict[str, Any]]
    me: str
    fields: list[dict[str, Any]]
    statuses: list[dict[str, Any]]
    issue_types: list[dict[str, Any]]
    priorities: list[dict[str, Any]]
    resolutions: list[dict[str, Any]]
    link_types: list[dict[str, Any]]
    projects: dict[str, dict[str, Any]]
    versions: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    boards: list[dict[str, Any]] = field(default_factory=list)
    sprints: dict[int, dict[str, Any]] = field(default_factory=dict)
    issues: dict[str, Issue] = field(default_factory=dict)
    remote_links: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    hidden_projects: set[str] = field(default_factory=set)
    aliases: dict[str, str] = field(default_factory=dict)
    zone: str = "UTC"
    listeners: list[Listener] = field(default_factory=list, repr=False, compare=False)

    def touch(self, issue_id: str, at: datetime | None = None, **fields: Any) -> None:
        """Set fields (by field id) at a moment: adds one history and moves `updated`.

        Without fields it moves `updated` alone, as a comment or an attachment does.
        """
        issue = self.issues[issue_id]
        before: dict[str, Any] = issue["fields"]
        items = [item for name, value in fields.items() for item in changed_items(self, name, before.get(name), value)]
        self.record(issue_id, at, items, fields)

    def transition(self, issue_id: str, status_id: str, at: datetime | None = None) -> None:
        """Change the status; entering the done category sets a resolution and its date, leaving it clears both."""
        status = next(dict(row) for row in self.statuses if row["id"] == status_id)
        status.pop("scope", None)
        before = self.issues[issue_id]["fields"]
        changes: dict[str, Any] = {"status": status}
        done = status["statusCategory"]["key"] == "done"
        if done and not before.get("resolution") and self.resolutions:
            changes["resolution"] = dict(self.resolutions[0])
        elif not done and before.get("resolution"):
            changes["resolution"] = None
        moment = at or datetime.now(UTC)
        self.touch(issue_id, moment, **changes)
        if "resolution" in changes:
            stamp = self.timestamp(moment) if changes["resolution"] else None
            self.replace(issue_id, {**self.issues[issue_id]["fields"], "resolutiondate": stamp})

    def move(self, issue_id: str, project_id: str, new_key: str, at: datetime | None = None) -> None:
        """Move an issue to another project: a new key, the same id, and the former key still finds it."""
        issue, project = self.issues[issue_id], self.projects[project_id]
        former, left = issue["key"], issue["fields"]["project"]
        items = [
            {
                "field": "Key",
                "fieldtype": "jira",
                "from": None,
                "fromString": former,
                "to": None,
                "toString": new_key,
            },
            {
                "field": "project",
                "fieldtype": "jira",
                "fieldId": "project",
                "from": left["id"],
                "fromString": left["name"],
                "to": project_id,
                "toString": project["name"],
            },
        ]
        self.aliases[former] = issue_id
        self.aliases.pop(new_key, None)
        home = {name: project[name] for name in left if name in project} | {
            "id": project_id,
            "key": project["key"],
            "name": project["name"],
        }
        self.record(issue_id, at, items, {"project": home}, key=new_key)

    def delete(self, issue_id: str) -> None:
        """Take an issue away, and with it its links; the other ends do not move in time."""
        former = self.issues.pop(issue_id)
        for end in former["fields"].get("issuelinks") or ():
            far = (end.get("outwardIssue") or end.get("inwardIssue") or {}).get("id")
            if far in self.issues:
                self._drop_link(far, end["id"])
        for key in [key for key, target in self.aliases.items() if target == issue_id]:
            del self.aliases[key]
        self._tell(issue_id, former)

    def add(self, issue: Issue) -> None:
        """Add an issue, or replace one wholesale without a history."""
        former = self.issues.get(issue["id"])
        self.issues[issue["id"]] = issue
        self._tell(issue["id"], former)

    def link(self, type_id: str, source_id: str, target_id: str, at: datetime | None = None) -> str:
        """Link two issues: the source shows the type's outward phrase. Returns the link's id."""
        kind = next(row for row in self.link_types if row["id"] == type_id)
        link_id = str(1 + max((int(link["id"]) for link in self._links()), default=90000))
        ends = (
            (source_id, target_id, "outwardIssue", kind["outward"]),
            (target_id, source_id, "inwardIssue", kind["inward"]),
        )
        for near, far, side, phrase in ends:
            other = self.issues[far]["key"]
            entry = {"id": link_id, "type": dict(kind), side: {"id": far, "key": other}}
            links = [*(self.issues[near]["fields"].get("issuelinks") or ()), entry]
            text = f"This issue {phrase} {other}"
            item = {
                "field": "Link",
                "fieldtype": "jira",
                "from": None,
                "fromString": None,
                "to": other,
                "toString": text,
            }
            self.record(near, at, [item], {"issuelinks": links})
        return link_id

    def unlink(self, link_id: str, at: datetime | None = None) -> None:
        """Remove a link from every end that shows it."""
        for issue_id, issue in list(self.issues.items()):
            for entry in issue["fields"].get("issuelinks") or ():
                if entry["id"] != link_id:
                    continue
                side = "outward" if "outwardIssue" in entry else "inward"
                other = entry[f"{side}Issue"]["key"]
                item = {
                    "field": "Link",
                    "fieldtype": "jira",
                    "from": other,
                    "fromString": f"This issue {entry['type'][side]} {other}",
                    "to": None,
                    "toString": None,
                }
                left = [link for link in issue["fields"]["issuelinks"] if link["id"] != link_id]
                self.record(issue_id, at, [item], {"issuelinks": left})

    def add_remote_link(self, issue_id: str, url: str, title: str, at: datetime | None = None) -> int:
        """Link an issue to a page elsewhere, as people paste an address. Returns the link's id."""
        link_id = 1 + max((row["id"] for rows in self.remote_links.values() for row in rows), default=30000)
        row = {"id": link_id, "globalId": url, "relationship": "links to", "object": {"url": url, "title": title}}
        self.remote_links.setdefault(issue_id, []).append(row)
        item = {
            "field": "RemoteIssueLink",
            "fieldtype": "jira",
            "from": None,
            "fromString": None,
            "to": str(link_id),
            "toString": f'This issue links to "{title}"',
        }
        self.record(issue_id, at, [item], {})
        return link_id

    def record(
        self,
        issue_id: str,
        at: datetime | None,
        items: list[dict[str, Any]],
        fields: dict[str, Any],
        *,
        key: str | None = None,
    ) -> None:
        """Write one history (when there are items) by the caller, the new field values, and `updated`."""
        issue, stamp = self.issues[issue_id], self.timestamp(at or datetime.now(UTC))
        histories = list(issue.get("changelog", {}).get("histories", ()))
        if items:
            number = 1 + max((int(row["id"]) for row in histories), default=int(issue_id) * 100)
            histories.append({"id": str(number), "author": self.users.get(self.me), "created": stamp, "items": items})
        self.add(
            {
                **issue,
                "key": key or issue["key"],
                "fields": {**issue["fields"], **fields, "updated": stamp},
                "changelog": {"histories": histories},
            }
        )

    def replace(self, issue_id: str, fields: dict[str, Any]) -> None:
        """Put other field values in place with no history and no new `updated`, as a scheme migration does."""
        self.add({**self.issues[issue_id], "fields": fields})

    def find(self, id_or_key: str) -> Issue | None:
        """The issue of an id, of a key, or of a key it once had."""
        if id_or_key in self.issues:
            return self.issues[id_or_key]
        for issue in self.issues.values():
            if issue["key"] == id_or_key:
                return issue
        return self.issues.get(self.aliases.get(id_or_key, ""))

    def timestamp(self, at: datetime) -> str:
        """As REST bodies write it: milliseconds, the offset without a colon, in the site's zone."""
        local = at.astimezone(ZoneInfo(self.zone))
        return f"{local:%Y-%m-%dT%H:%M:%S}.{local.microsecond // 1000:03d}{local:%z}"

    def _links(self) -> list[dict[str, Any]]:
        return [link for issue in self.issues.values() for link in issue["fields"].get("issuelinks") or ()]

    def _drop_link(self, issue_id: str, link_id: str) -> None:
        fields = self.issues[issue_id]["fields"]
        left = [link for link in fields["issuelinks"] if link["id"] != link_id]
        self.replace(issue_id, {**fields, "issuelinks": left})

    def _tell(self, issue_id: str, former: Issue | None) -> None:
        for listener in self.listeners:
            listener(issue_id, former)
