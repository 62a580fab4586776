"""Tasks as of any moment from their stories: what the site itself looked like, noted after each thing that happened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from connectors.sandbox.asana.site import AsanaSite
from service.programs.assign import assign_all
from service.programs.dependencies import list_dependencies
from service.programs.dependency_terms import DependencyTerms, Viewpoint
from service.programs.historians import Historians
from service.programs.past_list import list_items_then
from service.programs.read import get_rollup
from service.store.engine import Database
from tests.flows.asana import flowing, two_projects
from tests.flows.support import NOW
from tests.programs.portfolio import add_program

BEGUN = "Doing"
Then = dict[str, tuple[str, str | None, str | None]]  # category, due, parent
Homes = dict[str, set[str]]
KEY = "ALL"


async def pulled(site: AsanaSite, database: Database) -> Historians:
    """All of it in one program."""
    async with flowing(site, database) as flow:
        await flow.sync_whole(full=True)
        await add_program(database, KEY, include={"source": ["acme"]})
        async with database.transaction() as uow:
            await assign_all(uow, now=NOW)
        return Historians({"acme": flow.source.build_historian})


async def test_tasks_are_told_as_the_site_was_after_each_thing_that_happened(database: Database) -> None:
    two = two_projects()
    notes = _happenings(two.site, two.first, two.second, two.tasks)

    historians = await pulled(two.site, database)

    for moment, (expected, homes) in notes.items():
        answer = await list_items_then(
            database, KEY, as_of=moment, historians=historians, now=NOW + timedelta(hours=1), limit=100
        )
        items = {each.uid.removeprefix("acme:"): each for each in answer.data.items}
        assert {
            gid: (
                each.status_category,
                each.due.isoformat() if each.due else None,
                each.parent.removeprefix("acme:") if each.parent else None,
            )
            for gid, each in items.items()
        } == expected
        # of several projects stories do not tell which one came first
        assert all(each.project in homes[gid] for gid, each in items.items())


async def test_dependencies_are_told_as_the_site_was_after_each_that_came_or_went(
    database: Database,
) -> None:
    two = two_projects()
    notes = _ties(two.site, two.tasks)

    historians = await pulled(two.site, database)

    present = Viewpoint(terms=DependencyTerms(), now=NOW, today=NOW.date())
    for moment, expected in notes.items():
        answer = await list_dependencies(database, KEY, view=present.at(moment, historians), limit=100)
        drawn = {(edge.predecessor.uid, edge.successor.uid) for edge in answer.data.dependencies}
        assert drawn == {(f"acme:{before}", f"acme:{after}") for before, after in expected}
        assert "unknown_dependencies" not in {each.code for each in answer.warnings}


async def test_as_of_now_equals_now_and_who_had_a_task_before_is_not_claimed(database: Database) -> None:
    two = two_projects()
    _happenings(two.site, two.first, two.second, two.tasks)
    two.site.touch(two.tasks[1], NOW - timedelta(days=2), assignee=next(iter(two.site.users)))

    historians = await pulled(two.site, database)

    for by in ("project", "epic", "workstream"):
        now = await get_rollup(database, KEY, by=by, now=NOW, today=NOW.date())
        same = await get_rollup(database, KEY, by=by, now=NOW, today=NOW.date(), as_of=NOW, historians=historians)
        assert same.data == now.data
    earlier = await list_items_then(
        database, KEY, as_of=NOW - timedelta(days=3), historians=historians, now=NOW, limit=100
    )
    (task,) = [each for each in earlier.data.items if each.uid == f"acme:{two.tasks[1]}"]
    assert (task.assignee, task.unknown) == (None, ("assignee",))
    assert "unknown_values" in {each.code for each in earlier.warnings}


def _happenings(site: AsanaSite, first: str, second: str, tasks: list[str]) -> dict[datetime, tuple[Then, Homes]]:
    """One thing a day; after each the site is looked at."""
    one, other, third = tasks
    doing, todo = _section(site, first, BEGUN), _section(site, first, "To do")
    things: list[Callable[[datetime], object]] = [
        lambda at: site.move_to_section(one, doing, at),
        lambda at: site.touch(other, at, due_on="2026-11-27"),
        lambda at: site.complete(one, at),
        lambda at: site.touch(other, at, due_on="2026-12-04"),
        lambda at: site.reopen(one, at),
        lambda at: site.set_parent(third, one, at),
        lambda at: site.add_to_project(third, second, at=at),
        lambda at: site.remove_from_project(third, first, at),
        lambda at: site.move_to_section(one, todo, at),
        lambda at: site.set_parent(third, None, at),
        lambda at: site.complete(other, at),
        lambda at: site.touch(other, at, due_on=None),
    ]
    notes: dict[datetime, tuple[Then, Homes]] = {}
    moment = NOW - timedelta(days=len(things) + 1)
    notes[moment] = _seen(site)
    for thing in things:
        moment += timedelta(days=1)
        thing(moment)
        notes[moment] = _seen(site)
    return notes


def _ties(site: AsanaSite, tasks: list[str]) -> dict[datetime, set[tuple[str, str]]]:
    """Something is drawn or taken away each day; who is waited for and who waits, as the site shows it after each."""
    one, other, third = tasks
    notes: dict[datetime, set[tuple[str, str]]] = {}
    steps = [
        (site.add_dependency, one, other),
        (site.add_dependency, third, one),
        (site.remove_dependency, one, other),
        (site.add_dependency, other, one),
        (site.remove_dependency, third, one),
        (site.add_dependency, one, other),
    ]
    for number, (step, task, waits_for) in enumerate(steps):
        moment = NOW - timedelta(days=len(steps) - number)
        step(task, waits_for, moment)
        notes[moment] = {(before, gid) for gid, each in site.tasks.items() for before in each.dependencies}
    return notes


def _section(site: AsanaSite, project: str, name: str) -> str:
    return next(gid for gid, each in site.sections.items() if each.project == project and each.name == name)


def _seen(site: AsanaSite) -> tuple[Then, Homes]:
    then = {gid: (_category(site, gid), task.due_on, task.parent) for gid, task in site.tasks.items()}
    return then, {gid: _projects(site, gid) for gid in site.tasks}


def _category(site: AsanaSite, gid: str) -> str:
    task = site.tasks[gid]
    if task.completed:
        return "done"
    return "in_progress" if BEGUN in {site.sections[home.section].name for home in task.homes} else "to_do"


def _projects(site: AsanaSite, gid: str) -> set[str]:
    """Names of its own, else those of the task above it."""
    task = site.tasks[gid]
    if not task.homes:
        return _projects(site, task.parent or "")
    return {site.projects[home.project].name for home in task.homes}
