"""What surrounds the tasks of the example Asana: people, teams, fields, tags and empty projects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from connectors.sandbox.asana.portfolio_text import PLANS, Plan
from connectors.sandbox.asana.site import AsanaSite
from connectors.sandbox.portfolio_calendar import YEAR, morning_of, working_moment

SECTIONS = ("To do", "Doing", "Review", "Done", "Won't do")
COLLEAGUES = ("Pilar Ortega", "Dieter Brandt", "Noor Aziz", "Siobhan Kelly", "Mateo Fuentes", "Agnes Holm")
STORY_POINTS = (1, 2, 3, 5, 8)


@dataclass(frozen=True)
class Fields:
    """Gids of the custom fields; `size` is the one that weighs."""

    size: str
    priority: str
    jira: str
    estimate: str
    regions: str
    go_live: str
    approver: str

    @property
    def everywhere(self) -> tuple[str, ...]:
        return (self.size, self.priority, self.jira, self.estimate, self.regions, self.go_live, self.approver)


@dataclass(frozen=True)
class Cast:
    """Who and what the projects share; teams and tags by name."""

    users: tuple[str, ...]
    teams: dict[str, str]
    tags: dict[str, str]
    fields: Fields


@dataclass(frozen=True)
class Stage:
    """One project, empty, and what its tasks draw on."""

    plan: Plan
    project: str
    begin: datetime
    end: datetime
    people: tuple[str, ...]
    tags: tuple[str, ...]
    sections: dict[str, str]


@dataclass(frozen=True)
class Company:
    """`now` is the moment of looking: nothing happens later."""

    rng: Random
    site: AsanaSite
    now: datetime
    fields: Fields
    stages: tuple[Stage, ...]
    hidden_task: str


def make_company(rng: Random, people: Iterable[dict[str, Any]], *, today: date) -> Company:
    """`people` are those of the Jira next door; they and a few colleagues work here as well."""
    now = morning_of(today)
    site = AsanaSite("Northwind Rail")
    site.clock = lambda: now - YEAR
    users = [site.add_user(row["displayName"], email=row.get("emailAddress")) for row in people if row.get("active")]
    users += [site.add_user(name, email=f"{name.lower().replace(' ', '.')}@northwind.example") for name in COLLEAGUES]
    fields = _fields(site)
    cast = Cast(
        users=tuple(users),
        teams={name: site.add_team(name) for name in dict.fromkeys(plan.team for plan in PLANS) if name},
        tags={name: site.add_tag(name) for plan in PLANS for name in plan.tags},
        fields=fields,
    )
    stages = tuple(_stage(rng, site, plan, cast, now=now) for plan in PLANS)
    site.clock = lambda: now
    return Company(rng, site, now, fields, stages, _hidden(site, users, now))


def _fields(site: AsanaSite) -> Fields:
    regions = site.add_field("Regions", "multi_enum", options=("North", "Coast", "Capital", "Islands"))
    site.disable_option(site.custom_fields[regions].options[3])
    return Fields(
        size=site.add_field("Story points", "number"),
        priority=site.add_field("Priority", "enum", options=("High", "Medium", "Low"), asana_created_field="priority"),
        jira=site.add_field("Jira issue", "text"),
        estimate=site.add_field("Estimated time", "number", format="duration", asana_created_field="estimated_time"),
        regions=regions,
        go_live=site.add_field("Go-live", "date"),
        approver=site.add_field("Approver", "people"),
    )


def _stage(rng: Random, site: AsanaSite, plan: Plan, cast: Cast, *, now: datetime) -> Stage:
    end = now + timedelta(days=plan.ends_in)
    begin = working_moment(rng, max(now - timedelta(days=300), end - timedelta(days=280)).date())
    people = tuple(rng.sample(cast.users, 7))
    project = site.add_project(
        plan.name,
        sections=SECTIONS,
        at=begin,
        team=cast.teams.get(plan.team or ""),
        owner=people[0],
        members=people,
        notes=plan.notes,
        start_on=str(begin.date()),
        due_on=str(end.date()),
        fields=cast.fields.everywhere,
        default_view=rng.choice(("list", "board", "timeline")),
    )
    named = {site.sections[gid].name: gid for gid in site.projects[project].sections}
    return Stage(plan, project, begin, end, people, tuple(cast.tags[name] for name in plan.tags), named)


def _hidden(site: AsanaSite, users: Sequence[str], now: datetime) -> str:
    """A task in a project that the reading account may not see, and that others wait for."""
    project = site.add_project("Pricing review", at=now - timedelta(days=200), owner=users[0])
    task = site.add_task("Decide on the new prices", project=project, at=now - timedelta(days=190))
    site.make_private(project)
    return task
