"""What can go wrong between Interlock and a tool. Each error says who, what, and what to do next.

SourceError
├── SourceMisconfigured      our request or the config is wrong (400, 410, 412, 422)
├── AuthenticationFailed     401, anonymous answers, a login page: stops the source
├── PermissionDenied         403: stops the scope
├── ScopeGone                a project that can no longer be seen: stops the scope
├── SourceThrottled          429, or 503 with Retry-After: wait and retry
├── SourceUnavailable        5xx, timeouts, broken connections: retry
├── ListingBroken            paging that cannot be trusted (repeated token, no end): stops the scope
└── PayloadUnreadable        one record cannot be understood: rejected, the run goes on
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.allowance import Allowance


class SourceError(Exception):
    """`source` is the configured name; `code` is stable and is what a run stores beside the message."""

    code = "source_error"

    def __init__(self, source: str, message: str) -> None:
        self.source = source
        self.message = message
        super().__init__(f"{source}: {message}")


class SourceMisconfigured(SourceError):
    code = "source_misconfigured"


class AuthenticationFailed(SourceError):
    """`status` is 401 where the tool refused the credential itself; a renewed one may then be taken."""

    code = "authentication_failed"

    def __init__(self, source: str, message: str, *, status: int | None = None) -> None:
        self.status = status
        super().__init__(source, message)


class PermissionDenied(SourceError):
    code = "permission_denied"


class ScopeGone(SourceError):
    code = "scope_gone"

    def __init__(self, source: str, scope: str) -> None:
        self.scope = scope
        super().__init__(source, f"Project {scope} is no longer visible to {source}; check the browse permission.")


class SourceThrottled(SourceError):
    """`retry_after` is what the tool asked for, exactly; None when it did not say.

    `allowance` is what it said of its limits. `is_spent`: nothing is answered before the allowance returns, however
    few requests are made at a time.
    """

    code = "throttled"

    def __init__(
        self,
        source: str,
        message: str,
        *,
        retry_after: timedelta | None = None,
        reason: str | None = None,
        allowance: Allowance | None = None,
        is_spent: bool = False,
    ) -> None:
        self.retry_after = retry_after
        self.reason = reason
        self.allowance = allowance
        self.is_spent = is_spent
        super().__init__(source, message)


class SourceUnavailable(SourceError):
    """`status` is the HTTP status, or None when no answer arrived."""

    code = "unavailable"

    def __init__(self, source: str, message: str, *, status: int | None = None) -> None:
        self.status = status
        super().__init__(source, message)


class ListingBroken(SourceError):
    code = "listing_broken"


class PayloadUnreadable(Exception):
    """`what` names the field, `value` shows (at most 80 characters of) what stood there."""

    code = "payload_unreadable"

    def __init__(self, what: str, value: object) -> None:
        self.what = what
        self.value = value
        super().__init__(f"{what}: cannot read {str(value)[:80]!r}")
