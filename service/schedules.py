"""What a cron line means, and when a source is due next by it alone: no scheduler needs to run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

_A_MOMENT_LATER = timedelta(microseconds=1)


class CronLine(CronTrigger):  # type: ignore[misc]  # APScheduler has no types
    """APScheduler's trigger, but for the night on which summer time ends and an hour comes twice.

    A line that names its hours names each of them once a day, as cron itself has it; one that says every hour, or every
    second hour, goes by the time that passes. The hour that does not exist in spring is made up for by APScheduler.
    """

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        found: datetime | None = super().get_next_fire_time(previous_fire_time, now)
        while found is not None and self._comes_again(found):
            later = found.astimezone(UTC) + _A_MOMENT_LATER  # a moment later by local time would be an hour earlier
            found = super().get_next_fire_time(None, later)
        return found

    def _comes_again(self, moment: datetime) -> bool:
        hours = next(str(field) for field in self.fields if field.name == "hour")
        return not hours.startswith("*") and moment.astimezone(UTC).astimezone(self.timezone).fold == 1


def next_run(line: str, zone: ZoneInfo, *, after: datetime) -> datetime | None:
    """The first moment after `after` that the line names in `zone`; None when there is none any more."""
    following = CronLine.from_crontab(line, timezone=zone).get_next_fire_time(None, after + _A_MOMENT_LATER)
    return None if following is None else following.astimezone(UTC)
