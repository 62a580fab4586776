"""`interlock forecast` over a synced site says what the API says."""

from __future__ import annotations

import json
from pathlib import Path

from connectors.sandbox.cloud import create_cloud
from connectors.sandbox.options import SandboxOptions
from connectors.sandbox.portfolio import generate_portfolio
from connectors.sandbox.server import SandboxServer
from tests.flows.command_line import Desk
from tests.flows.support import TODAY

PROGRAMS = """\
programs:
  - key: PAYMENTS
    name: Payments
    target: 2099-12-31
    include: [{source: acme, project: [PAY, CART]}]
"""


def test_the_terminal_and_its_json_tell_one_forecast(tmp_path: Path) -> None:
    """Of the example portfolio, by the real clock: however old its last week is, there is an answer or a reason."""
    desk = Desk(tmp_path, f"sqlite:///{tmp_path / 'interlock.db'}")
    with SandboxServer(create_cloud(generate_portfolio(issues=60, today=TODAY), SandboxOptions())) as server:
        desk.write_config(server.url)
        (tmp_path / "programs.yaml").write_text(PROGRAMS)
        assert desk.interlock("sync").code == 0
        assert desk.interlock("programs", "apply", "programs.yaml").code == 0

        shown = desk.interlock("forecast", "PAYMENTS")
        told = desk.interlock("forecast", "PAYMENTS", "--json")
        kept = desk.interlock("forecast", "PAYMENTS", "--backtest", "--origins", "8")
        record = desk.interlock("forecast", "PAYMENTS", "--backtest", "--origins", "8", "--json")
        both = desk.interlock("forecast", "PAYMENTS", "--backtest", "--by", "2099-01-01")
        before = desk.interlock("forecast", "PAYMENTS", "--json")
        desk.interlock("forecast", "PAYMENTS", "--backtest")
        after = desk.interlock("forecast", "PAYMENTS", "--json")

    data = json.loads(told.out)["data"]
    assert (shown.code, told.code) == (0, 0)
    assert shown.out.splitlines()[:2] == ["Payments  PAYMENTS", data["message"]]
    assert (data["forecast"] is None) == (data["reason"] is not None)
    assert data["remaining"] > 0
    assert f"Track record  {data['calibration']['badge']}  " in shown.out
    asked = json.loads(record.out)["data"]
    assert (kept.code, record.code) == (0, 0)
    assert kept.out.splitlines()[:2] == [
        "Payments  PAYMENTS",
        f"Asked of 8 Mondays from {asked['first_origin']} to {asked['last_origin']}, about what was open then.",
    ]
    assert [(each["model"], each["origins"] + each["skipped"]) for each in asked["models"]] == [
        ("dependencies", 8),
        ("throughput", 8),
    ]
    beside = [json.loads(each.out)["data"]["dependency_aware"]["track_record"] for each in (before, after)]
    assert [each["reason"] for each in beside] == ["not_computed", None]
    assert beside[1]["origins"] + beside[1]["skipped"] > 8
    assert both.code == 2
    assert "leave it out, or --backtest" in both.log
