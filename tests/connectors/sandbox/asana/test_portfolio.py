"""The example Asana looks like a year of the work around the example Jira, and the two point at each other."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, datetime
from functools import lru_cache

import pytest

from connectors.sandbox.asana.portfolio import generate_asana_portfolio
from connectors.sandbox.asana.site import AsanaSite
from connectors.sandbox.asana.things import Project
from connectors.sandbox.portfolio import FEWEST_ISSUES, generate_portfolio
from connectors.sandbox.site import JiraSite
from tests.connectors.sandbox.asana.support import asana, data, everything, options

TODAY = date(2026, 11, 21)
MORNING = "2026-11-21T06:00:00.000Z"
JIRA_URL = "https://northwind.example.com"


@lru_cache
def both(tasks: int = 260) -> tuple[JiraSite, AsanaSite]:
    jira = generate_portfolio(issues=900, today=TODAY)
    return jira, generate_asana_portfolio(jira, JIRA_URL, today=TODAY, tasks=tasks)


@pytest.fixture
def site() -> AsanaSite:
    return both()[1]


def project(site: AsanaSite, name: str) -> Project:
    return next(row for row in site.projects.values() if row.name == name)


@pytest.mark.parametrize("tasks", [160, 260, 700])
def test_it_has_exactly_the_tasks_asked_for(tasks: int) -> None:
    assert len(both(tasks)[1].tasks) == tasks


def test_too_small_a_portfolio_is_refused() -> None:
    jira, _ = both()
    with pytest.raises(ValueError, match="at least 160 tasks, not 12"):
        generate_asana_portfolio(jira, JIRA_URL, today=TODAY, tasks=12)


def test_the_same_arguments_give_the_same_site() -> None:
    again = generate_asana_portfolio(generate_portfolio(issues=900, today=TODAY), JIRA_URL, today=TODAY)

    assert (again.tasks, again.stories) == (both()[1].tasks, both()[1].stories)


def test_every_project_is_on_its_way_and_the_archived_one_is_over(site: AsanaSite) -> None:
    for row in site.projects.values():
        tasks = [site.tasks[gid] for gid in site.tasks_in(row.gid)]
        done = sum(task.completed for task in tasks) / len(tasks)
        assert row.archived == (row.name == "Summer timetable campaign")
        if row.archived:
            assert done > 0.9
        elif row.gid not in site.hidden:
            assert 0.25 < done < 0.85, row.name


def test_people_use_all_sections(site: AsanaSite) -> None:
    used = Counter(site.sections[home.section].name for task in site.tasks.values() for home in task.homes)

    assert used.keys() == {"To do", "Doing", "Review", "Done", "Won't do", "Untitled section"}
    assert used["Doing"] >= 5
    assert used["Won't do"] >= 4


def test_tasks_are_of_every_kind_and_nest_two_levels_deep(site: AsanaSite) -> None:
    kinds = Counter(task.resource_subtype for task in site.tasks.values())
    depths = Counter(len(list(site.ancestors(gid))) for gid in site.tasks)
    decisions = {task.approval_status for task in site.tasks.values() if task.resource_subtype == "approval"}

    assert kinds["milestone"] >= 8
    assert {"approved", "pending", "rejected"} == decisions
    assert depths.keys() == {0, 1, 2}
    assert all(task.start_on is None for task in site.tasks.values() if task.resource_subtype == "milestone")


def test_most_work_has_a_size(site: AsanaSite) -> None:
    points = next(gid for gid, field in site.custom_fields.items() if field.name == "Story points")
    heads = [task for task in site.tasks.values() if not task.parent and task.resource_subtype == "default_task"]
    sized = [task for task in heads if task.values.get(points)]

    assert 0.7 < len(sized) / len(heads) < 0.95


def test_some_tasks_stand_in_two_projects_and_one_of_them_is_a_sub_task(site: AsanaSite) -> None:
    twice = [task for task in site.tasks.values() if len(task.homes) > 1]
    housed = [task for task in site.tasks.values() if task.parent and task.homes]

    assert len(twice) >= 5
    assert len(housed) == 1


def test_tasks_wait_for_each_other_within_and_across_projects_once_in_a_circle_and_once_in_vain(
    site: AsanaSite,
) -> None:
    edges = {(task.gid, other) for task in site.tasks.values() for other in task.dependencies}
    across = [edge for edge in edges if not {*homes(site, edge[0])} & {*homes(site, edge[1])}]
    circles = [edge for edge in edges if edge[::-1] in edges]

    assert len(edges) > 30
    assert len(across) >= 6
    assert len(circles) == 2
    assert sum(not site.sees("task", other) for _, other in edges) == 1


def homes(site: AsanaSite, task: str) -> list[str]:
    return [home.project for home in site.tasks[task].homes]


def test_nothing_happens_before_its_time_or_after_the_morning_of_looking(site: AsanaSite) -> None:
    for task in site.tasks.values():
        told = [site.stories[gid].created_at for gid in site.stories_of.get(task.gid, ())]
        assert told == sorted(told)
        assert task.created_at <= min(told, default=MORNING)
        assert max(told, default=task.created_at) <= MORNING
        assert task.created_at <= task.modified_at <= MORNING
        assert (task.completed_at is not None) == task.completed
        if task.start_on and task.due_on:
            assert task.start_on <= task.due_on


def test_tasks_name_issues_of_the_jira_in_every_way_people_do() -> None:
    jira, site = both()
    keys = {issue["key"] for issue in jira.issues.values()}
    field = next(gid for gid, row in site.custom_fields.items() if row.name == "Jira issue")
    attached = [row.view_url for row in site.attachments.values()]
    noted = [found[0] for task in site.tasks.values() if (found := re.search(r"https://\S+/browse/\S+", task.notes))]
    written = [str(task.values[field]) for task in site.tasks.values() if task.values.get(field)]

    named = [text.removeprefix(f"{JIRA_URL}/browse/") for text in (*attached, *noted, *written)]
    assert min(len(attached), len(noted), len(written)) >= 2
    assert {text.startswith("https://") for text in written} == {True, False}
    assert len(named) >= 6
    assert set(named) <= keys


def test_issues_link_back_to_tasks_and_say_so_in_their_history() -> None:
    jira, site = both()
    assert len(jira.remote_links) >= 4
    for issue_id, links in jira.remote_links.items():
        issue = jira.issues[issue_id]
        for link in links:
            task = link["object"]["url"].rsplit("/", 1)[1]
            assert site.tasks[task].name == link["object"]["title"]
            items = [(each["created"], item) for each in issue["changelog"]["histories"] for item in each["items"]]
            moment, _ = next(row for row in items if row[1]["to"] == str(link["id"]))
            assert moment == issue["fields"]["updated"] == max(at for at, _ in items)
            assert datetime.fromisoformat(moment) <= datetime.fromisoformat(MORNING)


async def test_the_reading_account_finds_its_way_from_its_portfolio_to_every_task() -> None:
    _, site = both()
    async with asana(site, options()) as client:
        (commerce,) = [
            row
            for row in await data(client, "/portfolios", workspace=site.workspace, owner="me")
            if row["name"] == "Commerce"
        ]
        items = await data(client, f"/portfolios/{commerce['gid']}/items")
        nested = next(row for row in items if row["resource_type"] == "portfolio")
        inner = await data(client, f"/portfolios/{nested['gid']}/items")
        found = [row["gid"] for row in (*items, *inner) if row["resource_type"] == "project"]
        fields = "name,num_subtasks,memberships.section.name,custom_fields.number_value"
        listed = [await everything(client, "/tasks", project=gid, limit=100, opt_fields=fields) for gid in found]
        updates = await data(client, "/status_updates", parent=project(site, "Checkout launch").gid)

    assert {site.projects[gid].name for gid in found} == {
        "Checkout launch",
        "Loyalty launch",
        "Support readiness",
        "Platform adoption",
        "Summer timetable campaign",
    }
    assert {row["gid"] for rows in listed for row in rows} == {
        gid for gid, task in site.tasks.items() if task.homes and site.sees("task", gid)
    }
    assert len(updates) == 5


def test_titles_are_not_repeated(site: AsanaSite) -> None:
    names = Counter(task.name for task in site.tasks.values() if not task.parent)

    assert names.most_common(1)[0][1] == 1


def test_the_smallest_jira_is_enough_to_point_at() -> None:
    site = generate_asana_portfolio(generate_portfolio(issues=FEWEST_ISSUES, today=TODAY), JIRA_URL, today=TODAY)

    assert site.attachments_of
