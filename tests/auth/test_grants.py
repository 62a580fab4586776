"""A grant in the database: sealed, in one hand at a time across processes, begun anew by a new refresh token."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from connectors.errors import AuthenticationFailed, SourceUnavailable
from connectors.grants import GrantKeeper
from service.auth.grants import DEAD_AFTER, HOLD, PATIENCE, SealedGrant
from service.auth.sealing import GRANTS, SealBroken, Sealer
from service.store.engine import Database
from service.store.tables.oauth import oauth_grants
from tests.connectors.keeping import KeeperContract
from tests.flows.support import HandClock

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
SEALER = Sealer("k" * 32, purpose=GRANTS)


def kept(
    database: Database,
    refresh_token: str = "first",  # noqa: S107
    *,
    clock: HandClock | None = None,
    sealer: Sealer = SEALER,
) -> SealedGrant:
    """Waiting for a turn moves the clock."""
    clock = clock or HandClock(NOW)

    async def sleep(seconds: float) -> None:
        clock.pass_by(seconds=seconds)
        await asyncio.sleep(0)

    return SealedGrant(database, source="acme", refresh_token=refresh_token, sealer=sealer, clock=clock, sleep=sleep)


async def rows(database: Database) -> list[tuple[str, int]]:
    """(the token that is sealed there, its version) of every grant, the oldest first."""
    async with database.reading() as uow:
        c = oauth_grants.c
        found = await uow.connection.execute(select(c.sealed_refresh_token, c.version).order_by(c.began_at))
        return [(SEALER.unseal(row.sealed_refresh_token), row.version) for row in found]


class TestSealedGrant(KeeperContract):
    @pytest.fixture
    def keeper(self, database: Database) -> GrantKeeper:
        return SealedGrant(database, source="acme", refresh_token="first", sealer=SEALER, clock=HandClock(NOW))


@asynccontextmanager
async def processes(url: str, count: int) -> AsyncIterator[list[Database]]:
    """Each has its own pool."""
    opened = [Database.open(url) for _ in range(count)]
    yield opened
    for each in opened:
        await each.aclose()


async def test_of_many_processes_each_spends_what_the_one_before_it_kept(database_url: str) -> None:
    spent: list[str] = []

    async def renew(keeper: SealedGrant) -> None:
        grant = await keeper.take()
        spent.append(grant.refresh_token)
        await asyncio.sleep(0.01)
        await keeper.keep(grant, f"{grant.refresh_token}+")

    async with processes(database_url, 5) as databases:
        keepers = [
            SealedGrant(
                each,
                source="acme",
                refresh_token="first",
                sealer=SEALER,
                clock=HandClock(NOW),
                sleep=lambda _: asyncio.sleep(0.01),
            )
            for each in databases
        ]
        await asyncio.gather(*(renew(keeper) for keeper in keepers))

    assert sorted(spent, key=len) == ["first", "first+", "first++", "first+++", "first++++"]


async def test_one_that_died_with_the_grant_in_hand_holds_it_for_two_minutes(database: Database) -> None:
    clock = HandClock(NOW)
    await kept(database, clock=clock).take()

    assert (await kept(database, clock=clock).take()).refresh_token == "first"
    assert clock.now() - NOW == HOLD


async def test_of_two_that_spent_the_same_token_the_first_to_keep_decides(database: Database) -> None:
    """As after a pause of the whole machine: the second was slower than its hold lasted."""
    clock = HandClock(NOW)
    slow, quick = kept(database, clock=clock), kept(database, clock=clock)
    one = await slow.take()
    clock.pass_by(minutes=3)
    other = await quick.take()
    await quick.keep(other, "quick's")
    await slow.keep(one, "slow's")

    assert await rows(database) == [("quick's", 1)]


async def test_nobody_waits_for_ever(database: Database) -> None:
    """A clock that stands still for the holder, as when its end lies in the future for all of us."""
    await kept(database, clock=HandClock(NOW + timedelta(days=1))).take()
    clock = HandClock(NOW)

    with pytest.raises(SourceUnavailable) as caught:
        await kept(database, clock=clock).take()

    assert caught.value.message == "Another process has been renewing the access of this source for minutes."
    assert clock.now() - NOW == PATIENCE


async def test_a_new_refresh_token_begins_another_grant_and_the_former_is_left_to_who_uses_it(
    database: Database,
) -> None:
    """A worker that was not restarted yet goes on with the grant of its file, and does not undo the new one."""
    worker, restarted = kept(database, "first"), kept(database, "authorised anew", clock=HandClock(NOW + HOLD))
    await worker.keep(await worker.take(), "second")
    await restarted.keep(await restarted.take(), "anew's next")
    await worker.keep(await worker.take(), "third")

    assert await rows(database) == [("third", 2), ("anew's next", 1)]


async def test_grants_that_the_tool_has_ended_are_forgotten_when_another_begins(database: Database) -> None:
    await kept(database, "first").take()
    later = HandClock(NOW + DEAD_AFTER + HOLD)
    await kept(database, "second", clock=later).take()

    assert await rows(database) == [("second", 0)]


async def test_the_configured_token_is_never_spent_again_once_it_was_followed(database: Database) -> None:
    first = kept(database)
    await first.keep(await first.take(), "second")

    assert (await kept(database).take()).refresh_token == "second"


async def test_another_secret_key_is_told_what_to_do_and_holds_nothing_up(database: Database) -> None:
    first = kept(database)
    await first.give_back(await first.take())

    with pytest.raises(AuthenticationFailed) as caught:
        await kept(database, sealer=Sealer("another key of thirty-two letters", purpose=GRANTS)).take()

    assert caught.value.message == (
        "The stored refresh token was sealed with another INTERLOCK_SECRET_KEY; put that key back, or authorise "
        "again and put the new refresh token into the variable that oauth.refresh_token names."
    )
    assert (await kept(database).take()).refresh_token == "first"


def test_what_is_sealed_for_one_purpose_opens_for_no_other() -> None:
    with pytest.raises(SealBroken):
        Sealer("k" * 32).unseal(SEALER.seal("first"))
