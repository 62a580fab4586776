"""Clocks that differ, zones that change, nights of 23 and 25 hours, an index behind: nothing is missed or doubled."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from connectors.sandbox.faults import FOREVER, failing
from service.bootstrap import Application
from service.schedules import CronLine, next_run
from service.settings import load_settings
from service.store.engine import Database
from service.store.run_reads import RunReads
from service.sync.outcome import Mode, RunStatus
from service.worker import SCHEDULE, run_if_due
from tests.flows.deliveries import an_applier, put_down, told
from tests.flows.stored import DERIVED, differences, item, live, scopes, stored
from tests.flows.support import CLOUD, DATA_CENTER, NOW, Flow, HandClock, a_site, flowing, ids_in

EDITIONS = pytest.mark.parametrize("kind", [CLOUD, DATA_CENTER])
MADRID = ZoneInfo("Europe/Madrid")
NIGHTLY = CronLine.from_crontab("30 2 * * *", timezone=MADRID)
CONFIG = "sources: [{name: acme, kind: jira-cloud, url: https://jira.example, auth: {token: none}}]"


async def title(database: Database, native_id: str) -> str:
    name: str = item(await stored(database), native_id)["title"]
    return name


@EDITIONS
@pytest.mark.parametrize("minutes", [10, -10])
async def test_a_tool_whose_clock_is_ten_minutes_off_loses_no_change(
    kind: str, minutes: int, database: Database, fresh: Database
) -> None:
    """Changes at every minute around each run, by the tool's clock; only that clock is ever compared with itself."""
    server = HandClock(NOW + timedelta(minutes=minutes))
    async with flowing(a_site(issues=60), database, kind=kind, server_clock=server) as flow:
        await flow.sync_whole(full=True)
        some = ids_in(flow.site, "BULK1")
        for number in range(3):
            for minute, native_id in enumerate(some[number * 8 : number * 8 + 8]):
                flow.site.touch(native_id, server.now(), summary=f"Changed in minute {minute} of {number}")
                server.pass_by(minutes=1)
                flow.clock.pass_by(minutes=1)
            await put_down(database, told(flow, some[29]), now=flow.clock.now())
            flow.site.touch(some[29], server.now(), summary=f"Delivered {number}")
            assert await an_applier(flow).apply() == 1
            await flow.sync_whole(mode=Mode.CENSUS if number == 1 else Mode.INCREMENTAL)

        cursors = {row["cursor"] for row in (await scopes(database)).values()}
        assert cursors == {server.now() - timedelta(minutes=5)}
        async with flowing(flow.site, fresh, kind=kind, server_clock=server) as other:
            await other.sync_whole(full=True)
    assert differences(await stored(database, DERIVED), await stored(fresh, DERIVED)) == []


@EDITIONS
async def test_an_account_that_moves_across_the_world_between_two_runs_loses_no_change(
    kind: str, sqlite_database: Database
) -> None:
    async with flowing(a_site(issues=60), sqlite_database, kind=kind) as flow:
        zones = ("Pacific/Midway", "Pacific/Kiritimati", "Asia/Kolkata", "Pacific/Midway")
        for number, zone in enumerate(zones):
            flow.options.zone = zone
            native_id = ids_in(flow.site, "BULK1")[number]
            flow.site.touch(native_id, flow.clock.now() - timedelta(minutes=1), summary=f"Seen from {zone}")
            await flow.sync_whole()
            assert await title(sqlite_database, native_id) == f"Seen from {zone}"
            flow.clock.pass_by(minutes=20)


@EDITIONS
async def test_a_change_that_the_index_shows_six_hours_late_is_found_by_the_next_night(
    kind: str, database: Database
) -> None:
    """By then every cursor has long passed it: the census compares what is listed with what is stored."""
    async with flowing(a_site(issues=60), database, kind=kind) as flow:
        await flow.sync_whole(full=True)
        flow.clock.pass_by(hours=2)
        flow.options.index_lag = timedelta(hours=6)
        native_id = ids_in(flow.site, "BULK1")[4]
        before = await title(database, native_id)
        flow.site.touch(native_id, flow.clock.now(), summary="Indexed late")
        flow.clock.pass_by(hours=1)

        await flow.sync_whole(mode=Mode.CENSUS)
        assert await title(database, native_id) == before
        flow.clock.pass_by(hours=1)
        await flow.sync_whole()
        flow.clock.pass_by(hours=23)
        await flow.sync_whole(mode=Mode.CENSUS)

        assert await title(database, native_id) == "Indexed late"


@EDITIONS
async def test_a_delivered_change_is_read_past_an_index_that_lags(kind: str, database: Database) -> None:
    """bulkfetch and GET issue read by id; the night that reads the lagging index does not undo it."""
    async with flowing(a_site(issues=60), database, kind=kind) as flow:
        await flow.sync_whole(full=True)
        flow.clock.pass_by(hours=2)
        flow.options.index_lag = timedelta(hours=6)
        changed, deleted = ids_in(flow.site, "BULK1")[4:6]
        flow.site.touch(changed, flow.clock.now(), summary="Written a moment ago")
        await put_down(database, told(flow, changed), now=flow.clock.now())
        flow.site.delete(deleted)
        await put_down(database, told(flow, deleted, "jira:issue_deleted"), now=flow.clock.now())
        flow.options.requests.clear()

        assert await an_applier(flow).apply() == 2

        assert flow.options.asked("/search") == 0
        for _ in range(2):
            assert await title(database, changed) == "Written a moment ago"
            assert deleted not in live(await stored(database))
            flow.clock.pass_by(hours=1)
            await flow.sync_whole(mode=Mode.CENSUS)


@asynccontextmanager
async def a_worker(flow: Flow, folder: Path) -> AsyncIterator[Application]:
    """The process whose scheduler would look whether a run is due."""
    file = folder / "interlock.yaml"
    file.write_text(CONFIG)
    yield Application(load_settings(file, environment={}), flow.database, flow.clock, {"acme": flow.source})


async def scheduled(database: Database) -> list[tuple[datetime, str]]:
    """(start, status) of each scheduled run, oldest first."""
    async with database.reading() as uow:
        runs = await RunReads(uow.connection).page(source="acme", before=None, limit=200)
    return [(run.started_at, run.status) for run in reversed(runs) if run.trigger == SCHEDULE]


@pytest.mark.parametrize(
    ("first_look", "due"),
    [
        # 02:30 does not exist on the 29th: it is 03:30 by summer time. On the 30th it is back.
        (datetime(2026, 3, 28, 12, tzinfo=UTC), [(29, 1, 30), (30, 0, 30), (31, 0, 30)]),
        # 02:30 comes twice on the 25th: the first one counts.
        (datetime(2026, 10, 24, 12, tzinfo=UTC), [(25, 0, 30), (26, 1, 30), (27, 1, 30)]),
    ],
)
async def test_on_nights_of_23_and_of_25_hours_there_is_one_run(
    first_look: datetime, due: list[tuple[int, int, int]], database: Database, tmp_path: Path
) -> None:
    async with flowing(a_site(issues=10), database) as flow, a_worker(flow, tmp_path) as worker:
        flow.clock.pass_by(seconds=(first_look - flow.clock.now()).total_seconds())
        await flow.sync_whole(full=True)
        expected = [first_look.replace(day=day, hour=hour, minute=minute) for day, hour, minute in due]
        told_before = []
        while flow.clock.now() < expected[-1]:
            following = next_run("30 2 * * *", MADRID, after=flow.clock.now())
            if following not in told_before:
                told_before.append(following)
            flow.clock.pass_by(minutes=15)
            await run_if_due(worker, "acme", NIGHTLY)

        assert await scheduled(database) == [(moment, "complete") for moment in expected]
        assert told_before == expected


def test_a_line_of_every_hour_goes_by_the_time_that_passes() -> None:
    moment, seen = datetime(2026, 10, 24, 22, 30, tzinfo=UTC), []
    for _ in range(5):
        following = next_run("0 * * * *", MADRID, after=moment)
        assert following is not None
        moment = following
        seen.append(moment.hour)
    assert seen == [23, 0, 1, 2, 3]


async def test_after_a_day_without_the_tool_the_state_converges_and_the_missed_night_is_made_up_for_once(
    database: Database, fresh: Database, tmp_path: Path
) -> None:
    """Each try of that day fails, half an hour after the one before, and moves nothing."""
    async with flowing(a_site(issues=60), database) as flow, a_worker(flow, tmp_path) as worker:
        await flow.sync_whole(full=True)
        before = await stored(database), await scopes(database)
        changed, deleted = ids_in(flow.site, "BULK1")[:2]
        body = told(flow, changed)
        flow.clock.pass_by(hours=4)
        flow.options.faults.append(failing("/", times=FOREVER))
        flow.site.touch(changed, flow.clock.now(), summary="Changed while the tool was away")
        flow.site.delete(deleted)
        await put_down(database, body, now=flow.clock.now())
        for _ in range(24 * 4):
            await run_if_due(worker, "acme", NIGHTLY)
            await an_applier(flow).apply()
            flow.clock.pass_by(minutes=15)
        failed = await scheduled(database)
        assert {status for _, status in failed} == {RunStatus.FAILED}
        assert len(failed) > 40
        assert differences(before[0], await stored(database)) == []
        assert await scopes(database) == before[1]

        flow.options.faults.clear()
        for _ in range(8):
            flow.clock.pass_by(minutes=15)
            await run_if_due(worker, "acme", NIGHTLY)

        assert [status for _, status in (await scheduled(database))[len(failed) :]] == ["complete"]
        after = await stored(database)
        assert item(after, changed)["title"] == "Changed while the tool was away"
        assert deleted not in live(after)
        async with flowing(flow.site, fresh) as other:
            await other.sync_whole(full=True)
        assert live(after) == live(await stored(fresh))
