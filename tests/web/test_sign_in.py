"""Signing in to the pages, as a browser does it: with a key, or through the identity provider."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from service.auth.keys import revoke_key
from service.domain.access import Scope
from service.store.engine import Database
from service.web.sign_in import safe_next
from tests.api.client import a_client, services_over
from tests.auth.support import CLIENT, ISSUER, Provider, a_key, connected
from tests.programs.portfolio import NOW, a_checkout, add_program
from tests.web.test_pages import HTML, Page

SITE = "https://interlock.acme.example"
SECRET = "s" * 32


@pytest.fixture
async def browser(sqlite_database: Database) -> AsyncIterator[httpx.AsyncClient]:
    await a_checkout(sqlite_database)
    await a_key(sqlite_database, "somebody-else")
    async with a_client(services_over(sqlite_database), peer="10.0.0.7", base_url=SITE) as client:
        client.headers.update(HTML)
        yield client


async def signed_in(browser: httpx.AsyncClient, token: str, wanted: str = "/") -> httpx.Response:
    return await browser.post("/login", data={"key": token, "next": wanted}, headers={"Origin": SITE})


async def test_a_page_leads_to_the_sign_in_and_back_to_itself(
    browser: httpx.AsyncClient, sqlite_database: Database
) -> None:
    key = await a_key(sqlite_database, "pat")

    first = await browser.get("/programs/CHECKOUT?by=epic")
    form = await browser.get(first.headers["location"])
    answer = await signed_in(browser, key.token, "/programs/CHECKOUT?by=epic")
    there = await browser.get(answer.headers["location"])

    assert (first.status_code, first.headers["location"]) == (303, "/login?next=%2Fprograms%2FCHECKOUT%3Fby%3Depic")
    assert 'value="/programs/CHECKOUT?by=epic"' in form.text
    assert (answer.status_code, answer.headers["location"]) == (303, "/programs/CHECKOUT?by=epic")
    assert there.status_code == 200
    assert "pat Sign out" in " ".join(Page(there.text).text.split())


async def test_a_program_with_a_space_in_its_key_is_come_back_to(browser: httpx.AsyncClient) -> None:
    first = await browser.get("/programs/A%20B")

    assert 'value="/programs/A%20B"' in (await browser.get(first.headers["location"])).text


async def test_the_cookie_is_out_of_reach_of_scripts_other_sites_and_open_lines(
    browser: httpx.AsyncClient, sqlite_database: Database
) -> None:
    key = await a_key(sqlite_database, "pat")
    cookie = (await signed_in(browser, key.token)).headers["set-cookie"]

    assert {part.strip().lower() for part in cookie.split(";")[1:]} == {
        "httponly",
        "max-age=43200",
        "path=/",
        "samesite=lax",
        "secure",
    }
    assert key.token.split("_", 2)[2] not in cookie


async def test_without_tls_the_cookie_still_works(sqlite_database: Database) -> None:
    key = await a_key(sqlite_database, "pat")
    async with a_client(services_over(sqlite_database)) as browser:
        answer = await browser.post("/login", data={"key": key.token})
        assert "secure" not in answer.headers["set-cookie"].lower()
        assert (await browser.get("/", headers=HTML)).status_code == 200


async def test_a_wrong_key_is_told_on_the_page_and_not_repeated(browser: httpx.AsyncClient) -> None:
    answer = await signed_in(browser, "ilk_s3cret", "/docs")
    page = Page(answer.text)

    assert answer.status_code == 401
    assert "This is no API key; a key begins with ilk_ and is shown when it is made." in page.text
    assert "s3cret" not in answer.text
    assert 'value="/docs"' in answer.text
    assert "set-cookie" not in answer.headers


async def test_after_ten_wrong_keys_the_page_says_how_long_to_wait(browser: httpx.AsyncClient) -> None:
    answers = [await signed_in(browser, "ilk_x") for _ in range(11)]

    assert (answers[9].status_code, answers[10].status_code) == (401, 429)
    assert 0 < int(answers[10].headers["retry-after"]) <= 60
    assert "Too many failed sign-ins came from this address" in answers[10].text


async def test_signing_out_ends_it_and_so_does_revoking_the_key(
    browser: httpx.AsyncClient, sqlite_database: Database
) -> None:
    key = await a_key(sqlite_database, "pat")
    await signed_in(browser, key.token)
    assert (await browser.get("/")).status_code == 200
    left = await browser.post("/logout", headers={"Origin": SITE})
    assert (left.status_code, left.headers["location"]) == (303, "/login")
    assert (await browser.get("/")).status_code == 303

    await signed_in(browser, key.token)
    await revoke_key(sqlite_database, "pat", actor="sam", origin="terminal", now=NOW)
    assert (await browser.get("/")).status_code == 303


async def test_a_session_asks_the_api_as_well_and_changes_only_from_our_own_pages(
    browser: httpx.AsyncClient, sqlite_database: Database
) -> None:
    key = await a_key(sqlite_database, "pat", Scope.ADMIN)
    await signed_in(browser, key.token)

    read = await browser.get("/api/v1/audit")
    ours = await browser.post("/api/v1/mapping/plan", content="programs: []", headers={"Origin": SITE})
    foreign = await browser.post(
        "/api/v1/mapping/apply", content="programs: []", headers={"Origin": "https://evil.example"}
    )
    hidden = await browser.post("/api/v1/mapping/apply", content="programs: []", headers={"Origin": "null"})

    assert [each.status_code for each in (read, ours, foreign, hidden)] == [200, 200, 403, 403]
    assert foreign.json()["type"] == "/problems/foreign-origin"


@pytest.mark.parametrize("path", ["/login", "/logout"])
async def test_another_site_can_sign_nobody_in_or_out(browser: httpx.AsyncClient, path: str) -> None:
    answer = await browser.post(path, data={"key": "x"}, headers={"Origin": "https://evil.example"})

    assert answer.status_code == 403


async def test_a_limited_key_sees_its_programs_on_the_first_page(
    browser: httpx.AsyncClient, sqlite_database: Database
) -> None:
    await add_program(sqlite_database, "HIDDEN", name="Not for you", position=1)
    key = await a_key(sqlite_database, "team", programs=("CHECKOUT",))
    await signed_in(browser, key.token)

    first, hidden = await browser.get("/"), await browser.get("/programs/HIDDEN")

    assert "CHECKOUT" in first.text
    assert "Not for you" not in first.text + hidden.text
    assert hidden.status_code == 404


async def test_where_nobody_has_to_sign_in_the_page_says_so(sqlite_database: Database) -> None:
    async with a_client(services_over(sqlite_database)) as browser:
        text = Page((await browser.get("/login")).text).text

    assert "Nobody has to sign in here yet" in text


async def test_pages_that_are_open_to_anybody_say_so(sqlite_database: Database) -> None:
    services = services_over(sqlite_database, allow_anonymous="read")
    async with a_client(services, peer="10.0.0.7", base_url=SITE) as browser:
        text = Page((await browser.get("/", headers=HTML)).text).text

    assert "Open to anybody who reaches it" in text


@pytest.mark.parametrize("state", ["needed", "refused", "provider", "free"])
async def test_the_sign_in_page_runs_no_script_and_fetches_nothing(sqlite_database: Database, state: str) -> None:
    provider = connected(Provider(), client=CLIENT) if state == "provider" else None
    if state != "free":
        await a_key(sqlite_database)
    async with a_client(services_over(sqlite_database, provider=provider)) as browser:
        answer = await (browser.post("/login", data={"key": "x"}) if state == "refused" else browser.get("/login"))
    page = Page(answer.text)

    assert not {"script", "iframe", "object", "style", "img"} & set(page.tags)
    assert [each for each in page.addresses if "//" in each] == []
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "elsewhere",
    ["//evil.example", "https://evil.example", "/\\evil.example", "evil", "", None, "/a\r\nb", "/login?next=/", "/a b"],
)
def test_nobody_is_led_away_after_signing_in(elsewhere: str | None) -> None:
    assert safe_next(elsewhere) == "/"


# Through the identity provider: authorization code with PKCE.


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
async def person(sqlite_database: Database, provider: Provider) -> AsyncIterator[httpx.AsyncClient]:
    await a_checkout(sqlite_database)
    services = services_over(sqlite_database, provider=connected(provider, client=CLIENT), secret_key=SECRET)
    async with a_client(services, peer="10.0.0.7", base_url=SITE) as client:
        client.headers.update(HTML)
        yield client


async def test_the_identity_provider_signs_people_in(person: httpx.AsyncClient, provider: Provider) -> None:
    form = await person.get("/login?next=/docs")
    left = await person.get("/login/start?next=/docs")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(left.headers["location"]).query).items()}
    provider.id_token = provider.token(aud=CLIENT.id, nonce=asked["nonce"])
    back = await person.get(f"/login/callback?code=c0de&state={asked['state']}")
    there = await person.get("/docs")

    assert "/login/start?next=%2Fdocs" in Page(form.text).addresses
    assert left.headers["location"].startswith(f"{ISSUER}/authorize?")
    assert asked["redirect_uri"] == f"{SITE}/login/callback"
    assert (asked["response_type"], asked["client_id"], asked["code_challenge_method"]) == (
        "code",
        "interlock-web",
        "S256",
    )
    verifier = provider.redeemed[0]["code_verifier"]
    assert asked["code_challenge"] == urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    assert verifier not in left.headers["location"]
    assert (back.status_code, back.headers["location"]) == (303, "/docs")
    assert "pat@acme.example" in Page(there.text).text


@pytest.mark.parametrize("state", ["", "guessed"])
async def test_a_sign_in_that_began_elsewhere_is_not_finished_here(
    person: httpx.AsyncClient, provider: Provider, state: str
) -> None:
    await person.get("/login/start")
    back = await person.get(f"/login/callback?code=c0de&state={state}")

    assert back.status_code == 400
    assert "This sign-in took too long or began elsewhere; sign in again." in back.text
    assert provider.redeemed == []


async def test_a_callback_without_a_sign_in_before_it_is_refused(person: httpx.AsyncClient) -> None:
    assert (await person.get("/login/callback?code=c0de&state=x")).status_code == 400


async def test_a_sign_in_that_the_provider_declined_is_told(person: httpx.AsyncClient) -> None:
    left = await person.get("/login/start")
    state = parse_qs(urlsplit(left.headers["location"]).query)["state"][0]
    back = await person.get(f"/login/callback?error=access_denied&state={state}")

    assert back.status_code == 401
    assert "The identity provider did not sign you in." in back.text


async def test_a_provider_that_is_away_is_told_and_keys_are_offered(
    person: httpx.AsyncClient, provider: Provider
) -> None:
    provider.away = True
    answer = await person.get("/login/start")

    assert answer.status_code == 503
    assert "The identity provider cannot be asked just now. Try again in a moment, or use an API key." in answer.text


async def test_somebody_who_may_nothing_is_told_so_and_can_leave(person: httpx.AsyncClient, provider: Provider) -> None:
    asked = parse_qs(urlsplit((await person.get("/login/start")).headers["location"]).query)
    provider.id_token = provider.token(aud=CLIENT.id, nonce=asked["nonce"][0], groups=["chess"])
    await person.get(f"/login/callback?code=c0de&state={asked['state'][0]}")
    refused = await person.get("/")

    assert refused.status_code == 403
    assert "pat@acme.example (sign-in) may nothing here, and GET / needs the scope read" in refused.text
    assert 'action="/logout"' in refused.text


async def test_without_a_client_people_are_not_sent_to_the_provider(sqlite_database: Database) -> None:
    services = services_over(sqlite_database, provider=connected(Provider()))
    async with a_client(services) as browser:
        assert "/login/start" not in (await browser.get("/login")).text
        assert (await browser.get("/login/start")).status_code == 404


async def test_behind_a_proxy_the_public_address_is_the_one_that_counts(
    sqlite_database: Database, provider: Provider
) -> None:
    services = services_over(sqlite_database, provider=connected(provider, client=CLIENT), public_url=SITE)
    key = await a_key(sqlite_database)
    async with a_client(services, base_url="http://inside:8000") as browser:
        left = await browser.get("/login/start")
        answer = await browser.post("/login", data={"key": key.token}, headers={"Origin": SITE})

    assert "redirect_uri=https%3A%2F%2Finterlock.acme.example%2Flogin%2Fcallback" in left.headers["location"]
    assert "secure" in answer.headers["set-cookie"].lower()
