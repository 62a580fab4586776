"""How the deliveries of one source are proven and read: functions of its connector, put together in bootstrap."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from connectors.deliveries import Delivery

Headers = Mapping[str, str]  # by lower-case names


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """`tool` is the part of the path. `read` raises DeliveryUnreadable.

    `bears_token` proves a delivery by a token in its headers, at that moment; None where the tool sends none.
    `secret` is shared with the tool; None where none is configured, or where the tool gives each webhook its own,
    which `handshake` finds in the headers. `takes_nonce`: the tool may be unable to sign, and then proves itself by the
    secret as the last part of the path.
    """

    tool: str
    read: Callable[[bytes, Headers], Delivery]
    is_signed: Callable[[bytes, Headers, str], bool]
    secret: str | None = field(default=None, repr=False)
    bears_token: Callable[[Headers, datetime], bool] | None = field(default=None, repr=False)
    handshake: Callable[[Headers], str | None] | None = None
    takes_nonce: bool = False
