"""Between the runs: does the tool still let us in, and what was asked of it? Both are kept for operators."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import structlog

from connectors.contract import Identity, Source, Usage
from connectors.errors import SourceError
from service.clock import Clock
from service.store.contacts import Contact, Contacts
from service.store.engine import Database
from service.store.usage import UsageTotals
from service.sync.errors import SourceBusy
from service.sync.hold import holding

ASKED_EVERY = timedelta(minutes=15)
AT_ONCE = timedelta(seconds=10)  # how often somebody who insists is taken at their word
TELLS_THE_TIME = timedelta(seconds=30)
PATIENCE = 10.0  # seconds; who waits for the answer is a person or a probe

log = structlog.get_logger()


async def contact(source: Source, database: Database, *, clock: Clock, patience: float = PATIENCE) -> None:
    """Ask the tool who we are and keep what it says. While a run goes on nobody asks: the run finds out itself."""
    try:
        async with holding(source.name, database, clock=clock, brief=True):
            answer = await _ask(source, clock=clock, patience=patience)
    except SourceBusy:
        return
    if answer.error is not None:
        log.warning("tool_did_not_let_us_in", source=source.name, code=answer.error["code"])
    async with database.transaction() as uow:
        await Contacts(uow.connection).note(source.name, answer)


async def contact_if_due(source: Source, database: Database, *, clock: Clock, every: timedelta = ASKED_EVERY) -> None:
    """The same, unless the tool was asked lately."""
    async with database.reading() as uow:
        known = (await Contacts(uow.connection).all()).get(source.name)
    if known is None or clock.now() - known.asked_at >= every:
        await contact(source, database, clock=clock)


async def _ask(source: Source, *, clock: Clock, patience: float) -> Contact:
    asked_at = clock.now()
    try:
        async with asyncio.timeout(patience):
            identity = await source.connect()
    except TimeoutError:
        message = f"It did not answer within {patience:g} seconds."
        return Contact(asked_at, error={"code": "unavailable", "message": message})
    except SourceError as error:
        return Contact(asked_at, error={"code": error.code, "message": error.message})
    return heard(identity, asked_at=asked_at, now=clock.now())


def heard(identity: Identity, *, asked_at: datetime, now: datetime) -> Contact:
    """What the tool said when it was asked who we are, from `asked_at` until `now`.

    An answer that took long, for it was waited for or tried again, does not tell what time it is.
    """
    took = now - asked_at
    ahead = None if took > TELLS_THE_TIME else (identity.server_time - asked_at - took / 2).total_seconds()
    return Contact(asked_at, identity.display_name, ahead)


class UsageLog:
    """Adds what this process has asked to the totals of all processes, each request once."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._written: dict[str, Usage] = {}
        self._turn = asyncio.Lock()

    async def write(self, source: Source) -> None:
        async with self._turn:
            usage, before = source.usage, self._written.get(source.name, Usage())
            if usage == before:
                return
            async with self._database.transaction() as uow:
                await UsageTotals(uow.connection).add(source.name, usage, before=before, now=self._clock.now())
            self._written[source.name] = usage
