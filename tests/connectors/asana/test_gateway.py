"""The SDK behind our policy: same errors, one retry layer, its traps not stepped into, no secret shown."""

from __future__ import annotations

import socket
import threading
import time as clock
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from connectors.answers import AnswerTooHeavy, Headers
from connectors.asana.gateway import AsanaGateway
from connectors.errors import (
    AuthenticationFailed,
    PermissionDenied,
    SourceError,
    SourceMisconfigured,
    SourceThrottled,
    SourceUnavailable,
)
from connectors.retrying import Patience, Retrying
from connectors.sandbox import faults
from connectors.sandbox.asana.application import create_asana
from connectors.sandbox.asana.options import AsanaOptions as Behaviour
from connectors.sandbox.asana.site import AsanaSite
from connectors.sandbox.faults import Fault
from connectors.sandbox.server import SandboxServer
from connectors.throttle import Budget
from connectors.transport import BearerAuth
from tests.connectors.asana.support import NOW, TOKEN, a_site
from tests.connectors.time import FakeTime


def a_gateway(url: str, *, token: str = TOKEN, retries: int = 0, seen: list[Headers] | None = None) -> AsanaGateway:
    time = FakeTime()
    return AsanaGateway(
        source="acme",
        url=url,
        auth=BearerAuth(token),
        retrying=Retrying(
            Budget(8, clock=time.now, sleep=time.sleep),
            patience=Patience(retries=retries, throttled_retries=retries),
            sleep=time.sleep,
            jitter=lambda: 1.0,
        ),
        on_answer=([] if seen is None else seen).append,
    )


@asynccontextmanager
async def gateway(
    site: AsanaSite | None = None, *faulty: Fault, token: str = TOKEN, retries: int = 0
) -> AsyncIterator[tuple[AsanaGateway, Behaviour]]:
    behaviour = Behaviour(clock=lambda: NOW, faults=list(faulty))
    with SandboxServer(create_asana(site or a_site(), behaviour)) as server:
        subject = a_gateway(f"{server.url}/api/1.0", token=token, retries=retries)
        try:
            yield subject, behaviour
        finally:
            subject.close()


async def test_the_account_is_read_with_the_server_s_time() -> None:
    site = a_site()
    async with gateway(site) as (subject, _):
        me = await subject.myself()

    assert me["gid"] == site.me
    assert subject.server_time == NOW


async def test_workspaces_are_read_page_by_page_to_the_last() -> None:
    site = a_site()
    for number in range(250):
        site.add_workspace(f"Workspace {number}")
    async with gateway(site) as (subject, behaviour):
        first, second = await subject.workspaces(), await subject.workspaces()

    assert len({each["gid"] for each in first}) == 251
    assert first == second
    assert len(behaviour.requests) == 6


async def test_names_keep_their_no_break_spaces() -> None:
    site = a_site()
    site.add_workspace("North\u00a0wind")
    async with gateway(site) as (subject, _):
        names = [each["name"] for each in await subject.workspaces()]

    assert "North\u00a0wind" in names


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault("/users/me", status=400), SourceMisconfigured),
        (Fault("/users/me", status=401), AuthenticationFailed),
        (Fault("/users/me", status=403), PermissionDenied),
        (Fault("/users/me", status=404), SourceMisconfigured),
        (Fault("/users/me", status=429), SourceThrottled),
        (Fault("/users/me", status=500), AnswerTooHeavy),
        (Fault("/users/me", status=502), SourceUnavailable),
        (Fault("/users/me", status=302, headers={"Location": "https://sso.example.net/login"}), AuthenticationFailed),
        (faults.login_page("/users/me"), AuthenticationFailed),
        (Fault("/users/me", status=200, body=b'{"data": {"g'), SourceUnavailable),
        (Fault("/users/me", status=200, body=b"[]"), SourceMisconfigured),
        (Fault("/users/me", status=200, body=b"{}"), AuthenticationFailed),
        (faults.reset("/users/me"), SourceUnavailable),
        (faults.truncated("/users/me"), SourceUnavailable),
    ],
)
async def test_errors_are_those_of_the_transport(fault: Fault, kind: type[SourceError]) -> None:
    async with gateway(None, fault) as (subject, behaviour):
        with pytest.raises(SourceError) as caught:
            await subject.myself()

    assert type(caught.value) is kind
    assert len(behaviour.requests) == 1  # no redirect followed, no retry of the SDK's own


async def test_retries_are_ours_alone() -> None:
    async with gateway(None, faults.failing("/users/me", times=2), retries=2) as (subject, behaviour):
        await subject.myself()

    assert len(behaviour.requests) == 3


async def test_a_refused_token_is_shown_in_no_error_and_no_traceback() -> None:
    async with gateway(token="s3cret-t0ken") as (subject, _):
        with pytest.raises(AuthenticationFailed) as caught:
            await subject.myself()

    shown = "".join(traceback.format_exception(caught.value)) + repr(subject)
    assert "s3cret-t0ken" not in shown
    assert caught.value.__cause__ is None


async def test_a_server_that_is_not_there_is_an_outage() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        nobody = f"http://127.0.0.1:{listener.getsockname()[1]}/api/1.0"

    with pytest.raises(SourceUnavailable, match="connection broke"):
        await a_gateway(nobody).myself()


async def test_a_server_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.asana.gateway.TIMEOUT", (1, 1))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        silent = f"http://127.0.0.1:{listener.getsockname()[1]}/api/1.0"
        began = clock.monotonic()
        with pytest.raises(SourceUnavailable):
            await a_gateway(silent).myself()

    assert clock.monotonic() - began < 5


def test_the_sdk_keeps_no_threads_of_its_own() -> None:
    before = threading.active_count()
    gateways = [a_gateway("http://127.0.0.1:1/api/1.0") for _ in range(3)]

    assert threading.active_count() == before
    for each in gateways:
        each.close()
