"""Recorded trackers, served by the stand-ins and synced: what is stored equals what the files say, counted apart."""

from __future__ import annotations

import asyncio
import gzip
import json
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from connectors.sandbox.recorded import account_of, load_recorded
from service.store import migrate
from service.store.engine import Database
from service.sync.outcome import Outcome, RunStatus
from tests.builders.jira import real_data
from tests.flows.stored import Store, differences, stored
from tests.flows.support import CLOUD, DATA_CENTER, flowing

EDITIONS = pytest.mark.parametrize("kind", [CLOUD, DATA_CENTER])
POINTS, SPRINT = "customfield_10023", "customfield_10290"
FIELD_OF = {  # what a history calls a field → under which id its changes are kept
    "status": "status",
    "resolution": "resolution",
    "assignee": "assignee",
    "priority": "priority",
    "issuetype": "issuetype",
    "Issue Type": "issuetype",
    "Project": "project",
    "Key": "issuekey",
    "Parent": "parent",
    "Link": "link",
    "Fix Version": "fixVersions",
    "Component": "components",
    "labels": "labels",
    "duedate": "duedate",
    "timeoriginalestimate": "timeoriginalestimate",
    "timeestimate": "timeestimate",
    "timespent": "timespent",
}
CUSTOM_FIELD_OF = {"Story Points": POINTS, "Sprint": SPRINT}

Json = dict[str, Any]


@dataclass(frozen=True)
class Synced:
    outcome: Outcome
    store: Store


@cache
def raw(name: str) -> tuple[Json, ...]:
    with gzip.open(real_data() / "jira" / f"{name}.jsonl.gz") as lines:
        return tuple(json.loads(line) for line in lines)


@cache
def synced(name: str, kind: str) -> Synced:
    """One full sync into a new SQLite file."""
    recording = real_data() / "jira" / f"{name}.jsonl.gz"
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/real.db"
        migrate.upgrade(url)
        return asyncio.run(_sync(recording, kind, url))


async def _sync(recording: Path, kind: str, url: str) -> Synced:
    database = Database.open(url)
    try:
        async with flowing(load_recorded(recording), database, kind=kind, settings={"page_size": 100}) as flow:
            return Synced(await flow.sync(full=True), await stored(database))
    finally:
        await database.aclose()


@EDITIONS
def test_duraspace_is_stored_whole_and_the_run_says_so(kind: str) -> None:
    outcome, store = synced("duraspace", kind).outcome, synced("duraspace", kind).store

    assert (outcome.status, outcome.reasons, outcome.rejected) == (RunStatus.COMPLETE, (), 0)
    assert (outcome.fetched, outcome.changed) == (3036, 3036)
    assert {(row["native_id"], row["key"]) for row in store["work_items"]} == {
        (one["id"], one["key"]) for one in raw("duraspace")
    }
    assert len({row["project_id"] for row in store["work_items"]}) == 18
    assert {row["warnings"] for row in store["work_items"]} == {None}


@EDITIONS
def test_duraspace_keeps_every_tracked_item_of_all_15140_histories(kind: str) -> None:
    issues, store = raw("duraspace"), synced("duraspace", kind).store
    histories = [history for one in issues for history in one["changelog"]["histories"]]
    assert (len(histories), sum(len(history["items"]) for history in histories)) == (15140, 22158)

    expected = sorted(_tracked(issues, accounts=kind == CLOUD))
    kept = sorted(
        (
            row["item_uid"].removeprefix("acme:"),
            row["change_id"],
            row["ordinal"],
            row["field_id"],
            row["at"].isoformat(),
            *(_text(row[name]) for name in ("from_value", "from_text", "to_value", "to_text")),
        )
        for row in store["item_changes"]
    )

    assert kept == expected
    assert Counter(change[3] for change in kept)["status"] == 5124


def _tracked(issues: Iterable[Json], *, accounts: bool) -> Iterable[tuple[Any, ...]]:
    """(issue, history, place, field, moment, from, fromString, to, toString), straight from the file."""
    for issue in issues:
        for history in issue["changelog"]["histories"]:
            moment = datetime.fromisoformat(history["created"]).astimezone(UTC).isoformat()
            for place, item in enumerate(history["items"]):
                names = FIELD_OF if item["fieldtype"] == "jira" else CUSTOM_FIELD_OF
                if (field := names.get(item["field"])) is None:
                    continue
                ends = [item["from"], item["to"]]
                if accounts and field == "assignee":
                    ends = [account_of(end) if end else end for end in ends]
                texts = [item["fromString"], item["toString"]]
                values = (_text(ends[0]), _text(texts[0]), _text(ends[1]), _text(texts[1]))
                yield (issue["id"], history["id"], place, field, moment, *values)


def _text(value: str | None) -> str:
    """Sortable beside None."""
    return "∅" if value is None else value


@EDITIONS
def test_the_last_status_change_of_every_duraspace_issue_leads_to_its_status(kind: str) -> None:
    store = synced("duraspace", kind).store
    changes: dict[str, list[Json]] = {}
    for row in store["item_changes"]:
        if row["field_id"] == "status":
            changes.setdefault(row["item_uid"], []).append(row)

    last = {
        uid: max(rows, key=lambda row: (row["at"], int(row["change_id"]), row["ordinal"]))["to_value"]
        for uid, rows in changes.items()
    }

    assert last == {row["uid"]: row["status_id"] for row in store["work_items"] if row["uid"] in last}
    assert len(last) > 2000


@EDITIONS
def test_duraspace_has_483_edges_and_whoever_depends_waits(kind: str) -> None:
    issues, store = raw("duraspace"), synced("duraspace", kind).store
    expected = set()
    for one in issues:
        for link in one["fields"]["issuelinks"]:
            ends = (one["id"], link["outwardIssue"]["id"]) if "outwardIssue" in link else None
            ends = ends or (link["inwardIssue"]["id"], one["id"])
            expected.add((link["id"], link["type"]["name"], *ends))
    types = {row["native_id"]: row for row in store["link_types"]}

    edges = {
        (row["native_id"], types[row["type_id"]]["name"], _id(row["source_uid"]), _id(row["target_uid"]))
        for row in store["links"]
    }

    assert edges == expected
    assert len(store["links"]) == 483
    assert {row["name"]: row["direction"] for row in types.values()} == {
        "Related": "none",
        "Dependency": "successor_first",
        "Addresses": "none",
        "Duplicate": "none",
    }
    project = {row["uid"]: row["key"].rpartition("-")[0] for row in (*store["work_items"], *store["item_stubs"])}
    assert sum(project[row["source_uid"]] != project[row["target_uid"]] for row in store["links"]) == 21
    seen = [row["seen_from_source"] + row["seen_from_target"] for row in store["links"]]
    assert sum(seen) == 928


@EDITIONS
def test_links_to_issues_outside_of_duraspace_end_at_stubs_that_say_what_the_link_told(kind: str) -> None:
    store = synced("duraspace", kind).store
    known = {row["uid"] for row in store["work_items"]}
    ends = {row[end] for row in store["links"] for end in ("source_uid", "target_uid")}

    assert {row["uid"] for row in store["item_stubs"]} >= ends - known
    assert not {row["uid"] for row in store["item_stubs"]} & known


@EDITIONS
def test_duraspace_points_due_dates_and_sprints_are_those_of_the_file(kind: str) -> None:
    issues, store = raw("duraspace"), synced("duraspace", kind).store
    fields = {one["id"]: one["fields"] for one in issues}

    points = {row["native_id"]: row["points"] for row in store["work_items"] if row["points"] is not None}
    due = {row["native_id"]: row["due"].isoformat() for row in store["work_items"] if row["due"]}
    sprints = [row for row in store["item_facets"] if row["facet"] == "iteration"]

    assert points == {number: row[POINTS] for number, row in fields.items() if row.get(POINTS) is not None}
    assert due == {number: row["duedate"] for number, row in fields.items() if row.get("duedate")}
    assert (len(points), len(due), len({row["item_uid"] for row in sprints})) == (580, 286, 23)
    known = {row["native_id"]: row for row in store["iterations"]}
    for row in sprints:
        texts = fields[_id(row["item_uid"])][SPRINT]
        (text,) = (one for one in texts if f"id={row['native_id']}]" in one or f"id={row['native_id']}," in one)
        assert f"name={row['value']}" in text
        assert f"state={known[row['native_id']]['state'].upper()}" in text


def test_both_editions_give_the_same_store_but_for_how_they_name_people() -> None:
    """Cloud names people by account and knows a project's style; Data Center has fields of its own for epics."""
    cloud, centre = _of_cloud("duraspace"), _of_data_center("duraspace")

    assert differences(cloud, centre, but={"projects": {"style"}}) == []
    assert len(cloud["work_items"]) == 3036


def _of_cloud(name: str) -> Store:
    """With people under the names that Data Center would give them."""
    store = synced(name, CLOUD).store
    person = {"work_items": ("assignee_id", "reporter_id"), "people": ("native_id",)}
    person["item_changes"] = ("author_id", "from_value", "to_value")
    return {
        table: [
            {name: _bare(value) if name in person.get(table, ()) else value for name, value in row.items()}
            for row in rows
        ]
        for table, rows in store.items()
    }


def _bare(value: str | None) -> str | None:
    return value.removeprefix(account_of("")) if value else value


def _of_data_center(name: str) -> Store:
    store = synced(name, DATA_CENTER).store
    own = {"epic_link", "epic_name", "parent_link"}
    return store | {"fields": [row for row in store["fields"] if row["role"] not in own]}


async def test_both_databases_hold_the_same_duraspace(postgres_url: str) -> None:
    recording = real_data() / "jira" / "duraspace.jsonl.gz"

    postgres = await _sync(recording, DATA_CENTER, postgres_url)

    assert differences(postgres.store, await asyncio.to_thread(lambda: synced("duraspace", DATA_CENTER).store)) == []


@EDITIONS
def test_tidev_links_sprints_and_parents_are_those_of_the_file(kind: str) -> None:
    issues, outcome, store = raw("tidev"), synced("tidev", kind).outcome, synced("tidev", kind).store
    assert (outcome.status, outcome.fetched, outcome.rejected) == (RunStatus.COMPLETE, 6686, 0)
    edges, sprints, parents, releases, affected = set(), set(), {}, set(), set()
    for one in issues:
        fields = one["fields"]
        for link in fields["issuelinks"]:
            outward = link.get("outwardIssue")
            far = outward or link["inwardIssue"]
            edges.add((link["id"], one["id"], far["id"]) if outward else (link["id"], far["id"], one["id"]))
        sent = [*(fields.get("closedSprints") or []), *([fields["sprint"]] if fields.get("sprint") else [])]
        sprints |= {(one["id"], str(sprint["id"]), sprint["name"]) for sprint in sent}
        above = fields.get("parent") or fields.get("epic")
        if above and above["key"] != one["key"]:
            parents[one["id"]] = above["key"]
        releases |= {(one["id"], version["id"]) for version in fields.get("fixVersions") or ()}
        affected |= {(one["id"], version["id"]) for version in fields.get("versions") or ()}

    assert {(row["native_id"], _id(row["source_uid"]), _id(row["target_uid"])) for row in store["links"]} == edges
    assert len(store["links"]) == len(edges) == 1513
    assert {
        (_id(row["item_uid"]), row["native_id"], row["value"])
        for row in store["item_facets"]
        if row["facet"] == "iteration"
    } == sprints
    assert {
        (_id(row["item_uid"]), row["native_id"]) for row in store["item_facets"] if row["facet"] == "release"
    } == releases
    assert {
        (_id(row["item_uid"]), row["native_id"]) for row in store["item_facets"] if row["facet"] == "affected"
    } == affected
    assert len(affected) > 1_000
    keys = {row["uid"]: row["key"] for row in (*store["work_items"], *store["item_stubs"])}
    assert {
        row["native_id"]: keys.get(row["parent_uid"] or "", row["parent_key"])
        for row in store["work_items"]
        if row["parent_uid"] or row["parent_key"]
    } == parents
    if kind == CLOUD:  # Data Center's epic link is a key, and the id of an epic that nobody may see stays unknown
        assert all(row["parent_uid"] for row in store["work_items"] if row["native_id"] in parents)


@EDITIONS
def test_the_epic_of_a_tidev_sub_task_is_that_of_the_story_above_it(kind: str) -> None:
    store = synced("tidev", kind).store
    items = {row["uid"]: row for row in store["work_items"]}

    for row in items.values():
        above, epic = items.get(row["parent_uid"] or ""), None
        while above is not None and epic is None:
            epic, above = (above["uid"], None) if above["level"] == 1 else (None, items.get(above["parent_uid"] or ""))
        assert row["level"] == 1 or row["epic_uid"] == epic


def _id(uid: str) -> str:
    return uid.removeprefix("acme:")
