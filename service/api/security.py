"""Who is answered, how much is read, and the headers that every answer carries. Plain ASGI, no state.

Without authentication the service trusts its own machine only: the peer must be loopback, the Host header must
name loopback (a page that rebinds its DNS name to 127.0.0.1 sends its own name), and a change must not come
from another site's page. `INTERLOCK_ALLOW_ANONYMOUS=read` opens reading, and nothing else, to everybody.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final
from urllib.parse import unquote_to_bytes, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.problems import Kind, Problem

MAX_BODY: Final = 1024 * 1024  # the largest real programs file is well below a tenth of it
MAX_ADDRESS: Final = 8192  # what proxies take as well
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
SECURITY_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class SecurityHeaders:
    """Adds SECURITY_HEADERS to every response, the failed ones included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(SECURITY_HEADERS)
            await send(message)

        await self._app(scope, receive, send_with_headers)


class AnonymousAccess:
    """Lets this machine in, others only for reading and only when that was opened. Raises Problem."""

    def __init__(self, app: ASGIApp, *, allow_anonymous: str | None) -> None:
        self._app = app
        self._reading_is_open = allow_anonymous == "read"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self._check(scope["method"], scope.get("client"), Headers(scope=scope))
        await self._app(scope, receive, send)

    def _check(self, method: str, peer: tuple[str, int] | None, headers: Headers) -> None:
        host = headers.get("host", "")
        local_peer = peer is not None and is_loopback(peer[0]) and not _was_forwarded(headers)
        if local_peer and is_loopback(host_name(host)):
            _refuse_foreign_changes(method, headers)
        elif self._reading_is_open:
            _refuse_changes(method)
        elif local_peer:
            raise Problem(
                Kind.HOST_NOT_ALLOWED,
                f"The request names the host {host!r}; this service answers 127.0.0.1, localhost and [::1].",
            )
        else:
            raise Problem(
                Kind.LOOPBACK_ONLY,
                "This request came from another machine. Ask on the machine itself, "
                "or set INTERLOCK_ALLOW_ANONYMOUS=read to open reading.",
            )


class Limits:
    """Refuses addresses and bodies beyond what any honest request needs. Raises Problem."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        _check_address(scope)
        if int(_declared_length(Headers(scope=scope))) > MAX_BODY:
            raise _too_large()
        seen = 0

        async def receive_bounded() -> Message:
            nonlocal seen
            message = await receive()
            if message["type"] == "http.request":
                seen += len(message.get("body", b""))
                if seen > MAX_BODY:
                    raise _too_large()
            return message

        await self._app(scope, receive_bounded, send)


def is_loopback(name: str) -> bool:
    """True for 127.0.0.0/8, ::1 (also IPv4-mapped) and the names localhost and *.localhost (RFC 6761)."""
    name = name.lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ip_address(name)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


def host_name(host: str) -> str:
    """The name of a Host header without its port: "[::1]:8000" → "::1". "" when it cannot be read."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _was_forwarded(headers: Headers) -> bool:
    """A proxy on this machine speaks for people elsewhere."""
    return any(name in headers for name in ("forwarded", "x-forwarded-for", "x-forwarded-host"))


def _refuse_foreign_changes(method: str, headers: Headers) -> None:
    if method in SAFE_METHODS:
        return
    origin = headers.get("origin")
    foreign_origin = origin is not None and urlsplit(origin).netloc != headers.get("host")
    if foreign_origin or headers.get("sec-fetch-site") in {"cross-site", "same-site"}:
        raise Problem(
            Kind.FOREIGN_ORIGIN,
            f"A page of {origin or 'another site'} asked for this change; only pages of this service may.",
        )


def _refuse_changes(method: str) -> None:
    if method not in SAFE_METHODS:
        raise Problem(
            Kind.READ_ONLY_ELSEWHERE,
            f"{method} is only taken on the machine itself; from elsewhere this service can be read.",
        )


def _check_address(scope: Scope) -> None:
    query: bytes = scope.get("query_string", b"")
    path: str = scope["path"]
    if len(query) + len(path.encode("utf-8", "surrogateescape")) > MAX_ADDRESS:
        raise Problem(
            Kind.ADDRESS_TOO_LONG,
            f"Path and query have more than {MAX_ADDRESS:,} bytes together; use fewer filters.",
        )
    if any(byte < 0x20 for byte in unquote_to_bytes(query)) or any(ord(c) < 0x20 for c in path):
        raise Problem(Kind.ADDRESS_UNREADABLE, "The path or the query holds control characters; leave them out.")


def _declared_length(headers: Headers) -> str:
    length = headers.get("content-length", "0")
    return length if length.isdecimal() and length.isascii() else "0"


def _too_large() -> Problem:
    return Problem(
        Kind.BODY_TOO_LARGE,
        f"The body has more than {MAX_BODY:,} bytes; split the programs file.",
        headers={"Connection": "close"},
    )
