"""The shapes of Jira's JSON, with the fields that are used and no others: decoding skips what is not named.

Optional everywhere but where an item has no meaning without: its id, key, project, type, status and moments.
JSON is a tree, so none of these can be part of a cycle (`gc=False`).
Custom fields stay untyped (`object`) because their type is the site's business; who reads one looks at it.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from msgspec import Raw, Struct

NULL: Final = Raw(b"null")


class StatusCategoryJson(Struct, gc=False):
    key: str | None = None
    id: int | None = None


class StatusJson(Struct, gc=False):
    id: str
    name: str
    statusCategory: StatusCategoryJson | None = None  # noqa: N815  (the tool's spelling)


class ItemTypeJson(Struct, gc=False):
    id: str
    name: str
    subtask: bool = False
    hierarchyLevel: int | None = None  # noqa: N815


class ProjectJson(Struct, gc=False):
    id: str
    key: str


class NamedJson(Struct, gc=False):
    """Priority, resolution, component: an id and a name."""

    name: str
    id: str | None = None


class VersionJson(Struct, gc=False):
    id: str
    name: str
    released: bool = False
    archived: bool = False
    startDate: str | None = None  # noqa: N815
    releaseDate: str | None = None  # noqa: N815


class UserJson(Struct, gc=False):
    """Cloud sends accountId; Data Center key and name; the oldest servers only a name."""

    accountId: str | None = None  # noqa: N815
    key: str | None = None
    name: str | None = None
    displayName: str | None = None  # noqa: N815
    emailAddress: str | None = None  # noqa: N815
    active: bool = True


class FarFieldsJson(Struct, gc=False):
    """The few fields that a link or a parent tells about the issue at its other end."""

    summary: str | None = None
    status: StatusJson | None = None
    issuetype: ItemTypeJson | None = None


class FarIssueJson(Struct, gc=False):
    id: str
    key: str
    fields: FarFieldsJson | None = None


class LinkTypeRefJson(Struct, gc=False):
    id: str
    name: str | None = None


class LinkJson(Struct, gc=False):
    id: str
    type: LinkTypeRefJson
    outwardIssue: FarIssueJson | None = None  # noqa: N815
    inwardIssue: FarIssueJson | None = None  # noqa: N815


class ChangeItemJson(Struct, gc=False):
    """`from` and `to` are ids where there are ids, `fromString` and `toString` are what people see."""

    field: str = ""
    fieldtype: str | None = None
    fieldId: str | None = None  # noqa: N815
    from_: str | None = msgspec.field(default=None, name="from")
    to: str | None = None
    fromString: str | None = None  # noqa: N815
    toString: str | None = None  # noqa: N815


class HistoryJson(Struct, gc=False):
    id: str | int
    created: str | int | float  # a number from the bulk endpoint
    items: list[ChangeItemJson] = []
    author: UserJson | None = None


class ChangelogJson(Struct, gc=False):
    histories: list[HistoryJson] = []
    total: int | None = None


class LooseChangeItemJson(Struct, gc=False):
    """The second look at a change: values are strings on every recorded site, but nothing promises it."""

    field: str = ""
    fieldtype: str | None = None
    fieldId: str | None = None  # noqa: N815
    from_: Any = msgspec.field(default=None, name="from")
    to: Any = None
    fromString: Any = None  # noqa: N815
    toString: Any = None  # noqa: N815


class LooseHistoryJson(Struct, gc=False):
    id: str | int
    created: str | int | float
    items: list[LooseChangeItemJson] = []
    author: UserJson | None = None


class LooseChangelogJson(Struct, gc=False):
    histories: list[LooseHistoryJson] = []
    total: int | None = None


class IssueFieldsJson(Struct, gc=False):
    """System fields. `decoder_for` adds the custom fields that one source needs."""

    project: ProjectJson
    issuetype: ItemTypeJson
    status: StatusJson
    created: str
    updated: str
    summary: str | None = None
    resolution: NamedJson | None = None
    resolutiondate: str | None = None
    statuscategorychangedate: str | None = None
    archiveddate: str | None = None
    priority: NamedJson | None = None
    assignee: UserJson | None = None
    reporter: UserJson | None = None
    duedate: str | None = None
    parent: FarIssueJson | None = None
    labels: list[str] | None = None
    components: list[NamedJson] | None = None
    fixVersions: list[VersionJson] | None = None  # noqa: N815
    versions: list[VersionJson] | None = None  # affected ones
    issuelinks: list[LinkJson] | None = None
    timeoriginalestimate: int | None = None
    timespent: int | None = None
    timeestimate: int | None = None
    # the Agile API's own encodings; sprints stay JSON because most issues repeat those of another
    sprint: Raw = NULL
    closedSprints: Raw = NULL  # noqa: N815
    epic: Any = None
    flagged: Any = None


class IssueJson(Struct, gc=False):
    id: str
    key: str
    fields: IssueFieldsJson
    changelog: ChangelogJson | None = None


class LooseIssueJson(Struct, gc=False):
    """The second look at an issue whose strict decoding failed: one field at a time."""

    id: str
    key: str
    fields: dict[str, Raw]
    changelog: Raw = NULL  # a union with None would take nothing but null


class FieldSchemaJson(Struct, gc=False):
    type: str = ""
    custom: str | None = None


class ScopeProjectJson(Struct, gc=False):
    id: str


class ScopeJson(Struct, gc=False):
    project: ScopeProjectJson | None = None


class FieldJson(Struct, gc=False):
    id: str
    name: str = ""
    untranslatedName: str | None = None  # noqa: N815
    schema: FieldSchemaJson | None = None
    scope: ScopeJson | None = None


class StatusMetaJson(StatusJson):
    scope: ScopeJson | None = None


class ItemTypeMetaJson(ItemTypeJson):
    scope: ScopeJson | None = None


class LinkTypeJson(Struct, gc=False):
    id: str
    name: str
    inward: str = ""
    outward: str = ""


class LinkTypesJson(Struct, gc=False):
    issueLinkTypes: list[LinkTypeJson] = []  # noqa: N815


class ProjectMetaJson(Struct, gc=False):
    id: str
    key: str
    name: str = ""
    archived: bool = False
    style: str | None = None


class VersionMetaJson(VersionJson):
    projectId: int | str | None = None  # noqa: N815


class BoardJson(Struct, gc=False):
    """A board with what its configuration and its location told; `estimation_field` is a field id."""

    id: int | str
    estimation_field: str | None = None
    project_id: int | str | None = None


class SprintJson(Struct, gc=False):
    id: int | str
    name: str = ""
    state: str = ""
    startDate: str | None = None  # noqa: N815
    endDate: str | None = None  # noqa: N815
    completeDate: str | None = None  # noqa: N815
    goal: str | None = None
    originBoardId: int | str | None = None  # noqa: N815
    boardId: int | str | None = None  # noqa: N815
