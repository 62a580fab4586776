"""`/events`: what happened to a resource and beneath it since a sync token, a hundred events at a time."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from itertools import islice
from zlib import crc32

import msgspec

from connectors.sandbox.asana.refusals import STALE_SYNC, Refusal, bad_request
from connectors.sandbox.asana.selection import selection_of
from connectors.sandbox.asana.serving import Asana, Routes
from connectors.sandbox.asana.things import Event
from connectors.sandbox.calls import Call, Json

MOST_EVENTS = 100
BY_ITSELF = selection_of(
    "user,created_at,type,action,resource.name,resource.resource_subtype,parent.name,parent.resource_subtype,change"
)


def events(asana: Asana, call: Call) -> Json:
    """412 with a new token for a first call, a foreign token or an old one; else what came after the token."""
    resource = call.query.get("resource")
    if not resource:
        raise bad_request("resource: Missing input")
    asana.readable(_kind(asana, resource), resource)
    start = _position(asana, resource, call.query.get("sync"))
    heard = (
        (number, event)
        for number, event in enumerate(asana.site.events[start:], start)
        if resource in event.streams and _told(asana, event)
    )
    page = list(islice(heard, MOST_EVENTS + 1))
    more = len(page) > MOST_EVENTS
    following = page[MOST_EVENTS - 1][0] + 1 if more else len(asana.site.events)
    selection = asana.asked(call, BY_ITSELF)
    rows = [asana.renderer.value(event.shown(), selection) for _, event in page[:MOST_EVENTS]]
    return {"data": rows, "sync": _token(asana, resource, following), "has_more": more}


def _told(asana: Asana, event: Event) -> bool:
    silent = asana.options.silent_task_changes and event.resource.kind == "task" and event.action == "changed"
    return not silent


def _kind(asana: Asana, gid: str) -> str:
    return next((kind for kind in ("task", "project", "goal") if asana.site.look_up(kind, gid)), "task")


def _position(asana: Asana, resource: str, sync: str | None) -> int:
    stale = Refusal(412, STALE_SYNC, sync=_token(asana, resource, len(asana.site.events)))
    try:
        inner = urlsafe_b64decode((sync or "").removesuffix(":0").encode())
        stream, position, born = msgspec.json.decode(inner, type=tuple[int, int, float])
    except (ValueError, msgspec.MsgspecError):
        raise stale from None
    old = asana.options.clock().timestamp() - born > asana.options.sync_life.total_seconds()
    if old or stream != crc32(resource.encode()):
        raise stale
    return position


def _token(asana: Asana, resource: str, position: int) -> str:
    inner = [crc32(resource.encode()), position, asana.options.clock().timestamp()]
    return urlsafe_b64encode(msgspec.json.encode(inner)).decode() + ":0"


ROUTES: Routes = [("GET", "/events", events)]
