"""How Jira writes a change of one field into a history: what stands in from/to, and what in the strings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from connectors.sandbox.site import JiraSite

Item = dict[str, Any]
SPRINT = "com.pyxis.greenhopper.jira:gh-sprint"
MULTIPLE = {"fixVersions": "Fix Version", "versions": "Version", "components": "Component"}


def changed_items(site: JiraSite, field_id: str, before: Any, after: Any) -> list[Item]:
    """The items of one changed field, none when nothing changed. Values are canonical field values."""
    if before == after:
        return []
    if field_id == "parent":
        return [_parent(before, after)]
    if field_id in MULTIPLE:
        return _members(field_id, before or [], after or [])
    schema = _schema(site, field_id)
    kind = "custom" if "custom" in schema else "jira"
    name = _name(site, field_id) if kind == "custom" else field_id
    old, new = _told(site, schema, before), _told(site, schema, after)
    return [_item(name, kind, field_id, old, new)]


def _item(
    name: str,
    kind: str,
    field_id: str,
    old: tuple[str | None, str | None],
    new: tuple[str | None, str | None],
) -> Item:
    return {
        "field": name,
        "fieldtype": kind,
        "fieldId": field_id,
        "from": old[0],
        "fromString": old[1],
        "to": new[0],
        "toString": new[1],
    }


def _parent(before: Any, after: Any) -> Item:
    """Reparenting carries ids and keys but no fieldId."""
    old, new = before or {}, after or {}
    return {
        "field": "IssueParentAssociation",
        "fieldtype": "jira",
        "from": old.get("id"),
        "fromString": old.get("key"),
        "to": new.get("id"),
        "toString": new.get("key"),
    }


def _members(field_id: str, before: list[Item], after: list[Item]) -> list[Item]:
    """One item for each value that left and for each that came."""
    name, nothing = MULTIPLE[field_id], (None, None)
    old, new = {row["id"]: row["name"] for row in before}, {row["id"]: row["name"] for row in after}
    gone = [_item(name, "jira", field_id, (key, text), nothing) for key, text in old.items() if key not in new]
    come = [_item(name, "jira", field_id, nothing, (key, text)) for key, text in new.items() if key not in old]
    return gone + come


def _told(  # noqa: PLR0911  one return for each kind of value
    site: JiraSite, schema: dict[str, Any], value: Any
) -> tuple[str | None, str | None]:
    """(id, text) of a value: Jira keeps ids for what has one, and only text for numbers, texts and labels."""
    if schema.get("custom") == SPRINT:
        sprints = [site.sprints[number] for number in value or ()]
        return ", ".join(str(row["id"]) for row in sprints), ", ".join(row["name"] for row in sprints)
    match value:
        case None:
            return None, "" if schema.get("type") == "number" else None
        case {"accountId": account, "displayName": name}:
            return account, name
        case {"id": key}:
            return str(key), value.get("name") or value.get("value") or value.get("title")
        case [{"id": _}, *_]:
            texts = [row.get("value") or row.get("name") or "" for row in value]
            return "[" + ", ".join(str(row["id"]) for row in value) + "]", ",".join(texts)
        case list():
            return None, " ".join(str(member) for member in value)
        case float() if value.is_integer():
            return None, str(int(value))
        case str() if schema.get("type") == "date":
            return value, f"{value} 00:00:00.0"
    return None, str(value)


def _schema(site: JiraSite, field_id: str) -> dict[str, Any]:
    for row in site.fields:
        if row["id"] == field_id:
            schema: dict[str, Any] = row.get("schema") or {}
            return schema
    return {}


def _name(site: JiraSite, field_id: str) -> str:
    return next((row["name"] for row in site.fields if row["id"] == field_id), field_id)
