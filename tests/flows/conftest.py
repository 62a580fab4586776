"""What several flows need beside a site and a database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from service.store.engine import Database
from tests.fixtures.databases import PostgresTemplate, SqliteTemplate

Copies = Callable[[str | None], AbstractContextManager[str]]
"""The URL of a new database for a block: a copy of that one, which nobody has open, or else an empty one."""


@pytest.fixture
async def fresh(sqlite_template: SqliteTemplate, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Database]:
    """Another database, to hold what a reading from nothing gives."""
    database = Database.open(sqlite_template.copy_to(tmp_path_factory.mktemp("fresh")))
    yield database
    await database.aclose()


@pytest.fixture(params=["sqlite", "postgresql"])
def copies(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Copies:
    """As many databases as a test wants, of each kind."""
    if request.param == "postgresql":
        postgres: PostgresTemplate = request.getfixturevalue("postgres_template")
        return lambda of: postgres.copied(of=of)
    sqlite: SqliteTemplate = request.getfixturevalue("sqlite_template")
    folder = tmp_path_factory.mktemp("copies")

    @contextmanager
    def copied(of: str | None) -> Iterator[str]:
        yield sqlite.copy_to(folder, of=of)

    return copied
