"""The identity provider: the only file that calls it. Fetches its keys, checks its tokens, redeems codes of sign-ins.

Its keys are kept for an hour and fetched anew for a key id that is not among them, at most once a minute: an
unsigned key id from outside must not make us knock on its door. When it is away, keys that are known go on working.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from time import monotonic
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import httpx
import structlog
from joserfc import jws, jwt
from joserfc.errors import ClaimError, ExpiredTokenError, JoseError
from joserfc.jwk import ECKey, JWKRegistry, OKPKey, RSAKey
from joserfc.jwt import JWTClaimsRegistry

from service.auth.claims import ClaimRules
from service.auth.errors import CredentialRefused, ProviderAway
from service.clock import Clock

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""What may have signed a token: never "none", and no HS*, where the verifier could sign as well."""
KEYS_LAST: Final = 3600.0  # seconds
REFRESH_AT_MOST_EVERY: Final = 60.0  # seconds
PAUSE_WHEN_AWAY: Final = 10.0  # seconds, so that a silent provider does not hold up every request
LEEWAY: Final = 30  # seconds that two clocks may differ
LARGEST_TOKEN: Final = 16_384
LARGEST_ANSWER: Final = 1024 * 1024
DISCOVERY: Final = "/.well-known/openid-configuration"

PublicKey = RSAKey | ECKey | OKPKey
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Client:
    """How this service is registered for signing people in. A public client has no secret."""

    id: str
    secret: str | None = field(default=None, repr=False)
    scopes: tuple[str, ...] = ("openid", "profile", "email")


@dataclass(frozen=True, slots=True)
class OidcOptions:
    """`audience` is what bearer tokens must be made for."""

    issuer: str
    audience: str
    rules: ClaimRules
    client: Client | None = None


@dataclass(slots=True)
class _Known:
    """What was fetched last. `at` is monotonic; None: nothing yet."""

    metadata: dict[str, Any] = field(default_factory=dict)
    keys: dict[str | None, list[PublicKey]] = field(default_factory=dict)
    at: float | None = None
    tried_at: float | None = None
    away: ProviderAway | None = None


class IdentityProvider:
    """`transport` stands in for the network in tests."""

    def __init__(
        self,
        options: OidcOptions,
        *,
        clock: Clock,
        transport: httpx.AsyncBaseTransport | None = None,
        now: Callable[[], float] = monotonic,
    ) -> None:
        self.options = options
        self._clock = clock
        self._now = now
        self._known = _Known()
        self._turn = asyncio.Lock()
        self._http = httpx.AsyncClient(
            transport=transport, timeout=httpx.Timeout(10.0), follow_redirects=False, trust_env=transport is None
        )

    async def aclose(self) -> None:
        await self._http.aclose()

    async def claims_of(self, token: str) -> dict[str, Any]:
        """The claims of a bearer token, all checked. Raises CredentialRefused, ProviderAway."""
        return await self._checked(token, audience=self.options.audience)

    async def sign_in_address(
        self, client: Client, *, redirect_uri: str, state: str, nonce: str, challenge: str
    ) -> str:
        """Where a browser goes to sign in (authorization code with PKCE). Raises ProviderAway."""
        await self._refresh_if_old()
        asked = {
            "response_type": "code",
            "client_id": client.id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(client.scopes),
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        address = self._endpoint("authorization_endpoint")
        return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(asked)}"

    async def redeem(
        self, client: Client, code: str, *, redirect_uri: str, verifier: str, nonce: str
    ) -> dict[str, Any]:
        """The claims of the ID token that the code stands for. Raises CredentialRefused, ProviderAway."""
        await self._refresh_if_old()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
            "client_id": client.id,
        }
        if client.secret is not None:
            form["client_secret"] = client.secret
        answer = await self._asked("POST", self._endpoint("token_endpoint"), form=form)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise CredentialRefused("The identity provider did not confirm this sign-in; sign in again.")
        claims = await self._checked(token, audience=client.id)
        if claims.get("nonce") != nonce:
            raise CredentialRefused("This sign-in belongs to another browser; sign in again.")
        return claims

    async def _checked(self, token: str, *, audience: str) -> dict[str, Any]:
        if len(token) > LARGEST_TOKEN:
            raise CredentialRefused("This token is larger than any identity provider makes them.")
        header = _header(token)
        for key in await self._keys_for(header):
            try:
                claims = jwt.decode(token, key, algorithms=list(ALGORITHMS)).claims
            except (JoseError, ValueError, TypeError):
                continue
            self._check_claims(claims, audience)
            return dict(claims)
        raise CredentialRefused("This token is not signed by a key of the identity provider.")

    def _check_claims(self, claims: dict[str, Any], audience: str) -> None:
        registry = JWTClaimsRegistry(
            now=int(self._clock.now().timestamp()),
            leeway=LEEWAY,
            iss={"essential": True, "value": self.options.issuer},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
        )
        try:
            registry.validate(claims)
        except ExpiredTokenError:
            raise CredentialRefused("This token has expired; get a new one from the identity provider.") from None
        except ClaimError as error:
            raise CredentialRefused(_wrong_claim(error.claim, self.options.issuer, audience)) from None

    async def _keys_for(self, header: Mapping[str, Any]) -> list[PublicKey]:
        """Those of the token's key id; all, when it names none."""
        await self._refresh_if_old()
        wanted = header.get("kid")
        if wanted is not None and wanted not in self._known.keys:
            await self._refresh(at_most_every=REFRESH_AT_MOST_EVERY)
        if wanted is None:
            return [key for several in self._known.keys.values() for key in several]
        return self._known.keys.get(wanted, []) if isinstance(wanted, str) else []

    async def _refresh_if_old(self) -> None:
        if self._known.at is None:
            await self._refresh(at_most_every=PAUSE_WHEN_AWAY)
            if self._known.away is not None:
                raise self._known.away
        elif self._now() - self._known.at >= KEYS_LAST:
            await self._refresh(at_most_every=REFRESH_AT_MOST_EVERY)

    async def _refresh(self, *, at_most_every: float) -> None:
        """One at a time. What went wrong is kept in `away`; what was known before stays."""
        async with self._turn:
            tried = self._known.tried_at
            if tried is not None and self._now() - tried < at_most_every:
                return
            self._known.tried_at = self._now()
            try:
                self._known.metadata = await self._discover()
                self._known.keys = _by_id(await self._asked("GET", self._endpoint("jwks_uri")))
            except ProviderAway as error:
                self._known.away = error
                log.warning("identity_provider_away", reason=error.reason)
            else:
                self._known.at, self._known.away = self._now(), None

    async def _discover(self) -> dict[str, Any]:
        metadata = await self._asked("GET", self.options.issuer.rstrip("/") + DISCOVERY)
        if metadata.get("issuer") != self.options.issuer:
            raise ProviderAway(f"it calls itself {metadata.get('issuer')!r}, and auth.oidc.issuer says otherwise")
        return metadata

    def _endpoint(self, name: str) -> str:
        address = self._known.metadata.get(name)
        if not isinstance(address, str) or not is_private_enough(address):
            raise ProviderAway(f"its description has no usable {name}")
        return address

    async def _asked(self, method: str, address: str, *, form: Mapping[str, str] | None = None) -> dict[str, Any]:
        """An answer that is a JSON object. Neither form nor answer is logged."""
        try:
            answer = await self._http.request(method, address, data=form, headers={"Accept": "application/json"})
        except httpx.HTTPError as error:
            raise ProviderAway(f"{urlsplit(address).netloc} does not answer ({type(error).__name__})") from None
        body = _object(answer.content)
        if form is not None and answer.status_code in {400, 401, 403}:
            raise CredentialRefused("The identity provider did not accept this sign-in; sign in again.")
        if answer.status_code != 200 or body is None:
            raise ProviderAway(f"{urlsplit(address).netloc} answered {answer.status_code} without what was asked for")
        return body


def _object(content: bytes) -> dict[str, Any] | None:
    try:
        body = json.loads(content) if len(content) <= LARGEST_ANSWER else None
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def is_private_enough(address: str) -> bool:
    """TLS, or this machine itself."""
    place = urlsplit(address)
    if place.scheme == "https":
        return bool(place.hostname)
    return place.scheme == "http" and _is_loopback(place.hostname or "")


def _is_loopback(name: str) -> bool:
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def _header(token: str) -> dict[str, Any]:
    """What the token says about itself, before anything is proven. Raises CredentialRefused."""
    try:
        header = jws.extract_compact(token.encode()).headers()
    except (JoseError, ValueError, TypeError):
        raise CredentialRefused("This is neither an API key nor a token of the identity provider.") from None
    if header.get("alg") not in ALGORITHMS:
        raise CredentialRefused("This token is signed in a way that is not taken here.")
    return dict(header)


def _by_id(key_set: Mapping[str, Any]) -> dict[str | None, list[PublicKey]]:
    """The public keys for signatures; what cannot be read or is for something else is left out."""
    found: dict[str | None, list[PublicKey]] = {}
    listed = key_set.get("keys")
    for each in listed if isinstance(listed, list) else []:
        if not isinstance(each, dict) or each.get("use", "sig") != "sig" or each.get("kty") not in {"RSA", "EC", "OKP"}:
            continue
        try:
            key = JWKRegistry.import_key(each)
        except (JoseError, ValueError, TypeError, KeyError):
            continue
        if isinstance(key, RSAKey | ECKey | OKPKey):
            found.setdefault(each.get("kid"), []).append(key)
    return found


def _wrong_claim(claim: str, issuer: str, audience: str) -> str:
    match claim:
        case "iss":
            return f"This token comes from another issuer than {issuer}."
        case "aud":
            return f"This token is not made for {audience}."
        case "nbf" | "iat":
            return "This token is not valid yet; compare the clocks."
        case _:
            return f"This token's {claim} is missing or wrong."
