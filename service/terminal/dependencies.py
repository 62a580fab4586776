"""`interlock deps KEY`: the dependencies of a program, the worst first, as a table that needs no colour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from service import wording
from service.programs.answers import Answer
from service.programs.dependency_answers import BottleneckData, DependencyHealth, DependencyList, EdgeData, EndData
from service.terminal.notes import aligned, notes

SHOWN: Final = 30
CYCLES_SHOWN: Final = 5
STYLES: Final = {
    "cyclic": "magenta",
    "broken": "bold",
    "blocked": "bold red",
    "off_track": "red",
    "at_risk": "yellow",
    "unknown": "cyan",
    "on_track": "green",
    "resolved": "dim",
}
PLAIN_SYMBOLS: Final = {
    "cyclic": "@",
    "broken": "x",
    "blocked": "#",
    "off_track": "!",
    "at_risk": "~",
    "unknown": "?",
    "on_track": "o",
    "resolved": "+",
}


def render_dependencies(
    answer: Answer[DependencyList], console: Console, *, name: str, key: str, bottlenecks: Sequence[BottleneckData] = ()
) -> None:
    """Score and counts, the worst edges with their reason, bottlenecks, cycles, and what to know before trusting it."""
    data = answer.data
    console.print(Text.assemble((name, "bold"), "  ", (key, "dim")))
    console.print(_score(data.health), highlight=False)
    console.print(_counts(data.health, console), highlight=False)
    if data.dependencies:
        console.print()
        console.print(_edges(data.dependencies, console), highlight=False)
        if data.total > len(data.dependencies):
            rest = data.total - len(data.dependencies)
            console.print(f"  and {rest:,} more with --json", style="dim", highlight=False)
    _bottlenecks(bottlenecks, console)
    _cycles(data.health.cycles, data.dependencies, console)
    notes(answer, console)


def status_text(status: str, console: Console) -> Text:
    """Symbol and word, in the colour of the status."""
    return Text(f"{symbol(status, console)} {wording.DEPENDENCIES[status]}", style=STYLES[status])


def symbol(status: str, console: Console) -> str:
    return (wording.DEPENDENCY_SYMBOLS if _knows_symbols(console) else PLAIN_SYMBOLS)[status]


def _knows_symbols(console: Console) -> bool:
    return console.encoding.lower().startswith("utf")


def _score(health: DependencyHealth) -> Text:
    if health.score is None:
        return Text.assemble("Dependency health  ", ("no open dependencies", "dim"))
    return Text.assemble("Dependency health  ", (f"{health.score:.0f}", "bold"), " of 100")


def _counts(health: DependencyHealth, console: Console) -> Text:
    """What there is of each status, the worst first."""
    found = [(status, getattr(health.counts, status)) for status in wording.DEPENDENCIES]
    parts = [
        Text(f"{symbol(status, console)} {number:,} {wording.DEPENDENCIES[status].lower()}", style=STYLES[status])
        for status, number in found
        if number
    ]
    return Text("   ").join(parts)


def _edges(edges: Sequence[EdgeData], console: Console) -> Table:
    """Two lines an edge: who waits for whom, and below it why it stands as it does."""
    table = aligned()
    for edge in edges:
        table.add_row(status_text(edge.status, console), _who(edge, console))
        table.add_row(Text(_gap(edge), style=STYLES[edge.status]), _why(edge))
    return table


def _who(edge: EdgeData, console: Console) -> Text:
    arrow = "←" if _knows_symbols(console) else "<-"
    return Text.assemble(*_end(edge.successor), (f"  {arrow} waits for  ", "dim"), *_end(edge.predecessor))


def _why(edge: EdgeData) -> Text:
    marks = ["suggested, not confirmed"] if not edge.confirmed else []
    marks += ["stale data"] if edge.stale else []
    marks += [f"{wording.counted(edge.downstream_items, 'item')} behind it"] if edge.downstream_items else []
    reason = edge.reasons[0].message if edge.reasons else ""  # what says most; the others are in the JSON
    return Text(f"{reason} ({'; '.join(marks)})" if marks else reason, style="dim")


def _end(end: EndData) -> list[tuple[str, str]]:
    away = "" if end.visible else f" ({wording.PRESENCES.get(end.presence, end.presence)})"
    nameless = end.key.isdigit()  # a tool that has nothing but numbers
    return [
        ("" if nameless else f"{end.key} ", "bold"),
        (end.title or (end.uid if nameless else ""), ""),
        (away, "dim"),
    ]


def _gap(edge: EdgeData) -> str:
    """Working days waited, or the gap: a minus where it comes too late, a plus where there is time."""
    if edge.status == "blocked" and edge.blocked_days is not None:
        return f"  {edge.blocked_days:,} d waiting"
    if edge.gap_days is None or edge.status in ("resolved", "broken", "cyclic"):
        return ""
    return f"  {edge.gap_days:+,} d"


def _bottlenecks(found: Sequence[BottleneckData], console: Console) -> None:
    """What is waited for most, each with how much work waits."""
    items = [(each.item, each.waiting) for each in found if each.item is not None]
    if not items:
        return
    console.print()
    console.print("What most work waits for", style="bold")
    for item, waiting in items:
        told = Text.assemble(*_end(item), (f"  {wording.counted(waiting, 'item')}", "dim"))
        console.print(Padding(told, (0, 0, 0, 2)), highlight=False)


def _cycles(cycles: Sequence[Sequence[str]], edges: Sequence[EdgeData], console: Console) -> None:
    if not cycles:
        return
    called = {end.uid: _key(end) for edge in edges for end in (edge.predecessor, edge.successor)}
    console.print()
    console.print("Items that wait for each other", style="bold")
    for cycle in cycles[:CYCLES_SHOWN]:
        arrow = " → " if _knows_symbols(console) else " > "
        walk = arrow.join(called.get(uid, uid) for uid in (*cycle, cycle[0]))
        console.print(Padding(Text(f"{symbol('cyclic', console)} {walk}", style=STYLES["cyclic"]), (0, 0, 0, 2)))
    if len(cycles) > CYCLES_SHOWN:
        console.print(f"  and {len(cycles) - CYCLES_SHOWN} more with --json", highlight=False)


def _key(end: EndData) -> str:
    return f"“{end.title}”" if end.key.isdigit() and end.title else end.key
