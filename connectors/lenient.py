"""Reading what a tool sends field by field, when reading it as a whole fails: one odd value costs itself."""

from __future__ import annotations

from collections.abc import Mapping, Set
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

import msgspec
from msgspec import Raw, Struct, ValidationError

from connectors.errors import PayloadUnreadable


def read_fields(
    row: Mapping[str, Raw],
    shape: type[Struct],
    *,
    never_guessed: Set[str],
    numbers: Set[str] = frozenset(),
) -> tuple[dict[str, Any], list[str]]:
    """The values of `shape` by attribute, and a code for each field that could not be read in full.

    Raises PayloadUnreadable(field, value) for a required field that is missing, and for one in `never_guessed` that
    cannot be read: without it the thing has no meaning, or a wrong one. `numbers` are told as such.
    """
    values: dict[str, Any] = {}
    warnings: list[str] = []
    for field in msgspec.structs.fields(shape):
        raw = row.get(field.encode_name)
        if raw is None:
            if field.required:
                raise PayloadUnreadable(field.encode_name, "nothing")
            continue
        value, readable = leniently(raw, field.type)
        if not readable:
            if field.encode_name in never_guessed:
                raise PayloadUnreadable(field.encode_name, bytes(raw).decode(errors="replace"))
            kind = "not_a_number" if field.encode_name in numbers else "unreadable"
            warnings.append(f"{field.encode_name}_{kind}")
        values[field.name] = value
    return values, warnings


def leniently(raw: Raw, wanted: Any) -> tuple[Any, bool]:
    """The value and whether all of it was readable; of a list, the members that are."""
    try:
        return msgspec.json.decode(raw, type=wanted), True
    except ValidationError:
        member = _member_type(wanted)
    if member is None:
        return None, False
    try:
        members = [leniently(one, member) for one in msgspec.json.decode(raw, type=list[Raw])]
    except ValidationError:
        return None, False
    return [value for value, readable in members if readable], False


def _member_type(wanted: Any) -> Any:
    """`X` of `list[X] | None`, None for what is no list."""
    choices = get_args(wanted) if get_origin(wanted) in {Union, UnionType} else (wanted,)
    lists = [one for one in choices if one is not NoneType and get_origin(one) is list]
    return get_args(lists[0])[0] if lists else None
