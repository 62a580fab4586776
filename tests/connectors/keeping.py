"""A keeper of grants in memory, and what every keeper must do."""

from __future__ import annotations

import asyncio

from connectors.grants import Grant, GrantKeeper


class MemoryKeeper:
    """`fails` makes so many `keep` calls fail as they do when the database is away; `lost` counts them."""

    def __init__(self, refresh_token: str = "sandbox-refresh-0", *, fails: int = 0) -> None:  # noqa: S107
        self.grant = Grant(refresh_token)
        self.fails = fails
        self.lost = 0
        self._turn = asyncio.Lock()

    async def take(self) -> Grant:
        async with asyncio.timeout(5):  # a grant that is never given back fails the test rather than hanging it
            await self._turn.acquire()
        return self.grant

    async def keep(self, grant: Grant, refresh_token: str) -> None:
        self._turn.release()
        if self.fails > self.lost:
            self.lost += 1
            raise ConnectionError("the database is away")
        if grant.version == self.grant.version:
            self.grant = Grant(refresh_token, grant.version + 1)

    async def give_back(self, grant: Grant) -> None:
        self._turn.release()


class KeeperContract:
    """Each test gets `keeper`, whose grant began with the refresh token "first"."""

    async def test_what_is_kept_is_what_is_taken_next(self, keeper: GrantKeeper) -> None:
        began = await keeper.take()
        await keeper.keep(began, "second")
        following = await keeper.take()

        assert (began.refresh_token, following.refresh_token) == ("first", "second")
        assert following.version == began.version + 1

    async def test_what_is_given_back_was_not_spent(self, keeper: GrantKeeper) -> None:
        grant = await keeper.take()
        await keeper.give_back(grant)

        assert await keeper.take() == grant

    async def test_it_is_in_one_hand_at_a_time(self, keeper: GrantKeeper) -> None:
        first = await keeper.take()
        waiting = asyncio.create_task(keeper.take())
        await asyncio.sleep(0.05)
        assert not waiting.done()
        await keeper.keep(first, "second")

        assert (await waiting).refresh_token == "second"

    async def test_no_token_is_shown(self, keeper: GrantKeeper) -> None:
        assert "first" not in f"{await keeper.take()!r} {keeper!r}"
