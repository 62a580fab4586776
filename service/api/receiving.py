"""A tool delivers: proven, read for the ids it names, and committed to the inbox before it gets its answer."""

from __future__ import annotations

import hashlib
from datetime import datetime

import structlog

from connectors.deliveries import DeliveryUnreadable, same
from service.api.problems import Kind, Problem
from service.api.receivers import Headers, Receiver
from service.api.services import Services
from service.auth.sealing import SealBroken, Sealer
from service.domain.errors import UnknownSource
from service.store.inbox import Counters, Inbox
from service.store.subscriptions import Subscriptions

JIRA, ASANA = "jira", "asana"
LONGEST_SECRET = 256  # of those that a handshake brings

log = structlog.get_logger(__name__)


async def receive_signed(services: Services, source: str, body: bytes, headers: Headers) -> None:
    """From a tool that signs with the configured secret, or as an app of ours. Raises UnknownSource, Problem."""
    receiver = _receiver(services, source, JIRA)
    if receiver.secret is None and receiver.bears_token is None:
        raise _not_set_up(source)
    if not _is_proven(receiver, body, headers, services.clock.now()):
        raise await _refused(services, source, "its signature is missing or does not hold")
    await _put_down(services, source, receiver, body, headers)


async def receive_by_nonce(services: Services, source: str, nonce: str, body: bytes, headers: Headers) -> None:
    """From a tool that cannot sign: it knows the path. Raises UnknownSource, Problem."""
    receiver, secret = _with_secret(services, source)
    if not receiver.takes_nonce:
        raise await _refused(services, source, "this tool signs; its address ends with the name of the source")
    if not same(nonce, secret):
        raise await _refused(services, source, "the last part of the address is not the secret")
    await _put_down(services, source, receiver, body, headers)


async def receive_by_subscription(
    services: Services, source: str, nonce: str, body: bytes, headers: Headers
) -> dict[str, str]:
    """From a tool that gives each webhook its own secret; the headers of the answer. Raises UnknownSource, Problem."""
    receiver, sealer = _receiver(services, source, ASANA), _sealer(services)
    offered = receiver.handshake(headers) if receiver.handshake is not None else None
    if offered is not None:
        await _shake_hands(services, source, nonce, offered, sealer)
        return {"X-Hook-Secret": offered}
    async with services.database.reading() as uow:
        sealed = await Subscriptions(uow.connection).sealed_secret(source, nonce)
    if sealed is None or not receiver.is_signed(body, headers, _unsealed(sealer, sealed)):
        raise await _refused(services, source, "its address is none that was given out, or its signature does not hold")
    await _put_down(services, source, receiver, body, headers)
    return {}


async def _shake_hands(services: Services, source: str, nonce: str, offered: str, sealer: Sealer) -> None:
    """Whoever may plant a secret could sign anything: so once, and only while we are making this webhook."""
    if 0 < len(offered) <= LONGEST_SECRET and offered.isascii() and offered.isprintable():
        async with services.database.transaction() as uow:
            accepted = await Subscriptions(uow.connection).accept(
                source, nonce, sealed_secret=sealer.seal(offered), now=services.clock.now()
            )
        if accepted:
            log.info("webhook_handshake", source=source)
            return
    raise await _refused(services, source, "no handshake is expected at this address")


async def _put_down(services: Services, source: str, receiver: Receiver, body: bytes, headers: Headers) -> None:
    try:
        delivery = receiver.read(body, headers)
    except DeliveryUnreadable as unreadable:
        log.warning("delivery_unreadable", source=source, reason=unreadable.reason)
        raise Problem(Kind.DELIVERY_UNREADABLE, unreadable.reason) from None
    key = f"id:{delivery.id}" if delivery.id else f"body:{hashlib.sha256(body).hexdigest()}"
    now = services.clock.now()
    async with services.database.transaction() as uow:
        new = not delivery.heartbeat and await Inbox(uow.connection).add(source, delivery, key=key, now=now)
        repeated = not new and not delivery.heartbeat
        await Counters(uow.connection).received(source, now=now, repeated=repeated)
    if new:
        services.on_delivery(source)


async def _refused(services: Services, source: str, reason: str) -> Problem:
    await services.refusals.count(source, services.database, now=services.clock.now())
    log.warning("delivery_refused", source=source, reason=reason)
    return Problem(Kind.DELIVERY_NOT_PROVEN, f"This delivery for {source} was not taken: {reason}.")


def _receiver(services: Services, source: str, tool: str) -> Receiver:
    receiver = services.receivers.get(source)
    if receiver is None or receiver.tool != tool:
        raise UnknownSource(source)
    return receiver


def _with_secret(services: Services, source: str) -> tuple[Receiver, str]:
    receiver = _receiver(services, source, JIRA)
    if receiver.secret is None:
        raise _not_set_up(source)
    return receiver, receiver.secret


def _is_proven(receiver: Receiver, body: bytes, headers: Headers, now: datetime) -> bool:
    """By what the source is configured with; a proof of another kind is none."""
    if receiver.secret is not None and receiver.is_signed(body, headers, receiver.secret):
        return True
    return receiver.bears_token is not None and receiver.bears_token(headers, now)


def _not_set_up(source: str) -> Problem:
    return Problem(
        Kind.WEBHOOK_NOT_SET_UP, f"{source} takes no deliveries: set webhook: {{secret: …}} in interlock.yaml."
    )


def _sealer(services: Services) -> Sealer:
    if services.secret_key is None:
        raise Problem(
            Kind.WEBHOOK_NOT_SET_UP,
            "Secrets of webhooks are stored sealed, and there is no key to seal them with: set INTERLOCK_SECRET_KEY.",
        )
    return Sealer(services.secret_key)


def _unsealed(sealer: Sealer, sealed: str) -> str:
    try:
        return sealer.unseal(sealed)
    except SealBroken:
        raise Problem(
            Kind.WEBHOOK_NOT_SET_UP,
            "The secret of this webhook was sealed with another INTERLOCK_SECRET_KEY; make the webhook again.",
        ) from None
