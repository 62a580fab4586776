"""An identity provider in memory, keys made in one word, and time that a test moves."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from service.auth.claims import ClaimRules
from service.auth.keys import NewKey, create_key
from service.auth.oidc import Client, IdentityProvider, OidcOptions
from service.clock import Clock, FixedClock
from service.domain.access import Scope
from service.store.engine import Database
from tests.connectors.time import FakeTime
from tests.programs.portfolio import NOW

ISSUER = "https://id.acme.example/realms/acme"
AUDIENCE = "interlock"
GROUPS = {Scope.READ: ("engineering",), Scope.SYNC: ("leads",), Scope.ADMIN: ("operators",)}
CLIENT = Client("interlock-web", "cl1ent-s3cret")


async def a_key(
    database: Database,
    name: str = "ci",
    scope: Scope = Scope.READ,
    *,
    programs: tuple[str, ...] = (),
    expires: timedelta | None = None,
) -> NewKey:
    return await create_key(
        database, name, scope=scope, programs=programs, expires=expires, actor="pat", origin="terminal", now=NOW
    )


def bearer(token: str | NewKey) -> dict[str, str]:
    return {"Authorization": f"Bearer {token.token if isinstance(token, NewKey) else token}"}


class Provider:
    """Answers as an OpenID Connect provider does. `asked` holds the paths; `away` makes it silent."""

    def __init__(self) -> None:
        self.key: ECKey | RSAKey = ECKey.generate_key("P-256", {"kid": "first", "use": "sig"})
        self.published: list[Any] = [self.key]
        self.asked: list[str] = []
        self.away = False
        self.metadata: dict[str, Any] = {
            "issuer": ISSUER,
            "jwks_uri": f"{ISSUER}/keys",
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
        }
        self.redeemed: list[dict[str, str]] = []
        self.id_token: str | None = None

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/realms/acme")
        self.asked.append(path)
        if self.away:
            raise httpx.ConnectError("no route")
        match path:
            case "/.well-known/openid-configuration":
                return httpx.Response(200, json=self.metadata)
            case "/keys":
                return httpx.Response(200, json={"keys": [key.as_dict(private=False) for key in self.published]})
            case "/token":
                form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
                self.redeemed.append(form)
                if self.id_token is None:
                    return httpx.Response(400, json={"error": "invalid_grant"})
                return httpx.Response(200, json={"id_token": self.id_token, "token_type": "Bearer"})
        return httpx.Response(404)

    def token(self, *, key: Any = None, header: Mapping[str, Any] | None = None, **claims: Any) -> str:
        """Good for five minutes unless `claims` say otherwise; a claim that is None is left out."""
        at = int(NOW.timestamp())
        said = {"iss": ISSUER, "aud": AUDIENCE, "sub": "u-1", "email": "pat@acme.example", "iat": at, "exp": at + 300}
        said |= {"groups": ["engineering"]} | claims
        signed_with = key or self.key
        algorithm = "RS256" if isinstance(signed_with, RSAKey) else "ES256"
        head = {"alg": algorithm, "kid": signed_with.kid} | dict(header or {})
        return jwt.encode(
            {name: value for name, value in head.items() if value is not None},
            {name: value for name, value in said.items() if value is not None},
            signed_with,
            algorithms=["ES256", "RS256", "HS256"],
        )


def connected(
    provider: Provider,
    *,
    clock: Clock | None = None,
    time: FakeTime | None = None,
    client: Client | None = None,
    programs_claim: str | None = None,
) -> IdentityProvider:
    rules = ClaimRules(GROUPS, programs_claim=programs_claim)
    return IdentityProvider(
        OidcOptions(ISSUER, AUDIENCE, rules, client),
        clock=clock or FixedClock(NOW),
        transport=httpx.MockTransport(provider.answer),
        now=(time or FakeTime()).now,
    )


def without_signature(token: str) -> str:
    """The same claims with the header {"alg": "none"}."""
    return f"{_part({'alg': 'none', 'typ': 'JWT'})}.{token.split('.')[1]}."


def confused(token: str, public_pem: bytes) -> str:
    """The same claims, signed with HS256 and the text of the public key, which everybody has."""
    signed = f"{_part({'alg': 'HS256', 'kid': 'first'})}.{token.split('.')[1]}"
    seal = hmac.new(public_pem, signed.encode(), sha256).digest()
    return f"{signed}.{urlsafe_b64encode(seal).rstrip(b'=').decode()}"


def _part(header: Mapping[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
