"""Signing in and out on pages: with an API key, or through the identity provider. No script is needed for either.

A form that another site sends never gets here (`api.access` looks at its origin), and the cookie that a sign-in leaves
is not sent along with one either (SameSite).
"""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from typing import Any, Final
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from service.api.access import SESSION_COOKIE, address_of
from service.auth.errors import CredentialRefused, ProviderAway, TooManyFailures
from service.auth.gate import Gate
from service.auth.oidc import Client, IdentityProvider
from service.auth.sessions import LIFETIME, SIGN_IN_LIFETIME
from service.domain.access import Principal
from service.web.rendering import page

SIGN_IN_COOKIE: Final = "interlock_sign_in"
LONGEST_FORM: Final = 8192  # a key and an address
NO_STORE: Final = {"Cache-Control": "no-store"}


def first(request: Request) -> Response:
    """Sign in first, then come back to the page that was asked for."""
    wanted = quote(request.url.path) + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"/login?{urlencode({'next': wanted})}", 303, headers=NO_STORE)


def pages(gate: Gate, *, public_url: str | None) -> APIRouter:
    doors = _Doors(gate, public_url)
    router = APIRouter(include_in_schema=False)
    router.add_api_route("/login", doors.show, methods=["GET"], name="sign_in_page")
    router.add_api_route("/login", doors.sign_in, methods=["POST"], name="sign_in")
    router.add_api_route("/login/start", doors.leave, methods=["GET"], name="leave_for_provider")
    router.add_api_route("/login/callback", doors.come_back, methods=["GET"], name="return_from_provider")
    router.add_api_route("/logout", doors.sign_out, methods=["POST"], name="sign_out")
    return router


def safe_next(address: str | None) -> str:
    """A path of this service. Anything that could lead elsewhere is the first page instead."""
    wanted = address or "/"
    odd = any(ord(each) < 0x21 or each == "\\" for each in wanted)
    if odd or not wanted.startswith("/") or wanted.startswith("//") or wanted.startswith(("/login", "/logout")):
        return "/"
    return wanted


@dataclass(frozen=True, slots=True)
class _Doors:
    gate: Gate
    public_url: str | None

    async def show(self, request: Request) -> Response:
        if not await self.gate.configured():
            return page("login.html", **self._page(request), needed=False, headers=NO_STORE)
        return page("login.html", **self._page(request), needed=True, headers=NO_STORE)

    async def sign_in(self, request: Request) -> Response:
        body = await request.body()
        fields = parse_qs(body[:LONGEST_FORM].decode("utf-8", "replace"), max_num_fields=10)
        wanted = safe_next(fields.get("next", [""])[0])
        try:
            person = await self.gate.sign_in(fields.get("key", [""])[0], address=address_of(request))
        except CredentialRefused as error:
            return self._again(request, error.message, wanted, status=401)
        except TooManyFailures as error:
            return self._again(request, error.message, wanted, status=429, retry_after=error.seconds)
        return self._welcome(request, person, wanted)

    async def leave(self, request: Request) -> Response:
        """To the identity provider, with what proves on the way back that this browser left."""
        client = self._client()
        if client is None:
            return self._again(request, "No identity provider is set up for pages.", "/", status=404)
        provider, registered = client
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        wanted = safe_next(request.query_params.get("next"))
        try:
            address = await provider.sign_in_address(
                registered, redirect_uri=self._callback(request), state=state, nonce=nonce, challenge=challenge
            )
        except ProviderAway:
            return self._again(request, _AWAY, wanted, status=503)
        response = RedirectResponse(address, 303, headers=NO_STORE)
        kept = {"state": state, "nonce": nonce, "verifier": verifier, "next": wanted}
        cookie = self.gate.sessions.sign("sign-in", kept, now=self.gate.clock.now(), lifetime=SIGN_IN_LIFETIME)
        self._set(response, request, SIGN_IN_COOKIE, cookie, int(SIGN_IN_LIFETIME.total_seconds()), path="/login")
        return response

    async def come_back(self, request: Request) -> Response:
        client = self._client()
        kept = self.gate.sessions.read("sign-in", request.cookies.get(SIGN_IN_COOKIE, ""), now=self.gate.clock.now())
        state = request.query_params.get("state", "")
        if client is None or kept is None or not compare_digest(str(kept["state"]).encode(), state.encode()):
            return self._again(
                request, "This sign-in took too long or began elsewhere; sign in again.", "/", status=400
            )
        provider, registered = client
        code = request.query_params.get("code")
        if code is None:
            return self._again(request, "The identity provider did not sign you in.", kept["next"], status=401)
        try:
            claims = await provider.redeem(
                registered,
                code,
                redirect_uri=self._callback(request),
                verifier=kept["verifier"],
                nonce=kept["nonce"],
            )
        except CredentialRefused as error:
            return self._again(request, error.message, kept["next"], status=401)
        except ProviderAway:
            return self._again(request, _AWAY, kept["next"], status=503)
        response = self._welcome(request, self.gate.from_provider(claims), kept["next"])
        response.delete_cookie(SIGN_IN_COOKIE, path="/login")
        return response

    async def sign_out(self, request: Request) -> Response:
        response = RedirectResponse("/login", 303, headers=NO_STORE)
        response.delete_cookie(SESSION_COOKIE, path="/")
        return response

    def _page(self, request: Request) -> dict[str, Any]:
        wanted = safe_next(request.query_params.get("next"))
        return self._values(wanted)

    def _values(self, wanted: str, said: str | None = None) -> dict[str, Any]:
        with_provider = self._client() is not None
        return {
            "next": wanted,
            "said": said,
            "start": f"/login/start?{urlencode({'next': wanted})}" if with_provider else None,
        }

    def _again(
        self, request: Request, said: str, wanted: str, *, status: int, retry_after: int | None = None
    ) -> Response:
        headers = NO_STORE | ({"Retry-After": str(retry_after)} if retry_after else {})
        if status == 401:
            headers |= {"WWW-Authenticate": 'Bearer realm="interlock"'}
        return page("login.html", status=status, headers=headers, **self._values(wanted, said), needed=True)

    def _welcome(self, request: Request, person: Principal, wanted: str) -> Response:
        response = RedirectResponse(wanted, 303, headers=NO_STORE)
        session = self.gate.sessions.of(person, now=self.gate.clock.now())
        self._set(response, request, SESSION_COOKIE, session, int(LIFETIME.total_seconds()), path="/")
        return response

    def _set(self, response: Response, request: Request, name: str, value: str, seconds: int, *, path: str) -> None:
        secure = urlsplit(self._base(request)).scheme == "https"
        response.set_cookie(name, value, max_age=seconds, path=path, secure=secure, httponly=True, samesite="lax")

    def _client(self) -> tuple[IdentityProvider, Client] | None:
        provider = self.gate.provider
        if provider is None or provider.options.client is None:
            return None
        return provider, provider.options.client

    def _callback(self, request: Request) -> str:
        return f"{self._base(request)}/login/callback"

    def _base(self, request: Request) -> str:
        if self.public_url:
            return self.public_url.rstrip("/")
        return f"{request.url.scheme}://{request.headers.get('host', 'localhost')}"


_AWAY: Final = "The identity provider cannot be asked just now. Try again in a moment, or use an API key."
