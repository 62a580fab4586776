"""Single values of an issue: people, points, teams, flags, and any field as the texts a mapping rule matches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec
from msgspec import Struct

from connectors.items import Facet, FacetValue, SourcePerson
from connectors.jira.payloads import UserJson

_NAME_KEYS = ("value", "name", "displayName", "title", "key")
_ID_KEYS = ("id", "accountId", "key")


class Points(Struct, frozen=True, gc=False):
    value: float | None = None
    field_id: str | None = None
    warnings: tuple[str, ...] = ()


NO_POINTS = Points()


def read_points(candidates: Iterable[tuple[str, object]]) -> Points:
    """The first candidate that is set; null, 0 and text are three answers: not set, a known 0, and a warning."""
    found = NO_POINTS
    warnings: dict[str, None] = {}
    for field_id, value in candidates:
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            warnings["points_not_a_number"] = None
        elif found.field_id is None:
            found = Points(float(value), field_id)
        elif found.value != value:
            warnings["points_conflict"] = None
    return Points(found.value, found.field_id, tuple(warnings)) if warnings else found


def person_id(user: UserJson | None) -> str | None:
    """None where nobody is named, and where an anonymised user has no identity left."""
    return (user.accountId or user.key or user.name or None) if user is not None else None


def read_person(user: UserJson | None) -> SourcePerson | None:
    """As the tool names them; None where `person_id` is."""
    if user is None:
        return None
    native_id = user.accountId or user.key or user.name
    if not native_id:
        return None
    return SourcePerson(native_id, user.displayName or user.name or native_id, user.emailAddress or None, user.active)


def read_team(value: object) -> str | None:
    """The team's name, from an object or a text; its id when that is all there is."""
    if value is None:
        return None
    if isinstance(value, dict):
        value = value.get("name") or value.get("title") or value.get("value") or value.get("id")
    return str(value).strip() or None if isinstance(value, (str, int)) else None


def is_flagged(value: object) -> bool:
    """The field is a list of checked boxes; the Agile API says true or false."""
    return bool(value)


def facet_values(field_id: str, value: object) -> Iterator[FacetValue]:
    """Each member of a field's value as text: options, numbers, users, versions, and lists of any of these.

    Of a cascading option both the parent and "parent / child" can be matched.
    """
    if isinstance(value, Struct):
        value = msgspec.to_builtins(value)
    if isinstance(value, list):
        for one in value:
            yield from facet_values(field_id, one)
    elif isinstance(value, Mapping):
        yield from _facets_of_object(field_id, value)
    elif (text := _text(value)) is not None:
        yield FacetValue(Facet.FIELD, text, None, field_id)


def _facets_of_object(field_id: str, value: Mapping[str, object]) -> Iterator[FacetValue]:
    text = next(filter(None, (_text(value.get(key)) for key in _NAME_KEYS)), None)
    if text is None:
        return
    native_id = next(filter(None, (_text(value.get(key)) for key in _ID_KEYS)), None)
    yield FacetValue(Facet.FIELD, text, native_id, field_id)
    child = value.get("child")
    if isinstance(child, Mapping):
        for one in _facets_of_object(field_id, child):
            yield FacetValue(Facet.FIELD, f"{text} / {one.value}", one.native_id, field_id)


def _text(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, (str, int, float)):
        return str(value).strip() or None
    return None
