"""A crash at every commit of one small scope; tests/flows/test_commit_boundaries.py kills everything else there is."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

from service.store.engine import Database
from service.sync.outcome import Mode
from service.sync.run import sync_source
from tests.flows.conftest import Copies
from tests.flows.crashes import Boundary, Side, Work, lasting, survives
from tests.flows.stored import differences
from tests.flows.support import DATA_CENTER, HandClock, a_site, flowing

LEASE_OVER = timedelta(minutes=5)


async def test_one_dies_after_the_other_and_the_last_one_leaves_what_an_uncrashed_run_leaves(
    copies: Copies, fresh: Database
) -> None:
    """One dies before the first commit, one after it, one before the second, …: all of them on one database."""
    async with flowing(a_site(issues=12), fresh, kind=DATA_CENTER) as flow:
        begin = flow.clock.now()

        def run(lives_before: int) -> Work:
            clock = HandClock(begin + lives_before * LEASE_OVER)
            return lambda database: sync_source(flow.source, database, clock=clock, mode=Mode.FULL)

        with copies(None) as url:
            assert await survives(run(0), url)
            whole = await lasting(url)
        with copies(None) as url:
            died = 0
            for number in count(1):
                boundaries = [Boundary(number, side) for side in Side]
                ends = [await survives(run(died + place), url, each) for place, each in enumerate(boundaries)]
                died += ends.count(False)
                if any(ends):
                    break
            assert differences(whole, await lasting(url)) == []
    assert died >= 2 * 10
