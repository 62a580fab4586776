"""How fast a sync is, against the least code that could do it and against the official client, in the same run."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
from itertools import islice
from pathlib import Path
from typing import Any

from connectors.sandbox.bulk import generate_bulk
from connectors.sandbox.cloud import create_cloud
from connectors.sandbox.server import SandboxServer
from connectors.sandbox.site import JiraSite
from tests.bench import product
from tests.bench.serve import TODAY, served
from tests.fixtures.databases import PostgresTemplate
from tests.fixtures.postgres import running_postgres

ISSUES = 20_000
MANY = 200_000
LATENCY = 0.150
Figures = dict[str, Any]


def main() -> Figures:
    """Every target of a sync, measured; returns name → figures."""
    measured: Figures = {}
    with served(issues=ISSUES) as url, tempfile.TemporaryDirectory() as folder:
        measured["bare loader, SQLite"] = in_a_process("bare", url, "BULK1,BULK2,BULK3,BULK4", f"{folder}/bare.db")
        measured["Interlock, SQLite"] = _product(url, Path(folder) / "own.db")
        with running_postgres() as server, PostgresTemplate(server).copied() as database:
            measured["Interlock, PostgreSQL"] = in_a_process("product", url, database)
    with served(issues=ISSUES, latency=LATENCY) as url, tempfile.TemporaryDirectory() as folder:
        measured["official client, 150 ms, fetch only"] = in_a_process("peer", url)
        measured["Interlock, 150 ms, SQLite"] = _product(url, Path(folder) / "own.db")
    show(measured)
    return measured


def incremental() -> Figures:
    """Requests of a second run after 1 % of 20,000 issues changed, beside those of the first."""
    site = generate_bulk(issues=ISSUES, payload_bytes=500, today=TODAY)
    with SandboxServer(create_cloud(site)) as server, tempfile.TemporaryDirectory() as folder:
        measured = asyncio.run(_run_twice(site, server.url, f"sqlite:///{folder}/own.db"))
    for name, figures in measured.items():
        print(f"{name:40} {figures['fetched']:>8,} issues read  requests={figures['requests']}")
    return measured


async def _run_twice(site: JiraSite, url: str, database_url: str) -> Figures:
    measured = {"first run": await _sync_once(url, database_url)}
    for issue_id in islice(site.issues, 0, None, 100):
        site.touch(issue_id, summary="Changed")
    measured["second run, 1 % changed"] = await _sync_once(url, database_url)
    measured["third run, nothing more changed"] = await _sync_once(url, database_url)
    return measured


async def _sync_once(url: str, database_url: str) -> Figures:
    figures = await product.run(product.source_at(url), database_url)
    return {"fetched": figures["issues"], "requests": figures["requests"]}


def memory() -> Figures:
    """Peak memory of a sync at 20,000 and at 200,000 issues."""
    measured: Figures = {}
    for issues in (ISSUES, MANY):
        with served(issues=issues) as url, tempfile.TemporaryDirectory() as folder:
            measured[f"Interlock, SQLite, {issues:,} issues"] = _product(url, Path(folder) / "own.db")
    show(measured)
    return measured


def _product(url: str, database: Path) -> Figures:
    return in_a_process("product", url, f"sqlite:///{database}")


def in_a_process(module: str, *arguments: str) -> Figures:
    """What `python -m tests.bench.<module>` printed as JSON, with its rate."""
    command = [sys.executable, "-m", f"tests.bench.{module}", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{module} failed:\n{done.stderr[-2000:]}")
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    figures["per_second"] = figures["issues"] / figures["seconds"]
    return figures


def show(measured: Figures) -> None:
    """One line each."""
    for name, figures in measured.items():
        extra = "".join(
            f"  {key}={_rounded(figures[key])}"
            for key in ("requests", "details_seconds", "peak_mb", "status")
            if key in figures
        )
        cpu = figures["cpu_seconds"] / (figures["issues"] or 1) * 1e6
        print(
            f"{name:40} {figures['issues']:>8,} items {figures['seconds']:>6.1f} s {figures['per_second']:>7,.0f}/s "
            f"{cpu:>6,.0f} µs CPU each{extra}"
        )


def _rounded(value: Any) -> Any:
    return round(value, 1) if isinstance(value, float) else value
