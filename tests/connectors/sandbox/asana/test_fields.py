"""Custom fields: kilobytes unless their parts are named, one key for a value, and values that outlive their field."""

from __future__ import annotations

from tests.connectors.sandbox.asana.support import Small, a_site, asana, data


def with_fields() -> tuple[Small, dict[str, str]]:
    """A task with one value of each kind, by the name of the field."""
    small = a_site(1)
    site = small.site
    made = {
        "Points": site.add_field("Points", "number", precision=1),
        "Priority": site.add_field("Priority", "enum", options=("High", "Low")),
        "Areas": site.add_field("Areas", "multi_enum", options=("Web", "App", "Shops")),
        "Go-live": site.add_field("Go-live", "date"),
        "Approver": site.add_field("Approver", "people"),
        "Jira issue": site.add_field("Jira issue", "text"),
        "Estimate": site.add_field("Estimate", "number", format="duration", asana_created_field="estimated_time"),
    }
    for gid in made.values():
        site.enable_field(small.project, gid)
    high, low = site.custom_fields[made["Priority"]].options
    web, app, _ = site.custom_fields[made["Areas"]].options
    values = {"Points": 2.5, "Priority": high, "Areas": (web, app), "Go-live": "2026-12-01", "Approver": (site.me,)}
    for name, value in values.items():
        site.set_value(small.tasks[0], made[name], value)
    site.disable_option(low)
    return small, made


async def test_bare_custom_fields_bring_all_their_metadata() -> None:
    small, _ = with_fields()
    async with asana(small.site) as client:
        row = await data(client, f"/tasks/{small.tasks[0]}", opt_fields="custom_fields")

    (priority,) = (field for field in row["custom_fields"] if field["name"] == "Priority")
    assert [(option["name"], option["enabled"]) for option in priority["enum_options"]] == [
        ("High", True),
        ("Low", False),
    ]
    assert {"representation_type", "is_formula_field", "created_by", "type"} <= priority.keys()


async def test_a_field_has_only_the_key_of_its_own_kind_whatever_is_asked() -> None:
    small, made = with_fields()
    keys = ("number_value", "enum_value.name", "multi_enum_values.name", "date_value", "people_value", "text_value")
    asked = ",".join(f"custom_fields.{key}" for key in (*keys, "name", "enabled", "asana_created_field"))
    async with asana(small.site) as client:
        row = await data(client, f"/tasks/{small.tasks[0]}", opt_fields=asked)

    fields = {field["name"]: field for field in row["custom_fields"]}
    assert fields["Points"] == {
        "gid": made["Points"],
        "resource_type": "custom_field",
        "name": "Points",
        "enabled": True,
        "asana_created_field": None,
        "number_value": 2.5,
    }
    assert fields["Priority"]["enum_value"]["name"] == "High"
    assert [option["name"] for option in fields["Areas"]["multi_enum_values"]] == ["Web", "App"]
    assert fields["Go-live"]["date_value"] == {"date": "2026-12-01", "date_time": None}
    assert [person["gid"] for person in fields["Approver"]["people_value"]] == [small.site.me]
    assert fields["Jira issue"]["text_value"] is None
    assert (fields["Estimate"]["number_value"], fields["Estimate"]["asana_created_field"]) == (None, "estimated_time")


async def test_display_values_read_as_people_see_them() -> None:
    small, _ = with_fields()
    async with asana(small.site) as client:
        row = await data(
            client, f"/tasks/{small.tasks[0]}", opt_fields="custom_fields.name,custom_fields.display_value"
        )

    assert {field["name"]: field["display_value"] for field in row["custom_fields"]} == {
        "Points": "2.5",
        "Priority": "High",
        "Areas": "Web, App",
        "Go-live": "2026-12-01T00:00:00.000Z",
        "Approver": "Rita Reader",
        "Jira issue": None,
        "Estimate": None,
    }


async def test_a_value_outlives_its_field_and_is_marked_disabled() -> None:
    small, made = with_fields()
    small.site.disable_field(small.project, made["Points"])
    small.site.disable_field(small.project, made["Jira issue"])
    async with asana(small.site) as client:
        row = await data(client, f"/tasks/{small.tasks[0]}", opt_fields="custom_fields.name,custom_fields.enabled")

    enabled = {field["name"]: field["enabled"] for field in row["custom_fields"]}
    assert enabled.pop("Points") is False
    assert "Jira issue" not in enabled
    assert all(enabled.values())


async def test_a_sub_task_inherits_fields_but_shows_only_what_is_set() -> None:
    small, made = with_fields()
    child = small.site.add_subtask(small.tasks[0], "Child")
    small.site.set_value(child, made["Points"], 1)
    async with asana(small.site) as client:
        row = await data(client, f"/tasks/{child}", opt_fields="custom_fields.number_value,custom_fields.enabled")

    (field,) = row["custom_fields"]
    assert (field["number_value"], field["enabled"]) == (1, True)


async def test_a_project_tells_which_fields_its_tasks_have() -> None:
    small, made = with_fields()
    async with asana(small.site) as client:
        rows = await data(client, f"/projects/{small.project}/custom_field_settings")
        named = await data(
            client, f"/projects/{small.project}/custom_field_settings", opt_fields="custom_field.name,is_important"
        )

    assert [row["custom_field"]["gid"] for row in rows] == list(made.values())
    assert rows[0]["custom_field"]["representation_type"] == "number"
    assert named[0]["custom_field"] == {"gid": made["Points"], "resource_type": "custom_field", "name": "Points"}


async def test_a_changed_value_is_told_with_what_it_was() -> None:
    small, made = with_fields()
    low = small.site.custom_fields[made["Priority"]].options[1]
    small.site.set_value(small.tasks[0], made["Priority"], low)
    asked = "resource_subtype,custom_field,old_enum_value.name,new_enum_value.name,old_number_value,new_number_value"
    async with asana(small.site) as client:
        rows = await data(client, f"/tasks/{small.tasks[0]}/stories", opt_fields=asked)

    first, last = rows[0], rows[-1]
    assert (first["resource_subtype"], first["old_number_value"], first["new_number_value"]) == (
        "number_custom_field_changed",
        None,
        2.5,
    )
    assert last["custom_field"] == {"gid": made["Priority"], "resource_type": "custom_field"}
    assert (last["old_enum_value"]["name"], last["new_enum_value"]["name"]) == ("High", "Low")
