"""Asana's webhooks through its SDK: one for each project, made once after a handshake, listed and removed."""

from __future__ import annotations

import json
from typing import cast

import pytest

from connectors.asana.webhooks import EVENTS
from connectors.contract import Scope, WantedWebhook
from connectors.deliveries import signature
from connectors.errors import PermissionDenied, SourceMisconfigured, SourceUnavailable
from connectors.sandbox.asana.hooks import Hooks
from connectors.sandbox.asana.site import AsanaSite
from connectors.sandbox.faults import failing, truncated
from tests.connectors.asana.support import NOW, a_launch, a_site, connected
from tests.connectors.receiving import a_place

HINT = "Asana shakes hands with our address meanwhile: the service has to run and to be reachable there."


def two_projects() -> tuple[AsanaSite, str, str]:
    site = a_site()
    return site, a_launch(site).project, a_launch(site, "Support readiness").project


def hooks_of(site: AsanaSite) -> Hooks:
    """Those of the stand-in that serves the site."""
    return cast(Hooks, site.hearers[-1].__self__)  # type: ignore[attr-defined]


async def test_each_project_has_a_webhook_of_its_own() -> None:
    site, first, second = two_projects()
    async with connected(site) as (source, _):
        wanted = source.webhooks.wanted([Scope(first, "Launch", "Launch"), Scope(second, "Support", "Support")])
    assert [each.scope_id for each in wanted] == [first, second]
    assert {each.events for each in wanted} == {EVENTS}


async def test_a_webhook_is_made_after_the_handshake_and_listed_as_it_is() -> None:
    site, project, _ = two_projects()
    with a_place() as place:
        async with connected(site) as (source, told):
            made = await source.webhooks.register(WantedWebhook(project, EVENTS), f"{place.url}/webhooks/asana/acme/n1")
            (listed,) = await source.webhooks.registered()
        assert [each.path for each in place.handshakes] == ["/webhooks/asana/acme/n1"]
        assert (made.scope_id, made.address) == (project, f"{place.url}/webhooks/asana/acme/n1")
    assert made.native_id == listed.native_id
    assert (listed.events, listed.active) == (EVENTS, True)
    posted = [request.body["data"] for request in told.requests if request.method == "POST"]
    assert [each["resource"] for each in posted] == [project]
    assert {"resource_type": "story", "action": "added"} in posted[0]["filters"]


async def test_health_of_a_delivery_is_told_in_utc() -> None:
    site, project, _ = two_projects()
    with a_place() as place:
        async with connected(site) as (source, _):
            await source.webhooks.register(WantedWebhook(project, EVENTS), f"{place.url}/hook")
            hooks = hooks_of(site)
            hooks.postman.wait()
            place.status = 500
            site.comment(site.sections[site.projects[project].sections[0]].tasks[0], "Late")
            hooks.postman.wait()
            (listed,) = await source.webhooks.registered()
    assert (listed.last_success_at, listed.last_failure_at, listed.last_failure) == (NOW, NOW, "500")


async def test_what_happens_in_the_project_is_posted_and_signed_with_the_secret_of_the_handshake() -> None:
    site, project, other = two_projects()
    task = site.sections[site.projects[project].sections[0]].tasks[0]
    elsewhere = site.sections[site.projects[other].sections[0]].tasks[0]
    with a_place() as place:
        async with connected(site) as (source, _):
            await source.webhooks.register(WantedWebhook(project, EVENTS), f"{place.url}/hook")
            site.complete(task, NOW)
            site.complete(elsewhere, NOW)
            hooks_of(site).postman.wait()
        secret = place.handshakes[0].headers["x-hook-secret"]
        heartbeat, *posts = place.deliveries[1:]
    assert heartbeat.body == b'{"events":[]}'
    assert all(each.headers["x-hook-signature"] == signature(each.body, secret) for each in (heartbeat, *posts))
    events = [event for each in posts for event in json.loads(each.body)["events"]]
    assert {(event["resource"]["resource_type"], event["action"]) for event in events} == {
        ("story", "added"),
        ("task", "changed"),
    }
    assert {(event["parent"] or event["resource"])["gid"] for event in events} == {task}


async def test_a_target_that_does_not_shake_hands_gets_no_webhook_and_the_reason_says_what_to_do() -> None:
    site, project, _ = two_projects()
    with a_place() as place:
        place.shakes_hands = False
        async with connected(site) as (source, told):
            with pytest.raises(SourceMisconfigured) as refused:
                await source.webhooks.register(WantedWebhook(project, EVENTS), f"{place.url}/a-nonce")
            assert await source.webhooks.registered() == []
    assert refused.value.message == (
        f"POST /webhooks answered 400: The remote server {place.url}/*** did not respond with the handshake secret: "
        f"it answered 200; the request or the configuration is wrong. {HINT}"
    )
    assert told.asked("/webhooks") == 2  # asked once, and the listing


async def test_an_address_that_asana_does_not_take_is_said_to_be_one() -> None:
    site, project, _ = two_projects()
    async with connected(site) as (source, _):
        with pytest.raises(PermissionDenied, match=HINT):
            await source.webhooks.register(WantedWebhook(project, EVENTS), "https://interlock.example/hook")


async def test_a_webhook_whose_answer_was_lost_is_made_once() -> None:
    """The connection breaks after Asana has done its part: making another would deliver everything twice."""
    site, project, _ = two_projects()
    with a_place() as place:
        async with connected(site) as (source, told):
            told.faults.append(truncated("/webhooks"))
            made = await source.webhooks.register(WantedWebhook(project, EVENTS), f"{place.url}/hook")
            (listed,) = await source.webhooks.registered()
    assert made.native_id == listed.native_id
    assert [request.method for request in told.requests if request.path.endswith("/webhooks")][:2] == ["POST", "GET"]
    assert len(place.handshakes) == 1


async def test_a_webhook_that_was_not_made_is_not_asked_for_again() -> None:
    site, project, _ = two_projects()
    with a_place() as place:
        async with connected(site) as (source, told):
            told.faults.append(failing("/webhooks"))
            with pytest.raises(SourceUnavailable):
                await source.webhooks.register(WantedWebhook(project, EVENTS), f"{place.url}/hook")
    assert place.deliveries == []
    assert [request.method for request in told.requests if request.path.endswith("/webhooks")] == ["POST", "GET"]


async def test_all_webhooks_are_listed_page_by_page() -> None:
    site, project, _ = two_projects()
    with a_place() as place:
        async with connected(site) as (source, _):
            for number in range(101):
                await source.webhooks.register(WantedWebhook(project, EVENTS), f"{place.url}/{number}")
            listed = await source.webhooks.registered()
    assert len({each.native_id for each in listed}) == 101


async def test_a_removed_webhook_is_gone_and_removing_it_again_is_no_error() -> None:
    site, project, _ = two_projects()
    with a_place() as place:
        async with connected(site) as (source, _):
            made = await source.webhooks.register(WantedWebhook(project, EVENTS), f"{place.url}/hook")
            for _ in range(2):
                await source.webhooks.remove(made.native_id)
            assert await source.webhooks.registered() == []


async def test_webhooks_of_asana_do_not_expire() -> None:
    site, _, _ = two_projects()
    async with connected(site) as (source, _):
        assert await source.webhooks.refresh(["1"]) is None
