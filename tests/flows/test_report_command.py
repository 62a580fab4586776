"""`interlock report` over a synced site: to the terminal, into files, and what a bad question is told."""

from __future__ import annotations

import json
from pathlib import Path

from connectors.sandbox.cloud import create_cloud
from connectors.sandbox.options import SandboxOptions
from connectors.sandbox.portfolio import generate_portfolio
from connectors.sandbox.server import SandboxServer
from tests.flows.command_line import Desk
from tests.flows.support import TODAY

LOOKING_BACK = (
    ("attention", "PAYMENTS"),
    ("portfolio",),
    ("baseline", "list", "PAYMENTS"),
    ("baseline", "show", "PAYMENTS"),
    ("forecast", "PAYMENTS"),
    ("rollup", "PAYMENTS"),
    ("deps", "PAYMENTS"),
)
PROGRAMS = """\
programs:
  - key: PAYMENTS
    name: Payments
    target: 2099-12-31
    include: [{source: acme, project: [PAY, CART]}]
"""


def test_a_report_is_written_to_the_terminal_and_into_files(tmp_path: Path) -> None:
    """Of the example portfolio, by the real clock."""
    desk = Desk(tmp_path, f"sqlite:///{tmp_path / 'interlock.db'}")
    with SandboxServer(create_cloud(generate_portfolio(issues=60, today=TODAY), SandboxOptions())) as server:
        desk.write_config(server.url)
        (tmp_path / "programs.yaml").write_text(PROGRAMS)
        assert desk.interlock("sync").code == 0
        assert desk.interlock("programs", "apply", "programs.yaml").code == 0

        shown = desk.interlock("report", "PAYMENTS")
        told = desk.interlock("report", "PAYMENTS", "--json")
        written = desk.interlock("report", "PAYMENTS", "--for", "steering", "--out", "steering.html")
        wrong = desk.interlock("report", "PAYMENTS", "--as-of", "2199-01-01")
        too_late = [desk.interlock(*words, "--as-of", "2199-01-01") for words in LOOKING_BACK]
        nowhere = desk.interlock("report", "PAYMENTS", "--out", "missing/report.md")

    data = json.loads(told.out)["data"]
    count = data["progress"]["now"]["count"]
    assert (shown.code, told.code, written.code) == (0, 0, 0)
    assert shown.out.startswith("# Payments: the week to ")
    assert f"[{count['done']} of {count['total']} (" in shown.out
    assert f"]({server.url}/browse/" in shown.out
    assert written.out == "Written: steering.html\n"
    assert "<h2>Decisions wanted</h2>" in (tmp_path / "steering.html").read_text(encoding="utf-8")
    assert (wrong.code, wrong.complaint) == (1, "as_of: must not lie in the future; the forecast tells of that.")
    future = "--as-of: must not lie in the future; the forecast tells of that."
    assert [(each.code, each.complaint) for each in too_late] == [(1, future)] * len(LOOKING_BACK)
    assert (nowhere.code, nowhere.complaint) == (2, "missing/report.md: No such file or directory")
