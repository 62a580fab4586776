"""`interlock baseline take|list|show`: the same answers as the API, for a person or as JSON."""

from __future__ import annotations

from typing import Final

from rich.console import Console

from service.bootstrap import Application
from service.commands.dependencies import viewpoint
from service.commands.keys import TERMINAL, actor
from service.programs.answers import encode
from service.programs.baselines import get_baseline, list_baselines, take_baseline
from service.terminal.baselines import SHOWN, render_baselines, render_taken, render_variance
from service.terminal.notes import looking_back, notes

ALL: Final = 1_000


async def take(
    app: Application, key: str, name: str, *, note: str | None, as_of: str | None, as_json: bool, console: Console
) -> None:
    """Raises UnknownProgram, BaselineExists, InvalidChange."""
    answer = await take_baseline(
        app.database,
        key,
        name=name,
        note=note,
        as_of=as_of,
        view=viewpoint(app),
        actor=actor(),
        origin=TERMINAL,
        historians=app.historians,
    )
    if as_json:
        console.out(encode(answer).decode(), highlight=False)
    else:
        render_taken(answer.data.baseline, console)
        notes(answer, console)


async def show_all(app: Application, key: str, *, as_json: bool, console: Console, as_of: str | None = None) -> None:
    """Raises UnknownProgram, InvalidQuery."""
    view = viewpoint(app, as_of)
    answer = await list_baselines(app.database, key, view=view, limit=ALL)
    if as_json:
        console.out(encode(answer).decode(), highlight=False)
        return
    looking_back(view.earlier, console)
    render_baselines(answer, console)


async def show_one(
    app: Application, key: str, which: str, *, as_json: bool, console: Console, as_of: str | None = None
) -> None:
    """Raises UnknownProgram, UnknownBaseline, InvalidQuery."""
    limit, view = ALL if as_json else SHOWN, viewpoint(app, as_of)
    answer = await get_baseline(app.database, key, which, view=view, limit=limit)
    if as_json:
        console.out(encode(answer).decode(), highlight=False)
        return
    looking_back(view.earlier, console)
    render_variance(answer, console)
