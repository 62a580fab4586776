"""Rights that go, tokens that are revoked, positions that are lost, processes that are killed: nothing is lost."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from connectors.sandbox.asana import faults
from connectors.sandbox.asana.portfolio import generate_asana_portfolio
from connectors.sandbox.asana.site import AsanaSite
from connectors.sandbox.portfolio import generate_portfolio
from service.store.engine import Database
from service.store.tables.items import tombstones
from service.store.tables.sources import raw_records, sources
from service.sync.outcome import RunStatus
from service.sync.replay import replay_source
from service.sync.run import sync_source
from tests.fixtures.databases import SqliteTemplate
from tests.flows.asana import ALL, ASANA, AsanaFlow, Two, derived, facets, flowing, two_projects
from tests.flows.child import Child, Job
from tests.flows.processes import PROCESSES
from tests.flows.stored import Store, differences, item, live, scopes, stored, tombs
from tests.flows.support import NOW, TODAY, HandClock, codes

EVERYTHING = (*ALL, tombstones, raw_records)
BY_CHANCE = {"raw_records": {"scope_id"}}  # a task in two projects arrives with whichever page is later
LEASE_OVER = 5.0  # minutes


async def everything(database: Database) -> Store:
    return await stored(database, EVERYTHING)


async def cursors(database: Database) -> dict[str, datetime | None]:
    return {key: row["cursor"] for key, row in (await scopes(database)).items()}


# rights


async def test_a_project_made_private_is_named_and_its_items_stay(database: Database) -> None:
    two = two_projects()
    async with flowing(two.site, database) as flow:
        await flow.sync_whole(full=True)
        two.site.make_private(two.second)
        flow.clock.pass_by(minutes=30)

        outcome = await flow.sync()

        assert outcome.status is RunStatus.PARTIAL
        assert [(each.code, each.scope) for each in outcome.reasons] == [("scope_missing", "Support readiness")]
        assert "made private" in outcome.reasons[0].message
        assert live(await derived(database)) == sorted(two.site.tasks)

        two.site.make_visible(two.second)
        two.site.complete(two.others[0])
        flow.keep_silent()
        flow.clock.pass_by(minutes=30)
        await flow.sync_whole()
        assert item(await derived(database), two.others[0])["status_category"] == "done"


async def test_a_project_made_private_while_it_is_read_fails_alone_and_keeps_its_cursor(
    sqlite_database: Database,
) -> None:
    two = two_projects()
    async with flowing(two.site, sqlite_database) as flow:
        await flow.sync_whole(full=True)
        before = await cursors(sqlite_database)
        flow.clock.pass_by(minutes=30)
        flow.options.on_request(10, lambda: two.site.make_private(two.second))

        outcome = await flow.sync(full=True)

        assert outcome.status is RunStatus.PARTIAL
        assert codes(outcome) == [("scope_gone", "Support readiness")]
        after = await cursors(sqlite_database)
        assert after["Support readiness"] == before["Support readiness"]
        assert after["Checkout launch"] == flow.clock.now() - timedelta(minutes=5)
        assert live(await derived(sqlite_database)) == sorted(two.site.tasks)


async def test_a_token_revoked_during_a_run_fails_it_and_proves_nothing(database: Database) -> None:
    two = two_projects()
    async with flowing(two.site, database) as flow:
        flow.options.faults.append(faults.unauthorized("/subtasks"))

        outcome = await flow.sync(full=True)

        assert outcome.status is RunStatus.FAILED
        assert set(await cursors(database)) == {"Checkout launch", "Support readiness"}
        assert set((await cursors(database)).values()) == {None}
        (source,) = (await stored(database, [sources]))["sources"]
        assert source["last_complete_sync"] is None

        flow.options.faults.clear()
        await flow.sync_whole()
        assert live(await derived(database)) == sorted(two.site.tasks)


# positions


def changed_in_every_way(two: Two) -> None:
    site = two.site
    site.complete(two.tasks[1])
    site.move_to_section(two.others[1], site.projects[two.second].sections[1])
    site.add_to_project(two.tasks[2], two.second)
    site.add_subtask(two.others[1], "New")
    site.trash(two.others[0])
    site.add_task("New", project=two.first)


async def test_a_lost_position_in_the_feed_reads_projects_whole_and_ends_in_the_same_state(
    sqlite_database: Database,
    fresh: Database,
) -> None:
    two = two_projects()
    async with flowing(two.site, sqlite_database) as flow:
        await flow.sync_whole(full=True)
        changed_in_every_way(two)
        flow.clock.pass_by(hours=25)  # a token is good for a day
        flow.options.requests.clear()

        outcome = await flow.sync_whole()

        assert outcome.fetched > len(two.site.tasks) - 3
        assert flow.asked()["/tasks/…/subtasks"] >= 2
        assert [one.status for one in flow.options.requests if one.path.endswith("/events")] == [412, 412]
        assert len(tombs(await derived(sqlite_database))) == 2
        await assert_equals_a_fresh_reading(flow, fresh)

        flow.clock.pass_by(minutes=30)
        flow.options.requests.clear()
        await flow.sync_whole()
        assert [one.status for one in flow.options.requests if one.path.endswith("/events")] == [200, 200]


async def test_a_run_told_by_feeds_and_one_that_is_not_end_in_the_same_state(
    sqlite_database: Database,
    fresh: Database,
) -> None:
    two = two_projects()
    async with flowing(two.site, sqlite_database) as flow:
        await flow.sync_whole(full=True)
        changed_in_every_way(two)
        flow.keep_silent()
        flow.clock.pass_by(minutes=30)

        await flow.sync_whole()

        await assert_equals_a_fresh_reading(flow, fresh)


async def assert_equals_a_fresh_reading(flow: AsanaFlow, fresh: Database) -> None:
    """But for what is buried, which a fresh reading never saw."""
    before, flow.database = flow.database, fresh
    await flow.sync_whole(full=True)
    flow.database = before
    ours, theirs = await derived(before), await derived(fresh)
    gone = {f"acme:{gid}" for gid in tombs(ours)}
    for name, rows in ours.items():
        ours[name] = [row for row in rows if not gone & {row.get("uid"), row.get("item_uid")}]
    assert differences(ours, theirs) == []


# replay


def the_example() -> AsanaSite:
    jira = generate_portfolio(issues=300, today=TODAY)
    return generate_asana_portfolio(jira, "https://jira.example.com", today=TODAY, tasks=160)


async def test_a_replay_gives_the_same_tables_as_the_sync_and_asks_nobody(database: Database) -> None:
    site = the_example()
    async with flowing(site, database) as flow:
        await flow.sync(full=True)
        project = next(gid for gid, row in site.projects.items() if row.name == "Checkout launch")
        first, second, third = list(site.tasks_in(project))[:3]
        site.trash(first)
        site.move_to_section(second, site.projects[project].sections[-1])
        site.complete(third)
        flow.clock.pass_by(minutes=30)
        await flow.sync()
        before, asked = await everything(database), len(flow.options.requests)
        assert first in tombs(before)
        assert before["item_changes"]
        assert before["item_references"]
        assert before["pending_details"] == []

        replayed = await replay_source(flow.source, database, clock=flow.clock)

        assert differences(before, await everything(database)) == []
        assert len(flow.options.requests) == asked
        assert (replayed.items, replayed.rejected) == (len(before["work_items"]), 0)


async def test_a_payload_that_cannot_be_read_is_kept_and_shown_and_the_run_goes_on(sqlite_database: Database) -> None:
    two = two_projects()
    async with flowing(two.site, sqlite_database) as flow:
        await flow.sync_whole(full=True)
        two.site.touch(two.tasks[1], due_on="31.02.2026")
        two.site.touch(two.tasks[2], name="Fine")
        flow.clock.pass_by(minutes=30)

        outcome = await flow.sync()

        assert outcome.status is RunStatus.PARTIAL
        assert codes(outcome) == [("rejected_records", None)]
        store = await derived(sqlite_database)
        assert (item(store, two.tasks[1])["due"], item(store, two.tasks[2])["title"]) == (None, "Fine")


# crashes


async def run(flow: AsanaFlow, url: str, **job: float) -> str | None:
    child = Child(Job(flow.url, url, kind=ASANA, **job))  # type: ignore[arg-type]
    return await asyncio.to_thread(child.verdict)


async def in_store(url: str) -> Store:
    database = Database.open(url)
    try:
        return await everything(database)
    finally:
        await database.aclose()


def a_site_with_everything() -> Two:
    two = two_projects()
    two.site.add_dependency(two.tasks[0], two.others[0])
    for gid in (*two.tasks, *two.others):
        two.site.touch(gid, name=f"Renamed {gid}")
    two.site.attach(two.tasks[1], "PAY-1", "https://jira.example.com/browse/PAY-1")
    return two


async def test_killed_before_any_commit_the_next_run_ends_as_an_uncrashed_one(
    sqlite_template: SqliteTemplate, sqlite_database: Database, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Each commit in turn, those of details too; the last one is where the run survives."""
    folder = tmp_path_factory.mktemp("killed")
    two = a_site_with_everything()
    async with flowing(two.site, sqlite_database) as flow:
        url = sqlite_template.copy_to(folder)
        assert await run(flow, url) == "complete"
        expected = await in_store(url)
        assert (len(expected["links"]), expected["pending_details"]) == (1, [])
        later = HandClock(NOW + timedelta(minutes=LEASE_OVER))
        killed_at = 0
        while True:
            url = sqlite_template.copy_to(folder)
            first = await run(flow, url, dies_at=killed_at + 1)
            if first == "complete":
                break
            assert first is None
            killed_at += 1
            database = Database.open(url)
            try:
                await assert_no_cursor_is_ahead(database, two)
                await sync_source(flow.source, database, clock=later)
                again = await everything(database)
                assert differences(expected, again, but=BY_CHANCE) == [], f"after dying at commit {killed_at}"
            finally:
                await database.aclose()
    assert killed_at >= 15


async def assert_no_cursor_is_ahead(database: Database, two: Two) -> None:
    """A project with a cursor is stored whole, or put down to be."""
    store = await derived(database)
    home = {two.first: [*two.tasks, two.subtask, two.shared], two.second: two.others}
    for row in (await scopes(database)).values():
        if row["cursor"] is not None:
            assert set(live(store)) >= set(home[row["native_id"]])


async def test_a_kill_while_details_are_read_loses_none_and_reads_few_twice(
    sqlite_template: SqliteTemplate, sqlite_url: str, tmp_path: Path
) -> None:
    two = a_site_with_everything()
    database = Database.open(sqlite_url)
    try:
        async with flowing(two.site, database) as flow:
            await run(flow, sqlite_template.copy_to(tmp_path))  # to see when such a run asks for what
            asked = [one.path.rpartition("/")[2] for one in flow.options.requests]
            child = Child(Job(flow.url, sqlite_url, kind=ASANA))
            flow.options.on_request(_place(asked, "stories", nth=6), child.kill)
            assert await asyncio.to_thread(child.verdict) is None
            left = (await derived(database))["pending_details"]
            assert 0 < len(left) < len(two.site.tasks)
            flow.options.requests.clear()
            flow.clock.pass_by(minutes=LEASE_OVER)

            await flow.sync_whole()

            read = [one.path.split("/")[-2] for one in flow.options.requests if one.path.endswith("/stories")]
            assert sorted(read) == sorted(row["item_uid"].removeprefix("acme:") for row in left)
            assert (await derived(database))["pending_details"] == []
    finally:
        await database.aclose()


def _place(asked: list[str], name: str, *, nth: int) -> int:
    """The position, from 1, of the n-th request of that name."""
    return [place for place, each in enumerate(asked, start=1) if each == name][nth - 1]


async def test_of_two_processes_that_start_at_once_one_syncs_and_one_is_told_to_wait(database_url: str) -> None:
    database = Database.open(database_url)
    two = two_projects()
    try:
        async with flowing(two.site, database, latency=0.05) as flow:
            gate = PROCESSES.Barrier(2)
            pair = [Child(Job(flow.url, database_url, kind=ASANA, full=True), gate=gate) for _ in range(2)]
            verdicts = [await asyncio.to_thread(child.verdict) for child in pair]
            assert sorted(map(str, verdicts)) == ["busy", "complete"]
            assert live(await derived(database)) == sorted(two.site.tasks)
            assert facets(await derived(database), two.shared, "project") == sorted([two.first, two.second])
    finally:
        await database.aclose()
