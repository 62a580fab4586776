"""The bar of a sync follows the run, also where the run goes on after the bar is gone."""

from __future__ import annotations

from datetime import timedelta

from rich.console import Console

from service.commands.sync import Bars
from service.store.engine import Database
from service.sync.outcome import Mode, RunStatus
from service.sync.run import sync_source
from tests.flows.support import a_site, flowing, ids_in


async def test_a_census_that_finds_something_stale_is_followed_to_its_end(sqlite_database: Database) -> None:
    """Such items are read and stored when all pages are in."""
    async with flowing(a_site(issues=40), sqlite_database) as flow:
        await flow.sync_whole()
        flow.clock.pass_by(hours=1)
        flow.site.touch(ids_in(flow.site, "BULK1")[0], flow.clock.now() - timedelta(minutes=20), summary="Changed")
        with Bars(Console(quiet=True), disable=True) as bars:
            outcome = await sync_source(flow.source, flow.database, clock=flow.clock, mode=Mode.CENSUS, progress=bars)

    assert (outcome.status, outcome.changed) == (RunStatus.COMPLETE, 1)
