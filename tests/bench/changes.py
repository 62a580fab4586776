"""How long it takes to tell what changed in a month, to take a baseline and to stand against it.

One program of 5,000 items in a store of 200,000, a third of them with three changes each in the month. From the
database to encoded bytes; what is kept of dependency health stays kept, as it is wherever people look at it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from random import Random
from typing import Any

from sqlalchemy import select, update

from connectors.jira.config import JiraOptions
from connectors.jira.historian import JiraHistorian
from service.programs.answers import encode
from service.programs.baselines import get_baseline, take_baseline
from service.programs.changes import Asked, get_changes
from service.programs.dependency_terms import DependencyTerms, Viewpoint
from service.programs.historians import Historians
from service.store.bulk import insert
from service.store.engine import Database
from service.store.raw import LandedRecord, RawRecords, digest
from service.store.tables.items import item_changes, work_items
from tests.bench.both import Figures, on_both, settle, show, timed
from tests.bench.rollup import ITEMS, KEY, NOW, PER_PROGRAM, TODAY, compute, fill
from tests.builders import jira

MONTH = timedelta(days=30)
PROGRAMS = ITEMS // PER_PROGRAM
POINTS = "customfield_1"
HISTORIANS = Historians({"acme-jira": lambda payloads: JiraHistorian(payloads, options=JiraOptions())})
VIEW = Viewpoint(terms=DependencyTerms(), now=NOW, today=TODAY)


def main() -> dict[str, Figures]:
    """Median milliseconds by database."""
    measured = on_both(_measure)
    show(f"Changes and baselines of {PER_PROGRAM:,} items", measured)
    return measured


async def _measure(database: Database) -> Figures:
    numbers = count()
    await fill(database)
    await _fill_changes(database)

    async def take() -> None:
        encode(await take_baseline(database, KEY, name=f"Plan {next(numbers)}", view=VIEW, actor="bench"))

    return {
        "roll-up, as a yardstick": await timed(lambda: compute(database, "project")),
        "changes of a month": await timed(lambda: _changes(database, MONTH)),
        "changes of a week": await timed(lambda: _changes(database, timedelta(days=7))),
        "taking a baseline": await timed(take),
        "against a baseline": await timed(lambda: _against(database)),
    }


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
    await settle(database)


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


if __name__ == "__main__":
    main()
