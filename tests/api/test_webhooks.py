"""What tools deliver is proven, put down once, and answered only then; what proves nothing is refused and counted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
import structlog
from sqlalchemy import select
from structlog.testing import capture_logs

from connectors.deliveries import signature
from service.api.services import Services
from service.auth.sealing import SealBroken, Sealer
from service.bootstrap import build_receiver
from service.source_settings import AsanaConfig, JiraConfig
from service.store.engine import Database
from service.store.inbox import Inbox, InboxStanding
from service.store.subscriptions import Subscriptions
from service.store.tables.webhooks import webhook_inbox, webhook_subscriptions
from tests.api.client import a_client, services_over
from tests.builders import jira
from tests.programs.portfolio import NOW

SECRET = "0123456789abcdef"
SECRET_KEY = "a-secret-key-of-thirty-two-letters"
CLOUD = JiraConfig.model_validate(
    {
        "name": "acme-jira",
        "kind": "jira-cloud",
        "url": "https://acme.example",
        "auth": {"token": "t"},
        "webhook": {"secret": SECRET},
    }
)
OLD_SERVER = CLOUD.model_copy(update={"name": "acme-dc", "kind": "jira-dc"})
WITHOUT = CLOUD.model_copy(update={"name": "quiet", "webhook": None})
ASANA = AsanaConfig.model_validate({"name": "acme-asana", "kind": "asana", "auth": {"token": "t"}})
BODY = json.dumps(
    {
        "timestamp": 1_700_000_000_000,
        "webhookEvent": "jira:issue_updated",
        "issue": {"id": "10001", "key": "PAY-1", "fields": {"project": {"id": "10000"}}},
    }
).encode()
HEARTBEAT = b'{"events": []}'
EVENTS = json.dumps({"events": [{"action": "changed", "resource": {"gid": "111", "resource_type": "task"}}]}).encode()
ELSEWHERE = "203.0.113.9"  # tools are never on our machine, and never sign in


def services(database: Database, **values: Any) -> Services:
    receivers = {config.name: build_receiver(config) for config in (CLOUD, OLD_SERVER, WITHOUT, ASANA)}
    return services_over(database, **{"receivers": receivers, "secret_key": SECRET_KEY} | values)


@pytest.fixture
async def tool(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with a_client(services(database), peer=ELSEWHERE, base_url="https://interlock.example") as client:
        yield client


@pytest.fixture
async def local_tool(sqlite_database: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with a_client(services(sqlite_database), peer=ELSEWHERE, base_url="https://interlock.example") as client:
        yield client


def signed(body: bytes = BODY, secret: str = SECRET, **more: str) -> dict[str, str]:
    return {"X-Hub-Signature": f"sha256={signature(body, secret)}", **more}


async def inbox(database: Database) -> list[tuple[str, list[str]]]:
    c = webhook_inbox.c
    async with database.reading() as uow:
        return [tuple(row) for row in await uow.connection.execute(select(c.source, c.native_ids).order_by(c.id))]


async def standing(database: Database, source: str = "acme-jira") -> InboxStanding:
    async with database.reading() as uow:
        return (await Inbox(uow.connection).standing())[source]


async def test_a_signed_delivery_is_in_the_inbox_when_it_is_answered(
    tool: httpx.AsyncClient, database: Database
) -> None:
    answer = await tool.post("/webhooks/jira/acme-jira?user_id=pat&user_key=pat", content=BODY, headers=signed())

    assert (answer.status_code, answer.content) == (200, b"")
    assert await inbox(database) == [("acme-jira", ["10001"])]
    assert await standing(database) == InboxStanding(received=1, last_event_at=NOW, waiting=1, oldest_waiting_at=NOW)


async def test_a_delivery_that_comes_again_is_answered_and_put_down_once(
    tool: httpx.AsyncClient, database: Database
) -> None:
    named = {"X-Atlassian-Webhook-Identifier": "one"}
    other = BODY.replace(b"10001", b"10002")
    for body, headers in ((BODY, {}), (BODY, {}), (other, named), (BODY, named)):
        assert (await tool.post("/webhooks/jira/acme-jira", content=body, headers=signed(body, **headers))).is_success

    assert [ids for _, ids in await inbox(database)] == [["10001"], ["10002"]]
    assert (await standing(database)).received == 4


@pytest.mark.parametrize(
    "headers",
    [{}, {"X-Hub-Signature": "sha256=00"}, signed(secret="another secret of theirs"), signed(BODY + b" ")],
    ids=["missing", "wrong", "another secret", "another body"],
)
async def test_what_is_not_signed_is_refused_and_counted(
    tool: httpx.AsyncClient, database: Database, headers: Mapping[str, str]
) -> None:
    answer = await tool.post("/webhooks/jira/acme-jira", content=BODY, headers=headers)

    assert answer.status_code == 401
    assert answer.json()["detail"] == (
        "This delivery for acme-jira was not taken: its signature is missing or does not hold."
    )
    assert await inbox(database) == []
    assert (await standing(database)).refused == 1


async def test_every_recorded_delivery_is_taken_when_it_is_signed_and_refused_when_it_is_not(
    local_tool: httpx.AsyncClient, sqlite_database: Database
) -> None:
    bodies = [path.read_bytes() for path in sorted((jira.real_data() / "webhooks").glob("*.json"))]
    for body in bodies:
        for headers, status in ((signed(body), 200), (signed(body, "a guess of somebody"), 401), ({}, 401)):
            answer = await local_tool.post("/webhooks/jira/acme-jira", content=body, headers=headers)
            assert answer.status_code == status

    assert len(await inbox(sqlite_database)) == len(set(bodies)) >= 28
    await asyncio.sleep(1.5)  # so many are not written at once
    counted = await standing(sqlite_database)
    assert (counted.received, counted.refused) == (len(bodies), 2 * len(bodies))


async def test_new_deliveries_wake_whoever_applies_them(sqlite_database: Database) -> None:
    woken: list[str] = []
    async with a_client(services(sqlite_database, on_delivery=woken.append)) as tool:
        for _ in range(2):
            await tool.post("/webhooks/jira/acme-jira", content=BODY, headers=signed())
        await tool.post("/webhooks/jira/acme-jira", content=BODY)
    assert woken == ["acme-jira"]


async def test_an_old_server_proves_itself_by_the_address(
    local_tool: httpx.AsyncClient, sqlite_database: Database
) -> None:
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as logs:
        taken = await local_tool.post(f"/webhooks/jira/acme-dc/{SECRET}", content=BODY)
        wrong = await local_tool.post(f"/webhooks/jira/acme-dc/{SECRET}x", content=BODY)
        cloud = await local_tool.post(f"/webhooks/jira/acme-jira/{SECRET}", content=BODY)

    assert [each.status_code for each in (taken, wrong, cloud)] == [200, 401, 401]
    assert SECRET not in str(logs) + wrong.text + cloud.text
    assert wrong.json()["instance"] == "/webhooks/jira/acme-dc/***"
    assert await inbox(sqlite_database) == [("acme-dc", ["10001"])]


async def test_a_secret_in_an_address_is_not_logged_when_something_breaks(sqlite_database: Database) -> None:
    def broken(_source: str) -> None:
        raise RuntimeError("broken")

    with capture_logs() as logs:
        async with a_client(services(sqlite_database, on_delivery=broken)) as tool:
            answer = await tool.post(f"/webhooks/jira/acme-dc/{SECRET}", content=BODY)
    assert answer.status_code == 500
    assert [log["path"] for log in logs if log["event"] == "request_failed"] == ["/webhooks/jira/acme-dc/***"]


async def test_a_source_that_is_unknown_or_of_the_other_tool_is_not_found(local_tool: httpx.AsyncClient) -> None:
    for path in ("/webhooks/jira/nobody", "/webhooks/jira/acme-asana", "/webhooks/asana/acme-jira/nonce"):
        assert (await local_tool.post(path, content=BODY, headers=signed())).status_code == 404


async def test_a_source_without_a_secret_says_what_is_missing(local_tool: httpx.AsyncClient) -> None:
    answer = await local_tool.post("/webhooks/jira/quiet", content=BODY, headers=signed(secret=""))
    assert answer.status_code == 404
    assert answer.json()["detail"] == "quiet takes no deliveries: set webhook: {secret: …} in interlock.yaml."


async def test_a_body_over_a_mebibyte_is_refused_unread(
    local_tool: httpx.AsyncClient, sqlite_database: Database
) -> None:
    body = BODY + b" " * 1024 * 1024
    assert (await local_tool.post("/webhooks/jira/acme-jira", content=body, headers=signed(body))).status_code == 413
    assert await inbox(sqlite_database) == []


async def test_a_signed_body_that_nobody_understands_is_refused_with_the_reason(local_tool: httpx.AsyncClient) -> None:
    answer = await local_tool.post("/webhooks/jira/acme-jira", content=b"[]", headers=signed(b"[]"))
    assert answer.status_code == 400
    assert answer.json()["detail"] == "The body is no Jira delivery: Expected `object`, got `array`"


async def expecting(database: Database, nonce: str = "nonce", until: datetime = NOW + timedelta(minutes=1)) -> None:
    async with database.transaction() as uow:
        await Subscriptions(uow.connection).expect("acme-asana", nonce, scope_id="900", now=NOW, until=until)


async def test_a_handshake_is_answered_with_its_secret_once_and_its_deliveries_are_taken(
    tool: httpx.AsyncClient, database: Database
) -> None:
    await expecting(database)
    handshake = await tool.post("/webhooks/asana/acme-asana/nonce", headers={"X-Hook-Secret": "from-asana"})
    replayed = await tool.post("/webhooks/asana/acme-asana/nonce", headers={"X-Hook-Secret": "planted-later"})

    assert (handshake.status_code, handshake.headers["X-Hook-Secret"]) == (200, "from-asana")
    assert (replayed.status_code, "X-Hook-Secret" in replayed.headers) == (401, False)
    for body, secret, status in (
        (HEARTBEAT, "from-asana", 200),
        (EVENTS, "from-asana", 200),
        (EVENTS, "from-asana", 200),
        (EVENTS, "planted-later", 401),
    ):
        proof = {"X-Hook-Signature": signature(body, secret)}
        assert (await tool.post("/webhooks/asana/acme-asana/nonce", content=body, headers=proof)).status_code == status
    assert await inbox(database) == [("acme-asana", ["111"])]
    assert await standing(database, "acme-asana") == InboxStanding(
        received=3, repeated=1, refused=2, last_event_at=NOW, last_refused_at=NOW, waiting=1, oldest_waiting_at=NOW
    )


async def test_a_handshake_that_nobody_expects_plants_no_secret(
    local_tool: httpx.AsyncClient, sqlite_database: Database
) -> None:
    await expecting(sqlite_database, "too-late", until=NOW)
    await expecting(sqlite_database, "odd")
    for nonce, secret in (("guessed", "s"), ("too-late", "s"), ("odd", "s" * 257), ("odd", "")):
        answer = await local_tool.post(f"/webhooks/asana/acme-asana/{nonce}", headers={"X-Hook-Secret": secret})
        assert answer.status_code == 401
    unsigned = await local_tool.post("/webhooks/asana/acme-asana/odd", content=EVENTS)
    assert unsigned.status_code == 401
    assert await inbox(sqlite_database) == []


async def test_the_secret_of_a_handshake_lies_sealed_and_another_key_cannot_read_it(sqlite_database: Database) -> None:
    await expecting(sqlite_database)
    async with a_client(services(sqlite_database)) as tool:
        await tool.post("/webhooks/asana/acme-asana/nonce", headers={"X-Hook-Secret": "from-asana"})
    async with sqlite_database.reading() as uow:
        rows = (await uow.connection.execute(select(webhook_subscriptions))).all()
    proof = {"X-Hook-Signature": signature(EVENTS, "from-asana")}
    async with a_client(services(sqlite_database, secret_key=SECRET_KEY[::-1])) as tool:
        answer = await tool.post("/webhooks/asana/acme-asana/nonce", content=EVENTS, headers=proof)

    assert "from-asana" not in str(rows)
    assert answer.status_code == 404
    assert answer.json()["detail"] == (
        "The secret of this webhook was sealed with another INTERLOCK_SECRET_KEY; make the webhook again."
    )


async def test_without_a_key_to_seal_with_asana_is_told_what_to_do(sqlite_database: Database) -> None:
    await expecting(sqlite_database)
    async with a_client(services(sqlite_database, secret_key=None)) as tool:
        answer = await tool.post("/webhooks/asana/acme-asana/nonce", headers={"X-Hook-Secret": "s"})
    assert answer.status_code == 404
    assert answer.json()["detail"].endswith("there is no key to seal them with: set INTERLOCK_SECRET_KEY.")


def test_a_damaged_seal_is_noticed() -> None:
    sealed = Sealer(SECRET_KEY).seal("from-asana")
    assert Sealer(SECRET_KEY).unseal(sealed) == "from-asana"
    for damaged in ("", "no seal", sealed[:-3] + "AAA"):
        with pytest.raises(SealBroken):
            Sealer(SECRET_KEY).unseal(damaged)


async def test_sources_show_what_was_delivered(sqlite_database: Database) -> None:
    async with a_client(services(sqlite_database, source_names=("acme-jira", "quiet"))) as client:
        await client.post("/webhooks/jira/acme-jira", content=BODY, headers=signed())
        await client.post("/webhooks/jira/acme-jira", content=BODY)
        heard, quiet = (await client.get("/api/v1/sources")).json()["data"]["sources"]

    assert heard["webhook"] == {
        "configured": True,
        "last_event_at": "2026-11-20T08:00:12.345678Z",
        "received": 1,
        "repeated": 0,
        "refused": 1,
        "last_refused_at": "2026-11-20T08:00:12.345678Z",
        "ignored": 0,
        "waiting": 1,
        "oldest_waiting_at": "2026-11-20T08:00:12.345678Z",
        "failed": 0,
        "failed_why": None,
        "missed_last_night": None,
        "changed_last_night": None,
        "missed_share": None,
        "silence": {"seconds": 0, "usual_seconds": None, "unusual": False},
        "subscriptions": [],
    }
    assert (quiet["webhook"]["configured"], quiet["webhook"]["last_event_at"]) == (False, None)
