"""From completion, approvals, custom types and sections to the four categories, and to started and done.

Asana has one universal status, `completed`; the rest is habit. A section called "Done" completes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from connectors.asana.config import AsanaOptions, fold, folded
from connectors.asana.custom_fields import Values, texts_of
from connectors.asana.payloads import CustomTypeJson, StatusOptionJson, TaskJson
from connectors.items import SourceChange, SourceStatus, StatusCategory

INCOMPLETE = SourceStatus("incomplete", "Incomplete", StatusCategory.TO_DO)
IN_PROGRESS = SourceStatus("in-progress", "In progress", StatusCategory.IN_PROGRESS)
COMPLETE = SourceStatus("complete", "Complete", StatusCategory.DONE)
APPROVALS = {
    "pending": SourceStatus("approval-pending", "Pending", StatusCategory.TO_DO),
    "approved": SourceStatus("approval-approved", "Approved", StatusCategory.DONE),
    "changes_requested": SourceStatus("approval-changes-requested", "Changes requested", StatusCategory.DONE),
    "rejected": SourceStatus("approval-rejected", "Rejected", StatusCategory.DONE),
}
COMPLETED_STATES = frozenset({"complete", "completed", "done"})


class StatusRules:
    """What a task's state means in one workspace."""

    def __init__(
        self, options: AsanaOptions, *, status_field: str | None = None, cancelled_fields: Mapping[str, frozenset[str]]
    ) -> None:
        """`cancelled_fields`: field gid → folded option names."""
        self._started = folded(options.in_progress)
        self._status_field = status_field
        self._cancelled_sections = folded(options.cancelled_sections)
        self._cancelled_tags = folded(options.cancelled_tags)
        self.cancelled_fields = cancelled_fields

    def current(self, task: TaskJson, values: Values) -> SourceStatus:
        """As the task says, before the cancelled rule."""
        if task.resource_subtype == "approval" and task.approval_status in APPROVALS:
            return APPROVALS[task.approval_status]
        option = task.custom_type_status_option
        if option is not None and option.gid:
            return self.of_option(option, completed=bool(task.completed))
        if task.completed:
            return COMPLETE
        return IN_PROGRESS if self._is_started(task, values) else INCOMPLETE

    def of_option(self, option: StatusOptionJson, *, completed: bool = False) -> SourceStatus:
        """A custom type's status; `completed` decides where the option does not say whether it completes."""
        name = option.name or option.gid or ""
        done = fold(option.completion_state) in COMPLETED_STATES if option.completion_state else completed
        if done:
            category = StatusCategory.DONE
        else:
            category = StatusCategory.IN_PROGRESS if self.says_started(name) else StatusCategory.TO_DO
        return SourceStatus(option.gid or "", name, category)

    def says_started(self, name: str | None) -> bool:
        """Whether a section or an option of that name means that somebody has begun."""
        return name is not None and fold(name) in self._started

    def is_status_field(self, gid: str) -> bool:
        return gid == self._status_field

    def is_cancelled(self, task: TaskJson, values: Values) -> bool:
        """By section, tag or field, over everything else: Asana itself knows no cancelled task."""
        if any(map(self.cancels_section, section_names(task))):
            return True
        if any(each is not None and each.name and self.cancels_tag(each.name) for each in task.tags or ()):
            return True
        chosen = ((gid, values.by_gid.get(gid)) for gid in self.cancelled_fields)
        return any(self.cancels_option(gid, text) for gid, field in chosen if field for text, _ in texts_of(field))

    def cancels_section(self, name: str) -> bool:
        return fold(name) in self._cancelled_sections

    def cancels_tag(self, name: str) -> bool:
        return fold(name) in self._cancelled_tags

    def cancels_option(self, gid: str, name: str) -> bool:
        """Whether that value of the field of that gid means that the task will not be done."""
        return fold(name) in self.cancelled_fields.get(gid, frozenset())

    def _is_started(self, task: TaskJson, values: Values) -> bool:
        option = values.option(self._status_field)
        return self.says_started(option.name if option else None) or any(map(self.says_started, section_names(task)))


def section_names(task: TaskJson) -> Iterable[str]:
    sections = (each.section for each in task.memberships or () if each is not None)
    return (each.name for each in sections if each is not None and each.name)


def every_status(types: Iterable[CustomTypeJson], rules: StatusRules) -> tuple[SourceStatus, ...]:
    """Each status that the normaliser may give a task."""
    options = (option for each in types for option in each.status_options or ())
    told = {each.gid: rules.of_option(each) for each in options if each is not None and each.gid}
    return (INCOMPLETE, IN_PROGRESS, COMPLETE, *APPROVALS.values(), *told.values())


class Milestones(Struct, frozen=True):
    started_at: datetime | None = None
    done_at: datetime | None = None
    warnings: tuple[str, ...] = ()


class StatusNow(Struct, frozen=True):
    category: StatusCategory
    created_at: datetime
    completed_at: datetime | None
    started: bool  # stands in a section, or has an option, that means so


def milestones(now: StatusNow, changes: Sequence[SourceChange] | None, rules: StatusRules) -> Milestones:
    """When work started and when it was done, from the changes in order; None: the stories were not read.

    started: the first entry into a section, or option, that means so; a task that was there before its first move
    started when it was created. done: the last completion that was not taken back; `completed_at` where no story
    tells (Asana drops stories when it consolidates them).
    """
    done_at = None
    warnings: tuple[str, ...] = ()
    if now.category is StatusCategory.DONE:
        done_at = _last_completion(changes or ()) or now.completed_at
        warnings = () if done_at else ("done_at_unknown",)
    return Milestones(None if changes is None else _first_start(now, changes, rules), done_at, warnings)


def _first_start(now: StatusNow, changes: Sequence[SourceChange], rules: StatusRules) -> datetime | None:
    moves = [each for each in changes if each.field_id.startswith("section") or rules.is_status_field(each.field_id)]
    left: set[str] = set()  # fields whose first value is known: before its first change a field had its old one
    for each in moves:
        if each.field_id not in left and rules.says_started(each.from_text):
            return now.created_at
        left.add(each.field_id)
    for each in moves:
        if rules.says_started(each.to_text):
            return each.at
    return now.created_at if now.started and not moves else None


def _last_completion(changes: Iterable[SourceChange]) -> datetime | None:
    at: datetime | None = None
    for each in changes:
        if each.field_id == "completed":
            at = each.at if each.to_value == "true" else None
    return at
