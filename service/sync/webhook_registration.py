"""Webhooks at a tool: made, kept and removed when somebody asks for it. The only writes to a tool there are.

    what should be there  ×  what the tool shows under our addresses  →  kept, made; then the rest removed

Nothing is touched whose address is not below ours. Asking twice changes nothing the second time.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.contract import RegisteredWebhook, Source, WantedWebhook, WebhookAdmin
from connectors.errors import SourceError, SourceMisconfigured
from connectors.registering import suits
from service.clock import Clock
from service.store.audit import Audit
from service.store.engine import Database
from service.store.sources import Scopes
from service.store.subscriptions import Subscription, Subscriptions, digest_of
from service.sync.webhook_addresses import is_ours, nonce_of, prefix_of, shown

NONCE_BYTES = 32
ELSEWHERE = "It was registered under another auth.public_url; remove it in the tool, or with that address set."
HANDSHAKE_WITHIN = timedelta(minutes=5)  # the tool shakes hands while it is asked, and answers within a minute

log = structlog.get_logger(__name__)


class Outcome(StrEnum):
    KEPT = "kept"
    REGISTERED = "registered"
    REMOVED = "removed"
    ELSEWHERE = "elsewhere"  # made by us, at an address that is no longer ours to touch
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one webhook. `scope` is the project's key; None: all that the source reads.

    `address` hides what proves a delivery. `reason` is there for those that need somebody.
    """

    source: str
    outcome: Outcome
    scope: str | None = None
    native_id: str | None = None
    address: str | None = None
    expires_at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Registrar:
    """For one source. `base` comes from `delivery_base`; `opens` tells whether a sealed secret can still be read."""

    source: Source
    database: Database
    clock: Clock
    base: str
    actor: str
    origin: str
    opens: Callable[[str], bool]

    @property
    def admin(self) -> WebhookAdmin:
        """Raises SourceMisconfigured."""
        if self.source.webhooks is None:
            raise SourceMisconfigured(self.source.name, "This tool has no webhooks that could be managed.")
        return self.source.webhooks

    @property
    def prefix(self) -> str:
        """What every address of this source begins with."""
        return prefix_of(self.base, self.admin.tool, self.source.name)

    async def register(self) -> list[Told]:
        """Raises SourceError where the tool cannot be asked at all; what fails for one webhook is told."""
        await self.source.connect()
        names, known = await self._known()
        found, missing = await self.source.scopes(known=known)
        scopes = [scope for scope in found if not scope.archived]
        names |= {scope.native_id: scope.key for scope in scopes}
        listed, rows = await self.admin.registered(), await self._rows()
        spare = [each for each in listed if is_ours(each.address, self.prefix)]
        told: list[Told] = []
        for wanted in self.admin.wanted(scopes):
            scope = _name_of(wanted.scope_id, names)
            there = next((each for each in spare if suits(each, wanted) and self._is_proven(each, rows)), None)
            if there is None:
                told.append(await self._make(wanted, scope))
                if told[-1].outcome is Outcome.FAILED:  # an old one is better than none
                    spare = [each for each in spare if each.scope_id != wanted.scope_id]
            else:
                spare.remove(there)
                told.append(await self._keep(there, scope, rows))
        if missing:  # what cannot be seen at present may be what it was made for
            live = {None, *(scope.native_id for scope in scopes)}
            spare = [each for each in spare if each.scope_id in live]
        told += [await self._remove(each, rows, names) for each in spare]
        told += [Told(self.source.name, Outcome.FAILED, each.key, reason=each.reason) for each in missing]
        return told + await self._settle(listed, rows, names)

    async def remove(self) -> list[Told]:
        """Every webhook below our addresses for this source."""
        await self.source.connect()
        names, _ = await self._known()
        listed, rows = await self.admin.registered(), await self._rows()
        ours = [each for each in listed if is_ours(each.address, self.prefix)]
        told = [await self._remove(each, rows, names) for each in ours]
        return told + await self._settle(listed, rows, names)

    # one webhook

    async def _make(self, wanted: WantedWebhook, scope: str | None) -> Told:
        try:
            made = await (self._shake_hands if self.admin.has_own_secrets else self._sign)(wanted, scope)
        except SourceError as error:
            log.warning("webhook_not_registered", source=self.source.name, scope=scope, code=error.code)
            return Told(self.source.name, Outcome.FAILED, scope, reason=error.message)
        log.info("webhook_registered", source=self.source.name, scope=scope, native_id=made.native_id)
        return self._told(Outcome.REGISTERED, made, scope)

    async def _sign(self, wanted: WantedWebhook, scope: str | None) -> RegisteredWebhook:
        """One whose deliveries prove themselves by what the configuration holds."""
        made = await self.admin.register(wanted, self.prefix)
        async with self.database.transaction() as uow:
            await Subscriptions(uow.connection).add(
                self.source.name,
                made.native_id,
                scope_id=wanted.scope_id,
                now=self.clock.now(),
                expires_at=made.expires_at,
            )
            await self._note(uow.connection, "webhook_registered", made, scope)
        return made

    async def _shake_hands(self, wanted: WantedWebhook, scope: str | None) -> RegisteredWebhook:
        """One that brings a secret of its own. Expected before it is asked for: the handshake comes to any process."""
        name, nonce, now = self.source.name, secrets.token_urlsafe(NONCE_BYTES), self.clock.now()
        async with self.database.transaction() as uow:
            await Subscriptions(uow.connection).expect(
                name, nonce, scope_id=wanted.scope_id, now=now, until=now + HANDSHAKE_WITHIN
            )
        try:
            made = await self.admin.register(wanted, f"{self.prefix}/{nonce}")
        except SourceError:
            await self._no_longer_expect(nonce)
            raise
        async with self.database.transaction() as uow:
            came_here = await Subscriptions(uow.connection).bind(name, nonce, made.native_id)
            if came_here:
                await self._note(uow.connection, "webhook_registered", made, scope)
        if not came_here:
            await self.admin.remove(made.native_id)
            await self._no_longer_expect(nonce)
            raise SourceMisconfigured(
                name, "Somebody else shook hands at our address: auth.public_url does not lead to this installation."
            )
        return made

    async def _no_longer_expect(self, nonce: str) -> None:
        async with self.database.transaction() as uow:
            await Subscriptions(uow.connection).no_longer_expect(self.source.name, nonce)

    async def _keep(self, there: RegisteredWebhook, scope: str | None, rows: Sequence[Subscription]) -> Told:
        """One that we do not know yet was made by hand, or by a process that ended before it could write it down."""
        if not any(row.native_id == there.native_id for row in rows):
            async with self.database.transaction() as uow:
                subscriptions = Subscriptions(uow.connection)
                nonce = nonce_of(there.address, self.prefix)
                if nonce is None or not await subscriptions.bind(self.source.name, nonce, there.native_id):
                    await subscriptions.add(
                        self.source.name,
                        there.native_id,
                        scope_id=there.scope_id,
                        now=self.clock.now(),
                        expires_at=there.expires_at,
                    )
        return self._told(Outcome.KEPT, there, scope)

    async def _remove(self, there: RegisteredWebhook, rows: Sequence[Subscription], names: Mapping[str, str]) -> Told:
        scope = _name_of(there.scope_id, names)
        try:
            await self.admin.remove(there.native_id)
        except SourceError as error:
            return replace(self._told(Outcome.FAILED, there, scope), reason=error.message)
        row = self._row_of(there, rows)
        async with self.database.transaction() as uow:
            if row is not None:
                await Subscriptions(uow.connection).forget([row.id])
            await self._note(uow.connection, "webhook_removed", there, scope)
        log.info("webhook_removed", source=self.source.name, scope=scope, native_id=there.native_id)
        return self._told(Outcome.REMOVED, there, scope)

    async def _settle(
        self, listed: Sequence[RegisteredWebhook], rows: Sequence[Subscription], names: Mapping[str, str]
    ) -> list[Told]:
        """Forget what the tool has no more, and handshakes that never came; tell of what we may not touch."""
        there, now = {each.native_id: each for each in listed}, self.clock.now()
        gone = [row.id for row in rows if _is_gone(row, there, now)]
        if gone:
            async with self.database.transaction() as uow:
                await Subscriptions(uow.connection).forget(gone)
        ours = {row.native_id for row in rows}
        return [
            replace(self._told(Outcome.ELSEWHERE, each, _name_of(each.scope_id, names)), reason=ELSEWHERE)
            for each in listed
            if each.native_id in ours and not is_ours(each.address, self.prefix)
        ]

    # what is known

    async def _known(self) -> tuple[dict[str, str], dict[str, str]]:
        """The key of every scope that was ever seen, by native id; and of those that a run would look for."""
        async with self.database.reading() as uow:
            known = await Scopes(uow.connection).known(self.source.name)
        wanted = {native_id: each.key for native_id, each in known.items() if each.state in {"live", "gone"}}
        return {native_id: each.key for native_id, each in known.items()}, wanted

    async def _rows(self) -> list[Subscription]:
        async with self.database.reading() as uow:
            return await Subscriptions(uow.connection).of(self.source.name)

    def _is_proven(self, there: RegisteredWebhook, rows: Sequence[Subscription]) -> bool:
        """Whether we hold what its deliveries are proven with."""
        if not self.admin.has_own_secrets:
            return True
        row = self._row_of(there, rows)
        return row is not None and row.sealed_secret is not None and self.opens(row.sealed_secret)

    def _row_of(self, there: RegisteredWebhook, rows: Sequence[Subscription]) -> Subscription | None:
        nonce = nonce_of(there.address, self.prefix)
        digest = digest_of(nonce) if nonce is not None else None
        for row in rows:
            if row.native_id == there.native_id or (digest is not None and row.nonce_digest == digest):
                return row
        return None

    def _told(self, outcome: Outcome, there: RegisteredWebhook, scope: str | None) -> Told:
        address = shown(there.address, self.prefix)
        return Told(self.source.name, outcome, scope, there.native_id, address, there.expires_at)

    async def _note(
        self, connection: AsyncConnection, action: str, there: RegisteredWebhook, scope: str | None
    ) -> None:
        detail = {
            "native_id": there.native_id,
            "address": shown(there.address, self.prefix),
            "scope": scope,
            "events": list(there.events),
            "filter": there.filter,
        }
        await Audit(connection).add(
            at=self.clock.now(),
            actor=self.actor,
            origin=self.origin,
            action=action,
            subject=self.source.name,
            detail=detail,
        )


def _is_gone(row: Subscription, there: Mapping[str, RegisteredWebhook], now: datetime) -> bool:
    if row.native_id is not None:
        return row.native_id not in there
    return row.pending_until is not None and row.pending_until <= now


def _name_of(scope_id: str | None, names: Mapping[str, str]) -> str | None:
    return None if scope_id is None else names.get(scope_id, scope_id)
