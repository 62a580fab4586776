"""A configuration is used whole or refused by path, with what would be right."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from service.domain.business_value import ValueFields
from service.domain.dependency_status import DependencyStatus, LagUnit
from service.domain.health import LIMITS, Limits, Rule, Worse
from service.domain.progress import MissingWeight
from service.programs.dependency_terms import DependencyTerms
from service.programs.health_terms import HealthTerms
from service.settings import ConfigInvalid, load_settings
from service.source_settings import ASANA_URL, AsanaConfig
from tests.builders.configurations import ASANA, GOOD, accepted, refused


def test_a_good_file_is_read_with_its_variables(tmp_path: Path) -> None:
    file = tmp_path / "interlock.yaml"
    file.write_text(GOOD)

    settings = load_settings(file, environment={"JIRA_TOKEN": "s3cret"})

    assert settings.sources[0].auth is not None
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
        "sources[0].kind: 'jira' is not one of 'jira-cloud', 'jira-dc' or 'asana'"
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
        "No such file or directory; write one (docs/how-to/connect-jira.md, docs/how-to/connect-asana.md), "
        "name it with --config, or try `interlock demo`"
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


def test_an_asana_source_needs_a_token_and_nothing_else(tmp_path: Path) -> None:
    settings = accepted(tmp_path, ASANA)

    [source] = settings.sources
    assert isinstance(source, AsanaConfig)
    assert (source.url, source.scope.projects, source.scope.portfolios) == (ASANA_URL, None, ())
    assert "s3cret" not in repr(settings)


def test_gids_may_stand_without_quotes_and_one_name_without_a_list(tmp_path: Path) -> None:
    scope = "    scope: {workspace: 1200000000000001, projects: [Launch, 1201], portfolios: 1202}\n"
    fields = "    points_field: 1203\n    cancelled: {fields: {Outcome: Dropped}}\n"
    [source] = accepted(tmp_path, ASANA + scope + fields).sources

    assert isinstance(source, AsanaConfig)
    assert source.scope.workspace == "1200000000000001"
    assert (source.scope.projects, source.scope.portfolios) == (("Launch", "1201"), ("1202",))
    assert source.points_field == ("1203",)
    assert source.cancelled.fields == {"Outcome": ("Dropped",)}


def test_a_portfolio_by_name_is_refused_with_where_its_gid_stands(tmp_path: Path) -> None:
    assert refused(tmp_path, ASANA + "    scope: {portfolios: [Commerce]}\n", ASANA_TOKEN="t") == [
        'sources[0].scope.portfolios: "Commerce" is not a gid; Asana lists portfolios to their owner alone, so give '
        "the number from the portfolio's address"
    ]


def test_an_empty_list_of_projects_is_no_way_to_ask_for_none(tmp_path: Path) -> None:
    assert refused(tmp_path, ASANA + "    scope: {projects: []}\n", ASANA_TOKEN="t") == [
        "sources[0].scope.projects: is empty; name some, or leave it out"
    ]


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (
            "    link_directions: {Blocks: none}\n",
            "sources[0].link_directions: is a key of Jira sources; Asana has one kind of dependency, and its direction "
            "is known; leave it out",
        ),
        (
            "    cancelled: {resolutions: [Duplicate]}\n",
            "sources[0].cancelled.resolutions: is a key of Jira sources; Asana has no resolutions; use "
            "cancelled.sections, cancelled.tags or cancelled.fields",
        ),
        (
            "    start_field: Begin\n",
            "sources[0].start_field: is a key of Jira sources; an Asana task has a start date of its own; leave it out",
        ),
    ],
)
def test_a_jira_key_on_an_asana_source_is_refused_with_what_would_be_right(
    tmp_path: Path, lines: str, problem: str
) -> None:
    assert refused(tmp_path, ASANA + lines, ASANA_TOKEN="t") == [problem]


def test_an_email_on_an_asana_source_is_refused(tmp_path: Path) -> None:
    text = ASANA.replace("{token:", "{email: pat@example.com, token:")
    assert refused(tmp_path, text, ASANA_TOKEN="t") == [
        "sources[0].auth.email: is a key of Jira sources; Asana takes a token alone; leave it out"
    ]


def test_an_asana_key_on_a_jira_source_is_refused_with_what_would_be_right(tmp_path: Path) -> None:
    text = GOOD.replace("projects: [PAY, CART]", "portfolios: [12]") + "    cancelled: {tags: [Dropped]}\n"
    assert refused(tmp_path, text, JIRA_TOKEN="t") == [
        "sources[0].scope.portfolios: is a key of Asana sources; Jira has no portfolios; name project keys under "
        "scope.projects",
        "sources[0].cancelled.tags: is a key of Asana sources; Jira has no tags; use cancelled.resolutions or "
        "cancelled.statuses",
    ]


def test_a_key_that_no_tool_knows_is_still_an_unknown_one(tmp_path: Path) -> None:
    assert refused(tmp_path, ASANA + "    in_progres: {sections: [Doing]}\n", ASANA_TOKEN="t") == [
        "sources[0].in_progres: unknown key; did you mean 'in_progress'?"
    ]


def test_a_source_without_its_kind_is_told_which_there_are(tmp_path: Path) -> None:
    assert refused(tmp_path, ASANA.replace("    kind: asana\n", ""), ASANA_TOKEN="t") == [
        "sources[0].kind: is missing; one of 'jira-cloud', 'jira-dc' or 'asana'"
    ]


def test_an_asana_source_without_auth_is_told_what_to_write(tmp_path: Path) -> None:
    assert refused(tmp_path, ASANA.replace('    auth: {token: "${ASANA_TOKEN}"}\n', "")) == [
        "sources[0].auth: is missing; {token: …}"
    ]


def test_a_webhook_has_a_secret_that_nobody_guesses(tmp_path: Path) -> None:
    jira = GOOD.replace("    scope:", "    webhook: {secret: SECRET}\n    scope:", 1)
    assert jira != GOOD
    refusal = (
        "sources[0].webhook.secret: needs 16 characters or more, none of them a blank or one of / ? # %; "
        "make one with `openssl rand -hex 32`"
    )
    for weak in ("''", "short", "0123456789abcde", "0123456789/abcdef"):
        assert refused(tmp_path, jira.replace("SECRET", weak), JIRA_TOKEN="t") == [refusal]

    file = tmp_path / "interlock.yaml"
    file.write_text(jira.replace("SECRET", "0123456789abcdef"))
    assert load_settings(file, environment={"JIRA_TOKEN": "t"}).sources[0].kind == "jira-cloud"


def test_an_asana_source_has_no_secret_of_ours(tmp_path: Path) -> None:
    assert refused(tmp_path, ASANA + "    webhook: {secret: 0123456789abcdefg}\n", ASANA_TOKEN="t") == [
        "sources[0].webhook: is a key of Jira sources; Asana gives each webhook a secret of its own; leave it out"
    ]


def test_people_are_joined_by_e_mail_and_compared_only_when_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "interlock.yaml"
    file.write_text(GOOD)
    assert not load_settings(file, environment={"JIRA_TOKEN": "t"}).people.join_by_email

    file.write_text(f"{GOOD}people: {{join_by_email: true}}\n")
    assert load_settings(file, environment={"JIRA_TOKEN": "t"}).people.join_by_email
    assert not load_settings(file, environment={"JIRA_TOKEN": "t"}).dependency_terms.by_person
    file.write_text(f"{GOOD}people: {{bottlenecks: true}}\n")
    assert load_settings(file, environment={"JIRA_TOKEN": "t"}).dependency_terms.by_person
    assert refused(tmp_path, f"{GOOD}people: {{join_by_mail: true}}\n", JIRA_TOKEN="t") == [
        "people.join_by_mail: unknown key; did you mean 'join_by_email'?"
    ]


def test_the_thresholds_of_dependency_health_come_from_the_file(tmp_path: Path) -> None:
    chosen = (
        "definitions: {same_day: concurrent, buffer_days: 5, lag: calendar, slips: 3, hub_fan_in: 12, "
        "planned_starts: hold, not_needed: [Duplicate], hours_per_day: 6, "
        "near_critical_days: 2, stale_after_hours: 48}\n"
        "health: {values: {at_risk: 0.6}}\n"
    )

    terms = accepted(tmp_path, f"{ASANA}{chosen}").dependency_terms
    usual = accepted(tmp_path, ASANA).dependency_terms

    rules = terms.rules
    assert (rules.buffer_days, rules.concurrent, rules.lag, rules.slips) == (5, True, LagUnit.CALENDAR, 3)
    assert (rules.hub_fan_in, rules.not_needed) == (12, frozenset({"Duplicate"}))
    assert rules.hold_planned_starts
    assert rules.health_values[DependencyStatus.AT_RISK] == 0.6
    assert rules.health_values[DependencyStatus.OFF_TRACK] == 0.15
    assert (terms.hours_per_day, terms.near_critical_days, terms.stale_after) == (6, 2, timedelta(hours=48))
    assert usual == DependencyTerms()
    assert usual.seal == DependencyTerms().seal != terms.seal


def test_thresholds_out_of_range_are_refused_by_their_path(tmp_path: Path) -> None:
    assert refused(tmp_path, f"{ASANA}definitions: {{buffer_days: -1, same_day: maybe}}\n", ASANA_TOKEN="t") == [
        "definitions.same_day: 'maybe' is not one of 'sequential' or 'concurrent'",
        "definitions.buffer_days: input should be greater than or equal to 0",
    ]
    assert refused(tmp_path, f"{ASANA}health: {{values: {{resolved: 1}}}}\n", ASANA_TOKEN="t") == [
        "health.values: give numbers from 0 to 1 by status: cyclic, broken, blocked, off_track, at_risk, unknown, "
        "on_track"
    ]


def test_limits_of_health_come_from_the_file_and_what_is_left_out_stays_as_defined(tmp_path: Path) -> None:
    chosen = (
        "health:\n"
        "  thresholds: {overdue: {red: 0.25}, ageing: {red: 0.5}, schedule_variance: {amber: null}}\n"
        "  risk_types: [Issue]\n"
        "  near_days: 5\n"
    )
    settings = accepted(tmp_path, GOOD.replace("${JIRA_TOKEN}", "t") + "    health_field: Health\n" + chosen)
    terms, usual = settings.health_terms, accepted(tmp_path, ASANA).health_terms

    assert terms.limits[Rule.OVERDUE] == Limits(Worse.HIGHER, red=0.25, amber=0.05)
    assert terms.limits[Rule.AGEING] == Limits(Worse.HIGHER, red=0.5, amber=0.25)
    assert terms.limits[Rule.SCHEDULE_VARIANCE] == Limits(Worse.HIGHER, red=0.10)
    assert terms.limits[Rule.DATA_QUALITY] == LIMITS[Rule.DATA_QUALITY]
    assert (terms.risk_types, terms.near_days) == (frozenset({"Issue"}), 5)
    assert terms.health_fields == {"acme-jira": "Health"}
    assert usual.limits == HealthTerms().limits
    assert usual.seal != terms.seal


def test_the_fields_of_business_value_are_read_of_a_jira_and_refused_of_an_asana(tmp_path: Path) -> None:
    chosen = "    business_value: {planned: Planned Value, actual: customfield_31}\n"
    settings = accepted(tmp_path, GOOD.replace("${JIRA_TOKEN}", "t") + chosen)

    assert settings.flow_terms.business_value == (ValueFields("acme-jira", "Planned Value", "customfield_31"),)
    assert accepted(tmp_path, GOOD.replace("${JIRA_TOKEN}", "t")).flow_terms.business_value == ()
    assert refused(tmp_path, ASANA + chosen, ASANA_TOKEN="t") == [
        "sources[0].business_value: is a key of Jira sources; it is told by iterations, and Asana has none; "
        "leave it out"
    ]


@pytest.mark.parametrize(
    ("thresholds", "problem"),
    [
        (
            "{overdu: {red: 0.2}}",
            "health.thresholds: 'overdu' is no rule; did you mean 'overdue'?; the rules are target_probability, "
            "schedule_variance, schedule_performance, blocked_critical, dependency_health, overdue, ageing, "
            "scope_growth, unowned_risks, data_quality, parts",
        ),
        ("{overdue: {red: 0.01}}", "health.thresholds: overdue: red (0.01) must lie beyond amber (0.05)"),
        (
            "{target_probability: {red: 0.9}}",
            "health.thresholds: target_probability: red (0.9) must lie beyond amber (0.85)",
        ),
        ("{overdue: {gray: 1}}", "health.thresholds.overdue.gray: unknown key; did you mean 'grey'?"),
    ],
)
def test_limits_of_health_that_cannot_be_are_refused(tmp_path: Path, thresholds: str, problem: str) -> None:
    assert refused(tmp_path, f"{ASANA}health: {{thresholds: {thresholds}}}\n", ASANA_TOKEN="t") == [problem]
