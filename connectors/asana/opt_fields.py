"""Which properties are asked for. Asana sends little unless asked, and kilobytes per task when asked carelessly.

Custom fields are asked by their values: without sub-fields each task would repeat every option of every field.
"""

from __future__ import annotations

from collections.abc import Collection

PAID = {"dependencies": "dependencies", "time_tracking": "actual_time_minutes"}  # capability → property of a task

MARK = "modified_at,num_subtasks,is_rendered_as_separator,memberships.project.gid,memberships.section.gid"
ANCESTOR = "parent.gid,memberships.project.gid"
CUSTOM_FIELD_VALUES = ",".join(
    f"custom_fields.{each}"
    for each in (
        "name",
        "resource_subtype",
        "enabled",
        "number_value",
        "text_value",
        "enum_value.name",
        "multi_enum_values.name",
        "date_value",
        "people_value.name",
        "display_value",
    )
)
TASK = (
    "name,resource_subtype,approval_status,completed,completed_at,created_at,created_by.name,modified_at,"
    "start_on,start_at,due_on,due_at,assignee.name,parent.name,num_subtasks,is_rendered_as_separator,"
    "memberships.project.name,memberships.section.name,tags.name,custom_type.name,"
    "custom_type_status_option.name,custom_type_status_option.completion_state,notes,permalink_url,"
) + CUSTOM_FIELD_VALUES

STORY = (
    "resource_subtype,created_at,created_by.name,project.name,task.name,dependency.name,assignee.name,"
    "old_section.name,old_section.project.gid,new_section.name,new_section.project.gid,"
    "old_dates,new_dates,old_name,new_name,old_approval_status,new_approval_status,custom_field.name,"
    "old_enum_value.name,new_enum_value.name,old_number_value,new_number_value,old_text_value,new_text_value,"
    "old_multi_enum_values.name,new_multi_enum_values.name,old_date_value,new_date_value,"
    "old_people_value.name,new_people_value.name"
)
ATTACHMENT = "name,resource_subtype,host,view_url,created_at"

FIELD = "name,resource_subtype,representation_type,is_formula_field,format,asana_created_field"
FIELD_SETTING = ",".join(f"custom_field.{each}" for each in FIELD.split(","))
_UPDATE = ",".join(f"current_status_update.{each}" for each in ("title", "status_type", "created_at", "author.name"))
_LEGACY_UPDATE = ",".join(f"current_status.{each}" for each in ("title", "color", "created_at", "author.name"))
PROJECT = f"name,archived,completed,permalink_url,{_UPDATE},{_LEGACY_UPDATE}"
PORTFOLIO = f"name,owner.name,{_UPDATE}"
PORTFOLIO_ITEM = "name,resource_type"
GOAL = (
    "name,owner.name,status,start_on,due_on,metric.initial_number_value,metric.target_number_value,"
    f"metric.current_number_value,{_UPDATE}"
)
CUSTOM_TYPE = "name,status_options.name,status_options.completion_state"
USER = "name,email"
STATUS_UPDATE = "title,status_type,created_at,author.name"


def of_task(without: Collection[str] = ()) -> str:
    """Everything a task is read with, less what the capabilities in `without` would bring."""
    return ",".join([TASK, *(name for capability, name in PAID.items() if capability not in without)])
