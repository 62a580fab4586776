"""`interlock serve` told to stop in the middle of a sync: over within seconds, and nothing to clean up."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.sandbox import faults
from connectors.sandbox.options import SandboxOptions
from service.store.engine import Database
from service.store.tables.sources import source_leases, sync_runs
from tests.flows.command_line import MAIN, ROOT, Desk
from tests.flows.stored import live, stored
from tests.flows.support import Flow, a_site, flowing

SECONDS = 15.0  # on a machine that is busy with other tests; it takes a fraction of one
PATIENCE = 60.0


def slow(options: SandboxOptions) -> None:
    """Every answer takes a second."""
    options.latency = 1.0


def throttled(options: SandboxOptions) -> None:
    """The source is paused for ten minutes."""
    options.faults.append(faults.throttled("bulkfetch", retry_after=600, reason="jira-quota-tenant-based"))


@pytest.mark.parametrize("way", [slow, throttled])
async def test_a_sync_under_way_is_ended_and_the_next_one_goes_on(
    way: Callable[[SandboxOptions], None], database_url: str, tmp_path: Path
) -> None:
    database = Database.open(database_url)
    try:
        async with flowing(a_site(issues=60), database) as flow:
            way(flow.options)
            Desk(tmp_path, database_url).write_config(flow.url, projects="BULK1, BULK2")
            took = told_to_stop_while_syncing(flow, tmp_path, database_url)

            assert took < SECONDS
            (run,) = (await stored(database, [sync_runs]))["sync_runs"]
            assert run["status"] == "abandoned"
            assert (await stored(database, [source_leases]))["source_leases"] == []
            flow.options.faults.clear()
            flow.options.latency = 0.0
            await flow.sync_whole()
            assert live(await stored(database)) == sorted(flow.site.issues)
    finally:
        await database.aclose()


def told_to_stop_while_syncing(flow: Flow, folder: Path, database_url: str) -> float:
    """Seconds from SIGTERM to the end of the process, which must say that all went in order."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("INTERLOCK_")}
    env |= {"PYTHONPATH": str(ROOT), "INTERLOCK_DATABASE_URL": database_url, "ACME_TOKEN": flow.options.token}
    command = (sys.executable, "-c", MAIN, "serve", "--port", "0")
    with subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.DEVNULL) as process:  # noqa: S603 - our own
        try:
            deadline = time.monotonic() + PATIENCE
            while not flow.options.asked("bulkfetch") and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.05)
            begun = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0
            return time.monotonic() - begun
        finally:
            process.kill()
