"""How much is read, and the headers that every answer carries. Plain ASGI, no state. Who is answered: `access`."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final
from urllib.parse import unquote_to_bytes, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.problems import Kind, Problem

MAX_BODY: Final = 1024 * 1024  # the largest real programs file is well below a tenth of it
MAX_ADDRESS: Final = 8192  # what proxies take as well
SECURITY_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # "no-referrer" would take the Origin from our own forms, which proves them
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
STRICT_TRANSPORT: Final = "max-age=31536000"  # a year; no sub-domains, they are not ours


class SecurityHeaders:
    """Adds SECURITY_HEADERS to every response, the failed ones included; what a response says itself holds."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)  # an answer may be stricter
                if scope.get("scheme") == "https":
                    headers["Strict-Transport-Security"] = STRICT_TRANSPORT
            await send(message)

        await self._app(scope, receive, send_with_headers)


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
