"""`interlock status` and `interlock check` as an operator's shell sees them: exit codes, JSON, and words to act on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.sandbox.cloud import create_cloud
from connectors.sandbox.options import SandboxOptions
from connectors.sandbox.portfolio import generate_portfolio
from connectors.sandbox.server import SandboxServer
from tests.flows.command_line import Desk
from tests.flows.support import TODAY, ids_in

SITE = generate_portfolio(issues=60, today=TODAY)
PROGRAMS = """\
programs:
  - key: PAYMENTS
    name: Payments
    include:
      - {source: acme, project: PAY}
      - {source: acme, project: PAYMENT}
      - {source: acme, label: nobody-uses-this}
"""


@pytest.fixture(scope="module")
def jira() -> Iterator[str]:
    with SandboxServer(create_cloud(SITE, SandboxOptions())) as server:
        yield server.url


@pytest.fixture
def desk(tmp_path: Path, jira: str) -> Desk:
    desk = Desk(tmp_path, f"sqlite:///{tmp_path / 'interlock.db'}")
    desk.write_config(jira)
    return desk


def lines_of(text: str) -> dict[tuple[str, str], dict[str, Any]]:
    """(subject, message) → line."""
    lines: list[dict[str, Any]] = json.loads(text)["lines"]
    return {(line["subject"], line["message"]): line for line in lines}


def test_status_ends_with_1_before_the_first_sync_and_with_0_after_it(desk: Desk) -> None:
    before, synced, after = desk.interlock("status"), desk.interlock("sync"), desk.interlock("status")
    as_json = desk.interlock("status", "--json")

    assert (before.code, before.out.splitlines()[-1]) == (1, "✗ 1 thing needs somebody: acme.")
    assert synced.code == 0
    assert (after.code, after.out.splitlines()[-1]) == (0, "✓ All well.")
    items = len(ids_in(SITE, "PAY")) + len(ids_in(SITE, "CART"))
    assert f"{items} of {items} items of 2 projects" in after.out
    source = json.loads(as_json.out)["data"]["sources"][0]
    assert (as_json.code, source["verdict"], source["coverage"]["stored"]) == (0, "well", items)
    assert source["budget"]["requests"] == source["last_finished"]["requests"] > 0  # counted in another process


def test_status_ends_with_3_where_somebody_should_look(desk: Desk, jira: str) -> None:
    desk.interlock("sync")
    desk.write_config(jira, projects="PAY, CART, SEC")
    desk.interlock("sync")
    said = desk.interlock("status")

    assert (said.code, said.out.splitlines()[-1]) == (3, "! 1 thing needs somebody: acme.")
    assert "Project SEC does not exist or the account may not see it" in said.out


def test_a_doctor_finds_nothing_and_says_that_a_sync_would_be_complete(desk: Desk) -> None:
    said = desk.interlock("check", "--json")
    diagnosis = json.loads(said.out)

    assert (said.code, diagnosis["verdict"]) == (0, "well")
    found = lines_of(said.out)
    assert found["acme", "2 projects: PAY, CART"]["severity"] == "well"
    assert found["configuration", "1 source, time zone UTC"]["severity"] == "well"
    assert found["access", "nobody has to sign in, so the service answers this machine alone"]["severity"] == "note"
    assert found["mapping", "no program is applied yet"]["remedy"] == "`interlock programs apply` does it."


def test_a_doctor_names_rules_that_find_nothing_and_ends_with_3(desk: Desk) -> None:
    (desk.folder / "programs.yaml").write_text(PROGRAMS)
    desk.interlock("sync")
    assert desk.interlock("programs", "apply").code == 0
    said = desk.interlock("check", "--json")

    assert said.code == 3
    mapping = [message for subject, message in lines_of(said.out) if subject == "mapping"]
    assert mapping == [
        'PAYMENTS: project "PAYMENT" (rule "source acme, project PAYMENT, with descendants"): no source has one; '
        "correct the programs file and apply it.",
        'PAYMENTS: the rule "source acme, label nobody-uses-this, with descendants" matches no item',
    ]


def test_a_doctor_ends_with_1_where_the_credential_is_refused_and_says_what_to_do(desk: Desk) -> None:
    said = desk.interlock("check", token="wrong")

    assert said.code == 1
    assert "Put a valid token where the configuration takes it from" in said.out
    assert said.out.splitlines()[-1] == "✗ A sync would not be complete: 1 thing to put right first."
    assert "wrong" not in said.out.replace("wrong.", "") + said.log


def test_a_doctor_says_what_is_wrong_with_a_database_that_cannot_be_opened(tmp_path: Path, jira: str) -> None:
    desk = Desk(tmp_path, f"sqlite:///{tmp_path / 'missing' / 'interlock.db'}")
    desk.write_config(jira)
    said = desk.interlock("check", "--json")

    assert said.code == 1
    line = json.loads(said.out)["lines"][-1]
    assert (line["subject"], line["severity"]) == ("database", "failed")
    assert line["message"].endswith(
        "cannot be opened. Check that its folder exists and that this user may write there."
    )


def test_a_loss_is_accepted_for_projects_that_there_are(desk: Desk) -> None:
    desk.interlock("sync")
    unknown = desk.interlock("sync", "--accept-loss", "PAX")
    known = desk.interlock("sync", "--accept-loss", "PAY")

    assert (unknown.code, unknown.complaint) == (2, "There is no project PAX in acme; did you mean 'PAY'?")
    assert known.code == 0
