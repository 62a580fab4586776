"""From a tool's delivery to the roll-up that people read, through a whole service."""

from __future__ import annotations

import asyncio
from pathlib import Path
from time import perf_counter

from service.sync.hold import holding
from tests.flows.served import Served, serving
from tests.flows.support import a_site

PATIENCE = 20.0  # seconds, on a machine that is busy with other tests; tests/bench/webhooks.py measures


async def shows(served: Served, done: int) -> None:
    begun = perf_counter()
    while (seen := await served.done()) != done:
        assert perf_counter() - begun < PATIENCE, f"the roll-up still shows {seen} instead of {done}"
        await asyncio.sleep(0.05)


async def test_what_a_tool_delivers_is_in_the_roll_up_soon_after(tmp_path: Path, database_url: str) -> None:
    async with serving(a_site(issues=60), tmp_path, database_url) as served:
        before = await served.done()
        some = served.unfinished()[:5]
        for native_id in some:
            await served.finish(native_id)
        await shows(served, before + len(some))


async def test_deliveries_wait_out_a_run_and_are_applied_after_it(tmp_path: Path, sqlite_url: str) -> None:
    async with serving(a_site(issues=60), tmp_path, sqlite_url) as served:
        before = await served.done()
        async with holding("acme", served.app.database, clock=served.app.clock):
            await served.finish(served.unfinished()[0])
            await asyncio.sleep(1.5)
            assert await served.done() == before
        await shows(served, before + 1)
