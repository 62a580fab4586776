"""How Alembic reaches the database: the URL comes from the caller, else from INTERLOCK_DATABASE_URL."""

from __future__ import annotations

import os

from alembic import context
from sqlalchemy import Connection, text

from service.store.migrate import migration_engine
from service.store.tables import metadata

# Any constant will do, as long as every version of Interlock uses the same: two upgrades wait for each other.
UPGRADE_LOCK = 4_917_201_733


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        compare_type=True,
        render_as_batch=connection.dialect.name == "sqlite",  # SQLite alters a table by copying it
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": UPGRADE_LOCK})
        context.run_migrations()


def main() -> None:
    if context.is_offline_mode():
        raise SystemExit("Migrations need a database: there is no --sql mode.")
    url = context.config.attributes.get("url") or os.environ.get("INTERLOCK_DATABASE_URL")
    if not url:
        raise SystemExit("Set INTERLOCK_DATABASE_URL, or use `interlock db upgrade`.")
    engine = migration_engine(url)
    try:
        with engine.connect() as connection:
            run(connection)
    finally:
        engine.dispose()


main()
