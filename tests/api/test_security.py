"""Who is answered while nobody has to sign in, how much is read, and the headers on everything."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from service.api.security import MAX_BODY, host_name, is_loopback
from service.store.engine import Database
from tests.api.client import a_client, services_over

FILE = "programs: []"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8000", "localhost:8000", "LOCALHOST", "[::1]:8000"])
async def test_this_machine_is_answered_under_its_own_names(local: httpx.AsyncClient, host: str) -> None:
    assert (await local.get("/api/v1/programs", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:8000", "localhost.evil.example", "", "[::1"])
async def test_a_rebound_name_is_refused(local: httpx.AsyncClient, host: str) -> None:
    response = await local.get("/api/v1/programs", headers={"Host": host})

    assert response.status_code == 403
    assert response.json() == {
        "type": "/problems/host-not-allowed",
        "title": "The Host header names another machine",
        "status": 403,
        "detail": f"The request names the host {host!r}; this service answers 127.0.0.1, localhost and [::1].",
        "instance": "/api/v1/programs",
    }


async def test_another_machine_is_refused(sqlite_database: Database) -> None:
    async with a_client(services_over(sqlite_database), peer="10.0.0.7") as elsewhere:
        response = await elsewhere.get("/api/v1/programs")

    assert response.status_code == 403
    assert response.json()["detail"] == (
        "This request came from another machine, and nobody can sign in here yet. Make an API key with "
        "`interlock keys create`, or set INTERLOCK_ALLOW_ANONYMOUS=read to open reading."
    )


async def test_somebody_behind_a_proxy_on_this_machine_is_somebody_else(local: httpx.AsyncClient) -> None:
    response = await local.get("/api/v1/programs", headers={"X-Forwarded-For": "10.0.0.7"})

    assert response.json()["type"] == "/problems/loopback-only"


@pytest.fixture
async def opened(sqlite_database: Database) -> AsyncIterator[httpx.AsyncClient]:
    services = services_over(sqlite_database, allow_anonymous="read")
    async with a_client(services, peer="10.0.0.7", base_url="http://interlock.internal") as client:
        yield client


async def test_reading_can_be_opened_to_others(opened: httpx.AsyncClient) -> None:
    assert (await opened.get("/api/v1/programs")).status_code == 200


@pytest.mark.parametrize("path", ["/api/v1/mapping/apply", "/api/v1/mapping/plan", "/api/v1/sources/acme-jira/sync"])
async def test_opened_reading_does_not_open_anything_else(opened: httpx.AsyncClient, path: str) -> None:
    response = await opened.post(path, content=FILE)

    assert (response.status_code, response.json()["type"]) == (403, "/problems/read-only-elsewhere")


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}],
)
async def test_a_change_sent_by_another_site_is_refused(local: httpx.AsyncClient, headers: dict[str, str]) -> None:
    response = await local.post("/api/v1/mapping/plan", content=FILE, headers=headers)

    assert (response.status_code, response.json()["type"]) == (403, "/problems/foreign-origin")


async def test_a_body_beyond_the_limit_is_refused_whether_or_not_it_says_its_length(local: httpx.AsyncClient) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"#" * (MAX_BODY // 2)

    declared = await local.post("/api/v1/mapping/plan", content=b"#" * (MAX_BODY + 1))
    chunked = await local.post("/api/v1/mapping/plan", content=pieces())

    for response in (declared, chunked):
        assert (response.status_code, response.json()["detail"]) == (
            413,
            "The body has more than 1,048,576 bytes; split the programs file.",
        )


async def test_an_address_beyond_the_limit_is_refused(local: httpx.AsyncClient) -> None:
    response = await local.get("/api/v1/programs?" + "cursor=" + "x" * 9000)

    assert (response.status_code, response.json()["type"]) == (414, "/problems/address-too-long")


@pytest.mark.parametrize("path", ["/api/v1/programs/A%00B", "/api/v1/programs/CHECKOUT/items?team=%00"])
async def test_control_characters_never_reach_the_database(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path)

    assert (response.status_code, response.json()["type"]) == (400, "/problems/address-unreadable")


@pytest.mark.parametrize("path", ["/", "/api/v1/programs", "/nothing", "/static/interlock.css", "/healthz"])
async def test_every_answer_carries_the_security_headers(local: httpx.AsyncClient, path: str) -> None:
    headers = (await local.get(path)).headers

    assert headers["content-security-policy"] == (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
    assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "same-origin")
    assert "strict-transport-security" not in headers


async def test_over_tls_browsers_are_told_to_stay_there(sqlite_database: Database) -> None:
    async with a_client(services_over(sqlite_database), base_url="https://localhost") as client:
        headers = (await client.get("/healthz")).headers

    assert headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize(
    ("name", "loopback"),
    [("::ffff:127.0.0.1", True), ("127.8.9.1", True), ("a.localhost", True), ("0.0.0.0", False), ("", False)],  # noqa: S104
)
def test_loopback_is_an_address_or_a_reserved_name(name: str, loopback: bool) -> None:
    assert is_loopback(name) is loopback


def test_a_host_header_loses_its_port() -> None:
    assert [host_name(each) for each in ("[::1]:80", "a:80", "a", "[bad")] == ["::1", "a", "a", ""]
