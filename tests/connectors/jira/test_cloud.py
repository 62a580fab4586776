"""Cloud: ids first, bulk reads behind them, complete histories, and every fault of a listing or a page."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime

import pytest

from connectors.errors import (
    AuthenticationFailed,
    ListingBroken,
    PermissionDenied,
    ScopeGone,
    SourceMisconfigured,
    SourceThrottled,
    SourceUnavailable,
)
from tests.connectors.jira.crawling import Crawler, ids, missing
from tests.connectors.jira.stub import NOW, Call, Issue, Reply, StubJira, error, ok, once

HOUR = timedelta(hours=1)


def site(count: int = 250, **values: object) -> StubJira:
    stub = StubJira(issues={number: Issue() for number in range(1, count + 1)})
    for name, value in values.items():
        setattr(stub, name, value)
    return stub


def is_listing(call: Call) -> bool:
    return call.path.endswith("/search/jql")


def is_read(call: Call) -> bool:
    return call.path.endswith("/issue/bulkfetch")


async def test_a_full_run_reads_every_issue_once() -> None:
    stub = site(250, listing_cap=60)

    pages = await Crawler(stub).pages()

    assert ids(pages) == list(range(1, 251))
    assert (stub.count("/search/jql"), stub.count("/issue/bulkfetch")) == (5, 3)
    assert {call.body["jql"] for call in stub.calls if is_listing(call)} == {"project = 10 ORDER BY id ASC"}


async def test_payloads_are_the_bytes_that_jira_sent() -> None:
    raw = b'{"id": "1",  "fields": {"summary": "caf\\u00e9 \xc3\xa9"}, "changelog": {"total": 0, "histories": []}}'
    stub = site(1)

    def fault(call: Call) -> Reply | None:
        return Reply(200, content=b'{"issues":[' + raw + b"]}") if is_read(call) else None

    stub.fault = fault

    (page,) = await Crawler(stub).pages()

    assert page.items[0].record.payload == raw


@pytest.mark.parametrize("hours", [-11, 0, 5.5, 14])
async def test_changes_are_found_whatever_the_site_s_zone(hours: float) -> None:
    stub = site(100, zone=timedelta(hours=hours))
    stub.issues[7].updated = NOW - HOUR
    stub.issues[9].updated = NOW - timedelta(minutes=1)
    stub.issues[11].updated = NOW - HOUR - timedelta(minutes=6)

    pages = await Crawler(stub).pages(NOW - HOUR)

    assert ids(pages) == [7, 9]


async def test_an_incremental_run_costs_its_listing_and_a_read_per_page_of_changes() -> None:
    stub = site(1000)
    for number in range(1, 151):
        stub.issues[number].updated = NOW - timedelta(minutes=30)

    await Crawler(stub).pages(NOW - HOUR)

    assert [call.name for call in stub.calls if not is_read(call)] == ["POST /rest/api/3/search/jql"]
    assert [len(call.body["issueIdsOrKeys"]) for call in stub.calls if is_read(call)] == [100, 50]


async def test_no_changes_cost_one_request() -> None:
    stub = site(1000)

    assert await Crawler(stub).pages(NOW - HOUR) == []
    assert len(stub.calls) == 1


async def test_every_token_goes_with_the_same_query_and_no_upper_bound() -> None:
    stub = site(30, listing_cap=7)
    for issue in stub.issues.values():
        issue.updated = NOW - timedelta(minutes=30)

    pages = await Crawler(stub).pages(NOW - HOUR)

    assert len(ids(pages)) == 30
    queries = [call.body["jql"] for call in stub.calls if is_listing(call)]
    assert queries == ['project = 10 AND updated >= "-70m" ORDER BY updated ASC, id ASC'] * 5


async def test_a_listing_that_outlives_its_time_bound_is_started_again() -> None:
    """A 429 of fifteen minutes between two pages: the relative bound would have moved past changed rows."""
    stub = site(30, listing_cap=20)
    for issue in stub.issues.values():
        issue.updated = NOW - HOUR
    crawler = Crawler(stub)
    waited = error(429, Retry_After="900")

    def fault(call: Call) -> Reply | None:
        stub.now = NOW + timedelta(seconds=crawler.time.now())
        first_continuation = is_listing(call) and "nextPageToken" in call.body and not crawler.time.slept
        return waited if first_continuation else None

    stub.fault = fault

    pages = await crawler.pages(NOW - HOUR)

    assert ids(pages) == list(range(1, 31))
    bounds = [call.body["jql"].split('"')[1] for call in stub.calls if is_listing(call)]
    assert bounds == ["-70m", "-70m", "-70m", "-85m", "-85m"]


async def test_a_repeated_token_stops_the_scope() -> None:
    stub = site()
    row = {"id": "1", "fields": {"updated": "2026-11-20T01:00:00.000+0000"}}
    stub.fault = lambda call: (
        ok({"issues": [row], "nextPageToken": "same", "isLast": False}) if is_listing(call) else None
    )

    with pytest.raises(ListingBroken, match="repeats a page token"):
        await Crawler(stub).pages()


async def test_more_without_a_token_stops_the_scope() -> None:
    stub = site()
    stub.fault = lambda call: ok({"issues": [{"id": "1"}], "isLast": False}) if is_listing(call) else None

    with pytest.raises(ListingBroken, match="not how to get it"):
        await Crawler(stub).pages()


async def test_a_refused_token_starts_the_scope_again_once() -> None:
    stub = site(50, listing_cap=20)
    stub.fault = once(lambda call: "nextPageToken" in call.body, error(400, "token expired"))

    pages = await Crawler(stub).pages()

    assert ids(pages) == list(range(1, 51))


async def test_a_token_that_is_refused_twice_stops_the_scope() -> None:
    stub = site(50, listing_cap=20)
    stub.fault = lambda call: error(400, "token expired") if "nextPageToken" in call.body else None

    with pytest.raises(ListingBroken, match="token was refused, twice"):
        await Crawler(stub).pages()


async def test_an_empty_object_is_no_empty_listing() -> None:
    stub = site()
    stub.fault = lambda call: ok({}) if is_listing(call) else None

    with pytest.raises(SourceMisconfigured, match="shape that is not expected"):
        await Crawler(stub).pages()


async def test_an_empty_listing_of_a_project_that_cannot_be_seen_is_a_gone_scope() -> None:
    stub = site(0, projects={})

    with pytest.raises(ScopeGone):
        await Crawler(stub).pages()


async def test_a_query_refused_because_the_project_cannot_be_seen_is_a_gone_scope() -> None:
    stub = site(5, projects={})
    stub.fault = lambda call: (
        error(400, "The value '10' does not exist for the field 'project'.") if is_listing(call) else None
    )

    with pytest.raises(ScopeGone):
        await Crawler(stub).pages()


async def test_a_query_refused_for_another_reason_names_it() -> None:
    stub = site(5)
    stub.fault = lambda call: error(400, "Unbounded query.") if is_listing(call) else None

    with pytest.raises(SourceMisconfigured, match=r"Unbounded query;"):
        await Crawler(stub).pages()


async def test_an_empty_project_is_an_empty_listing() -> None:
    assert await Crawler(site(0)).pages() == []


async def test_an_issue_gone_between_listing_and_reading_is_missing() -> None:
    stub = site(120)

    def fault(call: Call) -> Reply | None:
        if is_read(call):
            stub.issues.pop(5, None)
        return None

    stub.fault = fault

    pages = await Crawler(stub).pages()

    assert (missing(pages), len(ids(pages))) == ([5], 119)


async def test_an_issue_moved_between_listing_and_reading_comes_back_under_its_new_project() -> None:
    stub = site(10)

    def fault(call: Call) -> Reply | None:
        if is_read(call):
            stub.issues[5].project = 11
        return None

    stub.fault = fault

    pages = await Crawler(stub).pages()

    assert ids(pages) == list(range(1, 11))
    assert missing(pages) == []


async def test_edits_while_paging_lose_no_issue() -> None:
    stub = site(90, listing_cap=20)
    for number, issue in stub.issues.items():
        issue.updated = NOW - timedelta(minutes=50) + timedelta(seconds=number)
    edited = iter(range(1, 90, 3))

    def fault(call: Call) -> Reply | None:
        if "nextPageToken" in call.body:
            stub.issues[next(edited)].updated = NOW
        return None

    stub.fault = fault

    assert ids(await Crawler(stub).pages(NOW - HOUR)) == list(range(1, 91))


async def test_a_504_on_a_large_page_halves_it_and_goes_on() -> None:
    stub = site(250)
    stub.fault = lambda call: error(504) if is_read(call) and len(call.body["issueIdsOrKeys"]) > 30 else None

    pages = await Crawler(stub).pages()

    assert ids(pages) == list(range(1, 251))
    assert missing(pages) == []


async def test_a_large_page_that_is_refused_teaches_the_next_pages_to_be_smaller() -> None:
    stub = site(1000)
    stub.fault = lambda call: error(504) if is_read(call) and len(call.body["issueIdsOrKeys"]) > 50 else None

    await Crawler(stub, concurrency=1).pages()

    sizes = [len(call.body["issueIdsOrKeys"]) for call in stub.calls if is_read(call)]
    assert sizes.count(100) <= 6  # two attempts at first, and after each calm stretch


async def test_a_truncated_page_is_read_again() -> None:
    stub = site(50)
    stub.fault = once(is_read, Reply(200, content=b'{"issues":[{"id":"1"'))

    assert ids(await Crawler(stub).pages()) == list(range(1, 51))


async def test_a_poisoned_issue_is_set_aside_and_the_others_are_read() -> None:
    stub = site(100)
    stub.fault = lambda call: error(500) if is_read(call) and "37" in call.body["issueIdsOrKeys"] else None

    pages = await Crawler(stub).pages()

    assert missing(pages) == [37]
    assert len(ids(pages)) == 99


async def test_an_ill_tool_is_an_outage_and_not_a_hundred_poisoned_issues() -> None:
    stub = site(100)
    stub.fault = lambda call: None if is_listing(call) else error(500)

    with pytest.raises(SourceUnavailable):
        await Crawler(stub).pages()


async def test_too_many_poisoned_issues_stop_the_scope() -> None:
    stub = site(40)
    stub.fault = lambda call: error(500) if is_read(call) else None

    with pytest.raises(SourceUnavailable, match="More than 10 issues of PAY cannot be read"):
        await Crawler(stub).pages()


async def test_an_issue_that_bulkfetch_reports_as_an_error_is_read_alone() -> None:
    stub = site(2)
    whole = [{"id": "1", "changelog": {"total": 0, "histories": []}}]
    stub.fault = once(is_read, ok({"issues": whole, "issueErrors": [{"id": "2", "errorMessage": "try again"}]}))

    assert ids(await Crawler(stub).pages()) == [1, 2]


async def test_a_listing_page_that_is_too_heavy_is_asked_for_in_smaller_ones() -> None:
    stub = site(600)
    stub.fault = lambda call: error(504) if is_listing(call) and call.body["maxResults"] > 1000 else None

    assert ids(await Crawler(stub).pages()) == list(range(1, 601))


@pytest.mark.parametrize("wait", ["2", "date", None])
async def test_a_429_in_the_middle_is_waited_out(wait: str | None) -> None:
    stub = site(300)
    crawler = Crawler(stub)
    after = format_datetime(NOW + timedelta(seconds=2), usegmt=True) if wait == "date" else wait
    stub.fault = once(is_read, None, error(429, **({"Retry_After": after} if after else {})))

    assert ids(await crawler.pages()) == list(range(1, 301))
    assert crawler.time.now() == 2
    assert crawler.budget.throttled == 1


async def test_a_429_without_end_is_reported() -> None:
    stub = site(3)
    stub.fault = lambda call: error(429) if is_read(call) else None

    with pytest.raises(SourceThrottled):
        await Crawler(stub).pages()


async def test_a_401_in_the_middle_stops_at_once() -> None:
    stub = site(500)
    stub.fault = once(is_read, None, error(401), *[None] * 9)

    with pytest.raises(AuthenticationFailed):
        await Crawler(stub, concurrency=1).pages()
    assert stub.count("/issue/bulkfetch") == 2


async def test_a_403_is_no_absence() -> None:
    stub = site(5)
    stub.fault = lambda call: error(403) if is_read(call) else None

    with pytest.raises(PermissionDenied):
        await Crawler(stub).pages()


async def test_a_login_page_in_the_middle_is_a_failed_login() -> None:
    stub = site(5)
    page = Reply(200, html="<html>Sign in</html>")
    stub.fault = once(is_read, page)

    with pytest.raises(AuthenticationFailed, match="login page"):
        await Crawler(stub).pages()


async def test_requests_in_flight_never_exceed_the_budget() -> None:
    stub = site(2000)
    crawler = Crawler(stub, concurrency=3)
    most = 0

    def fault(call: Call) -> Reply | None:
        nonlocal most
        most = max(most, crawler.budget.in_flight)
        return None

    stub.fault = fault

    await crawler.pages()

    assert most == 3


async def test_a_slow_reader_holds_the_crawl_back() -> None:
    """Pages that nobody takes are not read ahead without bound."""
    stub = site(5000)
    crawler = Crawler(stub, concurrency=4)
    pages = crawler.crawl().pages()

    await anext(pages)
    for _ in range(200):
        await crawler.time.sleep(0)
    read_ahead = stub.count("/issue/bulkfetch")
    await pages.aclose()

    assert read_ahead <= 5
    assert crawler.budget.in_flight == 0


async def test_a_crawl_that_is_left_early_makes_room_for_the_others_of_its_source() -> None:
    crawler = Crawler(site(40), concurrency=2, page_size=2)
    for _ in range(3):
        pages = crawler.crawl().pages()
        await anext(pages)
        await pages.aclose()

    assert ids(await crawler.pages()) == list(range(1, 41))
