"""Real records of public trackers as a site that either edition can serve.

A recording is a gzipped file of one raw issue a line, as Jira Server gave them: from `GET /issue/KEY` with its
changelog, or from the Agile API, whose `sprint`, `closedSprints`, `epic` and `flagged` objects become the sprint
field, the parent and the flag. Field metadata was not recorded; what is known of it stands in KNOWN_FIELDS.
"""

from __future__ import annotations

import gzip
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from connectors.sandbox.site import Issue, JiraSite

Json = dict[str, Any]

TYPES = "com.atlassian.jira.plugin.system.customfieldtypes"
GREENHOPPER = "com.pyxis.greenhopper.jira"
KNOWN_FIELDS: dict[str, tuple[str, Json]] = {
    "customfield_10001": ("Reviewer", {"type": "user", "custom": f"{TYPES}:userpicker"}),
    "customfield_10023": ("Story Points", {"type": "number", "custom": f"{TYPES}:float"}),
    "customfield_10290": ("Sprint", {"type": "array", "items": "string", "custom": f"{GREENHOPPER}:gh-sprint"}),
    "customfield_10590": ("Rank", {"type": "any", "custom": f"{GREENHOPPER}:gh-lexo-rank"}),
    "customfield_10591": ("Rank (former)", {"type": "any", "custom": f"{GREENHOPPER}:gh-lexo-rank"}),
}
SPRINT_FIELD = "customfield_10290"
FLAGGED_FIELD = "customfield_10295"
FLAGGED = ("Flagged", {"type": "array", "items": "option", "custom": f"{TYPES}:multicheckboxes"})
SYSTEM_TYPES = {
    "created": "datetime",
    "updated": "datetime",
    "resolutiondate": "datetime",
    "duedate": "date",
    "assignee": "user",
    "reporter": "user",
    "creator": "user",
    "labels": "array",
    "fixVersions": "array",
    "versions": "array",
    "components": "array",
    "issuelinks": "array",
    "subtasks": "array",
    "status": "status",
    "priority": "priority",
    "resolution": "resolution",
    "issuetype": "issuetype",
    "project": "project",
}
FIELD_OF_ITEM = {"Fix Version": "fixVersions", "Component": "components", "Version": "versions", "Project": "project"}
NO_FIELD = {"Link", "RemoteIssueLink", "Parent", "Key", "Workflow", "Comment", "Attachment", "ProjectImport"}
PERSONAL = {"assignee", "reporter"}
AGILE_OBJECTS = {"sprint", "closedSprints", "epic", "flagged"}
SPRINT_PART = re.compile(r"(rapidViewId|state|name|startDate|endDate|completeDate|id)=(.*?)(?=,\w+=|\]$)")
READER = "recorded-reader"
VERSIONS = ("fixVersions", "versions")  # of each a site has one record; the recording met some before they changed, too


def load_recorded(path: Path) -> JiraSite:
    """The whole recording as a site. Raises FileNotFoundError, and ValueError where a line is not an issue."""
    with gzip.open(path) as lines:
        raw = [msgspec.json.decode(line) for line in lines]
    return _Loader().load(raw)


class _Loader:
    def __init__(self) -> None:
        self._site = JiraSite(
            base_name="jira",
            users={READER: _reader()},
            me=READER,
            fields=[],
            statuses=[],
            issue_types=[],
            priorities=[],
            resolutions=[],
            link_types=[],
            projects={},
        )
        self._boards: Counter[tuple[int, str]] = Counter()
        self._versions: dict[str, Json] = {}

    def load(self, raw: list[Issue]) -> JiraSite:
        site = self._site
        for issue in raw:
            site.issues[issue["id"]] = self._issue(issue)
        keys = {issue["key"] for issue in site.issues.values()}
        for issue in site.issues.values():
            site.aliases |= {key: issue["id"] for key in _former_keys(issue) if key not in keys}
        site.fields = list(_fields(site.issues.values()))
        self._collect()
        site.boards = self._make_boards()
        return site

    def _issue(self, raw: Issue) -> Issue:
        fields = {name: value for name, value in raw["fields"].items() if name not in AGILE_OBJECTS}
        fields["issuetype"] = _with_level(fields["issuetype"])
        for name, value in fields.items():
            fields[name] = self._people(value)
        for name in VERSIONS:
            if fields.get(name):
                fields[name] = [self._versions.setdefault(version["id"], version) for version in fields[name]]
        if (parent := _parent(raw["fields"])) is not None:
            fields["parent"] = parent
        fields[SPRINT_FIELD] = self._sprints(raw["fields"])
        fields[FLAGGED_FIELD] = [{"id": "1", "value": "Impediment"}] if raw["fields"].get("flagged") else None
        histories = [self._history(each) for each in raw.get("changelog", {}).get("histories", ())]
        return {"id": raw["id"], "key": raw["key"], "fields": fields, "changelog": {"histories": histories}}

    def _people(self, value: Any) -> Any:
        """The same value with every person in it as the site's one record of them."""
        match value:
            case {"displayName": str(), "name": str()}:
                return self._person(value)
            case dict():
                return {name: self._people(member) for name, member in value.items()}
            case list():
                return [self._people(member) for member in value]
        return value

    def _person(self, person: Json) -> Json:
        account = account_of(person.get("key") or person["name"])
        kept = {name: value for name, value in person.items() if name not in {"self", "avatarUrls"}}
        return self._site.users.setdefault(account, {"accountId": account, **kept})

    def _sprints(self, fields: Json) -> list[int] | None:
        objects = [*(fields.get("closedSprints") or ()), *([fields["sprint"]] if fields.get("sprint") else [])]
        objects += [_sprint_of(text) for text in fields.get(SPRINT_FIELD) or ()]
        for sprint in objects:
            self._site.sprints.setdefault(sprint["id"], sprint)
            if sprint.get("originBoardId") is not None:
                self._boards[sprint["originBoardId"], fields["project"]["id"]] += 1
        return [sprint["id"] for sprint in objects] or None

    def _history(self, history: Json) -> Json:
        for item in history["items"]:
            self._note_people(item)
        shown = {**history, "items": [_item(item) for item in history["items"]]}
        if history.get("author"):
            shown["author"] = self._person(history["author"])
        return shown

    def _note_people(self, item: Json) -> None:
        """Somebody who is remembered by a history alone is a user of the site too."""
        if item["field"] not in PERSONAL:
            return
        for side, text in (("from", "fromString"), ("to", "toString")):
            if name := item[side]:
                known = {"name": name, "key": name, "displayName": item[text] or name, "active": False}
                self._site.users.setdefault(account_of(name), {"accountId": account_of(name), **known})

    def _collect(self) -> None:
        """Reference data: whatever the issues name."""
        site = self._site
        fields = [issue["fields"] for issue in site.issues.values()]
        site.statuses = _distinct(row["status"] for row in fields)
        site.issue_types = _distinct(row["issuetype"] for row in fields)
        site.priorities = _distinct(row.get("priority") for row in fields)
        site.resolutions = _distinct(row.get("resolution") for row in fields)
        site.link_types = _distinct(link["type"] for row in fields for link in row.get("issuelinks") or ())
        made = {"projectTypeKey": "software", "style": "classic", "simplified": False, "archived": False}
        site.projects = {row["id"]: row | made for row in _distinct(row["project"] for row in fields)}
        for row in fields:
            known = site.versions.setdefault(row["project"]["id"], [])
            ids = {version["id"] for version in known}
            named = [*(row.get("fixVersions") or ()), *(row.get("versions") or ())]
            known += _distinct(version for version in named if version["id"] not in ids)

    def _make_boards(self) -> list[Json]:
        """A scrum board for every board a sprint names, at the project that used it most."""
        homes: dict[int, str] = {}
        for (board, project), _ in self._boards.most_common():
            homes.setdefault(board, project)
        return [
            {"id": board, "name": f"Board {board}", "type": "scrum", "location": {"projectId": int(project)}}
            | {"estimation_field": "customfield_10023"}
            for board, project in sorted(homes.items())
        ]


def account_of(name: str) -> str:
    """The accountId that a recorded user gets on Cloud."""
    return f"712020:{name}"


def _reader() -> Json:
    return {
        "accountId": READER,
        "name": "reader",
        "key": "reader",
        "displayName": "Reader",
        "active": True,
        "timeZone": "UTC",
    }


def _with_level(issue_type: Json) -> Json:
    level = -1 if issue_type["subtask"] else 1 if issue_type["name"] == "Epic" else 0
    return {**issue_type, "hierarchyLevel": level}


def _parent(fields: Json) -> Json | None:
    """A sub-task's parent, else the epic; both may lie outside the recording and then say a little themselves."""
    if fields.get("parent"):
        parent: Json = fields["parent"]
        return parent
    if epic := fields.get("epic"):
        return {"id": str(epic["id"]), "key": epic["key"], "fields": {"summary": epic.get("summary")}}
    return None


def _sprint_of(text: str) -> Json:
    """A sprint's toString: known keys in any order, values up to the next key."""
    parts = {name: value for name, value in SPRINT_PART.findall(text) if value != "<null>"}
    sprint: Json = {"id": int(parts["id"]), "state": parts["state"].lower(), "name": parts["name"]}
    sprint |= {name: parts[name] for name in ("startDate", "endDate", "completeDate") if name in parts}
    return sprint | ({"originBoardId": int(parts["rapidViewId"])} if "rapidViewId" in parts else {})


def _item(item: Json) -> Json:
    """With the fieldId that Cloud would add, and people as accounts."""
    name = item["field"]
    if item["fieldtype"] == "custom":
        named = {title: field_id for field_id, (title, _) in KNOWN_FIELDS.items()}
        field_id = named.get(name)
    else:
        field_id = None if name in NO_FIELD else FIELD_OF_ITEM.get(name, name)
    shown = item | ({"fieldId": field_id} if field_id else {})
    if field_id in PERSONAL:
        shown |= {side: account_of(item[side]) for side in ("from", "to") if item[side]}
    return shown


def _former_keys(issue: Issue) -> list[str]:
    histories = issue["changelog"]["histories"]
    items = [item for history in histories for item in history["items"] if item["field"] == "Key"]
    return [item["fromString"] for item in items if item["fromString"] and item["fromString"] != issue["key"]]


def _distinct(rows: Iterable[Json | None]) -> list[Json]:
    found = {row["id"]: row for row in rows if row}
    return [{name: value for name, value in row.items() if name != "self"} for row in found.values()]


def _fields(issues: Iterable[Issue]) -> Iterable[Json]:
    seen: dict[str, Any] = {}
    for issue in issues:
        for name, value in issue["fields"].items():
            if name not in seen or seen[name] in (None, [], ""):
                seen[name] = value
    for name, value in sorted(seen.items()):
        custom = name.startswith("customfield_")
        title, schema = _custom(name, value) if custom else (name, {"type": SYSTEM_TYPES.get(name, "string")})
        schema = schema | ({"customId": int(name.split("_")[1])} if custom else {"system": name})
        yield {
            "id": name,
            "key": name,
            "name": title,
            "custom": custom,
            "orderable": True,
            "navigable": name not in {"comment", "worklog"},
            "searchable": True,
            "clauseNames": [f"cf[{schema['customId']}]", title] if custom else [name],
            "schema": schema,
        }


def _custom(name: str, value: Any) -> tuple[str, Json]:
    """(name, schema) of a custom field: known, or a harmless one that fits the values."""
    known = KNOWN_FIELDS | {FLAGGED_FIELD: FLAGGED}
    return known.get(name) or (f"Field {name.split('_')[1]}", _schema_for(value))


def _schema_for(value: Any) -> Json:
    match value:
        case [{"value": _}, *_]:
            return {"type": "array", "items": "option", "custom": f"{TYPES}:multicheckboxes"}
        case {"value": _}:
            return {"type": "option", "custom": f"{TYPES}:select"}
        case list():
            return {"type": "array", "items": "string", "custom": f"{TYPES}:labels"}
        case int() | float():
            return {"type": "number", "custom": f"{TYPES}:float"}
    return {"type": "string", "custom": f"{TYPES}:textfield"}
