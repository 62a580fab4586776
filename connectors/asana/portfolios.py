"""Configured portfolios with what lies in them: projects, and portfolios again."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing

import msgspec
from msgspec import Struct

from connectors.asana import opt_fields
from connectors.asana.concurrently import concurrently
from connectors.asana.listing import Refused, everything, fetch
from connectors.client import Client

JsonObject = dict[str, object]


class Unreadable(Struct, frozen=True):
    gid: str
    status: int
    reason: str


class Portfolios(Struct, frozen=True):
    """As received, each with its "items"; and those that may not be read."""

    rows: tuple[JsonObject, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()


async def read_portfolios(client: Client, gids: Sequence[str], *, workers: int) -> Portfolios:
    """Each once, however they are nested: a circle of portfolios is read once around.

    By gid, because the listing shows only portfolios that the account owns.
    """

    async def read(gid: str) -> JsonObject | Unreadable:
        return await _read(client, gid)

    found: list[JsonObject] = []
    unreadable: list[Unreadable] = []
    level, seen = list(dict.fromkeys(gids)), set(gids)
    while level:
        below: list[str] = []
        async with aclosing(concurrently(level, read, workers=workers)) as portfolios:
            async for each in portfolios:
                if isinstance(each, Unreadable):
                    unreadable.append(each)
                    continue
                found.append(each)
                below += [gid for gid in _nested(each) if gid not in seen]
                seen.update(below)
        level = list(dict.fromkeys(below))
    return Portfolios(tuple(found), tuple(unreadable))


async def _read(client: Client, gid: str) -> JsonObject | Unreadable:
    try:
        raw = await fetch(client, f"/portfolios/{gid}", {"opt_fields": opt_fields.PORTFOLIO})
        items = await everything(client, f"/portfolios/{gid}/items", {"opt_fields": opt_fields.PORTFOLIO_ITEM})
    except Refused as refused:
        return Unreadable(gid, refused.status, refused.message)
    return {**msgspec.json.decode(raw, type=JsonObject), "items": items}


def _nested(portfolio: JsonObject) -> list[str]:
    items = portfolio["items"]
    rows = items if isinstance(items, list) else []
    return [str(each["gid"]) for each in rows if each.get("resource_type") == "portfolio" and each.get("gid")]
