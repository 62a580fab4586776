"""When a source is due next, from its cron line alone: no scheduler needs to run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger


def next_run(line: str, zone: ZoneInfo, *, after: datetime) -> datetime | None:
    """The first moment after `after` that the line names in `zone`; None when there is none any more."""
    cron = CronTrigger.from_crontab(line, timezone=zone)
    following: datetime | None = cron.get_next_fire_time(None, after + timedelta(microseconds=1))
    return None if following is None else following.astimezone(UTC)
