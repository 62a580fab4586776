"""Which names each kind of thing answers to, which of them it shows by itself, and where they come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.sandbox.asana import fields
from connectors.sandbox.asana.things import Goal, Portfolio, Project, Ref, Story, Stub, Task
from connectors.sandbox.asana.world import World

MISSING = object()
"""Of a name that is not there at all, although it was asked."""

Reader = Callable[[World, Any], Any]
SITE = "https://app.asana.com"
COLORS = {"on_track": "green", "at_risk": "yellow", "off_track": "red", "on_hold": "blue", "complete": "complete"}


@dataclass(frozen=True, slots=True)
class Shape:
    """`full` is what a single thing shows unasked; `readers` also knows the names that are opt-in."""

    compact: tuple[str, ...]
    full: tuple[str, ...]
    readers: Mapping[str, Reader]


def _plain(name: str) -> Reader:
    return lambda world, thing: getattr(thing, name)


def _ref(kind: str, name: str) -> Reader:
    def read(world: World, thing: Any) -> Any:
        gid = getattr(thing, name)
        return Ref(kind, gid) if gid else None

    return read


def _refs(kind: str, name: str) -> Reader:
    return lambda world, thing: tuple(Ref(kind, gid) for gid in getattr(thing, name))


def _constant(value: Any) -> Reader:
    return lambda world, thing: value


def _shape(compact: str, plain: str = "", *, opt_in: str = "", **readers: Reader) -> Shape:
    """`compact`, `plain` and `opt_in` are names; a reader is a field of its own name unless one is given."""
    names = dict.fromkeys([*compact.split(), *plain.split(), *readers])
    hidden = set(opt_in.split())
    known = {name: readers.get(name) or _plain(name) for name in [*names, *hidden]}
    full = tuple(name for name in names if name not in hidden)
    return Shape(tuple(compact.split()), full, known)


def _dependencies(name: str) -> Reader:
    """Gids alone, whatever is asked."""
    return lambda world, task: tuple(Stub("task", gid) for gid in world.told_ends(getattr(task, name)))


def _memberships(world: World, task: Task) -> Any:
    return tuple(
        {"project": Ref("project", home.project), "section": Ref("section", home.section)}
        for home in task.homes
        if home.project not in world.hidden
    )


def _projects(world: World, task: Task) -> Any:
    return tuple(Ref("project", home.project) for home in task.homes if home.project not in world.hidden)


def _subtask_count(world: World, task: Task) -> int:
    return sum(not world.is_trashed(gid) for gid in task.subtasks) if world.trashed else len(task.subtasks)


def address_of(task: Task) -> str:
    """Where people open a task."""
    return f"{SITE}/0/{task.homes[0].project if task.homes else 0}/{task.gid}"


def _approval(world: World, task: Task) -> Any:
    return task.approval_status if task.resource_subtype == "approval" else MISSING


def _status_color(world: World, project: Project) -> Any:
    """The status as it was told before status updates; deprecated and still sent."""
    update = world.status_updates.get(project.current_status_update or "")
    if update is None:
        return None
    author = Ref("user", update.author)
    return {
        "gid": update.gid,
        "resource_type": "project_status",
        "title": update.name,
        "text": update.text,
        "color": COLORS.get(update.status_type, "green"),
        "author": author,
        "created_by": author,
        "created_at": update.created_at,
        "modified_at": update.created_at,
    }


def _field_settings(world: World, parent: Project | Portfolio) -> Any:
    return tuple(fields.settings(world, parent))


def _told(name: str) -> Reader:
    return lambda world, story: story.told.get(name, MISSING)


def _status(world: World, goal: Goal) -> Any:
    return goal.status


def _user(name: str) -> Reader:
    return _ref("user", name)


def _created_by(world: World, story: Story) -> Any:
    return Ref("user", story.created_by) if story.created_by else None


CUSTOM_FIELDS: Reader = fields.values_on
TOLD = (
    "old_name new_name old_dates new_dates old_resource_subtype new_resource_subtype assignee follower old_section "
    "new_section task project tag custom_field old_text_value new_text_value old_number_value new_number_value "
    "old_enum_value new_enum_value old_date_value new_date_value old_people_value new_people_value "
    "old_multi_enum_values new_multi_enum_values old_approval_status new_approval_status dependency"
)
NOBODY: Reader = _constant(())
NOTHING: Reader = _constant(None)
NONE_YET: Reader = _constant(0)
NO: Reader = _constant(False)

SHAPES: dict[str, Shape] = {
    "workspace": _shape("name", "is_organization email_domains"),
    "user": _shape(
        "name",
        "email",
        photo=NOTHING,
        workspaces=lambda world, user: tuple(Ref("workspace", gid) for gid in world.workspaces),
    ),
    "team": _shape(
        "name",
        "visibility",
        organization=_ref("workspace", "organization"),
        permalink_url=lambda world, team: f"{SITE}/0/{team.gid}",
    ),
    "tag": _shape(
        "name",
        "color notes created_at",
        followers=NOBODY,
        workspace=_ref("workspace", "workspace"),
        permalink_url=lambda world, tag: f"{SITE}/0/{tag.gid}",
    ),
    "custom_type": _shape("name", status_options=_refs("custom_type_status_option", "status_options")),
    "custom_type_status_option": _shape("name", "completion_state enabled color"),
    "enum_option": _shape("name enabled color"),
    "section": _shape(
        "name",
        "created_at",
        project=_ref("project", "project"),
        projects=lambda world, section: (Ref("project", section.project),),
    ),
    "project": _shape(
        "name",
        "archived color created_at modified_at default_view due_on notes privacy_setting start_on completed "
        "completed_at",
        opt_in="html_notes project_brief created_from_template",
        html_notes=lambda world, project: f"<body>{project.notes}</body>",
        project_brief=NOTHING,
        created_from_template=NOTHING,
        icon=_constant("rocket"),
        public=lambda world, project: project.privacy_setting != "private",
        due_date=_plain("due_on"),
        default_access_level=_constant("editor"),
        current_status=_status_color,
        current_status_update=_ref("status_update", "current_status_update"),
        custom_field_settings=_field_settings,
        custom_fields=CUSTOM_FIELDS,
        completed_by=_user("completed_by"),
        members=_refs("user", "members"),
        followers=_refs("user", "members"),
        owner=_user("owner"),
        team=_ref("team", "team"),
        workspace=_ref("workspace", "workspace"),
        permalink_url=lambda world, project: f"{SITE}/0/{project.gid}",
    ),
    "task": _shape(
        "name resource_subtype",
        "completed completed_at created_at due_at due_on modified_at notes start_at start_on actual_time_minutes",
        opt_in="created_by assigned_by dependencies dependents html_notes num_subtasks is_rendered_as_separator "
        "external",
        approval_status=_approval,
        external=lambda world, task: dict(task.external) if task.external else MISSING,
        html_notes=lambda world, task: f"<body>{task.notes}</body>",
        dependencies=_dependencies("dependencies"),
        dependents=_dependencies("dependents"),
        num_subtasks=_subtask_count,
        assignee_status=_constant("inbox"),
        hearted=NO,
        hearts=NOBODY,
        liked=NO,
        likes=NOBODY,
        num_hearts=NONE_YET,
        num_likes=NONE_YET,
        completed_by=_user("completed_by"),
        created_by=_user("created_by"),
        assigned_by=_user("assigned_by"),
        assignee=_user("assignee"),
        custom_fields=CUSTOM_FIELDS,
        custom_type=_ref("custom_type", "custom_type"),
        custom_type_status_option=_ref("custom_type_status_option", "status_option"),
        followers=_refs("user", "followers"),
        memberships=_memberships,
        projects=_projects,
        parent=_ref("task", "parent"),
        tags=_refs("tag", "tags"),
        workspace=_ref("workspace", "workspace"),
        permalink_url=lambda world, task: address_of(task),
    ),
    "portfolio": _shape(
        "name",
        "color created_at due_on start_on privacy_setting",
        opt_in="archived",
        default_access_level=_constant("viewer"),
        public=lambda world, portfolio: portfolio.privacy_setting == "public_to_domain",
        created_by=_user("created_by"),
        current_status_update=_ref("status_update", "current_status_update"),
        custom_field_settings=_field_settings,
        custom_fields=CUSTOM_FIELDS,
        members=_refs("user", "members"),
        owner=_user("owner"),
        project_templates=NOBODY,
        workspace=_ref("workspace", "workspace"),
        permalink_url=lambda world, portfolio: f"{SITE}/0/portfolio/{portfolio.gid}/list",
    ),
    "status_update": _shape(
        "title resource_subtype",
        "text status_type created_at",
        opt_in="html_text",
        title=_plain("name"),
        resource_subtype=lambda world, update: f"{update.parent.kind}_status_update",
        html_text=lambda world, update: f"<body>{update.text}</body>",
        author=_user("author"),
        created_by=_user("author"),
        modified_at=_plain("created_at"),
        parent=_plain("parent"),
        num_likes=NONE_YET,
        num_hearts=NONE_YET,
        likes=NOBODY,
        hearts=NOBODY,
        liked=NO,
        hearted=NO,
        reaction_summary=NOBODY,
    ),
    "goal": _shape(
        "name owner",
        "due_on start_on is_workspace_level notes",
        opt_in="html_notes",
        owner=_user("owner"),
        html_notes=lambda world, goal: f"<body>{goal.notes}</body>",
        status=_status,
        metric=lambda world, goal: dict(goal.metric) if goal.metric else None,
        team=_ref("team", "team"),
        workspace=_ref("workspace", "workspace"),
        time_period=NOTHING,
        current_status_update=_ref("status_update", "current_status_update"),
        followers=NOBODY,
        liked=NO,
        likes=NOBODY,
        num_likes=NONE_YET,
        custom_fields=NOBODY,
        custom_field_settings=NOBODY,
    ),
    "story": _shape(
        "created_at created_by resource_subtype text",
        "type",
        opt_in=f"html_text {TOLD}",
        text=_plain("name"),
        html_text=lambda world, story: f"<body>{story.name}</body>",
        created_by=_created_by,
        target=_ref("task", "target"),
        source=_constant("web"),
        is_pinned=NO,
        is_editable=NO,
        is_edited=NO,
        hearted=NO,
        hearts=NOBODY,
        num_hearts=NONE_YET,
        liked=NO,
        likes=NOBODY,
        num_likes=NONE_YET,
        previews=NOBODY,
        reaction_summary=NOBODY,
        **{name: _told(name) for name in TOLD.split()},
    ),
    "attachment": _shape(
        "name resource_subtype",
        "created_at host view_url",
        resource_subtype=_plain("host"),
        download_url=NOTHING,
        permanent_url=lambda world, attachment: f"{SITE}/app/asana/-/get_asset?asset_id={attachment.gid}",
        parent=_plain("parent"),
        size=NOTHING,
        connected_to_app=_constant(True),
    ),
}
