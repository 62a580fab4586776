"""What a project's feed names as touched since a token: the only witness of much that `modified_since` never shows.

At most once, for a day at most: a hint about what to read again, never the proof that all the rest is unchanged.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import msgspec
import structlog
from msgspec import Struct

from connectors.answers import Answer
from connectors.client import Client
from connectors.errors import ListingBroken

log = structlog.get_logger(__name__)

FEED_LASTS: Final = timedelta(hours=24)  # of a token, and of the events
MOST_ANSWERS = 1_000  # a hundred events each, and a token holds a day at most
LOST_POSITION = 412
NO_FEED = frozenset({400, 402, 403, 404})  # the project's own listing will tell whether it is there


class Feed(Struct, frozen=True):
    """`token` goes on from here. `unbroken` false: the position was lost and everything has to be read.

    `tasks` were touched; `left` are those of them that went away from a project or a parent; of the `sections`
    something changed, such as the name.
    """

    token: str | None = None
    unbroken: bool = False
    tasks: frozenset[str] = frozenset()
    left: frozenset[str] = frozenset()
    sections: frozenset[str] = frozenset()


class _Thing(Struct, frozen=True):
    gid: str | None = None
    resource_type: str | None = None


class _Event(Struct, frozen=True):
    action: str | None = None
    resource: _Thing | None = None
    parent: _Thing | None = None


class _Events(Struct, frozen=True):
    data: list[_Event | None] | None = None
    sync: str | None = None
    has_more: bool | None = None


class _Lost(Struct, frozen=True):
    sync: str | None = None


async def read_feed(client: Client, project_id: str, token: str | None) -> Feed:
    """All events after `token`, or without one just a token to begin with."""
    heard: list[_Event] = []
    here = token
    for _ in range(MOST_ANSWERS):
        found = await _ask(client, project_id, here)
        if isinstance(found, Answer):
            return Feed(_new_token(client, project_id, found))
        heard += [each for each in found.data or () if each is not None]
        following = found.sync or here
        if not found.has_more:
            return _named(heard, following, unbroken=token is not None)
        if following == here:
            raise ListingBroken(client.source, "The feed of changes repeats its token; it would never end.")
        here = following
    raise ListingBroken(client.source, f"The feed of changes did not end after {MOST_ANSWERS} answers.")


async def _ask(client: Client, project_id: str, token: str | None) -> _Events | Answer:
    params = {"resource": project_id} | ({"sync": token} if token else {})
    return await client.ask("GET", "/events", _Events, accept={LOST_POSITION, *NO_FEED}, params=params)


def _new_token(client: Client, project_id: str, answer: Answer) -> str | None:
    """The one that comes with 412; None where there is no feed, and each run then reads everything."""
    if answer.status == LOST_POSITION:
        return msgspec.json.decode(answer.body, type=_Lost).sync
    log.warning("feed_unavailable", source=client.source, scope=project_id, status=answer.status)
    return None


def _named(events: list[_Event], token: str | None, *, unbroken: bool) -> Feed:
    """Things beneath a task (stories, attachments, sub-tasks) stand for their task as well."""
    tasks = {gid for each in events for thing in (each.resource, each.parent) if (gid := _gid(thing, "task"))}
    left = {gid for each in events if each.action == "removed" and (gid := _gid(each.resource, "task"))}
    sections = {gid for each in events if (gid := _gid(each.resource, "section"))}
    return Feed(token, unbroken, frozenset(tasks), frozenset(left), frozenset(sections))


def _gid(thing: _Thing | None, kind: str) -> str | None:
    return thing.gid if thing is not None and thing.resource_type == kind else None
