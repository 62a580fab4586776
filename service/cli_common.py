"""What the commands of the terminal share: options, and how one is run."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from service.bootstrap import Application, application
from service.settings import Settings, load_settings

Result = TypeVar("Result")

ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="Configuration file. Default: INTERLOCK_CONFIG, else interlock.yaml.")
]
HostOption = Annotated[str, typer.Option(help="Address to listen on.")]
PortOption = Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.", min=0, max=65535)]
SourcesArgument = Annotated[list[str] | None, typer.Argument(metavar="[SOURCE]...", help="Default: every source.")]
IssuesOption = Annotated[int, typer.Option(help="Size of the example Jira.", min=50, max=200_000)]
TasksOption = Annotated[int, typer.Option(help="Size of the example Asana.", min=160, max=200_000)]
NameArgument = Annotated[str, typer.Argument(help="Name of the key, as the audit will show it.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead.")]
AsOfOption = Annotated[str | None, typer.Option(help="As it was then: a date, or a moment. Default: now.")]
KeyArgument = Annotated[str, typer.Argument(help="Key of the program.")]
FileArgument = Annotated[
    Path | None, typer.Argument(metavar="[FILE]", help="Default: programs_file of the configuration.")
]


def run(config: Path | None, command: Callable[[Application], Awaitable[Result]]) -> Result:
    settings = load_settings(config)
    return asyncio.run(_with_application(settings, command))


async def _with_application(settings: Settings, command: Callable[[Application], Awaitable[Result]]) -> Result:
    async with application(settings) as app:
        return await command(app)
