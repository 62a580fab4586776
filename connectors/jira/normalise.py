"""One raw issue to one SourceItem: no I/O, nothing guessed, nothing lost without a warning.

Built from the source's reference payloads alone, so that a replay years later gives what the sync gave.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter

from connectors.contract import RawItem
from connectors.items import (
    Facet,
    FacetValue,
    SourceChange,
    SourceItem,
    SourceIteration,
    SourceLink,
    SourceReference,
    StatusCategory,
)
from connectors.jira.changelog import ChangeReader, is_capped
from connectors.jira.config import JiraOptions, fold
from connectors.jira.decoding import IssueDecoder
from connectors.jira.fields import FieldIndex, FieldRoles
from connectors.jira.hierarchy import Parent, level_of_item, level_of_type, parent_of
from connectors.jira.links import read_link
from connectors.jira.marks import mark_of
from connectors.jira.payloads import HistoryJson, IssueFieldsJson, IssueJson
from connectors.jira.people import distinct
from connectors.jira.readers import RoleReaders
from connectors.jira.reference import read_discovery
from connectors.jira.references import WEB_LINKS, read_web_links
from connectors.jira.releases import read_releases
from connectors.jira.sprints import read_sprint_fields
from connectors.jira.statuses import Milestones, StatusNow, StatusTable, milestones
from connectors.jira.told_changes import decode_histories
from connectors.jira.values import Points, facet_values, is_flagged, person_id, read_points, read_team
from connectors.timestamps import parse_moment, parse_optional_day, parse_optional_moment

_CHANGELOG = "changelog"


class JiraNormaliser:
    """`matched_fields` are ids or names of fields that mapping rules match on; unknown ones match nothing."""

    def __init__(
        self, payloads: Mapping[str, bytes], *, options: JiraOptions, matched_fields: Sequence[str] = ()
    ) -> None:
        discovery = read_discovery(payloads, options=options)
        index = FieldIndex(discovery.fields)
        roles = discovery.roles
        health = [options.health_field] if options.health_field else ()
        wanted = (*matched_fields, *health, *options.value_fields)
        matched = tuple(dict.fromkeys(one for name in wanted for one in index.find(name)))
        self._statuses = StatusTable(discovery.reference.statuses, options)
        self._levels = {fold(name): level for name, level in options.item_type_levels.items()}
        self._link_types = {one.native_id for one in discovery.reference.link_types}
        needed = roles.every_field | set(matched)
        self._decoder = IssueDecoder(needed, raw=frozenset(roles.of("sprint")))
        self._changes = ChangeReader(index, tracked=needed)
        self._read_with(RoleReaders(roles, self._decoder), roles=roles, matched=matched)

    def _read_with(self, readers: RoleReaders, *, roles: FieldRoles, matched: Sequence[str]) -> None:
        self._matched = readers.named(matched)
        self._points = readers.named(roles.of("points"))
        self._points_by_project = readers.points_by_project()
        self._sprints = attrgetter(*map(self._decoder.attribute, roles.of("sprint")), "closedSprints", "sprint")
        self._team, self._flag = readers.first("team"), readers.first("flagged")
        self._epic_link, self._epic_name = readers.first("epic_link"), readers.first("epic_name")
        self._parent_link = readers.first("parent_link")
        self._start = readers.day("start")
        self._target_start, self._target_end = readers.day("target_start"), readers.day("target_end")

    def __call__(self, item: RawItem) -> SourceItem:
        """The item, or raises PayloadUnreadable(what, value)."""
        issue, warnings = self._decoder.decode(item.record.payload)
        fields = issue.fields
        project_id, item_type, status = fields.project.id, fields.issuetype, fields.status
        odd = list(warnings)
        histories, complete = self._histories(item, issue, odd)
        changes, authors, web_linked = self._changes.read(issue.id, histories)
        references = _references(item, odd) if item.extras else ()
        category = self._category(fields, odd)
        created_at = parse_moment(fields.created, what="created")
        updated_at = parse_moment(fields.updated, what="updated")
        resolved_at = parse_optional_moment(fields.resolutiondate, what="resolutiondate")
        reached = self._milestones(
            StatusNow(
                status.id,
                category,
                created_at,
                parse_optional_moment(fields.statuscategorychangedate, what="statuscategorychangedate"),
                resolved_at,
            ),
            changes,
            complete=complete,
        )
        parent = self._parent(issue)
        points = self._read_points(fields)
        iterations = self._iterations(fields, odd)
        releases = read_releases(fields.fixVersions, project_id=project_id, odd=odd)
        if fields.versions:
            releases += read_releases(fields.versions, project_id=project_id, odd=odd)
        odd += reached.warnings + parent.warnings + points.warnings
        return SourceItem(
            native_id=issue.id,
            key=issue.key,
            title=fields.summary or "",
            project_id=project_id,
            item_type_id=item_type.id,
            item_type=item_type.name,
            level=self._level(fields),
            subtask=item_type.subtask,
            status_id=status.id,
            status=status.name,
            status_category=category,
            resolution=fields.resolution.name if fields.resolution else None,
            no_resolution=category is StatusCategory.DONE and fields.resolution is None,
            priority=fields.priority.name if fields.priority else None,
            assignee_id=person_id(fields.assignee),
            reporter_id=person_id(fields.reporter),
            team=read_team(self._team(fields)),
            parent_id=parent.native_id,
            parent_key=parent.key,
            parent_stub=parent.stub,
            points=points.value,
            points_field=points.field_id,
            estimate_seconds=fields.timeoriginalestimate,
            spent_seconds=fields.timespent,
            remaining_seconds=fields.timeestimate,
            start=self._start(fields),
            due=parse_optional_day(fields.duedate, what="duedate"),
            target_start=self._target_start(fields),
            target_end=self._target_end(fields),
            flagged=is_flagged(fields.flagged or self._flag(fields)),
            archived=bool(fields.archiveddate),
            created_at=created_at,
            updated_at=updated_at,
            listing_mark=mark_of(updated_at),
            resolved_at=resolved_at,
            started_at=reached.started_at,
            done_at=reached.done_at,
            facets=self._facets(fields, iterations),
            links=self._links(issue, odd),
            changes=changes,
            people=distinct([fields.assignee, fields.reporter], authors),
            iterations=iterations,
            releases=releases,
            former_keys=_former_keys(issue.key, changes),
            has_details=web_linked or bool(references),
            references=references,
            warnings=tuple(dict.fromkeys(odd)) if odd else (),
        )

    def _histories(self, item: RawItem, issue: IssueJson, odd: list[str]) -> tuple[Sequence[HistoryJson], bool]:
        """The histories, and whether they are all: a changelog record of its own replaces the embedded ones."""
        for extra in item.extras:
            if extra.kind == _CHANGELOG:
                return decode_histories(extra.payload), True
        if issue.changelog is None:
            return (), False
        capped = is_capped(issue.changelog)
        if capped:
            odd.append("changelog_incomplete")
        return issue.changelog.histories, not capped

    def _category(self, fields: IssueFieldsJson, odd: list[str]) -> StatusCategory:
        category = self._statuses.current(fields.status)
        if category is None:
            odd.append("status_without_category")
            category = StatusCategory.TO_DO
        return self._statuses.after_cancelled_rule(
            category,
            status=fields.status.name,
            resolution=fields.resolution.name if fields.resolution else None,
        )

    def _milestones(self, now: StatusNow, changes: Sequence[SourceChange], *, complete: bool) -> Milestones:
        steps = [change for change in changes if change.field_id == "status"]
        return milestones(now, steps, statuses=self._statuses, complete=complete)

    def _parent(self, issue: IssueJson) -> Parent:
        fields = issue.fields
        return parent_of(
            item_id=issue.id,
            subtask=fields.issuetype.subtask,
            parent=fields.parent,
            epic=fields.epic,
            epic_link=self._epic_link(fields),
            parent_link=self._parent_link(fields),
            statuses=self._statuses,
        )

    def _level(self, fields: IssueFieldsJson) -> int:
        told = fields.issuetype.hierarchyLevel
        if told is not None:
            return told
        by_type = level_of_type(fields.issuetype, configured=self._levels)
        return level_of_item(by_type, told=False, epic_name=self._epic_name(fields))

    def _read_points(self, fields: IssueFieldsJson) -> Points:
        candidates = self._points_by_project.get(fields.project.id, self._points)
        return read_points([(field_id, read(fields)) for field_id, read in candidates])

    def _links(self, issue: IssueJson, odd: list[str]) -> tuple[SourceLink, ...]:
        """One edge per link id; a type that discovery did not see is kept and told."""
        found: dict[str, SourceLink] = {}
        for sent in issue.fields.issuelinks or ():
            link = read_link(sent, item_id=issue.id, statuses=self._statuses)
            if link is None:
                odd.append("link_without_end")
                continue
            if link.type_id not in self._link_types:
                odd.append("link_type_unknown")
            found.setdefault(link.native_id, link)
        return tuple(found.values())

    def _iterations(self, fields: IssueFieldsJson, odd: list[str]) -> tuple[SourceIteration, ...]:
        iterations, readable = read_sprint_fields(self._sprints(fields))
        if not readable:
            odd.append("sprint_unreadable")
        return iterations

    def _facets(self, fields: IssueFieldsJson, iterations: Sequence[SourceIteration]) -> tuple[FacetValue, ...]:
        found: list[FacetValue] = []
        # asked first, because most issues have few of these and an empty comprehension costs as much as a full one
        if fields.labels:
            found += [FacetValue(Facet.LABEL, label) for label in fields.labels]
        if fields.components:
            found += [FacetValue(Facet.COMPONENT, one.name, one.id) for one in fields.components]
        if fields.fixVersions:
            found += [FacetValue(Facet.RELEASE, one.name, one.id) for one in fields.fixVersions]
        if fields.versions:
            found += [FacetValue(Facet.AFFECTED, one.name, one.id) for one in fields.versions]
        if iterations:
            found += [FacetValue(Facet.ITERATION, one.name, one.native_id) for one in iterations]
        for field_id, read in self._matched:
            found += dict.fromkeys(facet_values(field_id, read(fields)))
        return tuple(found)


def _references(item: RawItem, odd: list[str]) -> tuple[SourceReference, ...]:
    """Web links, as a record of their own brings them; issues that were never asked for theirs have none."""
    for extra in item.extras:
        if extra.kind == WEB_LINKS:
            found = read_web_links(extra.payload)
            if found is None:
                odd.append("web_links_unreadable")
            return found or ()
    return ()


def _former_keys(key: str, changes: Sequence[SourceChange]) -> tuple[str, ...]:
    """Every key the issue had before, oldest first."""
    moves = [change.from_text or change.from_value for change in changes if change.field_id == "issuekey"]
    return tuple(dict.fromkeys(old for old in moves if old and old != key)) if moves else ()
