"""Listings are followed to their proven end, or fail."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import pytest

from connectors.errors import ListingBroken
from connectors.pagination import (
    KeysetPage,
    OffsetPage,
    TokenPage,
    keyset_pages,
    offset_pages,
    token_pages,
)


async def rows(pages: AsyncIterator[Sequence[int]]) -> list[int]:
    return [row async for page in pages for row in page]


def chain(*pages: TokenPage[int]) -> AsyncIterator[Sequence[int]]:
    left = list(pages)

    async def fetch(token: str | None) -> TokenPage[int]:
        return left.pop(0)

    return token_pages(fetch, source="acme")


async def test_tokens_are_followed_whatever_the_row_count() -> None:
    found = await rows(chain(TokenPage([1, 2], "a", False), TokenPage([], "b", False), TokenPage([3], None, True)))

    assert found == [1, 2, 3]


async def test_a_missing_token_ends_a_listing_that_does_not_say_is_last() -> None:
    assert await rows(chain(TokenPage([1], None))) == [1]


async def test_is_last_ends_a_listing_even_when_it_sends_a_token() -> None:
    assert await rows(chain(TokenPage([1], "again", True))) == [1]


async def test_a_listing_that_promises_more_without_a_token_is_broken() -> None:
    with pytest.raises(ListingBroken, match="there is more, but not how to get it"):
        await rows(chain(TokenPage([1], None, False)))


async def test_a_repeated_token_is_broken_at_once() -> None:
    with pytest.raises(ListingBroken, match="repeats a page token"):
        await rows(chain(TokenPage([1], "a", False), TokenPage([2], "a", False)))


async def test_empty_pages_with_ever_new_tokens_are_broken() -> None:
    with pytest.raises(ListingBroken, match="3 empty pages in a row"):
        await rows(chain(*(TokenPage([], f"t{n}", False) for n in range(9))))


async def test_a_listing_without_end_is_cut_by_the_page_cap() -> None:
    async def fetch(token: str | None) -> TokenPage[int]:
        return TokenPage([1], f"{token}x", False)

    with pytest.raises(ListingBroken, match="did not end after 5 pages"):
        await rows(token_pages(fetch, source="acme", most_pages=5))


def offsets(data: Sequence[int], *, cap: int, total: bool = True) -> AsyncIterator[Sequence[int]]:
    async def fetch(start: int) -> OffsetPage[int]:
        page = data[start : start + cap]
        return OffsetPage(page, len(data) if total else None, None if total else start + cap >= len(data))

    return offset_pages(fetch, source="acme")


@pytest.mark.parametrize("total", [True, False])
async def test_offsets_advance_by_what_was_received(total: bool) -> None:
    """The server lowers the page size without a word."""
    assert await rows(offsets(range(101), cap=7, total=total)) == list(range(101))


async def test_an_empty_page_before_the_total_is_broken() -> None:
    async def fetch(start: int) -> OffsetPage[int]:
        return OffsetPage([1] if start == 0 else [], total=3)

    with pytest.raises(ListingBroken, match="ended at 1 of 3 rows"):
        await rows(offset_pages(fetch, source="acme"))


async def test_a_list_without_total_ends_at_its_empty_page() -> None:
    async def fetch(start: int) -> OffsetPage[int]:
        return OffsetPage([1, 2] if start == 0 else [])

    assert await rows(offset_pages(fetch, source="acme")) == [1, 2]


def keyset(data: list[int], *, cap: int) -> AsyncIterator[Sequence[int]]:
    async def fetch(last: int) -> KeysetPage[int]:
        rest = [each for each in sorted(data) if each > last]
        return KeysetPage(rest[:cap], len(rest))

    return keyset_pages(fetch, source="acme", id_of=int)


async def test_a_keyset_passes_every_row_under_a_silent_cap() -> None:
    assert await rows(keyset([5, 3, 9, 12, 40], cap=2)) == [3, 5, 9, 12, 40]


async def test_rows_that_go_while_paging_do_not_make_others_slip_through() -> None:
    """What an offset loses: two rows of the first page are gone before the second is asked for."""
    data = [1, 2, 3, 4, 5, 6]
    found: list[int] = []
    async for page in keyset(data, cap=3):
        found += page
        data[:] = [each for each in data if each not in {1, 2}]

    assert found == [1, 2, 3, 4, 5, 6]


async def test_a_server_that_ignores_the_keyset_is_found_out() -> None:
    async def fetch(last: int) -> KeysetPage[int]:
        return KeysetPage([1, 2], 4)

    with pytest.raises(ListingBroken, match="not in ascending order"):
        await rows(keyset_pages(fetch, source="acme", id_of=int))


async def test_a_keyset_that_ends_before_its_total_is_broken() -> None:
    async def fetch(last: int) -> KeysetPage[int]:
        return KeysetPage([1] if last == 0 else [], 2)

    with pytest.raises(ListingBroken, match="ended after id 1 with 2 rows to come"):
        await rows(keyset_pages(fetch, source="acme", id_of=int))
