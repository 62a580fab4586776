"""The shapes of Asana's JSON, with the fields that are used and no others: decoding skips what is not named.

Optional everywhere but where a task has no meaning without: its gid and its two moments. A property that was asked
for and is not set may be null or missing. JSON is a tree, so none of these can be part of a cycle (`gc=False`).
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

# kinds of raw records; the first is the item, the others complete it and bear its gid
TASK_KIND, STORIES, ATTACHMENTS, HOME = "task", "stories", "attachments", "home"


class RefJson(Struct, gc=False):
    """Whatever is named by a gid: a user, a tag, an option, a section, a project."""

    gid: str | None = None
    name: str | None = None
    project: RefJson | None = None  # of a section


class MembershipJson(Struct, gc=False):
    """One home of a task; "more types of memberships may be added", which then have no project."""

    project: RefJson | None = None
    section: RefJson | None = None


class HeadJson(Struct, gc=False, kw_only=True):
    """The little of a task that fetching must understand; all else stays bytes."""

    gid: str
    modified_at: str | None = None
    num_subtasks: int | None = None
    is_rendered_as_separator: bool | None = None
    parent: RefJson | None = None
    memberships: list[MembershipJson | None] | None = None

    @property
    def homes(self) -> tuple[str, ...]:
        """Gids of the projects the task itself stands in, in Asana's order."""
        projects = (each.project for each in self.memberships or () if each is not None)
        return tuple(dict.fromkeys(each.gid for each in projects if each is not None and each.gid))

    @property
    def sections(self) -> frozenset[str]:
        sections = (each.section for each in self.memberships or () if each is not None)
        return frozenset(each.gid for each in sections if each is not None and each.gid)


class DateValueJson(Struct, gc=False):
    date: str | None = None
    date_time: str | None = None


class CustomFieldJson(Struct, gc=False, kw_only=True):
    """A value on a task. `gid` is the field's own; only the value of its kind is there. `enabled` false: left over."""

    gid: str
    name: str | None = None
    resource_subtype: str | None = None
    enabled: bool | None = None
    number_value: Any = None
    text_value: Any = None
    enum_value: RefJson | None = None
    multi_enum_values: list[RefJson | None] | None = None
    date_value: DateValueJson | None = None
    people_value: list[RefJson | None] | None = None
    display_value: Any = None


class StatusOptionJson(Struct, gc=False):
    gid: str | None = None
    name: str | None = None
    completion_state: str | None = None


class TaskJson(HeadJson, gc=False, kw_only=True):
    created_at: str
    modified_at: str
    name: str | None = None
    resource_subtype: str | None = None
    approval_status: str | None = None
    completed: bool | None = None
    completed_at: str | None = None
    created_by: RefJson | None = None
    start_on: str | None = None
    start_at: str | None = None
    due_on: str | None = None
    due_at: str | None = None
    assignee: RefJson | None = None
    tags: list[RefJson | None] | None = None
    dependencies: list[RefJson | None] | None = None
    actual_time_minutes: float | None = None
    custom_type: RefJson | None = None
    custom_type_status_option: StatusOptionJson | None = None
    custom_fields: list[CustomFieldJson | None] | None = None
    notes: str | None = None
    permalink_url: str | None = None


class HomeJson(Struct, gc=False):
    """Our own record beside a plain sub-task: the projects of the nearest task above it that stands in any."""

    projects: list[str] = []


class DatesJson(Struct, gc=False):
    start_on: str | None = None
    due_on: str | None = None
    due_at: str | None = None


class StoryJson(Struct, gc=False, kw_only=True):
    """One entry of a task's history; which of the old and new values are there depends on the subtype."""

    gid: str
    created_at: str
    resource_subtype: str | None = None
    created_by: RefJson | None = None
    project: RefJson | None = None
    task: RefJson | None = None
    dependency: RefJson | None = None
    assignee: RefJson | None = None
    custom_field: RefJson | None = None
    old_section: RefJson | None = None
    new_section: RefJson | None = None
    old_dates: DatesJson | None = None
    new_dates: DatesJson | None = None
    old_name: str | None = None
    new_name: str | None = None
    old_approval_status: str | None = None
    new_approval_status: str | None = None
    old_enum_value: RefJson | None = None
    new_enum_value: RefJson | None = None
    old_number_value: float | None = None
    new_number_value: float | None = None
    old_text_value: str | None = None
    new_text_value: str | None = None
    old_multi_enum_values: list[RefJson | None] | None = None
    new_multi_enum_values: list[RefJson | None] | None = None
    old_date_value: DateValueJson | None = None
    new_date_value: DateValueJson | None = None
    old_people_value: list[RefJson | None] | None = None
    new_people_value: list[RefJson | None] | None = None


class AttachmentJson(Struct, gc=False):
    view_url: str | None = None


class FieldJson(Struct, gc=False, kw_only=True):
    """A custom field's definition. `asana_created_field` marks those of Asana's own library."""

    gid: str
    name: str | None = None
    resource_subtype: str | None = None
    representation_type: str | None = None
    is_formula_field: bool | None = None
    format: str | None = None
    asana_created_field: str | None = None


class UpdateJson(Struct, gc=False):
    """A status update, or the older `current_status`, which says it by colour."""

    gid: str | None = None
    title: str | None = None
    status_type: str | None = None
    color: str | None = None
    created_at: str | None = None
    author: RefJson | None = None


class ProjectMetaJson(Struct, gc=False, kw_only=True):
    gid: str
    name: str | None = None
    archived: bool | None = None
    current_status_update: UpdateJson | None = None
    current_status: UpdateJson | None = None


class PortfolioItemJson(Struct, gc=False):
    gid: str | None = None
    resource_type: str | None = None


class PortfolioMetaJson(Struct, gc=False, kw_only=True):
    gid: str
    name: str | None = None
    owner: RefJson | None = None
    items: list[PortfolioItemJson | None] | None = None
    current_status_update: UpdateJson | None = None


class MetricJson(Struct, gc=False):
    initial_number_value: float | None = None
    target_number_value: float | None = None
    current_number_value: float | None = None


class GoalMetaJson(Struct, gc=False, kw_only=True):
    gid: str
    name: str | None = None
    owner: RefJson | None = None
    status: str | None = None
    start_on: str | None = None
    due_on: str | None = None
    metric: MetricJson | None = None
    current_status_update: UpdateJson | None = None


class CustomTypeJson(Struct, gc=False, kw_only=True):
    gid: str
    name: str | None = None
    status_options: list[StatusOptionJson | None] | None = None


class UserMetaJson(Struct, gc=False, kw_only=True):
    gid: str
    name: str | None = None
    email: str | None = None
