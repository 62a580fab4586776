"""Custom fields as tasks, projects and settings show them: definition and value in one object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from connectors.sandbox.asana.things import CustomField, Portfolio, Project, Ref, Task
from connectors.sandbox.asana.world import World

VALUE_KEYS = {
    "number": "number_value",
    "enum": "enum_value",
    "multi_enum": "multi_enum_values",
    "date": "date_value",
    "people": "people_value",
    "reference": "reference_value",
    "text": "text_value",
}


class FieldValue(NamedTuple):
    """One custom field on one thing. `value` is hashable, so that what is shown of it can be kept."""

    field: str
    enabled: bool
    value: Any


def values_on(world: World, thing: Task | Project | Portfolio) -> tuple[FieldValue, ...]:
    """Those in force where the thing stands, set or not; then those that were set and are in force no more."""
    here = dict.fromkeys(_in_force(world, thing))
    around = world.fields_for(thing) if isinstance(thing, Task) and thing.parent else here
    shown = [FieldValue(gid, True, thing.values.get(gid)) for gid in here]
    left = [gid for gid, value in thing.values.items() if gid not in here and value is not None]
    return (*shown, *(FieldValue(gid, gid in around, thing.values[gid]) for gid in left))


def definition(world: World, field: CustomField) -> dict[str, Any]:
    """The metadata: kilobytes, with every option an enum ever had."""
    shown: dict[str, Any] = {
        "gid": field.gid,
        "resource_type": "custom_field",
        "name": field.name,
        "resource_subtype": field.subtype,
        "type": field.subtype,
        "representation_type": "formula" if field.is_formula_field else field.subtype,
        "is_formula_field": field.is_formula_field,
        "is_value_read_only": field.is_formula_field,
        "is_global_to_workspace": True,
        "has_notifications_enabled": False,
        "description": "",
        "id_prefix": None,
        "asana_created_field": field.asana_created_field,
        "created_by": Ref("user", field.created_by) if field.created_by else None,
        "privacy_setting": "public_with_guests",
        "default_access_level": "editor",
    }
    if field.subtype in {"enum", "multi_enum"}:
        shown["enum_options"] = tuple(Ref("enum_option", gid) for gid in field.options)
    if field.subtype == "number":
        shown |= {"precision": field.precision, "format": field.format}
    return shown


def shown_value(world: World, asked: FieldValue) -> dict[str, Any]:
    """Definition and value; only the key that fits the field's kind is there."""
    field = world.custom_fields[asked.field]
    value: Any = asked.value
    match field.subtype:
        case "enum":
            value = Ref("enum_option", value) if value else None
        case "multi_enum":
            value = tuple(Ref("enum_option", gid) for gid in value or ())
        case "people":
            value = tuple(Ref("user", gid) for gid in value or ())
        case "reference":
            value = tuple(value or ())
        case "date":
            value = {"date": value[:10], "date_time": value if len(value) > 10 else None} if value else None
    told = {VALUE_KEYS[field.subtype]: value, "display_value": display_value(world, field, asked.value)}
    return definition(world, field) | {"enabled": asked.enabled} | told


def display_value(world: World, field: CustomField, value: Any) -> str | None:
    """As people read it; None when nothing is set."""
    if value is None or value == ():
        return None
    match field.subtype:
        case "number" if field.format == "percentage":
            text = f"{value * 100:.{field.precision}f}%"
        case "number":
            text = f"{value:.{field.precision}f}"
        case "enum":
            text = world.enum_options[value].name
        case "multi_enum":
            text = ", ".join(world.enum_options[gid].name for gid in value)
        case "people":
            text = ", ".join(world.users[gid].name for gid in value)
        case "reference":
            text = ", ".join(world.look_up(*ref).name for ref in value)
        case "date" if len(value) == len("2026-01-05"):
            text = f"{value}T00:00:00.000Z"
        case _:
            text = str(value)
    return text


def settings(world: World, parent: Project | Portfolio) -> list[Mapping[str, Any]]:
    """Which fields are in force in a project or portfolio, and which of them it puts first."""
    ref = Ref(parent.kind, parent.gid)
    return [
        {
            "gid": f"{parent.gid}{gid[-6:]}",
            "resource_type": "custom_field_setting",
            "project": ref,
            "parent": ref,
            "is_important": nth < 2,
            "custom_field": Ref("custom_field", gid),
        }
        for nth, gid in enumerate(parent.fields)
    ]


def _in_force(world: World, thing: Task | Project | Portfolio) -> Iterator[str]:
    match thing:
        case Task():
            for home in thing.homes:
                yield from world.projects[home.project].fields
        case _:
            mine = Ref(thing.kind, thing.gid)
            for portfolio in world.portfolios.values():
                if mine in portfolio.items:
                    yield from portfolio.fields
