"""The migrated schema is the one the code expects, on both databases, and can be left again."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from service.store.engine import Database
from service.store.errors import DatabaseUnusable
from service.store.migrate import current_state, downgrade, migration_engine, script_location, upgrade
from service.store.tables import metadata


def test_the_migrated_schema_is_exactly_what_the_tables_declare(database_url: str) -> None:
    engine = migration_engine(database_url)
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)
    engine.dispose()
    assert differences == []


def test_primary_keys_are_those_the_tables_declare(database_url: str) -> None:
    """Alembic does not compare them, and every upsert depends on them."""
    engine = migration_engine(database_url)
    inspector = inspect(engine)
    found = {name: tuple(inspector.get_pk_constraint(name)["constrained_columns"]) for name in metadata.tables}
    engine.dispose()
    assert found == {name: tuple(c.name for c in table.primary_key) for name, table in metadata.tables.items()}


def test_a_downgrade_to_base_leaves_no_table_behind(database_url: str) -> None:
    downgrade(database_url, "base")
    engine = migration_engine(database_url)
    left = set(inspect(engine).get_table_names()) - {"alembic_version"}
    engine.dispose()
    assert left == set()


async def test_a_new_database_is_empty_and_an_upgraded_one_is_current(blank_database_url: str) -> None:
    database = Database.open(blank_database_url)
    assert await current_state(database) == "empty"
    upgrade(blank_database_url)
    assert await current_state(database) == "current"
    upgrade(blank_database_url)  # again changes nothing
    assert await current_state(database) == "current"
    await database.aclose()


async def test_a_schema_of_a_newer_release_is_ahead(database: Database) -> None:
    async with database.transaction() as uow:
        await uow.connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert await current_state(database) == "ahead"


async def test_an_older_known_revision_is_behind(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A later release brings a second migration; the database has only the first."""
    versions = tmp_path / "versions"
    versions.mkdir()
    for file in (script_location() / "versions").glob("0*.py"):
        (versions / file.name).write_text(file.read_text())
    (tmp_path / "env.py").touch()
    (versions / "9999_later.py").write_text(
        "revision = '9999'\ndown_revision = '0001'\ndef upgrade(): pass\ndef downgrade(): pass\n"
    )
    monkeypatch.setattr("service.store.migrate.script_location", lambda: tmp_path)
    assert await current_state(database) == "behind"


def test_migrations_are_looked_up_in_the_package_first_and_then_beside_it(tmp_path: Path) -> None:
    package = tmp_path / "service"
    for folder in (package / "migrations", tmp_path / "migrations"):
        folder.mkdir(parents=True)
        (folder / "env.py").touch()

    assert script_location(package) == package / "migrations"
    (package / "migrations" / "env.py").unlink()
    assert script_location(package) == tmp_path / "migrations"
    (tmp_path / "migrations" / "env.py").unlink()
    with pytest.raises(FileNotFoundError, match="install Interlock again"):
        script_location(package)


def test_an_upgrade_of_an_unreachable_server_says_so_without_the_password() -> None:
    with pytest.raises(DatabaseUnusable) as caught:
        upgrade("postgresql://pat:s3cr%25t@127.0.0.1:1/interlock")
    assert caught.value.message == (
        "PostgreSQL 127.0.0.1:1/interlock cannot be reached. "
        "Check that the server runs and that host and port are right."
    )
