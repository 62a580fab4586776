"""`interlock sources`: what is stored about each source; the tools themselves are not asked."""

from __future__ import annotations

from rich.console import Console

from service.api.syncing import list_sources
from service.bootstrap import Application
from service.programs.answers import encode
from service.terminal.sources import render_sources


async def show_sources(app: Application, *, as_json: bool, console: Console) -> None:
    answer = await list_sources(app.services(with_worker=False))
    if as_json:
        console.out(encode(answer).decode(), highlight=False)
    else:
        render_sources(answer, console)
