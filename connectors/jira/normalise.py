"""One raw issue to one SourceItem: no I/O, nothing guessed, nothing lost without a warning.

Built from the source's reference payloads alone, so that a replay years later gives what the sync gave.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from connectors.contract import RawItem
from connectors.errors import PayloadUnreadable
from connectors.items import (
    Facet,
    FacetValue,
    SourceChange,
    SourceItem,
    SourceIteration,
    SourceLink,
    SourcePerson,
    SourceRelease,
    StatusCategory,
)
from connectors.jira.changelog import ChangeReader, decode_histories, is_capped
from connectors.jira.config import JiraOptions, fold
from connectors.jira.decoding import IssueDecoder
from connectors.jira.fields import FieldIndex
from connectors.jira.hierarchy import Parent, level_of_item, level_of_type, parent_of
from connectors.jira.links import read_link
from connectors.jira.payloads import HistoryJson, IssueFieldsJson, IssueJson
from connectors.jira.reference import read_discovery, read_release
from connectors.jira.sprints import read_sprints
from connectors.jira.statuses import Milestones, StatusNow, StatusTable, milestones
from connectors.jira.values import facet_values, is_flagged, read_person, read_points, read_team
from connectors.timestamps import parse_moment, parse_optional_day, parse_optional_moment

_CHANGELOG = "changelog"


class JiraNormaliser:
    """`matched_fields` are ids or names of fields that mapping rules match on; unknown ones match nothing."""

    def __init__(
        self, payloads: Mapping[str, bytes], *, options: JiraOptions, matched_fields: Sequence[str] = ()
    ) -> None:
        discovery = read_discovery(payloads, options=options)
        index = FieldIndex(discovery.fields)
        self._roles = discovery.roles
        self._matched = tuple(dict.fromkeys(one for name in matched_fields for one in index.find(name)))
        self._statuses = StatusTable(discovery.reference.statuses, options)
        self._levels = {fold(name): level for name, level in options.item_type_levels.items()}
        self._link_types = {one.native_id for one in discovery.reference.link_types}
        needed = self._roles.every_field | set(self._matched)
        self._decoder = IssueDecoder(needed)
        self._changes = ChangeReader(index, tracked=needed)

    def __call__(self, item: RawItem) -> SourceItem:
        """The item, or raises PayloadUnreadable(what, value)."""
        issue, warnings = self._decoder.decode(item.record.payload)
        fields = issue.fields
        odd = list(warnings)
        histories, complete = self._histories(item, issue, odd)
        changes, authors = self._changes.read(issue.id, histories)
        category = self._category(fields, odd)
        created_at = parse_moment(fields.created, what="created")
        resolved_at = parse_optional_moment(fields.resolutiondate, what="resolutiondate")
        reached = self._milestones(
            StatusNow(
                fields.status.id,
                category,
                created_at,
                parse_optional_moment(fields.statuscategorychangedate, what="statuscategorychangedate"),
                resolved_at,
            ),
            changes,
            complete=complete,
        )
        parent = self._parent(issue)
        points = read_points((one, self._value(fields, one)) for one in self._roles.points_for(fields.project.id))
        iterations = self._iterations(fields, odd)
        releases = _releases(fields, odd)
        odd += (*reached.warnings, *parent.warnings, *points.warnings)
        assignee, reporter = read_person(fields.assignee), read_person(fields.reporter)
        return SourceItem(
            native_id=issue.id,
            key=issue.key,
            title=fields.summary or "",
            project_id=fields.project.id,
            item_type_id=fields.issuetype.id,
            item_type=fields.issuetype.name,
            level=self._level(fields),
            subtask=fields.issuetype.subtask,
            status_id=fields.status.id,
            status=fields.status.name,
            status_category=category,
            resolution=fields.resolution.name if fields.resolution else None,
            no_resolution=category is StatusCategory.DONE and fields.resolution is None,
            priority=fields.priority.name if fields.priority else None,
            assignee_id=assignee.native_id if assignee else None,
            reporter_id=reporter.native_id if reporter else None,
            team=read_team(self._first(fields, "team")),
            parent_id=parent.native_id,
            parent_key=parent.key,
            parent_stub=parent.stub,
            points=points.value,
            points_field=points.field_id,
            estimate_seconds=fields.timeoriginalestimate,
            spent_seconds=fields.timespent,
            remaining_seconds=fields.timeestimate,
            start=self._day(fields, "start"),
            due=parse_optional_day(fields.duedate, what="duedate"),
            target_start=self._day(fields, "target_start"),
            target_end=self._day(fields, "target_end"),
            flagged=is_flagged(fields.flagged) or is_flagged(self._first(fields, "flagged")),
            archived=bool(fields.archiveddate),
            created_at=created_at,
            updated_at=parse_moment(fields.updated, what="updated"),
            resolved_at=resolved_at,
            started_at=reached.started_at,
            done_at=reached.done_at,
            facets=tuple(self._facets(fields, iterations)),
            links=self._links(issue, odd),
            changes=changes,
            people=_distinct([assignee, reporter, *authors]),
            iterations=tuple(iterations),
            releases=releases,
            former_keys=_former_keys(issue.key, changes),
            warnings=tuple(dict.fromkeys(odd)),
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
            epic_link=self._first(fields, "epic_link"),
            parent_link=self._first(fields, "parent_link"),
            statuses=self._statuses,
        )

    def _level(self, fields: IssueFieldsJson) -> int:
        return level_of_item(
            level_of_type(fields.issuetype, configured=self._levels),
            told=fields.issuetype.hierarchyLevel is not None,
            epic_name=self._first(fields, "epic_name"),
        )

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

    def _iterations(self, fields: IssueFieldsJson, odd: list[str]) -> list[SourceIteration]:
        values = [self._value(fields, one) for one in self._roles.of("sprint")]
        iterations, readable = read_sprints([*values, fields.closedSprints, fields.sprint])
        if not readable:
            odd.append("sprint_unreadable")
        return iterations

    def _facets(self, fields: IssueFieldsJson, iterations: Sequence[SourceIteration]) -> Iterator[FacetValue]:
        for label in fields.labels or ():
            yield FacetValue(Facet.LABEL, label)
        for component in fields.components or ():
            yield FacetValue(Facet.COMPONENT, component.name, component.id)
        for version in fields.fixVersions or ():
            yield FacetValue(Facet.RELEASE, version.name, version.id)
        for sprint in iterations:
            yield FacetValue(Facet.ITERATION, sprint.name, sprint.native_id)
        for field_id in self._matched:
            yield from dict.fromkeys(facet_values(field_id, self._value(fields, field_id)))

    def _day(self, fields: IssueFieldsJson, role: str) -> date | None:
        for field_id in self._roles.of(role):
            day = parse_optional_day(self._value(fields, field_id), what=field_id)
            if day is not None:
                return day
        return None

    def _value(self, fields: IssueFieldsJson, field_id: str) -> object:
        return self._decoder.value(fields, field_id)

    def _first(self, fields: IssueFieldsJson, role: str) -> object:
        """The first candidate of a role that is set."""
        for field_id in self._roles.of(role):
            value = self._value(fields, field_id)
            if value is not None:
                return value
        return None


def _releases(fields: IssueFieldsJson, odd: list[str]) -> tuple[SourceRelease, ...]:
    """The issue's versions; one whose days cannot be read is the version's trouble, not the issue's."""
    found: list[SourceRelease] = []
    for version in fields.fixVersions or ():
        try:
            found.append(read_release(version, project_id=fields.project.id))
        except PayloadUnreadable:
            odd.append("release_date_unreadable")
            found.append(
                SourceRelease(
                    version.id,
                    version.name,
                    fields.project.id,
                    released=version.released,
                    archived=version.archived,
                )
            )
    return tuple(found)


def _distinct(people: Sequence[SourcePerson | None]) -> tuple[SourcePerson, ...]:
    """Each person once, as first met: the issue's own people are fresher than the authors of its past."""
    found: dict[str, SourcePerson] = {}
    for person in people:
        if person is not None:
            found.setdefault(person.native_id, person)
    return tuple(found.values())


def _former_keys(key: str, changes: Sequence[SourceChange]) -> tuple[str, ...]:
    """Every key the issue had before, oldest first."""
    moves = (change.from_text or change.from_value for change in changes if change.field_id == "issuekey")
    return tuple(dict.fromkeys(old for old in moves if old and old != key))
