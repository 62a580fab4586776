"""What every tool's work looks like once it has been read: frozen, tool-neutral, and nothing lost on the way.

Structs rather than dataclasses: a sync makes hundreds of thousands of them, and msgspec builds one several times
faster. Those that an issue is made of hold plain values and never each other in a circle, so the cyclic garbage
collector need not follow them (`gc=False`). Times are aware UTC datetimes, days are dates, durations are seconds.
`None` always means "the tool did not say", never zero.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct


class StatusCategory(StrEnum):
    """The four categories of definitions §0; `cancelled` is decided by rule, no tool sends it."""

    TO_DO = "to_do"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    CANCELLED = "cancelled"


class Facet(StrEnum):
    """The set-valued properties of an item; each stored set equals the fetched set."""

    LABEL = "label"
    COMPONENT = "component"
    RELEASE = "release"  # planned for; Jira's fix versions
    AFFECTED = "affected"  # the releases in which a defect was found; Jira's affects versions
    ITERATION = "iteration"
    SECTION = "section"
    TAG = "tag"
    PORTFOLIO = "portfolio"
    PROJECT = "project"  # every direct home of an item that may have several; SourceItem.project_id is the first
    FIELD = "field"  # a custom field that a mapping rule matches on: `name` holds the field id


class SourcePerson(Struct, frozen=True, gc=False):
    """A person as the tool names them. `native_id` is the stable one (accountId; on Data Center the user key)."""

    native_id: str
    name: str
    email: str | None = None
    active: bool = True


class SourceProject(Struct, frozen=True):
    native_id: str
    key: str
    name: str
    archived: bool = False
    style: str | None = None  # Jira: "classic" | "next-gen"


class SourcePortfolio(Struct, frozen=True):
    """`project_ids` are all the projects beneath it, those of nested portfolios included, each once."""

    native_id: str
    name: str
    owner_id: str | None = None
    project_ids: tuple[str, ...] = ()
    portfolio_ids: tuple[str, ...] = ()  # direct children


class SourceStatusUpdate(Struct, frozen=True):
    """Health as people stated it: on_track, at_risk, off_track, on_hold, complete, dropped, or a word of a goal."""

    native_id: str
    parent_kind: str  # "project" | "portfolio" | "goal"
    parent_id: str
    status: str
    title: str | None = None
    author_id: str | None = None
    created_at: datetime | None = None


class SourceGoal(Struct, frozen=True):
    """`progress` is 0…1 and more, None where the goal has no metric."""

    native_id: str
    name: str
    owner_id: str | None = None
    status: str | None = None
    start: date | None = None
    due: date | None = None
    progress: float | None = None


class SourceCapability(Struct, frozen=True):
    """Something the connector would use and the account's plan or rights may lack; `reason` says why it does."""

    name: str
    available: bool
    reason: str | None = None


class SourceStatus(Struct, frozen=True):
    native_id: str
    name: str
    category: StatusCategory  # as the tool says; cancelled is decided per item
    project_id: str | None = None  # set when the status belongs to one (team-managed) project


class SourceItemType(Struct, frozen=True):
    """`level` follows Jira's hierarchyLevel: -1 sub-task, 0 standard, 1 epic, 2 and more above."""

    native_id: str
    name: str
    level: int
    project_id: str | None = None


class SourceIteration(Struct, frozen=True, gc=False):
    native_id: str
    name: str
    state: str  # future | active | closed
    start: datetime | None = None
    end: datetime | None = None
    completed: datetime | None = None
    goal: str | None = None
    board_id: str | None = None


class SourceRelease(Struct, frozen=True, gc=False):
    native_id: str
    name: str
    project_id: str | None = None
    start: date | None = None
    release: date | None = None
    released: bool = False
    archived: bool = False


class LinkDirection(StrEnum):
    """Which end of a link comes first in time, seen from the link's source (the issue that shows `outward`)."""

    PREDECESSOR_FIRST = "predecessor_first"  # source is the predecessor: "blocks"
    SUCCESSOR_FIRST = "successor_first"  # source waits: "depends on"
    NONE = "none"  # no dependency at all: "relates to"


class SourceLinkType(Struct, frozen=True):
    native_id: str
    name: str
    outward: str
    inward: str
    direction: LinkDirection
    decided_by: str  # "config" | "phrases" | "undecided"


class SourceField(Struct, frozen=True):
    """A field of the tool, and the role discovery gave it, if any.

    `role` is one of FIELD_ROLES, or "estimate", "priority" or "status" in a tool that has no such field by itself;
    `rank` orders the candidates of one role, 0 is asked first.
    """

    native_id: str
    name: str
    kind: str  # schema type: "number", "array", "option", …
    custom: str | None = None  # schema.custom
    role: str | None = None
    rank: int = 0
    project_id: str | None = None


FIELD_ROLES = (
    "points",
    "sprint",
    "epic_link",
    "epic_name",
    "parent_link",
    "team",
    "start",
    "target_start",
    "target_end",
    "flagged",
)


class FacetValue(Struct, frozen=True, gc=False):
    """One member of a set: `value` is what a person reads, `native_id` what the tool calls it.

    For Facet.FIELD, `name` is the field id; for the others it is empty.
    """

    facet: Facet
    value: str
    native_id: str | None = None
    name: str = ""


class SourceChange(Struct, frozen=True, gc=False):
    """One field changed at one moment. (`item_id`, `change_id`, `ordinal`) identifies it for ever."""

    item_id: str
    change_id: str  # Jira: history id
    ordinal: int  # place within that history
    at: datetime
    field_id: str  # the field's id, resolved even where the tool only sent a (localised) name
    author_id: str | None = None
    from_value: str | None = None
    to_value: str | None = None
    from_text: str | None = None
    to_text: str | None = None


class SourceStub(Struct, frozen=True, gc=False):
    """What a link or a parent tells about an item that was not itself read."""

    native_id: str
    key: str
    title: str | None = None
    status: str | None = None
    status_category: StatusCategory | None = None
    item_type: str | None = None


class SourceLink(Struct, frozen=True, gc=False):
    """One edge as one of its ends shows it.

    `source_id` is the end whose phrase is `outward`. `seen_from` is the item that was read: "source" or "target".
    """

    native_id: str
    type_id: str
    source_id: str
    target_id: str
    seen_from: str
    far_end: SourceStub | None = None


class SourceReference(Struct, frozen=True, gc=False):
    """A pointer at an item of another tool that somebody left in this one: a candidate, not yet an edge.

    `target` is the web address or key as found; `origin` says where: "web_link", "attachment", "text", or
    "field:<field id>". `relationship` is the tool's own word for it, if it has one.
    """

    origin: str
    target: str
    relationship: str | None = None


class SourceItem(Struct, frozen=True, kw_only=True, gc=False):
    """One issue, epic or task as the tool shows it now."""

    native_id: str
    key: str
    title: str
    project_id: str
    item_type_id: str
    item_type: str
    level: int
    subtask: bool
    status_id: str
    status: str
    status_category: StatusCategory  # after the cancelled rule
    resolution: str | None = None
    no_resolution: bool = False  # done, but the tool never set a resolution
    priority: str | None = None
    assignee_id: str | None = None
    reporter_id: str | None = None
    team: str | None = None
    parent_id: str | None = None  # native id of the parent at any level
    parent_key: str | None = None  # when the tool only gave a key; resolved in the store
    parent_stub: SourceStub | None = None
    points: float | None = None
    points_field: str | None = None  # which field gave the points
    estimate_seconds: int | None = None  # original estimate
    spent_seconds: int | None = None
    remaining_seconds: int | None = None
    start: date | None = None
    due: date | None = None
    target_start: date | None = None
    target_end: date | None = None
    flagged: bool = False
    archived: bool = False
    created_at: datetime
    updated_at: datetime
    resolved_at: datetime | None = None
    started_at: datetime | None = None  # first entry into in_progress
    done_at: datetime | None = None  # last entry into done with no later exit; never for cancelled
    facets: tuple[FacetValue, ...] = ()
    links: tuple[SourceLink, ...] = ()
    changes: tuple[SourceChange, ...] = ()
    people: tuple[SourcePerson, ...] = ()
    iterations: tuple[SourceIteration, ...] = ()  # as embedded in the item; board data completes them
    releases: tuple[SourceRelease, ...] = ()
    former_keys: tuple[str, ...] = ()
    url: str | None = None  # where a person opens it, when that cannot be told from the key
    listing_mark: str | None = None  # what a listing shows of it (ScopeListing.marks) while this is its state
    has_details: bool = False  # there may be more about it that no page brings (Source.details)
    references: tuple[SourceReference, ...] = ()
    warnings: tuple[str, ...] = ()  # codes of what was odd but readable, e.g. "points_not_a_number"
