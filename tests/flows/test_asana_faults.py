"""An Asana that fails, cuts and refuses on the way: a run ends whole, or says what it could not have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from connectors.sandbox.asana import faults
from connectors.sandbox.faults import Fault, reset, too_large, truncated
from service.store.engine import Database
from service.store.tables.sources import source_capabilities
from service.sync.outcome import Mode
from service.sync.run import sync_source
from tests.connectors.asana.support import a_launch
from tests.flows.asana import an_asana_source, changes, derived, flowing, two_projects
from tests.flows.stored import differences, item, live, stored
from tests.flows.support import HandClock

OUTAGES: Mapping[str, Callable[[], Fault]] = {
    "429 with seconds": lambda: faults.throttled("/tasks", retry_after=2, after=2, times=3),
    "429 without a word": lambda: faults.throttled("/subtasks", retry_after=None, times=2),
    "500 with a phrase": lambda: faults.failing("/tasks", after=1, times=2),
    "504 on large pages": lambda: too_large("/tasks", above=10, times=2),
    "half a body": lambda: truncated("/subtasks"),
    "a reset connection": lambda: reset("/stories", times=2),
    "a position that is lost": lambda: faults.lost_position(sync="new:0"),
}


@pytest.mark.parametrize("name", OUTAGES)
async def test_a_run_through_an_outage_is_complete_and_stores_everything(
    name: str, sqlite_database: Database, fresh: Database
) -> None:
    two = two_projects()
    settings = {"page_size": 100 if "large" in name else 2}
    async with flowing(two.site, sqlite_database, settings=settings) as flow:
        flow.options.faults.append(OUTAGES[name]())
        await flow.sync_whole(full=True)
        flow.options.faults.clear()

        flow.database = fresh
        await flow.sync_whole(full=True)
        assert differences(await derived(sqlite_database), await derived(fresh)) == []
        assert live(await derived(fresh)) == sorted(two.site.tasks)


@pytest.mark.parametrize("behaviour", [{"truncate_after": 3}, {"concurrent_reads": 2}], ids=str)
async def test_a_site_that_lists_little_at_once_is_read_whole(
    behaviour: Mapping[str, Any], sqlite_database: Database
) -> None:
    """Listings cut with a 400 are read section by section; too many requests in flight become fewer."""
    launch = a_launch()
    for section in launch.sections[1:]:
        launch.site.add_task("One more", project=launch.project, section=section)
    async with flowing(launch.site, sqlite_database, settings={"page_size": 2}, **behaviour) as flow:
        await flow.sync_whole(full=True)

        assert live(await derived(sqlite_database)) == sorted(launch.site.tasks)


async def test_what_a_plan_lacks_is_told_and_the_rest_is_read(sqlite_database: Database) -> None:
    two = two_projects()
    two.site.add_dependency(two.tasks[0], two.tasks[1])
    async with flowing(two.site, sqlite_database, unpaid={"dependencies", "goals"}) as flow:
        await flow.sync_whole(full=True)

        store = await stored(sqlite_database, [source_capabilities])
        lacking = {row["name"] for row in store["source_capabilities"] if not row["available"]}
        assert lacking >= {"dependencies", "goals"}
        assert live(await derived(sqlite_database)) == sorted(two.site.tasks)
        assert (await derived(sqlite_database))["links"] == []


async def test_an_attachment_that_is_refused_costs_no_history(sqlite_database: Database) -> None:
    two = two_projects()
    two.site.touch(two.tasks[0], name="Renamed")
    async with flowing(two.site, sqlite_database) as flow:
        flow.options.faults.append(faults.unpaid("/attachments"))
        await flow.sync_whole(full=True)

        store = await derived(sqlite_database)
        assert changes(store, two.tasks[0])
        assert store["pending_details"] == []


async def test_two_workspaces_are_two_sources_that_never_meet(database: Database) -> None:
    """The same account sees both; equal names are no bridge."""
    two = two_projects()
    site = two.site
    elsewhere = site.add_workspace("Southwind")
    project = site.add_project("Checkout launch", workspace=elsewhere)
    foreign = site.add_task("Task 1", project=project)
    site.put(replace(site.tasks[foreign], workspace=elsewhere))
    async with flowing(site, database, settings={"workspace": "Northwind"}) as flow:
        other = an_asana_source(flow.url, name="south", workspace=elsewhere)
        try:
            await flow.sync_whole(full=True)
            await sync_source(other, database, clock=HandClock(), mode=Mode.FULL)
            before = await derived(database)
            await flow.sync_whole(full=True)
        finally:
            await other.aclose()

        uids = {row["uid"] for row in before["work_items"]}
        assert uids == {f"acme:{gid}" for gid in site.tasks if gid != foreign} | {f"south:{foreign}"}
        assert item(before, foreign)["source"] == "south"
        assert differences(before, await derived(database)) == []


async def test_without_a_word_on_which_of_two_workspaces_nothing_is_guessed(sqlite_database: Database) -> None:
    two = two_projects()
    two.site.add_workspace("Southwind")
    async with flowing(two.site, sqlite_database) as flow:
        outcome = await flow.sync()

    assert outcome.status.value == "failed"
    assert "Northwind" in outcome.reasons[0].message
    assert "Southwind" in outcome.reasons[0].message
