"""`interlock portfolio` and `interlock attention KEY`: the same answers as the API, for a person or as JSON."""

from __future__ import annotations

from typing import Final

from rich.console import Console

from service.bootstrap import Application
from service.commands.dependencies import viewpoint
from service.programs.answers import encode
from service.programs.attention import get_attention
from service.programs.portfolio import Terms, get_portfolio
from service.terminal.health import SHOWN, render_attention, render_portfolio

ALL: Final = 1_000


async def show_portfolio(app: Application, *, as_json: bool, console: Console, as_of: str | None = None) -> None:
    """Raises InvalidQuery."""
    terms, view = Terms(health=app.settings.health_terms, missing=app.settings.missing_weight), viewpoint(app, as_of)
    answer = await get_portfolio(app.database, view=view, terms=terms)
    if as_json:
        console.out(encode(answer).decode(), highlight=False)
    else:
        render_portfolio(answer, console, earlier=view.earlier)


async def show_attention(
    app: Application, key: str, *, as_json: bool, console: Console, as_of: str | None = None
) -> None:
    """Raises UnknownProgram or InvalidQuery."""
    view = viewpoint(app, as_of)
    answer = await get_attention(
        app.database, key, view=view, terms=app.settings.health_terms, limit=ALL if as_json else SHOWN
    )
    if as_json:
        console.out(encode(answer).decode(), highlight=False)
    else:
        render_attention(answer, console, earlier=view.earlier)
