"""`interlock baseline`: what is kept, and how a program stands against it; tables that need no colour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import UNSET
from rich.console import Console
from rich.table import Table
from rich.text import Text

from service import wording
from service.programs.answers import Answer
from service.programs.baseline_answers import (
    BaselineData,
    BaselineList,
    DateVariance,
    EarnedValueData,
    EarnedValues,
    ItemVarianceData,
    ScopeBasis,
    VarianceData,
)
from service.terminal.notes import notes

SHOWN: Final = 20
WHY_NO_FINISH: Final = {
    "empty_baseline": "nothing counted when it was taken",
    "no_estimates": "nothing is estimated",
    "no_dates": "nothing is planned for a day",
    "not_begun": "no day of the plan has passed",
    "nothing_earned": "nothing of it is done yet",
    "beyond_horizon": "at this pace it is more than ten years away",
}
_BASES: Final = ("count", "points", "time")


def render_taken(baseline: BaselineData, console: Console) -> None:
    until = f", planned until {wording.day(baseline.planned_finish)}" if baseline.planned_finish else ""
    said = f"Taken: {baseline.name} (number {baseline.id}), {wording.counted(baseline.items, 'item')}{until}."
    console.print(said, highlight=False, markup=False, soft_wrap=True)


def render_baselines(answer: Answer[BaselineList], console: Console) -> None:
    data = answer.data
    console.print(_title(data.program.name, data.program.key))
    if not data.baselines:
        console.print(f"No baseline yet; `interlock baseline take {data.program.key} NAME` takes one.", highlight=False)
        return
    table = _table("Number", "Name", "As of", "By", "Items", "Points", "Planned until")
    for each in data.baselines:
        table.add_row(
            str(each.id),
            Text(each.name),
            wording.moment(each.as_of),
            Text(each.taken_by),
            f"{each.items:,}",
            "–" if each.points is None else wording.amount(each.points, "points"),
            wording.day(each.planned_finish),
        )
    console.print(table)
    notes(answer, console)


def render_variance(answer: Answer[VarianceData], console: Console) -> None:
    """Dates, scope and earned value of the program, the items that are latest, and what to know before trusting it."""
    data = answer.data
    console.print(_title(data.program.name, data.program.key))
    about = f"Against {data.baseline.name}, as of {wording.moment(data.baseline.as_of)}"
    console.print(Text(about, style="dim"))
    console.print()
    console.print(_dates(data))
    console.print(_scope(data))
    console.print(_earned(data.earned_value))
    late = [item for item in data.items if item.counts and item.finish_days is not None and item.finish_days > 0]
    if late:
        console.print(_items(late))
    notes(answer, console)


def _title(name: str, key: str) -> Text:
    return Text.assemble((name, "bold"), "  ", (key, "dim"))


def _table(*columns: str, left: int = 2) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for place, column in enumerate(columns):
        table.add_column(column, justify="left" if place < left else "right")
    return table


def _dates(data: VarianceData) -> Table:
    table = _table("Date", "Baseline", "Now", "Working days", left=1)
    rows: Sequence[tuple[str, DateVariance]] = (
        ("Start", data.schedule.start),
        ("Finish", data.schedule.finish),
        ("Target", data.schedule.target),
    )
    for word, variance in rows:
        table.add_row(word, wording.day(variance.baseline), wording.day(variance.now), _days(variance.days))
    return table


def _scope(data: VarianceData) -> Table:
    table = _table("Scope", "Baseline", "Removed", "Added", "Split", "Re-estimated", "Now", left=1)
    rows: tuple[tuple[str, ScopeBasis], ...] = tuple((basis, getattr(data.scope, basis)) for basis in _BASES)
    for basis, scope in rows:
        if scope.baseline or scope.now:
            moved = (-scope.removed, scope.added, scope.split, scope.reestimated)
            table.add_row(
                wording.BASES[basis],
                wording.amount(scope.baseline, basis),
                *(_signed(each, basis) for each in moved),
                wording.amount(scope.now, basis),
            )
    return table


def _earned(values: EarnedValues) -> Table:
    table = _table("Earned value", "Planned", "Earned", "Of", "SPI", "SPI(t)", "Finish by SPI(t)", left=1)
    for basis in _BASES:
        told = getattr(values, basis)
        if told is not UNSET:
            table.add_row(wording.BASES[basis], *_earned_row(told, basis))
    return table


def _earned_row(told: EarnedValueData, basis: str) -> list[str]:
    if told.pv is None or told.ev is None or told.bac is None:
        return ["–", "–", "–", "–", "–", WHY_NO_FINISH[told.reason or "no_estimates"]]
    schedule = told.schedule
    finish = schedule.forecast_finish if schedule else None
    late = f" ({_days(schedule.finish_days)})" if schedule and finish else ""
    return [
        wording.amount(told.pv, basis),
        wording.amount(told.ev, basis),
        wording.amount(told.bac, basis),
        _index(told.spi),
        _index(schedule.spi_t if schedule else None),
        WHY_NO_FINISH[told.reason] if told.reason else f"{wording.day(finish)}{late}",
    ]


def _items(items: Sequence[ItemVarianceData]) -> Table:
    table = _table("Latest against the plan", "", "Baseline", "Now", "Working days")
    for item in items:
        nameless = item.key.isdigit()  # a tool that has nothing but numbers
        table.add_row(
            "" if nameless else item.key,
            Text(item.title or (item.uid if nameless else ""), overflow="ellipsis", no_wrap=True),
            wording.day(item.baseline_finish),
            f"done {wording.day(item.finish)}" if item.done else wording.day(item.finish),
            _days(item.finish_days),
        )
    return table


def _days(days: int | None) -> str:
    return "–" if days is None else f"{days:+,}" if days else "0"


def _signed(value: float, basis: str) -> str:
    if not value:
        return "0"
    return f"{'+' if value > 0 else '−'}{wording.amount(abs(value), basis)}"


def _index(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
