"""Where an issue stands in the hierarchy, and under what.

Cloud tells both: `issuetype.hierarchyLevel`, and `parent` at every level. Data Center has `parent` for sub-tasks
only, Epic Link for epics and Parent Link above them, and no levels.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from connectors.items import SourceStub, StatusCategory
from connectors.jira.config import fold
from connectors.jira.links import read_stub
from connectors.jira.payloads import FarIssueJson, ItemTypeJson
from connectors.jira.statuses import StatusTable

SUBTASK, STANDARD, EPIC = -1, 0, 1


def level_of_type(item_type: ItemTypeJson, *, configured: Mapping[str, int]) -> int:
    """What the tool says; else sub-task, what the operator says by id or name (folded), epic by name, standard.

    Types above epic cannot be told on a Data Center: they are standard until the operator gives them a level.
    """
    if item_type.hierarchyLevel is not None:
        return item_type.hierarchyLevel
    if item_type.subtask:
        return SUBTASK
    if configured:
        for name in (fold(item_type.id), fold(item_type.name)):
            if name in configured:
                return configured[name]
    return EPIC if fold(item_type.name) == "epic" else STANDARD


def level_of_item(type_level: int, *, told: bool, epic_name: object) -> int:
    """The item's own level: one that has an Epic Name is an epic, whatever its type was renamed to.

    `told` is true when the tool itself gave the type's level; then nothing else is asked.
    """
    if not told and type_level == STANDARD and isinstance(epic_name, str) and epic_name.strip():
        return EPIC
    return type_level


class Parent(Struct, frozen=True, gc=False):
    """Empty when the tool shows none. `native_id` is None where it only gave a key."""

    native_id: str | None = None
    key: str | None = None
    stub: SourceStub | None = None
    warnings: tuple[str, ...] = ()


NO_PARENT = Parent()


def parent_of(
    *,
    item_id: str,
    subtask: bool,
    parent: FarIssueJson | None,
    epic: object,
    epic_link: object,
    parent_link: object,
    statuses: StatusTable,
) -> Parent:
    """The nearest parent: `parent`, then the epic (Agile object or Epic Link), then Parent Link.

    A sub-task's parent is the issue it belongs to, so an epic beside it is no contradiction; elsewhere two that
    differ are reported as "parent_conflict".
    """
    own = Parent(parent.id, parent.key, read_stub(parent, statuses=statuses)) if parent is not None else None
    if epic is None and epic_link is None and parent_link is None:  # nearly always so on Cloud
        return NO_PARENT if own is None or own.native_id == item_id else own
    told = (own, _from_epic(epic), _from_value(epic_link), _from_value(parent_link))
    found = [one for one in told if one is not None and one.native_id != item_id]
    if len(found) <= 1:
        return found[0] if found else NO_PARENT
    nearest = found[0]
    others = {one.key for one in found if one.key} - {nearest.key}
    if others and nearest.key and not subtask:
        return Parent(nearest.native_id, nearest.key, nearest.stub, ("parent_conflict",))
    return nearest


def _from_epic(epic: object) -> Parent | None:
    """The Agile API's `{id, key, name, summary, done}`; `done` is all it tells about the status."""
    if not isinstance(epic, dict) or not epic.get("key"):
        return None
    key, native_id = str(epic["key"]), str(epic["id"]) if epic.get("id") is not None else None
    if native_id is None:
        return Parent(None, key)
    title = epic.get("summary") or epic.get("name")
    category = StatusCategory.DONE if epic.get("done") is True else None
    return Parent(native_id, key, SourceStub(native_id, key, str(title) if title else None, status_category=category))


def _from_value(value: object) -> Parent | None:
    """A key; or Cloud's Parent Link, an object that is there even when nothing is linked: only `data` counts."""
    if value is None:
        return None
    if isinstance(value, str) and value.strip():
        return Parent(None, value.strip())
    if not isinstance(value, dict):
        return None
    data = value.get("data", value)
    if not isinstance(data, dict) or not data.get("key"):
        return None
    native_id = data.get("id")
    return Parent(None if native_id is None else str(native_id), str(data["key"]))
