"""Putting the parts together: whose schema is touched, what a configured source becomes, what the schedule runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.asana.config import AsanaOptions
from connectors.asana.source import AsanaSource
from connectors.jira.source import JiraSource
from service.bootstrap import SchemaBehind, application, build_source
from service.clock import FixedClock
from service.settings import PeopleConfig, Settings, load_settings
from service.store.migrate import upgrade
from service.store.options import JOIN_PEOPLE, Options
from service.worker import start_worker
from tests.fixtures.databases import PostgresTemplate

CONFIG = """
sources:
  - name: acme-jira
    kind: jira-dc
    url: https://jira.acme.example/jira
    auth: {token: not-a-real-token}
    schedule: "30 3 * * *"
calendar: {timezone: Europe/Madrid}
"""
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def settings_for(folder: Path, database_url: str) -> Settings:
    file = folder / "interlock.yaml"
    file.write_text(CONFIG)
    return load_settings(file, environment={"INTERLOCK_DATABASE_URL": database_url})


async def test_an_embedded_database_migrates_itself(tmp_path: Path) -> None:
    async with application(settings_for(tmp_path, f"sqlite:///{tmp_path / 'new.db'}")) as app:
        checks = await app.readiness()

    assert [check.ok for check in checks if check.name == "migrations"] == [True]


async def test_postgresql_is_never_migrated_unasked_and_the_command_is_named(
    postgres_template: PostgresTemplate, tmp_path: Path
) -> None:
    with postgres_template.blank() as url, pytest.raises(SchemaBehind) as caught:
        async with application(settings_for(tmp_path, url)):
            pass

    assert caught.value.message == "The database schema is behind this version; run `interlock db upgrade` first."


async def test_a_migrated_postgresql_is_used(postgres_url: str, tmp_path: Path) -> None:
    upgrade(postgres_url)
    async with application(settings_for(tmp_path, postgres_url)) as app:
        assert app.database.dialect == "postgresql"


async def test_a_configured_source_keeps_its_context_path_and_hides_its_token(tmp_path: Path) -> None:
    source = build_source(settings_for(tmp_path, "sqlite:///unused.db").sources[0])
    try:
        assert isinstance(source, JiraSource)
        assert source.url == "https://jira.acme.example/jira"
        assert "not-a-real-token" not in repr(source)
    finally:
        await source.aclose()


ASANA = """
sources:
  - name: acme-asana
    kind: asana
    auth: {token: not-a-real-token}
    in_progress: {sections: [Baking]}
    cancelled: {sections: [Bin], fields: {Outcome: [Dropped]}}
"""


async def test_a_configured_asana_reads_habits_as_the_file_says_and_keeps_other_defaults(tmp_path: Path) -> None:
    file = tmp_path / "interlock.yaml"
    file.write_text(ASANA)
    source = build_source(load_settings(file, environment={}).sources[0])
    try:
        assert isinstance(source, AsanaSource)
        assert source.url == "https://app.asana.com/api/1.0"
        assert "not-a-real-token" not in repr(source)
        assert source.options == AsanaOptions(
            in_progress=("Baking",), cancelled_sections=("Bin",), cancelled_fields={"Outcome": ("Dropped",)}
        )
    finally:
        await source.aclose()


async def test_every_source_is_scheduled_in_the_time_zone_of_the_file(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, f"sqlite:///{tmp_path / 'new.db'}")
    async with application(settings, clock=FixedClock(NOW)) as app:
        scheduler = start_worker(app)
        try:
            jobs = {str(each.id).removeprefix("acme-jira"): each for each in scheduler.get_jobs()}
            assert sorted(jobs) == ["", ":details", ":feed", ":missed", ":records", ":watch", ":webhooks"]
            job = jobs[""]
            assert jobs[":details"].trigger.interval == timedelta(minutes=5)
            assert str(job.next_run_time.tzinfo) == "Europe/Madrid"
            assert (job.next_run_time.hour, job.next_run_time.minute) in {(3, 29), (3, 30), (3, 31)}
        finally:
            scheduler.shutdown(wait=False)


async def test_the_choice_to_join_people_holds_from_the_start_on(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    settings = settings_for(tmp_path, url)
    joined = settings.model_copy(update={"people": PeopleConfig(join_by_email=True)})
    seen = []
    for each in (settings, joined, settings):
        async with application(each) as app, app.database.reading() as uow:
            seen.append(JOIN_PEOPLE in await Options(uow.connection).on())

    assert seen == [False, True, False]
