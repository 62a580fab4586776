"""How a source is signed in to with OAuth, or with a token that has scopes: read whole, or refused by path."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.settings import load_settings
from service.source_settings import JiraConfig
from tests.builders.configurations import ASANA, GOOD, accepted, refused

OAUTH = GOOD.replace(
    'auth: {email: pat@example.com, token: "${JIRA_TOKEN}"}',
    'oauth: {client_id: abc, client_secret: "${SECRET}", refresh_token: "${REFRESH}"}',
)
SECRETS = {"SECRET": "cl1ent-s3cret", "REFRESH": "r3fresh"}


def test_oauth_is_read_with_the_vendor_s_addresses_and_hides_its_secrets(tmp_path: Path) -> None:
    file = tmp_path / "interlock.yaml"
    file.write_text(OAUTH)

    settings = load_settings(file, environment={**SECRETS, "INTERLOCK_SECRET_KEY": "k" * 32})

    source = settings.sources[0]
    assert isinstance(source, JiraConfig)
    assert source.oauth is not None
    assert source.auth is None
    assert (source.oauth.token_url, source.oauth.api_url) == (
        "https://auth.atlassian.com/oauth/token",
        "https://api.atlassian.com",
    )
    assert [secret for secret in SECRETS.values() if secret in repr(settings)] == []


def test_a_rotating_refresh_token_needs_a_key_to_seal_it_with(tmp_path: Path) -> None:
    assert refused(tmp_path, OAUTH, **SECRETS) == [
        "(top): sources[0].oauth.refresh_token: each use of it gives a new one, which is stored sealed, and "
        "INTERLOCK_SECRET_KEY is not set; make one with `openssl rand -hex 32`"
    ]


def test_a_rotating_refresh_token_serves_one_source(tmp_path: Path) -> None:
    text = OAUTH + OAUTH.replace("\nsources:\n", "").replace("acme-jira", "other-jira")
    assert refused(tmp_path, text, INTERLOCK_SECRET_KEY="k" * 32, **SECRETS) == [
        "(top): sources[1].oauth.refresh_token: is that of acme-jira, and each use would end it there; consent for each"
    ]


def test_a_service_account_has_no_refresh_token_and_needs_no_key(tmp_path: Path) -> None:
    file = tmp_path / "interlock.yaml"
    file.write_text(OAUTH.replace(', refresh_token: "${REFRESH}"', ""))

    source = load_settings(file, environment=SECRETS).sources[0]

    assert isinstance(source, JiraConfig)
    assert source.oauth is not None
    assert source.oauth.refresh_token is None


def test_a_jira_source_takes_exactly_one_of_auth_and_oauth(tmp_path: Path) -> None:
    both = f"{OAUTH}    auth: {{token: t}}\n"
    neither = GOOD.replace('    auth: {email: pat@example.com, token: "${JIRA_TOKEN}"}\n', "")

    assert refused(tmp_path, both, **SECRETS) == [
        "sources[0].auth: stands beside oauth, and only one of them can be used; leave one out"
    ]
    assert refused(tmp_path, neither) == [
        "sources[0].auth: is missing; {email: …, token: …} for Jira Cloud, {token: …} for a personal access token, "
        "or oauth: {client_id: …, client_secret: …} instead"
    ]


def test_oauth_is_refused_where_it_does_not_exist(tmp_path: Path) -> None:
    assert refused(tmp_path, OAUTH.replace("jira-cloud", "jira-dc"), **SECRETS) == [
        "sources[0].oauth: is for jira-cloud; a Data Center takes auth: {token: …}, a personal access token"
    ]
    assert refused(tmp_path, f"{ASANA}    oauth: {{client_id: abc}}\n", ASANA_TOKEN="t") == [
        "sources[0].oauth: is a key of Jira sources; Asana takes the token of a person or of a service account "
        "under auth; leave it out"
    ]


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("refresh_token: ''", "sources[0].oauth.refresh_token: is empty; give it as ${NAME} from the environment, "),
        ("cloud_id: ../..", "sources[0].oauth.cloud_id: '../..' "),
        ("token_url: http://auth.example/token", "sources[0].oauth: token_url: plain http would show the token "),
        ("api_url: ftp://x", 'sources[0].oauth: api_url: "ftp://x" is not a web address; '),
        ("clientid: x", "sources[0].oauth.clientid: unknown key; did you mean 'client_id'?"),
    ],
)
def test_what_oauth_cannot_be_is_named_once(tmp_path: Path, written: str, problem: str) -> None:
    text = OAUTH.replace('refresh_token: "${REFRESH}"', written)
    [said] = refused(tmp_path, text, **SECRETS)
    assert said.startswith(problem)


def test_a_token_with_scopes_names_its_cloud_where_there_is_one(tmp_path: Path) -> None:
    text = GOOD.replace('token: "${JIRA_TOKEN}"', "token: t, cloud_id: a1-b2")

    source = accepted(tmp_path, text).sources[0]

    assert isinstance(source, JiraConfig)
    assert source.auth is not None
    assert (source.auth.cloud_id, source.auth.api_url) == ("a1-b2", "https://api.atlassian.com")
    assert refused(tmp_path, text.replace("jira-cloud", "jira-dc")) == [
        "sources[0].auth: cloud_id: is for jira-cloud; leave it out"
    ]
    assert refused(tmp_path, text.replace("a1-b2", "a1-b2, api_url: http://api.example")) == [
        "sources[0].auth: api_url: plain http would show the token to the network; use https, or set allow_http: true"
    ]
    assert refused(tmp_path, ASANA.replace("{token:", "{cloud_id: a1, token:"), ASANA_TOKEN="t") == [
        "sources[0].auth.cloud_id: is a key of Jira sources; Asana takes a token alone; leave it out"
    ]
