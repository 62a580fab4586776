"""The secrets of OAuth, configured and issued, are looked for wherever something could be left."""

from __future__ import annotations

import io
import logging
from pathlib import Path

import pytest

from service.sync.outcome import RunStatus
from tests.flows.oauth import atlassian, synced
from tests.flows.support import a_site
from tests.flows.test_planted_secrets import Left, logged, reads_the_database

__all__ = ["logged"]

CLIENT_SECRET = "cl1ent-s3cret-planted"
WRONG_SECRET = "wr0ng-s3cret-planted"


async def test_no_secret_of_oauth_is_left_anywhere(
    database_url: str,
    tmp_path: Path,
    logged: io.StringIO,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Three refresh tokens and two bearers were issued; one grant ended and one client was refused."""
    caplog.set_level(logging.DEBUG)
    left = Left()
    with atlassian(a_site(issues=20, projects=1), tmp_path, client_secret=CLIENT_SECRET) as there:
        for _ in range(2):
            async with there.service(database_url) as app:
                assert (await synced(app)).status is RunStatus.COMPLETE
                left.add("reprs", f"{app.sources['acme']!r} {vars(app.sources['acme'])!r} {app.settings!r}")
        for secrets in ({"SECRET": WRONG_SECRET}, {}):
            there.oauth.end_grants()
            async with there.service(database_url, **secrets) as app:
                assert (await synced(app)).status is RunStatus.FAILED
                await reads_the_database(app.database, left)
        issued = {*there.oauth.bearers, *(f"sandbox-refresh-{number}" for number in range(3))}
        left.add("requests to the tool", "".join(f"{e.path} {e.query} {e.body}" for e in there.options.requests))
    left.add("logs", logged.getvalue() + caplog.text)

    assert len(issued) == 5
    assert {"bearer_renewed", "sync_started"} <= set(left.places["logs"].split('"'))
    assert "BULK1-1" in left.places["payloads"]
    secrets_of_ours = {CLIENT_SECRET, WRONG_SECRET}
    assert {secret: left.holding(secret) for secret in issued | secrets_of_ours} == {
        secret: [] for secret in issued | secrets_of_ours
    }
