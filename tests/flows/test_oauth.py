"""A Jira Cloud reached over OAuth, through the whole service: what is read, and what becomes of the grant."""

from __future__ import annotations

import asyncio
import io
from datetime import timedelta
from pathlib import Path

import pytest
from rich.console import Console

from connectors.grants import Grant
from service.auth.grants import SealedGrant
from service.bootstrap import Application
from service.commands.check import check
from service.store.engine import Database
from service.sync.outcome import Outcome, RunStatus
from tests.flows.oauth import BY_CONSENT, BY_CREDENTIALS, BY_SCOPED_TOKEN, BY_TOKEN, Atlassian, atlassian, synced
from tests.flows.stored import differences, evidence, live
from tests.flows.support import a_site

MOMENTS = {"cursor", "last_complete_sync", "proven_at"}  # a few microseconds of the real clock apart
FIRST, SECOND = "sandbox-refresh-0", "sandbox-refresh-1"
AUTHORISE_AGAIN = (
    "POST /jira/oauth/token answered 403 (invalid_grant Unknown or invalid refresh token ***); the grant has ended: "
    "90 days without use, a consent taken back, or a changed password. Authorise again and put the new refresh token "
    "into the variable that oauth.refresh_token names."
)


class Killed(BaseException):
    """The process is no more: what catches errors must not catch this."""


def assert_whole(outcome: Outcome) -> None:
    assert (outcome.status, outcome.reasons) == (RunStatus.COMPLETE, ())


@pytest.mark.parametrize(
    "way_in", [BY_CREDENTIALS, BY_CONSENT, BY_SCOPED_TOKEN], ids=["credentials", "consent", "scopes"]
)
async def test_a_whole_sync_at_the_gateway_stores_what_one_with_a_plain_api_token_stores(
    database_url: str, fresh: Database, tmp_path: Path, way_in: str
) -> None:
    """Payloads, items, links, changes and addresses alike."""
    with atlassian(a_site(), tmp_path) as there:
        async with there.service(database_url, way_in) as app:
            assert_whole(await synced(app))
            at_gateway = await evidence(app.database)
        async with there.service(fresh.url.render_as_string(hide_password=False), BY_TOKEN) as app:
            assert_whole(await synced(app))

        assert len(live(at_gateway)) == 120
        assert differences(at_gateway, await evidence(fresh), but={"scopes": MOMENTS}) == []


@pytest.mark.parametrize("request_number", [1, 4, 12, 16], ids=["connecting", "references", "listing", "pages"])
async def test_a_bearer_that_ends_in_the_middle_of_a_run_costs_nothing_but_a_renewal(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request_number: int
) -> None:
    monkeypatch.setattr("connectors.jira.oauth.YOUNG", timedelta(0))
    site = a_site()
    with atlassian(site, tmp_path) as there:
        there.options.on_request(request_number, there.oauth.end_bearers)
        async with there.service(database_url) as app:
            assert_whole(await synced(app))
            assert live(await evidence(app.database)) == sorted(site.issues)

        assert there.oauth.spent() == [FIRST, SECOND]


async def test_two_processes_never_spend_the_same_refresh_token(database_url: str, tmp_path: Path) -> None:
    """As a worker and a command do that start together."""
    with atlassian(a_site(issues=5, projects=1), tmp_path, latency=0.3) as there:
        async with there.service(database_url) as worker, there.service(database_url) as command:
            await asyncio.gather(*(app.sources["acme"].connect() for app in (worker, command)))

        assert there.oauth.spent() == [FIRST, SECOND]


async def test_a_restarted_process_goes_on_with_the_token_that_was_kept(database_url: str, tmp_path: Path) -> None:
    """The one in the file ended with the window of reuse."""
    with atlassian(a_site(issues=5, projects=1), tmp_path) as there:
        for _ in range(2):
            async with there.service(database_url) as app:
                assert_whole(await synced(app))
            there.clock.pass_by(days=1)

        assert there.oauth.spent() == [FIRST, SECOND]


async def test_a_process_killed_between_exchange_and_store_is_recovered_from_within_the_window(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with atlassian(a_site(issues=5, projects=1), tmp_path) as there:
        await _killed_before_keeping(there, database_url, monkeypatch)
        there.clock.pass_by(minutes=3)
        async with there.service(database_url) as app:
            assert_whole(await synced(app))

        assert there.oauth.spent() == [FIRST, FIRST]


async def test_a_grant_that_was_lost_says_so_until_a_new_one_stands_in_the_variable(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with atlassian(a_site(issues=5, projects=1), tmp_path) as there:
        await _killed_before_keeping(there, database_url, monkeypatch)
        there.clock.pass_by(minutes=11)
        async with there.service(database_url) as app:
            outcome = await synced(app)
            assert (outcome.status, [reason.message for reason in outcome.reasons]) == (
                RunStatus.FAILED,
                [AUTHORISE_AGAIN],
            )
        async with there.service(database_url, REFRESH=there.oauth.authorise()) as app:
            assert_whole(await synced(app))


async def test_a_sync_with_a_wrong_client_secret_says_what_to_check(database_url: str, tmp_path: Path) -> None:
    with atlassian(a_site(issues=5, projects=1), tmp_path) as there:
        async with there.service(database_url, SECRET="another") as app:
            outcome = await synced(app)

        assert [(reason.code, reason.message) for reason in outcome.reasons] == [
            (
                "authentication_failed",
                "POST /jira/oauth/token answered 401 (access_denied Unauthorized); "
                "check client_id and client_secret under oauth.",
            )
        ]
        assert len(there.oauth.exchanges) == 1


async def test_check_says_who_the_grant_makes_us(database_url: str, tmp_path: Path) -> None:
    with atlassian(a_site(issues=5, projects=1), tmp_path) as there:
        async with there.service(database_url, BY_CREDENTIALS) as app:
            code, said = await _checked(app)
            identity = await app.sources["acme"].connect()

    assert code == 0
    assert f"signed in as {identity.display_name} on cloud {identity.version}, time zone" in said


async def _checked(app: Application) -> tuple[int, str]:
    written = io.StringIO()
    return await check(app, console=Console(file=written, width=200)), written.getvalue()


async def _killed_before_keeping(there: Atlassian, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process spends the refresh token and is gone before anything of the answer is written."""

    async def dies(keeper: SealedGrant, grant: Grant, refresh_token: str) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(SealedGrant, "keep", dies)
        async with there.service(database_url) as app:
            with pytest.raises(Killed):
                await app.sources["acme"].connect()
