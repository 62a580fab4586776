"""`interlock deps KEY`: the worst edges as a table, the answer of the API as JSON, or the network as a drawing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console

from service.bootstrap import Application
from service.domain.errors import InvalidQuery
from service.programs.answers import encode
from service.programs.bottlenecks import list_bottlenecks
from service.programs.dependencies import DependencyFilters, list_dependencies
from service.programs.dependency_terms import Viewpoint
from service.programs.graph_formats import FORMATS
from service.programs.graphs import get_graph
from service.programs.past import moment_of
from service.programs.read import get_program
from service.terminal.dependencies import SHOWN, render_dependencies
from service.terminal.graph_svg import drawing

ALL: Final = 1_000
TOP: Final = 3  # bottlenecks that are shown
SUFFIXES: Final = {".dot": "dot", ".gv": "dot", ".mmd": "mermaid", ".graphml": "graphml"}
OPEN: Final = ("cyclic", "broken", "blocked", "off_track", "at_risk", "unknown", "on_track")


async def show_dependencies(
    app: Application,
    key: str,
    *,
    status: Sequence[str],
    as_json: bool,
    console: Console,
    as_of: str | None = None,
    limit: int = SHOWN,
) -> None:
    """Without a status, what is open; all of it with --json."""
    view = viewpoint(app, as_of)
    chosen = tuple(status) if status or as_json else OPEN
    answer = await list_dependencies(
        app.database, key, view=view, filters=DependencyFilters(status=chosen), limit=ALL if as_json else limit
    )
    if as_json:
        console.out(encode(answer).decode(), highlight=False)
        return
    program = (await get_program(app.database, key, now=view.now)).data.program
    top = await list_bottlenecks(app.database, key, view=view, limit=TOP)
    render_dependencies(answer, console, name=program.name, key=program.key, bottlenecks=top.data.bottlenecks)


async def draw_dependencies(
    app: Application, key: str, file: Path, *, status: Sequence[str], console: Console, as_of: str | None = None
) -> None:
    """The suffix of the file says in which form. Raises InvalidQuery for one that is none."""
    form = SUFFIXES.get(file.suffix.lower())
    if form is None and file.suffix.lower() != ".svg":
        known = (".svg", *SUFFIXES)
        raise InvalidQuery("--graph", f"{file.name!r} says no form by its suffix.", known)
    answer = await get_graph(
        app.database, key, view=viewpoint(app, as_of), filters=DependencyFilters(status=tuple(status)), bounded=False
    )
    text = drawing(answer) if form is None else FORMATS[form](answer.data)
    _write(file, text)
    console.print(f"Written: {file}", highlight=False, markup=False, soft_wrap=True)


def _write(file: Path, text: str) -> None:
    """Raises OSError where it cannot."""
    file.write_text(text, encoding="utf-8")


def viewpoint(app: Application, as_of: str | None = None) -> Viewpoint:
    """From now, or from an earlier day or moment. Raises InvalidQuery."""
    now, zone = app.clock.now(), app.settings.calendar.zone
    present = Viewpoint(terms=app.settings.dependency_terms, now=now, today=now.astimezone(zone).date())
    if as_of is None:
        return present
    return present.at(moment_of(as_of, zone=zone, now=now, parameter="--as-of"), app.historians)
