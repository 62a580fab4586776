"""An OAuth app's deliveries are proven by their token; a proof that a source is not set up for proves nothing."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from connectors.deliveries import signature
from service.bootstrap import build_receiver
from service.source_settings import JiraConfig
from service.store.engine import Database
from service.store.inbox import Inbox
from tests.api.client import a_client, services_over
from tests.programs.portfolio import NOW

APP_SECRET = "the-secret-of-the-app-in-the-console"
SECRET = "0123456789abcdef"
BODY = json.dumps({"webhookEvent": "jira:issue_updated", "issue": {"id": "10001"}}).encode()


def config(name: str, **values: Any) -> JiraConfig:
    return JiraConfig.model_validate({"name": name, "kind": "jira-cloud", "url": "https://acme.example"} | values)


OAUTH = {"client_id": "app", "client_secret": APP_SECRET}
APP = config("app", oauth=OAUTH)
BOTH = config("both", oauth=OAUTH, webhook={"secret": SECRET})
SIGNING = config("signing", auth={"token": "t"}, webhook={"secret": SECRET})
QUIET = config("quiet", auth={"token": "t"})


@pytest.fixture
async def tool(sqlite_database: Database) -> AsyncIterator[httpx.AsyncClient]:
    receivers = {each.name: build_receiver(each) for each in (APP, BOTH, SIGNING, QUIET)}
    async with a_client(services_over(sqlite_database, receivers=receivers)) as client:
        yield client


def bearing(*, secret: str = APP_SECRET, begun: timedelta = timedelta(0)) -> dict[str, str]:
    moment = int((NOW + begun).timestamp())
    token = jwt.encode({"alg": "HS256"}, {"iat": moment, "exp": moment + 180}, OctKey.import_key(secret))
    return {"Authorization": f"Bearer {token}"}


def signed(secret: str = SECRET) -> dict[str, str]:
    return {"X-Hub-Signature": f"sha256={signature(BODY, secret)}"}


@pytest.mark.parametrize(
    ("source", "headers", "status"),
    [
        ("app", bearing(), 200),
        ("app", bearing(begun=-timedelta(hours=1)), 401),
        ("app", bearing(secret="another secret of somebody else"), 401),
        ("app", signed(), 401),
        ("app", signed(APP_SECRET), 401),
        ("app", {}, 401),
        ("both", bearing(), 200),
        ("both", signed(), 200),
        ("both", bearing(secret="another secret of somebody else") | signed("not the secret"), 401),
        ("both", {}, 401),
        ("signing", signed(), 200),
        ("signing", bearing(), 401),
        ("signing", bearing(secret=SECRET), 401),
        ("quiet", bearing(), 404),
        ("quiet", {}, 404),
    ],
)
async def test_a_delivery_is_taken_by_the_proof_that_its_source_is_set_up_for(
    tool: httpx.AsyncClient, sqlite_database: Database, source: str, headers: dict[str, str], status: int
) -> None:
    answer = await tool.post(f"/webhooks/jira/{source}", content=BODY, headers=headers)

    assert answer.status_code == status, answer.text
    async with sqlite_database.reading() as uow:
        due = await Inbox(uow.connection).due(source, now=NOW, limit=10)
    assert [each.native_ids for each in due] == ([("10001",)] if status == 200 else [])
    assert APP_SECRET not in answer.text
