"""Back-tests of the throughput forecast on a recorded tracker: the tables of docs/forecast-calibration.md, again.

python -m tests.bench calibration
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, date, datetime
from functools import partial
from time import process_time

from service.domain.backtest import AnyQuestion, Rules, back_test
from service.domain.calendars import WorkingCalendar
from service.domain.calibration import Calibration, Score, calibrate
from service.domain.forecast import seed_of
from service.programs.dependency_terms import DependencyTerms, Viewpoint
from service.programs.lives import Lives, lives_of
from service.store.engine import Database
from tests.flows.recorded import ALL, recorded

SHOWN = 8  # programs
BEFORE = date(2014, 8, 18)  # the recording ends in that week, but for a few issues that were looked at again
WHOLE = 420  # weeks: more than the recording has
WINDOWS = (6, 12, 26, 52)
PERIODS = (date(2010, 3, 1), date(2011, 9, 5), date(2013, 3, 4), BEFORE)


def main() -> None:
    asyncio.run(_measure())


async def _measure() -> None:
    async with recorded("duraspace") as (database, keys):
        known = {key: await _lives(database, key) for key in keys[:SHOWN]}
        print("\nEvery week of the recording, 12 weeks of history, by program\n")
        _table((key, _calibrated(key, lives, origins=WHOLE)) for key, lives in known.items())
        print("\nAll of it, by how many weeks the forecast is drawn from\n")
        _table((f"{weeks} weeks", _calibrated(ALL, known[ALL], origins=WHOLE, weeks=weeks)) for weeks in WINDOWS)
        print("\nAll of it, as served: the two years before a day\n")
        began = process_time()
        _table((f"before {before}", _calibrated(ALL, known[ALL], before=before)) for before in PERIODS)
        print(f"\n{(process_time() - began) / len(PERIODS):.2f} s of processor time for each of these")


async def _lives(database: Database, key: str) -> Lives:
    view = Viewpoint(terms=DependencyTerms(), now=datetime(2014, 8, 18, tzinfo=UTC), today=BEFORE)
    return (await lives_of(database, key, view)).lives


def _calibrated(key: str, lives: Lives, *, before: date = BEFORE, origins: int = 104, weeks: int = 12) -> Calibration:
    rules = Rules(calendar=WorkingCalendar(), before=before, seed_of=partial(_seed, key), weeks=weeks, origins=origins)
    return calibrate(back_test(lives.ledger, rules))


def _seed(key: str, origin: date) -> int:
    return seed_of(key, origin.isoformat(), "1")


def _table(rows: Iterable[tuple[str, Calibration]]) -> None:
    print("| | question | decided | apart | kept of 50 % | of 85 % | of 95 % | bias | badge |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name, found in rows:
        for place, score in enumerate(found.scores):
            row = (name if not place else "", _question(score.question), _figures(score), score.badge)
            print(f"| {' | '.join(row)} |")


def _question(question: AnyQuestion) -> str:
    return question.replace("_", " ")


def _figures(score: Score) -> str:
    kept = [f"{each.kept:.0%} ({each.interval.low:.0%}–{each.interval.high:.0%})" for each in score.coverage]
    bias = "" if score.bias is None else f"{score.bias:+g}"
    return " | ".join((str(score.decided), f"{score.apart:.0f}", *(kept or ["", "", ""]), bias))


if __name__ == "__main__":
    main()
