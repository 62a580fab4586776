"""Tasks, stories and metadata by hand, in the shapes that the real Asana sends; gids and names are made up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from connectors.asana.config import AsanaOptions
from connectors.asana.normalise import AsanaNormaliser
from connectors.contract import RawItem, RawRecord
from connectors.items import SourceItem

Json = dict[str, Any]

TASK_ID, PROJECT, OTHER_PROJECT = "1200351556373588", "1200351556373639", "1200351556373640"
TO_DO, DOING, DONE = "1200351567835415", "1200351567835416", "1200351567835417"
POINTS, PRIORITY, JIRA, STATUS = "1300000000000001", "1300000000000002", "1300000000000003", "1300000000000004"


def ref(gid: str, name: str | None = None, kind: str = "task") -> Json:
    shown = {"gid": gid, "resource_type": kind}
    return shown if name is None else {**shown, "name": name}


def member(project: str = PROJECT, section: str = TO_DO, name: str = "To do") -> Json:
    return {"project": ref(project, f"Project {project[-2:]}", "project"), "section": ref(section, name, "section")}


def task(**changed: Any) -> Json:
    """An open task in one project; `changed` replaces whole properties."""
    return {
        "gid": TASK_ID,
        "resource_type": "task",
        "resource_subtype": "default_task",
        "name": "Document the new feature",
        "assignee": ref("1200272792717222", "Pat Person", "user"),
        "created_by": ref("1200272792717223", "Chris Creator", "user"),
        "completed": False,
        "completed_at": None,
        "created_at": "2026-05-19T03:29:32.188Z",
        "modified_at": "2026-05-21T04:57:59.563Z",
        "due_at": None,
        "due_on": "2026-05-21",
        "start_on": None,
        "start_at": None,
        "parent": None,
        "num_subtasks": 0,
        "is_rendered_as_separator": False,
        "memberships": [member()],
        "tags": [ref("1200351556373616", "docs", "tag")],
        "dependencies": [],
        "custom_fields": [],
        "notes": "",
        "actual_time_minutes": None,
        "permalink_url": f"https://app.asana.com/0/{PROJECT}/{TASK_ID}",
        **changed,
    }


def value(gid: str, **told: Any) -> Json:
    """A custom field's value on a task."""
    return {"gid": gid, "resource_type": "custom_field", "enabled": True, **told}


def field(gid: str, name: str, subtype: str, **more: Any) -> Json:
    """A custom field's definition."""
    return {"gid": gid, "name": name, "resource_subtype": subtype, "representation_type": subtype, **more}


def story(gid: str, at: str, subtype: str, **told: Any) -> Json:
    author = ref("1200272792717222", "Pat Person", "user")
    return {
        "gid": gid,
        "resource_type": "story",
        "resource_subtype": subtype,
        "created_at": at,
        "created_by": author,
        **told,
    }


FIELDS = [
    field(POINTS, "Story Points", "number"),
    field(PRIORITY, "Priority", "enum"),
    field(JIRA, "Jira issue", "text"),
    field(STATUS, "Stage", "enum", asana_created_field="status"),
]


def encoded(payloads: Mapping[str, object]) -> dict[str, bytes]:
    return {name: msgspec.json.encode(content) for name, content in payloads.items()}


def a_normaliser(
    *, options: AsanaOptions | None = None, matched: tuple[str, ...] = (), **payloads: object
) -> AsanaNormaliser:
    told = encoded({"fields": FIELDS, **payloads})
    return AsanaNormaliser(told, options=options or AsanaOptions(), matched_fields=matched)


def raw(content: Json, **extras: object) -> RawItem:
    """`extras` by kind: stories, attachments, home."""
    gid = str(content.get("gid"))
    records = tuple(RawRecord(kind, gid, msgspec.json.encode(told)) for kind, told in extras.items())
    return RawItem(RawRecord("task", gid, msgspec.json.encode(content)), records)


def item(
    content: Json, *, options: AsanaOptions | None = None, matched: tuple[str, ...] = (), **extras: object
) -> SourceItem:
    return a_normaliser(options=options, matched=matched)(raw(content, **extras))
