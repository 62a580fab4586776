"""A very large Jira, quickly: for benchmarks, where the weight of an issue matters and its story does not.

Issues are cut from a few dozen moulds and share all that never changes; treat what is shared as read-only.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any

from connectors.sandbox import portfolio_schema as schema
from connectors.sandbox.portfolio_calendar import YEAR, jira_time
from connectors.sandbox.portfolio_text import description
from connectors.sandbox.portfolio_world import World, make_world
from connectors.sandbox.site import Issue, JiraSite

_FIRST_ID = 10001
_FIRST_LINK = 20001
_MOULDS = 48
_TEXT_FIELDS = 26
_PER_EPIC = 20
_PER_LINK = 10
_AUTHOR_EVERY = 7
Row = dict[str, Any]


@dataclass(frozen=True)
class _Mould:
    """What issues of one kind have in common: their fields, and the items of each of their histories."""

    fields: Row
    scripts: tuple[list[Row], ...]


def generate_bulk(
    *, issues: int, histories: int = 5, payload_bytes: int = 10_000, projects: int = 4, today: date
) -> JiraSite:
    """That many issues of about `payload_bytes` of JSON each, evenly over the projects, oldest first."""
    rng = Random(issues)
    world = make_world(rng, today=today)
    homes = [_project(number) for number in range(projects)]
    site = _site(world, homes)
    moulds = [_mould(rng, number, world, histories, payload_bytes) for number in range(_MOULDS)]
    epics = [_epic_of(mould) for mould in moulds]
    shown = [{name: home[name] for name in ("id", "key", "name")} for home in homes]
    begin = world.now - YEAR
    step = (world.now - timedelta(days=8) - begin) / max(1, issues)
    for number in range(issues):
        nth, place = divmod(number, projects)
        mould = (moulds if nth % _PER_EPIC else epics)[number % _MOULDS]
        issue = _issue(mould, number, shown[place], projects=projects, issues=issues, created=begin + number * step)
        _add_histories(issue, mould, begin + number * step, world.users)
        site.issues[issue["id"]] = issue
    return site


def _project(number: int) -> Row:
    return {
        "id": str(10000 + number),
        "key": f"BULK{number + 1}",
        "name": f"Bulk {number + 1}",
        "projectTypeKey": "software",
        "style": "classic",
        "simplified": False,
        "isPrivate": False,
        "archived": False,
    }


def _site(world: World, homes: list[Row]) -> JiraSite:
    people = (*world.users, world.reader)
    return JiraSite(
        base_name="bulk",
        users={person["accountId"]: person for person in people},
        me=world.reader["accountId"],
        fields=[*schema.FIELDS, *_text_fields()],
        statuses=[row for row in schema.STATUSES if "scope" not in row],
        issue_types=[row for row in schema.ISSUE_TYPES if "scope" not in row],
        priorities=list(schema.PRIORITIES),
        resolutions=list(schema.RESOLUTIONS),
        link_types=list(schema.LINK_TYPES),
        projects={home["id"]: home for home in homes},
        sprints={sprint.id: sprint.value() for sprint in world.sprints["PAY"]},
    )


def _text_fields() -> list[Row]:
    kind = "com.atlassian.jira.plugin.system.customfieldtypes:textarea"
    return [
        {
            "id": f"customfield_{11000 + number}",
            "key": f"customfield_{11000 + number}",
            "name": f"Assessment {number + 1}",
            "custom": True,
            "clauseNames": [f"cf[{11000 + number}]"],
            "schema": {"type": "string", "custom": kind, "customId": 11000 + number},
        }
        for number in range(_TEXT_FIELDS)
    ]


def _mould(rng: Random, number: int, world: World, histories: int, payload_bytes: int) -> _Mould:
    step = ("backlog", "backlog", "doing", "review", "done", "done")[number % 6]
    sprint = world.sprints["PAY"][number % len(world.sprints["PAY"])]
    scripts = _scripts(step, world.users[number % 20], sprint.id, sprint.name, histories)
    fields = _first_fields(rng, number, world, step) | {schema.SPRINT: [sprint.id]}
    weight = len(json.dumps(fields)) + len(json.dumps([*scripts])) + histories * 420 + 300
    size = max(1, (payload_bytes - weight) // _TEXT_FIELDS)
    texts = {row["id"]: _prose(rng, size) for row in _text_fields()}
    return _Mould(fields | texts, scripts)


def _first_fields(rng: Random, number: int, world: World, step: str) -> Row:
    done = step == "done"
    points = float(number % 9) if number % 5 else None
    return {
        "summary": "",
        "description": description(rng),
        "status": schema.status("PAY", step),
        "issuetype": schema.issue_type("PAY", ("Story", "Task", "Bug")[number % 3]),
        "project": None,
        "parent": None,
        "priority": schema.PRIORITIES[number % 5],
        "assignee": world.users[number % 20],
        "reporter": world.users[(number + 3) % 20],
        "creator": world.users[(number + 3) % 20],
        "resolution": schema.DONE if done else None,
        "resolutiondate": None,
        "created": "",
        "updated": "",
        "statuscategorychangedate": "",
        "duedate": (world.today + timedelta(days=number)).isoformat() if number % 3 else None,
        "labels": ["bulk", f"batch-{number % 8}"] if number % 2 else [],
        "components": [{"id": f"{100 + number % 4}", "name": f"Component {number % 4}"}],
        "fixVersions": [],
        "versions": [],
        "issuelinks": [],
        "subtasks": [],
        "timeoriginalestimate": 28800 if number % 4 == 0 else None,
        "timeestimate": 3600 if number % 4 == 0 else None,
        "timespent": 7200 if number % 4 == 0 else None,
        schema.TEAM: world.teams[number % len(world.teams)].value,
        schema.START: None,
        schema.FLAGGED: None,
        schema.TARGET_START: None,
        schema.TARGET_END: None,
        schema.STORY_POINTS: points,
        schema.RANK: "",
    }


def _scripts(step: str, doer: Row, sprint: int, sprint_name: str, histories: int) -> tuple[list[Row], ...]:
    """The items of each history; the last status item always tells the present status."""
    steps = ("backlog", "ready", "doing", "review", "done")
    path = steps[: steps.index(step) + 1]
    moves = [_status_item(former, then) for former, then in pairwise(path)]
    moves = [_status_item("backlog", step)] if len(moves) > histories else moves
    others = [
        _item("assignee", "assignee", doer["accountId"], doer["displayName"]),
        _item("Sprint", schema.SPRINT, str(sprint), sprint_name),
        _item("labels", "labels", None, "bulk"),
    ]
    fill = [others[number % len(others)] for number in range(histories - len(moves))]
    return tuple([item] for item in (*fill, *moves))[:histories]


def _status_item(former: str, then: str) -> Row:
    before, after = schema.status("PAY", former), schema.status("PAY", then)
    return _item("status", "status", after["id"], after["name"], (before["id"], before["name"]))


def _item(name: str, id: str, to: str | None, text: str, former: tuple[str | None, str | None] = (None, None)) -> Row:
    return {
        "field": name,
        "fieldtype": "custom" if id.startswith("custom") else "jira",
        "fieldId": id,
        "from": former[0],
        "fromString": former[1],
        "to": to,
        "toString": text,
    }


def _prose(rng: Random, size: int) -> str:
    words = " ".join(description(rng) for _ in range(size // 180 + 1))
    return words[:size]


def _epic_of(mould: _Mould) -> _Mould:
    return _Mould(mould.fields | {"issuetype": schema.issue_type("PAY", "Epic")}, mould.scripts)


def _issue(mould: _Mould, number: int, home: Row, *, projects: int, issues: int, created: datetime) -> Issue:
    """`number` counts over all projects, which take turns."""
    nth = number // projects
    fields = mould.fields.copy()
    fields["summary"] = f"Piece of work {number + 1}"
    fields["project"] = home
    fields["created"] = jira_time(created)
    fields[schema.RANK] = f"0|i{number:06x}:"
    if in_epic := nth % _PER_EPIC:
        fields["parent"] = _reference(number - in_epic * projects, projects)
    else:
        del fields["parent"]
    match nth % _PER_LINK:
        case 5 if number + projects < issues:
            fields["issuelinks"] = [_link(number, "outwardIssue", number + projects, projects)]
        case 6:
            fields["issuelinks"] = [_link(number - projects, "inwardIssue", number - projects, projects)]
        case _:
            pass
    return {"id": str(_FIRST_ID + number), "key": f"{home['key']}-{nth + 1}", "fields": fields}


def _reference(number: int, projects: int) -> Row:
    nth, place = divmod(number, projects)
    return {"id": str(_FIRST_ID + number), "key": f"BULK{place + 1}-{nth + 1}"}


def _link(first: int, side: str, far: int, projects: int) -> Row:
    kind = schema.LINK_TYPES[0]
    return {"id": str(_FIRST_LINK + first), "type": kind, side: _reference(far, projects)}


def _add_histories(issue: Issue, mould: _Mould, created: datetime, authors: Sequence[Row]) -> None:
    """One history a day after the creation, oldest first; `updated` and the category follow the last of them."""
    number = int(issue["id"])
    stamps = [jira_time(created + timedelta(days=day + 1)) for day in range(len(mould.scripts))]
    issue["changelog"] = {
        "histories": [
            {
                "id": str(number * 100 + place + 1),
                "author": authors[(number + place) % _AUTHOR_EVERY],
                "created": stamp,
                "items": items,
            }
            for place, (stamp, items) in enumerate(zip(stamps, mould.scripts, strict=True))
        ]
    }
    fields = issue["fields"]
    fields["updated"] = stamps[-1] if stamps else fields["created"]
    fields["statuscategorychangedate"] = fields["updated"]
    if fields["resolution"]:
        fields["resolutiondate"] = fields["updated"]
