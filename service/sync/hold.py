"""One runner per source: a lease in the database, renewed while the run lives, given up when it ends."""

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
from service.store.leases import Leases
from service.sync.errors import SourceBusy

LEASE = timedelta(seconds=60)  # how long a killed run keeps the next one waiting
RENEWAL = timedelta(seconds=15)

log = structlog.get_logger()


@asynccontextmanager
async def holding(source: str, database: Database, *, clock: Clock) -> AsyncIterator[str]:
    """Hold `source` for the block and yield the holder's name; raises SourceBusy when somebody else does."""
    holder = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
    await _acquire(source, database, holder=holder, clock=clock)
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


async def _acquire(source: str, database: Database, *, holder: str, clock: Clock) -> None:
    async with database.transaction() as uow:
        taken = await Leases(uow.connection).acquire(source, holder=holder, now=clock.now(), duration=LEASE)
    if taken.holder != holder:
        raise SourceBusy(source, holder=taken.holder, until=taken.expires_at)


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
