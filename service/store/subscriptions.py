"""Webhooks that we registered at the tools: the secrets of those that have their own, and how each one is doing.

A webhook with a secret of its own is told apart by a nonce in its address, of which only a digest is kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from service.store.tables.sources import scopes
from service.store.tables.webhooks import webhook_subscriptions

PENDING, ACTIVE, DISABLED, MISSING = "pending", "active", "disabled", "missing"


def digest_of(nonce: str) -> str:
    """What is kept of a nonce: whoever reads the database cannot post with it."""
    return hashlib.sha256(nonce.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class SubscriptionHealth:
    """One registered webhook as the tool last showed it. `scope` is the project's key; None: all that the source reads.

    `state` is pending (its handshake has not come), active, disabled (the tool has it and sends nothing) or missing
    (the tool has it no more). `looked_at` None: the tool was not asked since it was made.
    """

    source: str
    scope: str | None
    state: str
    created_at: datetime
    expires_at: datetime | None
    last_success_at: datetime | None
    last_failure_at: datetime | None
    last_failure: str | None
    looked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Subscription:
    """What registering needs to know of one. `native_id` None: it was never bound to a webhook of the tool."""

    id: int
    scope_id: str | None
    state: str
    nonce_digest: str | None
    sealed_secret: str | None
    native_id: str | None
    pending_until: datetime | None
    looked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Look:
    """What the tool said about one webhook."""

    state: str
    expires_at: datetime | None = None
    last_success_at: datetime | None = None
    last_failure_at: datetime | None = None
    last_failure: str | None = None


class Subscriptions:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    # handshakes, and the secrets that they bring

    async def expect(self, source: str, nonce: str, *, scope_id: str | None, now: datetime, until: datetime) -> None:
        """From now on, and only until then, one handshake with this nonce is taken."""
        row = {
            "nonce_digest": digest_of(nonce),
            "source": source,
            "state": PENDING,
            "pending_until": until,
            "scope_id": scope_id,
            "created_at": now,
        }
        await self._connection.execute(insert(webhook_subscriptions), [row])

    async def accept(self, source: str, nonce: str, *, sealed_secret: str, now: datetime) -> bool:
        """Take the secret of a handshake: once, while it is expected. One statement, so that two never both win."""
        c = webhook_subscriptions.c
        statement = update(webhook_subscriptions).where(
            c.nonce_digest == digest_of(nonce), c.source == source, c.state == PENDING, c.pending_until > now
        )
        taken = await self._connection.execute(statement.values(state=ACTIVE, sealed_secret=sealed_secret))
        return taken.rowcount == 1

    async def sealed_secret(self, source: str, nonce: str) -> str | None:
        """None for a nonce that nobody was given, or whose handshake has not come."""
        c = webhook_subscriptions.c
        query = select(c.sealed_secret).where(c.nonce_digest == digest_of(nonce), c.source == source)
        return (await self._connection.execute(query)).scalar_one_or_none()

    async def bind(self, source: str, nonce: str, native_id: str) -> bool:
        """The tool has named the webhook of this nonce; False when its handshake never came here."""
        c = webhook_subscriptions.c
        statement = update(webhook_subscriptions).where(
            c.nonce_digest == digest_of(nonce), c.source == source, c.sealed_secret.is_not(None)
        )
        return (await self._connection.execute(statement.values(native_id=native_id))).rowcount == 1

    async def no_longer_expect(self, source: str, nonce: str) -> None:
        """Making the webhook failed: what was kept for it goes."""
        c = webhook_subscriptions.c
        await self._connection.execute(
            delete(webhook_subscriptions).where(c.nonce_digest == digest_of(nonce), c.source == source)
        )

    # what is registered

    async def add(
        self, source: str, native_id: str, *, scope_id: str | None, now: datetime, expires_at: datetime | None
    ) -> None:
        """One that proves itself by a secret that the configuration holds."""
        row = {
            "source": source,
            "scope_id": scope_id,
            "state": ACTIVE,
            "native_id": native_id,
            "created_at": now,
            "expires_at": expires_at,
        }
        await self._connection.execute(insert(webhook_subscriptions), [row])

    async def of(self, source: str) -> list[Subscription]:
        """All of a source, in the order in which they were made."""
        c = webhook_subscriptions.c
        query = select(
            c.id, c.scope_id, c.state, c.nonce_digest, c.sealed_secret, c.native_id, c.pending_until, c.looked_at
        )
        rows = await self._connection.execute(query.where(c.source == source).order_by(c.id))
        return [Subscription(*row) for row in rows]

    async def forget(self, ids: Sequence[int]) -> None:
        await self._connection.execute(delete(webhook_subscriptions).where(webhook_subscriptions.c.id.in_(ids)))

    async def looked(self, subscription_id: int, look: Look, *, now: datetime) -> None:
        """Keep what the tool said. A moment that it does not tell any more stays as it was told last."""
        told = {
            "last_success_at": look.last_success_at,
            "last_failure_at": look.last_failure_at,
            "last_failure": look.last_failure and look.last_failure[:500],
        }
        values = {name: value for name, value in told.items() if value is not None}
        statement = update(webhook_subscriptions).where(webhook_subscriptions.c.id == subscription_id)
        now_said = {"state": look.state, "expires_at": look.expires_at, "looked_at": now}
        await self._connection.execute(statement.values(**now_said, **values))

    # what people are told

    async def sources(self) -> set[str]:
        """Those that have a webhook which delivers, as far as is known."""
        c = webhook_subscriptions.c
        return set((await self._connection.execute(select(c.source).where(c.state == ACTIVE).distinct())).scalars())

    async def health(self) -> list[SubscriptionHealth]:
        """Every registered webhook, by source and scope."""
        c, s = webhook_subscriptions.c, scopes.c
        joined = webhook_subscriptions.outerjoin(scopes, and_(s.source == c.source, s.native_id == c.scope_id))
        query = select(
            c.source, s.key, c.scope_id, c.state, c.created_at, c.expires_at, c.last_success_at, c.last_failure_at,
            c.last_failure, c.looked_at,
        ).select_from(joined).order_by(c.source, s.key, c.id)  # fmt: skip
        return [
            SubscriptionHealth(source, key or scope_id, *rest)
            for source, key, scope_id, *rest in await self._connection.execute(query)
        ]
