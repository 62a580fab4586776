"""What a process that serves computes before somebody asks, turn by turn."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from rich.console import Console
from structlog.testing import capture_logs

from service import ready_answers as readying
from service.bootstrap import Application, application
from service.clock import FixedClock
from service.commands.serve import serve
from service.programs.cache import cache_of
from service.programs.portfolio import Terms, get_portfolio
from service.ready_answers import ready_answers, readying_answers
from service.settings import load_settings
from service.store.errors import DatabaseUnusable
from tests.programs.histories import a_past
from tests.programs.portfolio import KEY, NOW

CONFIG = "sources: [{name: acme-jira, kind: jira-dc, url: https://acme.invalid, auth: {token: none}}]"


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[Application]:
    file = tmp_path / "interlock.yaml"
    file.write_text(CONFIG)
    settings = load_settings(file, environment={"INTERLOCK_DATABASE_URL": f"sqlite:///{tmp_path / 'some.db'}"})
    async with application(settings, clock=FixedClock(NOW)) as found:
        await a_past(found.database)
        yield found


async def ready_rows(app: Application) -> list[str]:
    """The programs whose rows are there without being made: by the terms of the pages and the API."""
    terms = Terms(health=app.settings.health_terms, missing=app.settings.missing_weight)
    found = await get_portfolio(app.database, view=app.view(), terms=terms, patience=0.0)
    return [each.key for each in found.data.programs]


async def test_the_portfolio_and_the_histories_are_there_before_somebody_asks(app: Application) -> None:
    before = await ready_rows(app)
    await ready_answers(app)

    assert (before, await ready_rows(app)) == ([], [KEY])
    assert cache_of(app.database).histories.keys() == (KEY,)


async def test_what_breaks_is_logged_and_keeps_nothing_else_from_its_turn(
    app: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(readying, "ready_histories", broken)
    with capture_logs() as logs:
        await ready_answers(app)

    assert [(each["event"], each["answers"], each["log_level"]) for each in logs] == [
        ("answers_broke", "histories", "error")
    ]
    assert await ready_rows(app) == [KEY]


async def test_a_database_that_is_away_is_no_bug(app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object, **__: object) -> None:
        raise DatabaseUnusable("The database cannot be reached.")

    monkeypatch.setattr(readying, "get_portfolio", away)
    with capture_logs() as logs:
        await ready_answers(app)

    assert [(each["event"], each["answers"], each["log_level"]) for each in logs] == [
        ("answers_not_ready", "portfolio", "warning")
    ]


async def test_turns_follow_each_other_until_the_end_and_each_fifth_has_the_portfolio(
    app: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[bool] = []
    enough = asyncio.Event()

    async def ready(_: Application, *, portfolio: bool) -> None:
        taken.append(portfolio)
        if len(taken) == 7:
            enough.set()
            await asyncio.sleep(60)

    monkeypatch.setattr(readying, "ready_answers", ready)
    monkeypatch.setattr(readying, "EVERY", 0.0)
    async with readying_answers(app):
        await enough.wait()

    assert taken == [True, False, False, False, False, True, False]


@pytest.mark.parametrize("with_worker", [True, False])
async def test_whoever_serves_readies_answers_with_a_worker_or_without(
    app: Application, monkeypatch: pytest.MonkeyPatch, with_worker: bool
) -> None:
    readied = asyncio.Event()

    async def ready(mine: Application, *, portfolio: bool) -> None:
        assert mine is app
        assert portfolio
        readied.set()

    monkeypatch.setattr(readying, "ready_answers", ready)
    console = Console(quiet=True)
    serving = asyncio.create_task(serve(app, host="127.0.0.1", port=0, with_worker=with_worker, console=console))
    async with asyncio.timeout(30):
        await readied.wait()
        os.kill(os.getpid(), signal.SIGTERM)
        await serving
