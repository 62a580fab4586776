"""`interlock keys` as an operator types it, and what a key changes about `interlock serve`."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from tests.flows.command_line import Desk

TOKEN = r"ilk_[0-9a-f]{12}_[A-Za-z0-9_-]{43}"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path, f"sqlite:///{tmp_path / 'interlock.db'}")
    desk.write_config("https://acme.invalid")
    return desk


def test_a_key_is_printed_once_listed_and_taken_back(desk: Desk) -> None:
    empty = desk.interlock("keys", "list")
    made = desk.interlock("keys", "create", "ci", "--scope", "sync", "--expires", "90d")
    listed = desk.interlock("keys", "list")
    again = desk.interlock("keys", "create", "ci")
    revoked = desk.interlock("keys", "revoke", "ci")
    after = desk.interlock("keys", "list", "--json")

    assert empty.out == "There are no API keys. `interlock keys create NAME` makes one.\n"
    assert re.fullmatch(TOKEN + "\n", made.out)
    assert re.fullmatch(
        r"The key ci may sync until .*\. It is shown this once; only its hash is kept\.", made.complaint
    )
    header, row = listed.out.splitlines()
    assert header.split() == ["Name", "State", "Scope", "Programs", "Made", "by", "Expires", "Last", "used"]
    assert row.split()[:4] == ["ci", "live", "sync", "all"]
    assert (again.code, again.complaint) == (
        2,
        "There is a key ci already; revoke it first, or take another name.",
    )
    assert revoked.out == "Revoked ci. What it opened is closed, sign-ins on pages included.\n"
    (key,) = json.loads(after.out)["data"]["keys"]
    assert (key["name"], key["state"], key["programs"], key["last_used_at"]) == ("ci", "revoked", None, None)
    assert made.out.strip().split("_", 2)[2] not in listed.out + after.out + listed.log


def test_json_holds_the_token_and_the_key(desk: Desk) -> None:
    said = json.loads(desk.interlock("keys", "create", "ci", "--json").out)["data"]

    assert re.fullmatch(TOKEN, said["token"])
    assert (said["key"]["scope"], said["key"]["state"]) == ("read", "live")


@pytest.mark.parametrize(
    ("words", "code", "complaint"),
    [
        (["create", "x", "--expires", "soon"], 2, "'soon' is no lifetime; write it like 12h, 90d or 26w."),
        (["create", "x", "--program", "PAI"], 1, "There is no program PAI; GET /api/v1/programs lists the keys."),
        (["revoke", "x"], 1, "There is no key x to revoke; `interlock keys list` shows them."),
    ],
)
def test_what_cannot_be_done_says_what_can(desk: Desk, words: list[str], code: int, complaint: str) -> None:
    said = desk.interlock("keys", *words)

    assert (said.code, said.complaint) == (code, complaint)


def test_listening_wider_is_refused_until_somebody_can_sign_in(desk: Desk) -> None:
    said = desk.interlock("serve", "--host", "0.0.0.0", "--port", "0", "--no-worker")  # noqa: S104 - what is refused

    assert said.code == 2
    assert said.complaint == (
        "Refusing to listen on 0.0.0.0: nobody has to sign in yet, so anyone who reaches it could read. "
        "Make an API key (`interlock keys create`) or set auth.oidc; or listen on 127.0.0.1; or set "
        "INTERLOCK_ALLOW_ANONYMOUS=read where the network itself keeps strangers out."
    )


def test_with_a_key_it_listens_wider_and_says_when_sessions_will_not_last(desk: Desk) -> None:
    desk.interlock("keys", "create", "ci")
    stop = "import os, signal, threading; threading.Timer(6, os.kill, (os.getpid(), signal.SIGTERM)).start()"

    said = desk.interlock("serve", "--host", "0.0.0.0", "--port", "0", "--no-worker", before=stop)  # noqa: S104

    assert "Interlock answers on http://0.0.0.0:" in said.out
    assert "! INTERLOCK_SECRET_KEY is not set: a restart signs everybody out of the pages" in said.out
    assert os.fspath(desk.folder) not in said.out
