"""One runner per source: a lease in the database, renewed while the run lives, given up when it ends.

Small work in between holds a source *briefly*: a run that finds it so held waits its turn instead of giving up.
"""

from __future__ import annotations

import asyncio
import os
import socket
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import structlog

from service.clock import Clock
from service.store.engine import Database
from service.store.leases import Lease, Leases
from service.sync.errors import SourceBusy

LEASE = timedelta(seconds=60)  # how long a killed run keeps the next one waiting
RENEWAL = timedelta(seconds=15)
BRIEF = "briefly "  # what the name of a holder begins with that gives way soon
LOOK_AGAIN = 0.5  # seconds
PATIENCE = 2 * LEASE  # a brief holder may be waiting for a quota itself, or may have been killed

_LOOKS = int(PATIENCE.total_seconds() / LOOK_AGAIN)

log = structlog.get_logger()


@asynccontextmanager
async def holding(source: str, database: Database, *, clock: Clock, brief: bool = False) -> AsyncIterator[str]:
    """Hold `source` for the block and yield the holder's name; raises SourceBusy when somebody else does.

    Who holds it `brief`ly waits for nobody, and is waited for.
    """
    holder = f"{BRIEF if brief else ''}{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
    await _acquire(source, database, holder=holder, clock=clock, looks=1 if brief else _LOOKS)
    owner = asyncio.current_task()
    renewing = asyncio.create_task(_renew(source, database, holder=holder, clock=clock, owner=owner))
    try:
        yield holder
    finally:
        renewing.cancel()
        with suppress(asyncio.CancelledError):
            await renewing
        async with database.transaction() as uow:
            await Leases(uow.connection).release(source, holder=holder)


async def _acquire(source: str, database: Database, *, holder: str, clock: Clock, looks: int) -> None:
    taken = await _try(source, database, holder=holder, clock=clock)
    for _ in range(looks - 1):
        if not taken.holder.startswith(BRIEF):
            break
        await asyncio.sleep(LOOK_AGAIN)
        taken = await _try(source, database, holder=holder, clock=clock)
    if taken.holder != holder:
        raise SourceBusy(source, holder=taken.holder.removeprefix(BRIEF), until=taken.expires_at)


async def _try(source: str, database: Database, *, holder: str, clock: Clock) -> Lease:
    async with database.transaction() as uow:
        return await Leases(uow.connection).acquire(source, holder=holder, now=clock.now(), duration=LEASE)


async def _renew(
    source: str, database: Database, *, holder: str, clock: Clock, owner: asyncio.Task[object] | None
) -> None:
    """Keep the lease alive; a run that lost it must stop at once, for another may be writing."""
    while True:
        await asyncio.sleep(RENEWAL.total_seconds())
        async with database.transaction() as uow:
            kept = await Leases(uow.connection).renew(source, holder=holder, now=clock.now(), duration=LEASE)
        if not kept:
            log.error("lease_lost", source=source, holder=holder)
            if owner is not None:
                owner.cancel("the lease of the source was lost")
            return
