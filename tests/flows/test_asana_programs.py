"""Programs over Asana tasks: counted once wherever they stand, and following projects and portfolios as they change."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from connectors.sandbox.asana.things import Portfolio
from service.domain.mapping_file import parse_programs
from service.programs.answers import encode
from service.programs.apply import apply
from service.programs.read import get_rollup
from service.store.engine import Database
from service.store.tables.programs import memberships
from tests.flows.asana import AsanaFlow, derived, flowing, two_projects
from tests.flows.stored import Row, item, stored, tombs
from tests.flows.support import NOW, TODAY


async def define(database: Database, *include: str) -> None:
    """One program LAUNCH of what meets any of these matchers."""
    text = f"programs: [{{key: LAUNCH, name: Launch, include: [{', '.join(include)}]}}]"
    await apply(database, parse_programs(text), actor="pat", now=NOW)


async def rollup(database: Database) -> dict[str, Any]:
    answer = await get_rollup(database, "LAUNCH", by="project", basis=None, now=NOW + timedelta(days=1), today=TODAY)
    return json.loads(encode(answer))["data"]  # type: ignore[no-any-return]  # JSON is Any by nature


async def members(database: Database) -> list[str]:
    rows: list[Row] = (await stored(database, [memberships]))["memberships"]
    return sorted(row["item_uid"].removeprefix("acme:") for row in rows if row["valid_to"] is None)


def later(flow: AsanaFlow) -> None:
    flow.clock.pass_by(minutes=30)


async def test_a_task_in_two_projects_of_a_program_counts_once_and_is_shown_in_both(database: Database) -> None:
    two = two_projects()
    two.site.complete(two.shared)
    await define(database, "{source: acme}")
    async with flowing(two.site, database) as flow:
        await flow.sync_whole(full=True)

    data = await rollup(database)

    assert data["scope"] == {"items": 8, "countable": 6, "excluded": {"cancelled": 0, "has_children": 0, "subtask": 2}}
    assert data["progress"]["count"] | {"value": None} == {
        "to_do": 5,
        "in_progress": 0,
        "done": 1,
        "total": 6,
        "value": None,
        "coverage": 1.0,
    }
    rows = {row["name"]: row for row in data["breakdown"]}
    assert {name: (row["progress"]["count"]["total"], row["shared"]) for name, row in rows.items()} == {
        "Checkout launch": (4, 1),
        "Support readiness": (3, 1),
    }
    assert [row["progress"]["count"]["done"] for row in rows.values()] == [1, 1]


async def test_a_task_added_to_a_further_project_is_shared_and_counted_as_before(sqlite_database: Database) -> None:
    two = two_projects()
    await define(sqlite_database, "{source: acme}")
    async with flowing(two.site, sqlite_database) as flow:
        await flow.sync_whole(full=True)
        two.site.add_to_project(two.tasks[1], two.second)
        flow.keep_silent()
        later(flow)
        await flow.sync_whole()

    data = await rollup(sqlite_database)

    assert data["progress"]["count"]["total"] == 6
    assert [row["shared"] for row in data["breakdown"]] == [2, 2]


async def test_an_archived_project_takes_its_tasks_out_of_the_items_and_brings_them_back(database: Database) -> None:
    """What stands in another project as well stays, with its sub-tasks."""
    two = two_projects()
    beneath = two.site.add_subtask(two.shared, "Beneath a task in two projects")
    await define(database, "{source: acme}")
    async with flowing(two.site, database) as flow:
        await flow.sync_whole(full=True)
        before = await members(database)
        two.site.archive(two.second)
        later(flow)
        await flow.sync_whole()

        store = await derived(database)
        steps = [gid for gid, task in two.site.tasks.items() if task.parent == two.others[0]]
        assert tombs(store) == dict.fromkeys([*two.others[:2], *steps], "archived")
        assert item(store, beneath)["project_id"] == two.first
        assert (await rollup(database))["scope"]["items"] == len(before) - 3

        two.site.edit_project(two.second, archived=False)
        later(flow)
        await flow.sync_whole()
        assert tombs(await derived(database)) == {}
        assert await members(database) == before


async def test_a_trashed_task_leaves_its_program_and_returns_to_it(sqlite_database: Database) -> None:
    two = two_projects()
    await define(sqlite_database, '{project: "Checkout launch"}')
    async with flowing(two.site, sqlite_database) as flow:
        await flow.sync_whole(full=True)
        everybody = sorted([*two.tasks, two.subtask, two.shared])
        assert await members(sqlite_database) == everybody
        two.site.trash(two.tasks[0])
        later(flow)
        await flow.sync_whole()
        assert await members(sqlite_database) == sorted([*two.tasks[1:], two.shared])

        two.site.restore(two.tasks[0])
        later(flow)
        await flow.sync_whole()
        assert await members(sqlite_database) == everybody


async def test_sections_and_tags_decide_who_belongs_and_who_follows_is_asked_again(sqlite_database: Database) -> None:
    two = two_projects()
    tag = two.site.add_tag("launch")
    await define(sqlite_database, "{section: Doing}", "{tag: launch}")
    async with flowing(two.site, sqlite_database) as flow:
        await flow.sync_whole(full=True)
        assert await members(sqlite_database) == []
        two.site.move_to_section(two.tasks[1], two.site.projects[two.first].sections[1])
        two.site.add_tag_to(two.tasks[0], tag)
        flow.keep_silent()
        later(flow)
        await flow.sync_whole()
        assert await members(sqlite_database) == sorted([two.tasks[0], two.tasks[1], two.subtask])


async def test_a_portfolio_that_changes_changes_its_program_without_a_task_being_read(database: Database) -> None:
    two = two_projects()
    site = two.site
    inner = site.add_portfolio("Inner", items=[])
    portfolio = site.add_portfolio("Commerce", items=[two.first, inner])
    await define(database, "{portfolio: Commerce}")
    settings = {"projects": [two.first, two.second], "portfolios": [portfolio]}
    async with flowing(site, database, settings=settings) as flow:
        await flow.sync_whole(full=True)
        assert await members(database) == sorted([*two.tasks, two.subtask, two.shared])

        site.add_item(inner, two.second)
        later(flow)
        outcome = await flow.sync_whole()
        assert outcome.fetched == 0
        assert await members(database) == sorted(site.tasks)

        site.put(_without(site.portfolios[portfolio], two.first))
        later(flow)
        await flow.sync_whole()
        assert set(await members(database)) == {gid for gid in site.tasks if gid not in {*two.tasks, two.subtask}}


def _without(portfolio: Portfolio, project: str) -> Portfolio:
    return replace(portfolio, items=tuple(each for each in portfolio.items if each.gid != project))
