"""What can go wrong when somebody proves who they are.

InterlockError
├── CredentialRefused     a key, token or sign-in that is not valid (any more)
├── TooManyFailures       this address failed too often just now
├── ProviderAway          the identity provider cannot be asked
├── UnknownKey            no live key has this name
└── KeyRefused            a key cannot be made like that
"""

from __future__ import annotations

from service.domain.errors import InterlockError


class CredentialRefused(InterlockError):
    """The message never repeats the credential."""

    code = "credential_refused"


class TooManyFailures(InterlockError):
    code = "too_many_failures"

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(f"Too many failed sign-ins came from this address; try again in {seconds} seconds.")


class ProviderAway(InterlockError):
    code = "provider_away"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"The identity provider cannot be asked: {reason}.")


class UnknownKey(InterlockError):
    code = "unknown_key"

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no key {name} to revoke; `interlock keys list` shows them.")


class KeyRefused(InterlockError):
    code = "key_refused"
