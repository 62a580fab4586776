"""`python -m connectors.sandbox` serves the example portfolio until it is interrupted."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def background_job() -> Iterator[None]:
    """What a script starts with `&` finds SIGINT ignored, and so does whatever that starts."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("background_job")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(("edition", "kind"), [("cloud", "Cloud"), ("datacenter", "Server")])
def test_the_program_serves_an_edition_and_ends_quietly(edition: str, kind: str, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "connectors.sandbox", "--edition", edition, "--issues", "60", "--port", "0"]
    with subprocess.Popen(  # noqa: S603  our own program
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as program:
        try:
            assert program.stdout is not None
            first = program.stdout.readline()
            second = program.stdout.readline()
            answer = httpx.get(f"{first.split()[-1]}/rest/api/2/serverInfo", timeout=20)
            program.send_signal(number)
            _, errors = program.communicate(timeout=20)
        finally:
            program.kill()

    assert first.startswith(f"Jira ({edition}), 60 issues: http://127.0.0.1:")
    assert second.endswith("Ctrl-C ends it.\n")
    assert answer.json()["deploymentType"] == kind
    assert (program.returncode, errors) == (0, "")
