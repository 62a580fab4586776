"""What several flows need beside a site and a database."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from service.store.engine import Database
from tests.fixtures.databases import SqliteTemplate


@pytest.fixture
async def fresh(sqlite_template: SqliteTemplate, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Database]:
    """Another database, to hold what a reading from nothing gives."""
    database = Database.open(sqlite_template.copy_to(tmp_path_factory.mktemp("fresh")))
    yield database
    await database.aclose()
