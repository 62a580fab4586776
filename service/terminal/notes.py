"""What stands around every table: of when it is, and sentences to read before trusting its numbers."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from service import wording
from service.programs.answers import Answer

GAP: Final = 2  # columns between two columns


def looking_back(as_of: datetime | None, console: Console) -> None:
    """Above an answer about an earlier moment: of when it is."""
    if as_of is not None:
        console.print(Text(f"As of {wording.moment(as_of)}", style="dim"))


def notes(answer: Answer[Any], console: Console) -> None:
    if not answer.warnings:
        return
    console.print()
    console.print("Before trusting the numbers", style="bold")
    table = aligned(gap=1)
    for warning in answer.warnings:
        table.add_row("!", Text(warning.message))
    console.print(Padding(table, (0, 0, 0, 2)), highlight=False)


def aligned(*, gap: int = GAP) -> Table:
    """A word and what belongs to it; what is too long folds beside the word, not below it."""
    table = Table.grid(padding=(0, gap, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column()
    return table
