"""How long a roll-up of 5,000 items takes in a store of 200,000, and how long the check that nothing changed.

Compute: from the database to encoded bytes, with nothing kept. Unchanged: the fingerprint alone, which is what a
request with an ETag costs; kept: the whole answer from memory, freshness read anew.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import Any

from sqlalchemy import insert, text

from service.process import tune_collector
from service.programs.answers import encode
from service.programs.cache import cache_of
from service.programs.freshness import fingerprint
from service.programs.read import get_rollup
from service.store.engine import Database
from service.store.tables import metadata
from service.store.tables.items import work_items
from service.store.tables.programs import mapping_rules, memberships, programs
from service.store.tables.reference import projects
from service.store.tables.sources import scopes, sources
from tests.builders.items import Row, an_item
from tests.fixtures.databases import PostgresTemplate
from tests.fixtures.postgres import running_postgres

ITEMS = 200_000
PER_PROGRAM = 5_000
ROUNDS = 15
NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
TODAY = NOW.date()
KEY = "P7"

Figures = dict[str, float]


def main() -> dict[str, Figures]:
    """Median milliseconds by database, in a process tuned like the product's."""
    tune_collector()
    with (
        tempfile.TemporaryDirectory() as folder,
        running_postgres() as server,
        PostgresTemplate(server).blank() as postgresql,
    ):
        urls = {"sqlite": f"sqlite:///{Path(folder) / 'bench.db'}", "postgresql": postgresql}
        measured = {name: asyncio.run(_measure(url)) for name, url in urls.items()}
    _show(measured)
    return measured


async def _measure(url: str) -> Figures:
    database = Database.open(url)
    try:
        await _fill(database)
        return {
            "compute, by project": await _timed(lambda: _compute(database, "project")),
            "compute, by epic": await _timed(lambda: _compute(database, "epic")),
            "unchanged (fingerprint)": await _timed(lambda: fingerprint(database, KEY)),
            "unchanged (kept answer)": await _timed(lambda: _answer(database, "project")),
        }
    finally:
        await database.aclose()


async def _compute(database: Database, by: str) -> None:
    cache_of(database).rollups.clear()
    await _answer(database, by)


async def _answer(database: Database, by: str) -> None:
    encode(await get_rollup(database, KEY, by=by, now=NOW, today=TODAY))


async def _timed(question: Callable[[], Awaitable[object]]) -> float:
    """Median milliseconds, after two rounds that warm connections and statement caches."""
    taken: list[float] = []
    for _ in range(ROUNDS + 2):
        started = perf_counter()
        await question()
        taken.append((perf_counter() - started) * 1_000)
    return round(median(taken[2:]), 2)


async def _fill(database: Database) -> None:
    async with database.transaction() as uow:
        connection = uow.connection
        await connection.run_sync(metadata.create_all)
        source = {"name": "acme-jira", "kind": "jira-cloud", "url": "https://acme.example"}
        await connection.execute(insert(sources), [source | {"last_complete_sync": NOW - timedelta(hours=6)}])
        await connection.execute(insert(projects), list(_projects()))
        await connection.execute(insert(scopes), list(_scopes()))
        await connection.execute(insert(programs), list(_programs()))
        await connection.execute(insert(mapping_rules), list(_rules()))
        rows = _items(Random(7))
        while part := list(islice(rows, 5_000)):
            await connection.execute(insert(work_items), part)
            await connection.execute(insert(memberships), [_membership(row) for row in part])
    if database.dialect == "postgresql":
        await _settle(database)


async def _settle(database: Database) -> None:
    """What a server in use does by itself a minute later; that of the tests has it switched off."""
    async with database.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("VACUUM ANALYZE"))


def _projects() -> Iterator[Row]:
    for number in range(200):
        yield {
            "source": "acme-jira",
            "native_id": str(number),
            "key": f"PR{number}",
            "name": f"Project {number}",
            "archived": False,
        }


def _scopes() -> Iterator[Row]:
    for project in _projects():
        named = {each: project[each] for each in ("source", "native_id", "key", "name")}
        yield named | {"state": "live", "cursor": NOW, "last_complete_sync": NOW}


def _programs() -> Iterator[Row]:
    for number in range(ITEMS // PER_PROGRAM):
        yield {"key": f"P{number}", "name": f"Program {number}", "position": number, "count_subtasks": False}


def _rules() -> Iterator[Row]:
    for program in _programs():
        yield {
            "program_key": program["key"],
            "kind": "include",
            "position": 0,
            "matchers": {"source": ["acme-jira"]},
            "description": "source acme-jira",
        }


def _items(random: Random) -> Iterator[Row]:
    """Families of ten: an epic, six stories, three sub-tasks of the first story; four in five are estimated."""
    for number in range(ITEMS):
        place, epic = number % 10, number - number % 10
        level = 1 if place == 0 else -1 if place > 6 else 0
        parent = None if place == 0 else epic + 1 if level < 0 else epic
        yield an_item(
            number,
            project_id=str(number % 200),
            item_type={1: "Epic", 0: "Story", -1: "Sub-task"}[level],
            level=level,
            subtask=level < 0,
            status_category=random.choice(("to_do", "to_do", "in_progress", "done", "done", "cancelled")),
            parent_uid=None if parent is None else f"acme-jira:{parent}",
            epic_uid=None if place == 0 else f"acme-jira:{epic}",
            team=random.choice((None, "Ants", "Bees")),
            points=random.choice((None, 1.0, 2.0, 3.0, 5.0)),
            estimate_seconds=random.choice((None, 3_600, 7_200)),
            start=date(2026, 1, 5),
            due=date(2026, 1, 5) + timedelta(days=random.randrange(300)),
        )


def _membership(row: Row) -> dict[str, Any]:
    return {
        "program_key": f"P{int(row['native_id']) // 10 % (ITEMS // PER_PROGRAM)}",
        "item_uid": row["uid"],
        "rule": "source acme-jira",
        "via": "direct",
        "valid_from": NOW,
    }


def _show(measured: dict[str, Figures]) -> None:
    out = sys.stdout
    out.write(f"Roll-up of {PER_PROGRAM:,} of {ITEMS:,} items, milliseconds (median of {ROUNDS})\n")
    questions = next(iter(measured.values()))
    out.write(f"{'':26}" + "".join(f"{name:>14}" for name in measured) + "\n")
    for question in questions:
        out.write(f"{question:26}" + "".join(f"{each[question]:14.2f}" for each in measured.values()) + "\n")


if __name__ == "__main__":
    main()
