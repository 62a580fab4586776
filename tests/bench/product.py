"""One sync by Interlock itself, as `interlock sync` does it, in a process of its own; prints figures as JSON."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

from connectors.contract import Source
from connectors.jira.config import JiraOptions
from connectors.jira.source import JiraSource
from connectors.transport import BasicAuth
from service.clock import SystemClock
from service.log import configure_logging
from service.process import tune_collector
from service.store import migrate
from service.store.engine import Database
from service.sync.run import sync_source
from tests.bench.serve import LOGIN, PRODUCT_CORE, pin


def source_at(url: str) -> Source:
    return JiraSource(
        name="s",
        kind="jira-cloud",
        url=url,
        auth=BasicAuth(*LOGIN),
        projects=None,
        options=JiraOptions(),
    )


async def run(source: Source, database_url: str) -> dict[str, float | str]:
    """`seconds` until the verdict; `details_seconds` is what follows it."""
    migrate.upgrade(database_url)
    database = Database.open(database_url)
    try:
        started, cpu = time.perf_counter(), time.process_time()
        outcome = await sync_source(source, database, clock=SystemClock())
        whole, cpu = time.perf_counter() - started, time.process_time() - cpu
    finally:
        await source.aclose()
        await database.aclose()
    seconds = (outcome.finished_at - outcome.started_at).total_seconds()
    return {
        "issues": outcome.fetched,
        "seconds": seconds,
        "details_seconds": whole - seconds,
        "cpu_seconds": cpu,
        "status": outcome.status.value,
        "requests": outcome.requests,
        "peak_mb": _peak_mb(),
        "reasons": "; ".join(reason.message for reason in outcome.reasons),
    }


def _peak_mb() -> float:
    """Of this program alone; `ru_maxrss` begins with what the process was before, which is whoever started it."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) / 1024


def main(url: str, database_url: str) -> None:
    pin(PRODUCT_CORE)
    tune_collector()
    configure_logging(level="ERROR")
    print(json.dumps(asyncio.run(run(source_at(url), database_url))))


if __name__ == "__main__":
    main(*sys.argv[1:])
