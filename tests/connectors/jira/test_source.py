"""A whole Jira source over a real socket: identity, reference data, scopes, pages, direct reads, usage."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from connectors.contract import Extent, ItemsUnreadable, MissingScope, Scope, ScopeListing, Source
from connectors.errors import AuthenticationFailed, SourceMisconfigured
from connectors.jira.config import JiraOptions
from connectors.jira.source import JiraSource
from connectors.transport import BearerAuth
from tests.connectors.jira.serving import served
from tests.connectors.jira.stub import NOW, Call, Issue, Reply, StubJira, error, ok, once
from tests.connectors.time import FakeTime

PAY = Scope("10", "PAY", "Payments")
HOUR = timedelta(hours=1)


@asynccontextmanager
async def source(
    site: StubJira, *, kind: str | None = None, projects: list[str] | None = None, concurrency: int = 8
) -> AsyncIterator[JiraSource]:
    passing = FakeTime()
    with served(site) as url:
        subject = JiraSource(
            name="acme",
            kind=kind or ("jira-cloud" if site.cloud else "jira-dc"),
            url=url,
            auth=BearerAuth("t0ken"),
            projects=projects,
            options=JiraOptions(),
            concurrency=concurrency,
            sleep=passing.sleep,
            clock=passing.now,
        )
        try:
            yield subject
        finally:
            await subject.aclose()


def site(count: int = 120, *, cloud: bool = True) -> StubJira:
    return StubJira(cloud=cloud, issues={number: Issue() for number in range(1, count + 1)})


async def read_ids(subject: JiraSource, since: datetime | None = None) -> list[str]:
    pages = [page async for page in subject.pages(PAY, since=since)]
    return sorted((item.record.native_id for page in pages for item in page.items), key=int)


def test_a_jira_source_is_a_source() -> None:
    subject: Source = JiraSource(
        name="acme",
        kind="jira-cloud",
        url="https://acme.example.com",
        auth=BearerAuth("t0ken"),
        projects=None,
        options=JiraOptions(),
    )

    assert repr(subject) == "JiraSource(name='acme', kind='jira-cloud')"


@pytest.mark.parametrize("cloud", [True, False])
async def test_connecting_proves_who_we_are_and_what_time_it_is_there(cloud: bool) -> None:
    async with source(site(cloud=cloud)) as subject:
        me = await subject.connect()

    assert (me.account_id, me.display_name, me.time_zone) == ("me", "Me", "UTC")
    assert (me.edition, me.version) == ("cloud" if cloud else "datacenter", "10.3")
    assert timedelta(0) <= me.server_time - NOW < timedelta(seconds=30)


async def test_the_wrong_kind_is_named_with_the_right_one() -> None:
    async with source(site(), kind="jira-dc") as subject:
        with pytest.raises(SourceMisconfigured, match="This site is not jira-dc; set kind: jira-cloud"):
            await subject.connect()


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(SourceMisconfigured, match="it must be jira-cloud or jira-dc"):
        JiraSource(
            name="acme",
            kind="jira",
            url="https://acme.example.com",
            auth=BearerAuth("t0ken"),
            projects=None,
            options=JiraOptions(),
        )


@pytest.mark.parametrize("cloud", [True, False])
async def test_a_full_run_and_a_run_of_changes(cloud: bool) -> None:
    stub = site(cloud=cloud)
    stub.issues[17].updated = NOW - timedelta(minutes=5)
    listings: list[ScopeListing] = []
    async with source(stub) as subject:
        await subject.connect()
        pages = [page async for page in subject.pages(PAY, since=None, on_listing=listings.append)]
        changed = await read_ids(subject, NOW - HOUR)
        usage = subject.usage

    assert sum(len(page.items) for page in pages) == 120
    assert pages[-1].expected == 120
    (listing,) = listings
    assert (listing.extent, len(listing.ids)) == (Extent.EVERYTHING, 120)
    assert changed == ["17"]
    assert usage.requests == len(stub.calls)
    assert usage.bytes_received > 0


async def test_answers_that_name_the_account_need_no_further_proof() -> None:
    stub = site()
    async with source(stub) as subject:
        await subject.connect()
        await read_ids(subject)

    assert stub.count("/myself") == 1


async def test_answers_that_do_not_name_the_account_are_proven_once_at_the_end() -> None:
    stub = site()
    stub.names_account = False
    async with source(stub) as subject:
        await subject.connect()
        await read_ids(subject)

    assert (stub.count("/myself"), stub.calls[-1].path) == (2, "/rest/api/3/myself")


async def test_a_credential_that_silently_became_anonymous_fails_the_run() -> None:
    """The listing answers 200 and empty, as Jira does for nobody; nothing may be concluded from that."""
    stub = site()
    listings: list[ScopeListing] = []
    async with source(stub) as subject:
        await subject.connect()
        stub.names_account = False
        stub.fault = lambda call: error(401) if call.path.endswith("/myself") else ok({"issues": [], "isLast": True})
        with pytest.raises(AuthenticationFailed):
            async for _ in subject.pages(PAY, since=NOW - HOUR, on_listing=listings.append):
                pass

    assert listings == []


async def test_another_account_at_the_end_than_at_the_start_fails_the_run() -> None:
    stub = site(3)
    stub.names_account = False
    async with source(stub) as subject:
        await subject.connect()
        stub.fault = lambda call: ok({"accountId": "other"}) if call.path.endswith("/myself") else None
        with pytest.raises(AuthenticationFailed, match="another account than at the start"):
            await read_ids(subject)


async def test_changes_can_be_asked_for_without_connecting_first() -> None:
    stub = site()
    stub.issues[17].updated = NOW - timedelta(minutes=5)
    async with source(stub) as subject:
        assert await read_ids(subject, NOW - HOUR) == ["17"]


@pytest.mark.parametrize("cloud", [True, False])
async def test_items_are_read_directly_by_id_and_those_that_are_gone_are_absent(cloud: bool) -> None:
    stub = site(5, cloud=cloud)
    stub.issues[2].histories = 60
    async with source(stub) as subject:
        items = await subject.read_items(["2", "999", "4", "2"])

    assert sorted(item.record.native_id for item in items) == ["2", "4"]
    assert not [call for call in stub.calls if "search" in call.path]
    if cloud:
        (changelog,) = next(item.extras for item in items if item.record.native_id == "2")
        assert len(msgspec.json.decode(changelog.payload)) == 60


async def test_an_item_that_cannot_be_read_at_present_is_not_reported_as_gone() -> None:
    stub = site(5)
    stub.fault = lambda call: (
        error(500) if call.path.endswith("bulkfetch") and "3" in call.body["issueIdsOrKeys"] else None
    )
    async with source(stub) as subject:
        with pytest.raises(ItemsUnreadable) as unread:
            await subject.read_items(["2", "3", "4"])

    assert list(unread.value.reasons) == ["3"]
    assert [item.record.native_id for item in unread.value.found] == ["2", "4"]


async def test_a_caller_who_stops_early_leaves_nothing_running() -> None:
    stub = site(2000)
    async with source(stub) as subject:
        await subject.connect()
        pages = subject.pages(PAY, since=None)
        await anext(pages)
        await pages.aclose()  # type: ignore[attr-defined]  # the contract promises an iterator, this is a generator
        await asyncio.sleep(0.2)  # what had already left may still arrive
        asked = len(stub.calls)
        await asyncio.sleep(0.2)

    assert len(stub.calls) == asked
    assert asked <= 2 + 1 + 9  # identity, listing, and no more reads than eight and one


async def test_every_visible_project_is_a_scope_unless_some_are_configured() -> None:
    async with source(site()) as subject:
        scopes, missing = await subject.scopes()

    assert scopes == [
        Scope("9", "CART", "Cart"),
        PAY,
        Scope("12", "OLD", "Old shop", archived=True),
    ]
    assert missing == []


async def test_configured_projects_are_found_by_key_in_any_case_or_by_a_former_key() -> None:
    async with source(site(), projects=["cart", "FORMER"]) as subject:
        scopes, missing = await subject.scopes()

    assert ([scope.key for scope in scopes], missing) == (["CART", "PAY"], [])


async def test_a_configured_project_that_cannot_be_seen_is_missing_with_its_reason() -> None:
    async with source(site(), projects=["PAY", "SECRET", "../admin"]) as subject:
        scopes, missing = await subject.scopes()

    assert scopes == [PAY]
    assert missing == [
        MissingScope(
            key,
            f"Project {key} does not exist or the account may not see it; check the key and the browse permission.",
        )
        for key in ("SECRET", "../admin")
    ]


async def test_the_clock_of_a_server_without_a_date_header_is_its_own_word() -> None:
    stub = site()

    def without_date(call: Call) -> Reply | None:
        reply = once(lambda _: True, None)(call) or stub._answer(call)
        reply.headers["Date"] = ""
        return reply

    stub.fault = without_date
    async with source(stub) as subject:
        me = await subject.connect()

    assert timedelta(0) <= me.server_time - NOW < timedelta(seconds=30)
    assert me.server_time.tzinfo is UTC


async def test_the_web_links_of_issues_are_read_one_by_one_and_gone_issues_left_out() -> None:
    stub = site()
    links = [{"id": 1, "object": {"url": "https://app.asana.com/0/1/2", "title": "Launch"}}]
    stub.fault = lambda call: (
        None if "remotelink" not in call.path else error(404) if "/18/" in call.path else ok(links)
    )
    async with source(stub) as subject:
        found = [details async for details in subject.details(["17", "18"])]

    assert [(details.native_id, details.records[0].kind) for details in found] == [("17", "web_links")]
    assert json.loads(found[0].records[0].payload) == links
