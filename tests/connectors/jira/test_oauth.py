"""OAuth of Jira Cloud: bearers bought once for all who ask, refresh tokens that rotate and are never lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.errors import AuthenticationFailed, SourceMisconfigured, SourceUnavailable
from connectors.grants import GrantKeeper
from connectors.jira.config import JiraOptions
from connectors.jira.oauth import JiraOAuth, OAuthClient
from connectors.jira.source import JiraSource
from connectors.sandbox.bulk import generate_bulk
from connectors.sandbox.oauth import OAuthOptions, create_oauth_cloud
from connectors.sandbox.options import SandboxOptions
from connectors.sandbox.server import SandboxServer
from tests.connectors.keeping import KeeperContract, MemoryKeeper
from tests.connectors.time import FakeTime

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
HOUR, MINUTE = 3600.0, 60.0
FIRST = "sandbox-refresh-0"


class TestMemoryKeeper(KeeperContract):
    @pytest.fixture
    def keeper(self) -> GrantKeeper:
        return MemoryKeeper("first")


@dataclass
class Atlassian:
    """The stand-in with its clock, which is ours too."""

    url: str
    oauth: OAuthOptions
    options: SandboxOptions
    time: FakeTime
    opened: list[JiraOAuth] = field(default_factory=list)

    def access(self, keeper: GrantKeeper | None = None, **changed: Any) -> JiraOAuth:
        settings = {"client_secret": self.oauth.client_secret, "cloud_id": None} | changed
        client = OAuthClient(
            client_id=self.oauth.client_id, token_url=f"{self.url}/oauth/token", api_url=self.url, **settings
        )
        access = JiraOAuth(client, source="acme", site_url=self.url, keeper=keeper, clock=self.time.now)
        self.opened.append(access)
        return access

    def source(self, access: JiraOAuth) -> JiraSource:
        return JiraSource(
            name="acme",
            kind="jira-cloud",
            url=self.url,
            auth=access,
            projects=None,
            options=JiraOptions(),
            concurrency=1,
            page_size=10,
            sleep=self.time.sleep,
            clock=self.time.now,
        )


@asynccontextmanager
async def atlassian(**behaviour: Any) -> AsyncIterator[Atlassian]:
    time = FakeTime()

    def clock() -> datetime:
        return NOW + timedelta(seconds=time.now())

    oauth, options = OAuthOptions(clock=clock, **behaviour), SandboxOptions(clock=clock)
    site = generate_bulk(issues=90, histories=1, payload_bytes=500, projects=1, today=NOW.date())
    with SandboxServer(create_oauth_cloud(site, options, oauth), context_path="/jira") as server:
        there = Atlassian(server.url, oauth, options, time)
        yield there
        for access in there.opened:
            await access.aclose()


async def test_client_credentials_buy_a_bearer_for_the_address_of_the_cloud() -> None:
    async with atlassian() as there:
        permit = await there.access().permit()

        assert permit.base_url == f"{there.url}/ex/jira/{there.oauth.cloud_id}"
        assert permit.header == "Bearer sandbox-bearer-1"
        assert [(each.grant_type, each.refresh_token) for each in there.oauth.exchanges] == [
            ("client_credentials", None)
        ]


async def test_however_many_ask_one_exchange_is_made() -> None:
    async with atlassian(latency=0.05) as there:
        keeper = MemoryKeeper()
        access = there.access(keeper)

        permits = await asyncio.gather(*(access.permit() for _ in range(20)))

        assert {permit.header for permit in permits} == {"Bearer sandbox-bearer-1"}
        assert there.oauth.spent() == [FIRST]


async def test_a_failed_exchange_fails_all_who_waited_for_it_and_is_made_once() -> None:
    async with atlassian(latency=0.05) as there:
        access = there.access(client_secret="another")

        failed = await asyncio.gather(*(access.permit() for _ in range(20)), return_exceptions=True)

        assert {type(each) for each in failed} == {AuthenticationFailed}
        assert len(there.oauth.exchanges) == 1


async def test_a_bearer_is_renewed_five_minutes_before_its_end_and_not_earlier() -> None:
    async with atlassian() as there:
        access = there.access()
        first = await access.permit()
        await there.time.sleep(HOUR - 5 * MINUTE - 1)
        assert await access.permit() == first
        await there.time.sleep(1)

        assert (await access.permit()).header == "Bearer sandbox-bearer-2"


async def test_a_bearer_that_ends_at_once_is_used_all_the_same() -> None:
    """Rather than bought again and again."""
    async with atlassian(access_life=timedelta(0)) as there:
        await there.access().permit()

        assert len(there.oauth.exchanges) == 1


async def test_each_refresh_token_is_spent_once_and_followed_by_the_next() -> None:
    async with atlassian() as there:
        keeper = MemoryKeeper()
        access = there.access(keeper)
        for _ in range(3):
            await access.permit()
            await there.time.sleep(HOUR)

        assert there.oauth.spent() == [FIRST, "sandbox-refresh-1", "sandbox-refresh-2"]
        assert (keeper.grant.refresh_token, keeper.grant.version) == ("sandbox-refresh-3", 3)


async def test_no_bearer_is_used_before_the_next_refresh_token_is_kept() -> None:
    """What could not be kept is spent next, although what it followed is not taken any more."""
    async with atlassian(reuse_window=timedelta(0)) as there:
        keeper = MemoryKeeper(fails=1)
        access = there.access(keeper)

        with pytest.raises(ConnectionError):
            await access.permit()

        assert (await access.permit()).header == "Bearer sandbox-bearer-2"
        assert there.oauth.spent() == [FIRST, "sandbox-refresh-1"]
        assert keeper.grant.refresh_token == "sandbox-refresh-2"


async def test_an_answer_that_was_lost_is_asked_for_again_within_the_window() -> None:
    async with atlassian(loses_answers=1) as there:
        keeper = MemoryKeeper()
        access = there.access(keeper)

        with pytest.raises(SourceUnavailable):
            await access.permit()
        await there.time.sleep(9 * MINUTE)
        await access.permit()

        assert there.oauth.spent() == [FIRST, FIRST]
        assert keeper.grant.refresh_token == "sandbox-refresh-2"


async def test_a_grant_that_ended_says_what_to_do_and_shows_no_token() -> None:
    """Atlassian's own description is shown without the token that it repeats."""
    async with atlassian() as there:
        there.oauth.end_grants()

        with pytest.raises(AuthenticationFailed) as caught:
            await there.access(MemoryKeeper()).permit()

    assert caught.value.message == (
        "POST /jira/oauth/token answered 403 (invalid_grant Unknown or invalid refresh token ***); the grant has "
        "ended: 90 days without use, a consent taken back, or a changed password. Authorise again and put the new "
        "refresh token into the variable that oauth.refresh_token names."
    )


async def test_a_refused_refresh_token_is_given_back_for_others_to_try() -> None:
    async with atlassian() as there:
        keeper = MemoryKeeper()
        wrong = there.access(keeper, client_secret="another")
        with pytest.raises(AuthenticationFailed):
            await wrong.permit()

        assert (await there.access(keeper).permit()).header == "Bearer sandbox-bearer-1"


@pytest.mark.parametrize("rotates", [False, True])
async def test_a_wrong_client_is_told_apart_from_a_grant_that_ended(*, rotates: bool) -> None:
    async with atlassian() as there:
        access = there.access(MemoryKeeper() if rotates else None, client_secret="wr0ng")

        with pytest.raises(AuthenticationFailed) as caught:
            await access.permit()

    assert caught.value.message == (
        "POST /jira/oauth/token answered 401 (access_denied Unauthorized); "
        "check client_id and client_secret under oauth."
    )
    assert "wr0ng" not in repr(access)


async def test_an_exchange_goes_on_when_the_one_who_waits_for_it_is_cancelled() -> None:
    """A run that is stopped must not cost the consent."""
    async with atlassian(latency=0.3) as there:
        keeper = MemoryKeeper()
        access = there.access(keeper)
        waiting = asyncio.create_task(access.permit())
        await asyncio.sleep(0.05)
        waiting.cancel()
        await access.aclose()

        assert waiting.cancelled()
        assert keeper.grant.refresh_token == "sandbox-refresh-1"


async def test_a_refused_bearer_is_renewed_unless_it_is_so_young_that_its_age_is_not_why() -> None:
    async with atlassian() as there:
        access = there.access()
        refused = await access.permit()
        await there.time.sleep(59)
        assert await access.renewed(refused) is None
        await there.time.sleep(1)

        one, other = await asyncio.gather(access.renewed(refused), access.renewed(refused))

        assert one == other
        assert one is not None
        assert one.header == "Bearer sandbox-bearer-2"


async def test_a_configured_cloud_id_is_believed() -> None:
    async with atlassian() as there:
        permit = await there.access(cloud_id="of-another").permit()

    assert permit.base_url.endswith("/ex/jira/of-another")


async def test_a_site_that_does_not_tell_its_cloud_is_found_among_those_that_the_grant_reaches() -> None:
    async with atlassian(tells_tenant=False, other_sites=("https://other.atlassian.net",)) as there:
        permit = await there.access().permit()

        assert permit.base_url == f"{there.url}/ex/jira/{there.oauth.cloud_id}"


async def test_a_site_that_the_grant_does_not_reach_is_named_with_those_that_it_reaches() -> None:
    async with atlassian(tells_tenant=False, reaches_site=False, other_sites=("https://other.atlassian.net",)) as there:
        with pytest.raises(SourceMisconfigured) as caught:
            await there.access().permit()

        assert caught.value.message == (
            f"The grant does not reach {there.url}, it reaches https://other.atlassian.net; check url and the consent."
        )


async def test_a_bearer_that_ends_in_the_middle_of_a_crawl_is_renewed_on_both_ways_of_asking() -> None:
    async with atlassian() as there:
        keeper = MemoryKeeper()
        source = there.source(there.access(keeper))
        identity = await source.connect()
        [scope], _ = await source.scopes()
        read: list[str] = []
        async for page in source.pages(scope, since=None):
            if not read:
                await there.time.sleep(10 * MINUTE)
                there.oauth.end_bearers()
                assert (await source.connect()).account_id == identity.account_id
                await there.time.sleep(10 * MINUTE)
                there.oauth.end_bearers()
            read.extend(item.record.native_id for item in page.items)
        await source.aclose()

        assert len(set(read)) == len(read) == 90
        assert there.oauth.spent() == [FIRST, "sandbox-refresh-1", "sandbox-refresh-2"]


async def test_a_missing_scope_costs_what_it_covers_and_is_no_reason_to_renew() -> None:
    async with atlassian(missing_scopes=("/rest/agile/",)) as there:
        source = there.source(there.access())
        await source.connect()
        await there.time.sleep(10 * MINUTE)
        reference = await source.discover()
        await source.aclose()

        [unread] = [each for each in reference.warnings if each.code == "boards_unreadable"]
        assert unread.message == (
            "GET /rest/agile/1.0/board answered 401: Unauthorized; scope does not match; "
            "give the app the scope that this call needs, and authorise again."
        )
        assert len(there.oauth.exchanges) == 1
