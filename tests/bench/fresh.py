"""How soon an answer about dependencies is fresh again after one item changed: from the change to the answer's bytes.

A program of 5,000 items with 15,000 edges, in a store that holds four of these, on both databases. Before each question
one item gets another due date, as a sync would write it; the same question with nothing changed stands beside it.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter, process_time
from typing import Any

from sqlalchemy import insert

from service.process import tune_collector
from service.programs.answers import encode
from service.programs.assign import assign_pending
from service.programs.dependencies import list_dependencies
from service.programs.dependency_choice import DependencyFilters
from service.programs.dependency_terms import DependencyTerms, Viewpoint
from service.programs.schedules import get_critical_path
from service.programs.what_if import Change, simulate
from service.store.engine import Database
from service.store.items import WorkItems
from service.store.migrate import upgrade
from service.store.tables.items import links, work_items
from service.store.tables.programs import mapping_rules, memberships, programs
from service.store.tables.reference import link_types, projects
from service.store.tables.sources import scopes, sources
from tests.bench import graph_bare as bare
from tests.bench.both import settle
from tests.bench.graph import on_one_core
from tests.builders.items import Row, an_item
from tests.builders.reading import read_again
from tests.fixtures.databases import PostgresTemplate
from tests.fixtures.postgres import running_postgres

PROGRAMS, ITEMS, EDGES = 4, 5_000, 15_000
ROUNDS = 7
NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
TODAY = NOW.date()
KEY = "P1"
CHANGED = "acme-jira:7000"
OPEN = DependencyFilters(status=("cyclic", "broken", "blocked", "off_track", "at_risk"))

Figures = dict[str, str]


def main() -> dict[str, Figures]:
    """Median milliseconds by database, those of the processor in brackets; all of Interlock on one core."""
    tune_collector()
    with (
        tempfile.TemporaryDirectory() as folder,
        running_postgres() as server,
        PostgresTemplate(server).blank() as postgresql,
        on_one_core(),
    ):
        urls = {"sqlite": f"sqlite:///{Path(folder) / 'bench.db'}", "postgresql": postgresql}
        for url in urls.values():
            upgrade(url)
        measured = {name: asyncio.run(_measure(url)) for name, url in urls.items()}
    _show(measured)
    return measured


async def _measure(url: str) -> Figures:
    database = Database.open(url)
    view = Viewpoint(terms=DependencyTerms(), now=NOW, today=TODAY)
    try:
        await _fill(database)
        later = count(1)

        async def changed() -> None:
            await _change(database, next(later))

        async def the_list() -> None:
            encode(await list_dependencies(database, KEY, view=view, filters=OPEN, limit=100))

        async def the_path() -> None:
            encode(await get_critical_path(database, KEY, view=view, limit=100))

        async def a_slip(*, chances: bool = False) -> None:
            encode(await simulate(database, KEY, Change(slips=[(CHANGED, 10)]), view, chances=chances))

        return {
            "list, after a change": await _timed(the_list, before=changed),
            "critical path, after a change": await _timed(the_path, before=changed),
            "list, nothing changed": await _timed(the_list),
            "a slip": await _timed(a_slip),
            "a slip, with its 10,000 trials": await _timed(lambda: a_slip(chances=True)),
        }
    finally:
        await database.aclose()


async def _timed(
    question: Callable[[], Awaitable[None]], *, before: Callable[[], Awaitable[None]] | None = None
) -> str:
    """After two rounds that warm connections and statement caches."""
    taken: list[tuple[float, float]] = []
    for _ in range(ROUNDS + 2):
        if before is not None:
            await before()
        began = perf_counter(), process_time()
        await question()
        taken.append(((perf_counter() - began[0]) * 1_000, (process_time() - began[1]) * 1_000))
    elapsed, worked = (median(column) for column in zip(*taken[2:], strict=True))
    return f"{elapsed:.0f} ({worked:.0f})"


async def _change(database: Database, number: int) -> None:
    """As a sync does it: the item is read again with all that hangs on it, and its memberships are decided."""
    due = date(2027, 1, 1) + timedelta(days=number)
    async with database.transaction() as uow:
        item = await read_again(uow.connection, CHANGED, due=due)
        await WorkItems(uow.connection).materialise("acme-jira", [item], run_id=None, now=NOW)
    await assign_pending(database, now=NOW)


async def _fill(database: Database) -> None:
    shape = bare.wide(ITEMS, EDGES)
    named = {"source": "acme-jira", "native_id": "1", "key": "PR1", "name": "Project 1"}
    async with database.transaction() as uow:
        connection = uow.connection
        source = {"name": "acme-jira", "kind": "jira-cloud", "url": "https://acme.example"}
        await connection.execute(insert(sources), [source | {"last_complete_sync": NOW - timedelta(hours=6)}])
        await connection.execute(insert(projects), [named | {"archived": False}])
        await connection.execute(insert(scopes), [named | {"state": "live", "last_complete_sync": NOW}])
        kind = {
            "source": "acme-jira",
            "native_id": "1",
            "name": "Blocks",
            "outward": "blocks",
            "inward": "is blocked by",
        }
        await connection.execute(
            insert(link_types), [kind | {"direction": "predecessor_first", "decided_by": "phrases"}]
        )
        for number in range(PROGRAMS):
            await _fill_program(uow.connection, number, shape)
    await settle(database)


async def _fill_program(connection: Any, number: int, shape: bare.Shape) -> None:
    key, first = f"P{number}", number * ITEMS
    program = {"key": key, "name": f"Program {number}", "position": number, "count_subtasks": False}
    rule = {"program_key": key, "kind": "include", "position": 0, "matchers": {"source": ["acme-jira"]}}
    await connection.execute(insert(programs), [program | {"target": date(2027, 6, 30)}])
    await connection.execute(insert(mapping_rules), [rule | {"description": "source acme-jira"}])
    items = list(_items(first, shape, Random(number)))
    await connection.execute(insert(work_items), items)
    said = {"program_key": key, "rule": "source acme-jira", "via": "direct", "valid_from": NOW}
    await connection.execute(insert(memberships), [said | {"item_uid": item["uid"]} for item in items])
    await connection.execute(insert(links), list(_links(first, number * EDGES, shape)))


def _items(first: int, shape: bare.Shape, random: Random) -> Iterator[Row]:
    """A tenth is done, a tenth begun; four in five are due."""
    for place, days in enumerate(shape.durations.tolist()):
        category = random.choice(("to_do",) * 8 + ("in_progress", "done"))
        due = TODAY + timedelta(days=random.randrange(-10, 300)) if random.random() < 0.8 else None
        moment = NOW - timedelta(days=random.randrange(5, 40))
        yield an_item(
            first + place,
            item_type=random.choice(("Story", "Bug", "Task")),
            status_category=category,
            team=random.choice((None, "Ants", "Bees")),
            start=due and due - timedelta(days=days),
            due=due,
            started_at=None if category == "to_do" else moment,
            done_at=moment + timedelta(days=days / 2) if category == "done" else None,
            remaining_seconds=days * 28_800,
        )


def _links(first_item: int, first: int, shape: bare.Shape) -> Iterator[Row]:
    for place, (tail, head) in enumerate(zip(shape.tails.tolist(), shape.heads.tolist(), strict=True)):
        yield {
            "source": "acme-jira",
            "native_id": str(first + place),
            "type_id": "1",
            "provenance": "jira_link",
            "source_uid": f"acme-jira:{first_item + tail}",
            "target_uid": f"acme-jira:{first_item + head}",
            "seen_from_source": True,
            "seen_from_target": True,
        }


def _show(measured: dict[str, Figures]) -> None:
    out = sys.stdout
    out.write(f"{ITEMS:,} items, {EDGES:,} edges: milliseconds (of the processor), median of {ROUNDS}\n")
    questions = next(iter(measured.values()))
    out.write(f"{'':32}" + "".join(f"{name:>14}" for name in measured) + "\n")
    for question in questions:
        out.write(f"{question:32}" + "".join(f"{each[question]:>14}" for each in measured.values()) + "\n")


if __name__ == "__main__":
    main()
