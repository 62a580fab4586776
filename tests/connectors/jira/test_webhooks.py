"""Jira's webhooks on Cloud, on a Data Center with and without its new engine, and of an OAuth app."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from connectors.contract import RegisteredWebhook, Scope, WantedWebhook
from connectors.errors import PermissionDenied, SourceMisconfigured
from connectors.jira.source import JiraSource
from connectors.jira.webhook import LEEWAY, bears_token, is_signed
from connectors.jira.webhooks import BESIDE_ISSUES, OF_ISSUES
from connectors.sandbox.cloud import create_cloud
from connectors.sandbox.datacenter import create_datacenter
from connectors.sandbox.faults import truncated
from connectors.sandbox.hooks import LIFE, Hooks
from connectors.sandbox.options import SandboxOptions
from connectors.sandbox.server import SandboxServer
from connectors.sandbox.site import JiraSite
from tests.connectors.receiving import Place, a_place
from tests.connectors.sandbox.support import NOW, a_site
from tests.flows.support import CLOUD, DATA_CENTER, a_source

SECRET = "0123456789abcdef"
APP_SECRET = "the-secret-of-the-app-in-the-console"
PAY, WEB = Scope("10", "PAY", "Payments"), Scope("20", "WEB", "Web shop")
EVERY_EVENT = (*OF_ISSUES, *BESIDE_ISSUES)


@dataclass
class Connected:
    source: JiraSource
    site: JiraSite
    options: SandboxOptions

    @property
    def hooks(self) -> Hooks:
        """Those of the stand-in that serves the site."""
        return next(
            cast(Hooks, each.__self__)  # type: ignore[attr-defined]
            for each in self.site.listeners
            if isinstance(getattr(each, "__self__", None), Hooks)
        )

    async def register(self, address: str, *scopes: Scope) -> RegisteredWebhook:
        (wanted,) = self.source.webhooks.wanted(scopes or (PAY, WEB))
        return await self.source.webhooks.register(wanted, address)

    def methods(self) -> Sequence[str]:
        """Of the requests about webhooks, in order."""
        return [request.method for request in self.options.requests if "webhook" in request.path]


@asynccontextmanager
async def connected(
    kind: str = CLOUD, *, settings: dict[str, Any] | None = None, **behaviour: Any
) -> AsyncIterator[Connected]:
    site, options = a_site(), SandboxOptions(clock=lambda: NOW, **behaviour)
    create = create_cloud if kind == CLOUD else create_datacenter
    with SandboxServer(create(site, options), context_path="/jira") as server:
        defaults: dict[str, Any] = {"webhook_secret": SECRET, "projects": ["PAY", "WEB"]}
        source = a_source(server.url, kind=kind, **(defaults | (settings or {})))
        try:
            yield Connected(source, site, options)
        finally:
            await source.aclose()


@asynccontextmanager
async def an_app(**behaviour: Any) -> AsyncIterator[Connected]:
    settings = {"is_app": True, "webhook_secret": None}
    async with connected(settings=settings, **({"app_secret": APP_SECRET} | behaviour)) as jira:
        yield jira


def posted(place: Place) -> list[tuple[str, str]]:
    """(event, issue id) of what was delivered."""
    bodies = [json.loads(each.body) for each in place.deliveries]
    return [(body["webhookEvent"], body["issue"]["id"]) for body in bodies]


@pytest.mark.parametrize("kind", [CLOUD, DATA_CENTER])
async def test_one_webhook_tells_of_all_projects_and_is_listed_as_it_was_made(kind: str) -> None:
    async with connected(kind) as jira:
        made = await jira.register("https://interlock.example/webhooks/jira/acme")
        (listed,) = await jira.source.webhooks.registered()
    assert listed == made
    assert (made.address, made.scope_id) == ("https://interlock.example/webhooks/jira/acme", None)
    assert (made.filter, made.events, made.active) == ("project in (10, 20)", EVERY_EVENT, True)


async def test_without_named_projects_those_to_come_are_told_of_as_well() -> None:
    async with connected(settings={"projects": None}) as jira:
        made = await jira.register("https://interlock.example/webhooks/jira/acme")
    assert made.filter is None


async def test_nothing_is_wanted_where_no_project_is_read() -> None:
    async with connected() as jira:
        assert jira.source.webhooks.wanted([]) == ()


@pytest.mark.parametrize("kind", [CLOUD, DATA_CENTER])
async def test_deliveries_are_signed_with_the_configured_secret_and_filtered_by_project(kind: str) -> None:
    with a_place() as place:
        async with connected(kind) as jira:
            await jira.register(f"{place.url}/webhooks/jira/acme", WEB)
            jira.site.touch("1001", NOW, summary="Elsewhere")
            jira.site.move("1002", "20", "WEB-9", NOW)
            jira.site.touch("1002", NOW, summary="Renamed")
            jira.site.delete("1002")
            jira.hooks.postman.wait()
    assert posted(place) == [
        ("jira:issue_updated", "1002"),
        ("jira:issue_updated", "1002"),
        ("jira:issue_deleted", "1002"),
    ]
    assert all(is_signed(each.body, each.headers, SECRET) for each in place.deliveries)
    assert len({each.headers["x-atlassian-webhook-identifier"] for each in place.deliveries}) == 3


async def test_an_old_server_does_not_sign_and_is_given_the_secret_in_the_address() -> None:
    with a_place() as place:
        async with connected(DATA_CENTER, server_version=(9, 12, 2)) as jira:
            await jira.register(f"{place.url}/webhooks/jira/acme")
            (listed,) = await jira.source.webhooks.registered()
            jira.site.touch("1001", NOW, summary="Renamed")
            jira.hooks.postman.wait()
    assert listed.address == f"{place.url}/webhooks/jira/acme/{SECRET}"
    (delivery,) = place.deliveries
    assert delivery.path == f"/webhooks/jira/acme/{SECRET}"
    assert "x-hub-signature" not in delivery.headers


async def test_a_refusal_that_repeats_the_address_does_not_repeat_the_secret_in_it() -> None:
    async with connected(DATA_CENTER, server_version=(9, 12, 2)) as jira:
        with pytest.raises(SourceMisconfigured) as refused:
            await jira.register("interlock.example/webhooks/jira/acme")
    assert "The url interlock.example/webhooks/jira/acme/*** is not valid" in refused.value.message
    assert SECRET not in str(refused.value)


async def test_without_a_secret_nothing_is_registered_and_the_key_to_set_is_named() -> None:
    async with connected(settings={"webhook_secret": None}) as jira:
        with pytest.raises(SourceMisconfigured) as refused:
            await jira.register("https://interlock.example/webhooks/jira/acme")
        assert jira.methods() == []
    assert refused.value.message == ("Its deliveries could not be proven: set webhook: {secret: …} for this source.")


async def test_who_may_not_administer_jira_is_told_so() -> None:
    async with connected(may_administer=False) as jira:
        with pytest.raises(PermissionDenied) as refused:
            await jira.source.webhooks.registered()
    assert refused.value.message == (
        "GET /rest/webhooks/1.0/webhook answered 403: You are not authorized to perform this operation. "
        "Administrator privileges are required; check the account's permissions."
    )


@pytest.mark.parametrize("kind", [CLOUD, DATA_CENTER])
async def test_a_webhook_whose_answer_was_lost_is_made_once(kind: str) -> None:
    async with connected(kind) as jira:
        jira.options.faults.append(truncated("webhook"))
        made = await jira.register("https://interlock.example/webhooks/jira/acme")
        (listed,) = await jira.source.webhooks.registered()
        assert listed == made
        assert jira.methods() == ["POST", "GET", "GET"]


@pytest.mark.parametrize("kind", [CLOUD, DATA_CENTER])
async def test_a_removed_webhook_is_gone_and_removing_it_again_is_no_error(kind: str) -> None:
    async with connected(kind) as jira:
        made = await jira.register("https://interlock.example/webhooks/jira/acme")
        for _ in range(2):
            await jira.source.webhooks.remove(made.native_id)
        assert await jira.source.webhooks.registered() == []
        assert await jira.source.webhooks.refresh(["1"]) is None


async def test_an_app_registers_one_webhook_that_expires_and_can_be_put_off() -> None:
    now = NOW
    async with an_app() as jira:
        jira.options.clock = lambda: now
        made = await jira.register("https://interlock.example/webhooks/jira/acme")
        assert (made.filter, made.events, made.expires_at) == (
            "project in (10, 20)",
            OF_ISSUES,
            (NOW + LIFE).replace(microsecond=0),
        )
        now = NOW + timedelta(days=8)
        assert await jira.source.webhooks.refresh([made.native_id]) == (now + LIFE).replace(microsecond=0)
        now = NOW + timedelta(days=39)
        assert await jira.source.webhooks.registered() == []


async def test_what_jira_did_not_register_is_an_error_in_its_own_words() -> None:
    """It answers 200 all the same."""
    wanted = WantedWebhook(None, ("worklog_created",), "labels = checkout")
    async with an_app() as jira:
        with pytest.raises(SourceMisconfigured) as refused:
            await jira.source.webhooks.register(wanted, "https://interlock.example/webhooks/jira/acme")
    assert refused.value.message == (
        "Jira did not register the webhook: The events are not supported: worklog_created. "
        "The JQL filter uses a clause that is not supported."
    )


async def test_an_ordinary_account_may_not_register_as_an_app() -> None:
    async with an_app(app_secret=None) as jira:
        with pytest.raises(PermissionDenied, match=r"Only Connect and OAuth 2\.0 apps can use this operation"):
            await jira.register("https://interlock.example/webhooks/jira/acme")


async def test_an_apps_webhook_whose_answer_was_lost_is_made_once_and_can_be_removed_twice() -> None:
    async with an_app() as jira:
        jira.options.faults.append(truncated("/webhook"))
        made = await jira.register("https://interlock.example/webhooks/jira/acme")
        (listed,) = await jira.source.webhooks.registered()
        assert listed == made
        for _ in range(2):
            await jira.source.webhooks.remove(made.native_id)
        assert await jira.source.webhooks.registered() == []


async def test_deliveries_to_an_app_bear_a_token_that_its_secret_proves() -> None:
    with a_place() as place:
        async with an_app() as jira:
            await jira.register(f"{place.url}/webhooks/jira/acme", PAY)
            jira.site.touch("1001", NOW, summary="Renamed")
            jira.hooks.postman.wait()
    assert posted(place) == [("jira:issue_updated", "1001")]
    (delivery,) = place.deliveries
    assert "x-hub-signature" not in delivery.headers
    assert bears_token(delivery.headers, APP_SECRET, now=NOW)
    assert not bears_token(delivery.headers, f"{APP_SECRET}!", now=NOW)


def a_token(*, secret: str = APP_SECRET, algorithm: str = "HS256", **claims: Any) -> dict[str, str]:
    moment = int(NOW.timestamp())
    content = {"iat": moment, "exp": moment + 180} | claims
    kept = {name: value for name, value in content.items() if value is not None}
    signed = jwt.encode({"alg": algorithm}, kept, OctKey.import_key(secret), algorithms=[algorithm])
    return {"authorization": f"Bearer {signed}"}


def unsigned() -> dict[str, str]:
    """What a forger would send to a reader that lets tokens choose how they are proven."""
    head, body, _ = a_token()["authorization"].removeprefix("Bearer ").split(".")
    none = "eyJhbGciOiJub25lIn0"  # {"alg":"none"}
    assert head != none
    return {"authorization": f"Bearer {none}.{body}."}


def at(moment: datetime) -> int:
    return int(moment.timestamp())


def test_a_token_is_good_while_it_lasts_and_as_far_as_clocks_may_differ() -> None:
    assert bears_token(a_token(), APP_SECRET, now=NOW)
    assert bears_token(a_token(), APP_SECRET, now=NOW + timedelta(minutes=12))
    assert bears_token(a_token(), APP_SECRET, now=NOW - timedelta(minutes=9))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": ""},
        {"authorization": "Bearer "},
        {"authorization": "Basic eDp5"},
        {"authorization": "Bearer not.a.token"},
        {"authorization": f"Bearer {'x' * 10_000}"},
        unsigned(),
        a_token(secret="another secret of somebody else"),
        a_token(algorithm="HS512"),
        a_token(exp=None),
        a_token(iat=None),
        a_token(exp=at(NOW - LEEWAY - timedelta(seconds=1))),
        a_token(iat=at(NOW + LEEWAY + timedelta(seconds=1)), exp=at(NOW + timedelta(days=1))),
        a_token(exp="tomorrow"),
    ],
    ids=[
        *("none", "empty", "no token", "another scheme", "no JWT", "too long", "algorithm none", "another secret"),
        *("another algorithm", "without end", "without beginning", "expired", "from the future", "unreadable end"),
    ],
)
def test_any_other_token_proves_nothing(headers: dict[str, str]) -> None:
    assert not bears_token(headers, APP_SECRET, now=NOW)
