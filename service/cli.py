"""The command line: words in, exit codes out. 0 done, 1 failed, 2 wrong use or configuration, 3 partial."""

from __future__ import annotations

import asyncio
import sys
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console

from connectors.errors import SourceError
from service.auth.errors import KeyRefused
from service.bootstrap import SchemaBehind
from service.cli_common import (
    ConfigOption,
    FileArgument,
    HostOption,
    IssuesOption,
    JsonOption,
    NameArgument,
    PortOption,
    SourcesArgument,
    TasksOption,
    run,
)
from service.cli_programs import questions
from service.commands import check as checking
from service.commands import keys as keys_commands
from service.commands import programs as programs_commands
from service.commands import serve as serving
from service.commands import sources as sources_commands
from service.commands import sync as syncing
from service.commands import webhooks as webhooks_commands
from service.domain.access import Scope
from service.domain.errors import InterlockError, UnknownSource
from service.domain.mapping_file import ProgramsFileInvalid
from service.log import configure_logging
from service.process import tune_collector
from service.settings import ConfigInvalid, load_settings
from service.store import migrate
from service.store.errors import DatabaseUnusable
from service.sync.errors import NothingToReplay, SourceBusy
from service.sync.outcome import Mode
from service.sync.webhook_addresses import NotReachable

cli = typer.Typer(
    name="interlock",
    help="Roll-ups, dependency health and forecasts above Jira and Asana. Reads your tools; writes webhooks alone.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
database_cli = typer.Typer(help="The database schema.", no_args_is_help=True)
programs_cli = typer.Typer(help="Group items into programs by the rules of a file.", no_args_is_help=True)
cli.add_typer(database_cli, name="db")
keys_cli = typer.Typer(help="API keys: who may ask, and what.", no_args_is_help=True)
cli.add_typer(programs_cli, name="programs")
cli.add_typer(keys_cli, name="keys")
webhooks_cli = typer.Typer(help="Webhooks at the tools: all that is ever written to them.", no_args_is_help=True)
cli.add_typer(webhooks_cli, name="webhooks")
cli.add_typer(questions)


class Edition(StrEnum):
    """What the stand-in server can be."""

    CLOUD = "cloud"
    DATACENTER = "datacenter"
    ASANA = "asana"


@database_cli.command("upgrade")
def db_upgrade(config: ConfigOption = None) -> None:
    """Bring the database to the schema of this version."""
    settings = load_settings(config)
    migrate.upgrade(settings.database_url)
    Console().print("The database schema is current.")


@cli.command()
def check(as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Look at everything a sync needs, and say what to do. Exit code: 0 well, 3 something to look at, 1 wrong."""
    settings = load_settings(config)
    raise typer.Exit(asyncio.run(checking.doctor(settings, as_json=as_json, console=Console())))


@cli.command()
def sync(
    sources: SourcesArgument = None,
    full: Annotated[bool, typer.Option("--full", help="Read everything again, and prove what exists.")] = False,
    census: Annotated[
        bool,
        typer.Option("--census", help="Prove what exists: list every id, read what differs, mark what is gone."),
    ] = False,
    accept_loss: Annotated[
        list[str] | None,
        typer.Option("--accept-loss", metavar="PROJECT", help="Believe that much of it is gone; with a census."),
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Pull what changed. Exit code: 0 complete, 3 partial, 1 failed."""
    mode = Mode.FULL if full else Mode.CENSUS if census or accept_loss else Mode.INCREMENTAL
    pull = lambda app: syncing.sync(  # noqa: E731
        app, sources or (), mode=mode, console=Console(), quiet=False, accept_loss=accept_loss or ()
    )
    raise typer.Exit(run(config, pull))


@cli.command()
def status(as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Show every source at a glance, and what needs somebody. Exit code: 0 well, 3 attention, 1 failed."""
    raise typer.Exit(run(config, lambda app: sources_commands.show_status(app, as_json=as_json, console=Console())))


@cli.command("sources")
def show_sources(
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer of the API instead.")] = False,
    config: ConfigOption = None,
) -> None:
    """Show what is proven of each project of each source, and what its account cannot read."""
    run(config, lambda app: sources_commands.show_sources(app, as_json=as_json, console=Console()))


@cli.command()
def replay(sources: SourcesArgument = None, config: ConfigOption = None) -> None:
    """Rebuild items, links and changes from the stored payloads, without asking a tool."""
    raise typer.Exit(run(config, lambda app: syncing.replay(app, sources or (), console=Console(), quiet=False)))


@programs_cli.command("plan")
def programs_plan(file: FileArgument = None, config: ConfigOption = None) -> None:
    """Show what applying a programs file would change. Changes nothing."""
    run(config, lambda app: programs_commands.plan_programs(app, file, console=Console()))


@programs_cli.command("apply")
def programs_apply(file: FileArgument = None, config: ConfigOption = None) -> None:
    """Put a programs file into force."""
    run(config, lambda app: programs_commands.apply_programs(app, file, console=Console()))


@keys_cli.command("create")
def keys_create(
    name: NameArgument,
    scope: Annotated[Scope, typer.Option(help="What it may; each with those before it.")] = Scope.READ,
    program: Annotated[
        list[str] | None, typer.Option("--program", metavar="KEY", help="Only these programs; may be repeated.")
    ] = None,
    expires: Annotated[str | None, typer.Option(help="After how long it ends: 12h, 90d, 26w.")] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Make an API key and print it, this once."""
    make = lambda app: keys_commands.create(  # noqa: E731
        app, name, scope=scope, programs=program or (), expires=expires, as_json=as_json, console=Console()
    )
    run(config, make)


@keys_cli.command("list")
def keys_list(as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Show every key: what it may, until when, and when it was used last."""
    run(config, lambda app: keys_commands.show(app, as_json=as_json, console=Console()))


@keys_cli.command("revoke")
def keys_revoke(name: NameArgument, as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Take a key back, at once and for good."""
    run(config, lambda app: keys_commands.revoke(app, name, as_json=as_json, console=Console()))


@webhooks_cli.command("register")
def webhooks_register(
    sources: SourcesArgument = None, as_json: JsonOption = False, config: ConfigOption = None
) -> None:
    """Let the tools tell of changes at once. Exit code: 0 done, 3 in part, 1 failed."""
    make = lambda app: webhooks_commands.register(app, sources or (), as_json=as_json, console=Console())  # noqa: E731
    raise typer.Exit(run(config, make))


@webhooks_cli.command("list")
def webhooks_list(sources: SourcesArgument = None, as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Ask the tools how our webhooks are doing. Exit code: 0 asked, 1 where a tool could not be."""
    show = lambda app: webhooks_commands.show(app, sources or (), as_json=as_json, console=Console())  # noqa: E731
    raise typer.Exit(run(config, show))


@webhooks_cli.command("remove")
def webhooks_remove(sources: SourcesArgument = None, as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Take our webhooks back; the nightly runs go on. Exit code: 0 done, 3 in part, 1 failed."""
    drop = lambda app: webhooks_commands.remove(app, sources or (), as_json=as_json, console=Console())  # noqa: E731
    raise typer.Exit(run(config, drop))


@cli.command()
def serve(
    host: HostOption = "127.0.0.1",
    port: PortOption = 8000,
    worker: Annotated[bool, typer.Option("--worker/--no-worker", help="Run the schedule in this process.")] = True,
    config: ConfigOption = None,
) -> None:
    """Serve the API and the pages."""
    console = Console()
    run(config, lambda app: serving.serve(app, host=host, port=port, with_worker=worker, console=console))


@cli.command()
def worker(config: ConfigOption = None) -> None:
    """Run the schedule alone, for instance beside several servers."""
    run(config, lambda app: serving.work(app, console=Console()))


@cli.command()
def demo(
    host: HostOption = "127.0.0.1",
    port: PortOption = 8000,
    issues: IssuesOption = 900,
    tasks: TasksOption = 260,
) -> None:
    """Sync, map and serve an example portfolio from a stand-in Jira and a stand-in Asana."""
    from service.commands.demo import demo as run_demo  # noqa: PLC0415  the stand-in is loaded only when wanted

    raise typer.Exit(asyncio.run(run_demo(host=host, port=port, issues=issues, tasks=tasks, console=Console())))


@cli.command()
def sandbox(
    edition: Annotated[Edition, typer.Option(help="Which tool to stand in for.")] = Edition.CLOUD,
    port: PortOption = 8080,
    issues: IssuesOption = 900,
    tasks: TasksOption = 260,
) -> None:
    """Run a stand-in Jira or Asana with the example portfolio, to try things against."""
    from connectors.sandbox.__main__ import main as run_sandbox  # noqa: PLC0415

    sizes = ["--issues", str(issues), "--tasks", str(tasks)]
    run_sandbox(["--edition", edition.value, *sizes, "--port", str(port)])


def main() -> None:
    """The `interlock` command. Every known error is one message on standard error and its exit code."""
    tune_collector()
    configure_logging(level="WARNING" if sys.stderr.isatty() else "INFO")
    try:
        cli()
    except (ConfigInvalid, ProgramsFileInvalid) as error:
        _fail(str(error), 2)
    except (serving.Exposed, SchemaBehind, UnknownSource, syncing.UnknownScope, KeyRefused, NotReachable) as error:
        _fail(error.message, 2)
    except OSError as error:
        _fail(f"{error.filename or 'interlock'}: {error.strerror or error}", 2)
    except (InterlockError, SourceError, SourceBusy, DatabaseUnusable, NothingToReplay) as error:
        _fail(error.message, 1)
    except KeyboardInterrupt:
        _fail("Stopped.", 130)


def _fail(message: str, code: int) -> None:
    Console(stderr=True).print(message, style="red", highlight=False, markup=False, soft_wrap=True)
    raise SystemExit(code)
