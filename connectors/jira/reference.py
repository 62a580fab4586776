"""A site's metadata, from the raw payloads that discovery kept: the same in a sync and in a replay.

Payloads by name: `fields` (array; what both field endpoints listed), `statuses`, `item_types`, `link_types`
(`{"issueLinkTypes": […]}`), `projects`, `versions` (project id → array), `boards` (each with `estimation_field` and
`project_id` where known), `sprints`, `server` (`{"edition": …, "url": …}`). One that is absent counts as empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from msgspec import DecodeError, Struct

from connectors.contract import Finding, ReferenceData
from connectors.errors import PayloadUnreadable
from connectors.items import (
    SourceItemType,
    SourceIteration,
    SourceProject,
    SourceRelease,
    SourceStatus,
    StatusCategory,
)
from connectors.jira.config import JiraOptions, fold
from connectors.jira.fields import FieldRoles, describe_fields, discover_roles, merge_fields
from connectors.jira.hierarchy import level_of_type
from connectors.jira.links import read_link_types
from connectors.jira.payloads import (
    BoardJson,
    FieldJson,
    ItemTypeMetaJson,
    LinkTypesJson,
    ProjectMetaJson,
    ScopeJson,
    StatusMetaJson,
    VersionMetaJson,
)
from connectors.jira.releases import read_release
from connectors.jira.sprints import read_sprint
from connectors.jira.statuses import category_of

T = TypeVar("T")


class Discovery(Struct, frozen=True):
    """What the normaliser needs beyond ReferenceData: the fields as sent, and which has which role."""

    reference: ReferenceData
    fields: tuple[FieldJson, ...]
    roles: FieldRoles


def read_reference(payloads: Mapping[str, bytes], *, options: JiraOptions) -> ReferenceData:
    """All that one discovery learned; raises PayloadUnreadable(name of the payload, …)."""
    return read_discovery(payloads, options=options).reference


def read_discovery(payloads: Mapping[str, bytes], *, options: JiraOptions) -> Discovery:
    fields = merge_fields(_read(payloads, "fields", list[FieldJson], []))
    boards = _read(payloads, "boards", list[BoardJson], [])
    roles, field_findings = discover_roles(fields, boards=boards, options=options)
    sent_links = _read(payloads, "link_types", LinkTypesJson, LinkTypesJson())
    link_types, link_findings = read_link_types(sent_links.issueLinkTypes, directions=options.link_directions)
    statuses, status_findings = _statuses(_read(payloads, "statuses", list[StatusMetaJson], []))
    reference = ReferenceData(
        fields=describe_fields(fields, roles),
        statuses=statuses,
        item_types=_item_types(_read(payloads, "item_types", list[ItemTypeMetaJson], []), options),
        link_types=link_types,
        projects=_projects(_read(payloads, "projects", list[ProjectMetaJson], [])),
        releases=_releases(_read(payloads, "versions", dict[str, list[VersionMetaJson]], {})),
        iterations=_iterations(_read(payloads, "sprints", list[dict[str, Any]], [])),
        warnings=(*field_findings, *link_findings, *status_findings),
        payloads=dict(payloads),
    )
    return Discovery(reference, fields, roles)


def _read(payloads: Mapping[str, bytes], name: str, kind: type[T], absent: T) -> T:
    payload = payloads.get(name)
    if not payload:
        return absent
    try:
        return msgspec.json.decode(payload, type=kind)
    except DecodeError as error:
        raise PayloadUnreadable(name, error) from error


def _statuses(sent: Sequence[StatusMetaJson]) -> tuple[tuple[SourceStatus, ...], list[Finding]]:
    """A category that Jira does not define for a status counts as not started, and is told."""
    findings = [
        Finding("status_without_category", f"Status {one.name!r} has no category; it counts as not started.")
        for one in sent
        if category_of(one.statusCategory) is None
    ]
    statuses = tuple(
        SourceStatus(one.id, one.name, category_of(one.statusCategory) or StatusCategory.TO_DO, _project(one.scope))
        for one in sent
    )
    return statuses, findings


def _item_types(sent: Iterable[ItemTypeMetaJson], options: JiraOptions) -> tuple[SourceItemType, ...]:
    configured = {fold(name): level for name, level in options.item_type_levels.items()}
    return tuple(
        SourceItemType(one.id, one.name, level_of_type(one, configured=configured), project_id=_project(one.scope))
        for one in sent
    )


def _projects(sent: Iterable[ProjectMetaJson]) -> tuple[SourceProject, ...]:
    return tuple(SourceProject(one.id, one.key, one.name or one.key, one.archived, one.style) for one in sent)


def _releases(sent: Mapping[str, Sequence[VersionMetaJson]]) -> tuple[SourceRelease, ...]:
    return tuple(
        read_release(version, project_id=project) for project, versions in sent.items() for version in versions
    )


def _iterations(sent: Iterable[Mapping[str, object]]) -> tuple[SourceIteration, ...]:
    """One per id: a sprint is listed by every board that shows it."""
    found: dict[str, SourceIteration] = {}
    for one in sent:
        sprint = read_sprint(one)
        found.setdefault(sprint.native_id, sprint)
    return tuple(found.values())


def _project(scope: ScopeJson | None) -> str | None:
    return scope.project.id if scope and scope.project else None
