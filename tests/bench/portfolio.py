"""How long a page of 200 programs takes over 200,000 items: computed for the first time, kept, and after one change.

Kept: everything that a row rests on is looked at, nothing is computed. From the database to encoded bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from random import Random
from statistics import median
from time import perf_counter
from typing import Any

from sqlalchemy import insert, update

from service.programs.answers import encode
from service.programs.dependency_terms import DependencyTerms, Viewpoint
from service.programs.portfolio import get_portfolio
from service.store.engine import Database
from service.store.tables.items import links, work_items
from service.store.tables.programs import mapping_rules, memberships, programs
from service.store.tables.reference import link_types, projects
from service.store.tables.sources import scopes, sources
from tests.bench.both import ROUNDS, Figures, on_both, settle, show
from tests.builders.items import SOURCE, Row, an_item

PROGRAMS = 200
PER_PROGRAM = 1_000
NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
VIEW = Viewpoint(terms=DependencyTerms(), now=NOW, today=NOW.date())
ACROSS = 20  # every twentieth link leads into the next program


def main() -> dict[str, Figures]:
    """Median milliseconds by database."""
    measured = on_both(_measure)
    show(f"{PROGRAMS} programs on one page over {PROGRAMS * PER_PROGRAM:,} items", measured)
    return measured


async def _measure(database: Database) -> Figures:
    await fill(database)
    return {
        "for the first time": await _page(database),
        "kept": median([await _page(database) for _ in range(ROUNDS)]),
        "after one changed item": median([await _changed(database, number) for number in range(ROUNDS)]),
    }


async def _page(database: Database) -> float:
    started = perf_counter()
    encode(await get_portfolio(database, view=VIEW))
    return round((perf_counter() - started) * 1_000, 1)


async def _changed(database: Database, number: int) -> float:
    """What a sync does: one item changes, and the revision of its program grows."""
    async with database.transaction() as uow:
        item = f"{SOURCE}:{number * PER_PROGRAM + 1}"
        await uow.connection.execute(update(work_items).where(work_items.c.uid == item).values(due=date(2027, 1, 4)))
        row = update(programs).where(programs.c.key == f"P{number}")
        await uow.connection.execute(row.values(revision=programs.c.revision + 1))
    return await _page(database)


async def fill(database: Database) -> None:
    async with database.transaction() as uow:
        connection = uow.connection
        source = {"name": SOURCE, "kind": "jira-cloud", "url": "https://acme.example"}
        await connection.execute(insert(sources), [source | {"last_complete_sync": NOW - timedelta(hours=6)}])
        named = {"name": "Blocks", "outward": "blocks", "inward": "is blocked by"}
        blocks = {"source": SOURCE, "native_id": "Blocks", "direction": "predecessor_first", "decided_by": "phrases"}
        await connection.execute(insert(link_types), [named | blocks])
        await connection.execute(insert(projects), list(_projects()))
        await connection.execute(insert(scopes), list(_scopes()))
        await connection.execute(insert(programs), list(_programs()))
        await connection.execute(insert(mapping_rules), list(_rules()))
        rows = _items(Random(7))
        while part := list(islice(rows, 5_000)):
            await connection.execute(insert(work_items), part)
            await connection.execute(insert(memberships), [_membership(row) for row in part])
        every = _links()
        while some := list(islice(every, 5_000)):
            await connection.execute(insert(links), some)
    await settle(database)


def _projects() -> Iterator[Row]:
    for number in range(PROGRAMS):
        named = {"native_id": str(number), "key": f"PR{number}", "name": f"Project {number}"}
        yield {"source": SOURCE, "archived": False} | named


def _scopes() -> Iterator[Row]:
    for project in _projects():
        named = {each: project[each] for each in ("source", "native_id", "key", "name")}
        yield named | {"state": "live", "cursor": NOW, "last_complete_sync": NOW}


def _programs() -> Iterator[Row]:
    for number in range(PROGRAMS):
        row = {"key": f"P{number}", "name": f"Program {number}", "position": number, "count_subtasks": False}
        yield row | {"start": date(2026, 1, 5), "target": date(2027, 3, 31)}


def _rules() -> Iterator[Row]:
    for program in _programs():
        rule = {"kind": "include", "position": 0, "matchers": {"source": [SOURCE]}, "description": "source acme-jira"}
        yield {"program_key": program["key"]} | rule


def _items(random: Random) -> Iterator[Row]:
    """Families of ten: an epic, six stories, three sub-tasks of the first story; four in five are estimated."""
    for number in range(PROGRAMS * PER_PROGRAM):
        place, epic = number % 10, number - number % 10
        level = 1 if place == 0 else -1 if place > 6 else 0
        parent = None if place == 0 else epic + 1 if level < 0 else epic
        category = random.choice(("to_do", "to_do", "in_progress", "done", "done", "cancelled"))
        begun = NOW - timedelta(days=random.randrange(30, 300))
        yield an_item(
            number,
            project_id=str(number // PER_PROGRAM),
            item_type={1: "Epic", 0: "Story", -1: "Sub-task"}[level],
            level=level,
            subtask=level < 0,
            status_category=category,
            parent_uid=None if parent is None else f"{SOURCE}:{parent}",
            epic_uid=None if place == 0 else f"{SOURCE}:{epic}",
            team=random.choice((None, "Ants", "Bees")),
            assignee_id=random.choice((None, "u1", "u2")),
            points=random.choice((None, 1.0, 2.0, 3.0, 5.0)),
            estimate_seconds=random.choice((None, 3_600, 7_200)),
            due=date(2026, 6, 5) + timedelta(days=random.randrange(300)),
            created_at=begun - timedelta(days=10),
            started_at=None if category == "to_do" else begun,
            done_at=begun + timedelta(days=random.randrange(1, 30)) if category == "done" else None,
            updated_at=begun + timedelta(days=29),
        )


def _membership(row: Row) -> dict[str, Any]:
    return {
        "program_key": f"P{int(row['native_id']) // PER_PROGRAM}",
        "item_uid": row["uid"],
        "rule": "source acme-jira",
        "via": "direct",
        "valid_from": NOW,
    }


def _links() -> Iterator[Row]:
    """Three of ten items wait for one in the family before."""
    count = 0
    for number in range(10, PROGRAMS * PER_PROGRAM):
        if number % 10 not in {2, 4, 6}:
            continue
        count += 1
        far = PER_PROGRAM if count % ACROSS == 0 and number + PER_PROGRAM < PROGRAMS * PER_PROGRAM else 0
        if not far and number % PER_PROGRAM < 10:
            continue
        ends = {
            "source_uid": f"{SOURCE}:{number - 10 if not far else number}",
            "target_uid": f"{SOURCE}:{number + far}",
        }
        row = {"source": SOURCE, "native_id": str(count), "type_id": "Blocks", "provenance": "jira_link"}
        yield row | ends | {"seen_from_source": True, "seen_from_target": True}


if __name__ == "__main__":
    main()
