"""A believable Asana next to the example Jira: launches, support and adoption around the software, over a year.

The same arguments give the same site. People plan in Asana what Jira does not hold: texts, training, contracts,
approvals; some of it waits for issues, and some issues point back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from random import Random

from connectors.sandbox.asana.portfolio_lives import Made, live
from connectors.sandbox.asana.portfolio_text import STATUSES
from connectors.sandbox.asana.portfolio_ties import point_at_jira, point_back, tie
from connectors.sandbox.asana.portfolio_world import Company, make_company
from connectors.sandbox.asana.site import AsanaSite
from connectors.sandbox.asana.things import Ref
from connectors.sandbox.options import system_time
from connectors.sandbox.site import JiraSite

FEWEST_TASKS = 160
_EVENTS_LAST = timedelta(hours=24)
_MOODS: dict[str, tuple[str, ...]] = {
    "Checkout launch": ("on_track", "on_track", "at_risk", "on_track", "at_risk"),
    "Loyalty launch": ("on_track", "on_track", "on_track"),
    "Support readiness": ("on_track", "off_track", "at_risk"),
    "Platform adoption": ("on_track", "on_hold", "on_track"),
    "Summer timetable campaign": ("on_track", "complete"),
}


def generate_asana_portfolio(
    jira: JiraSite, jira_url: str, *, today: date, tasks: int = 260, seed: int = 11
) -> AsanaSite:
    """An Asana with exactly that many tasks, seen on the morning of `today`; `jira` is the example Jira of that day.

    Adds a few remote links to issues of `jira`; tasks name issues below `jira_url`, which has no slash at its end.
    Raises ValueError for fewer than FEWEST_TASKS, which could not hold what the portfolio holds.
    """
    if tasks < FEWEST_TASKS:
        raise ValueError(f"an Asana portfolio needs at least {FEWEST_TASKS} tasks, not {tasks}")
    company = make_company(Random(seed), jira.users.values(), today=today)
    made = live(company, tasks - 1)  # the hidden one is the last
    tie(company, made)
    point_at_jira(company, made, jira, jira_url)
    point_back(company, made, jira)
    _report(company)
    _gather(company, made)
    return _at_rest(company)


def _report(company: Company) -> None:
    """A status update every few weeks, the last of them days ago; one project has gone quiet."""
    for stage in company.stages:
        moods = _MOODS[stage.plan.name]
        quiet = 45 if stage.plan.team is None else 4
        last = min(stage.end, company.now - timedelta(days=quiet))
        for nth, mood in enumerate(moods):
            at = last - timedelta(days=21 * (len(moods) - 1 - nth))
            title, text = STATUSES[mood]
            company.site.post_status(stage.project, mood, title, text, at, author=stage.people[0])


def _gather(company: Company, made: Sequence[Made]) -> None:
    """Portfolios within portfolios, one of somebody else's, and the goal that the launches feed."""
    site, (checkout, loyalty, support, adoption, archived) = company.site, (each.stage for each in made)
    inner = site.add_portfolio("Customer readiness", items=[support.project, adoption.project])
    items = [checkout.project, loyalty.project, archived.project, inner]
    commerce = site.add_portfolio("Commerce", items=items, due_on=str(loyalty.end.date()))
    site.post_status(commerce, "at_risk", "Checkout is tight", "Loyalty holds.", company.now - timedelta(days=6))
    site.add_portfolio("Board view", items=[checkout.project, commerce], owner=checkout.people[0])
    site.add_goal(
        "Half of all tickets sold online",
        supported_by=[Ref("project", checkout.project), Ref("project", loyalty.project)],
        owner=checkout.people[0],
        is_workspace_level=True,
        due_on=str(loyalty.end.date()),
        status="yellow",
        metric={
            "gid": site.new_gid(),
            "resource_type": "task",
            "resource_subtype": "number",
            "unit": "percentage",
            "precision": 0,
            "initial_number_value": 0.31,
            "current_number_value": 0.42,
            "target_number_value": 0.5,
            "current_display_value": "42%",
            "progress_source": "manual",
        },
    )
    site.archive(archived.project, archived.end + timedelta(days=10))


def _at_rest(company: Company) -> AsanaSite:
    """As a server finds it: one reading account, its feeds in order and a day long, and time going on by itself."""
    site = company.site
    recent = [event for event in site.events if _moment(event.created_at) > company.now - _EVENTS_LAST]
    site.events = sorted(recent, key=lambda event: event.created_at)
    for rows in site.stories_of.values():
        rows.sort(key=lambda gid: site.stories[gid].created_at)
    site.actor = site.me
    site.clock = system_time
    return site


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
