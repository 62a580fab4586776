"""`interlock check`: one line for everything a sync needs, with what to do about what is amiss."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from msgspec import Struct
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from service.api.concerns import Severity, worst
from service.terminal.marks import mark


class Line(Struct, frozen=True):
    """What was looked at. `severity` is well, note, attention or failed; a `remedy` says what to do."""

    subject: str
    severity: str
    message: str
    remedy: str | None = None


class Diagnosis(Struct, frozen=True):
    """`verdict` is the worst of the lines: well, attention or failed."""

    verdict: str
    lines: tuple[Line, ...]


def diagnosis_of(lines: Iterable[Line]) -> Diagnosis:
    told = tuple(lines)
    return Diagnosis(worst(line.severity for line in told), told)


def render_check(diagnosis: Diagnosis, console: Console) -> None:
    """By subject, in the order in which they were looked at; last the verdict."""
    for subject, lines in groupby(diagnosis.lines, key=lambda line: line.subject):
        console.print(Text(subject, style="bold"), highlight=False)
        table = Table.grid(padding=(0, 1, 0, 0))
        table.add_column(no_wrap=True)
        table.add_column()
        for line in lines:
            remedy = "" if line.remedy is None else f"\n{line.remedy}"
            table.add_row(mark(line.severity, encoding=console.encoding), Text.assemble(line.message, (remedy, "dim")))
        console.print(Padding(table, (0, 0, 0, 2), expand=False), highlight=False)
    console.print()
    console.print(
        Text.assemble(mark(diagnosis.verdict, encoding=console.encoding), " ", _verdict(diagnosis)), highlight=False
    )


def _verdict(diagnosis: Diagnosis) -> str:
    wrong = sum(line.severity == Severity.FAILED for line in diagnosis.lines)
    doubtful = sum(line.severity == Severity.ATTENTION for line in diagnosis.lines)
    match Severity(diagnosis.verdict):
        case Severity.FAILED:
            return f"A sync would not be complete: {_things(wrong)} to put right first."
        case Severity.ATTENTION:
            return f"A sync would be complete; {_things(doubtful)} to look at."
        case _:
            return "A sync would be complete."


def _things(number: int) -> str:
    return "1 thing" if number == 1 else f"{number} things"
