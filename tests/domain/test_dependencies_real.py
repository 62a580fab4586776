"""The links of two real trackers: their directions and what is open, counted straight from the files; then assessed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any

import pytest

from connectors.items import LinkDirection, SourceItem
from connectors.jira.config import CANCELLED_RESOLUTIONS, JiraOptions
from connectors.jira.reference import read_reference
from service.domain.calendars import WorkingCalendar
from service.domain.dependencies import Assessment, DependencyStatus, assess
from service.domain.edges import Edge, Provenance, collapse
from service.domain.network import Iteration, Network, NetworkItem, Presence
from tests.connectors.jira.test_real_records import recorded
from tests.domain.ladder_oracle import Oracle

TRACKERS = pytest.mark.parametrize(("name", "as_of"), [("duraspace", date(2014, 6, 2)), ("tidev", date(2019, 6, 3))])
OUTWARD_WAITS = {"Dependency", "Depends"}  # "depends on": the issue that shows it waits
OUTWARD_HOLDS = {"Blocks", "Gantt: finish-start", "Gantt: start-finish", "Gantt End to Start"}
CATEGORY = {"new": "open", "indeterminate": "open", "done": "done"}

Json = dict[str, Any]


# straight from the file


def ends_in(issues: tuple[Json, ...]) -> dict[tuple[str, str], tuple[str, str]]:
    """(predecessor, successor) by id → how far each is: open, done or cancelled."""
    far = {issue["id"]: _standing(issue) for issue in issues}
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for issue in issues:
        for link in issue["fields"]["issuelinks"]:
            kind, outward = link["type"]["name"], "outwardIssue" in link
            other = link["outwardIssue"] if outward else link["inwardIssue"]
            far.setdefault(other["id"], CATEGORY[other["fields"]["status"]["statusCategory"]["key"]])
            if kind in OUTWARD_WAITS:
                pair = (other["id"], issue["id"]) if outward else (issue["id"], other["id"])
            elif kind in OUTWARD_HOLDS:
                pair = (issue["id"], other["id"]) if outward else (other["id"], issue["id"])
            else:
                continue
            found[pair] = (far[pair[0]], far[pair[1]])
    return found


def _standing(issue: Json) -> str:
    fields = issue["fields"]
    category = CATEGORY[fields["status"]["statusCategory"]["key"]]
    resolution = fields.get("resolution") or {"name": ""}
    return "cancelled" if category == "done" and resolution["name"] in CANCELLED_RESOLUTIONS else category


# through the normaliser


@cache
def assessed(name: str, as_of: date) -> Assessment:
    _, payloads, items = recorded(name)
    directions = {one.native_id: one.direction for one in read_reference(payloads, options=JiraOptions()).link_types}
    edges = collapse(_edges(items, directions))
    return assess(Network.of(_network_items(items), edges), as_of=as_of, calendar=WorkingCalendar())


def _edges(items: tuple[SourceItem, ...], directions: dict[str, LinkDirection]) -> Iterator[Edge]:
    for item in items:
        for link in item.links:
            ends = [link.source_id, link.target_id]
            if (direction := directions[link.type_id]) is LinkDirection.NONE:
                continue
            before, after = ends if direction is LinkDirection.PREDECESSOR_FIRST else reversed(ends)
            yield Edge(id=link.native_id, predecessor_uid=before, successor_uid=after, provenance=Provenance.JIRA_LINK)


def _network_items(items: tuple[SourceItem, ...]) -> list[NetworkItem]:
    by_key = {item.key: item.native_id for item in items}
    read = {item.native_id: _read(item, by_key) for item in items}
    stubs = {
        link.far_end.native_id: NetworkItem(
            uid=link.far_end.native_id,
            key=link.far_end.key,
            title=link.far_end.title or "",
            source="real",
            project_id="",
            presence=Presence.STUB,
            member=False,
            countable=False,
            status_category=link.far_end.status_category,
        )
        for item in items
        for link in item.links
        if link.far_end is not None
    }
    return list((stubs | read).values())


def _read(item: SourceItem, by_key: dict[str, str]) -> NetworkItem:
    sprint = max(item.iterations, key=lambda one: (one.end is None, str(one.end)), default=None)
    return NetworkItem(
        uid=item.native_id,
        key=item.key,
        title=item.title,
        source="real",
        project_id=item.project_id,
        item_type=item.item_type,
        level=item.level,
        countable=item.level == 0 and item.status_category != "cancelled",
        status=item.status,
        status_category=item.status_category,
        parent_uid=item.parent_id or by_key.get(item.parent_key or ""),
        assignee_id=item.assignee_id,
        due=item.due,
        iteration=Iteration(sprint.name, _day(sprint.start), _day(sprint.end)) if sprint else None,
        release=min((one.release for one in item.releases if one.release), default=None),
        started_at=item.started_at,
        done_at=item.done_at,
        remaining_seconds=item.remaining_seconds,
    )


def _day(moment: Any) -> date | None:
    return moment.date() if moment else None


@TRACKERS
def test_every_real_link_runs_from_the_one_that_is_waited_for_to_the_one_that_waits(name: str, as_of: date) -> None:
    network = assessed(name, as_of).network

    assert {(edge.predecessor_uid, edge.successor_uid) for edge in network.edges} == ends_in(recorded(name)[0]).keys()


@TRACKERS
def test_what_is_resolved_broken_or_open_is_what_the_file_says_of_both_ends(name: str, as_of: date) -> None:
    expected = Counter(_rung(*ends) for ends in ends_in(recorded(name)[0]).values())

    found = Counter(
        str(edge.status) if edge.status in ("resolved", "broken") else "open" for edge in assessed(name, as_of).edges()
    )

    assert found == expected
    assert min(expected.values()) > 0


def _rung(before: str, after: str) -> str:
    if before == "done" or after != "open":
        return "resolved"
    return "broken" if before == "cancelled" else "open"


@TRACKERS
def test_every_open_real_link_stands_on_the_rung_of_the_definitions(name: str, as_of: date) -> None:
    found = assessed(name, as_of)
    oracle = Oracle(
        found.network.items,
        found.network.edges,
        as_of=as_of,
        holidays=frozenset(),
        teams={},
        buffer=3,
        concurrent=False,
        calendar_lag=False,
        linked_on={},
        probability={},
    )
    still_open = [edge for edge in found.edges() if edge.status is not DependencyStatus.RESOLVED]

    assert {each.edge.id: str(each.status) for each in still_open} == {
        each.edge.id: oracle.status(each.edge) for each in still_open
    }
    assert {each.edge.id: each.gap_days for each in still_open} == {
        each.edge.id: oracle.gap(each.edge) for each in still_open
    }
