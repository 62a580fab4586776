"""Every answer has the shape of the vendor's own OpenAPI document, but for the lies listed here with their reason."""

from __future__ import annotations

import gzip
import os
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from connectors.sandbox.asana.site import AsanaSite
from connectors.sandbox.asana.things import Ref
from tests.connectors.receiving import a_place
from tests.connectors.sandbox.asana.support import NOW, a_site, asana

DATA = Path(os.environ.get("INTERLOCK_REAL_DATA", Path(__file__).parents[4].parent / "shared" / "data"))
DOCUMENT = DATA / "specs" / "asana.yaml.gz"
pytestmark = pytest.mark.skipif(not DOCUMENT.is_file(), reason=f"no OpenAPI document {DOCUMENT} (INTERLOCK_REAL_DATA)")

LIES = {
    r".*: None is not (of type|one of) .*": "the document does not say of every value that it may be null",
}
READS = {
    "/users/me": "UserResponse",
    "/workspaces": "WorkspaceCompact",
    "/workspaces/{workspace}": "WorkspaceResponse",
    "/workspaces/{workspace}/teams": "TeamCompact",
    "/workspaces/{workspace}/tags?opt_fields=color,notes,created_at": "TagResponse",
    "/workspaces/{workspace}/custom_fields": "CustomFieldResponse",
    "/custom_fields/{field}": "CustomFieldResponse",
    "/custom_types?workspace={workspace}": "CustomTypeCompact",
    "/custom_types/{custom_type}": "CustomTypeResponse",
    "/projects?workspace={workspace}": "ProjectCompact",
    "/projects/{project}": "ProjectResponse",
    "/projects/{project}/sections": "SectionCompact",
    "/projects/{project}/custom_field_settings": "CustomFieldSettingResponse",
    "/sections/{section}": "SectionResponse",
    "/tasks?project={project}": "TaskCompact",
    "/tasks/{task}": "TaskResponse",
    "/tasks/{task}?opt_fields=dependencies,dependents,num_subtasks,custom_fields,memberships,tags": "TaskResponse",
    "/tasks/{other}": "TaskResponse",
    "/tasks/{task}/subtasks": "TaskCompact",
    "/tasks/{task}/dependencies": "TaskCompact",
    "/tasks/{task}/stories": "StoryCompact",
    "/stories/{story}": "StoryResponse",
    "/attachments?parent={task}": "AttachmentCompact",
    "/attachments/{attachment}": "AttachmentResponse",
    "/portfolios?workspace={workspace}&owner=me": "PortfolioCompact",
    "/portfolios/{portfolio}": "PortfolioResponse",
    "/portfolios/{portfolio}/items": "ProjectCompact",
    "/status_updates?parent={project}": "StatusUpdateCompact",
    "/status_updates/{status_update}": "StatusUpdateResponse",
    "/goals?workspace={workspace}": "GoalCompact",
    "/goals/{goal}": "GoalResponse",
    "/goal_relationships?supported_goal={goal}": "GoalRelationshipResponse",
    "/projects/{project}/task_counts?opt_fields=num_tasks,num_completed_milestones": "TaskCountResponse",
}


@lru_cache
def document() -> dict[str, Any]:
    with gzip.open(DOCUMENT) as file:
        loaded: dict[str, Any] = yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  safe
    return loaded


def complaints(value: Any, schema: str) -> list[str]:
    """What the document holds against an answer, less the known lies, and every name it does not know."""
    assert schema in document()["components"]["schemas"], schema
    validator = Draft7Validator({"$ref": f"#/components/schemas/{schema}", "components": document()["components"]})
    rows = value if isinstance(value, list) else [value]
    assert rows, "an empty list proves nothing"
    found = [
        f"{'/'.join(str(part) for part in error.absolute_path)}: {error.message}"
        for row in rows
        for error in validator.iter_errors(row)
    ]
    found += [f"{name} is not in the document" for row in rows for name in sorted(row.keys() - names_in(schema))]
    return [each for each in found if not any(re.fullmatch(lie, each, re.DOTALL) for lie in LIES)]


def names_in(schema: str) -> set[str]:
    """The names of the properties of a schema, through all it is made of."""
    found: set[str] = set()
    waiting = [document()["components"]["schemas"][schema]]
    while waiting:
        part = waiting.pop()
        if "$ref" in part:
            waiting.append(document()["components"]["schemas"][part["$ref"].rsplit("/", 1)[1]])
        waiting += [*part.get("allOf", ()), *part.get("anyOf", ()), *part.get("oneOf", ())]
        found |= part.get("properties", {}).keys()
    return found


def full_site() -> tuple[AsanaSite, dict[str, str]]:
    """One of everything, and the gids that the paths name."""
    small = a_site(2)
    site, (task, other) = small.site, small.tasks
    site.add_team("Marketing")
    tag = site.add_tag("launch")
    points = site.add_field("Points", "number", precision=1, created_by=site.me)
    priority = site.add_field("Priority", "enum", options=("High", "Low"))
    site.enable_field(small.project, points)
    site.enable_field(small.project, priority)
    site.set_value(task, points, 3)
    site.set_value(task, priority, site.custom_fields[priority].options[0])
    site.add_subtask(task, "Child")
    site.add_dependency(task, other)
    site.add_tag_to(task, tag)
    site.touch(task, NOW, assignee=site.me, due_on="2026-12-01", followers=(site.me,))
    story = site.comment(task, "Here?")
    attachment = site.attach(task, "PAY-1", "https://jira.example.com/browse/PAY-1")
    site.complete(task, NOW)
    kind = site.add_custom_type("Request", {"New": "Incomplete", "Granted": "Complete"})
    site.set_status(other, site.custom_types[kind].status_options[1], NOW)
    status = site.post_status(small.project, "at_risk", "Week 2", "Slipping", at=NOW)
    site.edit_project(small.project, NOW, owner=site.me, members=(site.me,), start_on="2026-01-05", due_on="2026-12-18")
    portfolio = site.add_portfolio("Commerce", items=[small.project], created_by=site.me)
    metric = {"resource_subtype": "number", "unit": "percentage", "precision": 2, "current_number_value": 0.4}
    goal = site.add_goal(
        "Half online", supported_by=[Ref("project", small.project)], owner=site.me, status="green", metric=metric
    )
    return site, {
        "workspace": site.workspace,
        "project": small.project,
        "section": small.todo,
        "task": task,
        "other": other,
        "custom_type": kind,
        "story": story,
        "attachment": attachment,
        "portfolio": portfolio,
        "goal": goal,
        "status_update": status,
        "field": priority,
    }


@pytest.mark.parametrize(("path", "schema"), READS.items())
async def test_an_answer_has_the_vendors_shape(path: str, schema: str) -> None:
    site, names = full_site()
    async with asana(site) as client:
        answer = await client.get(path.format(**names))

    assert answer.status_code == 200, answer.text
    assert complaints(answer.json()["data"], schema) == []


async def test_events_have_the_vendors_shape() -> None:
    site, names = full_site()
    async with asana(site) as client:
        lost = await client.get("/events", params={"resource": names["project"]})
        site.touch(names["task"], NOW, assignee=None, name="Renamed")
        site.trash(names["task"], NOW)
        told = await client.get("/events", params={"resource": names["project"], "sync": lost.json()["sync"]})

    assert complaints(told.json()["data"], "EventResponse") == []


async def test_refusals_and_batches_have_the_vendors_shape() -> None:
    site, _ = full_site()
    async with asana(site) as client:
        refusal = await client.get("/tasks/99")
        actions = [{"method": "get", "relative_path": "/users/me"}]
        answers = await client.post("/batch", json={"data": {"actions": actions}})

    assert complaints(refusal.json(), "ErrorResponse") == []
    assert complaints(answers.json()["data"], "BatchResponse") == []


async def test_webhooks_have_the_vendors_shape() -> None:
    site, names = full_site()
    with a_place() as place:
        asked = {"resource": names["project"], "target": f"{place.url}/hook", "filters": [{"resource_type": "task"}]}
        async with asana(site) as client:
            made = await client.post("/webhooks", json={"data": asked})
            shown = await client.get(f"/webhooks/{made.json()['data']['gid']}")
            listed = await client.get("/webhooks", params={"workspace": names["workspace"]})
            removed = await client.delete(f"/webhooks/{made.json()['data']['gid']}")

    assert (made.status_code, place.handshakes[0].headers["x-hook-secret"]) == (201, made.json()["X-Hook-Secret"])
    for answer in (made, shown, listed):
        assert complaints(answer.json()["data"], "WebhookResponse") == []
    assert removed.json() == {"data": {}}
