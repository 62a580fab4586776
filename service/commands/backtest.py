"""`interlock forecast KEY --backtest`: how past forecasts by dependencies held, beside those by throughput."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from service.bootstrap import Application
from service.commands.dependencies import viewpoint
from service.programs.answers import encode
from service.programs.network_backtest import USUAL, BacktestQuestion, get_backtest
from service.programs.track_records import keep_track_record
from service.terminal.backtest import render_backtest


async def show_backtest(
    app: Application, key: str, question: BacktestQuestion, *, as_json: bool, console: Console
) -> None:
    """A bar on a terminal's standard error meanwhile: it takes a second or more for each Monday of a large program."""
    errors = Console(stderr=True)
    with Progress(
        TextColumn("Mondays"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=errors,
        transient=True,
        disable=not errors.is_terminal,
    ) as bar:
        task = bar.add_task("", total=None)
        view = viewpoint(app)
        answer = await get_backtest(
            app.database,
            key,
            view=view,
            historians=app.historians,
            question=question,
            progress=lambda done, of: bar.update(task, completed=done, total=of),
        )
    if question == USUAL:
        await keep_track_record(app.database, answer.data, today=view.today)
    if as_json:
        console.out(encode(answer).decode(), highlight=False)
    else:
        render_backtest(answer, console)
