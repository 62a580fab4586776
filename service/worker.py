"""The schedule: every source is synced when its cron line says so, in the time zone of the file.

Schedules live in memory and the cursors in the database, so a restart forgets nothing: a run that was missed
is simply a longer incremental run next time. Between the runs every source goes on with what costs a request item by
item and is not read yet.
"""

from __future__ import annotations

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from service.bootstrap import Application
from service.readiness import DETAILS_JOB
from service.store.errors import DatabaseUnusable
from service.sync.details import drain_details
from service.sync.errors import SourceBusy
from service.sync.outcome import Mode
from service.sync.run import sync_source

JITTER_SECONDS = 60  # so that many installations do not ask one vendor in the same second
DETAILS_EVERY = 5  # minutes

log = structlog.get_logger()


def start_worker(app: Application) -> AsyncIOScheduler:
    """Schedule every source in the running event loop; `shutdown(wait=False)` on the result stops it."""
    zone = app.settings.calendar.zone
    scheduler = AsyncIOScheduler(timezone=zone)
    for config in app.settings.sources:
        scheduler.add_job(
            run_scheduled,
            CronTrigger.from_crontab(config.schedule, timezone=zone),
            args=[app, config.name],
            id=config.name,
            jitter=JITTER_SECONDS,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )
        scheduler.add_job(
            read_waiting_details,
            IntervalTrigger(minutes=DETAILS_EVERY),
            args=[app, config.name],
            id=f"{config.name}{DETAILS_JOB}",
            jitter=JITTER_SECONDS,
            coalesce=True,
            max_instances=1,
        )
    scheduler.start()
    app.schedule = scheduler
    return scheduler


async def run_scheduled(app: Application, name: str) -> None:
    """One scheduled run, which proves what exists.

    A busy source or a database that is away is logged; the next run makes up for it.
    """
    try:
        await sync_source(app.sources[name], app.database, clock=app.clock, trigger="schedule", mode=Mode.CENSUS)
    except (SourceBusy, DatabaseUnusable) as error:
        log.warning("scheduled_sync_skipped", source=name, code=error.code, message=error.message)
    except Exception:
        log.exception("scheduled_sync_broke", source=name)


async def read_waiting_details(app: Application, name: str) -> None:
    """A part of the backlog. What goes wrong is logged; the rest waits for the next time."""
    try:
        await drain_details(app.sources[name], app.database, clock=app.clock)
    except DatabaseUnusable as error:
        log.warning("details_skipped", source=name, code=error.code, message=error.message)
    except Exception:
        log.exception("details_broke", source=name)
