"""What an Asana is made of. Every thing is frozen: an edit puts another in its place, so nothing changes unseen.

References to other things are gids, moments are texts as the API writes them, days are `YYYY-MM-DD`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple


class Ref(NamedTuple):
    """What points at a thing: its resource type and its gid."""

    kind: str
    gid: str


class Stub(NamedTuple):
    """What points at a thing and never says more than its gid, whatever is asked: a dependency."""

    kind: str
    gid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """`gid` is unique among all things of a site."""

    kind: ClassVar[str]
    gid: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace(Thing):
    kind: ClassVar[str] = "workspace"
    is_organization: bool = True
    email_domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class User(Thing):
    """`email` is None for a caller who may not see it."""

    kind: ClassVar[str] = "user"
    email: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Team(Thing):
    kind: ClassVar[str] = "team"
    organization: str
    visibility: str = "public"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag(Thing):
    kind: ClassVar[str] = "tag"
    workspace: str
    color: str | None = None
    notes: str = ""
    created_at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnumOption(Thing):
    kind: ClassVar[str] = "enum_option"
    enabled: bool = True
    color: str = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomField(Thing):
    """`subtype` is text, enum, multi_enum, number, date, people or reference; a formula is a number to read only."""

    kind: ClassVar[str] = "custom_field"
    workspace: str
    subtype: str
    options: tuple[str, ...] = ()
    precision: int = 0
    format: str = "none"
    is_formula_field: bool = False
    asana_created_field: str | None = None
    created_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusOption(Thing):
    """One status of a custom type; `completion_state` is Incomplete or Complete."""

    kind: ClassVar[str] = "custom_type_status_option"
    completion_state: str
    enabled: bool = True
    color: str = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomType(Thing):
    """A kind of task of a company's own, with statuses of its own."""

    kind: ClassVar[str] = "custom_type"
    workspace: str
    status_options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Project(Thing):
    """`fields` are those its tasks can carry; `values` those it carries itself, as its portfolios define them."""

    kind: ClassVar[str] = "project"
    workspace: str
    created_at: str
    modified_at: str
    team: str | None = None
    owner: str | None = None
    archived: bool = False
    completed: bool = False
    completed_at: str | None = None
    completed_by: str | None = None
    start_on: str | None = None
    due_on: str | None = None
    notes: str = ""
    color: str | None = "light-green"
    default_view: str = "list"
    privacy_setting: str = "public_to_workspace"
    members: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    current_status_update: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Section(Thing):
    """`tasks` in the order people see."""

    kind: ClassVar[str] = "section"
    project: str
    created_at: str
    tasks: tuple[str, ...] = ()


class Home(NamedTuple):
    """A task's place in one project."""

    project: str
    section: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Task(Thing):
    """`values` by the gid of the field's definition; `homes` and `parent` may both be set, or neither."""

    kind: ClassVar[str] = "task"
    workspace: str
    created_at: str
    modified_at: str
    created_by: str | None = None
    resource_subtype: str = "default_task"
    approval_status: str | None = None
    completed: bool = False
    completed_at: str | None = None
    completed_by: str | None = None
    start_on: str | None = None
    start_at: str | None = None
    due_on: str | None = None
    due_at: str | None = None
    assignee: str | None = None
    assigned_by: str | None = None
    parent: str | None = None
    subtasks: tuple[str, ...] = ()
    homes: tuple[Home, ...] = ()
    dependencies: tuple[str, ...] = ()
    dependents: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    followers: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    notes: str = ""
    custom_type: str | None = None
    status_option: str | None = None
    actual_time_minutes: int | None = None
    is_rendered_as_separator: bool = False
    external: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio(Thing):
    """`items` are projects and portfolios, in any nesting; a circle is possible."""

    kind: ClassVar[str] = "portfolio"
    workspace: str
    created_at: str
    owner: str
    created_by: str | None = None
    items: tuple[Ref, ...] = ()
    fields: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    members: tuple[str, ...] = ()
    archived: bool = False
    color: str = "light-blue"
    start_on: str | None = None
    due_on: str | None = None
    privacy_setting: str = "public_to_domain"
    current_status_update: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusUpdate(Thing):
    """`name` is its title."""

    kind: ClassVar[str] = "status_update"
    parent: Ref
    status_type: str
    text: str
    author: str
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal(Thing):
    """`supported_by` are the projects, portfolios, tasks and goals that feed it."""

    kind: ClassVar[str] = "goal"
    workspace: str
    owner: str | None = None
    team: str | None = None
    is_workspace_level: bool = False
    start_on: str | None = None
    due_on: str | None = None
    notes: str = ""
    status: str | None = None
    metric: Mapping[str, Any] | None = None
    current_status_update: str | None = None
    supported_by: tuple[Ref, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Story(Thing):
    """`name` is its text; `told` what belongs to its subtype, such as `old_section` and `new_section`."""

    kind: ClassVar[str] = "story"
    target: str
    resource_subtype: str
    type: str
    created_at: str
    created_by: str | None
    told: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment(Thing):
    """A link to elsewhere (`host` external) as the integrations attach them."""

    kind: ClassVar[str] = "attachment"
    parent: Ref
    view_url: str
    created_at: str
    host: str = "external"


@dataclass(frozen=True, slots=True)
class Event:
    """One change as feeds tell it; `streams` are the gids of the resources whose subscribers hear of it."""

    created_at: str
    user: str | None
    resource: Ref
    action: str
    parent: Ref | None
    change: Mapping[str, Any] | None
    streams: frozenset[str]

    def shown(self) -> dict[str, Any]:
        """Without `change` unless something was changed; the resource may be gone, then it is a gid."""
        row: dict[str, Any] = {
            "user": Ref("user", self.user) if self.user else None,
            "created_at": self.created_at,
            "type": self.resource.kind,
            "action": self.action,
            "resource": self.resource,
            "parent": self.parent,
        }
        return row | ({"change": dict(self.change)} if self.change is not None else {})
