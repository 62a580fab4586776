"""Webhooks of a tool that gives each one a secret of its own, told apart by a nonce in their address."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from service.store.tables.webhooks import webhook_subscriptions

PENDING, ACTIVE = "pending", "active"


def digest_of(nonce: str) -> str:
    """What is kept of a nonce: whoever reads the database cannot post with it."""
    return hashlib.sha256(nonce.encode("utf-8", "surrogatepass")).hexdigest()


class Subscriptions:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def expect(self, source: str, nonce: str, *, scope_id: str, now: datetime, until: datetime) -> None:
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
        query = select(c.sealed_secret).where(c.nonce_digest == digest_of(nonce), c.source == source, c.state == ACTIVE)
        return (await self._connection.execute(query)).scalar_one_or_none()

    async def sources(self) -> set[str]:
        """Those that have a webhook which shook hands."""
        c = webhook_subscriptions.c
        return set((await self._connection.execute(select(c.source).where(c.state == ACTIVE).distinct())).scalars())
