"""The example portfolio over time, on both databases: as of now equals now, each day of its trend is its roll-up."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

from rich.console import Console

from service.bootstrap import Application, application
from service.commands.demo import stand_ins, write_files
from service.commands.dependencies import show_dependencies
from service.commands.programs import apply_programs, show_rollup
from service.commands.sync import sync
from service.programs.past import end_of
from service.programs.read import get_rollup
from service.programs.trend import get_scope, get_trend
from service.settings import load_settings

PROGRAMS = ("CHECKOUT", "LOYALTY", "PLATFORM")
ROWS = ("project", "workstream", "epic", "source", "item_type", "team")


async def test_the_example_as_of_now_equals_now_and_its_trend_is_its_roll_ups(
    database_url: str, tmp_path: Path
) -> None:
    with stand_ins(issues=400, tasks=160, today=date(2026, 11, 20)) as tools:
        config = write_files(tmp_path / "demo", tools, today=date(2026, 11, 20))
        settings = load_settings(config, environment={"INTERLOCK_DATABASE_URL": database_url})
        async with application(settings) as app:
            assert await sync(app, (), console=Console(quiet=True), quiet=True) == 0
            await apply_programs(app, None, console=Console(quiet=True))
            now, database, historians = app.clock.now(), app.database, app.historians
            zone = settings.calendar.zone
            today = now.astimezone(zone).date()

            for key in PROGRAMS:
                for by in ROWS:
                    plain = await get_rollup(database, key, by=by, now=now, today=today)
                    same = await get_rollup(
                        database, key, by=by, now=now, today=today, as_of=now, historians=historians
                    )
                    assert same.data == plain.data
                since = today - timedelta(days=40)
                trend = await get_trend(database, key, since=since, zone=zone, now=now, historians=historians)
                assert len(trend.data.trend) == 41
                for point in trend.data.trend[::13]:
                    moment = min(end_of(point.date, zone), now)
                    day = await get_rollup(database, key, now=now, today=today, as_of=moment, historians=historians)
                    progress = day.data.progress
                    assert (point.items, point.countable) == (day.data.scope.items, day.data.scope.countable)
                    for name in ("to_do", "in_progress", "done", "total", "value"):
                        assert getattr(point.count, name) == getattr(progress.count, name)
                        assert getattr(point.points, name) == getattr(progress.points, name)
                        assert getattr(point.time, name) == getattr(progress.time, name)
                scope = (await get_scope(database, key, since=since, zone=zone, now=now, historians=historians)).data
                assert scope.totals.after.items == trend.data.trend[-1].countable
                assert scope.totals.before.items + scope.totals.added.items - scope.totals.removed.items == (
                    scope.totals.after.items
                )
                assert trend.data.trend[0].count != trend.data.trend[-1].count  # something happened

                for show in (partial(show_rollup, by="project"), partial(show_dependencies, status=())):
                    assert await _told(show, app, key, today.isoformat()) == await _told(show, app, key, None)
                    assert await _told(show, app, key, since.isoformat()) != await _told(show, app, key, None)


async def _told(show: Callable[..., Awaitable[None]], app: Application, key: str, as_of: str | None) -> Any:
    """What the command answers with --json and --as-of."""
    console = Console(file=StringIO(), width=1_000_000)
    await show(app, key, as_of=as_of, as_json=True, console=console)
    return json.loads(console.file.getvalue())["data"]  # type: ignore[attr-defined]
