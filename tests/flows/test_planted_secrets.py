"""Planted secrets are looked for wherever something could be left: database, payloads, logs, answers, addresses."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import structlog
from sqlalchemy import select

from service.app import create_app
from service.clock import FixedClock
from service.domain.access import Scope
from service.log import configure_logging
from service.store.engine import Database
from service.store.raw import RawRecords
from service.store.tables import metadata
from service.store.tables.sources import raw_records
from service.sync.outcome import RunStatus
from tests.api.client import services_over
from tests.auth.support import CLIENT, Provider, a_key, bearer, connected
from tests.flows.support import Flow, a_site, flowing
from tests.programs.portfolio import NOW

SOURCE_TOKEN = "s0urce-t0ken-planted"
WRONG_TOKEN = "wr0ng-t0ken-planted"
SESSION_SECRET = "sess1on-s3cret-planted-and-long-enough"
MISTYPED = "ilk_0123456789ab_" + "m1styped" * 5 + "xyz"
FILE = "programs: [{key: ALL, name: All, include: [{source: acme}]}]"
SITE = "https://interlock.acme.example"


@dataclass
class Left:
    """Everything that could be read afterwards by somebody who should not know a secret, by where it was left."""

    places: dict[str, str] = field(default_factory=dict)

    def add(self, place: str, text: str) -> None:
        self.places[place] = self.places.get(place, "") + text

    def answer(self, response: httpx.Response) -> None:
        """All of it but the cookie, which is the browser's own secret and looked at apart."""
        headers = {name: value for name, value in response.headers.items() if name != "set-cookie"}
        self.add("answers", f"{response.status_code} {headers} {response.text}")
        self.add("cookies", response.headers.get("set-cookie", ""))
        self.add("addresses", str(response.request.url))

    def holding(self, secret: str) -> list[str]:
        return [place for place, text in self.places.items() if secret in text]


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Every event of the service, as an operator would collect them."""
    events = io.StringIO()
    monkeypatch.setattr(sys, "stderr", events)
    configure_logging(level="DEBUG", json=True)
    logging.getLogger("httpx").setLevel(logging.DEBUG)
    yield events
    structlog.reset_defaults()
    logging.getLogger("httpx").setLevel(logging.WARNING)


@pytest.fixture
async def flow(database: Database) -> AsyncIterator[Flow]:
    async with flowing(
        a_site(issues=70, projects=1), database, token=SOURCE_TOKEN, settings={"token": SOURCE_TOKEN}
    ) as flow:
        yield flow


async def test_no_planted_secret_is_left_anywhere(
    flow: Flow, database: Database, logged: io.StringIO, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    left, provider = Left(), Provider()
    key = await a_key(database, "boss", Scope.ADMIN)
    oidc_token = provider.token(groups=["operators"])
    await _syncs(flow)
    await _asks(database, provider, left, key.token, oidc_token)
    await reads_the_database(database, left)
    left.add("logs", logged.getvalue() + caplog.text)
    left.add("requests to the tool", "".join(f"{each.path} {each.query} {each.body}" for each in flow.options.requests))

    assert {"credential_refused", "request_failed", "sync_started"} <= set(_events(left.places["logs"]))
    assert "BULK1-1" in left.places["payloads"]
    assert "boss (key)" in left.places["database"]
    secrets = {
        "the token of the source": SOURCE_TOKEN,
        "a wrong token of the source": WRONG_TOKEN,
        "an API key": key.token.split("_", 2)[2],
        "a mistyped key": MISTYPED.split("_", 2)[2],
        "a token of the provider": oidc_token.split(".")[2],
        "the client's secret": str(CLIENT.secret),
        "the secret that signs sessions": SESSION_SECRET,
    }
    assert {name: left.holding(secret) for name, secret in secrets.items()} == {name: [] for name in secrets}


async def test_the_search_would_find_a_secret_that_was_left(flow: Flow, database: Database) -> None:
    """What is planted in an issue, as some people do, is kept as received: the search sees into packed payloads."""
    issue = next(iter(flow.site.issues.values()))
    issue["fields"]["summary"] = f"remember {SOURCE_TOKEN}"
    await flow.sync_whole()
    left = Left()
    await reads_the_database(database, left)

    assert left.holding(SOURCE_TOKEN) == ["database", "payloads"]


async def _syncs(flow: Flow) -> None:
    """One that works, and one that the tool refuses."""
    await flow.sync_whole()
    await flow.reconfigure(token=WRONG_TOKEN)
    assert (await flow.sync()).status is RunStatus.FAILED


async def _asks(database: Database, provider: Provider, left: Left, key: str, oidc_token: str) -> None:
    async def broken(_name: str) -> int:
        raise RuntimeError("something nobody expected")

    services = services_over(
        database,
        clock=FixedClock(NOW),
        provider=connected(provider, client=CLIENT),
        secret_key=SESSION_SECRET,
        source_names=("acme",),
        start_sync=broken,
    )
    transport = httpx.ASGITransport(create_app(services), client=("10.0.0.7", 50_000))
    async with httpx.AsyncClient(transport=transport, base_url=SITE) as client:
        for credential in (key, oidc_token, MISTYPED, f"{key}x", f"{oidc_token}x", "x.y.z"):
            for method, path in (
                ("GET", "/api/v1/programs"),
                ("GET", "/api/v1/sources"),
                ("GET", "/api/v1/sync-runs?limit=500"),
                ("GET", "/api/v1/audit"),
                ("GET", "/api/v1/items/nothing:here"),
                ("GET", "/readyz"),
                ("GET", "/metrics"),
                ("POST", "/api/v1/mapping/apply"),
                ("POST", "/api/v1/sources/acme/sync"),
            ):
                left.answer(await client.request(method, path, headers=bearer(credential), content=FILE))
        for typed in (key, MISTYPED):
            left.answer(await client.post("/login", data={"key": typed, "next": "/"}, headers={"Origin": SITE}))
        left.answer(await client.get("/", headers={"Accept": "text/html"}))
        await _through_the_provider(client, provider, left)


async def _through_the_provider(client: httpx.AsyncClient, provider: Provider, left: Left) -> None:
    for grants in (True, False):
        leaving = await client.get("/login/start?next=/docs")
        left.answer(leaving)
        asked = parse_qs(urlsplit(leaving.headers["location"]).query)
        nonce = asked["nonce"][0]
        provider.id_token = provider.token(aud=CLIENT.id, nonce=nonce) if grants else None
        left.answer(await client.get(f"/login/callback?code=c0de&state={asked['state'][0]}"))


async def reads_the_database(database: Database, left: Left) -> None:
    async with database.reading() as uow:
        for table in metadata.sorted_tables:
            rows = (await uow.connection.execute(select(table))).all()
            left.add("database", "".join(map(_as_text, rows)))
        kinds = (await uow.connection.execute(select(raw_records.c.kind).distinct())).scalars().all()
        for kind in kinds:
            for record in await RawRecords(uow.connection).read("acme", kind, limit=10_000):
                left.add("payloads", record.payload.decode("utf-8", "replace"))


def _as_text(row: Any) -> str:
    return " ".join(each.decode("latin-1") if isinstance(each, bytes) else str(each) for each in row)


def _events(logs: str) -> Iterator[str]:
    for part in logs.split('"event": "')[1:]:
        yield part.split('"')[0]
