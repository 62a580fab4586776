"""What /readyz looks at: the database, its schema, the schedule, how old each source's last proof is, and deeper.

It asks no tool, so that a slow tool never takes the service down: the worker does, every quarter of an hour.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Protocol

from service import wording
from service.api.concerns import PROOF_LASTS
from service.api.services import Check
from service.inspection import inspect
from service.store import migrate
from service.store.engine import Database
from service.store.errors import DatabaseUnusable, place_of
from service.store.sources import Sources

# what the ids of jobs end with, after the name of the source, that are no sync by its cron line
DETAILS_JOB = ":details"
FEED_JOB = ":feed"
MISSED_JOB = ":missed"
WATCH_JOB = ":watch"
RECORDS_JOB = ":records"  # of no source
WEBHOOKS_JOB = ":webhooks"


class Schedule(Protocol):
    """What is asked of the scheduler of this process."""

    @property
    def running(self) -> bool: ...

    def get_jobs(self) -> list[Any]: ...


async def readiness(
    database: Database, *, sources: Iterable[str], schedule: Schedule | None, now: datetime
) -> list[Check]:
    """One line each. `schedule` is None where another process runs it, and is not looked at then."""
    names = tuple(sources)
    try:
        schema = await _schema(database)
        proofs = await _proofs(database) if schema.ok else None
        deeper = await _inspect(database, names, now=now) if schema.ok else []
    except DatabaseUnusable as error:
        return [Check("database", False, error.message), *_schedule(schedule)]
    checks = [Check("database", True, place_of(database.url)), schema, *_schedule(schedule)]
    if proofs is not None:
        checks += [_last_sync(name, proofs.get(name), now) for name in names]
    return [*checks, *deeper]


async def _schema(database: Database) -> Check:
    state = await migrate.current_state(database)
    remedy = {"behind": "; run `interlock db upgrade`", "empty": "; run `interlock db upgrade`"}.get(state, "")
    return Check("migrations", state == "current", f"the schema is {state}{remedy}")


async def _inspect(database: Database, sources: Iterable[str], *, now: datetime) -> list[Check]:
    async with database.reading() as uow:
        return await inspect(uow.connection, sources=sources, now=now)


async def _proofs(database: Database) -> dict[str, datetime | None]:
    async with database.reading() as uow:
        return await Sources(uow.connection).proofs()


def _schedule(schedule: Schedule | None) -> list[Check]:
    if schedule is None:
        return []
    if not schedule.running:
        return [Check("scheduler", False, "the schedule has stopped; restart this process")]
    moments = [job.next_run_time for job in sync_jobs(schedule) if job.next_run_time is not None]
    return [
        Check("scheduler", True, f"next sync {wording.moment(min(moments))}" if moments else "nothing is scheduled")
    ]


def sync_jobs(schedule: Schedule) -> list[Any]:
    """Those that sync by the cron line of a source."""
    return [job for job in schedule.get_jobs() if ":" not in job.id]  # no name of a source has one


def _last_sync(source: str, proof: datetime | None, now: datetime) -> Check:
    name = f"last sync {source}"
    if proof is None:
        return Check(name, False, f"never complete; run `interlock sync {source}`")
    when = f"{wording.moment(proof)}, {wording.age((now - proof).total_seconds())}"
    if now - proof > PROOF_LASTS:
        return Check(name, False, f"{when}; run `interlock sync {source}` and read what it says")
    return Check(name, True, when)
