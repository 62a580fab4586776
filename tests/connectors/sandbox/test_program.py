"""`python -m connectors.sandbox` serves the example portfolio until it is interrupted."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(("edition", "kind"), [("cloud", "Cloud"), ("datacenter", "Server")])
def test_the_program_serves_an_edition_and_ends_quietly(edition: str, kind: str) -> None:
    command = [sys.executable, "-m", "connectors.sandbox", "--edition", edition, "--issues", "60", "--port", "0"]
    with subprocess.Popen(  # noqa: S603  our own program
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        first = program.stdout.readline()
        answer = httpx.get(f"{first.split()[-1]}/rest/api/2/serverInfo", timeout=20)
        program.send_signal(signal.SIGINT)
        _, errors = program.communicate(timeout=20)

    assert first.startswith(f"Jira ({edition}), 60 issues: http://127.0.0.1:")
    assert answer.json()["deploymentType"] == kind
    assert (program.returncode, errors) == (0, "")
