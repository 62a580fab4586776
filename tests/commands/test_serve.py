"""`interlock serve` as an operator starts and stops it."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

CONFIG = """
sources:
  - name: acme-jira
    kind: jira-cloud
    url: https://acme.invalid
    auth: {email: pat@example.com, token: t}
"""
INTERLOCK = (sys.executable, "-c", "from service.cli import main; main()")


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    config = tmp_path / "interlock.yaml"
    config.write_text(CONFIG)
    command = (*INTERLOCK, "serve", "--port", "0", "--config", str(config))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own program
        try:
            yield process
        finally:
            process.kill()


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = next(line for line in process.stdout if "answers on" in line)
    return line.split("answers on ")[1].split()[0].rstrip("/")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_in_order_when_told_to(serving: subprocess.Popen[str], tmp_path: Path, number: signal.Signals) -> None:
    """The database is closed: SQLite has folded its log in, and one file is all there is to copy."""
    assert httpx.get(f"{_address(serving)}/healthz").status_code == 200
    serving.send_signal(number)
    serving.wait(20)

    assert [file.name for file in tmp_path.glob("interlock.db*")] == ["interlock.db"]


def test_it_is_not_ready_before_the_first_sync_and_says_what_to_do(serving: subprocess.Popen[str]) -> None:
    response = httpx.get(f"{_address(serving)}/readyz")
    checks = {check["name"]: check for check in response.json()["checks"]}

    assert response.status_code == 503
    assert {name: check["ok"] for name, check in checks.items()} == {
        "database": True,
        "migrations": True,
        "scheduler": True,
        "last sync acme-jira": False,
        "credentials acme-jira": False,
    }
    assert checks["last sync acme-jira"]["detail"] == "never complete; run `interlock sync acme-jira`"
