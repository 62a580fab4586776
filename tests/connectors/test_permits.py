"""A credential that is renewed while we work: once, when it is refused, and never for another reason."""

from __future__ import annotations

import httpx
import pytest

from connectors.errors import AuthenticationFailed, PermissionDenied, SourceError
from connectors.transport import BearerAuth, Permit, Transport

URL = "https://acme.example.com"


class Renewed:
    """Implements RenewableAuth: the first bearer, then the next ones, at an address of its own."""

    def __init__(self, *bearers: str) -> None:
        self._bearers = list(bearers)
        self.secrets: tuple[str, ...] = bearers

    async def permit(self) -> Permit:
        return Permit("https://gateway.example.com/ex/jira/1", f"Bearer {self._bearers[0]}")

    async def renewed(self, refused: Permit) -> Permit | None:
        self._bearers.pop(0)
        return await self.permit() if self._bearers else None

    async def aclose(self) -> None:
        """It holds nothing."""


def answering(seen: list[httpx.Request], auth: Renewed | BearerAuth | None, *, status: int = 401) -> Transport:
    """Only the bearer "good" is let in; the others' refusal repeats their credential."""

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        credential = request.headers.get("authorization", "")
        if credential == "Bearer good":
            return httpx.Response(200, json={})
        return httpx.Response(status, json={"message": f"{credential} is not welcome"})

    return Transport(source="acme", url=URL, auth=auth, transport=httpx.MockTransport(handler))


async def refused(subject: Transport) -> SourceError:
    with pytest.raises(SourceError) as caught:
        await subject.send("GET", "/rest/x")
    return caught.value


async def test_a_refused_request_is_sent_once_more_with_what_follows_at_the_credential_s_own_address() -> None:
    seen: list[httpx.Request] = []
    answer = await answering(seen, Renewed("old", "good")).send("POST", "/rest/x", params={"a": 1}, json={"b": 2})

    assert answer.status == 200
    assert [request.headers["authorization"] for request in seen] == ["Bearer old", "Bearer good"]
    assert {(str(each.url), each.content) for each in seen} == {
        ("https://gateway.example.com/ex/jira/1/rest/x?a=1", b'{"b":2}')
    }


async def test_a_second_refusal_is_believed() -> None:
    seen: list[httpx.Request] = []
    error = await refused(answering(seen, Renewed("old", "older", "good")))

    assert isinstance(error, AuthenticationFailed)
    assert len(seen) == 2


async def test_what_is_configured_is_asked_with_once() -> None:
    seen: list[httpx.Request] = []
    assert isinstance(await refused(answering(seen, BearerAuth("old"))), AuthenticationFailed)
    assert len(seen) == 1


async def test_another_refusal_is_no_reason_to_renew() -> None:
    seen: list[httpx.Request] = []
    assert isinstance(await refused(answering(seen, Renewed("old", "good"), status=403)), PermissionDenied)
    assert len(seen) == 1


async def test_a_login_page_is_no_reason_to_renew() -> None:
    """The credential was not looked at, so another would not do better."""
    auth = Renewed("old", "good")
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, html="<form>")

    error = await refused(Transport(source="acme", url=URL, auth=auth, transport=httpx.MockTransport(handler)))

    assert isinstance(error, AuthenticationFailed)
    assert len(seen) == 1


async def test_no_bearer_is_shown_in_a_refusal() -> None:
    error = await refused(answering([], Renewed("0ld-bearer", "0lder-bearer")))

    assert error.message == (
        "GET /rest/x answered 401: Bearer *** is not welcome; check the user and the token, which may have expired."
    )


async def test_who_has_no_credential_sends_none() -> None:
    seen: list[httpx.Request] = []
    await refused(answering(seen, None))
    assert "authorization" not in seen[0].headers
