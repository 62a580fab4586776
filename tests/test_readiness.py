"""/readyz names what was looked at, and what to do about what is missing."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from service.api.services import Check
from service.readiness import readiness
from service.store.engine import Database
from service.store.errors import place_of
from tests.programs.portfolio import NOW, SYNCED, add_source

TONIGHT = datetime.fromisoformat("2026-11-21T02:00:00+00:00")


class Job:
    """Of a scheduler; the one that goes on with details runs at any moment."""

    def __init__(self, id: str, next_run_time: datetime) -> None:
        self.id, self.next_run_time = id, next_run_time


class Plan:
    """A scheduler as far as it is looked at."""

    def __init__(self, *, running: bool) -> None:
        self.running = running

    def get_jobs(self) -> list[Any]:
        return [Job("acme-jira:details", NOW), Job("acme-jira", TONIGHT)]


async def _checks(
    database: Database, *sources: str, running: bool | None = None, now: datetime = NOW
) -> dict[str, tuple[bool, str]]:
    schedule = None if running is None else Plan(running=running)
    found: list[Check] = await readiness(database, sources=sources, schedule=schedule, now=now)
    return {check.name: (check.ok, check.detail) for check in found}


async def test_everything_is_named_with_what_was_found(database: Database) -> None:
    await add_source(database)

    assert await _checks(database, "acme-jira", running=True) == {
        "database": (True, place_of(database.url)),
        "migrations": (True, "the schema is current"),
        "scheduler": (True, "next sync 21 Nov 2026, 02:00 UTC"),
        "last sync acme-jira": (True, "20 Nov 2026, 02:14 UTC, 5 hours ago"),
        "credentials acme-jira": (
            False,
            "the tool was not asked yet; run `interlock sync acme-jira` or `interlock check`",
        ),
    }


async def test_a_source_that_was_never_read_completely_says_how_to(sqlite_database: Database) -> None:
    await add_source(sqlite_database, synced=None)
    checks = await _checks(sqlite_database, "acme-jira", "unheard-of")

    assert checks["last sync acme-jira"] == (False, "never complete; run `interlock sync acme-jira`")
    assert checks["last sync unheard-of"] == (False, "never complete; run `interlock sync unheard-of`")


async def test_a_proof_lasts_a_day_and_a_half(sqlite_database: Database) -> None:
    await add_source(sqlite_database)
    just = await _checks(sqlite_database, "acme-jira", now=SYNCED + timedelta(hours=36))
    over = await _checks(sqlite_database, "acme-jira", now=SYNCED + timedelta(hours=36, seconds=1))

    assert just["last sync acme-jira"][0]
    assert over["last sync acme-jira"] == (
        False,
        "20 Nov 2026, 02:14 UTC, 1 day ago; run `interlock sync acme-jira` and read what it says",
    )


async def test_a_schedule_that_stopped_is_no_service(sqlite_database: Database) -> None:
    checks = await _checks(sqlite_database, running=False)

    assert checks["scheduler"] == (False, "the schedule has stopped; restart this process")


async def test_without_a_worker_in_the_process_the_schedule_is_not_looked_at(sqlite_database: Database) -> None:
    assert list(await _checks(sqlite_database)) == ["database", "migrations"]


async def test_a_database_without_a_schema_is_not_asked_for_its_sources(blank_database_url: str) -> None:
    database = Database.open(blank_database_url)
    checks = await _checks(database, "acme-jira")
    await database.aclose()

    assert checks == {
        "database": (True, place_of(database.url)),
        "migrations": (False, "the schema is empty; run `interlock db upgrade`"),
    }


async def test_a_database_that_is_away_is_a_failed_check_and_no_crash(tmp_path: Path) -> None:
    file = tmp_path / "missing" / "interlock.db"
    database = Database.open(f"sqlite:///{file}")
    checks = await _checks(database, "acme-jira", running=True)
    await database.aclose()

    assert list(checks) == ["database", "scheduler"]
    assert checks["database"] == (
        False,
        f"SQLite {file} cannot be opened. Check that its folder exists and that this user may write there.",
    )
