"""Data Center: a listing by ascending id, windows of ids, and direct reads for what the index leaves out."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.errors import ListingBroken, ScopeGone, SourceMisconfigured
from tests.connectors.jira.crawling import Crawler, ids, missing
from tests.connectors.jira.stub import NOW, Call, Issue, Reply, StubJira, error, ok, once

HOUR = timedelta(hours=1)


def site(count: int = 250, **values: object) -> StubJira:
    stub = StubJira(cloud=False, issues={number: Issue() for number in range(1, count + 1)})
    for name, value in values.items():
        setattr(stub, name, value)
    return stub


def is_read(call: Call) -> bool:
    return call.path.endswith("/search") and "expand" in call.body


def is_listing(call: Call) -> bool:
    return call.path.endswith("/search") and "expand" not in call.body


def queries(stub: StubJira) -> list[str]:
    return [call.body["jql"] for call in stub.calls if is_read(call)]


async def test_a_full_run_lists_by_id_and_reads_by_windows() -> None:
    stub = site(250, listing_cap=100)

    pages = await Crawler(stub).pages()

    assert ids(pages) == list(range(1, 251))
    assert sorted(queries(stub)) == [
        "project = 10 AND id >= 1 AND id <= 100 ORDER BY id ASC",
        "project = 10 AND id >= 101 AND id <= 200 ORDER BY id ASC",
        "project = 10 AND id >= 201 AND id <= 250 ORDER BY id ASC",
    ]


async def test_a_silent_cap_below_the_page_size_loses_nothing() -> None:
    stub = site(130, listing_cap=17)

    assert ids(await Crawler(stub).pages()) == list(range(1, 131))


async def test_changes_are_read_by_their_ids() -> None:
    stub = site(300)
    for number in (3, 150, 299):
        stub.issues[number].updated = NOW - timedelta(minutes=30)

    pages = await Crawler(stub).pages(NOW - HOUR)

    assert ids(pages) == [3, 150, 299]
    assert queries(stub) == ["id in (3, 150, 299) ORDER BY id ASC"]
    assert len(stub.calls) == 2


async def test_each_page_of_changes_counts_back_from_its_own_moment() -> None:
    """Fifteen minutes pass between two pages: a bound that stood still would pass over what changed an hour ago."""
    stub = site(60, listing_cap=20)
    for issue in stub.issues.values():
        issue.updated = NOW - HOUR
    crawler = Crawler(stub)
    refuse = once(is_listing, None, error(429, Retry_After="900"))

    def fault(call: Call) -> Reply | None:
        stub.now = NOW + timedelta(seconds=crawler.time.now())
        return refuse(call)

    stub.fault = fault

    assert ids(await crawler.pages(NOW - HOUR)) == list(range(1, 61))
    bounds = [call.body["jql"].split('"')[1] for call in stub.calls if is_listing(call)]
    assert bounds == ["-70m", "-70m", "-85m", "-85m"]


async def test_one_unknown_id_does_not_keep_the_others_from_being_read() -> None:
    stub = site(300)
    for number in range(10, 50):
        stub.issues[number].updated = NOW - timedelta(minutes=30)

    def fault(call: Call) -> Reply | None:
        if is_read(call):
            stub.issues.pop(33, None)
        return None

    stub.fault = fault

    pages = await Crawler(stub).pages(NOW - HOUR)

    assert ids(pages) == [number for number in range(10, 50) if number != 33]
    assert missing(pages) == [33]


async def test_an_issue_that_left_the_window_is_read_directly() -> None:
    stub = site(10)

    def fault(call: Call) -> Reply | None:
        if is_read(call):
            stub.issues[4].project = 11
        return None

    stub.fault = fault

    pages = await Crawler(stub).pages()

    assert (ids(pages), missing(pages)) == (list(range(1, 11)), [])
    assert stub.count("/issue/4") == 1


async def test_an_issue_that_went_is_missing_only_after_a_direct_read() -> None:
    stub = site(10)

    def fault(call: Call) -> Reply | None:
        if is_read(call):
            stub.issues.pop(4, None)
        return None

    stub.fault = fault

    pages = await Crawler(stub).pages()

    assert missing(pages) == [4]
    assert stub.count("/issue/4") == 1


async def test_histories_come_complete_with_the_issue() -> None:
    stub = site(2)
    stub.issues[2].histories = 5000

    (page,) = await Crawler(stub).pages()

    assert page.items[1].extras == ()
    assert page.items[1].record.payload.count(b'"created"') == 5000


async def test_a_listing_that_ends_early_is_broken() -> None:
    stub = site(10)
    stub.fault = once(is_listing, ok({"total": 10, "issues": []}))

    with pytest.raises(ListingBroken):
        await Crawler(stub).pages()


async def test_a_project_that_cannot_be_seen_is_a_gone_scope() -> None:
    stub = site(10, projects={})
    stub.fault = lambda call: error(400, "The value '10' does not exist.") if is_listing(call) else None

    with pytest.raises(ScopeGone):
        await Crawler(stub).pages()


async def test_a_refused_window_is_an_error_and_not_a_hundred_missing_issues() -> None:
    stub = site(10)
    stub.fault = lambda call: error(400, "Field 'x' is unknown.") if is_read(call) else None

    with pytest.raises(SourceMisconfigured, match="Field 'x' is unknown"):
        await Crawler(stub).pages()


async def test_a_504_halves_the_window() -> None:
    stub = site(100)
    stub.fault = lambda call: error(504) if is_read(call) and call.body["maxResults"] > 30 else None

    pages = await Crawler(stub).pages()

    assert (ids(pages), missing(pages)) == (list(range(1, 101)), [])


async def test_a_listing_page_that_is_too_heavy_is_asked_for_in_smaller_ones() -> None:
    stub = site(600)
    stub.fault = lambda call: error(504) if is_listing(call) and call.body["maxResults"] > 200 else None

    assert ids(await Crawler(stub).pages()) == list(range(1, 601))


async def test_a_poisoned_issue_is_set_aside() -> None:
    stub = site(20)

    def fault(call: Call) -> Reply | None:
        if call.path.endswith("/issue/7"):
            return error(500)
        return error(500) if is_read(call) and 7 in stub._matching(call.body["jql"]) else None

    stub.fault = fault

    pages = await Crawler(stub).pages()

    assert missing(pages) == [7]
    assert len(ids(pages)) == 19
