"""One raw task to one SourceItem: no I/O, nothing guessed, nothing lost without a warning.

Built from the source's reference payloads alone, so that a replay years later gives what the sync gave.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

import msgspec
from msgspec import DecodeError

from connectors.asana.config import AsanaOptions
from connectors.asana.custom_fields import Values, field_facets, find, read_points, read_seconds, values_of
from connectors.asana.decoding import decode_stories, decode_task
from connectors.asana.marks import listing_mark
from connectors.asana.payloads import (
    ATTACHMENTS,
    HOME,
    STORIES,
    AttachmentJson,
    HomeJson,
    RefJson,
    TaskJson,
)
from connectors.asana.reference import APPROVAL, DEPENDENCY, MILESTONE, SUB_TASK, TASK, read_discovery
from connectors.asana.references import find_references
from connectors.asana.statuses import StatusNow, milestones
from connectors.asana.stories import read_changes
from connectors.contract import RawItem
from connectors.errors import PayloadUnreadable
from connectors.items import (
    Facet,
    FacetValue,
    SourceChange,
    SourceItem,
    SourceItemType,
    SourceLink,
    SourcePerson,
    SourceStub,
    StatusCategory,
)
from connectors.timestamps import parse_moment, parse_optional_day, parse_optional_moment

MINUTE = 60


class AsanaNormaliser:
    """`matched_fields` are gids or names of fields that mapping rules match on; unknown ones match nothing."""

    def __init__(
        self, payloads: Mapping[str, bytes], *, options: AsanaOptions, matched_fields: Sequence[str] = ()
    ) -> None:
        discovery = read_discovery(payloads, options=options)
        self._roles = discovery.roles
        self._rules = discovery.rules
        self._people = discovery.people
        self._portfolios = discovery.portfolios_by_project
        self._scopes = discovery.scopes
        self._project_names = {each.native_id: each.name for each in discovery.reference.projects}
        self._matched = tuple(dict.fromkeys(gid for name in matched_fields for gid in find(discovery.fields, name)))

    def __call__(self, item: RawItem) -> SourceItem:
        """The item, or raises PayloadUnreadable(what, value)."""
        task, warnings = decode_task(item.record.payload)
        odd = list(warnings)
        extras = {each.kind: each.payload for each in item.extras}
        values = values_of(task)
        created_at = parse_moment(task.created_at, what="created_at")
        completed_at = parse_optional_moment(task.completed_at, what="completed_at")
        status = self._rules.current(task, values)
        cancelled = self._rules.is_cancelled(task, values)
        category = StatusCategory.CANCELLED if cancelled else status.category
        changes = self._changes(task, extras.get(STORIES), odd)
        now = StatusNow(category, created_at, completed_at, status.category is StatusCategory.IN_PROGRESS)
        reached = milestones(now, changes, self._rules)
        homes = task.homes or _inherited(extras.get(HOME))
        points = read_points(values, self._roles.points)
        priority = values.option(self._roles.priority)
        parent_id = task.parent.gid if task.parent else None
        item_type = _item_type(task)
        odd += reached.warnings + points.warnings
        if not homes:
            odd.append("no_project")
        return SourceItem(
            native_id=task.gid,
            key=task.gid,
            title=task.name or "",
            project_id=self._home_among(homes),
            item_type_id=item_type.native_id,
            item_type=item_type.name,
            level=-1 if parent_id else 0,
            subtask=parent_id is not None,
            status_id=status.native_id,
            status=status.name,
            status_category=category,
            priority=priority.name if priority else None,
            assignee_id=task.assignee.gid if task.assignee else None,
            reporter_id=task.created_by.gid if task.created_by else None,
            parent_id=parent_id,
            parent_stub=_stub(task.parent),
            points=points.value,
            points_field=points.field_id,
            estimate_seconds=read_seconds(values, self._roles.estimate),
            spent_seconds=_seconds(task.actual_time_minutes),
            start=_day(task.start_on, task.start_at, what="start", odd=odd),
            due=_day(task.due_on, task.due_at, what="due", odd=odd),
            created_at=created_at,
            updated_at=parse_moment(task.modified_at, what="modified_at"),
            resolved_at=completed_at,
            started_at=reached.started_at,
            done_at=reached.done_at,
            facets=tuple(self._facets(task, values, homes)),
            links=tuple(_links(task)),
            changes=changes or (),
            people=self._people_of(task),
            url=task.permalink_url,
            listing_mark=listing_mark(task),
            has_details=True,
            references=find_references(
                notes=task.notes,
                values=values,
                attachments=_attachments(extras.get(ATTACHMENTS), odd),
                jira_fields=self._roles.jira,
            ),
            warnings=tuple(dict.fromkeys(odd)),
        )

    def _changes(self, task: TaskJson, payload: bytes | None, odd: list[str]) -> tuple[SourceChange, ...] | None:
        """None: the stories were not read (yet)."""
        if payload is None:
            return None
        stories, whole = decode_stories(payload)
        changes, dated = read_changes(task.gid, stories, projects_by_section=_projects_by_section(task))
        if not (whole and dated):
            odd.append("story_unreadable")
        return changes

    def _home_among(self, homes: Sequence[str]) -> str:
        """The first project that is synced: the others may well be outside of what anybody wants to see here."""
        return next((each for each in homes if each in self._scopes), homes[0] if homes else "")

    def _facets(self, task: TaskJson, values: Values, homes: Sequence[str]) -> Iterator[FacetValue]:
        found: dict[FacetValue, None] = {}
        for each in task.memberships or ():
            project = each.project if each else None
            if each is None or project is None or not project.gid:
                continue
            name = project.name or self._project_names.get(project.gid) or project.gid
            found[FacetValue(Facet.PROJECT, name, project.gid)] = None
            if each.section is not None and each.section.gid:
                section = each.section.name or each.section.gid
                found[FacetValue(Facet.SECTION, section, each.section.gid, project.gid)] = None
        for project_id in homes:
            for portfolio in self._portfolios.get(project_id, ()):
                found[FacetValue(Facet.PORTFOLIO, portfolio.name, portfolio.native_id)] = None
        found |= {FacetValue(Facet.TAG, each.name, each.gid): None for each in task.tags or () if each and each.name}
        found |= dict.fromkeys(field_facets(values, self._matched))
        return iter(found)

    def _people_of(self, task: TaskJson) -> tuple[SourcePerson, ...]:
        """As the workspace lists them, with their e-mail; a person that it does not list is known by name."""
        named = {each.gid: each.name or each.gid for each in (task.assignee, task.created_by) if each and each.gid}
        return tuple(self._people.get(gid) or SourcePerson(gid, name) for gid, name in named.items())


def _item_type(task: TaskJson) -> SourceItemType:
    if task.custom_type is not None and task.custom_type.gid:
        return SourceItemType(task.custom_type.gid, task.custom_type.name or task.custom_type.gid, 0)
    match task.resource_subtype:
        case "milestone":
            return MILESTONE
        case "approval":
            return APPROVAL
        case _:
            return SUB_TASK if task.parent is not None and task.parent.gid else TASK


def _stub(parent: RefJson | None) -> SourceStub | None:
    return SourceStub(parent.gid, parent.gid, parent.name) if parent and parent.gid else None


def _day(on: str | None, at: str | None, *, what: str, odd: list[str]) -> date | None:
    """The day as Asana wrote it. Only where it wrote none but a moment: that moment's day in UTC, which is told.

    The API does not say in which zone the account lives, so the day of a moment near midnight may be off by one.
    """
    if (day := parse_optional_day(on, what=f"{what}_on")) is not None:
        return day
    moment = parse_optional_moment(at, what=f"{what}_at")
    if moment is None:
        return None
    odd.append(f"{what}_day_from_utc")
    return moment.date()


def _seconds(minutes: float | None) -> int | None:
    return None if minutes is None else round(minutes * MINUTE)


def _links(task: TaskJson) -> Iterator[SourceLink]:
    """What this task waits for. Asana tells no more of the other end than its gid."""
    waits_for = dict.fromkeys(each.gid for each in task.dependencies or () if each is not None)
    for gid in waits_for:
        if gid:
            yield SourceLink(
                native_id=f"{gid}:{task.gid}",
                type_id=DEPENDENCY.native_id,
                source_id=gid,
                target_id=task.gid,
                seen_from="target",
                far_end=SourceStub(gid, gid),
            )


def _projects_by_section(task: TaskJson) -> dict[str, str]:
    memberships = (each for each in task.memberships or () if each is not None)
    pairs = ((each.section, each.project) for each in memberships)
    return {
        section.gid: project.gid for section, project in pairs if section and project and section.gid and project.gid
    }


def _inherited(payload: bytes | None) -> tuple[str, ...]:
    if payload is None:
        return ()
    try:
        return tuple(msgspec.json.decode(payload, type=HomeJson).projects)
    except DecodeError as error:
        raise PayloadUnreadable(HOME, error) from error


def _attachments(payload: bytes | None, odd: list[str]) -> Iterable[AttachmentJson]:
    if payload is None:
        return ()
    try:
        return msgspec.json.decode(payload, type=list[AttachmentJson])
    except DecodeError:
        odd.append("attachments_unreadable")
        return ()
