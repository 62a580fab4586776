"""Which field means what on this site: by type and metadata, never by number, and never by an English name alone.

A role may have several candidates (a site that changed its way of estimating has two fields for points); all are
kept, in the order in which they are asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from connectors.contract import Finding
from connectors.items import FIELD_ROLES, SourceField
from connectors.jira.config import JiraOptions, fold
from connectors.jira.payloads import BoardJson, FieldJson

_TYPES = "com.atlassian.jira.plugin.system.customfieldtypes:"
_STORY_POINT_ESTIMATE = "com.pyxis.greenhopper.jira:jsw-story-points"
_ROLE_BY_CUSTOM = {
    "com.pyxis.greenhopper.jira:gh-sprint": "sprint",
    _STORY_POINT_ESTIMATE: "points",
    "com.pyxis.greenhopper.jira:gh-epic-link": "epic_link",
    "com.pyxis.greenhopper.jira:gh-epic-label": "epic_name",
    "com.atlassian.jpo:jpo-custom-field-parent": "parent_link",
    "com.atlassian.jpo:jpo-custom-field-baseline-start": "target_start",
    "com.atlassian.jpo:jpo-custom-field-baseline-end": "target_end",
    "com.atlassian.teams:rm-teams-custom-field-team": "team",
    f"{_TYPES}atlassian-team": "team",
}
# general types, in which only the untranslated name tells one field from the next
_ROLE_BY_CUSTOM_AND_NAME = {
    (f"{_TYPES}float", "story points"): "points",
    (f"{_TYPES}multicheckboxes", "flagged"): "flagged",
    (f"{_TYPES}datepicker", "start date"): "start",
}
_KINDS = {
    "points": {"number"},
    "start": {"date", "datetime"},
    "target_start": {"date", "datetime"},
    "target_end": {"date", "datetime"},
}


class FieldRoles(Struct, frozen=True):
    """For each role the ids of its fields, first asked first; for points also per project, where a board chose."""

    by_role: Mapping[str, tuple[str, ...]] = {}
    points_by_project: Mapping[str, tuple[str, ...]] = {}

    def of(self, role: str) -> tuple[str, ...]:
        return self.by_role.get(role, ())

    def points_for(self, project_id: str) -> tuple[str, ...]:
        return self.points_by_project.get(project_id) or self.of("points")

    @property
    def every_field(self) -> frozenset[str]:
        return frozenset(field for fields in self.by_role.values() for field in fields)


class FieldIndex:
    """Fields by id and by name; a name may belong to several, team-managed projects make their own."""

    def __init__(self, fields: Iterable[FieldJson]) -> None:
        self._ids: dict[str, str] = {}
        self._system: dict[str, tuple[str, ...]] = {}
        self._custom: dict[str, tuple[str, ...]] = {}
        for field in fields:
            self._ids[fold(field.id)] = field.id
            by_name = self._custom if is_custom(field) else self._system
            for name in {fold(field.name), fold(field.untranslatedName or field.name)} - {""}:
                by_name[name] = (*by_name.get(name, ()), field.id)

    def find(self, id_or_name: str) -> tuple[str, ...]:
        """The field of that id, else every field of that name; empty when the site has neither."""
        wanted = fold(id_or_name)
        if wanted in self._ids:
            return (self._ids[wanted],)
        return self.system_named(wanted) + self.custom_named(wanted)

    def system_named(self, name: str) -> tuple[str, ...]:
        return self._system.get(fold(name), ())

    def custom_named(self, name: str) -> tuple[str, ...]:
        return self._custom.get(fold(name), ())


def is_custom(field: FieldJson) -> bool:
    return field.id.startswith("customfield_") or (field.schema is not None and field.schema.custom is not None)


def merge_fields(sent: Iterable[FieldJson]) -> tuple[FieldJson, ...]:
    """One field per id. The two field endpoints list different sets, and each knows what the other leaves out."""
    merged: dict[str, FieldJson] = {}
    for field in sent:
        known = merged.setdefault(field.id, field)
        known.untranslatedName = known.untranslatedName or field.untranslatedName
        known.schema = known.schema or field.schema
        known.scope = known.scope or field.scope
        known.name = known.name or field.name
    return tuple(merged.values())


def discover_roles(
    fields: Sequence[FieldJson], *, boards: Sequence[BoardJson] = (), options: JiraOptions
) -> tuple[FieldRoles, tuple[Finding, ...]]:
    """The fields of each role, and what a person should know: several candidates, or a configured field amiss."""
    by_role: dict[str, tuple[str, ...]] = {role: _candidates(role, fields) for role in FIELD_ROLES}
    choices = _board_choices(boards, fields)
    by_role["points"] = _points_order(by_role["points"], choices, fields)
    configured, findings = _configured(fields, options)
    by_role |= configured
    scoped = {field.id for field in fields if field.scope is not None}
    findings += [
        _several(role, ids, fields)
        for role, ids in by_role.items()
        if role not in configured and len([one for one in ids if one not in scoped]) > 1
    ]
    if options.health_field and not FieldIndex(fields).find(options.health_field):
        findings.append(_missing("health", options.health_field))
    findings += [_missing("business_value", each) for each in options.value_fields if not FieldIndex(fields).find(each)]
    per_project = {} if "points" in configured else _points_per_project(by_role["points"], choices)
    return FieldRoles({role: ids for role, ids in by_role.items() if ids}, per_project), tuple(findings)


def describe_fields(fields: Iterable[FieldJson], roles: FieldRoles) -> tuple[SourceField, ...]:
    """The fields as the rest of the product knows them. A field of two roles is told by the first."""
    role_and_rank = {field: (role, rank) for role in reversed(FIELD_ROLES) for rank, field in enumerate(roles.of(role))}
    return tuple(_describe(field, *role_and_rank.get(field.id, (None, 0))) for field in fields)


def _describe(field: FieldJson, role: str | None, rank: int) -> SourceField:
    project = field.scope.project if field.scope else None
    return SourceField(
        native_id=field.id,
        name=field.name,
        kind=field.schema.type if field.schema else "",
        custom=field.schema.custom if field.schema else None,
        role=role,
        rank=rank,
        project_id=project.id if project else None,
    )


def _role_of(field: FieldJson) -> str | None:
    custom = field.schema.custom if field.schema else None
    if custom is None:
        return None
    name = fold(field.untranslatedName or field.name)
    return _ROLE_BY_CUSTOM.get(custom) or _ROLE_BY_CUSTOM_AND_NAME.get((custom, name))


def _candidates(role: str, fields: Iterable[FieldJson]) -> tuple[str, ...]:
    return tuple(field.id for field in fields if _role_of(field) == role)


def _board_choices(boards: Iterable[BoardJson], fields: Iterable[FieldJson]) -> list[tuple[str | None, str]]:
    """(project, field) for each board that estimates in a number of its own; hours are no points."""
    numbers = {field.id for field in fields if is_custom(field) and _kind_fits("points", field)}
    return [
        (None if board.project_id is None else str(board.project_id), board.estimation_field)
        for board in boards
        if board.estimation_field in numbers and board.estimation_field is not None
    ]


def _points_order(
    candidates: Sequence[str], choices: Sequence[tuple[str | None, str]], fields: Iterable[FieldJson]
) -> tuple[str, ...]:
    """What boards estimate in (most boards first), then the field made for it, then those only named for it."""
    chosen = [field for field, _ in Counter(field for _, field in choices).most_common()]
    made_for_it = {field.id for field in fields if field.schema and field.schema.custom == _STORY_POINT_ESTIMATE}
    rest = sorted(candidates, key=lambda one: one not in made_for_it)
    return tuple(dict.fromkeys([*chosen, *rest]))


def _points_per_project(order: Sequence[str], choices: Sequence[tuple[str | None, str]]) -> dict[str, tuple[str, ...]]:
    projects = dict.fromkeys(project for project, _ in choices if project is not None)
    return {
        project: tuple(dict.fromkeys([*(field for of, field in choices if of == project), *order]))
        for project in projects
    }


def _configured(fields: Sequence[FieldJson], options: JiraOptions) -> tuple[dict[str, tuple[str, ...]], list[Finding]]:
    wanted: dict[str, Sequence[str]] = {
        "points": options.points_field,
        "start": (options.start_field,) if options.start_field else (),
        **dict(zip(("target_start", "target_end"), ([name] for name in options.target_fields), strict=False)),
    }
    index, by_id = FieldIndex(fields), {field.id: field for field in fields}
    found: dict[str, tuple[str, ...]] = {}
    findings: list[Finding] = []
    for role, names in wanted.items():
        for name in names:
            ids = index.find(name)
            fitting = tuple(one for one in ids if _kind_fits(role, by_id[one]))
            if not ids:
                findings.append(_missing(role, name))
            elif not fitting:
                findings.append(_wrong_kind(role, name, by_id[ids[0]]))
            found[role] = tuple(dict.fromkeys([*found.get(role, ()), *fitting]))
    return found, findings


def _kind_fits(role: str, field: FieldJson) -> bool:
    # a site that tells no type is believed
    return field.schema is None or not field.schema.type or field.schema.type in _KINDS[role]


def _missing(role: str, name: str) -> Finding:
    return Finding("field_missing", f"The configured {_spoken(role)} field {name!r} does not exist on the site.")


def _wrong_kind(role: str, name: str, field: FieldJson) -> Finding:
    kind = field.schema.type if field.schema else "?"
    return Finding(
        "field_kind",
        f"The configured {_spoken(role)} field {name!r} is of type {kind!r}, not {' or '.join(sorted(_KINDS[role]))}; "
        f"it is not read.",
    )


def _several(role: str, ids: Sequence[str], fields: Iterable[FieldJson]) -> Finding:
    names = {field.id: field.name for field in fields}
    listed = ", ".join(f"{names.get(one, one)!r} ({one})" for one in ids)
    return Finding(
        "field_candidates",
        f"{len(ids)} fields may hold {_spoken(role)}: {listed}; the first that is set counts, in this order.",
    )


def _spoken(role: str) -> str:
    return role.replace("_", " ")
