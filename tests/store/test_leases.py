"""One runner per source: two that ask at once never both win, and a dead one does not block for ever."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from service.store.engine import Database
from service.store.leases import Leases
from tests.store.builders import MONDAY

MINUTE = timedelta(minutes=1)


async def _acquire(database: Database, holder: str, now: datetime = MONDAY) -> bool:
    async with database.transaction() as uow:
        lease = await Leases(uow.connection).acquire("acme", holder=holder, now=now, duration=MINUTE)
    return lease.holder == holder


async def test_of_many_that_ask_at_once_exactly_one_wins(database_url: str) -> None:
    """Each has its own pool, as processes have."""
    runners = [Database.open(database_url) for _ in range(6)]
    won = await asyncio.gather(*(_acquire(runner, f"runner-{n}") for n, runner in enumerate(runners)))
    for runner in runners:
        await runner.aclose()
    assert sum(won) == 1


async def test_a_lease_can_be_taken_over_only_when_it_expired(database: Database) -> None:
    assert await _acquire(database, "first")
    assert not await _acquire(database, "second", MONDAY + MINUTE / 2)
    assert await _acquire(database, "second", MONDAY + MINUTE)


async def test_renewing_prolongs_and_tells_a_holder_that_lost_it(database: Database) -> None:
    await _acquire(database, "first")
    async with database.transaction() as uow:
        leases = Leases(uow.connection)
        soon = MONDAY + MINUTE / 2
        assert await leases.renew("acme", holder="first", now=soon, duration=MINUTE)
        assert not await leases.renew("acme", holder="second", now=soon, duration=MINUTE)
    assert not await _acquire(database, "second", MONDAY + MINUTE)


async def test_only_the_holder_can_release(database: Database) -> None:
    await _acquire(database, "first")
    async with database.transaction() as uow:
        await Leases(uow.connection).release("acme", holder="second")
    assert not await _acquire(database, "second")
    async with database.transaction() as uow:
        await Leases(uow.connection).release("acme", holder="first")
    assert await _acquire(database, "second")
