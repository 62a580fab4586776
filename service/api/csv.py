"""Lists as CSV: one header that follows from the schema, one line per row, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, get_args, get_origin

import msgspec
from msgspec import Struct

MEDIA_TYPE: Final = "text/csv; charset=utf-8"
DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet runs a cell that starts with one of these


def to_csv(rows: Iterable[Mapping[str, Any]], *, schema: type[Struct]) -> bytes:
    """`rows` as the JSON answer holds them. Nested objects become dotted columns, lists "a; b", null is empty."""
    columns = columns_of(schema)
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")  # RFC 4180
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(_find(row, column)) for column in columns])
    return out.getvalue().encode("utf-8")


def columns_of(schema: type[Struct]) -> tuple[str, ...]:
    """The dotted names of a schema's leaves, in its order."""
    columns: list[str] = []
    for field in msgspec.structs.fields(schema):
        nested = _struct_in(field.type)
        name = field.encode_name
        columns += [name] if nested is None else [f"{name}.{leaf}" for leaf in columns_of(nested)]
    return tuple(columns)


def safe(text: str) -> str:
    """`text` with an apostrophe in front when a spreadsheet would take it for a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(DANGEROUS) else text


def _struct_in(annotation: Any) -> type[Struct] | None:
    """The struct of `Struct`, `Struct | None` or `Struct | UnsetType`; a list of structs is one cell."""
    if isinstance(annotation, type):
        return annotation if issubclass(annotation, Struct) else None
    if get_origin(annotation) in {list, tuple}:
        return None
    structs = [part for part in get_args(annotation) if isinstance(part, type) and issubclass(part, Struct)]
    return structs[0] if len(structs) == 1 else None


def _find(row: Mapping[str, Any], column: str) -> Any:
    value: Any = row
    for part in column.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(part)
    return value


def _cell(value: Any) -> str | int | float:  # noqa: PLR0911 - one line a case is the point
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return value
        case str():
            return safe(value)
        case Mapping():
            return safe("; ".join(f"{name}={_cell(part)}" for name, part in value.items()))
        case Sequence():
            return safe("; ".join(str(_cell(part)) for part in value))
        case _:
            return safe(str(value))
