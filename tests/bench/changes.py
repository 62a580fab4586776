"""How long it takes to tell what changed in a month, to take a baseline and to stand against it.

One program of 5,000 items in a store of 200,000, a third of them with three changes each in the month. From the
database to encoded bytes; what is kept of dependency health stays kept, as it is wherever people look at it.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import select, update

from connectors.jira.config import JiraOptions
from connectors.jira.historian import JiraHistorian
from service.process import tune_collector
from service.programs.answers import encode
from service.programs.baselines import get_baseline, take_baseline
from service.programs.changes import Asked, get_changes
from service.programs.dependency_terms import DependencyTerms, Viewpoint
from service.programs.historians import Historians
from service.store.bulk import insert
from service.store.engine import Database
from service.store.raw import LandedRecord, RawRecords, digest
from service.store.tables.items import item_changes, work_items
from tests.bench.rollup import ITEMS, KEY, NOW, PER_PROGRAM, ROUNDS, TODAY, _compute, _fill, _settle, _timed
from tests.builders import jira
from tests.fixtures.databases import PostgresTemplate
from tests.fixtures.postgres import running_postgres

MONTH = timedelta(days=30)
PROGRAMS = ITEMS // PER_PROGRAM
POINTS = "customfield_1"
HISTORIANS = Historians({"acme-jira": lambda payloads: JiraHistorian(payloads, options=JiraOptions())})
VIEW = Viewpoint(terms=DependencyTerms(), now=NOW, today=TODAY)

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
    numbers = count()
    try:
        await _fill(database)
        await _fill_changes(database)

        async def take() -> None:
            encode(await take_baseline(database, KEY, name=f"Plan {next(numbers)}", view=VIEW, actor="bench"))

        return {
            "roll-up, as a yardstick": await _timed(lambda: _compute(database, "project")),
            "changes of a month": await _timed(lambda: _changes(database, MONTH)),
            "changes of a week": await _timed(lambda: _changes(database, timedelta(days=7))),
            "taking a baseline": await _timed(take),
            "against a baseline": await _timed(lambda: _against(database)),
        }
    finally:
        await database.aclose()


async def _changes(database: Database, span: timedelta) -> None:
    asked = Asked(since=(NOW - span).isoformat())
    encode(await get_changes(database, KEY, asked, view=VIEW, historians=HISTORIANS))


async def _against(database: Database) -> None:
    encode(await get_baseline(database, KEY, "first", view=VIEW))


async def _fill_changes(database: Database) -> None:
    columns = [column.name for column in item_changes.columns]
    async with database.transaction() as uow:
        payloads = jira.payloads(fields=[jira.a_field(POINTS, "Story Points", jira.FLOAT)])
        records = [LandedRecord("reference", name, None, digest(each), each) for name, each in payloads.items()]
        await RawRecords(uow.connection).land("acme-jira", records, run_id=0, fetched_at=NOW)
        await insert(uow.connection, item_changes, columns, list(_rows(Random(8))))
        touched = work_items.c.uid.in_(select(item_changes.c.item_uid))
        await uow.connection.execute(update(work_items).where(touched).values(updated_at=NOW, points_field=POINTS))
    if database.dialect == "postgresql":
        await _settle(database)


def _rows(random: Random) -> Iterator[tuple[Any, ...]]:
    for number in range(ITEMS):
        if number // 10 % PROGRAMS != int(KEY[1:]) or number % 3:
            continue
        moments = sorted(NOW - MONTH * random.random() for _ in range(3))
        told = (
            ("status", "1", "3", "To Do", "In Progress"),
            ("duedate", "2025-12-01", "2026-01-02", "2025-12-01", "2026-01-02"),
            (POINTS, None, None, "8", "5"),
        )
        for place, (at, (field, *values)) in enumerate(zip(moments, told, strict=True)):
            yield (f"acme-jira:{number}", str(number * 10 + place), 0, at, field, None, *values)


def _show(measured: dict[str, Figures]) -> None:
    out = sys.stdout
    out.write(f"Changes and baselines of {PER_PROGRAM:,} items, milliseconds (median of {ROUNDS})\n")
    questions = next(iter(measured.values()))
    out.write(f"{'':26}" + "".join(f"{name:>14}" for name in measured) + "\n")
    for question in questions:
        out.write(f"{question:26}" + "".join(f"{each[question]:14.2f}" for each in measured.values()) + "\n")


if __name__ == "__main__":
    main()
