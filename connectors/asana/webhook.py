"""Deliveries of Asana's webhooks: the handshake, the signature, and which tasks the events name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

import msgspec
from msgspec import Struct

from connectors.deliveries import Delivery, DeliveryUnreadable, is_id, same, signature

SIGNATURE: Final = "x-hook-signature"
HANDSHAKE: Final = "X-Hook-Secret"
LONGEST_SECRET: Final = 256
BESIDE_A_TASK: Final = frozenset({"story", "attachment"})  # their parent is the task that they tell about


class _Thing(Struct, frozen=True):
    gid: str | None = None
    resource_type: str | None = None


class _Event(Struct, frozen=True):
    action: str | None = None
    resource: _Thing | None = None
    parent: _Thing | None = None
    created_at: str | None = None


class _Body(Struct, frozen=True):
    events: list[_Event]


def handshake_secret(headers: Mapping[str, str]) -> str | None:
    """What Asana wants to hear again while a webhook is being made; None for an ordinary delivery."""
    return headers.get(HANDSHAKE.lower())


def is_signed(body: bytes, headers: Mapping[str, str], secret: str) -> bool:
    """Whether `X-Hook-Signature` proves the body. `headers` are looked up by lower-case names."""
    return same(headers.get(SIGNATURE, ""), signature(body, secret))


def read_delivery(body: bytes, _headers: Mapping[str, str]) -> Delivery:
    """Raises DeliveryUnreadable. Without any event it is a heartbeat."""
    try:
        events = msgspec.json.decode(body, type=_Body).events
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DeliveryUnreadable(f"The body is no Asana delivery: {error}") from None
    tasks = [(gid, event.action) for event in events if (gid := _task(event)) is not None]
    gone = {gid for event in events if event.action == "deleted" and _is_task(event.resource) and (gid := _gid(event))}
    return Delivery(
        event=_told(events),
        native_ids=tuple(dict.fromkeys(gid for gid, _ in tasks)),
        deleted_ids=tuple(sorted(gone)),
        reference_changed=any(_task(event) is None for event in events),
        occurred_at=max(filter(None, map(_moment, events)), default=None),
        heartbeat=not events,
    )


def _task(event: _Event) -> str | None:
    """The task that an event concerns, if one."""
    thing = event.resource
    if thing is not None and thing.resource_type in BESIDE_A_TASK:
        thing = event.parent
    return _checked(thing.gid) if thing is not None and _is_task(thing) and thing.gid is not None else None


def _gid(event: _Event) -> str | None:
    return None if event.resource is None else event.resource.gid


def _is_task(thing: _Thing | None) -> bool:
    return thing is not None and thing.resource_type == "task"


def _checked(gid: str) -> str:
    if not is_id(gid):
        raise DeliveryUnreadable("The body names a task by something that is no gid.")
    return gid


def _told(events: Iterable[_Event]) -> str:
    """In words, for whoever looks into the inbox: "story added, task changed"."""
    kinds = {f"{_kind(event)} {event.action or 'changed'}" for event in events}
    return ", ".join(sorted(kinds))[:100] or "heartbeat"


def _kind(event: _Event) -> str:
    return (event.resource.resource_type if event.resource is not None else None) or "something"


def _moment(event: _Event) -> datetime | None:
    if event.created_at is not None:
        with suppress(ValueError, OverflowError):
            moment = datetime.fromisoformat(event.created_at)
            return moment.astimezone(UTC) if moment.tzinfo is not None else None
    return None
