"""What a run costs when little has changed: listings and stale items, whatever the size of the site."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest

from service.store.engine import Database
from service.sync.outcome import Mode
from tests.flows.scenarios.oracle import assert_is_as_the_site
from tests.flows.stored import stored
from tests.flows.support import CLOUD, DATA_CENTER, a_site, flowing

PROJECTS, PAGE, RUNS = 4, 20, 3
AGO = timedelta(minutes=20)  # what is edited during a run lies in the overlap of the next


@pytest.mark.parametrize("mode", [Mode.INCREMENTAL, Mode.CENSUS])
@pytest.mark.parametrize("kind", [CLOUD, DATA_CENTER])
async def test_three_runs_after_one_percent_of_edits_each_cost_as_many_requests_as_there_is_to_read(
    kind: str, mode: Mode, database: Database
) -> None:
    """Three syncs with 1 % edits each: a listing a project and the batches of what is stale, not a page more."""
    site = a_site(issues=800, projects=PROJECTS)
    edits = len(site.issues) // 100
    async with flowing(site, database, kind=kind, settings={"page_size": PAGE}) as flow:
        await flow.sync_whole(full=True)
        flow.clock.pass_by(hours=1)
        before = len(flow.options.requests)
        idle = await flow.sync_whole(mode=mode)
        of_an_idle_run = len(flow.options.requests) - before
        assert idle.fetched == 0
        numbers = iter(sorted(site.issues, reverse=True))
        for _ in range(RUNS):
            flow.clock.pass_by(hours=1)
            for _ in range(edits):
                site.touch(next(numbers), flow.clock.now() - AGO, summary="Edited", labels=["edited"])
            before = len(flow.options.requests)

            outcome = await flow.sync_whole(mode=mode)

            cost = len(flow.options.requests) - before
            assert (outcome.fetched, outcome.changed) == (edits, edits)
            assert cost <= of_an_idle_run + PROJECTS * math.ceil(edits / PROJECTS / PAGE)
        assert of_an_idle_run <= 30
        assert_is_as_the_site(await stored(database), site)


@pytest.mark.parametrize("mode", [Mode.INCREMENTAL, Mode.CENSUS])
async def test_a_site_ten_times_as_large_costs_the_same(mode: Mode, sqlite_database: Database, fresh: Database) -> None:
    costs = []
    for size, database in ((80, sqlite_database), (800, fresh)):
        site = a_site(issues=size, projects=PROJECTS)
        async with flowing(site, database, settings={"page_size": PAGE}) as flow:
            await flow.sync_whole(full=True)
            flow.clock.pass_by(hours=1)
            for native_id in sorted(site.issues)[:8]:
                site.touch(native_id, flow.clock.now(), summary="Edited")
            before = len(flow.options.requests)
            assert (await flow.sync_whole(mode=mode)).fetched == 8
            costs.append(len(flow.options.requests) - before)
    assert costs[0] == costs[1]
