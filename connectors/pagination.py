"""Following a listing to its proven end. Three small strategies, each of which would rather fail than lose a row.

They know nothing of HTTP: the caller hands in a function that fetches one page.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Generic, TypeVar

import msgspec

from connectors.errors import ListingBroken

T = TypeVar("T")

MOST_PAGES = 20_000
EMPTY_PAGES = 3  # in a row, each with a promise of more


class TokenPage(msgspec.Struct, Generic[T], frozen=True):
    """`is_last` None: this listing does not say, the missing token does."""

    items: Sequence[T]
    token: str | None
    is_last: bool | None = None


class OffsetPage(msgspec.Struct, Generic[T], frozen=True):
    """`total` and `is_last` as the tool said, each None when it did not."""

    items: Sequence[T]
    total: int | None = None
    is_last: bool | None = None


class KeysetPage(msgspec.Struct, Generic[T], frozen=True):
    """Rows after a given id, ascending; `total` counts all that remain, this page included."""

    items: Sequence[T]
    total: int


async def token_pages(
    fetch: Callable[[str | None], Awaitable[TokenPage[T]]], *, source: str, most_pages: int = MOST_PAGES
) -> AsyncIterator[Sequence[T]]:
    """Follows the token until the tool says last or sends none; a repeated, missing or barren chain raises."""
    token: str | None = None
    seen: set[str] = set()
    empty = 0
    for _ in range(most_pages):
        page = await fetch(token)
        if page.items:
            yield page.items
        empty = 0 if page.items else empty + 1
        if page.is_last or (page.token is None and page.is_last is None):
            return
        if page.token is None:
            raise ListingBroken(source, "The listing says that there is more, but not how to get it.")
        if page.token in seen:
            raise ListingBroken(source, "The listing repeats a page token; it would never end.")
        if empty >= EMPTY_PAGES:
            raise ListingBroken(source, f"The listing sent {empty} empty pages in a row and promises more.")
        seen.add(page.token)
        token = page.token
    raise ListingBroken(source, f"The listing did not end after {most_pages} pages.")


async def offset_pages(
    fetch: Callable[[int], Awaitable[OffsetPage[T]]], *, source: str, most_pages: int = MOST_PAGES
) -> AsyncIterator[Sequence[T]]:
    """Advances by what was received, never by what was asked for: servers lower the page size without a word."""
    start = 0
    for _ in range(most_pages):
        page = await fetch(start)
        if page.items:
            yield page.items
        start += len(page.items)
        if page.is_last or (page.is_last is None and page.total is not None and start >= page.total):
            return
        if not page.items:
            if page.is_last is False or (page.total is not None and start < page.total):
                raise ListingBroken(source, f"The listing ended at {start} of {page.total or 'more'} rows.")
            return
    raise ListingBroken(source, f"The listing did not end after {most_pages} pages.")


async def keyset_pages(
    fetch: Callable[[int], Awaitable[KeysetPage[T]]],
    *,
    source: str,
    id_of: Callable[[T], int],
    most_pages: int = MOST_PAGES,
) -> AsyncIterator[Sequence[T]]:
    """Asks for rows after the last id until the page holds all that remain. Rows moving about cannot be skipped."""
    last = 0
    for _ in range(most_pages):
        page = await fetch(last)
        ids = [id_of(item) for item in page.items]
        if any(after <= before for before, after in zip([last, *ids], ids, strict=False)):
            raise ListingBroken(source, f"The listing after id {last} is not in ascending order of ids.")
        if page.items:
            yield page.items
            last = ids[-1]
        if len(page.items) >= page.total:
            return
        if not page.items:
            raise ListingBroken(source, f"The listing ended after id {last} with {page.total} rows to come.")
    raise ListingBroken(source, f"The listing did not end after {most_pages} pages.")
