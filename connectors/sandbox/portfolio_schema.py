"""How the example Jira is set up: fields, statuses, types, link types, projects and boards.

Four projects are company-managed and share one workflow; LOYAL is team-managed and brings its own statuses,
types and estimate field. OLD is archived, and SEC is there but hidden from the account that reads.
"""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]

SPRINT = "customfield_10020"
STORY_POINTS = "customfield_10026"
POINT_ESTIMATE = "customfield_10016"
TEAM = "customfield_10001"
FLAGGED = "customfield_10021"
START = "customfield_10015"
TARGET_START = "customfield_10022"
TARGET_END = "customfield_10023"
RANK = "customfield_10019"

IMPEDIMENT: list[Row] = [{"id": "10019", "value": "Impediment"}]
SCRUM = ("PAY", "CART", "APP", "LOYAL")
TEAM_MANAGED = "LOYAL"

_TYPES = "com.atlassian.jira.plugin.system.customfieldtypes"
_GREENHOPPER = "com.pyxis.greenhopper.jira"
_PLANS = "com.atlassian.jpo:jpo-custom-field"


def _project(number: int, key: str, name: str, *, archived: bool = False) -> Row:
    team_managed = key == TEAM_MANAGED
    return {
        "id": str(10000 + number),
        "key": key,
        "name": name,
        "projectTypeKey": "software",
        "style": "next-gen" if team_managed else "classic",
        "simplified": team_managed,
        "isPrivate": key == "SEC",
        "archived": archived,
    }


PROJECTS: dict[str, Row] = {
    row["key"]: row
    for row in (
        _project(0, "PAY", "Payments"),
        _project(1, "CART", "Web shop"),
        _project(2, "APP", "Mobile app"),
        _project(3, "OPS", "Platform"),
        _project(4, "LOYAL", "Loyalty"),
        _project(5, "OLD", "Old shop", archived=True),
        _project(6, "SEC", "Security"),
    )
}
_LOYAL_SCOPE = {"type": "PROJECT", "project": {"id": PROJECTS[TEAM_MANAGED]["id"]}}


def home(project: str) -> Row:
    """A project as its issues show it."""
    row = PROJECTS[project]
    return {name: row[name] for name in ("id", "key", "name", "projectTypeKey", "simplified")}


_CATEGORIES: dict[str, Row] = {
    "new": {"id": 2, "key": "new", "name": "To Do", "colorName": "blue-gray"},
    "indeterminate": {"id": 4, "key": "indeterminate", "name": "In Progress", "colorName": "yellow"},
    "done": {"id": 3, "key": "done", "name": "Done", "colorName": "green"},
}


def _status(id: str, name: str, category: str) -> Row:
    return {"id": id, "name": name, "description": "", "statusCategory": _CATEGORIES[category]}


_SHARED_STATUSES = {
    "backlog": _status("10000", "To Do", "new"),
    "ready": _status("10004", "Selected for development", "new"),
    "doing": _status("3", "In Progress", "indeterminate"),
    "review": _status("10001", "In Review", "indeterminate"),
    "done": _status("10002", "Done", "done"),
    "cancelled": _status("10005", "Won't Do", "done"),
}
_LOYAL_STATUSES = {
    "backlog": _status("10101", "To do", "new"),
    "ready": _status("10102", "Next up", "new"),
    "doing": _status("10103", "Doing", "indeterminate"),
    "review": _status("10104", "Ready to ship", "indeterminate"),
    "done": _status("10105", "Shipped", "done"),
    "cancelled": _status("10106", "Won't do", "done"),
}
STATUSES: list[Row] = [
    *_SHARED_STATUSES.values(),
    *({**row, "scope": _LOYAL_SCOPE} for row in _LOYAL_STATUSES.values()),
]


def status(project: str, step: str) -> Row:
    """The status of a workflow step: backlog, ready, doing, review, done or cancelled."""
    return (_LOYAL_STATUSES if project == TEAM_MANAGED else _SHARED_STATUSES)[step]


def _type(id: str, name: str, level: int) -> Row:
    return {"id": id, "name": name, "subtask": level < 0, "hierarchyLevel": level}


_SHARED_TYPES = {
    row["name"]: row
    for row in (
        _type("10010", "Initiative", 2),
        _type("10011", "Epic", 1),
        _type("10012", "Story", 0),
        _type("10013", "Task", 0),
        _type("10014", "Bug", 0),
        _type("10015", "Sub-task", -1),
    )
}
_LOYAL_TYPES = {
    "Epic": _type("10111", "Epic", 1),
    "Story": _type("10112", "Story", 0),
    "Task": _type("10113", "Task", 0),
    "Bug": _type("10114", "Bug", 0),
    "Sub-task": _type("10115", "Subtask", -1),
}
ISSUE_TYPES: list[Row] = [
    *_SHARED_TYPES.values(),
    *({**row, "scope": _LOYAL_SCOPE} for row in _LOYAL_TYPES.values()),
]


def issue_type(project: str, name: str) -> Row:
    return (_LOYAL_TYPES if project == TEAM_MANAGED else _SHARED_TYPES)[name]


PRIORITIES: list[Row] = [
    {"id": str(number), "name": name}
    for number, name in enumerate(("Highest", "High", "Medium", "Low", "Lowest"), start=1)
]
RESOLUTIONS: list[Row] = [
    {"id": "10000", "name": "Done"},
    {"id": "10001", "name": "Won't Do"},
    {"id": "10002", "name": "Duplicate"},
]
DONE, WONT_DO, DUPLICATE = RESOLUTIONS

BLOCKS, RELATES, DEPENDENCY, DUPLICATES = "10000", "10003", "10005", "10002"
LINK_TYPES: list[Row] = [
    {"id": BLOCKS, "name": "Blocks", "inward": "is blocked by", "outward": "blocks"},
    {"id": DUPLICATES, "name": "Duplicate", "inward": "is duplicated by", "outward": "duplicates"},
    {"id": RELATES, "name": "Relates", "inward": "relates to", "outward": "relates to"},
    {"id": DEPENDENCY, "name": "Dependency", "inward": "is required by", "outward": "depends on"},
]


def link_type(id: str) -> Row:
    return next(row for row in LINK_TYPES if row["id"] == id)


def _system(id: str, name: str, type: str, items: str | None = None) -> Row:
    schema = {"type": type, "system": id} | ({"items": items} if items else {})
    return _field(id, name, schema)


def _custom(id: str, name: str, type: str, custom: str, items: str | None = None) -> Row:
    number = int(id.removeprefix("customfield_"))
    schema = {"type": type, "custom": custom, "customId": number} | ({"items": items} if items else {})
    return _field(id, name, schema)


def _field(id: str, name: str, schema: Row) -> Row:
    custom = "custom" in schema
    return {
        "id": id,
        "key": id,
        "name": name,
        "untranslatedName": name,
        "custom": custom,
        "orderable": True,
        "navigable": True,
        "searchable": True,
        "clauseNames": [f"cf[{schema['customId']}]", name] if custom else [id],
        "schema": schema,
    }


FIELDS: list[Row] = [
    _system("summary", "Summary", "string"),
    _system("description", "Description", "string"),
    _system("status", "Status", "status"),
    _system("issuetype", "Issue Type", "issuetype"),
    _system("project", "Project", "project"),
    _system("priority", "Priority", "priority"),
    _system("resolution", "Resolution", "resolution"),
    _system("resolutiondate", "Resolved", "datetime"),
    _system("statuscategorychangedate", "Status Category Changed", "datetime"),
    _system("assignee", "Assignee", "user"),
    _system("reporter", "Reporter", "user"),
    _system("creator", "Creator", "user"),
    _system("created", "Created", "datetime"),
    _system("updated", "Updated", "datetime"),
    _system("duedate", "Due date", "date"),
    _system("labels", "Labels", "array", "string"),
    _system("components", "Components", "array", "component"),
    _system("fixVersions", "Fix versions", "array", "version"),
    _system("versions", "Affects versions", "array", "version"),
    _system("issuelinks", "Linked Issues", "array", "issuelinks"),
    _system("subtasks", "Sub-tasks", "array", "issuelinks"),
    _system("timeoriginalestimate", "Original estimate", "number"),
    _system("timeestimate", "Remaining Estimate", "number"),
    _system("timespent", "Time Spent", "number"),
    {"id": "parent", "key": "parent", "name": "Parent", "custom": False, "clauseNames": ["parent"]},
    _custom(TEAM, "Team", "team", f"{_TYPES}:atlassian-team"),
    _custom("customfield_10014", "Epic Link", "any", f"{_GREENHOPPER}:gh-epic-link"),
    _custom(START, "Start date", "date", f"{_TYPES}:datepicker"),
    _custom(POINT_ESTIMATE, "Story point estimate", "number", f"{_GREENHOPPER}:jsw-story-points"),
    _custom("customfield_10018", "Parent Link", "any", f"{_PLANS}-parent"),
    _custom(RANK, "Rank", "any", f"{_GREENHOPPER}:gh-lexo-rank"),
    _custom(SPRINT, "Sprint", "array", f"{_GREENHOPPER}:gh-sprint", "json"),
    _custom(FLAGGED, "Flagged", "array", f"{_TYPES}:multicheckboxes", "option"),
    _custom(TARGET_START, "Target start", "date", f"{_PLANS}-baseline-start"),
    _custom(TARGET_END, "Target end", "date", f"{_PLANS}-baseline-end"),
    _custom(STORY_POINTS, "Story Points", "number", f"{_TYPES}:float"),
]


def points_field(project: str) -> str:
    return POINT_ESTIMATE if project == TEAM_MANAGED else STORY_POINTS


def make_board(number: int, project: str) -> Row:
    """One board per project, with the configuration that the boards API shows apart."""
    row, scrum = PROJECTS[project], project in SCRUM
    kind = "simple" if project == TEAM_MANAGED else "scrum" if scrum else "kanban"
    field = points_field(project)
    name = next(entry["name"] for entry in FIELDS if entry["id"] == field)
    board = {
        "id": number,
        "name": f"{row['name']} board",
        "type": kind,
        "location": {
            "projectId": int(row["id"]),
            "projectKey": project,
            "projectName": row["name"],
            "projectTypeKey": "software",
        },
    }
    if scrum:
        board["estimation"] = {"type": "field", "field": {"fieldId": field, "displayName": name}}
    return board
