"""`interlock forecast KEY`: when a program will be done and how sure that is, in a few lines or as the API's JSON."""

from __future__ import annotations

from datetime import date

from rich.console import Console

from service.bootstrap import Application
from service.commands.dependencies import viewpoint
from service.programs.answers import encode
from service.programs.forecast import ForecastQuestion, get_forecast
from service.terminal.forecast import render_forecast


async def show_forecast(
    app: Application, key: str, *, by: date | None, weeks: int, as_json: bool, console: Console
) -> None:
    answer = await get_forecast(app.database, key, view=viewpoint(app), question=ForecastQuestion(weeks, by))
    if as_json:
        console.out(encode(answer).decode(), highlight=False)
    else:
        render_forecast(answer, console)
