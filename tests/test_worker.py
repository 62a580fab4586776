"""The worker's jobs, run as the scheduler runs them: what goes wrong is logged, and the next time comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest
from apscheduler.triggers.cron import CronTrigger
from sqlalchemy import select
from structlog.testing import capture_logs

from connectors.sandbox.asana import faults
from service.bootstrap import Application
from service.programs.answers import Answer
from service.programs.backtest_answers import BacktestData
from service.programs.network_backtest import get_backtest
from service.programs.track_records import programs_without_record
from service.settings import Settings, load_settings
from service.store.details import DetailsCoverage
from service.store.engine import Database
from service.store.run_reads import RunReads
from service.store.sources import Sources
from service.store.subscriptions import Subscriptions
from service.store.tables.operations import source_usage
from service.store.tables.sources import sync_runs
from service.sync import details
from service.sync import run as running
from service.sync.outcome import RunStatus
from service.worker import (
    due,
    keep_track_records,
    keep_up_with_feed,
    look_at_webhooks,
    read_waiting_details,
    run_if_due,
    start_worker,
    stop_worker,
)
from tests.flows.asana import AsanaFlow, flowing
from tests.flows.test_asana_details import a_busy_site, coverage
from tests.programs.portfolio import add_program

NIGHTLY = CronTrigger.from_crontab("0 2 * * *", timezone=UTC)
CONFIG = "sources: [{name: acme, kind: jira-dc, url: https://jira.example, auth: {token: none}}]"


@dataclass
class Working:
    """A source whose first run has left all its details, and the process that works on it."""

    flow: AsanaFlow
    app: Application


@pytest.fixture
async def working(sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Working]:
    monkeypatch.setattr(running, "DETAILS_A_RUN", 0)
    monkeypatch.setattr(details, "GIVE_WAY", 0.0)
    file = tmp_path / "interlock.yaml"
    file.write_text(CONFIG)
    settings: Settings = load_settings(file, environment={})
    site, _ = a_busy_site()
    async with flowing(site, sqlite_database) as flow:
        await flow.sync_whole()
        yield Working(flow, Application(settings, sqlite_database, flow.clock, {"acme": flow.source}))


async def test_waiting_details_are_read_every_few_minutes_until_none_are_left(working: Working) -> None:
    assert await coverage(working.app.database) == DetailsCoverage(10, 0)

    await read_waiting_details(working.app, "acme")

    assert await coverage(working.app.database) == DetailsCoverage(10, 10)


async def test_a_token_that_is_refused_leaves_them_waiting_and_the_job_alive(working: Working) -> None:
    working.flow.options.faults.append(faults.unauthorized("/stories"))
    with capture_logs() as logs:
        await read_waiting_details(working.app, "acme")

    assert [each["event"] for each in logs] == ["details_postponed"]
    assert await coverage(working.app.database) == DetailsCoverage(10, 0)


async def test_whatever_breaks_is_logged_and_breaks_no_other_job(
    working: Working, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> int:
        raise RuntimeError("a bug")

    monkeypatch.setattr("service.worker.drain_details", broken)
    with capture_logs() as logs:
        await read_waiting_details(working.app, "acme")

    assert [(each["event"], each["log_level"]) for each in logs] == [("details_broke", "error")]


async def test_how_forecasts_have_held_is_computed_of_each_program_once_a_week(working: Working) -> None:
    app = working.app
    for position, key in enumerate(("ONE", "TWO")):
        await add_program(app.database, key, position=position, include={"source": ["acme"]})
    today = app.clock.now().date()
    before = await programs_without_record(app.database, today=today)

    await keep_track_records(app)

    assert before == ["ONE", "TWO"]
    assert await programs_without_record(app.database, today=today) == []


async def test_track_records_take_ten_minutes_of_an_hour_and_one_that_breaks_does_not_cost_the_others_theirs(
    working: Working, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, clock = working.app, working.flow.clock
    for position, key in enumerate(("BROKEN", "LONG", "LATER")):
        await add_program(app.database, key, position=position, include={"source": ["acme"]})
    today = app.clock.now().date()

    async def computed(database: Database, key: str, **asked: Any) -> Answer[BacktestData]:
        if key == "BROKEN":
            raise RuntimeError("a bug")
        clock.pass_by(minutes=10)
        return await get_backtest(database, key, **asked)

    monkeypatch.setattr("service.worker.get_backtest", computed)
    with capture_logs() as logs:
        await keep_track_records(app)

    assert [(each["event"], each["program"]) for each in logs] == [("track_record_broke", "BROKEN")]
    assert await programs_without_record(app.database, today=today) == ["BROKEN", "LATER"]


async def test_webhooks_are_looked_at_and_a_tool_that_does_not_answer_breaks_nothing(working: Working) -> None:
    database, now = working.app.database, working.flow.clock.now()
    async with database.transaction() as uow:
        await Subscriptions(uow.connection).add("acme", "1", scope_id=None, now=now, expires_at=None)
    working.flow.options.faults.append(faults.unauthorized("/webhooks", times=1))
    with capture_logs() as logs:
        await look_at_webhooks(working.app, "acme")
        await look_at_webhooks(working.app, "acme")

    assert [(each["event"], each.get("state")) for each in logs] == [
        ("webhooks_not_looked_at", None),
        ("webhook_not_delivering", "missing"),
    ]
    async with database.reading() as uow:
        (health,) = await Subscriptions(uow.connection).health()
    assert (health.state, health.looked_at) == ("missing", now)


async def test_a_feed_is_read_before_it_forgets_so_that_a_night_need_not_read_everything(working: Working) -> None:
    flow = working.flow
    for _ in range(6):
        flow.clock.pass_by(hours=5)
        await keep_up_with_feed(working.app, "acme")  # too early
        flow.clock.pass_by(hours=1)
        await keep_up_with_feed(working.app, "acme")
    async with working.app.database.reading() as uow:
        runs = await RunReads(uow.connection).page(source="acme", before=None, limit=50)
    assert [(run.trigger, run.mode, run.status) for run in runs[:-1]] == [("feed", "incremental", "complete")] * 6

    flow.clock.pass_by(hours=16)
    flow.options.requests.clear()
    await run_if_due(working.app, "acme", NIGHTLY)
    assert await scheduled_runs(working) == [("complete", "census")]
    assert flow.asked()["/events"] == len(flow.site.projects)
    assert not any("subtasks" in path for path in flow.asked())


async def test_a_source_without_a_feed_and_one_that_was_never_read_are_left_to_their_cron_lines(
    working: Working,
) -> None:
    working.flow.clock.pass_by(days=2)
    working.flow.source.feed_lasts = None
    await keep_up_with_feed(working.app, "acme")
    async with working.app.database.transaction() as uow:
        await uow.connection.execute(sync_runs.delete())
    working.flow.source.feed_lasts = timedelta(days=1)
    await keep_up_with_feed(working.app, "acme")
    async with working.app.database.reading() as uow:
        assert not await RunReads(uow.connection).page(source="acme", before=None, limit=50)


async def test_what_was_asked_in_the_last_minute_is_written_when_the_worker_stops(working: Working) -> None:
    await stop_worker(working.app, start_worker(working.app))

    async with working.app.database.reading() as uow:
        (total,) = (await uow.connection.execute(select(source_usage.c.requests))).scalars()
    assert total == working.flow.source.usage.requests > 10


async def scheduled_runs(working: Working) -> list[tuple[str, str]]:
    """(status, mode) of each, oldest first."""
    async with working.app.database.reading() as uow:
        runs = await RunReads(uow.connection).page(source="acme", before=None, limit=50)
    return [(run.status, run.mode) for run in reversed(runs) if run.trigger == "schedule"]


async def test_a_source_that_was_synced_by_hand_waits_for_the_next_moment_of_its_cron_line(working: Working) -> None:
    assert not await due(working.app, "acme", NIGHTLY)

    working.flow.clock.pass_by(minutes=24 * 60)

    assert await due(working.app, "acme", NIGHTLY)


async def test_a_source_that_was_never_synced_is_due_at_once(working: Working) -> None:
    async with working.app.database.transaction() as uow:
        await Sources(uow.connection).describe("acme", last_complete_sync=None)

    assert await due(working.app, "acme", NIGHTLY)


async def test_a_run_that_a_restart_missed_is_made_up_for_and_a_second_worker_doubles_none(working: Working) -> None:
    working.flow.clock.pass_by(minutes=3 * 24 * 60)

    await run_if_due(working.app, "acme", NIGHTLY)
    await run_if_due(working.app, "acme", NIGHTLY)

    assert await scheduled_runs(working) == [("complete", "census")]


async def test_two_workers_at_the_same_moment_make_one_run(working: Working, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have found it due before either has begun."""
    working.flow.clock.pass_by(minutes=24 * 60)
    both = asyncio.Barrier(2)

    async def due_for_both(*asked: Any) -> bool:
        found = await due(*asked)
        await both.wait()
        return found

    monkeypatch.setattr("service.worker.due", due_for_both)
    with capture_logs() as logs:
        await asyncio.gather(*(run_if_due(working.app, "acme", NIGHTLY) for _ in range(2)))

    assert await scheduled_runs(working) == [("complete", "census")]
    assert "scheduled_sync_skipped" in {each["event"] for each in logs}


async def test_a_run_that_failed_is_tried_again_after_half_an_hour(working: Working) -> None:
    working.flow.clock.pass_by(minutes=24 * 60)
    working.flow.options.faults.append(faults.unauthorized("/users/me"))
    await run_if_due(working.app, "acme", NIGHTLY)
    working.flow.options.faults.clear()

    working.flow.clock.pass_by(minutes=29)
    await run_if_due(working.app, "acme", NIGHTLY)
    waiting = await scheduled_runs(working)
    working.flow.clock.pass_by(minutes=1)
    await run_if_due(working.app, "acme", NIGHTLY)

    assert waiting == [(RunStatus.FAILED, "census")]
    assert await scheduled_runs(working) == [*waiting, (RunStatus.COMPLETE, "census")]
