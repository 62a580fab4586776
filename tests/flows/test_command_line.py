"""What `interlock` answers to the shell: exit codes, and words that say what to do next."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

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
    include: [{source: acme, project: PAY}]
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


def test_a_complete_sync_ends_with_0_and_one_line_of_verdict(desk: Desk) -> None:
    said = desk.interlock("sync")

    read = len(ids_in(SITE, "PAY")) + len(ids_in(SITE, "CART"))
    verdict = rf"acme  ✓ complete  {read} read, {read} changed, 0 unchanged, 0 rejected in [\d.]+ s(, [\d,]+ items/s)?"
    assert said.code == 0
    assert re.fullmatch(rf"{verdict}, \d+ requests \(run 1\)\n", said.out)


def test_a_partial_sync_ends_with_3_and_names_what_is_missing(desk: Desk, jira: str) -> None:
    desk.write_config(jira, projects="PAY, SEC")

    said = desk.interlock("sync", "acme")

    assert said.code == 3
    verdict, reason = said.out.splitlines()
    assert verdict.startswith(f"acme  ! partial  {len(ids_in(SITE, 'PAY'))} read")
    assert reason == (
        "  SEC: Project SEC does not exist or the account may not see it; check the key and the browse permission."
    )


def test_a_failed_sync_ends_with_1_and_says_why(desk: Desk) -> None:
    said = desk.interlock("sync", token="wrong")

    assert said.code == 1
    verdict, reason = said.out.splitlines()
    assert verdict.startswith("acme  ✗ failed  0 read")
    assert "token" in reason
    assert "wrong" not in said.out + said.log


def test_a_site_that_does_not_answer_fails_the_sync_without_a_stack_trace(desk: Desk) -> None:
    desk.write_config("http://127.0.0.1:9")

    said = desk.interlock(
        "sync",
        before="import connectors.retrying as r, datetime as d\n"
        "r.Patience.__init__.__defaults__ = (0, 0, 0, d.timedelta(0), d.timedelta(0))",
    )

    assert said.code == 1
    assert said.out.splitlines()[0].startswith("acme  ✗ failed  0 read")
    assert "Traceback" not in said.out + said.log


def test_an_unknown_source_ends_with_2_and_is_told_the_known_ones(desk: Desk) -> None:
    said = desk.interlock("sync", "acne")

    assert (said.code, said.out) == (2, "")
    assert said.complaint == "There is no source acne in the configuration; did you mean 'acme'?; it has acme."


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ("kind: jira-cloud", "kind: jira", "sources[0].kind: 'jira' is not one of 'jira-cloud', 'jira-dc' or 'asana'"),
        ("    kind: jira-cloud\n", "", "sources[0].kind: is missing; one of 'jira-cloud', 'jira-dc' or 'asana'"),
        ("scope:", "skope:", "sources[0].skope: unknown key; did you mean 'scope'?"),
        ("[PAY, CART]", "7", "sources[0].scope.projects: input should be a valid tuple"),
    ],
)
def test_a_bad_configuration_ends_with_2_and_is_named_by_its_path(
    desk: Desk, before: str, after: str, complaint: str
) -> None:
    file = desk.folder / "interlock.yaml"
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after))

    said = desk.interlock("sync")

    assert (said.code, said.out) == (2, "")
    assert said.log == f"interlock.yaml cannot be used:\n  {complaint}\n"


def test_an_unset_variable_ends_with_2_and_is_named(desk: Desk) -> None:
    said = desk.interlock("sync", token=None)

    assert (said.code, said.out) == (2, "")
    assert said.log == (
        "interlock.yaml cannot be used:\n"
        "  sources[0].auth.token: the variable ACME_TOKEN is not set; export it, or write ${ACME_TOKEN:-default}\n"
    )


def test_a_missing_configuration_ends_with_2(desk: Desk) -> None:
    (desk.folder / "interlock.yaml").unlink()

    said = desk.interlock("sync")

    assert said.code == 2
    assert said.log.startswith("interlock.yaml cannot be used:\n  No such file or directory; write one")


def test_an_unknown_program_ends_with_1(desk: Desk) -> None:
    said = desk.interlock("rollup", "GHOST")

    assert (said.code, said.out) == (1, "")
    assert said.complaint == "There is no program GHOST; GET /api/v1/programs lists the keys."


def test_a_replay_before_any_sync_ends_with_1_and_says_what_to_do(desk: Desk) -> None:
    said = desk.interlock("replay")

    assert said.code == 1
    assert said.complaint == "Nothing of acme has been pulled yet; run `interlock sync acme` first."


def test_from_sync_to_roll_up_the_terminal_and_the_envelope_tell_the_same_numbers(desk: Desk) -> None:
    (desk.folder / "programs.yaml").write_text(PROGRAMS)
    assert [desk.interlock(*words).code for words in (("sync",), ("programs", "apply"))] == [0, 0]

    shown, answered = desk.interlock("rollup", "PAYMENTS"), desk.interlock("rollup", "PAYMENTS", "--json")

    envelope = json.loads(answered.out)
    assert (shown.code, answered.code) == (0, 0)
    assert envelope.keys() == {"as_of", "generated_at", "definition_version", "sources", "warnings", "data"}
    assert [source["name"] for source in envelope["sources"]] == ["acme"]
    count, points = (envelope["data"]["progress"][basis] for basis in ("count", "points"))
    assert f"{count['done']} of {count['total']}" in _line(shown.out, "Items ")
    assert f"{points['done']:g} of {points['total']:g}" in _line(shown.out, "Story points ")
    assert count["total"] > 0
    replayed = desk.interlock("replay")
    assert replayed.code == 0
    assert re.fullmatch(
        r"acme  replayed  \d+ items rebuilt from stored payloads, 0 rejected, no request sent\n", replayed.out
    )
    again = json.loads(desk.interlock("rollup", "PAYMENTS", "--json").out)
    assert again["data"] == envelope["data"]


def test_the_sources_tell_the_same_in_the_terminal_and_in_the_envelope(desk: Desk) -> None:
    before = desk.interlock("sources")
    assert desk.interlock("sync").code == 0
    shown, answered = desk.interlock("sources"), desk.interlock("sources", "--json")

    [source] = json.loads(answered.out)["data"]["sources"]
    assert before.out == "acme  never read\n  ✗ It was never read completely.\n"
    assert (source["name"], source["complete"], source["capabilities"]) == ("acme", True, [])
    head, proof, *table = shown.out.splitlines()
    assert head == "acme  jira-cloud"
    assert re.fullmatch(r"  ✓ last complete sync .+, just now; 2 projects", proof)
    for scope in source["scopes"]:
        numbers = rf"{scope['listed']} +{scope['coverage']['stored']}"
        assert any(re.match(rf"  {scope['name']} {scope['key']} +live +{numbers} ", row) for row in table)


def _line(text: str, start: str) -> str:
    return next(line for line in text.splitlines() if line.startswith(start))
