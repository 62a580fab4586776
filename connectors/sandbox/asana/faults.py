"""Faults as Asana words them; those that every server has (a reset, half a body) are in `connectors.sandbox.faults`."""

from __future__ import annotations

from connectors.sandbox.asana.refusals import STALE_SYNC, TOO_MANY, UNPAID, error_body
from connectors.sandbox.faults import FOREVER, Fault

PHRASE = "6 sad squid snuggle softly"


def throttled(path: str, *, retry_after: int | None = 1, times: int = 1, after: int = 0) -> Fault:
    """429, asking to wait so many seconds, or not saying how long."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return Fault(path, status=429, headers=headers, body=error_body(TOO_MANY), times=times, after=after)


def failing(path: str, *, status: int = 500, times: int = 1, after: int = 0) -> Fault:
    """A server error, with the phrase that support asks for."""
    body = error_body("Server Error", phrase=PHRASE)
    return Fault(path, status=status, body=body, times=times, after=after)


def unauthorized(path: str, *, times: int = FOREVER, after: int = 0) -> Fault:
    """401, for instance in the middle of a run."""
    return Fault(path, status=401, body=error_body("Not Authorized"), times=times, after=after)


def unpaid(path: str, *, times: int = FOREVER, after: int = 0) -> Fault:
    """402 for whatever is asked there."""
    return Fault(path, status=402, body=error_body(UNPAID), times=times, after=after)


def expired_offset(path: str, *, times: int = 1, after: int = 0) -> Fault:
    """400 for a page whose offset is too old."""
    body = error_body("offset: Your pagination token has expired.")
    return Fault(path, status=400, body=body, times=times, after=after)


def lost_position(*, sync: str, times: int = 1, after: int = 0) -> Fault:
    """412 from `/events` before a day is over, as under load; `sync` is the token to go on with."""
    return Fault("/events", status=412, body=error_body(STALE_SYNC, sync=sync), times=times, after=after)
