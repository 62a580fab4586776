"""What the configuration says about who may ask is used whole or refused by path."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.auth.oidc import Client
from service.bootstrap import build_provider
from service.clock import SystemClock
from service.domain.access import Scope
from service.settings import ConfigInvalid, Settings, load_settings

SOURCES = """
sources:
  - {name: acme-jira, kind: jira-cloud, url: "https://acme.atlassian.net", auth: {token: t}}
"""
OIDC = """
auth:
  public_url: https://interlock.acme.example/
  oidc:
    issuer: https://id.acme.example/realms/acme
    audience: interlock
    scopes_claim: realm_access.roles
    scopes: {read: "*", sync: [leads], admin: [operators, sre]}
    programs_claim: interlock_programs
    client: {id: interlock-web, secret: "${OIDC_SECRET}"}
"""


def loaded(directory: Path, text: str, **variables: str) -> Settings:
    file = directory / "interlock.yaml"
    file.write_text(SOURCES + text)
    return load_settings(file, environment=variables)


def refused(directory: Path, text: str, **variables: str) -> list[str]:
    with pytest.raises(ConfigInvalid) as caught:
        loaded(directory, text, **variables)
    return caught.value.problems


def test_an_identity_provider_is_read_with_its_secret_from_the_environment(tmp_path: Path) -> None:
    settings = loaded(tmp_path, OIDC, OIDC_SECRET="cl1ent-s3cret")
    assert settings.auth.oidc is not None
    options = settings.auth.oidc.options()

    assert (options.issuer, options.audience) == ("https://id.acme.example/realms/acme", "interlock")
    assert options.rules.scopes == {
        Scope.READ: ("*",),
        Scope.SYNC: ("leads",),
        Scope.ADMIN: ("operators", "sre"),
    }
    assert (options.rules.scopes_claim, options.rules.programs_claim) == ("realm_access.roles", "interlock_programs")
    assert options.client == Client("interlock-web", "cl1ent-s3cret")
    assert settings.auth.public_url == "https://interlock.acme.example"
    assert "cl1ent-s3cret" not in f"{settings!r} {options!r}"


async def test_a_provider_is_built_where_one_is_set_and_asks_nothing_yet(tmp_path: Path) -> None:
    provider = build_provider(loaded(tmp_path, OIDC, OIDC_SECRET="s"), SystemClock())

    assert provider is not None
    await provider.aclose()
    assert build_provider(loaded(tmp_path, ""), SystemClock()) is None


def test_without_an_audience_tokens_are_made_for_the_client(tmp_path: Path) -> None:
    settings = loaded(tmp_path, OIDC.replace("    audience: interlock\n", ""), OIDC_SECRET="s")

    assert settings.auth.oidc is not None
    assert settings.auth.oidc.options().audience == "interlock-web"


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        (
            "issuer: https://id.acme.example/realms/acme",
            "issuer: http://id.acme.example",
            "auth.oidc.issuer: 'http://id.acme.example' must begin with https://; write it as the provider does, "
            "such as https://id.acme.example/realms/acme",
        ),
        (
            'scopes: {read: "*", sync: [leads], admin: [operators, sre]}',
            "scopes: {}",
            'auth.oidc.scopes: gives nobody anything; write who may read, such as {read: "*"} or {read: [engineering]}',
        ),
        ("scopes_claim", "scope_claim", "auth.oidc.scope_claim: unknown key; did you mean 'scopes_claim'?"),
        (
            "public_url: https://interlock.acme.example/",
            "public_url: interlock.acme.example",
            "auth.public_url: 'interlock.acme.example' must look like https://interlock.acme.example",
        ),
    ],
)
def test_what_is_wrong_is_named_by_its_path_with_what_would_be_right(
    tmp_path: Path, before: str, after: str, problem: str
) -> None:
    assert before in OIDC
    assert refused(tmp_path, OIDC.replace(before, after), OIDC_SECRET="s") == [problem]


def test_tokens_must_be_made_for_somebody(tmp_path: Path) -> None:
    text = OIDC.replace("    audience: interlock\n", "").replace(
        '    client: {id: interlock-web, secret: "${OIDC_SECRET}"}\n', ""
    )

    assert refused(tmp_path, text) == [
        "auth.oidc: audience is missing; name what tokens are made for, or give a client"
    ]


def test_the_secret_that_signs_sessions_comes_from_the_environment_or_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret_key"
    file.write_text("f" * 40 + "\n")

    direct = loaded(tmp_path, "", INTERLOCK_SECRET_KEY="k" * 32).secret_key
    from_file = loaded(tmp_path, "", INTERLOCK_SECRET_KEY_FILE=str(file)).secret_key
    assert direct is not None
    assert from_file is not None
    assert (direct.get_secret_value(), from_file.get_secret_value()) == ("k" * 32, "f" * 40)
    assert loaded(tmp_path, "").secret_key is None


def test_a_short_secret_is_refused_without_being_shown(tmp_path: Path) -> None:
    assert refused(tmp_path, "", INTERLOCK_SECRET_KEY="sh0rt") == [
        "INTERLOCK_SECRET_KEY: has less than 32 characters; make one with `openssl rand -hex 32`"
    ]


def test_the_secret_does_not_belong_into_the_file(tmp_path: Path) -> None:
    assert refused(tmp_path, "secret_key: x") == ["secret_key: is not a key of this file"]
