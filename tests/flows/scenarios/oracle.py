"""What a stand-in Jira itself says of every issue, worked out from its own objects without a line of the product."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from connectors.sandbox.site import Issue, JiraSite
from service.domain.mapping_file import parse_programs
from service.programs.answers import Answer, RollupData, encode
from service.programs.apply import apply
from service.programs.read import get_rollup
from service.store.engine import Database
from tests.flows.stored import Store
from tests.flows.support import TODAY

SOURCE = "acme"
STORY_POINTS, SPRINT = "customfield_10026", "customfield_10020"
CATEGORY = {"new": "to_do", "indeterminate": "in_progress", "done": "done"}
CANCELS = {"Won't Do", "Duplicate"}  # resolutions of the stand-ins that the definitions count as cancelled
Facts = dict[str, dict[str, Any]]


def said_by_the_site(site: JiraSite, *, without: Collection[str] = ()) -> Facts:
    """By native id, of every issue that is to be read: all but those in the projects `without`."""
    return {
        number: _said(issue) for number, issue in site.issues.items() if issue["fields"]["project"]["id"] not in without
    }


def _said(issue: Issue) -> dict[str, Any]:
    fields = issue["fields"]
    return {
        "key": issue["key"],
        "title": fields["summary"],
        "project": fields["project"]["id"],
        "type": fields["issuetype"]["name"],
        "status": fields["status"]["id"],
        "category": category_of(issue),
        "parent": (fields.get("parent") or {}).get("id"),
        "points": fields.get(STORY_POINTS),
        "due": fields.get("duedate"),
        "updated": datetime.fromisoformat(fields["updated"]),
        "labels": sorted(fields.get("labels") or ()),
        "sprints": sorted(str(number) for number in fields.get(SPRINT) or ()),
        "statuses": list(_status_changes(issue)),
    }


def category_of(issue: Issue) -> str:
    """As the definitions say: done and resolved as not done is cancelled."""
    fields = issue["fields"]
    category = CATEGORY[fields["status"]["statusCategory"]["key"]]
    resolution = (fields.get("resolution") or {}).get("name")
    dismissed = category == "done" and resolution in CANCELS
    return "cancelled" if dismissed or fields["status"]["name"].casefold() == "won't do" else category


def _status_changes(issue: Issue) -> Iterable[tuple[datetime, str | None, str | None]]:
    for history in issue.get("changelog", {}).get("histories", ()):
        for item in history["items"]:
            if item["field"] == "status":
                yield datetime.fromisoformat(history["created"]), item["from"], item["to"]


def links_of(site: JiraSite, *, without: Collection[str] = ()) -> set[tuple[str, str, str, str]]:
    """(link id, type, source, target) of every link that an issue to be read shows."""
    found = set()
    for number, issue in site.issues.items():
        if issue["fields"]["project"]["id"] not in without:
            for link in issue["fields"].get("issuelinks") or ():
                outward = "outwardIssue" in link
                far = link["outwardIssue" if outward else "inwardIssue"]["id"]
                ends = (number, far) if outward else (far, number)
                found.add((link["id"], link["type"]["id"], *ends))
    return found


def kept_in_store(store: Store) -> Facts:
    """The same of every live item that is stored."""
    facets: dict[tuple[str, str], list[str]] = {}
    for row in store["item_facets"]:
        named = row["native_id"] if row["facet"] == "iteration" else row["value"]
        facets.setdefault((row["item_uid"], row["facet"]), []).append(named)
    moves: dict[str, list[tuple[Any, ...]]] = {}
    for row in store["item_changes"]:
        if row["field_id"] == "status":
            place = (row["at"], int(row["change_id"]), row["ordinal"])
            moves.setdefault(row["item_uid"], []).append((place, row["from_value"], row["to_value"]))
    return {
        row["native_id"]: {
            "key": row["key"],
            "title": row["title"],
            "project": row["project_id"],
            "type": row["item_type"],
            "status": row["status_id"],
            "category": row["status_category"],
            "parent": _native(row["parent_uid"]),
            "points": row["points"],
            "due": row["due"] and row["due"].isoformat(),
            "updated": row["updated_at"],
            "labels": sorted(facets.get((row["uid"], "label"), ())),
            "sprints": sorted(facets.get((row["uid"], "iteration"), ())),
            "statuses": [(place[0], old, new) for place, old, new in sorted(moves.get(row["uid"], ()))],
        }
        for row in store["work_items"]
        if row["tombstone"] is None
    }


def edges_in(store: Store) -> set[tuple[str, str, str, str]]:
    return {
        (row["native_id"], row["type_id"], str(_native(row["source_uid"])), str(_native(row["target_uid"])))
        for row in store["links"]
    }


def _native(uid: str | None) -> str | None:
    return uid.removeprefix(f"{SOURCE}:") if uid else None


def assert_is_as_the_site(store: Store, site: JiraSite, *, without: Collection[str] = ()) -> None:
    """Every issue and link of the site is live in the store with the site's own values, and nothing else is."""
    wanted, kept = said_by_the_site(site, without=without), kept_in_store(store)
    wrong = {
        number: [(name, value, kept[number][name]) for name, value in facts.items() if kept[number][name] != value]
        for number, facts in wanted.items()
        if number in kept and kept[number] != facts
    }
    assert (sorted(wanted.keys() - kept.keys()), sorted(kept.keys() - wanted.keys()), wrong) == ([], [], {})
    assert edges_in(store) == links_of(site, without=without)


# roll-ups


async def define_everything(database: Database, *, now: datetime) -> None:
    """One program ALL of whatever the source has."""
    text = "programs: [{key: ALL, name: Everything, include: [{source: acme}]}]"
    await apply(database, parse_programs(text, sources=[SOURCE]), actor="test", now=now)


async def rolled_up(database: Database, *, now: datetime, today: date = TODAY) -> dict[str, Any]:
    """The whole answer, as anybody gets it."""
    answer: Answer[RollupData] = await get_rollup(
        database, "ALL", by="project", basis="count", now=now + timedelta(seconds=1), today=today
    )
    said: dict[str, Any] = msgspec.json.decode(encode(answer))
    return said


def counted_by_the_site(site: JiraSite, *, among: Collection[str]) -> Mapping[str, Counter[str]]:
    """Project key → category → how many countable issues, of those `among` all; by the rules of the definitions."""
    issues = {number: site.issues[number] for number in among}
    standing = {number for number, one in issues.items() if category_of(one) != "cancelled"}
    above = {(one["fields"].get("parent") or {}).get("id") for number, one in issues.items() if number in standing}
    counts: dict[str, Counter[str]] = {}
    for number in standing - above:
        counts.setdefault(issues[number]["fields"]["project"]["key"], Counter())[category_of(issues[number])] += 1
    return counts


def counted_in(answer: Mapping[str, Any]) -> Mapping[str, Counter[str]]:
    """The same from a roll-up by project."""
    rows = {row["key"]: row["progress"]["count"] for row in answer["data"]["breakdown"]}
    return {
        key: Counter({name: row[name] for name in ("to_do", "in_progress", "done") if row[name]})
        for key, row in rows.items()
        if row["total"]
    }
