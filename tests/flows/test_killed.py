"""SIGKILL at any moment: nothing lost, nothing twice, no cursor ahead; the next run ends as if nothing had happened."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from connectors.sandbox.portfolio import generate_portfolio
from connectors.sandbox.site import JiraSite
from service.store.engine import Database
from service.store.tables.sources import sync_runs
from service.sync.run import sync_source
from tests.fixtures.databases import SqliteTemplate
from tests.flows.child import Child, Job
from tests.flows.stored import Store, differences, evidence, live, scopes, stored
from tests.flows.support import CLOUD, DATA_CENTER, NOW, TODAY, Flow, HandClock, flowing

LEASE_OVER = 5.0  # minutes


def small_site() -> JiraSite:
    return generate_portfolio(issues=50, today=TODAY)


async def run(flow: Flow, url: str, **job: float) -> str | None:
    child = Child(Job(flow.url, url, kind=flow.kind, **job))  # type: ignore[arg-type]
    return await asyncio.to_thread(child.verdict)


async def uncrashed(flow: Flow, url: str) -> Store:
    assert await run(flow, url) == "complete"
    return await everything(url)


async def everything(url: str) -> Store:
    database = Database.open(url)
    try:
        return await evidence(database)
    finally:
        await database.aclose()


async def assert_no_cursor_is_ahead(database: Database, site: JiraSite) -> None:
    """A scope with a cursor is stored whole."""
    there = set(live(await stored(database)))
    for row in (await scopes(database)).values():
        if row["cursor"] is not None:
            home = [one["id"] for one in site.issues.values() if one["fields"]["project"]["id"] == row["native_id"]]
            assert there >= set(home)


async def test_killed_before_any_commit_the_next_run_ends_as_an_uncrashed_one(
    sqlite_template: SqliteTemplate, sqlite_database: Database, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Each commit in turn, each on a new database; the last one is where the run survives."""
    folder = tmp_path_factory.mktemp("killed")
    async with flowing(small_site(), sqlite_database) as flow:
        expected = await uncrashed(flow, sqlite_template.copy_to(folder))
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
                await assert_no_cursor_is_ahead(database, flow.site)
                await sync_source(flow.source, database, clock=later)
                assert differences(expected, await evidence(database)) == [], f"after dying at commit {killed_at}"
            finally:
                await database.aclose()
    assert killed_at >= 12


async def test_killed_again_and_again_on_one_database_nothing_is_lost_or_doubled(database_url: str) -> None:
    """Each run dies one commit later than the one before."""
    database = Database.open(database_url)
    try:
        async with flowing(small_site(), database, kind=DATA_CENTER) as flow:
            deaths = 0
            while await run(flow, database_url, dies_at=deaths + 1, minutes=deaths * LEASE_OVER) is None:
                deaths += 1
                await assert_no_cursor_is_ahead(database, flow.site)
            after = await evidence(database)
            runs = (await stored(database, [sync_runs]))["sync_runs"]

            assert deaths >= 8
            visible = {number for number, row in flow.site.projects.items() if row["key"] not in {"OLD", "SEC"}}
            assert live(after) == sorted(
                number for number, one in flow.site.issues.items() if one["fields"]["project"]["id"] in visible
            )
            # the first two deaths came before there was a run, the last when it was proven and held but its lease
            assert Counter(row["status"] for row in runs) == {"abandoned": deaths - 3, "complete": 2}
            flow.clock.pass_by(minutes=(deaths + 2) * LEASE_OVER)
            again = await flow.sync_whole(full=True)
            assert (again.changed, again.unchanged) == (0, again.fetched)
    finally:
        await database.aclose()


@pytest.mark.parametrize("kind", [CLOUD, DATA_CENTER])
async def test_killed_while_any_request_is_waiting_the_next_run_ends_as_an_uncrashed_one(
    kind: str, sqlite_template: SqliteTemplate, sqlite_database: Database, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("killed")
    async with flowing(small_site(), sqlite_database, kind=kind) as flow:
        expected = await uncrashed(flow, sqlite_template.copy_to(folder))
        in_all = len(flow.options.requests)
        deaths = 0
        for number in range(2, in_all + 1, 12):
            url = sqlite_template.copy_to(folder)
            child = Child(Job(flow.url, url, kind=kind))
            flow.options.on_request(number, child.kill)
            deaths += await asyncio.to_thread(child.verdict) is None
            flow.options._hooks.clear()  # a child that ended early leaves its hook behind

            assert await run(flow, url, minutes=LEASE_OVER) == "complete"
            assert differences(expected, await everything(url)) == [], f"after dying at request {number} of {in_all}"
    assert deaths >= 4


async def test_a_run_of_changes_that_was_killed_keeps_the_old_cursor_and_asks_again(sqlite_url: str) -> None:
    database = Database.open(sqlite_url)
    try:
        async with flowing(small_site(), database) as flow:
            await flow.sync_whole(full=True)
            before = {key: row["cursor"] for key, row in (await scopes(database)).items()}
            flow.clock.pass_by(minutes=60)
            changed = [one["id"] for one in flow.site.issues.values() if one["key"].startswith("PAY-")][:12]
            for number in changed:
                flow.site.touch(number, flow.clock.now(), summary="Changed before the crash")
            child = Child(Job(flow.url, sqlite_url, minutes=60))
            reads = len(flow.options.requests)
            flow.options.on_request(_position_of_a_read(flow), child.kill)
            assert await asyncio.to_thread(child.verdict) is None
            assert len(flow.options.requests) > reads
            assert {key: row["cursor"] for key, row in (await scopes(database)).items()} == before
            flow.clock.pass_by(minutes=LEASE_OVER)

            await flow.sync_whole()

            titles = {row["native_id"]: row["title"] for row in (await stored(database))["work_items"]}
            assert {titles[number] for number in changed} == {"Changed before the crash"}
    finally:
        await database.aclose()


def _position_of_a_read(flow: Flow) -> int:
    """How many requests the run before made until its first read of issues."""
    return next(place for place, one in enumerate(flow.options.requests, start=1) if "bulkfetch" in one.path)
