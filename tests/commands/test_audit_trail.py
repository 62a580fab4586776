"""What is done at the terminal is told in the audit like what is done over HTTP."""

from __future__ import annotations

import getpass
import sqlite3
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
        yield desk


def test_syncs_applies_and_keys_are_told_with_who_sat_at_the_terminal(desk: Desk) -> None:
    for words in (["sync"], ["programs", "apply"], ["keys", "create", "ci"], ["keys", "revoke", "ci"]):
        assert desk.interlock(*words).code == 0

    with sqlite3.connect(desk.folder / "interlock.db") as database:
        told = database.execute("SELECT action, subject, actor, origin FROM audit_log ORDER BY id").fetchall()
    database.close()

    me = f"{getpass.getuser()} (terminal)"
    assert told == [
        ("sync_started", "acme", me, "terminal"),
        ("programs_applied", "ALL", me, "terminal"),
        ("key_created", "ci", me, "terminal"),
        ("key_revoked", "ci", me, "terminal"),
    ]
