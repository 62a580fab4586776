"""What a delivery of a tool's webhook tells: which items to read again, never what they are like now.

Deliveries come late, twice, out of order or not at all, and their bodies may be staler than a read. So nothing is taken
from them but ids. Pure: the receiver brings body and headers, and stores what comes out.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

from msgspec import Struct


class Delivery(Struct, frozen=True):
    """`id` is the tool's own and the same on retries; None where the tool gives none. Times are aware UTC.

    `deleted_ids` are those of `native_ids` that are said to be gone. `scope_id` is the project they are said to lie
    in, where the body names one. `reference_changed`: something that items refer to, such as a sprint, is different.
    """

    event: str
    id: str | None = None
    native_ids: tuple[str, ...] = ()
    deleted_ids: tuple[str, ...] = ()
    scope_id: str | None = None
    reference_changed: bool = False
    occurred_at: datetime | None = None
    heartbeat: bool = False


class DeliveryUnreadable(Exception):
    """The body is none that the tool sends. `reason` says what is wrong with it, without repeating it."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def signature(body: bytes, secret: str) -> str:
    """The lower-case hex HMAC-SHA256 of the body as it came."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def same(given: str, expected: str) -> bool:
    """Compared in constant time, whatever characters were sent."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode("utf-8", "surrogatepass"))


def is_id(text: str) -> bool:
    """Ids of both tools are numbers; anything else would end up in an address or a query."""
    return text.isascii() and text.isdecimal() and len(text) <= 20
