"""Task bytes to typed values: strictly and fast, and only when that fails property by property.

One odd optional property costs a warning, never the task; what a task has no meaning without is refused by name.
"""

from __future__ import annotations

from contextlib import suppress
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

import msgspec
from msgspec import DecodeError, Raw, ValidationError

from connectors.asana.payloads import HeadJson, StoryJson, TaskJson
from connectors.errors import PayloadUnreadable

Shape = TypeVar("Shape")

# unreadable here means a task with a wrong date or without identity: refused, and shown as rejected
NEVER_GUESSED = frozenset({"gid", "created_at", "modified_at", "completed", "completed_at", "due_on"})

_TASK = msgspec.json.Decoder(TaskJson)
_HEAD = msgspec.json.Decoder(HeadJson)
_ROW = msgspec.json.Decoder(dict[str, Raw])


def decode_task(payload: bytes) -> tuple[TaskJson, tuple[str, ...]]:
    """The task and the codes of what was odd; raises PayloadUnreadable(what, value)."""
    try:
        return _TASK.decode(payload), ()
    except ValidationError:
        return _piecewise(payload, TaskJson, "task")
    except DecodeError as error:
        raise PayloadUnreadable("task", error) from error


def decode_head(payload: bytes | Raw) -> HeadJson:
    """What fetching needs; raises PayloadUnreadable only for a row that names no gid."""
    try:
        return _HEAD.decode(payload)
    except ValidationError:
        return _piecewise(bytes(payload), HeadJson, "task")[0]
    except DecodeError as error:
        raise PayloadUnreadable("task", error) from error


def decode_stories(payload: bytes) -> tuple[list[StoryJson], bool]:
    """Those that can be read, and whether all can."""
    try:
        return msgspec.json.decode(payload, type=list[StoryJson]), True
    except ValidationError:
        stories, _ = _leniently(Raw(payload), list[StoryJson])
        return stories or [], False
    except DecodeError as error:
        raise PayloadUnreadable("stories", error) from error


def decode_rows(payload: bytes, shape: type[Shape]) -> tuple[list[Shape], bool]:
    """A listing's rows, and whether all of each could be read; a row that names no gid is left out."""
    try:
        return msgspec.json.decode(payload, type=list[shape]), True  # type: ignore[valid-type]  # known when called
    except ValidationError:
        pass
    except DecodeError as error:
        raise PayloadUnreadable("listing", error) from error
    rows, _ = _leniently(Raw(payload), list[Raw])
    found: list[Shape] = []
    for row in rows or ():
        with suppress(PayloadUnreadable):
            found.append(_piecewise(bytes(row), shape, "row")[0])
    return found, False


def _piecewise(payload: bytes, shape: type[Shape], what: str) -> tuple[Shape, tuple[str, ...]]:
    try:
        row = _ROW.decode(payload)
    except DecodeError as error:
        raise PayloadUnreadable(what, error) from error
    values: dict[str, Any] = {}
    warnings: list[str] = []
    for field in msgspec.structs.fields(shape):  # type: ignore[arg-type]  # our own Structs
        raw = row.get(field.name)
        if raw is None:
            if field.required:
                raise PayloadUnreadable(field.name, "nothing")
            continue
        value, readable = _leniently(raw, field.type)
        if not readable:
            if field.name in NEVER_GUESSED:
                raise PayloadUnreadable(field.name, bytes(raw).decode(errors="replace"))
            warnings.append(f"{field.name}_unreadable")
        values[field.name] = value
    return shape(**values), tuple(warnings)


def _leniently(raw: Raw, wanted: Any) -> tuple[Any, bool]:
    """The value and whether all of it was readable; of a list, the members that are."""
    try:
        return msgspec.json.decode(raw, type=wanted), True
    except ValidationError:
        member = _member_type(wanted)
    if member is None:
        return None, False
    try:
        members = [_leniently(one, member) for one in msgspec.json.decode(raw, type=list[Raw])]
    except ValidationError:
        return None, False
    return [value for value, readable in members if readable], False


def _member_type(wanted: Any) -> Any:
    """`X` of `list[X] | None`, None for what is no list."""
    choices = get_args(wanted) if get_origin(wanted) in {Union, UnionType} else (wanted,)
    lists = [one for one in choices if one is not NoneType and get_origin(one) is list]
    return get_args(lists[0])[0] if lists else None
