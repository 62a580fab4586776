"""Jira payloads as plain dicts, small and true to the shapes of both editions; every value can be replaced."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from connectors.contract import RawItem, RawRecord

Json = dict[str, Any]

FLOAT = "com.atlassian.jira.plugin.system.customfieldtypes:float"
DATEPICKER = "com.atlassian.jira.plugin.system.customfieldtypes:datepicker"
MULTICHECKBOXES = "com.atlassian.jira.plugin.system.customfieldtypes:multicheckboxes"
STORY_POINT_ESTIMATE = "com.pyxis.greenhopper.jira:jsw-story-points"
SPRINT = "com.pyxis.greenhopper.jira:gh-sprint"
EPIC_LINK = "com.pyxis.greenhopper.jira:gh-epic-link"
EPIC_NAME = "com.pyxis.greenhopper.jira:gh-epic-label"
PARENT_LINK = "com.atlassian.jpo:jpo-custom-field-parent"
TARGET_START = "com.atlassian.jpo:jpo-custom-field-baseline-start"
TARGET_END = "com.atlassian.jpo:jpo-custom-field-baseline-end"
TEAM = "com.atlassian.teams:rm-teams-custom-field-team"

TO_DO, IN_PROGRESS, DONE = ("1", "Open", "new"), ("3", "In Progress", "indeterminate"), ("6", "Closed", "done")


def a_field(native_id: str, name: str, custom: str | None = None, *, kind: str = "number", **more: Any) -> Json:
    schema: Json = {"type": kind} | ({"custom": custom} if custom else {"system": native_id})
    return {"id": native_id, "name": name, "custom": custom is not None, "schema": schema} | more


def a_status(native_id: str = "1", name: str = "Open", category: str | None = "new") -> Json:
    return {"id": native_id, "name": name} | ({"statusCategory": {"key": category}} if category else {})


def an_issue(native_id: str = "10001", key: str = "PAY-1", **fields: Any) -> Json:
    """An open story of project PAY; keyword arguments replace or add fields. `changelog` stands beside them."""
    changelog = fields.pop("changelog", None)
    issue: Json = {
        "id": native_id,
        "key": key,
        "self": f"https://jira.example.com/rest/api/2/issue/{native_id}",
        "fields": {
            "summary": "Pay by card",
            "project": {"id": "100", "key": "PAY", "name": "Payments"},
            "issuetype": {"id": "11", "name": "Story", "subtask": False},
            "status": a_status(*TO_DO),
            "resolution": None,
            "created": "2026-01-05T09:00:00.000+0000",
            "updated": "2026-01-06T09:00:00.000+0000",
        }
        | fields,
    }
    return issue | ({} if changelog is None else {"changelog": changelog})


def a_history(native_id: str, created: str | float, *items: Json, author: Json | None = None) -> Json:
    return {"id": native_id, "created": created, "items": list(items)} | ({"author": author} if author else {})


def a_change(field: str, before: Any = None, after: Any = None, **more: Any) -> Json:
    """A history item; `before` and `after` are ids unless the strings are given in `more`."""
    return {
        "field": field,
        "fieldtype": "jira",
        "from": before,
        "to": after,
        "fromString": None,
        "toString": None,
    } | more


def a_move(before: tuple[str, str, str], after: tuple[str, str, str]) -> Json:
    return a_change("status", before[0], after[0], fromString=before[1], toString=after[1])


def a_changelog(*histories: Json, total: int | None = None) -> Json:
    listed = list(histories)
    return {
        "startAt": 0,
        "maxResults": len(listed),
        "total": total if total is not None else len(listed),
        "histories": listed,
    }


def a_link(
    native_id: str, type_id: str, *, outward: tuple[str, str] | None = None, inward: tuple[str, str] | None = None
) -> Json:
    """`outward` or `inward` is the (id, key) of the far end."""
    far = outward or inward or ("", "")
    end = {"id": far[0], "key": far[1], "fields": {"summary": "Far away", "status": a_status(*DONE)}}
    side = "outwardIssue" if outward else "inwardIssue"
    return {"id": native_id, "type": {"id": type_id, "name": "Blocks"}, side: end}


def raw(issue: Json, *, histories: Sequence[Json] | None = None) -> RawItem:
    """As a page carries it; `histories` become a changelog record of their own."""
    extras = () if histories is None else (RawRecord("changelog", issue["id"], json.dumps(histories).encode()),)
    return RawItem(RawRecord("issue", issue["id"], json.dumps(issue).encode()), extras)


def payloads(**values: Any) -> dict[str, bytes]:
    """Reference payloads as discovery keeps them, with three statuses and the Blocks type unless replaced."""
    defaults: Mapping[str, Any] = {
        "statuses": [a_status(*TO_DO), a_status(*IN_PROGRESS), a_status(*DONE)],
        "item_types": [{"id": "11", "name": "Story"}, {"id": "10", "name": "Epic"}],
        "link_types": {
            "issueLinkTypes": [{"id": "1", "name": "Blocks", "outward": "blocks", "inward": "is blocked by"}]
        },
        "projects": [{"id": "100", "key": "PAY", "name": "Payments"}],
        "server": {"edition": "datacenter", "url": "https://jira.example.com"},
    }
    return {name: json.dumps(value).encode() for name, value in {**defaults, **values}.items()}


def real_data() -> Path:
    """The folder of recorded tracker data; skips the test where it is not at hand."""
    default = Path(__file__).resolve().parents[2].parent / "shared" / "data"
    folder = Path(os.environ.get("INTERLOCK_REAL_DATA", default))
    if not (folder / "jira").is_dir():
        pytest.skip(f"the recorded tracker data is not at {folder} (set INTERLOCK_REAL_DATA)")
    return folder


def records(lines: Iterator[bytes]) -> Iterator[RawItem]:
    """Recorded issues, one JSON object a line."""
    for line in lines:
        yield RawItem(RawRecord("issue", json.loads(line)["id"], line))
