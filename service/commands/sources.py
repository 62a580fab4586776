"""`interlock status` and `interlock sources`: what is stored about each source; the tools themselves are not asked."""

from __future__ import annotations

from rich.console import Console

from service.api.concerns import Severity
from service.api.sources import list_sources
from service.bootstrap import Application
from service.programs.answers import encode
from service.terminal.sources import render_sources
from service.terminal.status import render_status

WELL, FAILED, ATTENTION = 0, 1, 3


async def show_status(app: Application, *, as_json: bool, console: Console) -> int:
    """Everything at a glance; the exit code says whether somebody is needed: 0 well, 3 attention, 1 failed."""
    answer = await list_sources(app.services(with_worker=False))
    if as_json:
        console.out(encode(answer).decode(), highlight=False)
    else:
        render_status(answer, console, now=app.clock.now())
    return {Severity.WELL: WELL, Severity.ATTENTION: ATTENTION}.get(Severity(answer.data.verdict), FAILED)


async def show_sources(app: Application, *, as_json: bool, console: Console) -> None:
    """Each source with its projects."""
    answer = await list_sources(app.services(with_worker=False))
    if as_json:
        console.out(encode(answer).decode(), highlight=False)
    else:
        render_sources(answer, console)
