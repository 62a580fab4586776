"""A believable Jira for demos and tests: a year of a fictional retailer's work, the same for the same arguments.

People of Northwind Rail sell tickets on the web, in an app and at machines. They have initiatives, epics, stories
and sub-tasks in five projects; they slip, reopen, carry over, cancel and wait for each other as people do.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import count
from random import Random
from typing import Any

from connectors.sandbox import portfolio_schema as schema
from connectors.sandbox.history import changed_items
from connectors.sandbox.portfolio_calendar import jira_time
from connectors.sandbox.portfolio_links import link_some
from connectors.sandbox.portfolio_lives import live_all
from connectors.sandbox.portfolio_programs import example_programs
from connectors.sandbox.portfolio_tree import Draft, Event, grow_tree
from connectors.sandbox.portfolio_world import World, make_world
from connectors.sandbox.site import Issue, JiraSite

__all__ = ["FEWEST_ISSUES", "example_programs", "generate_portfolio"]

FEWEST_ISSUES = 50


def generate_portfolio(*, seed: int = 7, issues: int = 900, today: date) -> JiraSite:
    """A Jira with exactly that many issues, seen on the morning of `today`; the same arguments give the same site.

    Raises ValueError for fewer than FEWEST_ISSUES, which could not hold what a portfolio holds.
    """
    if issues < FEWEST_ISSUES:
        raise ValueError(f"a portfolio needs at least {FEWEST_ISSUES} issues, not {issues}")
    rng = Random(seed)
    world = make_world(rng, today=today)
    drafts = grow_tree(rng, issues=issues, today=today)
    live_all(rng, drafts, world)
    link_some(rng, drafts, world)
    site = empty_site(world)
    for draft in drafts:
        site.issues[draft.id] = _issue(rng, draft, site, world)
        if draft.former_key:
            site.aliases[draft.former_key] = draft.id
    return site


def empty_site(world: World) -> JiraSite:
    """The company's Jira before anyone wrote an issue."""
    people = (*world.users, world.reader)
    return JiraSite(
        base_name="northwind",
        users={person["accountId"]: person for person in people},
        me=world.reader["accountId"],
        fields=list(schema.FIELDS),
        statuses=list(schema.STATUSES),
        issue_types=list(schema.ISSUE_TYPES),
        priorities=list(schema.PRIORITIES),
        resolutions=list(schema.RESOLUTIONS),
        link_types=list(schema.LINK_TYPES),
        projects={row["id"]: dict(row) for row in schema.PROJECTS.values()},
        versions={schema.PROJECTS[project]["id"]: rows for project, rows in world.versions.items()},
        boards=list(world.boards.values()),
        sprints={sprint.id: sprint.value() for rows in world.sprints.values() for sprint in rows},
        hidden_projects={schema.PROJECTS["SEC"]["id"]},
    )


def _issue(rng: Random, draft: Draft, site: JiraSite, world: World) -> Issue:
    """Let the events come true in their order; what they leave is the issue of today."""
    fields = _first_fields(draft)
    histories: list[dict[str, Any]] = []
    numbers = count(int(draft.id) * 100 + 1)
    happened = [event for event in draft.events if event.moment <= world.now]
    for event in sorted(happened, key=lambda event: event.moment):
        items = [*event.items, *_apply(site, fields, event)]
        if items:
            stamp = jira_time(event.moment)
            histories.append({"id": str(next(numbers)), "author": event.author, "created": stamp, "items": items})
    last = max((event.moment for event in happened), default=draft.created)
    fields["updated"] = jira_time(_updated(rng, draft, last, world))
    return {"id": draft.id, "key": draft.key, "fields": fields, "changelog": {"histories": histories}}


def _first_fields(draft: Draft) -> dict[str, Any]:
    created = jira_time(draft.created)
    fields = draft.fields | {
        "created": created,
        "updated": created,
        "statuscategorychangedate": created,
        "resolutiondate": None,
        "issuelinks": draft.links,
        schema.RANK: f"0|i{int(draft.id):06x}:",
    }
    if draft.parent is not None:
        fields["parent"] = draft.parent.reference
    return fields


def _apply(site: JiraSite, fields: dict[str, Any], event: Event) -> list[dict[str, Any]]:
    """Change the fields as the event says; returns what Jira writes about it."""
    items: list[dict[str, Any]] = []
    stamp = jira_time(event.moment)
    for name, value in event.changes.items():
        former: Any = fields.get(name)
        if former == value:
            continue
        items += changed_items(site, name, former, value)
        fields[name] = value
        if name == "resolution":
            fields["resolutiondate"] = stamp if value else None
        if name == "status" and former["statusCategory"]["key"] != value["statusCategory"]["key"]:
            fields["statuscategorychangedate"] = stamp
    return items


def _updated(rng: Random, draft: Draft, last: datetime, world: World) -> datetime:
    """Mostly the last change; a comment may have come later, and Jira is sometimes milliseconds ahead of itself."""
    chance = rng.random()
    if chance < 0.2:
        return min(last + timedelta(days=rng.uniform(0, 9)), max(last, world.now))
    if chance < 0.26 and last - draft.created > timedelta(seconds=5):
        return last - timedelta(milliseconds=rng.randint(2, 900))
    return last
