"""One HTTP attempt: every answer a tool can give, and no secret in anything that is shown."""

from __future__ import annotations

import logging
import traceback
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from connectors.answers import Answer, AnswerTooHeavy, decode
from connectors.errors import (
    AuthenticationFailed,
    PermissionDenied,
    SourceError,
    SourceMisconfigured,
    SourceThrottled,
    SourceUnavailable,
)
from connectors.transport import BasicAuth, BearerAuth, Limits, Transport, base_url

URL = "https://acme.example.com/jira"
TOKEN = "s3cret-t0ken"
DATE = "Fri, 20 Nov 2026 02:00:00 GMT"

Handler = Callable[[httpx.Request], httpx.Response]


def transport(handler: Handler, *, limits: Limits | None = None) -> Transport:
    return Transport(
        source="acme",
        url=URL,
        auth=BasicAuth("pat@example.com", TOKEN),
        limits=limits,
        transport=httpx.MockTransport(handler),
    )


def answering(
    status: int, *, headers: Mapping[str, str] | None = None, json: object = None, content: bytes = b""
) -> Transport:
    def handler(request: httpx.Request) -> httpx.Response:
        if json is not None:
            return httpx.Response(status, headers=headers, json=json)
        return httpx.Response(status, headers=headers, content=content)

    return transport(handler)


async def error_of(subject: Transport) -> SourceError:
    with pytest.raises(SourceError) as caught:
        await subject.send("GET", "/rest/api/3/myself")
    return caught.value


async def test_a_request_carries_the_credential_the_agent_and_the_context_path() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={}, headers={"Date": DATE})

    answer = await transport(handler).send("POST", "/rest/x", params={"a": 1}, json={"b": [2]})

    (request,) = seen
    assert str(request.url) == f"{URL}/rest/x?a=1"
    assert request.content == b'{"b":[2]}'
    assert request.headers["authorization"].startswith("Basic ")
    assert request.headers["user-agent"].startswith("interlock/")
    assert answer.server_time == datetime(2026, 11, 20, 2, tzinfo=UTC)


async def test_a_bearer_token_travels_as_such() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, text=request.headers["authorization"])

    subject = Transport(source="acme", url=URL, auth=BearerAuth(TOKEN), transport=httpx.MockTransport(handler))

    assert (await subject.send("GET", "/")).body == f"Bearer {TOKEN}".encode()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, SourceMisconfigured),
        (401, AuthenticationFailed),
        (403, PermissionDenied),
        (404, SourceMisconfigured),
        (408, SourceUnavailable),
        (410, SourceMisconfigured),
        (412, SourceMisconfigured),
        (422, SourceMisconfigured),
        (429, SourceThrottled),
        (500, AnswerTooHeavy),
        (502, SourceUnavailable),
        (503, SourceUnavailable),
        (504, AnswerTooHeavy),
    ],
)
async def test_each_status_has_its_policy(status: int, kind: type[SourceError]) -> None:
    assert type(await error_of(answering(status))) is kind


async def test_the_vendor_s_words_are_in_the_message() -> None:
    body = {"errorMessages": ["The value 'X' does not exist."], "errors": {"jql": "is unbounded"}}

    error = await error_of(answering(400, json=body))

    assert str(error) == (
        "acme: GET /rest/api/3/myself answered 400: The value 'X' does not exist. jql: is unbounded; "
        "the request or the configuration is wrong."
    )


async def test_an_error_list_with_messages_is_understood_too() -> None:
    error = await error_of(answering(403, json={"errors": [{"message": "Not for you", "help": "…"}]}))

    assert error.message == ("GET /rest/api/3/myself answered 403: Not for you; check the account's permissions.")


async def test_a_status_that_the_caller_accepts_is_an_answer() -> None:
    answer = await answering(412, json={"sync": "new"}).send("GET", "/events", accept={412})

    assert (answer.status, answer.body) == (412, b'{"sync":"new"}')


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry-After": "7"}, timedelta(seconds=7)),
        ({"Retry-After": "Fri, 20 Nov 2026 02:00:30 GMT", "Date": DATE}, timedelta(seconds=30)),
        ({"Retry-After": "0"}, None),
        ({"Retry-After": "soon"}, None),
        ({}, None),
        ({"RateLimit-Reason": "jira-burst-based"}, None),
        ({"RateLimit-Reason": "jira-quota-tenant-based"}, timedelta(minutes=1)),
        (
            {
                "RateLimit-Reason": "jira-quota-global-based",
                "X-RateLimit-Reset": "2026-11-20T02:10Z",
                "Date": DATE,
            },
            timedelta(minutes=10),
        ),
    ],
)
async def test_a_429_says_how_long_to_wait(headers: Mapping[str, str], wait: timedelta | None) -> None:
    error = await error_of(answering(429, headers=headers))

    assert isinstance(error, SourceThrottled)
    assert error.retry_after == wait
    assert error.reason == headers.get("RateLimit-Reason")


async def test_a_503_with_retry_after_is_a_throttle() -> None:
    error = await error_of(answering(503, headers={"Retry-After": "3"}))

    assert isinstance(error, SourceThrottled)
    assert error.retry_after == timedelta(seconds=3)


async def test_a_login_page_with_status_200_is_a_failed_login() -> None:
    page = answering(200, headers={"Content-Type": "text/html;charset=UTF-8"}, content=b"<html>Log in</html>")

    error = await error_of(page)

    assert isinstance(error, AuthenticationFailed)
    assert "login page" in error.message


async def test_an_error_page_is_not_quoted() -> None:
    page = answering(502, headers={"Content-Type": "text/html"}, content=b"<html>nginx</html>")

    assert (await error_of(page)).message == "GET /rest/api/3/myself answered 502."


async def test_a_captcha_is_named() -> None:
    error = await error_of(
        answering(403, headers={"X-Authentication-Denied-Reason": "CAPTCHA_CHALLENGE; login-url=https://x"})
    )

    assert isinstance(error, AuthenticationFailed)
    assert "(CAPTCHA_CHALLENGE); log in once in a browser." in error.message


@pytest.mark.parametrize(
    ("target", "kind"),
    [("https://sso.example.net/login?to=x", AuthenticationFailed), ("https://new.example.com/", SourceMisconfigured)],
)
async def test_a_redirect_is_never_followed(target: str, kind: type[SourceError]) -> None:
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(302, headers={"Location": target})

    assert type(await error_of(transport(handler))) is kind
    assert asked == ["acme.example.com"]


class CutOff(httpx.AsyncByteStream):
    """A body whose connection breaks half way."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b'{"issues": ['
        raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")


async def test_a_truncated_body_is_an_outage_for_which_less_may_be_asked() -> None:
    error = await error_of(transport(lambda _: httpx.Response(200, stream=CutOff())))

    assert isinstance(error, AnswerTooHeavy)
    assert "cut off" in error.message


def test_broken_json_is_a_cut_off_answer_and_a_wrong_shape_a_misconfiguration() -> None:
    broken = Answer("GET /x", 200, {}, b'{"id": "1')
    wrong = Answer("GET /x", 200, {}, b"{}")

    with pytest.raises(AnswerTooHeavy, match="broken JSON"):
        decode("acme", broken, dict[str, str])
    with pytest.raises(SourceMisconfigured, match="shape that is not expected"):
        decode("acme", wrong, list[str])


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (httpx.ConnectError, SourceUnavailable),
        (httpx.ConnectTimeout, SourceUnavailable),
        (httpx.ReadTimeout, AnswerTooHeavy),
        (httpx.ReadError, SourceUnavailable),
        (httpx.RemoteProtocolError, SourceUnavailable),
    ],
)
async def test_a_broken_connection_is_an_outage(failure: type[httpx.TransportError], kind: type[SourceError]) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        raise failure("no luck", request=request)

    assert type(await error_of(transport(handler))) is kind


async def test_an_endless_answer_is_cut_at_the_limit() -> None:
    subject = transport(lambda _: httpx.Response(200, content=b"x" * 2000), limits=Limits(largest_body=1000))

    assert "more than 1000 bytes" in (await error_of(subject)).message


@pytest.mark.parametrize("url", ["http://localhost:8080", "http://127.0.0.1", "http://[::1]:80/jira"])
def test_plain_http_is_fine_on_loopback(url: str) -> None:
    assert base_url("acme", url + "/", allow_http=False) == url


def test_plain_http_is_refused_elsewhere_unless_allowed() -> None:
    with pytest.raises(SourceMisconfigured, match=r"use https://jira\.lan or set allow_http: true"):
        base_url("acme", "http://jira.lan", allow_http=False)
    assert base_url("acme", "http://jira.lan", allow_http=True) == "http://jira.lan"


@pytest.mark.parametrize("url", ["acme.example.com", "ftp://acme.example.com", "https://pat:pw@acme.example.com"])
def test_an_address_that_cannot_be_used_is_refused(url: str) -> None:
    with pytest.raises(SourceMisconfigured, match="url must"):
        base_url("acme", url, allow_http=True)


async def test_no_secret_is_in_any_error_log_or_repr(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    auth = BasicAuth("pat@example.com", TOKEN)
    encoded = auth.header.removeprefix("Basic ")
    echo = {"errorMessages": [f"bad header Basic {encoded} for {TOKEN}"]}
    shown = [repr(auth), repr(BearerAuth(TOKEN)), repr(answering(200))]

    def resets(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError(f"reset while sending {request.headers['authorization']}", request=request)

    for subject in (answering(401, json=echo), answering(500, json=echo), transport(resets)):
        error = await error_of(subject)
        shown += ["".join(traceback.format_exception(error)), repr(error)]
        assert error.__cause__ is None

    everything = "\n".join([*shown, caplog.text])
    assert TOKEN not in everything
    assert encoded not in everything
