"""`interlock demo`: a stand-in Jira and a stand-in Asana, synced, mapped into programs and served. Needs no account."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from rich.console import Console

from connectors.sandbox.asana.application import create_asana
from connectors.sandbox.asana.portfolio import generate_asana_portfolio
from connectors.sandbox.asana.site import AsanaSite
from connectors.sandbox.cloud import create_cloud
from connectors.sandbox.portfolio import example_programs, generate_portfolio
from connectors.sandbox.server import SandboxServer
from connectors.sandbox.site import JiraSite
from service.bootstrap import application
from service.clock import SystemClock
from service.commands.dependencies import show_dependencies
from service.commands.programs import apply_programs, show_rollup
from service.commands.serve import serve
from service.commands.sync import sync
from service.settings import load_settings

DIRECTORY = Path(".interlock-demo")
PORTFOLIO = "Commerce"  # what of the Asana is read
WORST = 4  # dependencies that the first screen shows
GATE = "Approve the new terms of sale"  # what the payments wait for, across the tools

CONFIG = """\
# Written by `interlock demo`; the tools behind it live as long as the demo runs.
sources:
  - name: northwind-jira
    kind: jira-cloud
    url: {jira_url}
    auth: {{email: demo@example.com, token: sandbox}}
  - name: northwind-asana
    kind: asana
    url: {asana_url}
    auth: {{token: sandbox}}
    scope: {{workspace: "{workspace}", portfolios: ["{portfolio}"]}}   # {portfolio_name}
programs_file: programs.yaml
"""


@dataclass(frozen=True, slots=True)
class StandIns:
    """Both tools while they are served, and what is in them."""

    jira: JiraSite
    jira_url: str
    asana: AsanaSite
    asana_url: str


async def demo(*, host: str, port: int, issues: int, tasks: int, console: Console) -> int:
    """Returns the exit code of the first sync when it fails, else serves until told to stop."""
    today = SystemClock().now().date()
    with stand_ins(issues=issues, tasks=tasks, today=today) as tools:
        config = write_files(DIRECTORY, tools, today=today)
        async with application(load_settings(config, environment={})) as app:
            console.print(
                f"Example portfolio: {issues:,} issues on a stand-in Jira at {tools.jira_url}, "
                f"{tasks:,} tasks on a stand-in Asana at {tools.asana_url}",
                highlight=False,
                soft_wrap=True,
            )
            if code := await sync(app, (), console=console, quiet=False):
                return code
            await apply_programs(app, None, console=console)
            await show_rollup(app, "CHECKOUT", by="project", as_json=False, console=console)
            console.print()
            await show_dependencies(app, "CHECKOUT", status=(), as_json=False, console=console, limit=WORST)
            console.print()
            for command in ("rollup CHECKOUT --by epic", "deps CHECKOUT", "deps CHECKOUT --graph checkout.svg"):
                line = f"Try in another terminal: interlock {command} --config {config}"
                console.print(line, highlight=False, soft_wrap=True)
            await serve(app, host=host, port=port, with_worker=True, console=console)
    return 0


@contextmanager
def stand_ins(*, issues: int, tasks: int, today: date) -> Iterator[StandIns]:
    """A Jira Cloud and an Asana on free ports of this machine, for the block; they point at each other."""
    jira = generate_portfolio(issues=issues, today=today)
    with SandboxServer(create_cloud(jira)) as jira_server:
        asana = generate_asana_portfolio(jira, jira_server.url, today=today, tasks=tasks)
        with SandboxServer(create_asana(asana)) as asana_server:
            yield StandIns(jira, jira_server.url, asana, f"{asana_server.url}/api/1.0")


def write_files(directory: Path, tools: StandIns, *, today: date) -> Path:
    """Start from nothing every time: the example is dated relative to today. Returns the configuration."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    gate = next(gid for gid, task in tools.asana.tasks.items() if task.name == GATE)
    (directory / "programs.yaml").write_text(example_programs(today, gate=gate), encoding="utf-8")
    portfolio = next(gid for gid, each in tools.asana.portfolios.items() if each.name == PORTFOLIO)
    config = directory / "interlock.yaml"
    config.write_text(
        CONFIG.format(
            jira_url=tools.jira_url,
            asana_url=tools.asana_url,
            workspace=tools.asana.workspace,
            portfolio=portfolio,
            portfolio_name=PORTFOLIO,
        ),
        encoding="utf-8",
    )
    return config
