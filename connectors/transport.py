"""One HTTP attempt to a tool: the only file that imports the HTTP client.

Knows timeouts, addresses, credentials and sizes. Does not retry (`retrying`), does not wait its turn (`throttle`)
and does not know what a status means (`answers`). No secret leaves it in an error, a log or a repr.
"""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Protocol, TypeVar
from urllib.parse import urlsplit, urlunsplit

import httpx
import msgspec

from connectors.answers import Answer, AnswerTooHeavy, Headers, refusal
from connectors.errors import AuthenticationFailed, SourceError, SourceMisconfigured, SourceUnavailable

T = TypeVar("T")
UNAUTHORISED = 401

HttpTransport = httpx.AsyncBaseTransport  # what tests put in place of the network


@dataclass(frozen=True)
class Limits:
    """Of one source's connections. A page of a hundred very large issues is a tenth of `largest_body` (bytes)."""

    connections: int = 8
    connect_seconds: float = 10.0
    read_seconds: float = 60.0
    largest_body: int = 128 * 1024 * 1024


@dataclass(frozen=True)
class BasicAuth:
    """An account and its API token (Jira Cloud), or a user and password (old Data Center)."""

    email: str
    token: str = field(repr=False)

    @property
    def header(self) -> str:
        return "Basic " + base64.b64encode(f"{self.email}:{self.token}".encode()).decode()

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.token, self.header.removeprefix("Basic "))


@dataclass(frozen=True)
class BearerAuth:
    """A personal access token, or the token of a service account."""

    token: str = field(repr=False)

    @property
    def header(self) -> str:
        return f"Bearer {self.token}"

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.token,)


@dataclass(frozen=True)
class Permit:
    """What one request needs: the tool's address, without a slash at its end, and its Authorization header."""

    base_url: str
    header: str | None = field(repr=False)


class RenewableAuth(Protocol):
    """A credential that ends while we work, and that knows the address where it is good."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown."""
        ...

    async def permit(self) -> Permit:
        """One that holds for longer than a request takes. Raises SourceError."""
        ...

    async def renewed(self, refused: Permit) -> Permit | None:
        """Another one; None when there is nothing to hope from another. Raises SourceError."""
        ...

    async def aclose(self) -> None: ...


class StandingAuth:
    """A credential that is what the configuration says, or none at all, as a RenewableAuth that never changes."""

    def __init__(self, auth: BasicAuth | BearerAuth | None, base_url: str) -> None:
        self.secrets: tuple[str, ...] = () if auth is None else auth.secrets
        self._permit = Permit(base_url, None if auth is None else auth.header)

    async def permit(self) -> Permit:
        return self._permit

    async def renewed(self, refused: Permit) -> Permit | None:
        return None

    async def aclose(self) -> None:
        """It holds nothing."""


Auth = BasicAuth | BearerAuth | RenewableAuth


def renewable(auth: Auth | None, base_url: str) -> RenewableAuth:
    """One way to ask, whatever the credential. A renewable one has its own address."""
    if auth is None or isinstance(auth, BasicAuth | BearerAuth):
        return StandingAuth(auth, base_url)
    return auth


async def permitted(auth: RenewableAuth, ask: Callable[[Permit], Awaitable[T]]) -> T:
    """The answer to `ask`, which is asked once more, with a renewed permit, when the first one was refused."""
    permit = await auth.permit()
    try:
        return await ask(permit)
    except AuthenticationFailed as error:
        another = await auth.renewed(permit) if error.status == UNAUTHORISED else None
        if another is None:
            raise
    return await ask(another)


def user_agent() -> str:
    try:
        return f"interlock/{version('interlock')}"
    except PackageNotFoundError:  # run from a source tree that was never installed
        return "interlock/0"


def base_url(source: str, url: str, *, allow_http: bool) -> str:
    """`url` without its trailing slash, context path kept; raises SourceMisconfigured when it may not be used."""
    place = urlsplit(url)
    if place.scheme not in {"http", "https"} or not place.hostname:
        raise SourceMisconfigured(source, "url must look like https://your-tool.example.com.")
    if place.username or place.password:
        raise SourceMisconfigured(source, "url must not hold a user or a password; put them under auth.")
    if place.scheme == "http" and not (allow_http or _is_loopback(place.hostname)):
        raise SourceMisconfigured(
            source,
            f"url uses plain http, which would show the token to the network; use https://{place.netloc} "
            "or set allow_http: true for this source.",
        )
    return urlunsplit((place.scheme, place.netloc, place.path.rstrip("/"), "", ""))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Transport:
    """Sends one request and returns its Answer, or raises the SourceError the answer stands for.

    `on_answer` sees the headers of every answer (clock, identity) and may raise a SourceError of its own.
    """

    def __init__(
        self,
        *,
        source: str,
        url: str,
        auth: Auth | None,
        limits: Limits | None = None,
        allow_http: bool = False,
        transport: HttpTransport | None = None,
        on_answer: Callable[[Headers], None] | None = None,
    ) -> None:
        limits = limits or Limits()
        self._source = source
        self._auth = renewable(auth, base_url(source, url, allow_http=allow_http))
        self._url = url
        self._on_answer = on_answer
        self._largest_body = limits.largest_body
        self.bytes_received = 0
        self._http = httpx.AsyncClient(
            headers={"Accept": "application/json", "User-Agent": user_agent()},
            timeout=httpx.Timeout(limits.read_seconds, connect=limits.connect_seconds, pool=None),
            limits=httpx.Limits(max_connections=limits.connections, max_keepalive_connections=limits.connections),
            follow_redirects=False,
            transport=transport,
        )

    def __repr__(self) -> str:
        return f"Transport(source={self._source!r}, url={self._url!r})"

    async def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        json: object = None,
        accept: Collection[int] = (),
    ) -> Answer:
        """`accept` names the statuses, besides success, that the caller reads for itself."""
        call = f"{method} {path}"
        content = None if json is None else msgspec.json.encode(json)

        async def ask(permit: Permit) -> Answer:
            headers = _headers(permit, has_body=content is not None)
            address = permit.base_url + path
            try:
                async with self._http.stream(
                    method, address, params=params, content=content, headers=headers
                ) as response:
                    answer = Answer(call, response.status_code, response.headers, await self._body(response, call))
            except httpx.HTTPError as error:
                raise self._broken(error, call) from None  # the cause would hold the request, and so the token
            return self._judged(answer, accept)

        return await permitted(self._auth, ask)

    async def _body(self, response: httpx.Response, call: str) -> bytes:
        chunks: list[bytes] = []
        size = 0
        try:
            async for chunk in response.aiter_bytes():
                size += len(chunk)
                if size > self._largest_body:
                    raise AnswerTooHeavy(self._source, f"{call} answered with more than {self._largest_body} bytes.")
                chunks.append(chunk)
        except (httpx.NetworkError, httpx.RemoteProtocolError, httpx.DecodingError) as error:
            message = f"{call}: the answer was cut off ({type(error).__name__})."
            raise AnswerTooHeavy(self._source, message, status=response.status_code) from None
        finally:
            self.bytes_received += size
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def _judged(self, answer: Answer, accept: Collection[int]) -> Answer:
        error = None if answer.status in accept else refusal(self._source, answer, secrets=self._auth.secrets)
        if error is not None:
            raise error
        if self._on_answer is not None:
            self._on_answer(answer.headers)
        return answer

    def _broken(self, error: httpx.HTTPError, call: str) -> SourceError:
        match error:
            case httpx.ConnectTimeout() | httpx.ConnectError():
                return SourceUnavailable(self._source, f"{call}: no connection ({type(error).__name__}).")
            case httpx.TimeoutException():
                return AnswerTooHeavy(self._source, f"{call}: no answer in time ({type(error).__name__}).")
            case httpx.UnsupportedProtocol() | httpx.TooManyRedirects():
                return SourceMisconfigured(self._source, f"{call}: {type(error).__name__}; check the url.")
            case _:
                return SourceUnavailable(self._source, f"{call}: the connection broke ({type(error).__name__}).")

    async def aclose(self) -> None:
        await self._http.aclose()


def _headers(permit: Permit, *, has_body: bool) -> dict[str, str]:
    headers = {} if permit.header is None else {"Authorization": permit.header}
    return headers | ({"Content-Type": "application/json"} if has_body else {})
