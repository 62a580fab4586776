"""What ties the tasks of the example to each other and to the issues of the Jira next door."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from connectors.sandbox.asana.portfolio_lives import Made
from connectors.sandbox.asana.portfolio_world import Company
from connectors.sandbox.asana.shapes import address_of
from connectors.sandbox.site import Issue, JiraSite

_POINTERS = 8
_REMOTE_LINKS = 5
_PROGRAM_PROJECTS = {"Checkout launch": ("PAY", "CART"), "Loyalty launch": ("LOYAL", "APP")}
_OTHER_PROJECTS = ("OPS", "APP")


def tie(company: Company, made: Sequence[Made]) -> None:
    """Dependencies within and across projects, tasks in two projects, and one wait for what may not be seen."""
    live = [each for each in made if each.stage.plan.ends_in > 0]
    for each in live:
        _chain(company, each)
    _across(company, live)
    _second_homes(company, live)
    hidden = live[0].work[len(live[0].work) // 2]
    company.site.add_dependency(hidden, company.hidden_task, _both_there(company, hidden, company.hidden_task))


def point_at_jira(company: Company, made: Sequence[Made], jira: JiraSite, jira_url: str) -> None:
    """Tasks that name an issue in an attachment, their notes or the text field, by address or by key."""
    site, field = company.site, company.fields.jira
    for nth, (task, issue) in enumerate(_pairs(company, made, jira, _POINTERS, skip=0)):
        address, at = f"{jira_url}/browse/{issue['key']}", _later_than(company, task, issue)
        match nth % 4:
            case 0:
                site.attach(task, f"{issue['key']} {issue['fields']['summary']}", address, at)
            case 1:
                site.touch(task, at, notes=f"{site.tasks[task].notes}\n\nWaits for {address} in the shop.")
            case 2:
                site.set_value(task, field, issue["key"], at)
            case _:
                site.set_value(task, field, address, at)


def point_back(company: Company, made: Sequence[Made], jira: JiraSite) -> None:
    """Issues that link to a task; changes the Jira."""
    for task, issue in _pairs(company, made, jira, _REMOTE_LINKS, skip=_POINTERS):
        row = company.site.tasks[task]
        jira.add_remote_link(issue["id"], address_of(row), row.name, _later_than(company, task, issue))


def _chain(company: Company, made: Made) -> None:
    """Every so often a task waits for an earlier one, and milestones wait for the work due before them."""
    rng, site = company.rng, company.site
    for later, task in enumerate(made.work[4:], 4):
        if rng.random() < 0.2:
            _wait(company, task, made.work[later - rng.randint(1, 4)])
    for milestone in made.milestones:
        due = site.tasks[milestone].due_on or ""
        before = [task for task in made.work if "" < (site.tasks[task].due_on or "") <= due]
        for task in before[-3:]:
            _wait(company, milestone, task)


def _across(company: Company, live: Sequence[Made]) -> None:
    """Support trains on what marketing writes, and the launch waits for the training; one circle is among them."""
    first, second, third, *_ = live
    for nth in range(4):
        _wait(company, third.work[nth * 3 + 1], first.work[nth * 5 + 2])
        _wait(company, second.work[nth * 4 + 1], third.work[nth * 3 + 2])
    _wait(company, first.milestones[-1], third.milestones[-1])
    one, other = first.work[-1], third.work[-1]
    _wait(company, one, other)
    _wait(company, other, one)


def _second_homes(company: Company, live: Sequence[Made]) -> None:
    """Work of the launches that support sees as well; one of them a sub-task that stands in a project itself."""
    site, (first, second, third, *_) = company.site, live
    for each in (first, second):
        for task in each.work[3::9]:
            site.add_to_project(task, third.stage.project, at=_both_there(company, task))
    step = next(gid for task in first.work for gid in site.tasks[task].subtasks)
    site.add_to_project(step, third.stage.project, at=_both_there(company, step))


def _wait(company: Company, task: str, waits_for: str) -> None:
    if task != waits_for and waits_for not in company.site.tasks[task].dependencies:
        company.site.add_dependency(task, waits_for, _both_there(company, task, waits_for))


def _both_there(company: Company, *tasks: str) -> datetime:
    """Minutes after the last thing that happened to any of them."""
    last = max(datetime.fromisoformat(company.site.tasks[task].modified_at) for task in tasks)
    return min(last + timedelta(minutes=7), company.now)


def _pairs(company: Company, made: Sequence[Made], jira: JiraSite, count: int, *, skip: int) -> list[tuple[str, Issue]]:
    """Tasks and issues that go together: the same theme, both there to be seen, each once unless the Jira is small."""
    found: list[tuple[str, Issue]] = []
    live = [each for each in made if each.stage.plan.ends_in > 0]
    for nth in range(skip, skip + count):
        each = live[nth % len(live)]
        keys = _PROGRAM_PROJECTS.get(each.stage.plan.name, _OTHER_PROJECTS)
        issues = _work_of(jira, keys[nth // len(live) % len(keys)])
        found.append((each.work[2 + nth // len(live) * 3], issues[(-3 - nth * 2) % len(issues)]))
    return found


def _work_of(jira: JiraSite, project: str) -> list[Issue]:
    """Stories and bugs of one project, oldest first."""
    return [
        issue
        for issue in jira.issues.values()
        if issue["fields"]["project"]["key"] == project and issue["fields"]["issuetype"].get("hierarchyLevel") == 0
    ]


def _later_than(company: Company, task: str, issue: Issue) -> datetime:
    """Minutes after the last thing that happened to either, as far as the present moment allows."""
    updated: Any = issue["fields"]["updated"]
    last = max(datetime.fromisoformat(company.site.tasks[task].modified_at), datetime.fromisoformat(updated))
    return min(last + timedelta(minutes=11), company.now)
