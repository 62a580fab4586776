"""The example portfolio over time, on both databases: as of now equals now, each day of its trend is its roll-up."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, timedelta
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

from rich.console import Console

from service.bootstrap import Application, application
from service.commands.baselines import show_one as show_baseline
from service.commands.demo import stand_ins, write_files
from service.commands.dependencies import show_dependencies, viewpoint
from service.commands.forecast import show_forecast
from service.commands.health import show_attention
from service.commands.programs import apply_programs, show_rollup
from service.commands.sync import sync
from service.programs.baselines import list_baselines, take_baseline
from service.programs.data_quality import get_data_quality
from service.programs.dependency_terms import Viewpoint
from service.programs.health import get_health
from service.programs.past import end_of
from service.programs.portfolio import get_portfolio
from service.programs.read import get_program, get_rollup, list_programs
from service.programs.trend import get_scope, get_trend
from service.settings import load_settings
from service.store.engine import Database

PROGRAMS = ("CHECKOUT", "LOYALTY", "PLATFORM")
ROWS = ("project", "workstream", "epic", "source", "item_type", "team")
COMMANDS: Sequence[Callable[..., Awaitable[None]]] = (
    partial(show_rollup, by="project"),
    partial(show_dependencies, status=()),
    show_attention,
    partial(show_baseline, which="Approved"),
    partial(show_forecast, by=None, weeks=12),
)


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
            since = today - timedelta(days=40)

            for key in PROGRAMS:
                for by in ROWS:
                    plain = await get_rollup(database, key, by=by, now=now, today=today)
                    same = await get_rollup(
                        database, key, by=by, now=now, today=today, as_of=now, historians=historians
                    )
                    assert same.data == plain.data
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

                view = viewpoint(app)
                taken_on = (today - timedelta(days=50)).isoformat()
                await take_baseline(
                    database, key, name="Approved", as_of=taken_on, view=view, actor="pat", historians=historians
                )
                await _of_answers(database, key, view, view.at(view.now, historians))

            for show in COMMANDS:
                plain_words = await _told(show, app, PROGRAMS[0], None)
                assert await _told(show, app, PROGRAMS[0], today.isoformat()) == plain_words
                assert await _told(show, app, PROGRAMS[0], since.isoformat()) != plain_words
            await _of_the_portfolio(app, since)


async def _of_the_portfolio(app: Application, since: date) -> None:
    """As of now it is that of now; as of an earlier day its rows say what the answers about each program say."""
    database, historians, present = app.database, app.historians, viewpoint(app)
    page = (await get_portfolio(database, view=present)).data
    assert (await get_portfolio(database, view=present.at(present.now, historians))).data == page
    listed = (await list_programs(database, now=present.now)).data
    assert (await list_programs(database, now=present.now, as_of=present.now)).data == listed

    past = present.at(end_of(since, present.terms.zone), historians)
    rows = (await get_portfolio(database, view=past)).data.programs
    assert [each.key for each in rows] == [*PROGRAMS]
    for row in rows:
        health = (await get_health(database, row.key, view=past)).data
        then = (await get_program(database, row.key, now=past.now, as_of=past.as_of, historians=historians)).data
        assert (row.health.computed, row.items) == (health.computed, then.program.items)


async def _of_answers(database: Database, key: str, present: Viewpoint, same: Viewpoint) -> None:
    health, quality = await get_health(database, key, view=present), await get_data_quality(database, key, view=present)
    assert (await get_health(database, key, view=same)).data == health.data
    assert (await get_data_quality(database, key, view=same)).data == quality.data
    baselines = await list_baselines(database, key, view=present)
    assert (await list_baselines(database, key, view=same)).data == baselines.data
    program = await get_program(database, key, now=present.now)
    as_of_now = await get_program(database, key, now=present.now, as_of=same.as_of, historians=same.historians)
    assert as_of_now.data == program.data


async def _told(show: Callable[..., Awaitable[None]], app: Application, key: str, as_of: str | None) -> Any:
    """What the command answers with --json and --as-of."""
    console = Console(file=StringIO(), width=1_000_000)
    await show(app, key, as_of=as_of, as_json=True, console=console)
    return json.loads(console.file.getvalue())["data"]  # type: ignore[attr-defined]
