"""A recorded tracker as a database with one program per project and one of all: what back-tests of real work need."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import insert, select

from connectors.sandbox.recorded import load_recorded
from service.store import migrate
from service.store.engine import Database
from service.store.tables.items import work_items
from service.store.tables.programs import memberships, programs
from service.store.tables.reference import projects
from tests.builders.jira import real_data
from tests.flows.support import CLOUD, NOW, flowing

ALL = "ALL"


@asynccontextmanager
async def recorded(name: str) -> AsyncIterator[tuple[Database, list[str]]]:
    """The database and the keys of its programs, the largest first."""
    recording = real_data() / "jira" / f"{name}.jsonl.gz"
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'recorded.db'}"
        migrate.upgrade(url)
        database = Database.open(url)
        try:
            async with flowing(load_recorded(recording), database, kind=CLOUD, settings={"page_size": 100}) as flow:
                await flow.sync(full=True)
            yield database, await _mapped(database)
        finally:
            await database.aclose()


async def _mapped(database: Database) -> list[str]:
    async with database.transaction() as uow:
        items = (await uow.connection.execute(select(work_items.c.uid, work_items.c.project_id))).all()
        keys = await uow.connection.execute(select(projects.c.native_id, projects.c.key))
        named = {native_id: key for native_id, key in keys}  # noqa: C416 - a row is no pair to a type checker
        members = [(ALL, uid) for uid, _ in items] + [(named[project], uid) for uid, project in items]
        sizes = {key: sum(member == key for member, _ in members) for key in {key for key, _ in members}}
        ordered = sorted(sizes, key=lambda key: (-sizes[key], key))
        rows = [
            {"key": key, "name": key, "position": place, "count_subtasks": False} for place, key in enumerate(ordered)
        ]
        await uow.connection.execute(insert(programs), rows)
        belongs = {"rule": "recorded", "via": "direct", "valid_from": NOW}
        await uow.connection.execute(
            insert(memberships), [{"program_key": key, "item_uid": uid, **belongs} for key, uid in members]
        )
    return ordered
