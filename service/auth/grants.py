"""The OAuth grant of one source, sealed in the database: whatever process spends its refresh token, only one does."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta

from connectors.errors import AuthenticationFailed, SourceUnavailable
from connectors.grants import Grant
from service.auth.sealing import SealBroken, Sealer
from service.clock import Clock
from service.store.engine import Database
from service.store.grants import Grants, StoredGrant, digest_of
from service.store.unit_of_work import UnitOfWork

HOLD = timedelta(minutes=2)  # longer than an exchange lasts, far shorter than a used token can be used again
LOOK_AGAIN = timedelta(seconds=1)
PATIENCE = timedelta(minutes=5)
DEAD_AFTER = timedelta(days=90)  # Atlassian ends a grant that nobody used for so long


class SealedGrant:
    """Implements `connectors.grants.GrantKeeper`.

    `refresh_token` is the configuration's. It begins a grant once and is never spent again; one that was not seen
    before begins another. No transaction is open while the tool is asked: the grant is held by a mark with an end.
    """

    def __init__(
        self,
        database: Database,
        *,
        source: str,
        refresh_token: str,
        sealer: Sealer,
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._database = database
        self._source = source
        self._refresh_token = refresh_token
        self._began_with = digest_of(refresh_token)
        self._sealer = sealer
        self._clock = clock
        self._sleep = sleep
        self._holder = uuid.uuid4().hex

    def __repr__(self) -> str:
        return f"SealedGrant(source={self._source!r})"

    async def take(self) -> Grant:
        """Raises AuthenticationFailed when it was sealed with another key, SourceUnavailable when it stays held."""
        for _ in range(PATIENCE // LOOK_AGAIN):
            async with self._database.transaction() as uow:
                if (stored := await self._taken(uow)) is not None:
                    return Grant(self._unsealed(stored), stored.version)
            await self._sleep(LOOK_AGAIN.total_seconds())
        raise SourceUnavailable(
            self._source, "Another process has been renewing the access of this source for minutes."
        )

    async def keep(self, grant: Grant, refresh_token: str) -> None:
        sealed = self._sealer.seal(refresh_token)
        async with self._database.transaction() as uow:
            await self._grants(uow).replace(sealed, version=grant.version, now=self._clock.now())

    async def give_back(self, grant: Grant) -> None:
        async with self._database.transaction() as uow:
            await self._grants(uow).give_back(holder=self._holder)

    async def _taken(self, uow: UnitOfWork) -> StoredGrant | None:
        grants, now = self._grants(uow), self._clock.now()
        if await grants.begin(self._sealer.seal(self._refresh_token), now=now):
            await grants.forget_others(unused_since=now - DEAD_AFTER)
        return await grants.take(holder=self._holder, now=now, until=now + HOLD)

    def _grants(self, uow: UnitOfWork) -> Grants:
        return Grants(uow.connection, self._source, self._began_with)

    def _unsealed(self, stored: StoredGrant) -> str:
        try:
            return self._sealer.unseal(stored.sealed_refresh_token)
        except SealBroken:
            raise AuthenticationFailed(
                self._source,
                "The stored refresh token was sealed with another INTERLOCK_SECRET_KEY; put that key back, or "
                "authorise again and put the new refresh token into the variable that oauth.refresh_token names.",
            ) from None
