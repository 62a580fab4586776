"""Tokens of the identity provider: who signed them, for whom, until when; and how often it is asked."""

from __future__ import annotations

from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey

from service.auth.errors import CredentialRefused, ProviderAway
from service.auth.oidc import KEYS_LAST, LARGEST_TOKEN, PAUSE_WHEN_AWAY, REFRESH_AT_MOST_EVERY, is_private_enough
from tests.auth.support import CLIENT, ISSUER, Provider, confused, connected, without_signature
from tests.connectors.time import FakeTime
from tests.programs.portfolio import NOW

AT = int(NOW.timestamp())


async def refused(provider: Provider, token: str) -> str:
    with pytest.raises(CredentialRefused) as error:
        await connected(provider).claims_of(token)
    return error.value.message


async def test_a_good_token_is_taken_with_its_claims() -> None:
    provider = Provider()

    claims = await connected(provider).claims_of(provider.token())

    assert (claims["email"], claims["groups"]) == ("pat@acme.example", ["engineering"])


async def test_an_rsa_signature_and_a_list_of_audiences_are_as_good() -> None:
    provider = Provider()
    provider.key = RSAKey.generate_key(2048, {"kid": "rsa"})
    provider.published = [provider.key]

    assert await connected(provider).claims_of(provider.token(aud=["other", "interlock"]))


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"iss": "https://evil.example"}, f"This token comes from another issuer than {ISSUER}."),
        ({"iss": None}, f"This token comes from another issuer than {ISSUER}."),
        ({"aud": "another"}, "This token is not made for interlock."),
        ({"aud": None}, "This token is not made for interlock."),
        ({"exp": AT - 31}, "This token has expired; get a new one from the identity provider."),
        ({"exp": None}, "This token's exp is missing or wrong."),
        ({"nbf": AT + 31}, "This token is not valid yet; compare the clocks."),
        ({"iat": AT + 31}, "This token is not valid yet; compare the clocks."),
    ],
)
async def test_a_token_for_something_else_is_refused_with_the_reason(claims: dict[str, Any], said: str) -> None:
    provider = Provider()

    assert await refused(provider, provider.token(**claims)) == said


async def test_two_clocks_may_differ_by_half_a_minute() -> None:
    provider = Provider()

    assert await connected(provider).claims_of(provider.token(exp=AT - 25, nbf=AT + 25))


async def test_a_token_without_a_signature_is_refused() -> None:
    provider = Provider()

    said = await refused(provider, without_signature(provider.token()))

    assert said == "This token is signed in a way that is not taken here."


async def test_a_token_signed_with_a_public_key_as_if_it_were_a_password_is_refused() -> None:
    provider = Provider()

    said = await refused(provider, confused(provider.token(), provider.key.as_pem(private=False)))

    assert said == "This token is signed in a way that is not taken here."


async def test_a_symmetric_key_that_is_published_by_mistake_is_not_used() -> None:
    provider = Provider()
    shared = OctKey.import_key("s" * 32, {"kid": "shared"})
    provider.published = [shared]

    assert "not taken here" in await refused(provider, provider.token(key=shared, header={"alg": "HS256"}))


async def test_a_signature_by_somebody_else_is_refused_even_under_a_known_key_id() -> None:
    provider = Provider()
    stranger = ECKey.generate_key("P-256", {"kid": "first"})

    said = await refused(provider, provider.token(key=stranger))

    assert said == "This token is not signed by a key of the identity provider."


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "ey.ey.ey", "....", "é.é.é", "x" * (LARGEST_TOKEN + 1)])
async def test_what_is_no_token_is_refused_and_asks_nobody(text: str) -> None:
    provider = Provider()

    await refused(provider, text)

    assert provider.asked == []


async def test_keys_are_fetched_once_an_hour() -> None:
    provider, time = Provider(), FakeTime()
    asking = connected(provider, time=time)
    for _ in range(5):
        await asking.claims_of(provider.token())
    once = provider.asked.count("/keys")
    await time.sleep(KEYS_LAST)
    await asking.claims_of(provider.token())

    assert (once, provider.asked.count("/keys")) == (1, 2)


async def test_a_new_key_is_found_when_a_token_names_it() -> None:
    provider, time = Provider(), FakeTime()
    asking = connected(provider, time=time)
    await asking.claims_of(provider.token())
    provider.key = ECKey.generate_key("P-256", {"kid": "second"})
    provider.published.append(provider.key)
    await time.sleep(REFRESH_AT_MOST_EVERY)

    assert await asking.claims_of(provider.token())


async def test_unknown_key_ids_make_nobody_ask_more_than_once_a_minute() -> None:
    provider, time = Provider(), FakeTime()
    asking = connected(provider, time=time)
    await asking.claims_of(provider.token())
    await time.sleep(REFRESH_AT_MOST_EVERY)
    for n in range(20):
        with pytest.raises(CredentialRefused):
            await asking.claims_of(provider.token(header={"kid": f"made-up-{n}"}))

    assert provider.asked.count("/keys") == 2


async def test_known_keys_go_on_working_while_the_provider_is_away() -> None:
    provider, time = Provider(), FakeTime()
    asking = connected(provider, time=time)
    await asking.claims_of(provider.token())
    provider.away = True
    await time.sleep(KEYS_LAST * 2)

    assert await asking.claims_of(provider.token())


async def test_a_provider_that_was_never_there_is_named_and_not_asked_at_every_request() -> None:
    provider, time = Provider(), FakeTime()
    provider.away = True
    asking = connected(provider, time=time)
    for _ in range(3):
        with pytest.raises(ProviderAway, match=r"id\.acme\.example does not answer \(ConnectError\)"):
            await asking.claims_of(provider.token())
    assert len(provider.asked) == 1

    provider.away = False
    await time.sleep(PAUSE_WHEN_AWAY)
    assert await asking.claims_of(provider.token())


async def test_a_provider_that_calls_itself_otherwise_is_not_believed() -> None:
    provider = Provider()
    provider.metadata["issuer"] = "https://evil.example"

    with pytest.raises(ProviderAway, match=r"auth\.oidc\.issuer says otherwise"):
        await connected(provider).claims_of(provider.token())


async def test_keys_are_not_fetched_over_an_open_line() -> None:
    provider = Provider()
    provider.metadata["jwks_uri"] = "http://id.acme.example/keys"

    with pytest.raises(ProviderAway, match="no usable jwks_uri"):
        await connected(provider).claims_of(provider.token())


async def test_a_sign_in_is_redeemed_with_its_verifier_and_only_for_its_own_browser() -> None:
    provider = Provider()
    asking = connected(provider, client=CLIENT)
    provider.id_token = provider.token(aud=CLIENT.id, nonce="n1")
    redeemed = {"redirect_uri": "https://i.example/login/callback", "verifier": "v" * 43}

    claims = await asking.redeem(CLIENT, "c0de", nonce="n1", **redeemed)
    with pytest.raises(CredentialRefused, match="belongs to another browser"):
        await asking.redeem(CLIENT, "c0de", nonce="n2", **redeemed)

    assert claims["email"] == "pat@acme.example"
    assert provider.redeemed[0] == {
        "grant_type": "authorization_code",
        "code": "c0de",
        "redirect_uri": "https://i.example/login/callback",
        "code_verifier": "v" * 43,
        "client_id": "interlock-web",
        "client_secret": "cl1ent-s3cret",
    }


async def test_a_code_that_the_provider_does_not_know_signs_nobody_in() -> None:
    provider = Provider()

    with pytest.raises(CredentialRefused, match="did not accept this sign-in"):
        await connected(provider).redeem(CLIENT, "c0de", redirect_uri="https://i.example/", verifier="v", nonce="n")


@pytest.mark.parametrize(
    ("address", "private"),
    [
        ("https://id.example", True),
        ("http://127.0.0.1:9000/x", True),
        ("http://localhost", True),
        ("http://id.example", False),
        ("https://", False),
        ("file:///etc/passwd", False),
    ],
)
def test_a_provider_is_asked_over_tls_or_on_this_machine(address: str, private: bool) -> None:
    assert is_private_enough(address) is private
