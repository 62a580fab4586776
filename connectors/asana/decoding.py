"""Task bytes to typed values: strictly and fast, and only when that fails property by property.

One odd optional property costs a warning, never the task; what a task has no meaning without is refused by name.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TypeVar

import msgspec
from msgspec import DecodeError, Raw, Struct, ValidationError

from connectors.asana.payloads import HeadJson, StoryJson, TaskJson
from connectors.errors import PayloadUnreadable
from connectors.lenient import leniently, read_fields

Shape = TypeVar("Shape", bound=Struct)

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
        stories, _ = leniently(Raw(payload), list[StoryJson])
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
    rows, _ = leniently(Raw(payload), list[Raw])
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
    values, warnings = read_fields(row, shape, never_guessed=NEVER_GUESSED)
    return shape(**values), tuple(warnings)
