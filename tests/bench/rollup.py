"""How long a roll-up of 5,000 items takes in a store of 200,000, and how long the check that nothing changed.

Compute: from the database to encoded bytes, with nothing kept. Unchanged: the fingerprint alone, which is what a
request with an ETag costs; kept: the whole answer from memory, freshness read anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from random import Random
from typing import Any

from sqlalchemy import insert

from service.programs.answers import encode
from service.programs.cache import cache_of
from service.programs.freshness import fingerprint
from service.programs.read import get_rollup
from service.store.engine import Database
from service.store.tables.items import work_items
from service.store.tables.programs import mapping_rules, memberships, programs
from service.store.tables.reference import projects
from service.store.tables.sources import scopes, sources
from tests.bench.both import Figures, on_both, settle, show, timed
from tests.builders.items import Row, an_item

ITEMS = 200_000
PER_PROGRAM = 5_000
NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
TODAY = NOW.date()
KEY = "P7"


def main() -> dict[str, Figures]:
    """Median milliseconds by database."""
    measured = on_both(_measure)
    show(f"Roll-up of {PER_PROGRAM:,} of {ITEMS:,} items", measured)
    return measured


async def _measure(database: Database) -> Figures:
    await fill(database)
    return {
        "compute, by project": await timed(lambda: compute(database, "project")),
        "compute, by epic": await timed(lambda: compute(database, "epic")),
        "unchanged (fingerprint)": await timed(lambda: fingerprint(database, KEY)),
        "unchanged (kept answer)": await timed(lambda: _answer(database, "project")),
    }


async def compute(database: Database, by: str) -> None:
    cache_of(database).rollups.clear()
    await _answer(database, by)


async def _answer(database: Database, by: str) -> None:
    encode(await get_rollup(database, KEY, by=by, now=NOW, today=TODAY))


async def fill(database: Database) -> None:
    async with database.transaction() as uow:
        connection = uow.connection
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
    await settle(database)


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


if __name__ == "__main__":
    main()
