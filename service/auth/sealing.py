"""Secrets that a vendor issues are stored sealed: unreadable without INTERLOCK_SECRET_KEY, and changed by nobody."""

from __future__ import annotations

import hashlib
import hmac

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

_HOW = {"alg": "dir", "enc": "A256GCM"}
WEBHOOKS = b"interlock: secrets of webhooks"  # each purpose has a key of its own, and so has signing sessions
GRANTS = b"interlock: oauth grants"


class SealBroken(Exception):
    """It was sealed with another key, or is damaged."""


class Sealer:
    def __init__(self, secret_key: str, *, purpose: bytes = WEBHOOKS) -> None:
        derived = hmac.new(secret_key.encode(), purpose, hashlib.sha256).digest()
        self._key = OctKey.import_key(derived)

    def __repr__(self) -> str:
        return "Sealer(***)"

    def seal(self, secret: str) -> str:
        return jwe.encrypt_compact(dict(_HOW), secret.encode(), self._key)

    def unseal(self, sealed: str) -> str:
        """Raises SealBroken."""
        try:
            plaintext = jwe.decrypt_compact(sealed, self._key).plaintext
        except (JoseError, ValueError) as error:
            raise SealBroken from error
        if plaintext is None:
            raise SealBroken
        return plaintext.decode()
