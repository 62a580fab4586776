"""What a story means for the task: the task just before it, from the task just after.

Sections, options and completion are judged by the rules of the normaliser. Asana tells no history of tags, of actual
time, or of the option of a custom type; and a story of an assignment does not name who had the task before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date

from msgspec.structs import replace

from connectors.asana.config import AsanaOptions
from connectors.asana.reference import SUB_TASK, TASK, read_discovery
from connectors.asana.statuses import APPROVALS, COMPLETE, IN_PROGRESS, INCOMPLETE
from connectors.errors import PayloadUnreadable
from connectors.history import Aspect, ItemState
from connectors.items import Facet, FacetValue, SourceChange, SourceStatus, StatusCategory
from connectors.timestamps import parse_optional_day, parse_optional_moment

MINUTE = 60
SECTION = "section:"  # and the gid of a project
COMPLETED, APPROVAL = "completed", "approval_status"
# told beside the stories' own fields: what else decides, in one word each ("yes" or nothing)
BY_OPTION, BY_TAG, BY_FIELD, OPTION = "started by its option", "cancelled by a tag", "cancelled by a field", "option"
YES = "true"
_APPROVAL_OF = {status.native_id: word for word, status in APPROVALS.items()}
_OWN = {
    COMPLETED: Aspect.STATUS,
    APPROVAL: Aspect.STATUS,
    SECTION: Aspect.STATUS,
    "section": Aspect.STATUS,
    "start_on": Aspect.START,
    "due_on": Aspect.DUE,
    "assignee": Aspect.ASSIGNEE,
    "project": Aspect.PROJECT,
    "parent": Aspect.PARENT,
}
_ENTERED_AND_LEFT = frozenset({"project", "parent", "assignee"})

_Undo = Callable[[ItemState, SourceChange], ItemState]


class AsanaHistorian:
    """Implements `connectors.contract.Historian`."""

    without_history = frozenset({Aspect.ASSIGNEE})
    comes_apart = True

    def __init__(self, payloads: Mapping[str, bytes], *, options: AsanaOptions) -> None:
        discovery = read_discovery(payloads, options=options)
        self._rules, self._roles, self._scopes = discovery.rules, discovery.roles, discovery.scopes
        fields = dict.fromkeys(self._rules.cancelled_fields, Aspect.STATUS)
        fields |= dict.fromkeys(self._roles.points, Aspect.POINTS)
        if self._roles.estimate:
            fields[self._roles.estimate] = Aspect.TIME
        if self._roles.status:
            fields[self._roles.status] = Aspect.STATUS
        self.fields: Mapping[str, Aspect] = {**fields, **_OWN}
        self._undo: Mapping[str, _Undo] = {
            COMPLETED: self._completed,
            APPROVAL: self._approval,
            "section": _lost_section,
            "start_on": _day("start", Aspect.START),
            "due_on": _day("due", Aspect.DUE),
            "assignee": _assignee,
            "project": self._project,
            "parent": _parent,
        }

    def aspect_of(self, field_id: str) -> Aspect | None:
        return self.fields.get(SECTION if field_id.startswith(SECTION) else field_id)

    def is_chained(self, field_id: str) -> bool:
        return field_id not in _ENTERED_AND_LEFT

    def settled(self, state: ItemState, facets: Sequence[FacetValue]) -> ItemState:
        """What neither section nor tag explains, a field must have said: fields are only stored where rules match.

        A task that a tag cancels, or whose only time is the actual one, was perhaps another one before: of both there
        is no history.
        """
        sections = {f"{SECTION}{each.name}": each.value for each in facets if each.facet is Facet.SECTION}
        told: dict[str, str | None] = dict(sections)
        told[COMPLETED] = YES if state.status_id == COMPLETE.native_id else None
        told[APPROVAL] = _APPROVAL_OF.get(state.status_id)
        told[OPTION] = None if state.status_id in _BUILT_IN else state.status_id
        started = any(map(self._rules.says_started, sections.values()))
        told[BY_OPTION] = YES if state.status_id == IN_PROGRESS.native_id and not started else None
        tagged = any(each.facet is Facet.TAG and self._rules.cancels_tag(each.value) for each in facets)
        told[BY_TAG] = YES if tagged else None
        explained = tagged or any(map(self._rules.cancels_section, sections.values()))
        cancelled = state.status_category is StatusCategory.CANCELLED
        told[BY_FIELD] = YES if cancelled and not explained else None
        homes = tuple(each.native_id for each in facets if each.facet is Facet.PROJECT and each.native_id)
        doubts = {Aspect.STATUS} if tagged else set()
        if state.spent_seconds is not None and state.estimate_seconds is None:
            doubts.add(Aspect.TIME)
        return replace(state, told=told, homes=homes, doubts=frozenset(doubts))

    def undo(self, state: ItemState, change: SourceChange) -> ItemState:
        field_id = change.field_id
        if field_id.startswith(SECTION):
            return self._judged(state, {**state.told, field_id: change.from_text})
        if undo := self._undo.get(field_id):
            return undo(state, change)
        if field_id in self._roles.points:
            return self._points(state, change)
        if field_id == self._roles.estimate:
            return _estimate(state, change)
        return self._option(state, change)

    def _option(self, state: ItemState, change: SourceChange) -> ItemState:
        """Of a field that says how far a task is, or that it will not be done; of another one nothing follows."""
        field_id, said = change.field_id, change.from_text
        told = dict(state.told)
        if self._rules.is_status_field(field_id):
            told[BY_OPTION] = YES if self._rules.says_started(said) else None
        elif field_id in self._rules.cancelled_fields:
            told[BY_FIELD] = YES if any(self._rules.cancels_option(field_id, each) for each in _each(said)) else None
        else:
            return state
        return self._judged(state, told)

    def _completed(self, state: ItemState, change: SourceChange) -> ItemState:
        return self._judged(state, {**state.told, COMPLETED: YES if change.from_value == YES else None})

    def _approval(self, state: ItemState, change: SourceChange) -> ItemState:
        return self._judged(state, {**state.told, APPROVAL: change.from_value})

    def _judged(self, state: ItemState, told: Mapping[str, str | None]) -> ItemState:
        """The order of questions is that of `StatusRules.current` and `is_cancelled`."""
        sections = list(_sections(told))
        status = self._status(told, sections)
        cancelled = told.get(BY_TAG) or told.get(BY_FIELD) or any(map(self._rules.cancels_section, sections))
        return replace(
            state,
            told=told,
            status_id=status.native_id,
            status=status.name,
            status_category=StatusCategory.CANCELLED if cancelled else status.category,
            # the option of a custom type has no stories: it was another one, and nobody knows which
            doubts=state.doubts | {Aspect.STATUS} if told.get(OPTION) else state.doubts,
        )

    def _status(self, told: Mapping[str, str | None], sections: Sequence[str]) -> SourceStatus:
        approval = told.get(APPROVAL)
        if approval in APPROVALS:
            return APPROVALS[approval]
        if told.get(COMPLETED):
            return COMPLETE
        started = told.get(BY_OPTION) or any(map(self._rules.says_started, sections))
        return IN_PROGRESS if started else INCOMPLETE

    def _project(self, state: ItemState, change: SourceChange) -> ItemState:
        """Of several homes the first that is synced is the task's own, as the normaliser has it."""
        homes = [each for each in state.homes if each != change.to_value]
        if change.from_value:
            homes.append(change.from_value)
        own = state.project_id
        if homes and own not in homes:
            own = next((each for each in homes if each in self._scopes), homes[0])
        told = {key: value for key, value in state.told.items() if key != f"{SECTION}{change.to_value}"}
        return self._judged(replace(state, homes=tuple(homes), project_id=own), told)

    def _points(self, state: ItemState, change: SourceChange) -> ItemState:
        told = {**state.told, change.field_id: change.from_value}
        if state.points_field and state.points_field not in told:
            told[state.points_field] = str(state.points)
        field = next((each for each in self._roles.points if told.get(each)), None)
        value = _number(told[field]) if field else None
        doubts = state.doubts | {Aspect.POINTS} if field and value is None else state.doubts
        return replace(state, told=told, points=value, points_field=field if value is not None else None, doubts=doubts)


_BUILT_IN = frozenset({INCOMPLETE.native_id, IN_PROGRESS.native_id, COMPLETE.native_id, *_APPROVAL_OF})


def _sections(told: Mapping[str, str | None]) -> Iterator[str]:
    return (name for field, name in told.items() if name and field.startswith(SECTION))


def _lost_section(state: ItemState, _: SourceChange) -> ItemState:
    """A move between sections of a project that nobody can name any more."""
    return replace(state, doubts=state.doubts | {Aspect.STATUS})


def _assignee(state: ItemState, change: SourceChange) -> ItemState:
    """Somebody else may have had the task before, or nobody: the story does not say."""
    unsure = change.from_value is None and change.to_value is not None
    doubts = state.doubts | {Aspect.ASSIGNEE} if unsure else state.doubts - {Aspect.ASSIGNEE}
    return replace(state, assignee_id=change.from_value, doubts=doubts)


def _parent(state: ItemState, change: SourceChange) -> ItemState:
    parent = change.from_value
    kind = SUB_TASK if parent else TASK
    plain = state.item_type_id in {TASK.native_id, SUB_TASK.native_id}
    return replace(
        state,
        parent_id=parent,
        parent_key=None,
        level=-1 if parent else 0,
        subtask=parent is not None,
        item_type_id=kind.native_id if plain else state.item_type_id,
        item_type=kind.name if plain else state.item_type,
    )


def _day(attribute: str, aspect: Aspect) -> _Undo:
    def undo(state: ItemState, change: SourceChange) -> ItemState:
        try:
            day = _read_day(change.from_value)
        except PayloadUnreadable:
            return replace(state, **{attribute: None}, doubts=state.doubts | {aspect})
        return replace(state, **{attribute: day})

    return undo


def _read_day(said: str | None) -> date | None:
    """A day, or a moment where a task is due at an hour: that moment's day in UTC, as for the task itself."""
    if said is None or len(said) == len("2026-03-31"):
        return parse_optional_day(said, what="story")
    moment = parse_optional_moment(said, what="story")
    return moment.date() if moment else None


def _estimate(state: ItemState, change: SourceChange) -> ItemState:
    minutes = _number(change.from_value)
    if change.from_value and minutes is None:
        return replace(state, estimate_seconds=None, doubts=state.doubts | {Aspect.TIME})
    return replace(state, estimate_seconds=None if minutes is None else round(minutes * MINUTE))


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None


def _each(joined: str | None) -> list[str]:
    return [each.strip() for each in (joined or "").split(",") if each.strip()]
