"""How many requests a night costs when nothing changed, against the least that can prove what exists.

The floor: every id listed once in the largest pages the tool gives, and each part of its vocabulary read once.
"""

from __future__ import annotations

import asyncio
import tempfile
from math import ceil
from time import perf_counter

from connectors.contract import Source
from connectors.sandbox.bulk import generate_bulk
from connectors.sandbox.cloud import create_cloud
from connectors.sandbox.server import SandboxServer
from service.clock import SystemClock
from service.log import configure_logging
from service.store import migrate
from service.store.engine import Database
from service.sync.outcome import Mode
from service.sync.run import sync_source
from tests.bench.product import source_at
from tests.bench.serve import TODAY

ISSUES = 100_000
PROJECTS = 20
LARGEST_PAGE = 5_000  # ids that /search/jql lists at once

Figures = dict[str, float]


def main() -> Figures:
    """Requests of a nightly run over unchanged issues, and of the floor."""
    configure_logging(level="ERROR")
    site = generate_bulk(issues=ISSUES, projects=PROJECTS, payload_bytes=500, today=TODAY)
    with SandboxServer(create_cloud(site)) as server, tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(_measure(server.url, f"sqlite:///{folder}/own.db"))
    print(
        f"{ISSUES:,} unchanged issues in {PROJECTS} projects: {figures['nightly']:.0f} requests, "
        f"floor {figures['floor']:.0f} ({figures['listing']:.0f} of them pages of ids), "
        f"{figures['nightly'] / figures['floor']:.3f} of it, in {figures['seconds']:.1f} s"
    )
    return figures


async def _measure(url: str, database_url: str) -> Figures:
    migrate.upgrade(database_url)
    database = Database.open(database_url)
    source = source_at(url)
    try:
        await sync_source(source, database, clock=SystemClock())
        begun, asked = perf_counter(), source.usage.requests
        outcome = await sync_source(source, database, clock=SystemClock(), mode=Mode.CENSUS)
        seconds = perf_counter() - begun
        assert outcome.status.value == "complete", outcome.reasons
        assert outcome.fetched == 0, outcome.fetched
        nightly = source.usage.requests - asked
        vocabulary = await _vocabulary(source)
    finally:
        await source.aclose()
        await database.aclose()
    listing = PROJECTS * ceil(ISSUES / PROJECTS / LARGEST_PAGE)
    return {"nightly": nightly, "floor": listing + vocabulary, "listing": listing, "seconds": seconds}


async def _vocabulary(source: Source) -> int:
    """Requests that prove who asks, and read fields, statuses, projects, versions, sprints and the rest once."""
    asked = source.usage.requests
    await source.connect()
    await source.discover()
    await source.scopes()
    return source.usage.requests - asked


if __name__ == "__main__":
    main()
