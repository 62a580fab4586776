"""`interlock baseline` as a person types it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.sandbox.cloud import create_cloud
from connectors.sandbox.options import SandboxOptions
from connectors.sandbox.portfolio import generate_portfolio
from connectors.sandbox.server import SandboxServer
from tests.flows.command_line import Desk
from tests.flows.support import TODAY


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    site = generate_portfolio(issues=60, today=TODAY)
    with SandboxServer(create_cloud(site, SandboxOptions())) as server:
        desk = Desk(tmp_path, f"sqlite:///{tmp_path / 'interlock.db'}")
        desk.write_config(server.url)
        (tmp_path / "programs.yaml").write_text("programs: [{key: ALL, name: All, include: [{source: acme}]}]")
        assert desk.interlock("sync").code == 0
        assert desk.interlock("programs", "apply").code == 0
        yield desk


def test_a_plan_is_kept_listed_and_stood_against(desk: Desk) -> None:
    nothing = desk.interlock("baseline", "show", "ALL")
    taken = desk.interlock("baseline", "take", "ALL", "Plan A", "--note", "As agreed.")
    again = desk.interlock("baseline", "take", "ALL", "plan a")
    listed = desk.interlock("baseline", "list", "ALL", "--json")
    shown = desk.interlock("baseline", "show", "ALL", "plan a")

    assert (nothing.code, nothing.complaint) == (
        1,
        "ALL has no baseline latest; GET /api/v1/programs/ALL/baselines lists them, "
        "and a POST to the same path takes one.",
    )
    assert taken.code == 0
    assert taken.out.startswith("Taken: Plan A (number 1), ")
    assert (again.code, again.complaint) == (
        1,
        "ALL has a baseline plan a already, and a baseline never changes; take another name.",
    )
    assert [baseline["note"] for baseline in json.loads(listed.out)["data"]["baselines"]] == ["As agreed."]
    assert "Against Plan A, as of " in shown.out
