"""The schedule: every source is synced when its cron line says so, in the time zone of the file.

Whether a run is due is decided from the journal in the database, so a restart forgets none and a second worker doubles
none: what was missed, or failed, is made up for. Between the runs every source goes on with what costs a request item
by item and is not read yet, and applies what the tools deliver.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from connectors.errors import SourceError
from service.bootstrap import Application
from service.domain.errors import UnknownProgram
from service.programs.dependency_terms import Viewpoint
from service.programs.network_backtest import get_backtest
from service.programs.track_records import keep_track_record, programs_without_record
from service.readiness import DETAILS_JOB, FEED_JOB, MISSED_JOB, RECORDS_JOB, WATCH_JOB, WEBHOOKS_JOB
from service.schedules import CronLine
from service.store.errors import DatabaseUnusable
from service.store.run_reads import RunReads
from service.store.sources import Sources
from service.sync.alongside import apply_as_they_come
from service.sync.contact import contact_if_due
from service.sync.details import drain_details
from service.sync.errors import SourceBusy
from service.sync.inbox import Applier
from service.sync.outcome import Mode, RunStatus
from service.sync.run import sync_source
from service.sync.webhook_look import look_if_due

JITTER_SECONDS = 60  # so that many installations do not ask one vendor in the same second
MADE_UP_FOR_EVERY = 10  # minutes between two looks for runs that were missed or failed
TRIED_AGAIN_AFTER = timedelta(minutes=30)
SCHEDULE = "schedule"  # the trigger of such runs
FEED = "feed"  # the trigger of those between them that keep up with a feed
FEED_EVERY = 60  # minutes between two times to think of it
FEEDS_A_LIFE = 4  # runs in the time for which a feed remembers: it breaks only when several in a row fail
DETAILS_EVERY = 5  # minutes
WEBHOOKS_EVERY = 60  # minutes between two times to think of it; the tool is asked once a day
RECORDS_EVERY = 60  # minutes between two times to think of it; each program has its turn once a week
RECORDS_FOR = timedelta(minutes=10)  # of each hour: what they cost is taken from whoever asks meanwhile
WATCHED_EVERY = 1  # minutes; so old is what operators are told about requests

log = structlog.get_logger()


def start_worker(app: Application) -> AsyncIOScheduler:
    """Schedule every source in the running event loop; `stop_worker` ends it."""
    zone = app.settings.calendar.zone
    scheduler = AsyncIOScheduler(timezone=zone)
    calm = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    for config in app.settings.sources:
        cron = CronLine.from_crontab(config.schedule, timezone=zone)
        on_time = CronLine.from_crontab(config.schedule, timezone=zone)
        on_time.jitter = JITTER_SECONDS
        scheduler.add_job(run_if_due, on_time, args=[app, config.name, cron], id=config.name, **calm)
        scheduler.add_job(
            run_if_due,
            IntervalTrigger(minutes=MADE_UP_FOR_EVERY, jitter=JITTER_SECONDS),
            args=[app, config.name, cron],
            id=f"{config.name}{MISSED_JOB}",
            next_run_time=app.clock.now(),
            **calm,
        )
        scheduler.add_job(
            read_waiting_details,
            IntervalTrigger(minutes=DETAILS_EVERY, jitter=JITTER_SECONDS),
            args=[app, config.name],
            id=f"{config.name}{DETAILS_JOB}",
            **calm,
        )
        scheduler.add_job(
            keep_up_with_feed,
            IntervalTrigger(minutes=FEED_EVERY, jitter=JITTER_SECONDS),
            args=[app, config.name],
            id=f"{config.name}{FEED_JOB}",
            **calm,
        )
        scheduler.add_job(
            watch_source,
            IntervalTrigger(minutes=WATCHED_EVERY),
            args=[app, config.name],
            id=f"{config.name}{WATCH_JOB}",
            **calm,
        )
        scheduler.add_job(
            look_at_webhooks,
            IntervalTrigger(minutes=WEBHOOKS_EVERY, jitter=JITTER_SECONDS),
            args=[app, config.name],
            id=f"{config.name}{WEBHOOKS_JOB}",
            next_run_time=app.clock.now(),
            **calm,
        )
    scheduler.add_job(
        keep_track_records,
        IntervalTrigger(minutes=RECORDS_EVERY, jitter=JITTER_SECONDS),
        args=[app],
        id=RECORDS_JOB,
        **calm,
    )
    scheduler.start()
    app.schedule = scheduler
    return scheduler


async def stop_worker(app: Application, scheduler: AsyncIOScheduler) -> None:
    """No new jobs, then the end of those that run, and only then of the scheduler, which would not wait for them."""
    scheduler.pause()
    await app.end_runs()
    scheduler.shutdown(wait=False)
    for name, source in app.sources.items():
        try:
            await app.usage_log.write(source)
        except DatabaseUnusable as error:
            log.warning("usage_not_written", source=name, code=error.code, message=error.message)


async def run_if_due(app: Application, name: str, cron: CronTrigger) -> None:
    """One scheduled run, which proves what exists, unless another worker was there before.

    A busy source or a database that is away is logged; the next look makes up for it.
    """
    try:
        with app.at_work():
            if await due(app, name, cron):
                await sync_source(
                    app.sources[name],
                    app.database,
                    clock=app.clock,
                    trigger=SCHEDULE,
                    mode=Mode.CENSUS,
                    bell=app.bell,
                )
    except (SourceBusy, DatabaseUnusable) as error:
        log.warning("scheduled_sync_skipped", source=name, code=error.code, message=error.message)
    except Exception:
        log.exception("scheduled_sync_broke", source=name)


async def due(app: Application, name: str, cron: CronTrigger) -> bool:
    """Whether the cron line named a moment since the last scheduled run, or that run is worth trying again.

    A source that was synced by hand waits for its next moment; one that never was is due at once.
    """
    async with app.database.reading() as uow:
        last = await RunReads(uow.connection).last_of(name, trigger=SCHEDULE)
        proven = (await Sources(uow.connection).proofs()).get(name)
    now = app.clock.now()
    if last is not None and last.status in {RunStatus.FAILED, RunStatus.ABANDONED}:
        return bool(now - last.started_at >= TRIED_AGAIN_AFTER)
    since = last.started_at if last is not None else proven
    if since is None:
        return True
    following = cron.get_next_fire_time(None, since + timedelta(microseconds=1))
    return following is not None and following <= now


async def keep_up_with_feed(app: Application, name: str) -> None:
    """Read what changed before the tool's feed forgets it: a feed as old as a day costs the next night everything."""
    try:
        with app.at_work():
            if await feed_is_due(app, name):
                await sync_source(app.sources[name], app.database, clock=app.clock, trigger=FEED, bell=app.bell)
    except (SourceBusy, DatabaseUnusable) as error:
        log.warning("feed_skipped", source=name, code=error.code, message=error.message)
    except Exception:
        log.exception("feed_broke", source=name)


async def feed_is_due(app: Application, name: str) -> bool:
    """Whether no run began for a quarter of the time that the feed remembers. The first run is the schedule's."""
    lasts = app.sources[name].feed_lasts
    if lasts is None:
        return False
    async with app.database.reading() as uow:
        last = (await RunReads(uow.connection).last_started()).get(name)
    return last is not None and app.clock.now() - last >= lasts / FEEDS_A_LIFE


async def read_waiting_details(app: Application, name: str) -> None:
    """A part of the backlog. What goes wrong is logged; the rest waits for the next time."""
    try:
        with app.at_work():
            await drain_details(app.sources[name], app.database, clock=app.clock, bell=app.bell)
    except DatabaseUnusable as error:
        log.warning("details_skipped", source=name, code=error.code, message=error.message)
    except Exception:
        log.exception("details_broke", source=name)


async def watch_source(app: Application, name: str) -> None:
    """What operators are told: what was asked of the tool, and whether it still lets us in."""
    try:
        with app.at_work():
            await app.usage_log.write(app.sources[name])
            await contact_if_due(app.sources[name], app.database, clock=app.clock)
    except DatabaseUnusable as error:
        log.warning("source_not_watched", source=name, code=error.code, message=error.message)
    except Exception:
        log.exception("source_watch_broke", source=name)


async def keep_track_records(app: Application) -> None:
    """How forecasts by dependencies have held, of the programs of which that was not computed this week."""
    view = app.view()
    try:
        with app.at_work():
            for key in await programs_without_record(app.database, today=view.today):
                await _keep_track_record(app, key, view)
                if app.clock.now() - view.now >= RECORDS_FOR:
                    break
    except DatabaseUnusable as error:
        log.warning("track_records_postponed", code=error.code, message=error.message)


async def _keep_track_record(app: Application, key: str, view: Viewpoint) -> None:
    """One program that breaks must not keep the others from theirs."""
    try:
        told = await get_backtest(app.database, key, view=view, historians=app.historians)
        await keep_track_record(app.database, told.data, today=view.today)
    except UnknownProgram:  # removed since
        return
    except DatabaseUnusable:
        raise
    except Exception:
        log.exception("track_record_broke", program=key)


async def look_at_webhooks(app: Application, name: str) -> None:
    """Once a day, how those that we registered are doing, and those that expire put off."""
    try:
        with app.at_work():
            await look_if_due(app.sources[name], app.database, clock=app.clock)
    except (SourceError, DatabaseUnusable) as error:
        log.warning("webhooks_not_looked_at", source=name, code=error.code, message=error.message)
    except Exception:
        log.exception("webhook_look_broke", source=name)


@asynccontextmanager
async def applying_deliveries(app: Application) -> AsyncIterator[None]:
    """While the block lasts, what the tools deliver becomes state, each source by itself."""
    tasks = [
        asyncio.create_task(apply_as_they_come(name, Applier(source, app.database, app.clock).apply, app.bell))
        for name, source in app.sources.items()
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
