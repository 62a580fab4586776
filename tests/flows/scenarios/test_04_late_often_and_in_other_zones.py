"""Time: an index that lags by hours, an issue that never rests, clocks that are wrong, zones and nights that change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.sandbox.site import JiraSite
from service.store.engine import Database
from service.sync.outcome import Mode
from tests.flows.scenarios.oracle import assert_is_as_the_site
from tests.flows.stored import item, stored
from tests.flows.support import CLOUD, DATA_CENTER, HandClock, a_site, flowing, ids_in

EDITIONS = pytest.mark.parametrize("kind", [CLOUD, DATA_CENTER])


@EDITIONS
async def test_an_issue_indexed_six_hours_late_is_there_after_the_night(kind: str, database: Database) -> None:
    """The index shows a change long after the cursor has passed it: runs of changes miss it, the census does not."""
    async with flowing(a_site(issues=60), database, kind=kind) as flow:
        await flow.sync_whole(full=True)
        flow.clock.pass_by(minutes=30)
        flow.options.index_lag = timedelta(hours=6)
        late = ids_in(flow.site, "BULK1")[3]
        flow.site.touch(late, flow.clock.now(), summary="Indexed late", labels=["late"])
        for _ in range(4):
            flow.clock.pass_by(hours=2)
            assert (await flow.sync_whole()).fetched == 0

        night = await flow.sync_whole(mode=Mode.CENSUS)

        assert (night.fetched, night.changed) == (1, 1)
        assert_is_as_the_site(await stored(database), flow.site)


@EDITIONS
async def test_an_issue_edited_every_minute_is_as_new_as_each_run_and_costs_one_read_of_it(
    kind: str, database: Database
) -> None:
    """It is in every overlap, and moves while it is read; the runs stay small and never go back in time."""
    async with flowing(a_site(issues=60), database, kind=kind) as flow:
        await flow.sync_whole(full=True)
        restless = ids_in(flow.site, "BULK2")[5]
        seen = []
        for minute in range(1, 31):
            flow.clock.pass_by(minutes=1)
            flow.site.touch(restless, flow.clock.now(), summary=f"Minute {minute}")
            if minute % 3:
                continue
            later = f"While it was read, {minute}"
            moment = flow.clock.now() + timedelta(seconds=1)
            flow.options.on_request(14, lambda at=moment, told=later: flow.site.touch(restless, at, summary=told))  # type: ignore[misc]
            outcome = await flow.sync_whole()

            row = item(await stored(database), restless)
            assert row["title"] in {f"Minute {minute}", later}
            assert outcome.fetched == 1
            seen.append(row["updated_at"])
        assert seen == sorted(seen)
        flow.clock.pass_by(minutes=1)
        await flow.sync_whole()
        assert_is_as_the_site(await stored(database), flow.site)


AUTUMN = datetime(2026, 10, 24, 23, 30, tzinfo=UTC)  # 01:30 in Berlin; at 01:00 UTC it is 02:00 there again
SPRING = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)  # 00:30 in Berlin; at 01:00 UTC it is 03:00 there
AWAY = "Pacific/Kiritimati"  # fourteen hours ahead of UTC, and fifteen or so of Berlin's clock at noon the day before


@EDITIONS
@pytest.mark.parametrize(("night", "skew"), [(AUTUMN, -10), (SPRING, 10)], ids=["autumn", "spring"])
async def test_through_a_night_that_changes_the_clocks_each_run_finds_what_was_edited(
    night: datetime, skew: int, kind: str, database: Database
) -> None:
    """Our clock is ten minutes wrong, edits come every few minutes, and in between the account's zone is another."""
    server = HandClock(night)
    site = a_site(issues=40)
    rest(site)
    async with flowing(site, database, kind=kind, server_clock=server, zone="Europe/Berlin") as flow:
        flow.clock.pass_by(minutes=(server.now() - flow.clock.now()).total_seconds() / 60 + skew)
        await flow.sync_whole(full=True)
        numbers = iter(sorted(site.issues))
        for run in range(9):  # from half past eleven until half past two, UTC
            for minutes in (7, 7, 6):
                server.pass_by(minutes=minutes)
                flow.clock.pass_by(minutes=minutes)
                site.touch(next(numbers), server.now(), summary=f"Edited before run {run}")
            if run == 5:
                flow.options.zone = AWAY

            outcome = await flow.sync_whole()

            assert outcome.fetched in {3, 4}  # what lies in the overlap is read twice
            assert_is_as_the_site(await stored(database), site)


def rest(site: JiraSite) -> None:
    """Whatever happened in it happened before any of these nights."""
    for number, issue in site.issues.items():
        site.replace(number, issue["fields"] | {"updated": "2026-01-07T08:00:00.000+0000"})
