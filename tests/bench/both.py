"""What benches share that ask the same of a fresh database of each kind, and show the figures side by side."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from statistics import median
from time import perf_counter

from sqlalchemy import text

from service.process import tune_collector
from service.store.engine import Database
from service.store.migrate import upgrade
from tests.fixtures.databases import PostgresTemplate
from tests.fixtures.postgres import running_postgres

ROUNDS = 15

Figures = dict[str, float]
Question = Callable[[], Awaitable[object]]


def on_both(measure: Callable[[Database], Awaitable[Figures]]) -> dict[str, Figures]:
    """Figures by database, in a process tuned like the product's."""
    tune_collector()
    with (
        tempfile.TemporaryDirectory() as folder,
        running_postgres() as server,
        PostgresTemplate(server).copied() as postgresql,
    ):
        sqlite = f"sqlite:///{Path(folder) / 'bench.db'}"
        upgrade(sqlite)
        urls = {"sqlite": sqlite, "postgresql": postgresql}
        return {name: asyncio.run(_opened(measure, url)) for name, url in urls.items()}


async def _opened(measure: Callable[[Database], Awaitable[Figures]], url: str) -> Figures:
    database = Database.open(url)
    try:
        return await measure(database)
    finally:
        await database.aclose()


async def settle(database: Database) -> None:
    """What a server in use does by itself a minute later; that of the tests has it switched off."""
    if database.dialect != "postgresql":
        return
    async with database.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("VACUUM ANALYZE"))


async def timed(question: Question, *, before: Question | None = None) -> float:
    """Median milliseconds, after two rounds that warm connections and statement caches. `before` each is not timed."""
    taken: list[float] = []
    for _ in range(ROUNDS + 2):
        if before is not None:
            await before()
        started = perf_counter()
        await question()
        taken.append((perf_counter() - started) * 1_000)
    return round(median(taken[2:]), 2)


def show(title: str, measured: Mapping[str, Figures]) -> None:
    out = sys.stdout
    out.write(f"{title}, milliseconds (median of {ROUNDS})\n")
    questions = next(iter(measured.values()))
    out.write(f"{'':34}" + "".join(f"{name:>14}" for name in measured) + "\n")
    for question in questions:
        out.write(f"{question:34}" + "".join(f"{each[question]:14.2f}" for each in measured.values()) + "\n")
