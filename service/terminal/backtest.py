"""`interlock forecast KEY --backtest`: how often each model kept what it would have promised, and which was nearer."""

from __future__ import annotations

from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from service import wording
from service.programs.answers import Answer
from service.programs.backtest_answers import BacktestData
from service.programs.track_record_answers import CoverageData, ScoreData
from service.terminal.forecast import BADGES
from service.terminal.notes import aligned, notes

QUESTIONS: Final = {
    "open_finished": "Open items finished in four weeks",
    "begun_finished": "Work in progress finished in four weeks",
    "milestones": "Milestones reached",
    "open_scope": "All open work done",
}
MODELS: Final = {"dependencies": "by dependencies", "throughput": "by throughput"}
NUMBERS: Final = ("decided", "apart", "kept of 50 %", "of 85 %", "of 95 %", "bias")
UNITS: Final = {"items": "items", "working_days": "days"}


def render_backtest(answer: Answer[BacktestData], console: Console) -> None:
    """Question by question both models, then a sentence on each, and on which was nearer."""
    data = answer.data
    console.print(Text.assemble((data.program.name, "bold"), "  ", (data.program.key, "dim")))
    if data.first_origin is None:
        console.print("No Monday lies far enough back: work began less than two weeks ago.")
        notes(answer, console)
        return
    mondays = wording.counted(data.origins, "Monday")
    console.print(f"Asked of {mondays} from {data.first_origin} to {data.last_origin}, about what was open then.")
    console.print()
    console.print(_scores(data), highlight=False)
    console.print()
    console.print(_verdicts(data), highlight=False)
    for each in data.comparisons:
        console.print(Text(each.message))
    notes(answer, console)


def _scores(data: BacktestData) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    table.add_column("", no_wrap=True)
    for heading in NUMBERS:
        table.add_column(heading, no_wrap=True, header_style="dim", justify="right")
    table.add_column("", no_wrap=True)
    for question, words in QUESTIONS.items():
        rows = [(each.model, score) for each in data.models for score in each.scores if score.question == question]
        if not any(score.decided for _, score in rows):
            continue
        table.add_row(Text(words, style="bold"))
        for model, score in rows:
            table.add_row(f"  {MODELS[model]}", *_figures(score), Text(score.badge, style=BADGES[score.badge]))
    return table


def _figures(score: ScoreData) -> list[str]:
    kept = [_kept(each) for each in score.coverage] or [""] * 3
    bias = "" if score.bias is None else f"{score.bias:+g} {UNITS[score.unit]}"
    return [str(score.decided), f"{score.not_overlapping:.0f}", *kept, bias]


def _kept(told: CoverageData) -> str:
    return f"{told.kept:.0%} ({told.low:.0%}–{told.high:.0%})"


def _verdicts(data: BacktestData) -> Table:
    table = aligned()
    for each in data.models:
        badge = Text(each.badge, style=BADGES[each.badge])
        table.add_row(Text(MODELS[each.model]), Text.assemble(badge, f"  {each.message}"))
    return table
