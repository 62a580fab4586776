"""Histories in one word each: a tool with four fields, and items whose every state is known beforehand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from connectors.history import Aspect, ItemState
from connectors.items import FacetValue, SourceChange
from service.domain.history import Snapshot
from service.domain.items import RollupItem
from service.domain.program_history import ProgramHistory, Span
from service.domain.status import StatusCategory

SOURCE = "acme-jira"
START = datetime(2026, 3, 1, tzinfo=UTC)
TO_DO, IN_PROGRESS, DONE, CANCELLED = StatusCategory


def hour(number: float) -> datetime:
    return START + timedelta(hours=number)


class Diary:
    """A tool whose changes name plain values. Implements `connectors.contract.Historian`."""

    fields: Mapping[str, Aspect] = {
        "status": Aspect.STATUS,
        "points": Aspect.POINTS,
        "parent": Aspect.PARENT,
        "homes": Aspect.PROJECT,
    }

    def __init__(self, *, comes_apart: bool = False, without_history: frozenset[Aspect] = frozenset()) -> None:
        self.comes_apart = comes_apart
        self.without_history = without_history

    def aspect_of(self, field_id: str) -> Aspect | None:
        return self.fields.get(field_id)

    def is_chained(self, field_id: str) -> bool:
        return field_id != "homes"

    def settled(self, state: ItemState, facets: Sequence[FacetValue]) -> ItemState:
        return state

    def undo(self, state: ItemState, change: SourceChange) -> ItemState:
        said = change.from_value
        match change.field_id:
            case "status":
                return replace(state, status=said or "", status_category=StatusCategory(said or "to_do"))
            case "points" if said == "many":
                return replace(state, points=None, doubts=state.doubts | {Aspect.POINTS})
            case "points":
                return replace(state, points=None if said is None else float(said))
            case "parent":
                return replace(state, parent_id=said)
            case _:
                return state


def a_state(**values: Any) -> ItemState:
    base = ItemState(
        key="PAY-1",
        project_id="1",
        item_type_id="10001",
        item_type="Story",
        level=0,
        subtask=False,
        status_id="1",
        status="to_do",
        status_category=TO_DO,
    )
    return replace(base, **values)


def a_change(at: float, field_id: str, before: str | None, after: str | None, *, ordinal: int = 0) -> SourceChange:
    """At an hour; its number grows with it."""
    return SourceChange("1", str(int(at * 10)), ordinal, hour(at), field_id, from_value=before, to_value=after)


@dataclass(slots=True)
class Life:
    """One item with all its states: (hour, field, value) in the order of time, told forward."""

    name: str
    created: float = 0.0
    part: bool = False
    first: Mapping[str, str | None] = field(default_factory=dict)
    told: Sequence[tuple[float, str, str | None]] = ()
    spans: Sequence[tuple[float, float | None]] = ()

    @property
    def uid(self) -> str:
        return f"{SOURCE}:{self.name}"

    def values(self, at: float) -> dict[str, str | None]:
        """What every field says at an hour, found by going forward."""
        values: dict[str, str | None] = {"status": "to_do", "points": None, "parent": None, **self.first}
        for moment, name, value in self.told:
            if moment <= at:
                values[name] = value
        return values

    def state(self, at: float) -> ItemState:
        values = self.values(at)
        return a_state(
            key=self.name,
            level=-1 if self.part else 0,
            subtask=self.part,
            status=values["status"] or "",
            status_category=StatusCategory(values["status"] or "to_do"),
            points=None if values["points"] is None else float(values["points"]),
            parent_id=values["parent"],
        )

    def item(self, at: float) -> RollupItem:
        state = self.state(at)
        return RollupItem(
            uid=self.uid,
            called=self.name,
            source=SOURCE,
            project_id="1",
            item_type="Story",
            level=state.level,
            subtask=state.subtask,
            status_category=state.status_category,
            parent_uid=None if state.parent_id is None else f"{SOURCE}:{state.parent_id}",
            points=state.points,
        )

    def changes(self) -> list[SourceChange]:
        values = {"status": "to_do", "points": None, "parent": None, **self.first}
        found: list[SourceChange] = []
        for number, (moment, name, value) in enumerate(self.told):
            found.append(
                SourceChange(self.uid, str(number), 0, hour(moment), name, from_value=values[name], to_value=value)
            )
            values[name] = value
        return found

    def is_there(self, at: float) -> bool:
        spans = self.spans or ((self.created, None),)
        return any(since <= at and (until is None or at < until) for since, until in spans)


def a_history(*lives: Life, since: float = 0.0, now: float = 1_000.0, historian: Diary | None = None) -> ProgramHistory:
    """The program that these lives led to: only its present and the changes after `since` are told."""
    changes = {life.uid: [each for each in life.changes() if each.at > hour(since)] for life in lives}
    touched = {uid: each for uid, each in changes.items() if each}
    return ProgramHistory(
        since=hour(since),
        members=[life.item(now) for life in lives],
        spans=[
            [
                Span(hour(begin), None if end is None else hour(end))
                for begin, end in life.spans or ((life.created, None),)
            ]
            for life in lives
        ],
        created=[hour(life.created) for life in lives],
        snapshots={
            life.uid: Snapshot(
                life.uid, SOURCE, life.name, hour(life.created), touched[life.uid][-1].at, life.state(now)
            )
            for life in lives
            if life.uid in touched
        },
        changes=touched,
        historians={SOURCE: historian or Diary()},
    )
