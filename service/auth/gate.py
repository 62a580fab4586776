"""From a credential to a principal. Knows the doors (keys, tokens, sessions), not the routes behind them."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Any, Final

import structlog

from service.auth import keys
from service.auth.attempts import Attempts
from service.auth.claims import principal_from
from service.auth.errors import CredentialRefused
from service.auth.oidc import IdentityProvider
from service.auth.sessions import Sessions, provided
from service.clock import Clock
from service.domain.access import Principal
from service.store.engine import Database
from service.store.errors import DatabaseUnusable
from service.store.keys import Keys, StoredKey

LOOKS_EVERY: Final = 1.0  # seconds, until the first key is there
log = structlog.get_logger(__name__)


class Gate:
    """One for the process. `provider` is None where no identity provider is configured."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        provider: IdentityProvider | None = None,
        sessions: Sessions | None = None,
        now: Callable[[], float] = monotonic,
    ) -> None:
        self.clock = clock
        self.provider = provider
        self.sessions = sessions or Sessions()
        self._sign_ins = Attempts(now=now)
        self._bearers = Attempts(now=now)
        self._database = database
        self._now = now
        self._configured = provider is not None
        self._looked_at: float | None = None

    async def configured(self) -> bool:
        """Whether anybody has to prove who they are: an identity provider is set, or a key was ever made.

        Once true it stays so: neither expiry nor revocation of the last key opens the service. Raises DatabaseUnusable.
        """
        if self._configured or (self._looked_at is not None and self._now() - self._looked_at < LOOKS_EVERY):
            return self._configured
        async with self._database.reading() as uow:
            self._configured = await Keys(uow.connection).any()
        self._looked_at = self._now()
        return self._configured

    async def by_bearer(self, token: str, *, address: str) -> Principal:
        """Raises CredentialRefused, TooManyFailures, ProviderAway.

        A good credential is never braked: a forgotten script behind the same proxy must not lock the others out.
        """
        try:
            return await self._by_token(token)
        except CredentialRefused as error:
            log.warning("credential_refused", address=address, reason=error.message)
            self._bearers.check(address)
            self._bearers.failed(address)
            raise

    async def sign_in(self, token: str, *, address: str) -> Principal:
        """At the page where a key is typed. Raises CredentialRefused, TooManyFailures."""
        self._sign_ins.check(address)
        try:
            return await self._by_key(token)
        except CredentialRefused as error:
            log.warning("credential_refused", address=address, reason=error.message)
            self._sign_ins.failed(address)
            raise

    async def by_session(self, cookie: str) -> Principal | None:
        """None when it has ended, which is nobody's failure: sessions do."""
        claims = self.sessions.read("session", cookie, now=self.clock.now())
        if claims is None:
            return None
        person = provided(claims)
        if person is not None:
            return person if self.provider is not None else None
        key = await self._stored(str(claims["key"]))
        if key is None or key.revoked_at is not None or key.expired(self.clock.now()):
            return None
        await self._note_use(key)
        return keys.principal_of(key)

    def from_provider(self, claims: dict[str, Any]) -> Principal:
        """Somebody whom the identity provider vouches for."""
        if self.provider is None:
            raise CredentialRefused("No identity provider is configured here.")
        return principal_from(claims, self.provider.options.rules)

    async def _by_token(self, token: str) -> Principal:
        if token.startswith(keys.PREFIX) or self.provider is None:
            return await self._by_key(token)
        return self.from_provider(await self.provider.claims_of(token))

    async def _by_key(self, token: str) -> Principal:
        parts = keys.split_token(token.strip())
        if parts is None:
            raise CredentialRefused("This is no API key; a key begins with ilk_ and is shown when it is made.")
        key = keys.check(await self._stored(parts[0]), parts[1], now=self.clock.now())
        await self._note_use(key)
        return keys.principal_of(key)

    async def _stored(self, key_id: str) -> StoredKey | None:
        async with self._database.reading() as uow:
            return await Keys(uow.connection).by_id(key_id)

    async def _note_use(self, key: StoredKey) -> None:
        """When it was used last is good to know, and no reason to refuse an answer."""
        now = self.clock.now()
        if key.use_is_noted(now):
            return
        try:
            async with self._database.transaction() as uow:
                await Keys(uow.connection).note_use(key.id, at=now)
        except DatabaseUnusable as error:
            log.warning("key_use_not_noted", key=key.name, reason=error.message)
