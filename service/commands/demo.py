"""`interlock demo`: a stand-in Jira with an example portfolio, synced, mapped and served. Needs no account."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from connectors.sandbox.cloud import create_cloud
from connectors.sandbox.portfolio import example_programs, generate_portfolio
from connectors.sandbox.server import SandboxServer
from service.bootstrap import application
from service.clock import SystemClock
from service.commands.programs import apply_programs, show_rollup
from service.commands.serve import serve
from service.commands.sync import sync
from service.settings import load_settings

DIRECTORY = Path(".interlock-demo")

CONFIG = """\
# Written by `interlock demo`; the tool behind it lives as long as the demo runs.
sources:
  - name: northwind-jira
    kind: jira-cloud
    url: {url}
    auth: {{email: demo@example.com, token: sandbox}}
programs_file: programs.yaml
"""


async def demo(*, host: str, port: int, issues: int, console: Console) -> int:
    """Returns the exit code of the first sync when it fails, else serves until told to stop."""
    with sandbox(issues) as url:
        config = write_files(DIRECTORY, url)
        async with application(load_settings(config, environment={})) as app:
            console.print(f"Example portfolio: {issues:,} issues on a stand-in Jira at {url}", highlight=False)
            if code := await sync(app, (), full=False, console=console, quiet=False):
                return code
            await apply_programs(app, None, console=console)
            await show_rollup(app, "CHECKOUT", by="project", as_json=False, console=console)
            console.print(
                f"Try in another terminal: interlock rollup CHECKOUT --config {config}", highlight=False, soft_wrap=True
            )
            await serve(app, host=host, port=port, with_worker=True, console=console)
    return 0


@contextmanager
def sandbox(issues: int) -> Iterator[str]:
    """A stand-in Jira Cloud on a free port of this machine, for the block; yields its address."""
    site = generate_portfolio(issues=issues, today=SystemClock().now().date())
    with SandboxServer(create_cloud(site)) as server:
        yield server.url


def write_files(directory: Path, url: str) -> Path:
    """Start from nothing every time: the example is dated relative to today."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    (directory / "programs.yaml").write_text(example_programs(SystemClock().now().date()), encoding="utf-8")
    config = directory / "interlock.yaml"
    config.write_text(CONFIG.format(url=url), encoding="utf-8")
    return config
