"""Deliveries applied as they come: between the runs by the worker, and during a run by whoever holds the source.

So a night of a hundred thousand items delays no delivery. One runner holds a source as ever; it applies what is
delivered itself, in whichever process it runs, for the inbox is in the database.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog

from service.store.errors import DatabaseUnusable
from service.sync.bell import Bell
from service.sync.errors import NothingToReplay, SourceBusy
from service.sync.inbox import Applier
from service.sync.meanwhile import Meanwhile

LOOK_EVERY = 1.0  # seconds between two looks into the inbox; deliveries to this process ring at once
GATHER = 0.25  # seconds in which deliveries about one item come together, and others get a turn at the source

log = structlog.get_logger(__name__)


async def apply_as_they_come(source: str, apply: Callable[[], Awaitable[int]], bell: Bell) -> None:
    """Until cancelled. A source that another holds, or a database that is away, is waited for: nothing is lost."""
    while True:
        applied = 0
        try:
            applied = await apply()
        except SourceBusy as busy:
            log.debug("deliveries_wait", source=source, holder=busy.holder)
        except NothingToReplay:
            log.debug("deliveries_wait", source=source, code="never_read")
        except DatabaseUnusable as error:
            log.warning("deliveries_wait", source=source, code=error.code, message=error.message)
        except Exception:
            log.exception("deliveries_broke", source=source)
        if not applied:
            await bell.heard(source, at_most=LOOK_EVERY)
        await asyncio.sleep(GATHER)


@asynccontextmanager
async def applying_alongside(applier: Applier, meanwhile: Meanwhile, *, bell: Bell | None) -> AsyncIterator[None]:
    """For whoever holds the source: deliveries become state while the block lasts, once `meanwhile` is ready.

    At the end one that is being read is left waiting, one that is being written is finished.
    """

    async def apply() -> int:
        await meanwhile.ready.wait()
        return await applier.apply_held(meanwhile)

    task = asyncio.create_task(apply_as_they_come(applier.source.name, apply, bell or Bell()))
    try:
        yield
    finally:
        async with meanwhile.turn:
            task.cancel()
        await asyncio.gather(task, return_exceptions=True)
