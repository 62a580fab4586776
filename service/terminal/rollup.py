"""`interlock rollup KEY`: one program as a table that a person likes to read."""

from __future__ import annotations

from msgspec import UnsetType
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from service import wording
from service.programs.answers import Answer, BreakdownRow, CountProgress, RollupData, WeightedProgress
from service.terminal.bars import bar
from service.terminal.notes import GAP, aligned, notes

Progress = CountProgress | WeightedProgress
CONFLICTS_SHOWN = 5
BAR_LEAST, BAR_MOST = 8, 30
PERCENT = 4  # columns of a percentage


def render_rollup(answer: Answer[RollupData], console: Console) -> None:
    """Header, progress on each basis, breakdown, contradicting dates, sources and warnings."""
    data = answer.data
    console.print(Text.assemble((data.program.name, "bold"), "  ", (data.program.key, "dim")))
    console.print(_dates(answer), style="dim", highlight=False)
    console.print()
    console.print(_bases(data, console), highlight=False)
    console.print(_scope(data), style="dim", highlight=False)
    if data.breakdown:
        console.print()
        console.print(_breakdown(data, console), highlight=False)
    _conflicts(data, console)
    notes(answer, console)


def _dates(answer: Answer[RollupData]) -> Table:
    dates = answer.data.dates
    table = aligned()
    table.add_row("planned", wording.span(dates.start, dates.due))
    table.add_row("work", wording.span(dates.rolled_start, dates.rolled_due))
    table.add_row("as of", wording.moment(answer.as_of) if answer.as_of else "no complete sync yet")
    return table


def _bases(data: RollupData, console: Console) -> Table:
    """The bar takes the room that label, percentage and amount leave; below its least width the amount folds."""
    measured = {basis: progress for basis in wording.BASES if not isinstance(progress := _of(data, basis), UnsetType)}
    amounts = {basis: _amount(progress, basis) for basis, progress in measured.items()}
    labels = max((len(wording.BASES[basis]) for basis in measured), default=0)
    room = console.width - labels - max(map(len, amounts.values()), default=0) - PERCENT - 3 * GAP
    width = max(BAR_LEAST, min(BAR_MOST, room))
    table = Table.grid(padding=(0, GAP))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, min_width=width)
    table.add_column(no_wrap=True, justify="right")
    table.add_column()
    for basis, progress in measured.items():
        if progress.value is None:
            table.add_row(wording.BASES[basis], Text(_reason(progress), style="dim"), "", "")
            continue
        bar_ = _bar(progress, width, console)
        share = Text(wording.percent(progress.value), style="bold")
        table.add_row(wording.BASES[basis], bar_, share, amounts[basis])
    return table


def _of(data: RollupData, basis: str) -> Progress | UnsetType:
    progress: Progress | UnsetType = getattr(data.progress, basis)
    return progress


def _amount(progress: Progress, basis: str) -> str:
    done, total = wording.amount(progress.done, basis), wording.amount(progress.total, basis)
    return f"{done} of {total}{_coverage(progress)}"


def _scope(data: RollupData) -> str:
    excluded = data.scope.excluded
    numbers = {
        "cancelled": excluded.cancelled,
        "has_children": excluded.has_children,
        "subtask": excluded.subtask,
    }
    rest = [wording.excluded(number, reason) for reason, number in numbers.items() if number]
    return f"{wording.counted(data.scope.items, 'item')}, {', '.join([f'{data.scope.countable:,} count', *rest])}"


def _breakdown(data: RollupData, console: Console) -> Table:
    by = data.breakdown[0].by
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column(wording.BREAKDOWNS.get(by, by), overflow="fold", min_width=10)
    table.add_column("", no_wrap=True, min_width=_row_bar(console))
    table.add_column("Done", justify="right", no_wrap=True)
    table.add_column("Items", justify="right", no_wrap=True)
    if console.width >= 72:
        table.add_column("Points", justify="right", no_wrap=True)
    for row in data.breakdown:
        table.add_row(*_row(row, by, console)[: len(table.columns)])
    return table


def _row(row: BreakdownRow, by: str, console: Console) -> list[Text | str]:
    measured = (row.progress.count, row.progress.points, row.progress.time)
    basis = next((each for each in measured if not isinstance(each, UnsetType)), None)
    count, points = row.progress.count, row.progress.points
    name = _name(row, by)
    if basis is None:
        return [name, "", "–", "–", "–"]
    return [
        name,
        _bar(basis, _row_bar(console), console) if basis.value is not None else Text(""),
        wording.percent(basis.value),
        f"{count.done:,}/{count.total:,}" if isinstance(count, CountProgress) else f"{row.scope.countable:,}",
        "–" if isinstance(points, UnsetType) or points.value is None else wording.percent(points.value),
    ]


def _name(row: BreakdownRow, by: str) -> Text:
    if row.key is None:
        return Text(f"no {wording.BREAKDOWNS.get(by, by).lower()}", style="dim")
    if row.name and row.name != row.key:
        return Text.assemble(row.name, " ", (row.key, "dim"))
    return Text(row.key)


def _conflicts(data: RollupData, console: Console) -> None:
    conflicts = data.dates.conflicts
    if not conflicts:
        return
    console.print()
    console.print("Dates that contradict each other", style="bold")
    table = aligned()
    for each in conflicts[:CONFLICTS_SHOWN]:
        what = wording.CONFLICTS.get(each.code, each.code)
        found = f"{what}: {wording.day(each.rolled)} against {wording.day(each.own)}"
        if each.uid is None:
            table.add_row(data.program.key, found)
        else:
            table.add_row(_known_by(each.uid, each.key), Text.assemble(each.title or "", "\n", (found, "dim")))
    console.print(Padding(table, (0, 0, 0, 2)), highlight=False)
    if len(conflicts) > CONFLICTS_SHOWN:
        console.print(f"  and {len(conflicts) - CONFLICTS_SHOWN} more with --json", highlight=False)


def _known_by(uid: str, key: str | None) -> str:
    """The key; where the tool has only a number for the item, the name of the source, beside the title."""
    source, _, native_id = uid.partition(":")
    return uid if key is None else source if key == native_id else key


def _row_bar(console: Console) -> int:
    return 12 if console.width >= 60 else 6


def _bar(progress: Progress, width: int, console: Console) -> Text:
    return bar(progress.done, progress.in_progress, progress.total, width=width, encoding=console.encoding)


def _coverage(progress: Progress) -> str:
    if isinstance(progress, CountProgress) or progress.coverage is None:
        return ""
    return f", {wording.percent(progress.coverage)} estimated"


def _reason(progress: Progress) -> str:
    reason = progress.reason
    return "no percentage" if isinstance(reason, UnsetType) or reason is None else wording.REASONS.get(reason, reason)
