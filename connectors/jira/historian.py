"""What a change in a Jira history means for the issue: the issue just before it, from the issue just after.

Statuses, levels and fields are read as the normaliser reads them. Some histories have only texts (Story Points),
some only ids; a set of releases is told one by one, a set of sprints whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache

from msgspec.structs import replace

from connectors.errors import PayloadUnreadable
from connectors.history import Aspect, ItemState
from connectors.items import Facet, FacetValue, SourceChange, SourceItemType, StatusCategory
from connectors.jira.config import JiraOptions, fold
from connectors.jira.reference import read_discovery
from connectors.jira.statuses import StatusTable
from connectors.timestamps import parse_optional_day

_Undo = Callable[[ItemState, SourceChange], ItemState]
_SYSTEM = {
    "status": Aspect.STATUS,
    "resolution": Aspect.STATUS,
    "timeoriginalestimate": Aspect.TIME,
    "timeestimate": Aspect.TIME,
    "timespent": Aspect.TIME,
    "duedate": Aspect.DUE,
    "parent": Aspect.PARENT,
    "project": Aspect.PROJECT,
    "issuekey": Aspect.PROJECT,
    "issuetype": Aspect.TYPE,
    "assignee": Aspect.ASSIGNEE,
    "fixVersions": Aspect.RELEASE,
}
_BY_ROLE = {
    "points": Aspect.POINTS,
    "start": Aspect.START,
    "epic_link": Aspect.PARENT,
    "parent_link": Aspect.PARENT,
    "team": Aspect.TEAM,
    "flagged": Aspect.FLAGGED,
    "sprint": Aspect.ITERATION,
}
_TIMES = {
    "timeoriginalestimate": "estimate_seconds",
    "timeestimate": "remaining_seconds",
    "timespent": "spent_seconds",
}
_SETS = frozenset({Aspect.RELEASE, Aspect.ITERATION})
_ALONE = {"status": Aspect.STATUS, "duedate": Aspect.DUE, "issuetype": Aspect.TYPE}  # who decides an aspect by itself


class JiraHistorian:
    """Implements `connectors.contract.Historian`."""

    without_history: frozenset[Aspect] = frozenset()
    comes_apart = False

    def __init__(self, payloads: Mapping[str, bytes], *, options: JiraOptions) -> None:
        discovery = read_discovery(payloads, options=options)
        self._statuses = StatusTable(discovery.reference.statuses, options)
        self._standing = lru_cache(maxsize=1024)(self._stands)  # a site has few, and every second change is a status
        self._roles = discovery.roles
        self._types = _types_by_id_and_name(discovery.reference.item_types)
        by_role = {field: aspect for role, aspect in _BY_ROLE.items() for field in self._roles.of(role)}
        self.fields: Mapping[str, Aspect] = {**by_role, **_SYSTEM}
        self._undo: Mapping[str, _Undo] = {field: self._reader(field, aspect) for field, aspect in self.fields.items()}

    def aspect_of(self, field_id: str) -> Aspect | None:
        return self.fields.get(field_id)

    def is_chained(self, field_id: str) -> bool:
        return self.fields.get(field_id) not in _SETS

    def settled(self, state: ItemState, facets: Sequence[FacetValue]) -> ItemState:
        """An issue has one winning field for points; what it says now is where the history of that field ends."""
        if not state.points_field and not facets:
            return state
        told = {state.points_field: _number_text(state.points)} if state.points_field else {}
        return replace(
            state,
            told=told,
            iterations=tuple(each.native_id for each in facets if each.facet is Facet.ITERATION and each.native_id),
            releases=tuple(each.native_id for each in facets if each.facet is Facet.RELEASE and each.native_id),
        )

    def undo(self, state: ItemState, change: SourceChange) -> ItemState:
        undo = self._undo.get(change.field_id)
        if undo is None:
            return state
        if state.doubts and (settled := _ALONE.get(change.field_id)):  # a later value that nobody can read is past
            state = replace(state, doubts=state.doubts - {settled})
        return undo(state, change)

    def _reader(self, field_id: str, aspect: Aspect) -> _Undo:  # noqa: PLR0911 - one line an aspect
        match aspect:
            case Aspect.STATUS:
                return self._status if field_id == "status" else self._resolution
            case Aspect.POINTS:
                return self._points
            case Aspect.TIME:
                return _time(_TIMES[field_id])
            case Aspect.DUE | Aspect.START:
                return _day(str(aspect), aspect)
            case Aspect.PARENT:
                return _parent if field_id == "parent" else _parent_above
            case Aspect.PROJECT:
                return _key if field_id == "issuekey" else _project
            case Aspect.TYPE:
                return self._item_type
            case Aspect.ASSIGNEE:
                return lambda state, change: replace(state, assignee_id=change.from_value)
            case Aspect.TEAM:
                return lambda state, change: replace(state, team=change.from_text or change.from_value)
            case Aspect.FLAGGED:
                return lambda state, change: replace(state, flagged=bool(change.from_text or change.from_value))
            case Aspect.ITERATION:
                return lambda state, change: replace(state, iterations=_ids(change.from_value))
            case Aspect.RELEASE:
                return _releases

    def _status(self, state: ItemState, change: SourceChange) -> ItemState:
        status_id, name = change.from_value or "", change.from_text or ""
        category, unresolved = self._standing(status_id, name, state.resolution)
        if category is None:  # a status that was deleted since, or a name that means two things
            return replace(
                state,
                status_id=status_id,
                status=name,
                status_category=StatusCategory.TO_DO,
                no_resolution=False,
                doubts=_with(state),
            )
        return replace(state, status_id=status_id, status=name, status_category=category, no_resolution=unresolved)

    def _resolution(self, state: ItemState, change: SourceChange) -> ItemState:
        resolution = change.from_text or None
        category, unresolved = self._standing(state.status_id, state.status, resolution)
        if category is None:
            category, unresolved = self._judged(state.status_category, state.status, resolution)
        return replace(state, resolution=resolution, status_category=category, no_resolution=unresolved)

    def _stands(self, status_id: str, name: str, resolution: str | None) -> tuple[StatusCategory | None, bool]:
        """The category of a status, beside a resolution; and whether it is done with none."""
        category = self._statuses.then(status_id, name)
        return (None, False) if category is None else self._judged(category, name, resolution)

    def _judged(self, category: StatusCategory, name: str, resolution: str | None) -> tuple[StatusCategory, bool]:
        category = self._statuses.after_cancelled_rule(category, status=name, resolution=resolution)
        return category, category is StatusCategory.DONE and resolution is None

    def _points(self, state: ItemState, change: SourceChange) -> ItemState:
        """The first candidate that was set then, as the normaliser asks them."""
        told = {**state.told, change.field_id: change.from_value or change.from_text or None}
        field = next((each for each in self._roles.points_for(state.project_id) if told.get(each)), None)
        value = _number(told[field]) if field else None
        if field and value is None:
            return replace(state, told=told, points=None, points_field=None, doubts=_with(state, Aspect.POINTS))
        return replace(state, told=told, points=value, points_field=field)

    def _item_type(self, state: ItemState, change: SourceChange) -> ItemState:
        type_id, name = change.from_value or "", change.from_text or ""
        known = self._types.get(type_id) or self._types.get(fold(name))
        if known is None:  # deleted since: the level stays what it is
            return replace(state, item_type_id=type_id, item_type=name, doubts=_with(state, Aspect.TYPE))
        return replace(
            state,
            item_type_id=known.native_id,
            item_type=name or known.name,
            level=known.level,
            subtask=known.level < 0,
        )


def _time(attribute: str) -> _Undo:
    def undo(state: ItemState, change: SourceChange) -> ItemState:
        said = change.from_value or change.from_text
        seconds = _number(said)
        if said and seconds is None:
            return replace(state, **{attribute: None}, doubts=_with(state, Aspect.TIME))
        return replace(state, **{attribute: None if seconds is None else round(seconds)})

    return undo


def _day(attribute: str, aspect: Aspect) -> _Undo:
    def undo(state: ItemState, change: SourceChange) -> ItemState:
        try:
            day = _first_day(change.from_value, change.from_text)
        except PayloadUnreadable:
            return replace(state, **{attribute: None}, doubts=_with(state, aspect))
        return replace(state, **{attribute: day})

    return undo


def _first_day(*said: str | None) -> date | None:
    text = next(filter(None, said), None)
    return parse_optional_day(text[:10] if text else None, what="history")


def _parent(state: ItemState, change: SourceChange) -> ItemState:
    """An id with a key beside it; either may be all there is."""
    native_id = change.from_value or None
    if native_id is not None and not native_id.isdecimal():
        return replace(state, parent_id=None, parent_key=native_id)
    return replace(state, parent_id=native_id, parent_key=None if native_id else change.from_text or None)


def _parent_above(state: ItemState, change: SourceChange) -> ItemState:
    """Epic Link and Parent Link; a sub-task belongs to its issue, whatever stands beside it."""
    return state if state.subtask else _parent(state, change)


def _project(state: ItemState, change: SourceChange) -> ItemState:
    return replace(state, project_id=change.from_value) if change.from_value else state


def _key(state: ItemState, change: SourceChange) -> ItemState:
    key = change.from_text or change.from_value
    return replace(state, key=key) if key else state


def _releases(state: ItemState, change: SourceChange) -> ItemState:
    """One entered, one left, or one for another."""
    kept = [each for each in state.releases if each != change.to_value]
    if change.from_value and change.from_value not in kept:
        kept.append(change.from_value)
    return replace(state, releases=tuple(kept))


def _ids(joined: str | None) -> tuple[str, ...]:
    return tuple(each for part in (joined or "").split(",") if (each := part.strip()))


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None


def _number_text(number: float | None) -> str | None:
    return None if number is None else repr(number)


def _with(state: ItemState, aspect: Aspect = Aspect.STATUS) -> frozenset[Aspect]:
    return state.doubts | {aspect}


def _types_by_id_and_name(types: Iterable[SourceItemType]) -> dict[str, SourceItemType]:
    """An id wins over a name; of two types of one name the first is taken."""
    found: dict[str, SourceItemType] = {}
    for each in types:
        found.setdefault(fold(each.name), each)
    return found | {each.native_id: each for each in types}
