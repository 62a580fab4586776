"""Atlassian's side of OAuth before a stand-in Jira Cloud: an authorisation server, the API's gateway and the site.

One host plays all three. Tokens end by `OAuthOptions.clock`; a refresh token that was used is taken again for as
long as the vendor's window of reuse lasts.
"""

from __future__ import annotations

import asyncio
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from connectors.sandbox.cloud import create_cloud
from connectors.sandbox.options import SandboxOptions, system_time
from connectors.sandbox.site import JiraSite

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call of the token endpoint as it was answered."""

    grant_type: str
    refresh_token: str | None
    status: int


@dataclass(slots=True)
class OAuthOptions:
    """`refresh_token` is what the consent gave. Tests hold this and may change it while the server runs."""

    client_id: str = "sandbox-app"
    client_secret: str = "sandbox-app-secret"  # noqa: S105  opens nothing but this stand-in
    refresh_token: str = "sandbox-refresh-0"  # noqa: S105
    scoped_token: str = "sandbox-scoped"  # noqa: S105  an API token with scopes, good at the gateway alone
    cloud_id: str = "a1b2c3d4-0000-4000-8000-5a5a5a5a5a5a"
    clock: Callable[[], datetime] = system_time
    access_life: timedelta = timedelta(hours=1)
    reuse_window: timedelta = timedelta(minutes=10)
    latency: float = 0.0  # seconds that an exchange takes
    loses_answers: int = 0  # of so many exchanges the token is spent and the answer never arrives
    tells_tenant: bool = True
    other_sites: tuple[str, ...] = ()  # that the consent reaches too
    reaches_site: bool = True
    missing_scopes: tuple[str, ...] = ()  # parts of paths that the app was granted no scope for
    exchanges: list[Exchange] = field(default_factory=list)
    used: dict[str, datetime] = field(default_factory=dict)  # refresh token → when it was first used
    bearers: dict[str, datetime] = field(default_factory=dict)  # access token → its end
    ended: set[str] = field(default_factory=set)  # refresh tokens that are never taken again
    _consents: int = 0

    def end_bearers(self) -> None:
        """All access tokens end at this moment."""
        self.bearers = dict.fromkeys(self.bearers, self.clock())

    def end_grants(self) -> None:
        """The person takes the consent back."""
        self.ended.update(self._given())

    def authorise(self) -> str:
        """A person consents anew; the refresh token that this gives."""
        self._consents += 1
        self.refresh_token = f"sandbox-refresh-{self._consents}"
        return self.refresh_token

    def spent(self) -> list[str]:
        """The refresh tokens that were taken, in order."""
        return [each.refresh_token for each in self.exchanges if each.refresh_token and each.status == 200]

    def opens(self, bearer: str) -> bool:
        return bearer == self.scoped_token or self.clock() < self.bearers.get(bearer, datetime.min.replace(tzinfo=UTC))

    def exchange(self, asked: Json) -> tuple[int, Json]:
        """What the token endpoint answers, and what it then knows."""
        refresh_token = asked.get("refresh_token")
        status, answer = self._judge(asked, refresh_token)
        self.exchanges.append(Exchange(str(asked.get("grant_type")), refresh_token, status))
        return status, answer

    def _judge(self, asked: Json, refresh_token: Any) -> tuple[int, Json]:
        if (asked.get("client_id"), asked.get("client_secret")) != (self.client_id, self.client_secret):
            return 401, {"error": "access_denied", "error_description": "Unauthorized"}
        match asked.get("grant_type"):
            case "client_credentials":
                return 200, self._issue()
            case "refresh_token" if self._takes(refresh_token):
                self.used.setdefault(refresh_token, self.clock())
                return 200, self._issue() | {"refresh_token": self.authorise()}
            case "refresh_token":
                description = f"Unknown or invalid refresh token {refresh_token}."
                return 403, {"error": "invalid_grant", "error_description": description}
            case other:
                return 400, {"error": "unsupported_grant_type", "error_description": str(other)}

    def _takes(self, refresh_token: Any) -> bool:
        if refresh_token not in self._given() - self.ended:
            return False
        used_at = self.used.get(refresh_token)
        return used_at is None or self.clock() - used_at < self.reuse_window

    def _given(self) -> set[str]:
        return {f"sandbox-refresh-{number}" for number in range(self._consents + 1)}

    def _issue(self) -> Json:
        token = f"sandbox-bearer-{len(self.bearers) + 1}"
        self.bearers[token] = self.clock() + self.access_life
        seconds = int(self.access_life.total_seconds())
        return {"access_token": token, "expires_in": seconds, "token_type": "Bearer", "scope": "read:jira-work"}


def create_oauth_cloud(
    site: JiraSite, options: SandboxOptions | None = None, oauth: OAuthOptions | None = None
) -> Starlette:
    """A stand-in Jira Cloud that a bearer opens at /ex/jira/{cloudId} alone, and an API token at the site alone."""
    options, oauth = options or SandboxOptions(), oauth or OAuthOptions()
    jira = create_cloud(site, options)
    desk = _Desk(oauth)
    return Starlette(
        routes=[
            Route("/oauth/token", desk.token, methods=["POST"]),
            Route("/oauth/token/accessible-resources", desk.resources),
            Route("/_edge/tenant_info", desk.tenant),
            Mount(f"/ex/jira/{oauth.cloud_id}", app=_Gateway(jira, oauth, opens_with=options.token)),
            Mount("/", app=jira),
        ]
    )


class _Desk:
    def __init__(self, oauth: OAuthOptions) -> None:
        self._oauth = oauth

    async def token(self, request: Request) -> Response:
        status, answer = self._oauth.exchange(msgspec.json.decode(await request.body()))
        if self._oauth.latency:
            await asyncio.sleep(self._oauth.latency)
        if status == 200 and self._oauth.loses_answers > 0:
            self._oauth.loses_answers -= 1
            return _json(502, {})
        return _json(status, answer)

    async def resources(self, request: Request) -> Response:
        if not self._oauth.opens(_bearer(request.headers.get("authorization"))):
            return _json(401, {"code": 401, "message": "Unauthorized"})
        here = f"{request.url.scheme}://{request.url.netloc}{request.scope['root_path']}"
        sites = [*self._oauth.other_sites, *([here] if self._oauth.reaches_site else [])]
        ids = {here: self._oauth.cloud_id}
        return _json(200, [{"id": ids.get(url, f"id-of-{n}"), "url": url, "name": url} for n, url in enumerate(sites)])

    async def tenant(self, request: Request) -> Response:
        if request.headers.get("authorization"):
            return _json(400, {"message": "no credential belongs here"})
        return _json(200, {"cloudId": self._oauth.cloud_id}) if self._oauth.tells_tenant else _json(404, {})


class _Gateway:
    """Lets a good credential through to the site, as the site's own token."""

    def __init__(self, jira: ASGIApp, oauth: OAuthOptions, *, opens_with: str) -> None:
        self._jira = jira
        self._oauth = oauth
        self._opens_with = opens_with

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = MutableHeaders(scope=scope)
        if not self._oauth.opens(_bearer(headers.get("authorization"))):
            await _json(401, {"code": 401, "message": "Unauthorized"})(scope, receive, send)
        elif any(part in scope["path"] for part in self._oauth.missing_scopes):
            await _json(401, {"code": 401, "message": "Unauthorized; scope does not match"})(scope, receive, send)
        else:
            headers["authorization"] = f"Bearer {self._opens_with}"
            await self._jira(scope, receive, send)


def _bearer(authorization: str | None) -> str:
    """The token, also where it comes as the password of a Basic credential."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme == "Basic":
        return b64decode(token).decode().partition(":")[2]
    return token


def _json(status: int, body: object) -> Response:
    return Response(msgspec.json.encode(body), status, media_type="application/json")
