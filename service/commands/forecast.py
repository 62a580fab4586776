"""`interlock forecast KEY`: when a program will be done and how sure that is, in a few lines or as the API's JSON."""

from __future__ import annotations

from datetime import date

from rich.console import Console

from service.bootstrap import Application
from service.commands.dependencies import viewpoint
from service.programs.answers import encode
from service.programs.forecast import ForecastQuestion, get_forecast
from service.terminal.forecast import render_forecast
from service.terminal.notes import looking_back


async def show_forecast(
    app: Application,
    key: str,
    *,
    by: date | None,
    weeks: int,
    as_json: bool,
    console: Console,
    as_of: str | None = None,
) -> None:
    """As it is, or as it would have been said then. Raises UnknownProgram or InvalidQuery."""
    present, seen = viewpoint(app), viewpoint(app, as_of)
    question = ForecastQuestion(weeks, by)
    answer = await get_forecast(
        app.database, key, view=present, question=question, as_of=seen.as_of, historians=app.historians
    )
    if as_json:
        console.out(encode(answer).decode(), highlight=False)
        return
    looking_back(seen.earlier, console)
    render_forecast(answer, console)
