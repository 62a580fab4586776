"""What a browser carries after a sign-in: signed, short-lived, and only as good as the key it began with.

A session of a key names the key and nothing else, so that revoking the key ends it. A session of the identity
provider holds what the provider said; it cannot be withdrawn here and ends after `LIFETIME`.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from service.domain.access import Principal, PrincipalKind, Scope

LIFETIME: Final = timedelta(hours=12)
SIGN_IN_LIFETIME: Final = timedelta(minutes=10)  # from leaving for the identity provider to coming back
_ALGORITHM: Final = "HS256"


class Sessions:
    """Signs and reads. `secret` None: a random one, so that a restart signs everybody out."""

    def __init__(self, secret: str | None = None) -> None:
        seed = secrets.token_bytes(32) if secret is None else secret.encode()
        self._key = OctKey.import_key(sha256(b"interlock session" + seed).digest())

    def of(self, principal: Principal, *, now: datetime) -> str:
        return self.sign("session", _claims(principal), now=now, lifetime=LIFETIME)

    def sign(self, purpose: str, claims: Mapping[str, Any], *, now: datetime, lifetime: timedelta) -> str:
        """Text for a cookie. What was signed for one purpose is worth nothing for another."""
        timed = {**claims, "aud": purpose, "exp": int((now + lifetime).timestamp())}
        return jwt.encode({"alg": _ALGORITHM}, timed, self._key)

    def read(self, purpose: str, text: str, *, now: datetime) -> dict[str, Any] | None:
        """The claims, or None when it is not ours, for something else, changed or too old."""
        try:
            claims = jwt.decode(text, self._key, algorithms=[_ALGORITHM]).claims
        except (JoseError, ValueError):
            return None
        if claims.get("aud") != purpose or claims.get("exp", 0) <= now.timestamp():
            return None
        return dict(claims)


def provided(claims: Mapping[str, Any]) -> Principal | None:
    """The principal of a session that began at the identity provider; None for one of a key."""
    if "key" in claims:
        return None
    programs = claims["programs"]
    return Principal(
        claims["name"],
        PrincipalKind.OIDC,
        frozenset(Scope(each) for each in claims["scopes"]),
        None if programs is None else frozenset(programs),
    )


def _claims(principal: Principal) -> dict[str, Any]:
    if principal.key_id is not None:
        return {"key": principal.key_id}
    programs = None if principal.programs is None else sorted(principal.programs)
    return {"name": principal.name, "scopes": sorted(principal.scopes), "programs": programs}
