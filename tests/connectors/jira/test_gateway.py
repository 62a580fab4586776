"""The SDK behind our policy: same errors, one retry layer, lists to their end, no secret shown."""

from __future__ import annotations

import logging
import socket
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from connectors.answers import AnswerTooHeavy
from connectors.errors import (
    AuthenticationFailed,
    PermissionDenied,
    SourceError,
    SourceMisconfigured,
    SourceThrottled,
    SourceUnavailable,
)
from connectors.jira.gateway import JiraGateway
from connectors.jira.witness import Witness
from connectors.retrying import Patience, Retrying
from connectors.throttle import Budget
from connectors.transport import BasicAuth
from tests.connectors.jira.serving import served
from tests.connectors.jira.stub import NOW, SPRINTS, Reply, StubJira, error, ok, once
from tests.connectors.time import FakeTime

TOKEN = "s3cret-t0ken"


@asynccontextmanager
async def gateway(
    site: StubJira, *, time: FakeTime | None = None, retries: int = 0, witness: Witness | None = None
) -> AsyncIterator[JiraGateway]:
    time = time or FakeTime()
    patience = Patience(retries=retries, throttled_retries=retries)
    with served(site) as url:
        subject = JiraGateway(
            source="acme",
            url=url,
            auth=BasicAuth("pat@example.com", TOKEN),
            rest_version="3",
            retrying=Retrying(
                Budget(8, clock=time.now, sleep=time.sleep), patience=patience, sleep=time.sleep, jitter=lambda: 1.0
            ),
            on_answer=(witness or Witness("acme")).saw,
        )
        try:
            yield subject
        finally:
            subject.close()


async def test_the_account_is_read_under_the_context_path() -> None:
    site = StubJira()
    async with gateway(site) as subject:
        assert (await subject.myself())["accountId"] == "me"
    assert [call.path for call in site.calls] == ["/rest/api/3/myself"]


async def test_answers_tell_the_server_s_time() -> None:
    witness = Witness("acme")
    async with gateway(StubJira(), witness=witness) as subject:
        await subject.myself()

    now = witness.server_now()
    assert now is not None
    assert now - NOW < timedelta(seconds=30)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (error(400), SourceMisconfigured),
        (error(401), AuthenticationFailed),
        (error(403), PermissionDenied),
        (error(404), SourceMisconfigured),
        (error(410), SourceMisconfigured),
        (error(429), SourceThrottled),
        (error(500), AnswerTooHeavy),
        (error(502), SourceUnavailable),
        (error(503), SourceUnavailable),
        (error(503, Retry_After="2"), SourceThrottled),
        (Reply(302, headers={"Location": "https://sso.example.net/login"}), AuthenticationFailed),
        (Reply(200, html="<html>Log in</html>"), AuthenticationFailed),
        (Reply(200, content=b'{"accountId": "m', headers={"Content-Type": "application/json"}), SourceUnavailable),
        (ok({}), AuthenticationFailed),
        (ok([]), AuthenticationFailed),
    ],
)
async def test_errors_are_those_of_the_transport(reply: Reply, kind: type[SourceError]) -> None:
    site = StubJira(fault=lambda call: reply)
    async with gateway(site) as subject:
        with pytest.raises(SourceError) as caught:
            await subject.myself()

    assert type(caught.value) is kind


async def test_an_answer_for_nobody_is_a_failed_login_even_with_status_200() -> None:
    site = StubJira(cloud=False, fault=lambda call: ok([]))
    site.names_account = False

    def anonymous(call: object) -> Reply:
        return Reply(200, json=[], headers={"X-AUSERNAME": "anonymous"})

    site.fault = anonymous
    async with gateway(site) as subject:
        with pytest.raises(AuthenticationFailed, match="as if nobody had logged in"):
            await subject.statuses()


async def test_a_server_that_is_not_there_is_an_outage() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        nobody = f"http://127.0.0.1:{listener.getsockname()[1]}"
    subject = JiraGateway(
        source="acme",
        url=nobody,
        auth=BasicAuth("pat@example.com", TOKEN),
        rest_version="3",
        retrying=Retrying(Budget(8), patience=Patience(retries=0)),
        on_answer=Witness("acme").saw,
    )

    with pytest.raises(SourceUnavailable, match="connection broke"):
        await subject.myself()
    subject.close()


async def test_the_sdk_does_not_retry_by_itself() -> None:
    """Three attempts of ours are three requests, with our pauses between them."""
    time = FakeTime()
    site = StubJira(fault=lambda call: error(503))
    async with gateway(site, time=time, retries=2) as subject:
        with pytest.raises(SourceUnavailable):
            await subject.myself()

    assert (len(site.calls), time.slept) == (3, [2, 4])


async def test_retry_after_is_obeyed_exactly() -> None:
    time = FakeTime()
    site = StubJira(fault=once(lambda call: True, error(429, Retry_After="9")))
    async with gateway(site, time=time, retries=1) as subject:
        await subject.myself()

    assert time.now() == 9


async def test_boards_and_sprints_are_listed_to_their_end_under_a_lowered_page_size() -> None:
    async with gateway(StubJira()) as subject:
        boards = await subject.boards("10")
        sprints = await subject.sprints(1)

    assert [each["id"] for each in boards] == [1, 2]
    assert sprints == SPRINTS


async def test_no_secret_is_in_any_error_log_or_repr(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    shown = []
    for reply in (error(401, f"bad token {TOKEN}"), error(500), Reply(200, content=b"{")):
        site = StubJira(fault=lambda call, reply=reply: reply)  # type: ignore[misc]  # a default binds early
        async with gateway(site) as subject:
            with pytest.raises(SourceError) as caught:
                await subject.myself()
            shown += [repr(subject), "".join(traceback.format_exception(caught.value))]
            assert caught.value.__cause__ is None

    everything = "\n".join([*shown, caplog.text])
    assert TOKEN not in everything
    assert BasicAuth("pat@example.com", TOKEN).header.removeprefix("Basic ") not in everything
