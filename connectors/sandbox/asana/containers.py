"""What stands around tasks: workspaces, people, teams, projects, sections, tags, fields, portfolios, goals."""

from __future__ import annotations

from collections.abc import Iterable

from connectors.sandbox.asana import fields
from connectors.sandbox.asana.refusals import bad_request
from connectors.sandbox.asana.serving import Asana, Handler, Routes
from connectors.sandbox.asana.things import Project, Ref
from connectors.sandbox.calls import Call, Json


def me_or(asana: Asana, gid: str) -> str:
    return asana.site.me if gid == "me" else gid


def user(asana: Asana, call: Call) -> Json:
    return asana.one(call, "user", me_or(asana, call.names["user"]))


def users(asana: Asana, call: Call) -> Json:
    _workspace(asana, call.query.get("workspace", asana.site.workspace))
    return asana.page(call, asana.visible("user", asana.site.users))


def workspaces(asana: Asana, call: Call) -> Json:
    return asana.page(call, asana.visible("workspace", asana.site.workspaces))


def users_of_workspace(asana: Asana, call: Call) -> Json:
    _workspace(asana, call.names["workspace"])
    return asana.page(call, asana.visible("user", asana.site.users))


def teams(asana: Asana, call: Call) -> Json:
    workspace = _workspace(asana, call.names["workspace"])
    rows = (gid for gid, team in asana.site.teams.items() if team.organization == workspace)
    return asana.page(call, asana.visible("team", rows))


def tags(asana: Asana, call: Call) -> Json:
    workspace = _workspace(asana, call.names.get("workspace") or call.query.get("workspace", asana.site.workspace))
    rows = (gid for gid, tag in asana.site.tags.items() if tag.workspace == workspace)
    return asana.page(call, asana.visible("tag", rows))


def custom_fields(asana: Asana, call: Call) -> Json:
    asana.paid("custom_fields")
    workspace = _workspace(asana, call.names["workspace"])
    rows = (gid for gid, field in asana.site.custom_fields.items() if field.workspace == workspace)
    return asana.page(call, asana.visible("custom_field", rows))


def custom_types(asana: Asana, call: Call) -> Json:
    """Of a workspace or of a project, never of both; a project knows all types of its workspace here."""
    query = call.query
    if bool(query.get("workspace")) == bool(query.get("project")):
        raise bad_request("Must specify exactly one of project, workspace")
    kind = "workspace" if query.get("workspace") else "project"
    parent = asana.readable(kind, query[kind])
    workspace = parent.gid if kind == "workspace" else parent.workspace
    rows = (gid for gid, row in asana.site.custom_types.items() if row.workspace == workspace)
    return asana.page(call, asana.visible("custom_type", rows))


def projects(asana: Asana, call: Call) -> Json:
    """Of a workspace or a team; archived ones are among them unless the request says `archived=false`."""
    workspace = call.names.get("workspace") or call.query.get("workspace")
    team = call.names.get("team") or call.query.get("team")
    if not workspace and not team:
        raise bad_request("workspace: Missing input")
    if workspace:
        _workspace(asana, workspace)
    rows = (
        gid
        for gid, project in asana.site.projects.items()
        if (not workspace or project.workspace == workspace)
        and (not team or project.team == team)
        and _wanted(project, call.query.get("archived"))
    )
    return asana.page(call, asana.visible("project", rows))


def sections(asana: Asana, call: Call) -> Json:
    project = asana.readable("project", call.names["project"])
    return asana.page(call, asana.visible("section", project.sections))


def field_settings_of(kind: str) -> Handler:
    def answer(asana: Asana, call: Call) -> Json:
        asana.paid("custom_fields")
        return asana.rows(
            call, [dict(row) for row in fields.settings(asana.site, asana.readable(kind, call.names[kind]))]
        )

    return answer


def task_counts(asana: Asana, call: Call) -> Json:
    """Nothing unless it is asked for; milestones count as tasks too."""
    project = asana.readable("project", call.names["project"])
    tasks = [asana.site.tasks[ref.gid] for ref in asana.visible("task", asana.site.tasks_in(project.gid))]
    milestones = [task for task in tasks if task.resource_subtype == "milestone"]
    counts = {
        f"num_{state}{what}": sum(test(task.completed) for task in rows)
        for what, rows in (("tasks", tasks), ("milestones", milestones))
        for state, test in (("", lambda done: True), ("completed_", bool), ("incomplete_", lambda done: not done))
    }
    wanted = {name.strip() for name in call.query.get("opt_fields", "").split(",")}
    return {"data": {name: number for name, number in counts.items() if name in wanted}}


def portfolios(asana: Asana, call: Call) -> Json:
    """Only the caller's own, unless the caller is a service account."""
    asana.paid("portfolios")
    workspace = call.query.get("workspace")
    if not workspace:
        raise bad_request("workspace: Missing input")
    _workspace(asana, workspace)
    owner = call.query.get("owner")
    site, everybody = asana.site, asana.options.service_account
    if not everybody and not owner:
        raise bad_request("owner: Missing input")
    if not everybody and me_or(asana, owner or "") != site.me:
        raise bad_request("owner: Must be the current user")
    wanted = me_or(asana, owner) if owner else None
    rows = (gid for gid, row in site.portfolios.items() if wanted is None or row.owner == wanted)
    return asana.page(call, asana.visible("portfolio", rows))


def portfolio(asana: Asana, call: Call) -> Json:
    asana.paid("portfolios")
    return asana.one(call, "portfolio", call.names["portfolio"])


def portfolio_items(asana: Asana, call: Call) -> Json:
    """Projects and portfolios, as their `resource_type` says."""
    asana.paid("portfolios")
    row = asana.readable("portfolio", call.names["portfolio"])
    return asana.page(call, _seen(asana, row.items))


def status_updates(asana: Asana, call: Call) -> Json:
    """Of one parent, newest first."""
    parent = call.query.get("parent")
    if not parent:
        raise bad_request("parent: Missing input")
    kind = "goal" if parent in asana.site.goals else asana.site.container(parent).kind
    asana.readable(kind, parent)
    since = call.query.get("created_since", "")
    rows = [
        gid
        for gid, update in asana.site.status_updates.items()
        if update.parent.gid == parent and update.created_at >= since
    ]
    return asana.page(call, asana.visible("status_update", reversed(rows)))


def goals(asana: Asana, call: Call) -> Json:
    asana.paid("goals")
    site, query = asana.site, call.query
    wanted = next((name for name in ("portfolio", "project", "task", "team", "workspace") if query.get(name)), None)
    if wanted is None:
        raise bad_request("Must specify one of portfolio, project, task, team, or workspace")
    gid = query[wanted]
    asana.readable(wanted, gid)
    rows = site.goals.values()
    if wanted == "workspace":
        found = [goal for goal in rows if goal.workspace == gid]
    elif wanted == "team":
        found = [goal for goal in rows if goal.team == gid]
    else:
        found = [goal for goal in rows if Ref(wanted, gid) in goal.supported_by]
    if level := query.get("is_workspace_level"):
        found = [goal for goal in found if goal.is_workspace_level == (level == "true")]
    return asana.page(call, asana.visible("goal", (goal.gid for goal in found)))


def goal(asana: Asana, call: Call) -> Json:
    asana.paid("goals")
    return asana.one(call, "goal", call.names["goal"])


def goal_relationships(asana: Asana, call: Call) -> Json:
    """What supports one goal; nothing else can be asked."""
    asana.paid("goals")
    gid = call.query.get("supported_goal")
    if not gid:
        raise bad_request("supported_goal: Missing input")
    supported = asana.readable("goal", gid)
    rows = [
        {
            "gid": f"{gid}{nth}",
            "resource_type": "goal_relationship",
            "resource_subtype": "subgoal" if ref.kind == "goal" else "supporting_work",
            "supporting_resource": ref,
            "supported_goal": Ref("goal", gid),
            "contribution_weight": 1.0,
        }
        for nth, ref in enumerate(supported.supported_by)
        if asana.site.sees(*ref)
    ]
    return asana.rows(call, rows)


def single(kind: str) -> Handler:
    """The direct read of a kind that needs no more than its gid."""
    return lambda asana, call: asana.one(call, kind, call.names[kind])


def _workspace(asana: Asana, gid: str) -> str:
    asana.readable("workspace", gid)
    return gid


def _wanted(project: Project, archived: str | None) -> bool:
    return archived is None or project.archived == (archived == "true")


def _seen(asana: Asana, refs: Iterable[Ref]) -> list[Ref]:
    return [ref for ref in refs if asana.site.sees(*ref)]


ROUTES: Routes = [
    ("GET", "/users", users),
    ("GET", "/users/{user}", user),
    ("GET", "/workspaces", workspaces),
    ("GET", "/workspaces/{workspace}", single("workspace")),
    ("GET", "/workspaces/{workspace}/users", users_of_workspace),
    ("GET", "/workspaces/{workspace}/teams", teams),
    ("GET", "/workspaces/{workspace}/tags", tags),
    ("GET", "/workspaces/{workspace}/projects", projects),
    ("GET", "/workspaces/{workspace}/custom_fields", custom_fields),
    ("GET", "/custom_fields/{custom_field}", single("custom_field")),
    ("GET", "/custom_types", custom_types),
    ("GET", "/custom_types/{custom_type}", single("custom_type")),
    ("GET", "/teams/{team}", single("team")),
    ("GET", "/teams/{team}/projects", projects),
    ("GET", "/tags", tags),
    ("GET", "/tags/{tag}", single("tag")),
    ("GET", "/projects", projects),
    ("GET", "/projects/{project}", single("project")),
    ("GET", "/projects/{project}/sections", sections),
    ("GET", "/projects/{project}/custom_field_settings", field_settings_of("project")),
    ("GET", "/projects/{project}/task_counts", task_counts),
    ("GET", "/sections/{section}", single("section")),
    ("GET", "/portfolios", portfolios),
    ("GET", "/portfolios/{portfolio}", portfolio),
    ("GET", "/portfolios/{portfolio}/items", portfolio_items),
    ("GET", "/portfolios/{portfolio}/custom_field_settings", field_settings_of("portfolio")),
    ("GET", "/status_updates", status_updates),
    ("GET", "/status_updates/{status_update}", single("status_update")),
    ("GET", "/goals", goals),
    ("GET", "/goals/{goal}", goal),
    ("GET", "/goal_relationships", goal_relationships),
]
