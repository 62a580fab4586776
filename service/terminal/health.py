"""`interlock portfolio` and `interlock attention KEY`: tables that need no colour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from service import wording
from service.programs.answers import Answer
from service.programs.health_answers import AttentionData, Concern, PortfolioData, PortfolioRow
from service.terminal.notes import looking_back, notes

SHOWN: Final = 20
INDENT: Final = (0, 0, 0, 2)
STYLES: Final = {"red": "bold red", "amber": "yellow", "green": "green", "grey": "dim"}
PLAIN_SYMBOLS: Final = {"red": "#", "amber": "~", "green": "o", "grey": "?"}


def render_portfolio(answer: Answer[PortfolioData], console: Console, *, earlier: datetime | None = None) -> None:
    """One line a program, in the order of the programs file; below it what makes a colour, and what to know.

    `earlier` is the moment that it is about, where that is not now.
    """
    looking_back(earlier, console)
    data = answer.data
    if not data.programs:
        console.print("No programs yet; `interlock programs apply FILE` makes some.", highlight=False)
        return
    console.print(_counts(data, console), highlight=False)
    console.print()
    console.print(_programs(data.programs, console), highlight=False)
    notes(answer, console)


def render_attention(answer: Answer[AttentionData], console: Console, *, earlier: datetime | None = None) -> None:
    """The most pressing first, each with why and whom to ask. `earlier` as above."""
    looking_back(earlier, console)
    data = answer.data
    console.print(Text.assemble((data.program.name, "bold"), "  ", (data.program.key, "dim")))
    if not data.attention:
        console.print("Nothing needs chasing today." if earlier is None else "Nothing needed chasing then.")
        notes(answer, console)
        return
    said = ", ".join(f"{number} {wording.TROUBLES[kind].lower()}" for kind, number in _by_number(data))
    console.print(f"{wording.counted(data.total, 'thing')} to chase: {said}", highlight=False)
    console.print()
    console.print(_concerns(data.attention), highlight=False)
    if data.total > len(data.attention):
        console.print(f"  and {data.total - len(data.attention):,} more with --json", style="dim", highlight=False)
    notes(answer, console)


def colour_text(colour: str, console: Console) -> Text:
    """Symbol and word."""
    return Text(f"{_symbol(colour, console)} {wording.HEALTH[colour]}", style=STYLES[colour])


def _symbol(colour: str, console: Console) -> str:
    return (wording.HEALTH_SYMBOLS if console.encoding.lower().startswith("utf") else PLAIN_SYMBOLS)[colour]


def _counts(data: PortfolioData, console: Console) -> Text:
    """How many there are of each colour, the worst first."""
    parts = [
        Text(f"{_symbol(colour, console)} {number} {wording.HEALTH[colour].lower()}", style=STYLES[colour])
        for colour, number in data.health.items()
        if number
    ]
    return Text("   ").join([Text(wording.counted(len(data.programs), "program"), style="bold"), *parts])


def _programs(rows: Sequence[PortfolioRow], console: Console) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("Program", "Health", "Why"):
        table.add_column(name, overflow="fold")
    for name in ("Done", "Target", "Finish", "Waiting", "As of"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(
            Text.assemble((row.name, "bold"), "\n", (row.key, "dim")),
            _health(row, console),
            _why(row),
            f"{wording.percent(row.progress.count.value)} of {row.progress.count.total:,}",
            wording.day(row.dates.target),
            wording.day(row.dates.finish),
            _waiting(row),
            _fresh(row),
        )
    return table


def _health(row: PortfolioRow, console: Console) -> Text:
    """The colour that counts; below it who says otherwise."""
    health = row.health
    said = colour_text(health.effective, console)
    if health.override is not None:
        said.append(f"\ndecided; computed {health.computed}", style="dim")
    elif health.disagreement == "watermelon":
        said.append("\nstated green", style="bold")
    return said


def _why(row: PortfolioRow) -> str:
    if row.health.computed == "green":
        return ""
    return ", ".join(wording.RULES[rule] for rule in row.health.rules)


def _waiting(row: PortfolioRow) -> str:
    counts = row.dependencies.counts
    found = [
        f"{number} {wording.DEPENDENCIES[status].lower()}"
        for status in ("blocked", "off_track", "at_risk")
        if (number := getattr(counts, status))
    ]
    return "\n".join(found) or "–"


def _fresh(row: PortfolioRow) -> str:
    told = wording.age(row.freshness.lag_seconds)
    return told if row.freshness.complete else f"{told}\nincomplete"


def _by_number(data: AttentionData) -> list[tuple[str, int]]:
    return sorted(data.counts.items(), key=lambda each: (-each[1], list(wording.TROUBLES).index(each[0])))


def _concerns(found: Sequence[Concern]) -> Padding:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for each in found:
        who = ", ".join(name for name in (each.who.name, each.who.team) if name)
        table.add_row(
            f"{each.score.total:.0f}",
            Text(wording.TROUBLES[each.kind], style="bold"),
            Text.assemble(each.what, " ", (each.why, "dim"), (f"  Ask {who}." if who else "", "dim")),
        )
    return Padding(table, INDENT)
