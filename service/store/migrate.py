"""Bringing a database to the schema this version needs, and telling whether it is there already."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, NullPool, create_engine

import service
from service.store import sqlite
from service.store.engine import Database, connect_arguments, parse_url
from service.store.errors import explained

SchemaState = Literal["empty", "behind", "current", "ahead"]


def upgrade(url: str) -> None:
    """Run every migration that is missing. Blocking: call it in a thread. Raises DatabaseUnusable."""
    with explained(parse_url(url)):
        command.upgrade(_config(url), "head")


def downgrade(url: str, revision: str) -> None:
    """Go back to `revision` ("base": nothing left). Blocking. Raises DatabaseUnusable."""
    with explained(parse_url(url)):
        command.downgrade(_config(url), revision)


async def current_state(database: Database) -> SchemaState:
    """How the schema compares to this version's; "ahead" means that a newer Interlock migrated it."""
    async with database.reading() as uow:
        heads = await uow.connection.run_sync(lambda c: MigrationContext.configure(c).get_current_heads())
    if not heads:
        return "empty"
    script = _script_directory(script_location())
    if set(heads) == set(script.get_heads()):
        return "current"
    known = {revision.revision for revision in script.walk_revisions()}
    return "behind" if set(heads) <= known else "ahead"


def script_location(package: Path | None = None) -> Path:
    """The folder of the migrations: inside the package (wheel), else beside it (a checkout)."""
    package = package or Path(service.__file__).parent
    places = (package / "migrations", package.parent / "migrations")
    for place in places:
        if (place / "env.py").is_file():
            return place
    raise FileNotFoundError(f"No migrations in {places[0]} or {places[1]}; install Interlock again.")


def migration_engine(url: str) -> Engine:
    """A blocking engine for one migration run; the drivers are those the service uses."""
    parsed = parse_url(url)
    driver = "sqlite" if parsed.get_backend_name() == "sqlite" else "postgresql+psycopg"
    engine = create_engine(parsed.set(drivername=driver), poolclass=NullPool, connect_args=connect_arguments(parsed))
    if driver == "sqlite":
        sqlite.tune(engine)
    return engine


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(script_location()).replace("%", "%%"))
    config.attributes["url"] = url  # not an option: those are interpolated, and a password may hold a "%"
    return config


@cache
def _script_directory(location: Path) -> ScriptDirectory:
    return ScriptDirectory(str(location))
