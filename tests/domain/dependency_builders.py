"""Items and edges for dependency health: today is Friday 20 November 2026, and only what a test is about is said."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from service.domain.calendars import WorkingCalendar
from service.domain.dependencies import AssessedEdge, Assessment, DependencyRules, assess
from service.domain.edges import Edge, Provenance
from service.domain.network import Iteration, Network, NetworkItem, Presence
from service.domain.status import StatusCategory

TODAY = date(2026, 11, 20)  # a Friday
WEEKDAYS = WorkingCalendar()
STARTED = {"status_category": StatusCategory.IN_PROGRESS}
DONE = {"status_category": StatusCategory.DONE}
CANCELLED = {"status_category": StatusCategory.CANCELLED}
STUB = {"presence": Presence.STUB, "member": False, "countable": False}


def nov(day: int) -> date:
    return date(2026, 11, day)


def dec(day: int) -> date:
    return date(2026, 12, day)


def at(day: date, hour: int = 9) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def an_item(key: str, **values: Any) -> NetworkItem:
    """A live, countable story of the program that somebody will do, without dates, unless `values` says otherwise."""
    plain: dict[str, Any] = {
        "uid": f"jira:{key}",
        "key": key,
        "title": f"Title of {key}",
        "source": "jira",
        "project_id": "1",
        "item_type": "Story",
        "status_category": StatusCategory.TO_DO,
        "assignee_id": "pat",
    }
    parent = values.pop("parent", None)
    return NetworkItem(**plain | ({"parent_uid": f"jira:{parent}"} if parent else {}) | values)


def an_epic(key: str, **values: Any) -> NetworkItem:
    """One with children: they count in its place."""
    return an_item(key, **{"item_type": "Epic", "level": 1, "countable": False} | values)


def a_sprint(name: str, start: date, end: date) -> Iteration:
    return Iteration(name, start, end)


def an_edge(predecessor: str, successor: str, **values: Any) -> Edge:
    """Named "PREDECESSOR>SUCCESSOR", and by its type where that is not FS."""
    kind = values.get("type", "FS")
    name = f"{predecessor}>{successor}" + ("" if kind == "FS" else f" {kind}")
    plain: dict[str, Any] = {"id": name, "provenance": Provenance.JIRA_LINK}
    ends = {"predecessor_uid": f"jira:{predecessor}", "successor_uid": f"jira:{successor}"}
    return Edge(**plain | ends | values)


def assessment(
    items: Iterable[NetworkItem],
    edges: Iterable[Edge],
    *,
    as_of: date = TODAY,
    calendar: WorkingCalendar = WEEKDAYS,
    linked_on: dict[str, date] | None = None,
    **rules: Any,
) -> Assessment:
    network = Network.of(items, edges, linked_on=linked_on)
    return assess(network, as_of=as_of, calendar=calendar, rules=DependencyRules(**rules))


def assessed(items: Iterable[NetworkItem], edges: Iterable[Edge], **values: Any) -> dict[str, AssessedEdge]:
    return {each.edge.id: each for each in assessment(items, edges, **values).edges()}


def the_edge(predecessor: NetworkItem, successor: NetworkItem, **values: Any) -> AssessedEdge:
    """One edge between two items."""
    drawn = {name: values.pop(name) for name in ("type", "lag_days", "confirmed") if name in values}
    beside = values.pop("beside", ())
    edge = an_edge(predecessor.key, successor.key, **drawn)
    return assessed([predecessor, successor, *beside], [edge], **values)[edge.id]


def codes(edge: AssessedEdge) -> list[str]:
    return [str(reason.code) for reason in edge.reasons]


def said(edge: AssessedEdge) -> list[str]:
    return [reason.message for reason in edge.reasons]
