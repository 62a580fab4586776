"""One runner per source at a time: across tasks, across processes, on both databases."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta

from service.store.engine import Database
from service.store.tables.sources import sync_runs
from service.sync.errors import SourceBusy
from service.sync.hold import LEASE
from service.sync.outcome import Outcome, RunStatus
from service.sync.run import sync_source
from tests.flows.child import Child, Job
from tests.flows.processes import PROCESSES
from tests.flows.stored import live, stored
from tests.flows.support import HandClock, a_site, a_source, flowing


async def test_of_two_processes_that_start_at_once_one_syncs_and_one_is_told_to_wait(database_url: str) -> None:
    database = Database.open(database_url)
    try:
        async with flowing(a_site(issues=40), database, latency=0.05) as flow:
            for _ in range(3):
                gate = PROCESSES.Barrier(2)
                pair = [Child(Job(flow.url, database_url, full=True), gate=gate) for _ in range(2)]
                verdicts = [await asyncio.to_thread(child.verdict) for child in pair]
                assert sorted(map(str, verdicts)) == ["busy", "complete"]
            runs = (await stored(database, [sync_runs]))["sync_runs"]
            assert Counter(row["status"] for row in runs) == {"complete": 3}
            assert live(await stored(database)) == sorted(flow.site.issues)
    finally:
        await database.aclose()


async def test_of_two_tasks_that_start_at_once_one_syncs_and_one_is_told_who_holds_the_source(
    database: Database,
) -> None:
    async with flowing(a_site(issues=40), database, latency=0.02) as flow:
        other = a_source(flow.url)
        try:
            ended = await asyncio.gather(
                flow.sync(), sync_source(other, database, clock=flow.clock), return_exceptions=True
            )
        finally:
            await other.aclose()

    (refused,) = [one for one in ended if isinstance(one, SourceBusy)]
    (outcome,) = [one for one in ended if isinstance(one, Outcome)]
    assert outcome.status is RunStatus.COMPLETE
    until = flow.clock.now() + LEASE
    assert refused.message == (
        f"acme is being synced by {refused.holder}. Wait for it to finish; "
        f"if that process is dead, its hold ends at {until:%H:%M:%S} UTC."
    )


async def test_a_killed_runner_keeps_its_source_only_until_its_lease_is_over(database_url: str) -> None:
    database = Database.open(database_url)
    try:
        async with flowing(a_site(issues=40), database) as flow:
            child = Child(Job(flow.url, database_url))
            flow.options.on_request(5, child.kill)
            assert await asyncio.to_thread(child.verdict) is None
            early = HandClock(flow.clock.now() + LEASE - timedelta(seconds=1))

            try:
                await sync_source(flow.source, database, clock=early)
            except SourceBusy as busy:
                refused = busy
            else:
                raise AssertionError("the source was given away while it was held")
            flow.clock.pass_by(seconds=LEASE.total_seconds() + 1)
            await flow.sync_whole()

            assert refused.until == flow.clock.now() - timedelta(seconds=1)
    finally:
        await database.aclose()
