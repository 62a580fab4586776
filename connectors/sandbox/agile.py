"""Boards and sprints, the same on both editions; the lists of issues that Cloud took away answer 410 there."""

from __future__ import annotations

from typing import Any

from connectors.sandbox.application import Jira, Routes
from connectors.sandbox.calls import Answer, Call, Json, Refusal, names_in
from connectors.sandbox.paging import page_bean

AGILE = "/rest/agile/1.0"
STATES = ("closed", "active", "future")
GONE = (
    "/board/{id}/issue",
    "/board/{id}/backlog",
    "/board/{id}/epic/none/issue",
    "/board/{id}/epic/{epic}/issue",
    "/board/{id}/sprint/{sprint}/issue",
    "/epic/none/issue",
    "/epic/{epic}/issue",
    "/sprint/{id}/issue",
)


def boards(jira: Jira, call: Call) -> Any:
    wanted, kinds = call.query.get("projectKeyOrId"), names_in(call.query.get("type"))
    project = jira.project(call, wanted)["id"] if wanted else None
    rows = [
        row
        for row in jira.site.boards
        if _seen(jira, call, row)
        and (project is None or _project_of(row) == project)
        and (not kinds or row["type"] in kinds)
    ]
    bean = page_bean(call, rows)
    return bean | {"values": [_board(jira, row) for row in bean["values"]]}


def configuration(jira: Jira, call: Call) -> Any:
    row = _find_board(jira, call)
    shown: Json = {
        "id": row["id"],
        "name": row["name"],
        "type": row["type"],
        "self": f"{_address(jira, row)}/configuration",
        "columnConfig": {
            "columns": [{"name": each["name"], "statuses": [{"id": each["id"]}]} for each in jira.site.statuses],
            "constraintType": "none",
        },
    }
    if estimation := _estimation(jira, row):
        shown["estimation"] = estimation
    return shown


def board_sprints(jira: Jira, call: Call) -> Any:
    """Closed, active, future; only the sprints of this board, and none on a board that has no sprints."""
    board = _find_board(jira, call)
    if board["type"] == "kanban":
        raise Refusal(400, "The board does not support sprints")
    states = names_in(call.query.get("state")) or list(STATES)
    for state in states:
        if state not in STATES:
            raise Refusal(400, f"The sprint state '{state}' is not valid.")
    rows = [row for row in jira.site.sprints.values() if row.get("originBoardId") == board["id"]]
    rows = [row for row in rows if row["state"] in states]
    bean = page_bean(call, sorted(rows, key=lambda row: (STATES.index(row["state"]), row["id"])), total=False)
    return bean | {"values": [_sprint(jira, row) for row in bean["values"]]}


def sprint(jira: Jira, call: Call) -> Any:
    number = call.names["id"]
    row = jira.site.sprints.get(int(number)) if number.isdigit() else None
    if row is None or call.account is None:
        raise Refusal(404, f"Sprint does not exist: {number}")
    return _sprint(jira, row)


def removed(jira: Jira, call: Call) -> Answer:
    software = call.path.replace("/rest/agile/", "/rest/software/")
    raise Refusal(410, f"The requested API has been removed. Please migrate to {software}.")


def _find_board(jira: Jira, call: Call) -> Json:
    for row in jira.site.boards:
        if str(row["id"]) == call.names["id"] and _seen(jira, call, row):
            return row
    raise Refusal(404, "The requested board cannot be viewed because it either does not exist or you do not have it.")


def _seen(jira: Jira, call: Call, board: Json) -> bool:
    project = _project_of(board)
    return call.account is not None and (project is None or jira.may_browse(call, project))


def _project_of(board: Json) -> str | None:
    place = (board.get("location") or {}).get("projectId")
    return None if place is None else str(place)


def _board(jira: Jira, row: Json) -> Json:
    shown = {name: row[name] for name in ("id", "name", "type")} | {"self": _address(jira, row)}
    project = jira.site.projects.get(_project_of(row) or "")
    if project is None:
        return shown
    location = {
        "projectId": int(project["id"]),
        "projectKey": project["key"],
        "projectName": project["name"],
        "displayName": f"{project['name']} ({project['key']})",
        "projectTypeKey": project.get("projectTypeKey", "software"),
    }
    return shown | ({"location": location} if jira.is_cloud else {})


def _estimation(jira: Jira, row: Json) -> Json | None:
    """The board's own, or made from the id of its estimation field; kanban boards have none."""
    if row.get("estimation") or row["type"] == "kanban":
        estimation: Json | None = row.get("estimation")
        return estimation
    field = row.get("estimation_field")
    if field is None:
        return {"type": "none"}
    name = next((each["name"] for each in jira.site.fields if each["id"] == field), field)
    return {"type": "field", "field": {"fieldId": field, "displayName": name}}


def _sprint(jira: Jira, row: Json) -> Json:
    shown = {name: value for name, value in row.items() if name != "boardId"}
    return shown | {"self": f"{jira.view.base_url}{AGILE}/sprint/{row['id']}"}


def _address(jira: Jira, board: Json) -> str:
    return f"{jira.view.base_url}{AGILE}/board/{board['id']}"


AGILE_ROUTES: Routes = [
    ("GET", f"{AGILE}/board", boards),
    ("GET", f"{AGILE}/board/{{id}}/configuration", configuration),
    ("GET", f"{AGILE}/board/{{id}}/sprint", board_sprints),
    ("GET", f"{AGILE}/sprint/{{id}}", sprint),
]
REMOVED_ROUTES: Routes = [("GET", f"{AGILE}{path}", removed) for path in GONE]
