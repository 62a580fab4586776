"""How long a throughput forecast and its track record take, of a program with two years of history.

python -m tests.bench forecast
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

import numpy as np

from service.domain.backtest import Rules, back_test
from service.domain.calendars import WorkingCalendar, country_holidays
from service.domain.calibration import calibrate
from service.domain.forecast import TRIALS, Past, seed_of, when_done
from service.domain.outlook import Terms
from service.programs.dependency_terms import DependencyTerms, Viewpoint
from service.programs.forecast import forecast_of
from service.programs.lives import Lives, lives_of
from service.store import migrate
from service.store.engine import Database
from tests.builders.lives import a_team
from tests.programs.finishing import a_finishing_program

ROUNDS = 7
YEARS = 2
PACES = (10.0, 25.0, 50.0)
CALENDAR = WorkingCalendar(country_holidays("ES", range(2024, 2029)))
FIRST = date(2024, 11, 18)


def main() -> None:
    print(f"{'':44}{'ms':>8}")
    for pace in PACES:
        _of_a_team(pace)
    _bare()
    asyncio.run(_first_answer())


def _of_a_team(pace: float) -> None:
    """Half a year of work is left, and for three items that are finished another one comes. Processor time, so that
    neighbours on the core count little."""
    lives, today = a_team(
        first=FIRST,
        weeks=52 * YEARS,
        pace=lambda _: pace,
        backlog=int((26 + 52 * YEARS * 2 / 3) * pace),
        seed=7,
        replaced=1 / 3,
    )
    known = Lives(lives)
    assert known.ledger.created.size == len(lives)  # made once, as it is kept
    terms = Terms(today=today, calendar=CALENDAR, seed=7, target=date(2027, 5, 31), by=date(2027, 2, 1))
    rules = Rules(calendar=CALENDAR, before=today, seed_of=partial(_seed, "CHECKOUT"))
    print(f"{len(lives):,} items, {pace:g} a week, {known.remaining:,} left")
    _line("  when, two ways, how many, and the range", lambda: forecast_of(known, terms))
    _line("  when alone, 10,000 trials", lambda: when_done(known.remaining, Past((int(pace),) * 11 + (3,)), seed=7))
    _line("  track record of two years", lambda: calibrate(back_test(known.ledger, rules)))


def _bare() -> None:
    """The least code: a matrix of drawn weeks and its running sums, 120 weeks long."""
    past = np.array((5, 8, 3, 0, 7, 6, 4, 9, 2, 6, 5, 7), dtype=np.float32)
    random = np.random.default_rng(7)

    def drawn() -> int:
        sums = past[random.integers(0, past.size, size=(TRIALS, 120))].cumsum(axis=1)
        return int((sums < 400).sum())

    _line("floor: 10,000 × 120 weeks drawn and summed", drawn)


async def _first_answer() -> None:
    """From the database, nothing kept: reading the lives of a small program included."""
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/bench.db"
        migrate.upgrade(url)
        database = Database.open(url)
        try:
            await a_finishing_program(database)
            view = Viewpoint(terms=DependencyTerms(), now=datetime(2026, 11, 20, tzinfo=UTC), today=date(2026, 11, 20))
            begun = perf_counter()
            known = await lives_of(database, "CHECKOUT", view)
            print(f"{'reading the lives of ' + str(len(known.lives.every)) + ' items':44}{_ms(begun):>8}")
        finally:
            await database.aclose()


def _ms(begun: float) -> str:
    return f"{(perf_counter() - begun) * 1000:.1f}"


def _line(name: str, ask: Callable[[], object]) -> None:
    took = []
    for _ in range(ROUNDS):
        begun = process_time()
        ask()
        took.append(process_time() - begun)
    print(f"{name:44}{median(took) * 1000:>8.1f}")


def _seed(program: str, origin: date) -> int:
    return seed_of(program, origin.isoformat(), "1")


if __name__ == "__main__":
    main()
