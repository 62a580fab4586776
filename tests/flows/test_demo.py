"""A stranger's first minute: the example portfolio pulled, mapped, shown and served, with no account and no set-up."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

COMMAND = [sys.executable, "-c", "from service.cli import main; main()"]
START_WITHIN = 60.0


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, Path]]:
    """(address, what the terminal showed, working directory) of a running `interlock demo`."""
    folder = tmp_path_factory.mktemp("demo")
    shown = folder / "terminal.txt"
    with shown.open("w") as terminal:
        process = subprocess.Popen(  # noqa: S603
            [*COMMAND, "demo", "--port", "0", "--issues", "300", "--tasks", "200"],
            cwd=folder,
            stdout=terminal,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield _address(process, shown), shown.read_text(), folder
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(timeout=20)
            finally:
                process.kill()


def _address(process: subprocess.Popen[bytes], shown: Path) -> str:
    deadline = time.monotonic() + START_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        found = re.search(r"Interlock answers on (http://\S+?)/", shown.read_text())
        if found:
            return found[1]
        time.sleep(0.1)
    raise AssertionError(f"the demo did not start:\n{shown.read_text()}")


def _get(url: str) -> bytes:
    with urlopen(url, timeout=10) as answer:  # noqa: S310  our own server on loopback
        body: bytes = answer.read()
    return body


def test_the_terminal_shows_a_complete_sync_and_a_rollup(demo: tuple[str, str, Path]) -> None:
    _, shown, _ = demo

    assert "on a stand-in Asana at http://127.0.0.1:" in shown
    assert "northwind-jira  ✓ complete" in shown
    assert "northwind-asana  ✓ complete" in shown
    assert "Checkout replatform" in shown


def test_the_api_and_the_first_page_list_the_programs(demo: tuple[str, str, Path]) -> None:
    address, _, _ = demo
    programs = json.loads(_get(f"{address}/api/v1/programs"))

    assert [each["key"] for each in programs["data"]["programs"]] == ["CHECKOUT", "LOYALTY", "PLATFORM"]
    assert [(each["name"], each["complete"]) for each in programs["sources"]] == [
        ("northwind-asana", True),
        ("northwind-jira", True),
    ]
    assert b"Checkout replatform" in _get(f"{address}/")
    assert b"/programs/{key}/rollup" in _get(f"{address}/docs")


def test_another_terminal_shows_the_same_numbers_as_the_api(demo: tuple[str, str, Path]) -> None:
    address, _, folder = demo
    served = json.loads(_get(f"{address}/api/v1/programs/CHECKOUT/rollup?by=epic"))

    printed = subprocess.run(  # noqa: S603
        [*COMMAND, "rollup", "CHECKOUT", "--by", "epic", "--json", "--config", ".interlock-demo/interlock.yaml"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )

    assert json.loads(printed.stdout)["data"] == served["data"]


def test_the_stand_in_asana_runs_alone_and_says_how_to_get_in() -> None:
    process = subprocess.Popen(  # noqa: S603
        [*COMMAND, "sandbox", "--edition", "asana", "--tasks", "170", "--issues", "60", "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        first, second = process.stdout.readline(), process.stdout.readline()
        found = re.fullmatch(r"Asana, 170 tasks: (http://\S+/api/1\.0)\n", first)
        assert found
        asked = Request(f"{found[1]}/users/me", headers={"Authorization": "Bearer sandbox"})  # noqa: S310
        with urlopen(asked, timeout=10) as answer:  # noqa: S310
            assert json.loads(answer.read())["data"]["name"] == "Interlock Reader"
        assert second == "Sign in with the token sandbox. Ctrl-C ends it.\n"
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=20)
        process.stdout.close()
