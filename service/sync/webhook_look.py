"""How the webhooks that we registered are doing, as the tool says it: looked at daily, and kept for whoever asks.

Those that expire are put off in good time. Nothing is made here: what is missing, switched off or failing is told, and
`interlock webhooks register` makes it good.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from connectors.contract import RegisteredWebhook, Source, WebhookAdmin
from service.clock import Clock
from service.store.engine import Database
from service.store.subscriptions import ACTIVE, DISABLED, MISSING, Look, Subscription, Subscriptions

LOOKED_AT_EVERY = timedelta(days=1)
REFRESHED_BEFORE = timedelta(days=23)  # of expiry: webhooks of apps live for thirty days, so once a week

log = structlog.get_logger(__name__)


async def look_if_due(source: Source, database: Database, *, clock: Clock) -> bool:
    """Look, unless some process did so today, or nothing is registered. Raises SourceError, DatabaseUnusable."""
    async with database.reading() as uow:
        rows = await Subscriptions(uow.connection).of(source.name)
    bound = [row for row in rows if row.native_id is not None]
    if all(row.looked_at is not None and clock.now() - row.looked_at < LOOKED_AT_EVERY for row in bound):
        return False
    await look(source, database, clock=clock)
    return True


async def look(source: Source, database: Database, *, clock: Clock) -> Sequence[RegisteredWebhook]:
    """Ask the tool, keep what it says of ours, and return all that it shows. Raises SourceError."""
    admin = source.webhooks
    if admin is None:
        return ()
    there = await admin.registered()
    async with database.reading() as uow:
        rows = [row for row in await Subscriptions(uow.connection).of(source.name) if row.native_id is not None]
    now = clock.now()
    until = await _put_off(admin, source.name, _expiring(there, rows, now))
    by_id = {each.native_id: each for each in there}
    async with database.transaction() as uow:
        for row in rows:
            seen = _seen(by_id.get(row.native_id or ""), until, now)
            _tell(source.name, row, seen)
            await Subscriptions(uow.connection).looked(row.id, seen, now=now)
    return there


def _expiring(there: Sequence[RegisteredWebhook], rows: Sequence[Subscription], now: datetime) -> list[str]:
    ours = {row.native_id for row in rows}
    return [each.native_id for each in there if each.native_id in ours and _expires_soon(each.expires_at, now)]


async def _put_off(admin: WebhookAdmin, source: str, native_ids: Sequence[str]) -> datetime | None:
    if not native_ids:
        return None
    until = await admin.refresh(native_ids)
    if until is not None:
        log.info("webhooks_refreshed", source=source, webhooks=len(native_ids), expires_at=until)
    return until


def _seen(found: RegisteredWebhook | None, until: datetime | None, now: datetime) -> Look:
    """`until` is the new expiry of those that were about to expire."""
    if found is None:
        return Look(MISSING)
    return Look(
        state=ACTIVE if found.active else DISABLED,
        expires_at=until if until is not None and _expires_soon(found.expires_at, now) else found.expires_at,
        last_success_at=found.last_success_at,
        last_failure_at=found.last_failure_at,
        last_failure=found.last_failure,
    )


def _expires_soon(expires_at: datetime | None, now: datetime) -> bool:
    return expires_at is not None and expires_at - now < REFRESHED_BEFORE


def _tell(source: str, row: Subscription, seen: Look) -> None:
    if seen.state != ACTIVE:
        log.warning("webhook_not_delivering", source=source, scope=row.scope_id, state=seen.state)
