"""Pages joined into batches: what comes in a moment is stored together, and a cancelled run ends at once."""

from __future__ import annotations

import asyncio

import pytest

from connectors.contract import RawItem, RawRecord
from service.sync.landing import Arrival
from service.sync.run import BATCH, next_batch

Pages = asyncio.Queue[list[Arrival] | None]


def a_page(size: int = 1) -> list[Arrival]:
    return [Arrival("100", RawItem(RawRecord("issue", str(number), b"{}"))) for number in range(size)]


async def test_pages_that_come_in_a_moment_are_one_batch() -> None:
    pages = Pages()
    for each in (a_page(2), a_page(3)):
        pages.put_nowait(each)

    batch, last = await next_batch(pages)

    assert (len(batch), last) == (5, False)


async def test_a_full_batch_leaves_the_next_page_waiting() -> None:
    pages = Pages()
    for each in (a_page(BATCH), a_page(1), None):
        pages.put_nowait(each)

    assert [(len(batch), last) for batch, last in [await next_batch(pages), await next_batch(pages)]] == [
        (BATCH, False),
        (1, True),
    ]


@pytest.mark.parametrize("turns", range(6))
async def test_a_run_that_is_cancelled_while_a_page_arrives_ends(turns: int) -> None:
    """At whichever turn of the event loop after the page came."""
    pages = Pages()
    pages.put_nowait(a_page())
    joining = asyncio.create_task(next_batch(pages))
    for _ in range(3):
        await asyncio.sleep(0)
    pages.put_nowait(a_page())
    for _ in range(turns):
        await asyncio.sleep(0)

    joining.cancel()
    await asyncio.wait([joining], timeout=1)

    assert joining.cancelled()
