"""The facts of the recorded trackers, counted after normalising instead of before."""

from __future__ import annotations

import gzip
from collections import Counter
from functools import cache

import msgspec

from connectors.items import LinkDirection, SourceItem, StatusCategory
from connectors.jira.config import JiraOptions
from connectors.jira.links import read_link_types
from connectors.jira.normalise import JiraNormaliser
from connectors.jira.payloads import LinkTypeJson
from connectors.jira.reference import read_reference
from tests.builders import jira

FIELDS = [
    jira.a_field("customfield_10023", "Story Points", jira.FLOAT),
    jira.a_field("customfield_10290", "Sprint", jira.SPRINT, kind="array"),
]


@cache
def recorded(name: str) -> tuple[tuple[jira.Json, ...], dict[str, bytes], tuple[SourceItem, ...]]:
    """The raw issues, a reference made of what they mention, and the items."""
    with gzip.open(jira.real_data() / "jira" / f"{name}.jsonl.gz") as file:
        lines = list(file)
    issues = tuple(map(msgspec.json.decode, lines))
    statuses = {one["fields"]["status"]["id"]: one["fields"]["status"] for one in issues}
    types = {link["type"]["id"]: link["type"] for one in issues for link in one["fields"]["issuelinks"]}
    payloads = jira.payloads(
        fields=FIELDS, statuses=list(statuses.values()), link_types={"issueLinkTypes": list(types.values())}
    )
    normaliser = JiraNormaliser(payloads, options=JiraOptions())
    return issues, payloads, tuple(map(normaliser, jira.records(iter(lines))))


def test_duraspace_becomes_3036_items_without_a_single_doubt() -> None:
    _, _, items = recorded("duraspace")

    assert (len(items), len({item.project_id for item in items})) == (3036, 18)
    assert Counter(code for item in items for code in item.warnings) == {}


def test_duraspace_points_sprints_and_due_dates_are_all_read() -> None:
    _, _, items = recorded("duraspace")

    assert sum(item.points is not None for item in items) == 580
    assert {item.points_field for item in items} == {None, "customfield_10023"}
    assert sum(bool(item.iterations) for item in items) == 23
    assert {one.name for item in items for one in item.iterations} >= {"Sprint 3", "DuraCloud 2.4"}
    assert sum(item.due is not None for item in items) == 286


def test_duraspace_histories_keep_every_tracked_change() -> None:
    issues, _, items = recorded("duraspace")

    kept = Counter(change.field_id for item in items for change in item.changes)

    assert kept["status"] == 5124
    assert kept["fixVersions"] == 4486
    assert kept["link"] == 1089
    assert kept["customfield_10023"] == 320
    assert kept["duedate"] == 120
    assert kept["customfield_10290"] == 34
    assert (kept["project"], kept["issuekey"]) == (78, 78)
    assert all(list(item.changes) == sorted(item.changes, key=lambda one: one.at) for item in items)
    for issue, item in zip(issues, items, strict=True):
        last = [change.to_value for change in item.changes if change.field_id == "status"][-1:]
        assert last in ([], [issue["fields"]["status"]["id"]])


def test_duraspace_reopened_issues_are_done_at_their_last_closing_only() -> None:
    _, _, items = recorded("duraspace")
    closed = {"5", "6"}

    left = [
        item
        for item in items
        if any(
            one.field_id == "status" and one.from_value in closed and one.to_value not in closed for one in item.changes
        )
    ]

    assert len(left) == 141
    done = [item for item in items if item.status_category is StatusCategory.DONE]
    assert all(item.done_at is not None and item.done_at >= item.created_at for item in done)
    assert all(item.done_at is None for item in items if item.status_category is not StatusCategory.DONE)


def test_duraspace_moved_issues_remember_their_old_keys() -> None:
    _, _, items = recorded("duraspace")

    moved = {item.key: item.former_keys for item in items if item.former_keys}

    assert moved["DURACLOUD-563"] == ("DURACLOUDPRIV-126",)
    assert all(key not in former for key, former in moved.items())


def test_duraspace_has_483_edges_and_a_dependency_makes_its_source_wait() -> None:
    _, payloads, items = recorded("duraspace")
    reference = read_reference(payloads, options=JiraOptions())

    entries = [link for item in items for link in item.links]

    edges = {(one.native_id, one.type_id, one.source_id, one.target_id) for one in entries}
    assert (len(entries), len(edges), len({one[0] for one in edges})) == (928, 483, 483)
    assert {one.name: one.direction for one in reference.link_types} == {
        "Related": LinkDirection.NONE,
        "Dependency": LinkDirection.SUCCESSOR_FIRST,
        "Addresses": LinkDirection.NONE,
        "Duplicate": LinkDirection.NONE,
    }
    assert reference.warnings == ()


def test_tidev_link_types_are_all_decided() -> None:
    _, payloads, items = recorded("tidev")
    reference = read_reference(payloads, options=JiraOptions())

    assert reference.warnings == ()
    assert {one.name for one in reference.link_types if one.direction is LinkDirection.SUCCESSOR_FIRST} == {"Depends"}
    assert {one.name for one in reference.link_types if one.direction is LinkDirection.PREDECESSOR_FIRST} == {
        "Blocks",
        "Gantt: finish-start",
        "Gantt: start-finish",
        "Gantt End to Start",
    }
    edges = {(link.native_id, link.source_id, link.target_id) for item in items for link in item.links}
    assert (len(items), len(edges), len({one[0] for one in edges})) == (6686, 1513, 1513)


def test_tidev_sprints_epics_and_parents_come_from_the_agile_objects() -> None:
    issues, _, items = recorded("tidev")

    for issue, item in zip(issues, items, strict=True):
        fields = issue["fields"]
        sent = [*(fields.get("closedSprints") or []), *([fields["sprint"]] if fields.get("sprint") else [])]
        assert [one.native_id for one in item.iterations] == list(dict.fromkeys(str(one["id"]) for one in sent))
        above = fields.get("parent") or fields.get("epic")
        expected = above["key"] if above and above["key"] != item.key else None
        assert item.parent_key == expected
        assert item.level == (-1 if fields["issuetype"]["subtask"] else int(fields["issuetype"]["name"] == "Epic"))
    assert sum(item.level == -1 for item in items) == 99


def test_the_operators_direction_is_the_one_that_counts() -> None:
    types = [LinkTypeJson("10030", "Dependency", "required by", "depends on")]
    turned = {"dependency": LinkDirection.PREDECESSOR_FIRST}

    assert read_link_types(types, directions=turned)[0][0].direction is LinkDirection.PREDECESSOR_FIRST
