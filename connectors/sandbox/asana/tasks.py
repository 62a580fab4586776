"""Tasks as they are listed, read and searched, and what hangs on them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from connectors.sandbox.asana.paging import limit_of
from connectors.sandbox.asana.refusals import bad_request
from connectors.sandbox.asana.selection import COMPACT
from connectors.sandbox.asana.serving import Asana, Routes
from connectors.sandbox.asana.things import Ref, Task
from connectors.sandbox.asana.world import stamp
from connectors.sandbox.calls import Call, Json

SORTS = {"created_at", "completed_at", "modified_at", "due_date"}
DEFAULT_SEARCH_ROWS = 20


def listed(asana: Asana, call: Call) -> Json:
    """`/tasks`: of one project, one section, one tag, or one assignee in a workspace; with `modified_since`."""

    def rows() -> list[Ref]:
        found, since = _within(asana, call), _moment(call, "modified_since")
        if since is not None:
            found = [ref for ref in found if asana.site.tasks[ref.gid].modified_at >= since]
        return _completed_since(asana, call, found)

    return asana.page(call, asana.listing(call, rows))


def of_project(asana: Asana, call: Call) -> Json:
    """Knows `completed_since` and no `modified_since`, which it ignores."""

    def rows() -> list[Ref]:
        project = asana.readable("project", call.names["project"])
        return _completed_since(asana, call, asana.visible("task", asana.site.tasks_in(project.gid)))

    return asana.page(call, asana.listing(call, rows))


def of_section(asana: Asana, call: Call) -> Json:
    section = asana.readable("section", call.names["section"])
    return asana.page(call, _completed_since(asana, call, asana.visible("task", section.tasks)))


def of_tag(asana: Asana, call: Call) -> Json:
    tag = asana.readable("tag", call.names["tag"])
    return asana.page(call, _completed_since(asana, call, _tagged(asana, tag.gid)))


def one(asana: Asana, call: Call) -> Json:
    return asana.one(call, "task", call.names["task"])


def subtasks(asana: Asana, call: Call) -> Json:
    return asana.page(call, asana.visible("task", _task(asana, call).subtasks))


def dependencies(asana: Asana, call: Call) -> Json:
    asana.paid("dependencies")
    return asana.page(call, _ends(asana, _task(asana, call).dependencies))


def dependents(asana: Asana, call: Call) -> Json:
    asana.paid("dependencies")
    return asana.page(call, _ends(asana, _task(asana, call).dependents))


def projects(asana: Asana, call: Call) -> Json:
    """Direct ones, unless inherited ones are asked for too."""
    task = _task(asana, call)
    around = [task]
    if call.query.get("include_inherited_projects") == "true":
        around += [asana.site.tasks[gid] for gid in asana.site.ancestors(task.gid)]
    homes = dict.fromkeys(home.project for each in around for home in each.homes)
    return asana.page(call, asana.visible("project", homes))


def tags(asana: Asana, call: Call) -> Json:
    return asana.page(call, asana.visible("tag", _task(asana, call).tags))


def stories(asana: Asana, call: Call) -> Json:
    """Oldest first."""
    return asana.page(call, asana.visible("story", asana.site.stories_of.get(_task(asana, call).gid, ())))


def story(asana: Asana, call: Call) -> Json:
    return asana.one(call, "story", call.names["story"])


def attachments(asana: Asana, call: Call) -> Json:
    parent = call.query.get("parent")
    if not parent:
        raise bad_request("parent: Missing input")
    asana.readable("project" if parent in asana.site.projects else "task", parent)
    return asana.page(call, asana.visible("attachment", asana.site.attachments_of.get(parent, ())))


def attachment(asana: Asana, call: Call) -> Json:
    return asana.one(call, "attachment", call.names["attachment"])


def search(asana: Asana, call: Call) -> Json:
    """Premium. No offsets: one answer of at most `limit` rows, to be gone on with by `created_at.after`."""
    asana.paid("search")
    asana.readable("workspace", call.names["workspace"])
    site, query = asana.site, call.query
    rows = [site.tasks[ref.gid] for ref in asana.visible("task", site.tasks)]
    for fits in _search_filters(asana, call):
        rows = [task for task in rows if fits(task)]
    sort_by = query.get("sort_by", "modified_at")
    if sort_by not in SORTS:
        raise bad_request(f"sort_by: Must be one of {', '.join(sorted(SORTS))}")
    name = "due_on" if sort_by == "due_date" else sort_by
    rows.sort(key=lambda task: (getattr(task, name) or "", task.gid), reverse=query.get("sort_ascending") != "true")
    size = limit_of(query) or DEFAULT_SEARCH_ROWS
    selection = asana.asked(call, COMPACT)
    return {"data": [asana.renderer.of("task", task.gid, selection) for task in rows[:size]]}


def _search_filters(asana: Asana, call: Call) -> Iterable[Callable[[Task], bool]]:
    """One test for each filter the request names; a sub-task counts for the projects it inherits."""
    query, site = call.query, asana.site
    if wanted := _gids(query.get("projects.any")):
        yield lambda task: bool(
            wanted & {home.project for gid in (task.gid, *site.ancestors(task.gid)) for home in site.tasks[gid].homes}
        )
    if sections := _gids(query.get("sections.any")):
        yield lambda task: bool(sections & {home.section for home in task.homes})
    if people := _gids(query.get("assignee.any")):
        yield lambda task: task.assignee in people
    if tagged := _gids(query.get("tags.any")):
        yield lambda task: bool(tagged & set(task.tags))
    if subtype := query.get("resource_subtype"):
        yield lambda task: task.resource_subtype == subtype
    flags: dict[str, Callable[[Task], bool]] = {
        "completed": lambda task: task.completed,
        "is_subtask": lambda task: task.parent is not None,
        "is_blocked": lambda task: any(not site.tasks[gid].completed for gid in task.dependencies),
        "is_blocking": lambda task: not task.completed and bool(task.dependents),
    }
    for name, holds in flags.items():
        if name in query:
            yield lambda task, holds=holds, name=name: holds(task) == (query[name] == "true")  # type: ignore[misc]
    for name in ("created_at", "modified_at", "completed_at"):
        if after := _moment(call, f"{name}.after"):
            yield lambda task, name=name, after=after: (getattr(task, name) or "") > after  # type: ignore[misc]
        if before := _moment(call, f"{name}.before"):
            yield lambda task, name=name, before=before: "" < (getattr(task, name) or "") < before  # type: ignore[misc]


def _within(asana: Asana, call: Call) -> list[Ref]:
    query = call.query
    named = [name for name in ("project", "section", "tag") if query.get(name)]
    if len(named) == 1:
        gid, site = query[named[0]], asana.site
        asana.readable(named[0], gid)
        if named == ["tag"]:
            return _tagged(asana, gid)
        return asana.visible("task", site.tasks_in(gid) if named == ["project"] else site.sections[gid].tasks)
    if not named and query.get("assignee") and query.get("workspace"):
        who = asana.site.me if query["assignee"] == "me" else query["assignee"]
        return asana.visible("task", (gid for gid, task in asana.site.tasks.items() if task.assignee == who))
    raise bad_request("Must specify exactly one of project, tag, section, user task list, or assignee + workspace")


def _completed_since(asana: Asana, call: Call, found: list[Ref]) -> list[Ref]:
    """Open tasks, and those completed at or after the moment; `now` means open ones alone."""
    if call.query.get("completed_since") == "now":
        return [ref for ref in found if not asana.site.tasks[ref.gid].completed]
    since = _moment(call, "completed_since")
    if since is None:
        return found
    return [ref for ref in found if not (at := asana.site.tasks[ref.gid].completed_at) or at >= since]


def _moment(call: Call, name: str) -> str | None:
    """A moment of the query as the API writes moments; a date is its midnight."""
    text = call.query.get(name)
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise bad_request(f"{name}: Not a valid date or datetime: {text}") from None
    return stamp(at if at.tzinfo else at.replace(tzinfo=UTC))


def _task(asana: Asana, call: Call) -> Task:
    task: Task = asana.readable("task", call.names["task"])
    return task


def _ends(asana: Asana, gids: Iterable[str]) -> list[Ref]:
    """An end that may not be seen is a bare gid, or nothing at all."""
    return [Ref("task", gid) for gid in asana.site.told_ends(gids)]


def _tagged(asana: Asana, tag: str) -> list[Ref]:
    return asana.visible("task", (gid for gid, task in asana.site.tasks.items() if tag in task.tags))


def _gids(text: Any) -> set[str]:
    return {gid.strip() for gid in str(text or "").split(",") if gid.strip()}


ROUTES: Routes = [
    ("GET", "/tasks", listed),
    ("GET", "/tasks/{task}", one),
    ("GET", "/tasks/{task}/subtasks", subtasks),
    ("GET", "/tasks/{task}/dependencies", dependencies),
    ("GET", "/tasks/{task}/dependents", dependents),
    ("GET", "/tasks/{task}/projects", projects),
    ("GET", "/tasks/{task}/tags", tags),
    ("GET", "/tasks/{task}/stories", stories),
    ("GET", "/projects/{project}/tasks", of_project),
    ("GET", "/sections/{section}/tasks", of_section),
    ("GET", "/tags/{tag}/tasks", of_tag),
    ("GET", "/stories/{story}", story),
    ("GET", "/attachments", attachments),
    ("GET", "/attachments/{attachment}", attachment),
    ("GET", "/workspaces/{workspace}/tasks/search", search),
]
