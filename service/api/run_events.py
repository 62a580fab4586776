"""The progress of a run as server-sent events: what the journal says, each time it says something new.

The journal is in the database, so that a run can be watched from any process, whoever started it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from service.api.schemas.sync import SyncRun
from service.programs.answers import encode

LOOK_EVERY = 0.5  # seconds
SIGN_OF_LIFE_EVERY = 15.0  # seconds; proxies cut connections that say nothing
RUNNING = "running"

Look = Callable[[], Awaitable[SyncRun]]


async def run_events(look: Look) -> AsyncIterator[bytes]:
    """`progress` whenever the counts have moved, then one `finished`; each event carries the run."""
    shown: SyncRun | None = None
    quiet = 0.0
    while True:
        run = await look()
        if run != shown:
            yield _event("progress" if run.status == RUNNING else "finished", run)
            shown, quiet = run, 0.0
        if run.status != RUNNING:
            return
        await asyncio.sleep(LOOK_EVERY)
        quiet += LOOK_EVERY
        if quiet >= SIGN_OF_LIFE_EVERY:
            yield b": still running\n\n"
            quiet = 0.0


def _event(name: str, run: SyncRun) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + encode(run) + b"\n\n"
