"""`interlock forecast KEY`: the days, the chance of the target, and how far such forecasts could be trusted so far."""

from __future__ import annotations

from datetime import date
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from service import wording
from service.programs.answers import Answer
from service.programs.chances import ChanceData
from service.programs.forecast_answers import FinishData, ForecastData, OutlookData
from service.programs.track_record_answers import TrackRecord
from service.terminal.notes import aligned, notes

BADGES: Final = {
    "calibrated": "green",
    "underconfident": "yellow",
    "overconfident": "red",
    "insufficient": "dim",
}
LIKELY, DOUBTFUL = 0.85, 0.5  # as in health: below the one it is at risk, below the other off track


def render_forecast(answer: Answer[ForecastData], console: Console) -> None:
    """The sentence first, then both ways to count the scope, what by the day asked for, and the track record."""
    data = answer.data
    console.print(Text.assemble((data.program.name, "bold"), "  ", (data.program.key, "dim")))
    console.print(Text(data.message))
    if data.forecast is not None:
        console.print()
        console.print(_dates(data), highlight=False)
        console.print(_details(data.forecast), highlight=False)
    console.print()
    badge = data.calibration.badge
    console.print(Text.assemble("Track record  ", (badge, BADGES[badge]), f"  {data.calibration.message}"))
    if data.dependency_aware is not None and data.dependency_aware.dates is not None:
        console.print(_of_dependencies(data.dependency_aware.track_record))
    notes(answer, console)


def _of_dependencies(record: TrackRecord) -> Text:
    if record.badge is None:
        return Text(record.message, style="dim")
    return Text.assemble("By dependencies  ", (record.badge, BADGES[record.badge]), f"  {record.message}")


def _dates(data: ForecastData) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    target = "" if data.target is None else f"by {data.target}"
    for heading in ("", "50 %", "85 %", "95 %", target):
        table.add_column(heading, no_wrap=True, header_style="dim")
    for outlook, since in ((data.forecast, ""), (data.recent, "since the pace changed, ")):
        if outlook is not None:
            table.add_row(f"{since}no work added", *_row(outlook.without_growth))
            table.add_row(f"{since}scope grows as it did", *_row(outlook.with_growth))
    told = data.dependency_aware
    if told is not None and told.dates is not None:
        table.add_row("by dependencies", *_row(FinishData(told.dates, told.on_target)))
    if data.calibration.recalibrated is not None:
        table.add_row("as past dates were kept", *_row(FinishData(data.calibration.recalibrated, None)))
    return table


def _row(finish: FinishData) -> list[Text]:
    dates = [Text(_day(each)) for each in (finish.dates.p50, finish.dates.p85, finish.dates.p95)]
    return [*dates, _chance(finish.on_target)]


def _chance(chance: ChanceData | None) -> Text:
    if chance is None:
        return Text("")
    style = "green" if chance.value >= LIKELY else "yellow" if chance.value >= DOUBTFUL else "red"
    return Text(f"{_percent(chance.value)} ({_percent(chance.low)} to {_percent(chance.high)})", style=style)


def _percent(share: float) -> str:
    """Only what is certain in every trial is 100 %."""
    whole = round(share * 100)
    if 0 < share < 1:
        whole = min(max(whole, 1), 99)
    return f"{whole} %"


def _details(outlook: OutlookData) -> Table:
    table = aligned()
    drawn = f"{wording.counted(outlook.weeks, 'week')} from {outlook.first_week}"
    table.add_row(Text("drawn from", style="dim"), drawn)
    between = f"{_day(outlook.p85_range.low)} to {_day(outlook.p85_range.high)}"
    table.add_row(Text("85 % may as well be", style="dim"), f"{between}, had other weeks like these been seen")
    if outlook.how_many is not None:
        many = outlook.how_many
        table.add_row(
            Text(f"by {many.by}", style="dim"),
            f"{many.p50} items or more at 50 %, {many.p85} at 85 %, {many.p95} at 95 %",
        )
    return table


def _day(day: date | None) -> str:
    return "beyond five years" if day is None else day.isoformat()
