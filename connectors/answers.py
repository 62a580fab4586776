"""What a tool's HTTP answer means: the clock it carries, how long it asks us to wait, and the error it stands for.

Pure, and shared by both ways of asking (our HTTP client and the vendor SDKs), so that one status has one policy.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

import msgspec

from connectors.allowance import Allowance, read_allowance
from connectors.errors import (
    AuthenticationFailed,
    PermissionDenied,
    SourceError,
    SourceMisconfigured,
    SourceThrottled,
    SourceUnavailable,
)

Headers = Mapping[str, str]  # looked up without regard to case
Shape = TypeVar("Shape")

LONGEST_TEXT = 300  # characters of a vendor's message in ours
QUOTA_PAUSE = timedelta(minutes=1)  # for a spent quota that does not say when it returns
TOO_HEAVY = frozenset({413, 500, 504})
SCOPE_MISSING = "scope does not match"  # Atlassian's gateway says so with 401, though the token itself is good
POLICY: Mapping[int, tuple[type[SourceError], str]] = {
    401: (AuthenticationFailed, "check the user and the token, which may have expired."),
    402: (SourceMisconfigured, "the account's plan does not include it."),
    403: (PermissionDenied, "check the account's permissions."),
    404: (SourceMisconfigured, "it does not exist or the account may not see it; check the url."),
    410: (SourceMisconfigured, "the tool has removed this call; update Interlock."),
}
UNEXPECTED = (SourceMisconfigured, "the request or the configuration is wrong.")
LOGIN_WORDS = re.compile(r"log-?in|sign-?in|sso|saml|oauth|auth", re.IGNORECASE)


class AnswerTooHeavy(SourceUnavailable):
    """The answer broke under its own weight (500, 504, timed out, cut off): asking for less may help."""


class Answer(msgspec.Struct, frozen=True):
    """One answer worth reading. `call` is "GET /path", for messages; `server_time` is aware UTC."""

    call: str
    status: int
    headers: Headers
    body: bytes

    @property
    def server_time(self) -> datetime | None:
        return server_time(self.headers)


def decode(source: str, answer: Answer, shape: type[Shape]) -> Shape:
    """The body in `shape`. Broken JSON is a cut-off answer and may be retried; a wrong shape is our fault."""
    try:
        decoder: msgspec.json.Decoder[Shape] = _decoder(cast(Hashable, shape))
        return decoder.decode(answer.body)
    except msgspec.ValidationError as error:
        message = f"{answer.call} answered in a shape that is not expected ({error}); check the url and the kind."
        raise SourceMisconfigured(source, message) from None
    except msgspec.DecodeError as error:
        raise AnswerTooHeavy(
            source, f"{answer.call} answered with broken JSON ({error}).", status=answer.status
        ) from None


@lru_cache(maxsize=64)
def _decoder(shape: Hashable) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(cast(type[Any], shape))


def server_time(headers: Headers) -> datetime | None:
    """The Date header as aware UTC; None when it is absent or unreadable."""
    return _http_date(headers.get("date", ""))


def retry_after(headers: Headers, *, now: datetime | None = None) -> timedelta | None:
    """How long the tool asks us to wait: seconds, or a date relative to its own clock (`now` only if it sent none).

    Zero is what a token bucket says while it is not empty, so zero means "did not say".
    """
    text = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d+(\.\d+)?", text):
        pause = timedelta(seconds=float(text))
    elif (until := _http_date(text)) is not None:
        pause = until - (server_time(headers) or now or datetime.now(UTC))
    else:
        return None
    return pause if pause > timedelta(0) else None


def refusal(  # noqa: PLR0911 - one line per policy reads better than a nest
    source: str, answer: Answer, *, secrets: Iterable[str] = ()
) -> SourceError | None:
    """The error an answer stands for, or None when it can be read. `secrets` never appear in the message."""
    status = answer.status
    if 200 <= status < 300:
        return _login_page(source, answer.call) if _is_html(answer.headers) else None
    if 300 <= status < 400:
        return _redirected(source, answer)
    said = f"{answer.call} answered {status}{hidden(_vendor_text(answer), secrets)}".rstrip(".")
    if status == 429 or (status == 503 and retry_after(answer.headers) is not None):
        return _throttled(source, answer, said)
    if status in TOO_HEAVY:
        return AnswerTooHeavy(source, f"{said}.", status=status)
    if status >= 500 or status in {408, 425}:
        return SourceUnavailable(source, f"{said}.", status=status)
    if status == 401 and SCOPE_MISSING in said:
        return PermissionDenied(source, f"{said}; give the app the scope that this call needs, and authorise again.")
    if status == 403 and (reason := _denied_reason(answer.headers)):
        return AuthenticationFailed(source, f"{said} ({reason}); log in once in a browser.")
    kind, advice = POLICY.get(status, UNEXPECTED)
    if kind is AuthenticationFailed:
        return AuthenticationFailed(source, f"{said}; {advice}", status=status)
    return kind(source, f"{said}; {advice}")


def _throttled(source: str, answer: Answer, said: str) -> SourceThrottled:
    """What it asks for is obeyed; a spent allowance that does not say so returns at its reset."""
    reason = answer.headers.get("ratelimit-reason")
    allowance = read_allowance(answer.headers)
    pause, is_spent = retry_after(answer.headers), is_quota(reason)
    if pause is None and (is_spent or (reason is None and allowance is not None and allowance.remaining == 0)):
        pause = _until_reset(answer.headers, allowance) or (QUOTA_PAUSE if is_spent else None)
        is_spent = pause is not None
    why = f" ({reason})" if reason else ""
    return SourceThrottled(
        source, f"{said}{why}.", retry_after=pause, reason=reason, allowance=allowance, is_spent=is_spent
    )


def is_quota(reason: str | None) -> bool:
    """A spent allowance, as opposed to a burst: nothing of this source will be answered until it returns."""
    return reason is not None and "quota" in reason


def _until_reset(headers: Headers, allowance: Allowance | None) -> timedelta | None:
    """By the tool's own clock: ours may differ."""
    now, until = server_time(headers), allowance.resets_at if allowance else None
    return until - now if now is not None and until is not None and until > now else None


def _http_date(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except (TypeError, ValueError):
        return None


def _is_html(headers: Headers) -> bool:
    return "html" in headers.get("content-type", "").lower()


def _login_page(source: str, call: str) -> AuthenticationFailed:
    return AuthenticationFailed(
        source, f"{call} answered with a web page, most likely a login page; check the url and the credential."
    )


def _redirected(source: str, answer: Answer) -> SourceError:
    """No redirect is followed: the credential would travel with it."""
    target = answer.headers.get("location", "")
    place = urlsplit(target)
    shown = f"{place.scheme}://{place.netloc}{place.path}" if place.netloc else place.path
    if LOGIN_WORDS.search(place.path) or LOGIN_WORDS.search(place.netloc):
        return AuthenticationFailed(
            source, f"{answer.call} redirects to {shown}, most likely a login page; check the credential."
        )
    return SourceMisconfigured(source, f"{answer.call} redirects to {shown}; put the tool's final address into url.")


def _denied_reason(headers: Headers) -> str:
    """Jira names a locked login (CAPTCHA) and a failed one in headers of a 403."""
    denied = headers.get("x-authentication-denied-reason", "")
    login = headers.get("x-seraph-loginreason", "")
    return (denied or (login if "AUTHENTICATED_FAILED" in login else "")).split(";")[0][:80]


def _vendor_text(answer: Answer) -> str:
    """`: what the vendor said`, from any of the error bodies the tools use; empty when there is none."""
    if not answer.body or _is_html(answer.headers):
        return ""
    try:
        content = msgspec.json.decode(answer.body[:100_000])
    except msgspec.DecodeError:
        return ""
    said = " ".join(_messages(content))
    return f": {said[:LONGEST_TEXT]}" if said else ""


def _messages(content: object) -> Iterable[str]:
    if not isinstance(content, dict):
        return
    for name in ("errorMessages", "errorMessage", "message"):
        value = content.get(name)
        yield from [str(each) for each in value] if isinstance(value, list) else [str(value)] if value else []
    errors = content.get("errors")
    if isinstance(errors, dict):
        yield from (f"{name}: {value}" for name, value in errors.items())
    elif isinstance(errors, list):
        yield from (_worded(each) for each in errors if isinstance(each, dict) and each.get("message"))


def _worded(error: Mapping[str, object]) -> str:
    """With the phrase by which Asana's support finds a server error in its logs."""
    phrase = error.get("phrase")
    return f"{error['message']} ({phrase})" if phrase else str(error["message"])


def hidden(text: str, secrets: Iterable[str]) -> str:
    """The text with each secret starred out."""
    for secret in secrets:
        text = text.replace(secret, "***") if secret else text
    return text
