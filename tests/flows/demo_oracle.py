"""What the programs of the demo must come to, told by the stand-in sites' own objects: no connector, no store.

The rules of the example file are said again here by hand, and so is what counts (docs/definitions.md).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import fsum
from typing import Any

from connectors.sandbox.asana.site import AsanaSite
from connectors.sandbox.asana.things import Task
from connectors.sandbox.portfolio_schema import TEAM, points_field
from connectors.sandbox.site import JiraSite

JIRA, ASANA = "northwind-jira", "northwind-asana"
DROPPED_RESOLUTIONS = {"won't do", "won't fix", "duplicate", "declined", "cannot reproduce", "incomplete", "invalid"}
DROPPED_STATUSES = {"cancelled", "canceled", "won't do", "won't fix", "rejected", "declined"}
BEGUN_SECTIONS = {"Doing", "Review"}
GIVEN_UP_SECTION = "Won't do"
CATEGORIES = ("to_do", "in_progress", "done")


@dataclass(frozen=True)
class Thing:
    """One issue or task. `rows` are the projects in whose rows it stands; `said` is what rules look at."""

    uid: str
    source: str
    rows: tuple[str, ...]
    parent: str | None
    subtask: bool
    category: str
    points: float | None
    said: Mapping[str, Any]


Test = Callable[[Thing], bool]


def expected(jira: JiraSite, asana: AsanaSite) -> dict[str, dict[str, Any]]:
    """Program key → its numbers in the shape of `numbers`."""
    things = {each.uid: each for each in (*_issues(jira), *_tasks(asana))}
    return {key: numbers(_members(things, *rules)) for key, rules in _PROGRAMS.items()}


def numbers(members: Mapping[str, Thing]) -> dict[str, Any]:
    """Of a program: totals, and the rows by project and by source."""
    reasons = {uid: reason for uid, each in members.items() if (reason := _excluded(each, members))}
    by_source = {name: {each.uid for each in members.values() if each.source == name} for name in (JIRA, ASANA)}
    projects = sorted({row for each in members.values() for row in each.rows})
    by_project = {name: {each.uid for each in members.values() if name in each.rows} for name in projects}
    return {
        **_part(set(members), members, reasons),
        "project": _rows(by_project, members, reasons),
        "source": _rows({name: uids for name, uids in by_source.items() if uids}, members, reasons),
    }


def _part(uids: Iterable[str], members: Mapping[str, Thing], reasons: Mapping[str, str]) -> dict[str, Any]:
    chosen = sorted(uids)
    counted = [members[uid] for uid in chosen if uid not in reasons]
    estimated = [each for each in counted if each.points is not None]
    excluded = Counter(reasons[uid] for uid in chosen if uid in reasons)
    return {
        "items": len(chosen),
        "countable": len(counted),
        "excluded": {reason: excluded[reason] for reason in ("cancelled", "has_children", "subtask")},
        "count": {name: sum(each.category == name for each in counted) for name in CATEGORIES},
        "points": {
            name: fsum(each.points or 0.0 for each in estimated if each.category == name) for name in CATEGORIES
        },
        "coverage": round(len(estimated) / len(counted), 6) if counted else None,
    }


def _rows(
    chosen: Mapping[str, set[str]], members: Mapping[str, Thing], reasons: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """Each with how many of its countable things stand in another row, too."""
    stands_in = Counter(uid for uids in chosen.values() for uid in uids)
    return {
        name: {
            **_part(uids, members, reasons),
            "shared": sum(stands_in[uid] > 1 for uid in uids if uid not in reasons),
        }
        for name, uids in chosen.items()
    }


def _excluded(thing: Thing, members: Mapping[str, Thing]) -> str | None:
    if thing.category == "cancelled":
        return "cancelled"
    if _is_part(thing, members):
        return "subtask"
    children = [each for each in members.values() if each.parent == thing.uid]
    counted = [each for each in children if each.category != "cancelled" and not _is_part(each, members)]
    return "has_children" if counted else None


def _is_part(thing: Thing, members: Mapping[str, Thing]) -> bool:
    return thing.subtask and thing.parent in members


def _members(things: Mapping[str, Thing], include: tuple[tuple[Test, bool], ...], exclude: Test) -> dict[str, Thing]:
    """`include`: (test, whether what descends from a match comes along)."""

    def belongs(thing: Thing) -> bool:
        line = [thing, *_ancestors(thing, things)]
        return any(test(thing) or (descend and any(map(test, line))) for test, descend in include)

    return {uid: each for uid, each in things.items() if belongs(each) and not exclude(each)}


def _ancestors(thing: Thing, things: Mapping[str, Thing]) -> Iterator[Thing]:
    above = things.get(thing.parent or "")
    while above is not None:
        yield above
        above = things.get(above.parent or "")


# the example's programs, rule by rule


def _in(*projects: str) -> Test:
    return lambda thing: thing.said["project"] in projects


def _both(*tests: Test) -> Test:
    return lambda thing: all(test(thing) for test in tests)


def _labelled(label: str) -> Test:
    return lambda thing: any(each.lower().startswith(label) for each in thing.said.get("labels", ()))


def _tagged(*tags: str) -> Test:
    return lambda thing: not set(tags).isdisjoint(thing.said.get("tags", ()))


def _within(*projects: str) -> Test:
    """A task of one of these Asana projects, be it through the task above it."""
    return lambda thing: not set(projects).isdisjoint(thing.said.get("homes", ()))


def _wont_do(thing: Thing) -> bool:
    return str(thing.said["status"]).lower() == "won't do"


def _second_cart(thing: Thing) -> bool:
    return thing.said.get("type") in {"Story", "Bug"} and any(
        name.startswith("Cart 2.") for name in thing.said.get("releases", ())
    )


READINESS = ("Support readiness", "Platform adoption")
COMMERCE = ("Checkout launch", "Loyalty launch", *READINESS)
_PROGRAMS: dict[str, tuple[tuple[tuple[Test, bool], ...], Test]] = {
    "CHECKOUT": (
        (
            (lambda thing: thing.said.get("key") == "PAY-1", True),
            (_both(_in("PAY", "CART"), lambda thing: "checkout" in thing.said["labels"]), True),
            (_both(_in("CART"), _second_cart), False),
            (_within("Checkout launch"), True),
            (_both(_within(*COMMERCE), _tagged("checkout", "launch-critical")), True),
        ),
        _wont_do,
    ),
    "LOYALTY": (
        (
            (_in("LOYAL"), True),
            (_both(_in("APP"), _labelled("loyal")), True),
            (_within("Loyalty launch"), True),
            (_both(_within(*READINESS), _tagged("loyalty")), True),
        ),
        _wont_do,
    ),
    "PLATFORM": (
        (
            (_both(_in("OPS"), lambda thing: thing.said["level"] >= 0), True),
            (lambda thing: thing.said.get("team") in {"Foundations", "Night shift"}, True),
            (_within("Platform adoption"), True),
        ),
        lambda thing: False,
    ),
}


# the tools' own objects


def _issues(site: JiraSite) -> Iterator[Thing]:
    """What the reading account sees in projects that are not archived."""
    for issue in site.issues.values():
        fields = issue["fields"]
        project = site.projects[fields["project"]["id"]]
        if project["id"] in site.hidden_projects or project["archived"]:
            continue
        kind, parent, team = fields["issuetype"], fields.get("parent"), fields.get(TEAM)
        yield Thing(
            uid=f"{JIRA}:{issue['id']}",
            source=JIRA,
            rows=(project["key"],),
            parent=f"{JIRA}:{parent['id']}" if parent else None,
            subtask=kind["subtask"],
            category=_issue_category(fields),
            points=fields.get(points_field(project["key"])),
            said={
                "key": issue["key"],
                "project": project["key"],
                "status": fields["status"]["name"],
                "type": kind["name"],
                "level": kind["hierarchyLevel"],
                "labels": fields["labels"],
                "releases": [each["name"] for each in fields["fixVersions"]],
                "team": team["name"] if team else None,
            },
        )


def _issue_category(fields: Mapping[str, Any]) -> str:
    status, resolution = fields["status"], fields.get("resolution")
    done = status["statusCategory"]["key"] == "done"
    if status["name"].lower() in DROPPED_STATUSES:
        return "cancelled"
    if done and resolution and resolution["name"].lower() in DROPPED_RESOLUTIONS:
        return "cancelled"
    return {"new": "to_do", "indeterminate": "in_progress", "done": "done"}[status["statusCategory"]["key"]]


def _tasks(site: AsanaSite) -> Iterator[Thing]:
    """What the reading account sees of the tasks beneath the live projects of the Commerce portfolio."""
    size = next(gid for gid, each in site.custom_fields.items() if each.name == "Story points")
    for gid, task in site.tasks.items():
        homes = _homes(site, task)
        if gid in site.hidden or not any(home in COMMERCE for home in homes):
            continue
        own = tuple(_project(site, home.project) for home in task.homes)
        sections = {site.sections[home.section].name for home in task.homes}
        yield Thing(
            uid=f"{ASANA}:{gid}",
            source=ASANA,
            rows=own or homes[:1],
            parent=f"{ASANA}:{task.parent}" if task.parent else None,
            subtask=task.parent is not None,
            category=_task_category(task, sections),
            points=task.values.get(size),
            said={
                "project": homes[0],
                "homes": homes,
                "status": "Complete" if task.completed else "Incomplete",
                "level": -1 if task.parent else 0,
                "labels": (),
                "tags": {site.tags[each].name for each in task.tags},
            },
        )


def _homes(site: AsanaSite, task: Task) -> tuple[str, ...]:
    """Names of its projects; those of the nearest task above it where it stands in none itself."""
    while not task.homes and task.parent is not None:
        task = site.tasks[task.parent]
    return tuple(_project(site, home.project) for home in task.homes)


def _project(site: AsanaSite, gid: str) -> str:
    return site.projects[gid].name


def _task_category(task: Task, sections: set[str]) -> str:
    if GIVEN_UP_SECTION in sections:
        return "cancelled"
    if task.completed:
        return "done"
    return "in_progress" if sections & BEGUN_SECTIONS and task.approval_status is None else "to_do"
