"""The stand-in is as strict as the vendor: who opens what, for how long, and how often a refresh token is taken."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from connectors.sandbox.bulk import generate_bulk
from connectors.sandbox.oauth import OAuthOptions, create_oauth_cloud
from connectors.sandbox.options import SandboxOptions
from connectors.sandbox.server import SandboxServer
from tests.flows.support import HandClock

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
FIRST = "sandbox-refresh-0"


class Desk:
    def __init__(self, client: httpx.Client, oauth: OAuthOptions, clock: HandClock) -> None:
        self.client = client
        self.oauth = oauth
        self.clock = clock

    def exchange(self, **asked: str) -> httpx.Response:
        proof = {"client_id": self.oauth.client_id, "client_secret": self.oauth.client_secret}
        return self.client.post("/oauth/token", json={**proof, **asked})

    def refresh(self, refresh_token: str) -> httpx.Response:
        return self.exchange(grant_type="refresh_token", refresh_token=refresh_token)

    def myself(self, token: str, *, below: str = "") -> int:
        path = f"{below}/rest/api/3/myself"
        return self.client.get(path, headers={"Authorization": f"Bearer {token}"}).status_code


@contextmanager
def serving(**behaviour: Any) -> Iterator[Desk]:
    clock = HandClock(NOW)
    oauth = OAuthOptions(clock=clock.now, **behaviour)
    site = generate_bulk(issues=3, histories=1, payload_bytes=500, projects=1, today=NOW.date())
    with (
        SandboxServer(create_oauth_cloud(site, SandboxOptions(clock=clock.now), oauth)) as server,
        httpx.Client(base_url=server.url) as client,
    ):
        yield Desk(client, oauth, clock)


def test_a_bearer_opens_the_gateway_alone_and_an_api_token_the_site_alone() -> None:
    with serving() as desk:
        bearer = desk.exchange(grant_type="client_credentials").json()["access_token"]
        gateway = f"/ex/jira/{desk.oauth.cloud_id}"

        assert (desk.myself(bearer, below=gateway), desk.myself(bearer)) == (200, 401)
        assert (desk.myself("sandbox-scoped", below=gateway), desk.myself("sandbox-scoped")) == (200, 401)
        assert (desk.myself("sandbox"), desk.myself("sandbox", below=gateway)) == (200, 401)
        assert desk.client.get("/_edge/tenant_info").json() == {"cloudId": desk.oauth.cloud_id}


def test_a_bearer_ends_after_an_hour() -> None:
    with serving() as desk:
        bearer = desk.exchange(grant_type="client_credentials").json()["access_token"]
        gateway = f"/ex/jira/{desk.oauth.cloud_id}"
        desk.clock.pass_by(minutes=59)
        assert desk.myself(bearer, below=gateway) == 200
        desk.clock.pass_by(minutes=1)

        assert desk.myself(bearer, below=gateway) == 401


def test_a_used_refresh_token_is_taken_again_for_ten_minutes() -> None:
    with serving() as desk:
        following = desk.refresh(FIRST).json()["refresh_token"]
        desk.clock.pass_by(minutes=9)
        assert desk.refresh(FIRST).status_code == 200
        desk.clock.pass_by(minutes=1)

        refused = desk.refresh(FIRST)
        assert (refused.status_code, refused.json()["error"]) == (403, "invalid_grant")
        assert desk.refresh(following).status_code == 200


@pytest.mark.parametrize(
    ("asked", "status", "error"),
    [
        ({"grant_type": "client_credentials", "client_secret": "wrong"}, 401, "access_denied"),
        ({"grant_type": "refresh_token", "refresh_token": "never given"}, 403, "invalid_grant"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_what_is_wrong_is_refused_as_the_vendor_does(asked: dict[str, str], status: int, error: str) -> None:
    with serving() as desk:
        answer = desk.exchange(**asked)

        assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_a_consent_that_was_taken_back_ends_every_token_of_it_until_there_is_a_new_one() -> None:
    with serving() as desk:
        following = desk.refresh(FIRST).json()["refresh_token"]
        desk.oauth.end_grants()
        assert desk.refresh(following).status_code == 403

        assert desk.refresh(desk.oauth.authorise()).status_code == 200


def test_the_sites_that_a_grant_reaches_are_told_to_a_bearer() -> None:
    with serving(other_sites=("https://other.atlassian.net",), access_life=timedelta(minutes=1)) as desk:
        bearer = desk.exchange(grant_type="client_credentials").json()["access_token"]
        told = desk.client.get("/oauth/token/accessible-resources", headers={"Authorization": f"Bearer {bearer}"})
        reached = {row["url"]: row["id"] for row in told.json()}

        assert reached[str(desk.client.base_url).rstrip("/")] == desk.oauth.cloud_id
        assert "https://other.atlassian.net" in reached
        assert desk.client.get("/oauth/token/accessible-resources").status_code == 401
