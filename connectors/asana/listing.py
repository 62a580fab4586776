"""Asking Asana for one thing or for a whole listing: pages followed to their proven end, refusals told apart.

Offsets expire and large results are cut with an error on their last page, so a listing is drained without doing
anything slow in between, is started again once when its offset was refused, and never ends quietly before its end.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Generic, TypeVar

import msgspec
from msgspec import Raw, Struct

from connectors.answers import Answer, AnswerTooHeavy, refusal
from connectors.client import Client
from connectors.errors import ListingBroken, SourceMisconfigured
from connectors.pagination import TokenPage, token_pages

Params = Mapping[str, str | int]
Shape = TypeVar("Shape")

PAGE = 100  # the most that Asana gives
SMALLEST_PAGE = 10
REFUSALS = frozenset({400, 402, 403, 404})
HIDDEN = frozenset({403, 404})
NOT_ALLOWED = frozenset({402, 403})  # by the plan, by rights


class Refused(SourceMisconfigured):
    """400, 402, 403 or 404: what it means depends on what was asked."""

    def __init__(self, source: str, message: str, *, status: int) -> None:
        self.status = status
        super().__init__(source, message)


class OffsetRefused(Refused):
    """The listing took longer than its page token lived."""


class TooLarge(Refused):
    """More rows than Asana lists at once, even in pages."""


class Data(Struct, Generic[Shape], frozen=True):
    data: Shape


class _NextPage(Struct, frozen=True):
    offset: str | None = None


class _Rows(Struct, frozen=True):
    data: list[Raw] | None = None
    next_page: _NextPage | None = None


async def fetch(client: Client, path: str, params: Params) -> Raw:
    """One thing, as bytes. Raises Refused."""
    found = await client.ask("GET", path, Data[Raw], accept=REFUSALS, params=params)
    if isinstance(found, Answer):
        raise _refused(client.source, found, continued=False)
    return found.data


async def rows(client: Client, path: str, params: Params) -> AsyncIterator[Sequence[Raw]]:
    """All pages. Raises Refused, TooLarge, ListingBroken; after a restart rows may come twice."""
    for attempt in (1, 2):
        try:
            async for page in _chain(client, path, params):
                yield page
            return
        except OffsetRefused as error:
            if attempt == 2:
                raise ListingBroken(client.source, f"The page token expired twice: {error.message}") from None


async def everything(client: Client, path: str, params: Params) -> list[dict[str, object]]:
    """The whole listing as JSON objects, each gid once, the latest where one came twice."""
    found: dict[str, dict[str, object]] = {}
    async for page in rows(client, path, params):
        for raw in page:
            row = msgspec.json.decode(raw)
            if isinstance(row, dict) and isinstance(gid := row.get("gid"), str):
                found[gid] = row
    return list(found.values())


async def _chain(client: Client, path: str, params: Params) -> AsyncIterator[Sequence[Raw]]:
    """A page that is too heavy is asked for again with fewer rows: large queries show as 500 and 504."""
    size = int(params.get("limit", PAGE))

    async def page(offset: str | None) -> TokenPage[Raw]:
        nonlocal size
        while True:
            asked = {**params, "limit": size} | ({"offset": offset} if offset else {})
            try:
                found = await client.ask("GET", path, _Rows, accept=REFUSALS, params=asked, can_ask_for_less=True)
            except AnswerTooHeavy:
                if size <= SMALLEST_PAGE:
                    raise
                size = max(size // 2, SMALLEST_PAGE)
                continue
            if isinstance(found, Answer):
                raise _refused(client.source, found, continued=offset is not None)
            following = found.next_page.offset if found.next_page else None
            return TokenPage(found.data or (), following or None)

    async for found in token_pages(page, source=client.source):
        yield found


def _refused(source: str, answer: Answer, *, continued: bool) -> Refused:
    error = refusal(source, answer)
    message = error.message if error else answer.call
    said = answer.body[:10_000].decode(errors="replace").casefold()
    if answer.status == 400 and ("too large" in said or "truncated" in said):
        return TooLarge(source, message, status=400)
    if answer.status == 400 and continued:
        # "expired", "invalid": both are about the offset; anything else on a later page is the end of a cut result
        kind = OffsetRefused if "offset" in said or "token" in said else TooLarge
        return kind(source, message, status=400)
    return Refused(source, message, status=answer.status)
