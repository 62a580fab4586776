"""How long answers about the past take, for a program of 5,000 items with two years of history: a roll-up as of a day a
quarter and a year ago, each time another day, and a year of daily burn-up. From the database to encoded bytes: when a
process that serves has read ahead, when one item of the program changed since then, and before it came to read ahead.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import cycle
from random import Random
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update

from connectors.jira.config import JiraOptions
from connectors.jira.historian import JiraHistorian
from service.programs.answers import encode
from service.programs.cache import cache_of
from service.programs.historians import Historians
from service.programs.kept_histories import ready_histories
from service.programs.read import get_rollup
from service.programs.trend import get_scope, get_trend
from service.store.bulk import insert
from service.store.engine import Database
from service.store.raw import LandedRecord, RawRecords, digest
from service.store.tables.items import item_changes, work_items
from tests.bench.both import ROUNDS, Figures, Question, on_both, settle, show, timed
from tests.bench.rollup import ITEMS, KEY, NOW, PER_PROGRAM, TODAY, fill
from tests.builders import jira

SPAN = timedelta(days=730)
SHARE = 10  # every tenth program has a history; that of the others would only take time to write
PROGRAMS = ITEMS // PER_PROGRAM
HISTORIANS = Historians({"acme-jira": lambda payloads: JiraHistorian(payloads, options=JiraOptions())})

POINTS = "customfield_1"
UTC_ZONE = ZoneInfo("UTC")
CHANGED = "acme-jira:70"  # ten items in a row belong to a program


def main() -> dict[str, Figures]:
    """Median milliseconds by database."""
    measured = on_both(_measure)
    show(f"The past of {PER_PROGRAM:,} of {ITEMS:,} items", measured)
    return measured


async def _measure(database: Database) -> Figures:
    await fill(database)
    await fill_history(database)
    questions: dict[str, Question] = {
        "as of a quarter ago": _as_of(database, 91),
        "as of a year ago": _as_of(database, 365),
        "a year of burn-up": lambda: _trend(database),
        "a year of scope": lambda: _scope(database),
    }
    figures = {
        "reading ahead": await _reading_ahead(database),
        "roll-up of now": await timed(lambda: _rollup(database, None)),
    }
    figures |= {name: await timed(question) for name, question in questions.items()}
    figures |= {f"{name}, one change": await _changing(database, question) for name, question in questions.items()}
    return figures | {f"{name}, not yet read": await _first(database, each) for name, each in questions.items()}


def _as_of(database: Database, days: int) -> Question:
    """Another day each time."""
    back = cycle(range(days - ROUNDS, days + 1))
    return lambda: _rollup(database, NOW - timedelta(days=next(back)))


async def _reading_ahead(database: Database) -> float:
    started = perf_counter()
    await ready_histories(database, now=NOW, historians=HISTORIANS)
    assert KEY in cache_of(database).histories.keys()  # noqa: SIM118 - no dictionary
    return (perf_counter() - started) * 1_000


async def _first(database: Database, question: Question) -> float:
    """Of a program about whose past nobody asked since the process began, and that it did not come to yet."""

    async def forget() -> None:
        cache_of(database).histories.clear()

    return await timed(question, before=forget)


async def _changing(database: Database, question: Question) -> float:
    """One item of the program changes before each question."""

    async def change() -> None:
        async with database.transaction() as uow:
            row = update(work_items).where(work_items.c.uid == CHANGED)
            await uow.connection.execute(row.values(points=func.coalesce(work_items.c.points, 0) + 1))

    return await timed(question, before=change)


async def _rollup(database: Database, moment: datetime | None) -> None:
    cache_of(database).rollups.clear()
    encode(await get_rollup(database, KEY, now=NOW, today=TODAY, as_of=moment, historians=HISTORIANS))


async def _trend(database: Database) -> None:
    since = TODAY - timedelta(days=365)
    encode(await get_trend(database, KEY, since=since, zone=UTC_ZONE, now=NOW, historians=HISTORIANS))


async def _scope(database: Database) -> None:
    since = TODAY - timedelta(days=365)
    encode(await get_scope(database, KEY, since=since, zone=UTC_ZONE, now=NOW, historians=HISTORIANS))


async def fill_history(database: Database) -> None:
    """Of each item of some programs: three transitions, a resolution, an estimate, a due date; and what nobody asks."""
    columns = [column.name for column in item_changes.columns]
    async with database.transaction() as uow:
        payloads = jira.payloads(fields=[jira.a_field(POINTS, "Story Points", jira.FLOAT)])
        records = [LandedRecord("reference", name, None, digest(each), each) for name, each in payloads.items()]
        await RawRecords(uow.connection).land("acme-jira", records, run_id=0, fetched_at=NOW)
        rows = list(_changes(Random(8)))
        await insert(uow.connection, item_changes, columns, rows)
        await uow.connection.execute(update(work_items).values(created_at=NOW - SPAN))
        last = select(func.max(item_changes.c.at)).where(item_changes.c.item_uid == work_items.c.uid).scalar_subquery()
        with_history = work_items.c.uid.in_(select(item_changes.c.item_uid))
        await uow.connection.execute(update(work_items).where(with_history).values(updated_at=last))
    await settle(database)


def _changes(random: Random) -> Iterator[tuple[Any, ...]]:
    for number in range(ITEMS):
        if number // 10 % PROGRAMS % SHARE != int(KEY[1:]) % SHARE:
            continue
        begun = NOW - SPAN + random.random() * SPAN * 0.9
        days = sorted(random.random() * 60 for _ in range(8))
        told = (
            ("status", "1", "3", "To Do", "In Progress"),
            (POINTS, None, None, None, "3"),
            ("status", "3", "1", "In Progress", "To Do"),
            ("duedate", None, "2026-05-01", None, "2026-05-01"),
            ("status", "1", "3", "To Do", "In Progress"),
            ("labels", None, None, "", "late"),
            ("status", "3", "10001", "In Progress", "Done"),
            ("resolution", None, "1", None, "Done"),
        )
        for place, (day, (field, *values)) in enumerate(zip(days, told, strict=True)):
            at = min(begun + timedelta(days=day), NOW - timedelta(hours=9))
            yield (
                f"acme-jira:{number}",
                str(number * 10 + place),
                0,
                at,
                field,
                None,
                values[0],
                values[1],
                values[2],
                values[3],
            )


if __name__ == "__main__":
    main()
