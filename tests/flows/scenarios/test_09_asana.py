"""Asana's own shape: tasks beneath tasks, in many projects, and changes that its times and feeds do not tell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from connectors.sandbox.asana import faults
from connectors.sandbox.asana.site import AsanaSite
from service.store.engine import Database
from tests.connectors.asana.support import a_site
from tests.flows.asana import AsanaFlow, derived, flowing
from tests.flows.scenarios.oracle import define_everything, rolled_up
from tests.flows.stored import Store, tombs

SECTIONS = ("To do", "Doing", "Done")
LEVELS = 5


@dataclass(frozen=True)
class Stage:
    site: AsanaSite
    projects: list[str]
    tasks: list[list[str]]  # of each project
    chain: list[str]  # a task and what lies beneath it, level by level
    shared: str  # stands in all three projects


def a_stage() -> Stage:
    """Three projects of four tasks; five levels beneath one; one in all of them; dependencies from each to the next."""
    site = a_site()
    projects = [site.add_project(name, sections=SECTIONS) for name in ("Launch", "Support", "Training")]
    tasks = [[site.add_task(f"Task {place}", project=each) for place in range(4)] for each in projects]
    chain = [tasks[0][0]]
    for level in range(LEVELS):
        chain.append(site.add_subtask(chain[-1], f"Level {level + 1}"))
    shared = tasks[0][1]
    for project in projects[1:]:
        site.add_to_project(shared, project)
    site.add_dependency(tasks[1][0], tasks[0][2])
    site.add_dependency(tasks[2][0], tasks[1][2])
    site.add_dependency(chain[-1], tasks[2][2])
    return Stage(site, projects, tasks, chain, shared)


def said_by_the_site(site: AsanaSite) -> dict[str, dict[str, Any]]:
    """By gid, of every task that may be seen."""
    return {
        gid: {
            "title": task.name,
            "parent": task.parent,
            "done": task.completed,
            "projects": sorted(home.project for home in task.homes),
            "sections": sorted(home.section for home in task.homes),
            "due": task.due_on,
        }
        for gid, task in site.tasks.items()
        if not site.is_trashed(gid)
    }


def edges_of(site: AsanaSite) -> set[tuple[str, str]]:
    """(predecessor, successor), whoever is not in the trash."""
    live = [gid for gid in site.tasks if not site.is_trashed(gid)]
    return {(before, gid) for gid in live for before in site.tasks[gid].dependencies if not site.is_trashed(before)}


def assert_is_as_the_site(store: Store, site: AsanaSite) -> None:
    facets: dict[tuple[str, str], list[str]] = {}
    for row in store["item_facets"]:
        facets.setdefault((row["item_uid"], row["facet"]), []).append(row["native_id"])
    kept = {
        row["native_id"]: {
            "title": row["title"],
            "parent": row["parent_uid"] and row["parent_uid"].removeprefix("acme:"),
            "done": row["status_category"] == "done",
            "projects": sorted(facets.get((row["uid"], "project"), ())),
            "sections": sorted(facets.get((row["uid"], "section"), ())),
            "due": row["due"] and row["due"].isoformat(),
        }
        for row in store["work_items"]
        if row["tombstone"] is None
    }
    assert kept == said_by_the_site(site)
    live = {row["uid"] for row in store["work_items"] if row["tombstone"] is None}
    ends = [(row["source_uid"], row["target_uid"]) for row in store["links"]]
    shown = {tuple(uid.removeprefix("acme:") for uid in pair) for pair in ends if live.issuperset(pair)}
    assert shown == edges_of(site)


async def assert_counted(flow: AsanaFlow) -> None:
    """Each task once, and neither what lies beneath a task nor what is in the trash."""
    site = flow.site
    seen = [task for gid, task in site.tasks.items() if not site.is_trashed(gid)]
    heads = [task for task in seen if task.parent is None]
    data = (await rolled_up(flow.database, now=flow.clock.now()))["data"]
    assert data["scope"]["items"] == len(seen)
    count = data["progress"]["count"]
    assert (count["total"], count["done"]) == (len(heads), sum(task.completed for task in heads))
    rows = {row["name"]: row["progress"]["count"]["total"] for row in data["breakdown"]}
    assert rows == {
        project.name: sum(any(home.project == gid for home in task.homes) for task in heads)
        for gid, project in site.projects.items()
    }


def change(stage: Stage, places: Iterable[int]) -> None:
    """In each project: one moves to another section, one is done, one is due."""
    site = stage.site
    for place in places:
        doing = site.projects[stage.projects[place]].sections[1]
        site.move_to_section(stage.tasks[place][3], doing)
        site.complete(stage.tasks[place][2])
        site.touch(stage.tasks[place][0], due_on="2026-12-01")


async def test_tasks_beneath_tasks_in_many_projects_are_as_the_site_has_them(database: Database) -> None:
    """Five levels, a task in three projects, dependencies across them, moves between sections, the trash and back."""
    stage = a_stage()
    site = stage.site
    async with flowing(site, database, settings={"page_size": 2}) as flow:
        await define_everything(database, now=flow.clock.now())
        await flow.sync_whole(full=True)
        assert_is_as_the_site(await derived(database), site)
        await assert_counted(flow)

        change(stage, range(3))
        flow.keep_silent()
        flow.clock.pass_by(minutes=30)
        await flow.sync_whole()
        assert_is_as_the_site(await derived(database), site)
        await assert_counted(flow)

        whole = await derived(database)
        site.trash(stage.chain[1])  # with the four beneath it
        site.trash(stage.tasks[1][1])
        flow.clock.pass_by(minutes=30)
        await flow.sync_whole()
        store = await derived(database)
        assert tombs(store) == dict.fromkeys([*stage.chain[1:], stage.tasks[1][1]], "gone")
        assert_is_as_the_site(store, site)
        await assert_counted(flow)

        site.restore(stage.chain[1])
        site.restore(stage.tasks[1][1])
        flow.clock.pass_by(minutes=30)
        await flow.sync_whole()
        store = await derived(database)
        assert_is_as_the_site(store, site)
        assert tombs(store) == {}
        assert {row["uid"] for row in store["work_items"]} == {row["uid"] for row in whole["work_items"]}
        assert store["item_changes"] == whole["item_changes"]
        await assert_counted(flow)


async def test_a_feed_that_lost_its_place_while_a_site_is_crawled_loses_nothing(database: Database) -> None:
    """412 in the middle of a run: that project is read whole, and is never taken for one without changes."""
    stage = a_stage()
    site = stage.site
    async with flowing(site, database, settings={"page_size": 2}) as flow:
        await flow.sync_whole(full=True)
        change(stage, range(3))
        site.trash(stage.chain[1])
        flow.clock.pass_by(minutes=30)
        flow.options.requests.clear()
        flow.options.faults.append(faults.lost_position(sync="new:0", after=1, times=1))

        await flow.sync_whole()

        statuses = [one.status for one in flow.options.requests if one.path.endswith("/events")]
        assert statuses.count(412) >= 1
        assert_is_as_the_site(await derived(database), site)
        flow.options.faults.clear()
        flow.clock.pass_by(minutes=30)
        await flow.sync_whole()
        assert_is_as_the_site(await derived(database), site)


async def test_a_listing_that_is_too_large_is_read_in_parts(database: Database) -> None:
    """400 at the end of a listing of more than three: the sections of the project are read one by one."""
    stage = a_stage()
    site = stage.site
    for gid, project in zip(stage.projects, stage.projects, strict=True):
        for section in site.projects[project].sections[1:]:
            site.add_task("One more", project=gid, section=section)
    async with flowing(site, database, settings={"page_size": 2}, truncate_after=5) as flow:
        await flow.sync_whole(full=True)

        assert 400 in {one.status for one in flow.options.requests}
        assert_is_as_the_site(await derived(database), site)
