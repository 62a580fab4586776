"""Custom fields: which definition plays which role, and what their values say.

A value on a task bears the gid of its field's definition. A field that no project of the task has any more stays
on it, disabled: such a value counts for nothing, and is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeGuard

from msgspec import Struct

from connectors.asana.config import AsanaOptions, fold
from connectors.asana.payloads import CustomFieldJson, FieldJson, RefJson, TaskJson
from connectors.contract import Finding
from connectors.items import Facet, FacetValue, SourceField

POINTS_NAMES = ("story points", "story point estimate", "story point", "points", "effort", "estimate")
POINTS_MADE_BY_ASANA = ("story_points", "effort", "estimate")
ESTIMATED_TIME, PRIORITY = "estimated_time", "priority"
STATUS_MADE_BY_ASANA = ("status", "task_progress")
MINUTE = 60  # Asana's durations are minutes


class FieldRoles(Struct, frozen=True):
    """Gids of the fields that say something every tool knows, and of those that hold Jira keys."""

    points: tuple[str, ...] = ()
    estimate: str | None = None
    priority: str | None = None
    status: str | None = None
    jira: frozenset[str] = frozenset()


def find(fields: Iterable[FieldJson], name: str) -> list[str]:
    """Gids of the fields of that gid or name; several fields may share a name."""
    return [each.gid for each in fields if each.gid == name or (each.name and fold(each.name) == fold(name))]


def discover_roles(fields: Sequence[FieldJson], options: AsanaOptions) -> tuple[FieldRoles, list[Finding]]:
    """What is configured counts; otherwise what Asana made, or what people call it."""
    findings = [
        Finding("field_unknown", f"No custom field is called {name!r}; check the options of this source.")
        for name in _configured(options)
        if not find(fields, name)
    ]
    roles = FieldRoles(
        points=_points(fields, options),
        estimate=_one(fields, options.estimate_field, made=(ESTIMATED_TIME,), kinds=("number",)),
        priority=_one(fields, options.priority_field, made=(PRIORITY,), name="priority", kinds=("enum",)),
        status=_one(fields, options.status_field, made=STATUS_MADE_BY_ASANA, kinds=("enum",)),
        jira=frozenset(_jira(fields, options)),
    )
    return roles, findings


def describe_fields(fields: Iterable[FieldJson], roles: FieldRoles) -> tuple[SourceField, ...]:
    return tuple(
        SourceField(
            native_id=each.gid,
            name=each.name or each.gid,
            kind=_kind(each),
            custom=each.asana_created_field,
            role=_role(each.gid, roles),
            rank=roles.points.index(each.gid) if each.gid in roles.points else 0,
        )
        for each in fields
    )


def _role(gid: str, roles: FieldRoles) -> str | None:
    singles = {"estimate": roles.estimate, "priority": roles.priority, "status": roles.status}
    if gid in roles.points:
        return "points"
    return next((role for role, chosen in singles.items() if chosen == gid), None)


def _configured(options: AsanaOptions) -> list[str]:
    singles = (options.estimate_field, options.priority_field, options.status_field)
    several = (*options.points_field, *options.jira_fields, *options.cancelled_fields)
    return [*several, *(each for each in singles if each is not None)]


def _points(fields: Sequence[FieldJson], options: AsanaOptions) -> tuple[str, ...]:
    if options.points_field:
        return tuple(dict.fromkeys(gid for name in options.points_field for gid in find(fields, name)))
    ranked = [(rank, each.gid) for each in fields if (rank := _points_rank(each)) is not None]
    return tuple(gid for _, gid in sorted(ranked))


def _points_rank(field: FieldJson) -> int | None:
    """Formulas are left out: a roll-up formula repeats its sub-tasks. So are durations: those are time."""
    if field.resource_subtype != "number" or _is_formula(field) or field.format == "duration":
        return None
    name = fold(field.name or "")
    if name in POINTS_NAMES:
        return POINTS_NAMES.index(name)
    made = field.asana_created_field or ""
    return len(POINTS_NAMES) if made in POINTS_MADE_BY_ASANA else None


def _one(
    fields: Sequence[FieldJson],
    configured: str | None,
    *,
    made: tuple[str, ...],
    kinds: tuple[str, ...],
    name: str | None = None,
) -> str | None:
    if configured is not None:
        return next(iter(find(fields, configured)), None)
    fitting = [each for each in fields if each.resource_subtype in kinds and not _is_formula(each)]
    by_maker = [each.gid for word in made for each in fitting if each.asana_created_field == word]
    by_name = [each.gid for each in fitting if name is not None and fold(each.name or "") == name]
    return next(iter([*by_maker, *by_name]), None)


def _jira(fields: Iterable[FieldJson], options: AsanaOptions) -> Iterator[str]:
    wanted = {fold(each) for each in options.jira_fields}
    for each in fields:
        name = fold(each.name or "")
        if each.gid in wanted or name in wanted or "jira" in name.split() or name.startswith("jira"):
            yield each.gid


def _is_formula(field: FieldJson) -> bool:
    return bool(field.is_formula_field) or field.representation_type == "formula"


def _kind(field: FieldJson) -> str:
    return field.representation_type or field.resource_subtype or "unknown"


class Values(Struct, frozen=True):
    """A task's custom fields by gid, those that still belong to it."""

    by_gid: Mapping[str, CustomFieldJson]
    disabled: frozenset[str] = frozenset()  # gids of left-over fields that have a value

    def option(self, gid: str | None) -> RefJson | None:
        field = self.by_gid.get(gid) if gid else None
        return field.enum_value if field else None


def values_of(task: TaskJson) -> Values:
    fields = [each for each in task.custom_fields or () if each is not None]
    left_over = frozenset(each.gid for each in fields if each.enabled is False and any(texts_of(each)))
    return Values({each.gid: each for each in fields if each.enabled is not False}, left_over)


class Points(Struct, frozen=True, gc=False):
    value: float | None = None
    field_id: str | None = None
    warnings: tuple[str, ...] = ()


def read_points(values: Values, candidates: Iterable[str]) -> Points:
    """The first candidate that is set; null, 0 and text are three answers: not set, a known 0, and a warning."""
    found = Points()
    warnings: dict[str, None] = {}
    for gid in candidates:
        if gid in values.disabled:
            warnings["disabled_field_ignored"] = None
        value = _number_or_text(values.by_gid.get(gid))
        if value is None:
            continue
        if not _is_number(value):
            warnings["points_not_a_number"] = None
        elif found.field_id is None:
            found = Points(float(value), gid)
        elif found.value != value:
            warnings["points_conflict"] = None
    return Points(found.value, found.field_id, tuple(warnings))


def read_seconds(values: Values, gid: str | None) -> int | None:
    """Of a field whose number is minutes."""
    field = values.by_gid.get(gid) if gid else None
    value = field.number_value if field else None
    return round(value * MINUTE) if _is_number(value) else None


def _number_or_text(field: CustomFieldJson | None) -> object:
    if field is None:
        return None
    return field.number_value if field.number_value is not None else field.text_value or None


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def texts_of(field: CustomFieldJson) -> Iterator[tuple[str, str | None]]:
    """Each member of a field's value as text, with the gid of what it names; nothing where it is not set."""
    named = [field.enum_value, *(field.multi_enum_values or ()), *(field.people_value or ())]
    found = False
    for each in named:
        if each is not None and (each.name or each.gid):
            found = True
            yield each.name or each.gid or "", each.gid
    day = field.date_value.date_time or field.date_value.date if field.date_value else None
    for value in (field.number_value, field.text_value, day):
        if (text := _text(value)) is not None:
            found = True
            yield text, None
    if not found and (text := _text(field.display_value)) is not None:
        yield text, None  # of a kind that is younger than this code


def field_facets(values: Values, matched: Iterable[str]) -> Iterator[FacetValue]:
    for gid in matched:
        field = values.by_gid.get(gid)
        if field is not None:
            yield from (FacetValue(Facet.FIELD, text, native_id, gid) for text, native_id in texts_of(field))


def _text(value: object) -> str | None:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
        return str(value).strip() or None
    return None
