"""Questions about programs: how far, how well, who waits for whom, when, against which plan; and reports."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from service.cli_common import AsOfOption, ConfigOption, JsonOption, KeyArgument, run
from service.commands import backtest as backtest_commands
from service.commands import baselines as baseline_commands
from service.commands import dependencies as dependency_commands
from service.commands import forecast as forecast_commands
from service.commands import health as health_commands
from service.commands import programs as programs_commands
from service.commands import report as report_commands
from service.domain.breakdown import Breakdown
from service.domain.report import Audience
from service.domain.throughput import WINDOW
from service.programs.network_backtest import USUAL_ORIGINS, BacktestQuestion
from service.programs.report import ReportQuestion

questions = typer.Typer()
baseline_cli = typer.Typer(help="Plans kept for good, and how far a program has moved from them.", no_args_is_help=True)
questions.add_typer(baseline_cli, name="baseline")


@questions.command()
def rollup(
    key: KeyArgument,
    by: Annotated[Breakdown, typer.Option(help="What the rows stand for.")] = Breakdown.PROJECT,
    as_of: AsOfOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer of the API instead.")] = False,
    config: ConfigOption = None,
) -> None:
    """Show how far a program is, or was."""
    show = lambda app: programs_commands.show_rollup(  # noqa: E731
        app, key, by=by, as_of=as_of, as_json=as_json, console=Console()
    )
    run(config, show)


@questions.command()
def portfolio(as_of: AsOfOption = None, as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Show all programs on one page: health and why, progress, dates, dependencies, freshness."""
    run(config, lambda app: health_commands.show_portfolio(app, as_of=as_of, as_json=as_json, console=Console()))


@questions.command()
def attention(
    key: KeyArgument, as_of: AsOfOption = None, as_json: JsonOption = False, config: ConfigOption = None
) -> None:
    """Show what to chase in a program, the most pressing first."""
    run(config, lambda app: health_commands.show_attention(app, key, as_of=as_of, as_json=as_json, console=Console()))


@questions.command("deps")
def show_dependencies(
    key: KeyArgument,
    status: Annotated[
        list[str] | None,
        typer.Option(help="Only these: blocked, off_track, …; may be repeated. Default: all that is open."),
    ] = None,
    graph: Annotated[
        Path | None, typer.Option(help="Draw the network into this file instead: .svg, .dot, .mmd or .graphml.")
    ] = None,
    as_of: AsOfOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer of the API instead.")] = False,
    config: ConfigOption = None,
) -> None:
    """Show who waits for whom, the worst first."""
    chosen = [part for each in status or () for part in each.split(",") if part]
    if graph is not None:
        draw = lambda app: dependency_commands.draw_dependencies(  # noqa: E731
            app, key, graph, status=chosen, as_of=as_of, console=Console()
        )
        run(config, draw)
        return
    show = lambda app: dependency_commands.show_dependencies(  # noqa: E731
        app, key, status=chosen, as_of=as_of, as_json=as_json, console=Console()
    )
    run(config, show)


@baseline_cli.command("take")
def baseline_take(
    key: KeyArgument,
    name: Annotated[str, typer.Argument(help="What the baseline is called; unique in the program.")],
    note: Annotated[str | None, typer.Option(help="Why it is taken.")] = None,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Freeze what a program holds, and when each item is planned."""
    take = lambda app: baseline_commands.take(  # noqa: E731
        app, key, name, note=note, as_of=as_of, as_json=as_json, console=Console()
    )
    run(config, take)


@baseline_cli.command("list")
def baseline_list(
    key: KeyArgument, as_of: AsOfOption = None, as_json: JsonOption = False, config: ConfigOption = None
) -> None:
    """Show every baseline of a program."""
    run(config, lambda app: baseline_commands.show_all(app, key, as_of=as_of, as_json=as_json, console=Console()))


@baseline_cli.command("show")
def baseline_show(
    key: KeyArgument,
    baseline: Annotated[str, typer.Argument(help="Name or number; also first and latest.")] = "latest",
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Show how a program stands against a baseline: dates, scope, earned value."""
    show = lambda app: baseline_commands.show_one(  # noqa: E731
        app, key, baseline, as_of=as_of, as_json=as_json, console=Console()
    )
    run(config, show)


@questions.command("forecast")
def show_forecast(  # noqa: PLR0913, PLR0917 - one argument an option
    key: KeyArgument,
    by: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Also: how many items are done by this day.")
    ] = None,
    weeks: Annotated[int, typer.Option(help="How many complete weeks of history are drawn from.")] = WINDOW,
    as_of: AsOfOption = None,
    backtest: Annotated[
        bool, typer.Option("--backtest", help="Instead: how forecasts by dependencies held on past Mondays (slow).")
    ] = False,
    origins: Annotated[int, typer.Option(help="On so many past Mondays, with --backtest.")] = USUAL_ORIGINS,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer of the API instead.")] = False,
    config: ConfigOption = None,
) -> None:
    """Show when a program will be done, how sure that is, and how such forecasts have held so far."""
    if backtest:
        if as_of is not None:
            raise typer.BadParameter("asks for one forecast; leave it out, or --backtest", param_hint="--as-of")
        _show_backtest(config, key, BacktestQuestion(origins, weeks), by=by, as_json=as_json)
        return
    day = None if by is None else by.date()
    show = lambda app: forecast_commands.show_forecast(  # noqa: E731
        app, key, by=day, weeks=weeks, as_of=as_of, as_json=as_json, console=Console()
    )
    run(config, show)


def _show_backtest(
    config: Path | None, key: str, question: BacktestQuestion, *, by: datetime | None, as_json: bool
) -> None:
    if by is not None:
        raise typer.BadParameter("asks for a forecast from now; leave it out, or --backtest", param_hint="--by")
    show = lambda app: backtest_commands.show_backtest(  # noqa: E731
        app, key, question, as_json=as_json, console=Console()
    )
    run(config, show)


@questions.command("report")
def show_report(  # noqa: PLR0913, PLR0917 - one argument an option
    key: KeyArgument,
    audience: Annotated[Audience, typer.Option("--for", help="The meeting that it is for.")] = Audience.WEEKLY,
    since: Annotated[str | None, typer.Option(help="A date, or a moment. Default: a week ago, or a month.")] = None,
    as_of: AsOfOption = None,
    as_html: Annotated[bool, typer.Option("--html", help="One HTML document instead of Markdown.")] = False,
    out: Annotated[Path | None, typer.Option(help="Write it into this file; .html makes it HTML.")] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Write a report of a program that is ready to paste into a mail, a wiki page or a slide."""
    question = ReportQuestion(audience, since, as_of)
    show = lambda app: report_commands.show_report(  # noqa: E731
        app, key, question, as_html=as_html, as_json=as_json, out=out, console=Console()
    )
    run(config, show)
