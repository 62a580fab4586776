"""The small parts that the others stand on: work side by side, announcements, the feed, the contract."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import httpx
import pytest
from structlog.testing import capture_logs

from connectors.asana.concurrently import concurrently
from connectors.asana.config import AsanaOptions
from connectors.asana.notices import Notices
from connectors.asana.source import AsanaSource
from connectors.contract import Normaliser, Scope, Source
from connectors.errors import ListingBroken, SourceMisconfigured
from connectors.transport import BearerAuth
from tests.connectors.asana.payloads import a_normaliser
from tests.connectors.asana.support import YESTERDAY, crawl

PROJECT = Scope("1", "Launch", "Launch")


def a_source(answer: httpx.Response, *, url: str = "https://app.asana.com/api/1.0") -> AsanaSource:
    transport = httpx.MockTransport(lambda request: answer)
    return AsanaSource(name="acme", url=url, auth=BearerAuth("t0ken"), options=AsanaOptions(), transport=transport)


async def test_the_source_and_its_normaliser_are_what_the_service_expects() -> None:
    source: Source = a_source(httpx.Response(200))
    normaliser: Normaliser = a_normaliser()

    assert (source.kind, source.name, source.url) == ("asana", "acme", "https://app.asana.com/api/1.0")
    assert callable(normaliser)
    assert repr(source) == "AsanaSource(name='acme')"
    await source.aclose()


async def test_plain_http_to_another_machine_is_refused_before_the_token_travels() -> None:
    with pytest.raises(SourceMisconfigured, match="plain http"):
        a_source(httpx.Response(200), url="http://asana.example.com/api/1.0")


async def test_no_more_than_the_workers_run_and_results_come_as_they_are_ready() -> None:
    running = most = 0

    async def work(number: int) -> int:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.001 * (10 - number))
        running -= 1
        return number

    found = [each async for each in concurrently(range(10), work, workers=3)]

    assert sorted(found) == list(range(10))
    assert found != sorted(found)
    assert most == 3


async def test_the_first_error_ends_all_work() -> None:
    ended: list[int] = []

    async def work(number: int) -> int:
        try:
            if number == 1:
                raise ValueError("one")
            await asyncio.sleep(60)
        finally:
            ended.append(number)
        return number

    with pytest.raises(ValueError, match="one"):
        [each async for each in concurrently(range(10), work, workers=3)]

    assert len(ended) <= 4
    assert {0, 1, 2} <= set(ended)


async def test_who_stops_early_stops_the_work() -> None:
    cancelled: list[int] = []

    async def work(number: int) -> int:
        try:
            await asyncio.sleep(0 if number == 0 else 60)
        except asyncio.CancelledError:
            cancelled.append(number)
            raise
        return number

    async with aclosing(concurrently(range(10), work, workers=3)) as results:
        async for _ in results:
            break

    assert {1, 2} <= set(cancelled)


def test_an_announced_change_is_logged_once() -> None:
    notices = Notices("acme")
    change = "name=new_goal_memberships;info=https://example.com/1;affected=true"
    with capture_logs() as logs:
        for headers in ({}, {"asana-change": change}, {"asana-change": f"{change}, name=other;affected=false"}):
            notices.saw(headers)

    assert [(entry["event"], entry["change"]) for entry in logs] == [
        ("asana_change_announced", change),
        ("asana_change_announced", "name=other;affected=false"),
    ]


async def test_a_feed_that_repeats_its_token_is_not_followed_for_ever() -> None:
    source = a_source(httpx.Response(200, json={"data": [], "sync": "same", "has_more": True}))
    with pytest.raises(ListingBroken, match="repeats its token"):
        await crawl(source, PROJECT, since=YESTERDAY, token="same")
    await source.aclose()


async def test_a_listing_that_repeats_its_offset_is_not_followed_for_ever() -> None:
    page = {"data": [{"gid": "1"}], "next_page": {"offset": "same"}, "sync": "token", "has_more": False}
    source = a_source(httpx.Response(200, json=page))
    with pytest.raises(ListingBroken, match="repeats a page token"):
        await crawl(source, PROJECT)
    await source.aclose()


async def test_a_listing_whose_rows_name_nothing_is_broken() -> None:
    source = a_source(httpx.Response(200, json={"data": [{"name": "x"}], "next_page": None, "sync": "token"}))
    with pytest.raises(ListingBroken, match="names nothing"):
        await crawl(source, PROJECT)
    await source.aclose()


async def test_an_answer_full_of_nulls_is_an_empty_project() -> None:
    source = a_source(httpx.Response(200, json={"data": None, "next_page": None, "sync": None, "has_more": None}))
    found = await crawl(source, PROJECT)

    assert found.items == []
    assert found.listing.ids == frozenset()
    assert found.listing.token is None
    await source.aclose()
