"""`interlock programs plan|apply` and `interlock rollup`: the same answers as the API, for a person or as JSON."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from service.bootstrap import Application
from service.commands.keys import TERMINAL, actor
from service.domain.mapping import ProgramsFile
from service.domain.mapping_file import parse_programs
from service.programs.answers import encode
from service.programs.apply import apply
from service.programs.past import moment_of
from service.programs.plan import plan
from service.programs.read import get_rollup
from service.sync.fields import field_reader
from service.terminal.plan import render_plan
from service.terminal.rollup import render_rollup


async def plan_programs(app: Application, file: Path | None, *, console: Console) -> None:
    programs = read_programs(app, file)
    hook = field_reader(app.sources)
    planned = await plan(
        app.database, programs, now=app.clock.now(), missing=app.settings.missing_weight, matched_fields_hook=hook
    )
    render_plan(planned, console)


async def apply_programs(app: Application, file: Path | None, *, console: Console) -> None:
    programs = read_programs(app, file)
    applied = await apply(
        app.database,
        programs,
        actor=actor(),
        origin=TERMINAL,
        now=app.clock.now(),
        matched_fields_hook=field_reader(app.sources),
    )
    console.print(applied.to_text(), highlight=False)


def read_programs(app: Application, file: Path | None) -> ProgramsFile:
    """The programs file, checked. Raises ProgramsFileInvalid, or OSError when it cannot be opened."""
    path = file or app.settings.programs_path
    return parse_programs(path.read_text(encoding="utf-8"), sources=app.sources)


async def show_rollup(
    app: Application, key: str, *, by: str, as_json: bool, console: Console, as_of: str | None = None
) -> None:
    now, zone = app.clock.now(), app.settings.calendar.zone
    answer = await get_rollup(
        app.database,
        key,
        by=by,
        missing=app.settings.missing_weight,
        now=now,
        today=now.astimezone(zone).date(),
        as_of=None if as_of is None else moment_of(as_of, zone=zone, now=now, parameter="--as-of"),
        historians=app.historians,
    )
    if as_json:
        console.out(encode(answer).decode(), highlight=False)
    else:
        render_rollup(answer, console)
