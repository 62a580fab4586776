"""The worker's jobs, run as the scheduler runs them: what goes wrong is logged, and the next time comes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from connectors.sandbox.asana import faults
from service.bootstrap import Application
from service.settings import Settings, load_settings
from service.store.details import DetailsCoverage
from service.store.engine import Database
from service.sync import details
from service.sync import run as running
from service.worker import read_waiting_details
from tests.flows.asana import AsanaFlow, flowing
from tests.flows.test_asana_details import a_busy_site, coverage

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
