"""A configuration is used whole or refused by path, with what would be right."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.domain.progress import MissingWeight
from service.settings import ConfigInvalid, load_settings

GOOD = """
sources:
  - name: acme-jira
    kind: jira-cloud
    url: https://acme.atlassian.net
    auth: {email: pat@example.com, token: "${JIRA_TOKEN}"}
    scope: {projects: [PAY, CART]}
"""


def refused(directory: Path, text: str, **variables: str) -> list[str]:
    file = directory / "interlock.yaml"
    file.write_text(text)
    with pytest.raises(ConfigInvalid) as caught:
        load_settings(file, environment=variables)
    return caught.value.problems


def test_a_good_file_is_read_with_its_variables(tmp_path: Path) -> None:
    file = tmp_path / "interlock.yaml"
    file.write_text(GOOD)

    settings = load_settings(file, environment={"JIRA_TOKEN": "s3cret"})

    assert settings.sources[0].auth.token.get_secret_value() == "s3cret"
    assert settings.database_url == f"sqlite:///{tmp_path / 'interlock.db'}"
    assert "s3cret" not in repr(settings)


def test_what_a_missing_estimate_weighs_is_chosen_by_name(tmp_path: Path) -> None:
    file = tmp_path / "interlock.yaml"
    file.write_text(f"{GOOD}definitions: {{missing_weight: impute_mean}}\n")

    assert load_settings(file, environment={"JIRA_TOKEN": "t"}).missing_weight is MissingWeight.IMPUTE_MEAN
    assert refused(tmp_path, f"{GOOD}definitions: {{missing_weight: mean}}\n", JIRA_TOKEN="t") == [
        "definitions.missing_weight: 'mean' is not one of 'skip', 'impute_mean' or 'zero'"
    ]
    assert refused(tmp_path, f"{GOOD}definitions: {{missing_wait: skip}}\n", JIRA_TOKEN="t") == [
        "definitions.missing_wait: unknown key; did you mean 'missing_weight'?"
    ]


def test_the_environment_decides_the_database(tmp_path: Path) -> None:
    file = tmp_path / "interlock.yaml"
    file.write_text(GOOD)
    variables = {"JIRA_TOKEN": "x", "INTERLOCK_DATABASE_URL": "postgresql://me:pw@db/interlock"}

    settings = load_settings(file, environment=variables)

    assert settings.database_url == "postgresql://me:pw@db/interlock"


def test_an_unset_variable_is_named_with_its_path(tmp_path: Path) -> None:
    assert refused(tmp_path, GOOD) == [
        "sources[0].auth.token: the variable JIRA_TOKEN is not set; export it, or write ${JIRA_TOKEN:-default}"
    ]


def test_an_unknown_key_is_refused_with_the_one_that_was_meant(tmp_path: Path) -> None:
    assert refused(tmp_path, GOOD.replace("scope:", "scoep:"), JIRA_TOKEN="x") == [
        "sources[0].scoep: unknown key; did you mean 'scope'?"
    ]


def test_a_wrong_kind_names_the_right_ones(tmp_path: Path) -> None:
    assert refused(tmp_path, GOOD.replace("jira-cloud", "jira"), JIRA_TOKEN="x") == [
        "sources[0].kind: 'jira' is not one of 'jira-cloud' or 'jira-dc'"
    ]


def test_a_missing_key_says_what_to_write(tmp_path: Path) -> None:
    text = GOOD.replace("    url: https://acme.atlassian.net\n", "")
    assert refused(tmp_path, text, JIRA_TOKEN="x") == [
        "sources[0].url: is missing; write it like https://acme.atlassian.net"
    ]


def test_a_wrong_type_is_named_with_its_path(tmp_path: Path) -> None:
    assert refused(tmp_path, GOOD + "    concurrency: many\n", JIRA_TOKEN="x") == [
        "sources[0].concurrency: input should be a valid integer, unable to parse string as an integer"
    ]


def test_plain_http_is_refused_away_from_loopback(tmp_path: Path) -> None:
    text = GOOD.replace("https://acme.atlassian.net", "http://jira.acme.example")
    assert refused(tmp_path, text, JIRA_TOKEN="x") == [
        "sources[0]: url: plain http would show the token to the network; use https, or set allow_http: true"
    ]


def test_a_broken_file_is_named_with_its_line(tmp_path: Path) -> None:
    [problem] = refused(tmp_path, "sources:\n  - name: [\n")
    assert problem.startswith("line 3, column 1: not valid YAML")


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        load_settings(tmp_path / "none.yaml", environment={})
    assert caught.value.problems == [
        "No such file or directory; write one (docs/how-to/connect-jira.md), name it with --config, "
        "or try `interlock demo`"
    ]


def test_two_sources_of_one_name_are_refused(tmp_path: Path) -> None:
    text = GOOD + GOOD.replace("\nsources:\n", "")
    assert refused(tmp_path, text, JIRA_TOKEN="x") == [
        "(top): sources: the name 'acme-jira' is used twice; every source needs its own"
    ]


def test_an_unknown_time_zone_is_refused_with_a_close_one(tmp_path: Path) -> None:
    text = GOOD + "calendar: {timezone: Europe/Madird}\n"
    assert refused(tmp_path, text, JIRA_TOKEN="x") == [
        "calendar.timezone: \"Europe/Madird\" is no time zone; did you mean 'Europe/Madrid'?"
    ]
