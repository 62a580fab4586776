"""`python -m connectors.sandbox --edition asana` serves the example Asana until it is told to stop."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[4]


def test_the_program_serves_the_example_asana() -> None:
    command = [sys.executable, "-m", "connectors.sandbox", "--edition", "asana", "--tasks", "200", "--port", "0"]
    with subprocess.Popen(  # noqa: S603  our own program
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as program:
        try:
            assert program.stdout is not None
            first = program.stdout.readline()
            second = program.stdout.readline()
            headers = {"Authorization": "Bearer sandbox"}
            answer = httpx.get(f"{first.split()[-1]}/users/me", headers=headers, timeout=20)
            program.send_signal(signal.SIGTERM)
            _, errors = program.communicate(timeout=20)
        finally:
            program.kill()

    assert first.startswith("Asana, 200 tasks: http://127.0.0.1:")
    assert second == "Sign in with the token sandbox. Ctrl-C ends it.\n"
    assert answer.json()["data"]["name"] == "Interlock Reader"
    assert (program.returncode, errors) == (0, "")
