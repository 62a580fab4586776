"""What can be made to go wrong on the way: refusals, gateways, broken bodies and connections, lying pages.

A fault waits in `SandboxOptions.faults` for requests whose path contains `path`, lets `after` of them pass, and
then strikes `times` of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from enum import Enum

from connectors.sandbox.calls import Answer

LOGIN_PAGE = b"<!DOCTYPE html><html><head><title>Log in</title></head><body><form>Log in to Jira</form></body></html>"
FOREVER = 1_000_000_000


class Act(Enum):
    """What a fault does; the last two alter the paging of an answer that is otherwise right."""

    ANSWER = "answer"
    TRUNCATE = "truncate"
    RESET = "reset"
    REPEAT_TOKEN = "repeat_token"  # noqa: S105  a way to fail, not a secret
    OMIT_TOKEN = "omit_token"  # noqa: S105


@dataclass(slots=True)
class Fault:
    """`above`: strike only requests for more rows than that."""

    path: str
    act: Act = Act.ANSWER
    status: int = 500
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    content_type: str = "application/json;charset=UTF-8"
    times: int = 1
    after: int = 0
    above: int | None = None

    def strikes(self, path: str, size: int) -> bool:
        """Whether this request is struck; counts it down."""
        if self.path not in path or self.times <= 0 or (self.above is not None and size <= self.above):
            return False
        if self.after > 0:
            self.after -= 1
            return False
        self.times -= 1
        return True

    @property
    def answer(self) -> Answer:
        return Answer(self.status, self.body, dict(self.headers), self.content_type)


def throttled(
    path: str,
    *,
    retry_after: int | datetime | None = None,
    reason: str | None = None,
    times: int = 1,
    after: int = 0,
    status: int = 429,
) -> Fault:
    """429 (or 503), asking to wait for seconds, until a moment, or without saying how long."""
    headers: dict[str, str] = {}
    if isinstance(retry_after, datetime):
        headers["Retry-After"] = format_datetime(retry_after, usegmt=True)
    elif retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    if reason:
        headers["RateLimit-Reason"] = reason
    body = b'{"errorMessages":["Rate limit exceeded."],"errors":{}}'
    return Fault(path, status=status, headers=headers, body=body, times=times, after=after)


def failing(path: str, *, status: int = 503, times: int = 1, after: int = 0) -> Fault:
    """A server or gateway that has no JSON to give."""
    page = f"<html><body><h1>{status}</h1></body></html>".encode()
    return Fault(path, status=status, body=page, content_type="text/html", times=times, after=after)


def too_large(path: str, *, above: int, times: int = FOREVER) -> Fault:
    """504 for every page of more than `above` rows."""
    page = b"<html><body><h1>504 Gateway Time-out</h1></body></html>"
    return Fault(path, status=504, body=page, content_type="text/html", above=above, times=times)


def unauthorized(path: str, *, times: int = FOREVER, after: int = 0) -> Fault:
    """401, for instance in the middle of a run."""
    body = b'{"errorMessages":["Client must be authenticated to access this resource."],"errors":{}}'
    return Fault(path, status=401, body=body, times=times, after=after)


def login_page(path: str, *, times: int = 1, after: int = 0) -> Fault:
    """200, and a page for people, as a proxy with single sign-on gives it."""
    return Fault(path, status=200, body=LOGIN_PAGE, content_type="text/html", times=times, after=after)


def truncated(path: str, *, times: int = 1, after: int = 0) -> Fault:
    """Headers that promise the whole body, then half of it and a closed connection."""
    return Fault(path, act=Act.TRUNCATE, times=times, after=after)


def reset(path: str, *, times: int = 1, after: int = 0) -> Fault:
    """A connection cut before any answer."""
    return Fault(path, act=Act.RESET, times=times, after=after)


def repeated_token(path: str = "/search/jql", *, times: int = 1, after: int = 0) -> Fault:
    """A page that hands out the token it was asked with."""
    return Fault(path, act=Act.REPEAT_TOKEN, times=times, after=after)


def missing_token(path: str = "/search/jql", *, times: int = 1, after: int = 0) -> Fault:
    """A page that says there is more and not how to get it."""
    return Fault(path, act=Act.OMIT_TOKEN, times=times, after=after)
