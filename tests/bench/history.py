"""How long answers about the past take, for a program of 5,000 items with two years of history: a roll-up as of a day a
quarter and a year ago, and a year of daily burn-up. From the database to encoded bytes; with nothing kept and, as it
is when somebody looks at one day after the other, with the history that the first question read.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update

from connectors.jira.config import JiraOptions
from connectors.jira.historian import JiraHistorian
from service.programs.answers import encode
from service.programs.cache import cache_of
from service.programs.historians import Historians
from service.programs.read import get_rollup
from service.programs.trend import get_scope, get_trend
from service.store.bulk import insert
from service.store.engine import Database
from service.store.raw import LandedRecord, RawRecords, digest
from service.store.tables.items import item_changes, work_items
from tests.bench.both import Figures, on_both, settle, show, timed
from tests.bench.rollup import ITEMS, KEY, NOW, PER_PROGRAM, TODAY, fill
from tests.builders import jira

SPAN = timedelta(days=730)
SHARE = 10  # every tenth program has a history; that of the others would only take time to write
PROGRAMS = ITEMS // PER_PROGRAM
HISTORIANS = Historians({"acme-jira": lambda payloads: JiraHistorian(payloads, options=JiraOptions())})

POINTS = "customfield_1"
UTC_ZONE = ZoneInfo("UTC")


def main() -> dict[str, Figures]:
    """Median milliseconds by database."""
    measured = on_both(_measure)
    show(f"The past of {PER_PROGRAM:,} of {ITEMS:,} items", measured)
    return measured


async def _measure(database: Database) -> Figures:
    await fill(database)
    await fill_history(database)
    return {
        "roll-up of now": await timed(lambda: _rollup(database, None)),
        "roll-up as of a quarter ago": await timed(lambda: _rollup(database, NOW - timedelta(days=91))),
        "roll-up as of a year ago": await timed(lambda: _rollup(database, NOW - timedelta(days=365))),
        "the same, history kept": await timed(lambda: _rollup(database, NOW - timedelta(days=365), kept=True)),
        "a year of daily burn-up": await timed(lambda: _trend(database)),
        "the burn-up, history kept": await timed(lambda: _trend(database, kept=True)),
        "a year of scope changes": await timed(lambda: _scope(database)),
    }


async def _rollup(database: Database, moment: datetime | None, *, kept: bool = False) -> None:
    _forget(database, histories=not kept)
    encode(await get_rollup(database, KEY, now=NOW, today=TODAY, as_of=moment, historians=HISTORIANS))


async def _trend(database: Database, *, kept: bool = False) -> None:
    _forget(database, histories=not kept)
    since = TODAY - timedelta(days=365)
    encode(await get_trend(database, KEY, since=since, zone=UTC_ZONE, now=NOW, historians=HISTORIANS))


async def _scope(database: Database) -> None:
    _forget(database, histories=True)
    since = TODAY - timedelta(days=365)
    encode(await get_scope(database, KEY, since=since, zone=UTC_ZONE, now=NOW, historians=HISTORIANS))


def _forget(database: Database, *, histories: bool) -> None:
    cache_of(database).rollups.clear()
    if histories:
        cache_of(database).histories.clear()


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
