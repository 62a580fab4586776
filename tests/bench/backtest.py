"""Back-tests of the forecast by dependencies on a recorded tracker, and of the throughput forecast of the same items:
the tables of docs/forecast-calibration.md under "By dependencies", again. Minutes.

python -m tests.bench backtest
"""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, time
from time import perf_counter

from connectors.jira.config import JiraOptions
from connectors.jira.historian import JiraHistorian
from service.programs.backtest_answers import BacktestData
from service.programs.dependency_terms import DependencyTerms, Viewpoint
from service.programs.historians import Historians
from service.programs.network_backtest import BacktestQuestion, get_backtest
from service.programs.track_record_answers import ScoreData
from service.store.engine import Database
from tests.bench.calibration import BEFORE, PERIODS
from tests.flows.recorded import ALL, recorded

PROJECTS = 3  # the largest
ORIGINS = 104
HISTORIANS = Historians({"acme": lambda payloads: JiraHistorian(payloads, options=JiraOptions())})


def main() -> None:
    asyncio.run(_measure())


async def _measure() -> None:
    async with recorded("duraspace") as (database, keys):
        print("\nThe two years before a day\n")
        _head()
        for before in PERIODS:
            await _row(database, ALL, f"{ALL}, before {before}", before)
        for key in [key for key in keys if key != ALL][:PROJECTS]:
            await _row(database, key, f"{key}, before {BEFORE}", BEFORE)


async def _row(database: Database, key: str, name: str, before: date) -> None:
    began = perf_counter()
    view = Viewpoint(terms=DependencyTerms(), now=datetime.combine(before, time(9), UTC), today=before)
    answer = await get_backtest(
        database, key, view=view, historians=HISTORIANS, question=BacktestQuestion(origins=ORIGINS)
    )
    took = (perf_counter() - began) / max(answer.data.origins, 1)
    _show(name, answer.data)
    print(f"<!-- {took:.2f} s a Monday; {[each.message for each in answer.data.comparisons]} -->", flush=True)


def _head() -> None:
    print("| | question | model | decided | apart | kept of 50 % | of 85 % | of 95 % | bias | loss | badge |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")


def _show(name: str, data: BacktestData) -> None:
    losses = {each.question: each for each in data.comparisons}
    for question in ("open_finished", "begun_finished", "milestones", "open_scope"):
        for told in data.models:
            for score in told.scores:
                if score.question == question and score.decided:
                    both = losses.get(question)
                    loss = None if both is None else getattr(both, told.model)
                    row = (name, question.replace("_", " "), told.model, _figures(score, loss), score.badge)
                    print(f"| {' | '.join(row)} |")
                    name = ""


def _figures(score: ScoreData, loss: float | None) -> str:
    kept = [f"{each.kept:.0%} ({each.low:.0%}–{each.high:.0%})" for each in score.coverage]
    bias = "" if score.bias is None else f"{score.bias:+g}"
    lost = "" if loss is None else f"{loss:.1f}"
    return " | ".join((str(score.decided), f"{score.not_overlapping:.0f}", *kept, bias, lost))


if __name__ == "__main__":
    main()
