"""`interlock webhooks` as an operator types it, beside an `interlock serve` that runs in a process of its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from connectors.sandbox.asana.application import create_asana
from connectors.sandbox.cloud import create_cloud
from connectors.sandbox.options import SandboxOptions
from connectors.sandbox.portfolio import generate_portfolio
from connectors.sandbox.server import SandboxServer
from tests.flows.asana import two_projects
from tests.flows.command_line import MAIN, ROOT, Desk, Said
from tests.flows.support import TODAY

SECRET_KEY = "a-secret-key-of-thirty-two-letters"
TOOLS = """\
{auth}
sources:
  - name: acme-asana
    kind: asana
    url: {asana}/api/1.0
    auth: {{token: sandbox}}
  - name: acme-jira
    kind: jira-cloud
    url: {jira}
    auth: {{token: sandbox}}
    scope: {{projects: [PAY, CART]}}
    webhook: {{secret: 0123456789abcdef}}
"""


@pytest.fixture(scope="module")
def tools() -> Iterator[str]:
    """The sources of the configuration; where they are reached is left to fill in."""
    site = generate_portfolio(issues=60, today=TODAY)
    with (
        SandboxServer(create_asana(two_projects().site)) as asana,
        SandboxServer(create_cloud(site, SandboxOptions())) as jira,
    ):
        yield TOOLS.format(auth="{auth}", asana=asana.url, jira=jira.url)


@pytest.fixture
def desk(tmp_path: Path, database_url: str) -> Desk:
    return Desk(tmp_path, database_url)


def configured(desk: Desk, tools: str, public_url: str | None) -> Desk:
    auth = f"auth: {{public_url: '{public_url}'}}" if public_url else ""
    (desk.folder / "interlock.yaml").write_text(tools.replace("{auth}", auth))
    return desk


def interlock(desk: Desk, *words: str, secret_key: str | None = SECRET_KEY) -> Said:
    key = f"import os; os.environ['INTERLOCK_SECRET_KEY'] = {secret_key!r}" if secret_key else ""
    return desk.interlock(*words, before=key)


@contextmanager
def served(desk: Desk, port: int) -> Iterator[None]:
    """`interlock serve` on that port."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("INTERLOCK_")}
    env |= {"PYTHONPATH": str(ROOT), "INTERLOCK_DATABASE_URL": desk.database_url, "INTERLOCK_SECRET_KEY": SECRET_KEY}
    command = (sys.executable, "-c", MAIN, "serve", "--no-worker", "--port", str(port))
    with subprocess.Popen(command, cwd=desk.folder, env=env, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None
        next(line for line in process.stdout if "answers on" in line)
        try:
            yield
        finally:
            process.terminate()


def a_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_webhooks_are_registered_listed_and_removed_beside_a_running_service(desk: Desk, tools: str) -> None:
    port = a_port()
    configured(desk, tools, f"http://127.0.0.1:{port}")
    with served(desk, port):
        registered = interlock(desk, "webhooks", "register")
        again = interlock(desk, "webhooks", "register", "acme-jira", "--json")
        listed = interlock(desk, "webhooks", "list")
        removed = interlock(desk, "webhooks", "remove")
        after = interlock(desk, "webhooks", "list")

    assert (registered.code, registered.out.splitlines()) == (
        0,
        [
            "✓ acme-asana: Checkout launch registered",
            "✓ acme-asana: Support readiness registered",
            "✓ acme-jira: all that it reads registered",
        ],
    )
    (kept,) = json.loads(again.out)["data"]["webhooks"]
    assert (again.code, kept["outcome"], kept["reason"]) == (0, "kept", None)
    assert kept["address"] == f"http://127.0.0.1:{port}/webhooks/jira/acme-jira"
    assert listed.code == 0
    header, *rows = listed.out.splitlines()
    assert header.split("  ")[0] == "Source"
    assert [row.split("  ")[0].strip() for row in rows] == ["acme-asana", "acme-asana", "acme-jira"]
    assert all("active" in row for row in rows)
    assert (removed.code, len(removed.out.splitlines())) == (0, 3)
    assert after.out == "No webhook is registered. `interlock webhooks register` does it.\n"


@pytest.mark.parametrize(
    ("public_url", "complaint"),
    [
        (
            None,
            "No webhook can be registered: nothing says where tools could deliver. Set auth: {public_url: https://…} "
            "in interlock.yaml to where the tools reach this service, such as https://interlock.acme.example.",
        ),
        (
            "http://interlock.acme.example",
            "auth.public_url is http://interlock.acme.example, and tools deliver over https alone. Set auth: "
            "{public_url: https://…} in interlock.yaml to where the tools reach this service, such as "
            "https://interlock.acme.example.",
        ),
    ],
    ids=["missing", "not private"],
)
def test_an_address_to_which_no_tool_could_deliver_is_refused(
    tmp_path: Path, sqlite_url: str, tools: str, public_url: str | None, complaint: str
) -> None:
    desk = configured(Desk(tmp_path, sqlite_url), tools, public_url)
    for word in ("register", "remove"):
        said = interlock(desk, "webhooks", word)
        assert (said.code, said.out, said.complaint) == (2, "", complaint)


def test_without_a_key_to_seal_with_one_source_fails_and_the_other_does_not(
    tmp_path: Path, sqlite_url: str, tools: str
) -> None:
    desk = configured(Desk(tmp_path, sqlite_url), tools, "http://127.0.0.1:9")
    said = interlock(desk, "webhooks", "register", secret_key=None)
    assert (said.code, said.out.splitlines()) == (
        3,
        [
            "✗ acme-asana: all that it reads failed: The secrets of its webhooks are stored sealed, and nothing seals "
            "them: set INTERLOCK_SECRET_KEY.",
            "✓ acme-jira: all that it reads registered",
        ],
    )


def test_a_source_that_is_not_configured_is_refused(tmp_path: Path, sqlite_url: str, tools: str) -> None:
    desk = configured(Desk(tmp_path, sqlite_url), tools, "http://127.0.0.1:9")
    said = interlock(desk, "webhooks", "register", "acme-jria")
    assert said.code == 2
    assert said.complaint.startswith("There is no source acme-jria in the configuration")
