"""OAuth 2.0 of Jira Cloud: a bearer token for an hour, renewed before it ends, and the address where it is good.

Two grants are known. A service account shows its client credentials each time. A person's consent is a refresh
token that rotates: it buys one access token and the next refresh token, which is kept before either is used, so
that no crash can lose it. Access tokens stay in memory.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import deque
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

import msgspec
import structlog

from connectors.answers import Answer, decode, hidden
from connectors.errors import AuthenticationFailed, SourceError, SourceMisconfigured
from connectors.grants import Grant, GrantKeeper
from connectors.transport import Auth, BearerAuth, HttpTransport, Limits, Permit, Transport, base_url

log = structlog.get_logger(__name__)

AHEAD = timedelta(minutes=5)  # longer than any request takes, so that no token ends on its way
YOUNG = timedelta(minutes=1)  # a token of this age is refused for another reason than its age
REFUSED = frozenset({400, 401, 403})
LIMITS = Limits(connections=1, read_seconds=30.0, largest_body=1024 * 1024)
CLOUD_ID = re.compile(r"[0-9A-Za-z-]{1,64}")

AUTHORISE_AGAIN = (
    "the grant has ended: 90 days without use, a consent taken back, or a changed password. "
    "Authorise again and put the new refresh token into the variable that oauth.refresh_token names."
)
CHECK_CLIENT = "check client_id and client_secret under oauth."


@dataclass(frozen=True)
class OAuthClient:
    """What the configuration says of it. `cloud_id` None: the site is asked for it."""

    client_id: str
    client_secret: str = field(repr=False)
    token_url: str
    api_url: str
    cloud_id: str | None = None


class _Issued(msgspec.Struct, frozen=True):
    """Answer of the token endpoint; `expires_in` in seconds."""

    access_token: str
    expires_in: float
    refresh_token: str | None = None


class _Refusal(msgspec.Struct, frozen=True):
    error: str = ""
    error_description: str = ""


class _Tenant(msgspec.Struct, frozen=True):
    cloudId: str  # noqa: N815 - the vendor's spelling


class _Resource(msgspec.Struct, frozen=True):
    id: str
    url: str


@dataclass(frozen=True)
class _Bearer:
    """An access token with the moments, on our own clock, when it was asked for and when to renew it."""

    auth: BearerAuth
    since: float
    renew_at: float

    @classmethod
    def of(cls, issued: _Issued, *, asked_at: float) -> _Bearer:
        life = max(issued.expires_in, YOUNG.total_seconds())  # one that ended at once would be bought for ever
        ahead = min(AHEAD.total_seconds(), life / 5)
        return cls(BearerAuth(issued.access_token), asked_at, asked_at + life - ahead)


class JiraOAuth:
    """Implements `connectors.transport.RenewableAuth` for one source; `site_url` is where people open its issues.

    Without a `keeper` the client credentials are the grant. However many ask at once, one exchange is made; it
    goes on when those who wait for it are cancelled, since what it buys cannot be bought again.
    """

    def __init__(
        self,
        client: OAuthClient,
        *,
        source: str,
        site_url: str,
        keeper: GrantKeeper | None = None,
        allow_http: bool = False,
        transport: HttpTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._source = source
        self._site_url = base_url(source, site_url, allow_http=allow_http)
        self._api_url = base_url(source, client.api_url, allow_http=allow_http)
        self._keeper = keeper
        self._allow_http = allow_http
        self._transport = transport
        self._clock = clock
        self._cloud_id = client.cloud_id
        self._bearer: _Bearer | None = None
        self._unkept: Grant | None = None
        self._renewal: asyncio.Task[None] | None = None
        self._seen: deque[str] = deque(maxlen=8)

    def __repr__(self) -> str:
        return f"JiraOAuth(source={self._source!r})"

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self._client.client_secret, *self._seen)

    async def permit(self) -> Permit:
        while True:
            bearer, cloud_id = self._bearer, self._cloud_id
            if bearer is not None and self._clock() < bearer.renew_at and cloud_id is not None:
                return Permit(cloud_address(self._api_url, cloud_id), bearer.auth.header)
            await self._renew()

    async def renewed(self, refused: Permit) -> Permit | None:
        bearer = self._bearer
        if bearer is not None and bearer.auth.header == refused.header:
            if self._clock() - bearer.since < YOUNG.total_seconds():
                return None
            self._bearer = None
        return await self.permit()

    async def aclose(self) -> None:
        """Waits for an exchange under way: the refresh token that it buys must be kept."""
        if self._renewal is not None:
            await asyncio.wait({self._renewal})
            if not self._renewal.cancelled():
                self._renewal.exception()  # those who wanted its token have heard of it

    async def _renew(self) -> None:
        if self._renewal is None or self._renewal.done():
            self._renewal = asyncio.create_task(self._open())
        await asyncio.shield(self._renewal)

    async def _open(self) -> None:
        bearer = self._bearer
        if bearer is None or self._clock() >= bearer.renew_at:
            asked_at = self._clock()
            issued = await self._exchange() if self._keeper is None else await self._spend(self._keeper)
            self._bearer = bearer = _Bearer.of(issued, asked_at=asked_at)
            log.info("bearer_renewed", source=self._source, expires_in_seconds=issued.expires_in)
        if self._cloud_id is None:
            self._cloud_id = await self._told_by_site() or await self._among_resources(bearer.auth)

    # buying an access token

    async def _spend(self, keeper: GrantKeeper) -> _Issued:
        """What could not be kept, because the database was away, is spent in place of what it followed."""
        grant = await keeper.take()
        unkept = self._unkept
        spent = unkept if unkept is not None and unkept.version == grant.version else grant
        try:
            issued = await self._exchange(spent.refresh_token)
        except SourceError:
            await keeper.give_back(grant)
            raise
        follows = issued.refresh_token or spent.refresh_token
        self._unkept = Grant(follows, grant.version)
        await keeper.keep(grant, follows)
        self._unkept = None
        return issued

    async def _exchange(self, refresh_token: str | None = None) -> _Issued:
        """One call of the token endpoint, for a refresh token or for the client's own credentials."""
        client = self._client
        proof = {"client_id": client.client_id, "client_secret": client.client_secret}
        if refresh_token is None:
            body = {"grant_type": "client_credentials", **proof}
        else:
            self._seen.append(refresh_token)
            body = {"grant_type": "refresh_token", **proof, "refresh_token": refresh_token}
        place = urlsplit(client.token_url)
        async with aclosing(self._at(f"{place.scheme}://{place.netloc}", None)) as host:
            answer = await host.send("POST", place.path or "/", json=body, accept=REFUSED)
        if answer.status in REFUSED:
            raise self._refusal(answer, is_refresh=refresh_token is not None)
        issued = decode(self._source, answer, _Issued)
        self._seen.extend(secret for secret in (issued.access_token, issued.refresh_token) if secret)
        return issued

    def _refusal(self, answer: Answer, *, is_refresh: bool) -> AuthenticationFailed:
        try:
            said = msgspec.json.decode(answer.body, type=_Refusal)
        except msgspec.DecodeError:
            said = _Refusal()
        words = hidden(f"{said.error} {said.error_description}".strip(), self.secrets)
        advice = AUTHORISE_AGAIN if is_refresh and _has_ended(answer.status, said.error) else CHECK_CLIENT
        why = f" ({words[:200].rstrip('.')})" if words else ""
        return AuthenticationFailed(self._source, f"{answer.call} answered {answer.status}{why}; {advice}")

    # where it is good

    async def _told_by_site(self) -> str | None:
        try:
            async with aclosing(self._at(self._site_url, None)) as site:
                tenant = decode(self._source, await site.send("GET", "/_edge/tenant_info"), _Tenant)
        except SourceError:  # nobody promises that a site answers it
            return None
        return tenant.cloudId if CLOUD_ID.fullmatch(tenant.cloudId) else None

    async def _among_resources(self, auth: BearerAuth) -> str:
        async with aclosing(self._at(self._api_url, auth)) as api:
            answer = await api.send("GET", "/oauth/token/accessible-resources")
        reached = decode(self._source, answer, list[_Resource])
        for each in reached:
            if _same_site(each.url, self._site_url) and CLOUD_ID.fullmatch(each.id):
                return each.id
        sites = ", ".join(sorted(each.url for each in reached)) or "no site"
        raise SourceMisconfigured(
            self._source, f"The grant does not reach {self._site_url}, it reaches {sites}; check url and the consent."
        )

    def _at(self, url: str, auth: Auth | None) -> Transport:
        return Transport(
            source=self._source,
            url=url,
            auth=auth,
            limits=LIMITS,
            allow_http=self._allow_http,
            transport=self._transport,
        )


def cloud_address(api_url: str, cloud_id: str) -> str:
    """Where Atlassian's gateway serves one site; bearers and tokens with scopes are good there alone."""
    return f"{api_url.rstrip('/')}/ex/jira/{cloud_id}"


def _has_ended(status: int, error: str) -> bool:
    """Atlassian answers 403 for a refresh token it does not take, and 401 for a client it does not know."""
    return error in {"invalid_grant", "unauthorized_client"} or (status == 403 and error != "invalid_client")


def _same_site(one: str, other: str) -> bool:
    first, second = urlsplit(one), urlsplit(other)
    return (first.netloc.lower(), first.path.rstrip("/")) == (second.netloc.lower(), second.path.rstrip("/"))
