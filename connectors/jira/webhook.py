"""Deliveries of Jira's webhooks, Cloud and Data Center: is it signed, and which issues does it name?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from joserfc.jwt import JWTClaimsRegistry
from msgspec import Struct

from connectors.deliveries import Delivery, DeliveryUnreadable, is_id, same, signature

SIGNATURE: Final = "x-hub-signature"
IDENTIFIER: Final = "x-atlassian-webhook-identifier"  # unique, and the same on retries
LONGEST_IDENTIFIER: Final = 200
LONGEST_TOKEN: Final = 8192
LEEWAY: Final = timedelta(minutes=10)  # as far as clocks may be apart; a token replayed so late is a hint at most
ISSUE_DELETED: Final = "jira:issue_deleted"
REFERENCE_EVENTS: Final = ("sprint_", "jira:version_", "project_", "board_", "issuetype_")

_METHOD: Final = "sha256="
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ISSUE_OF_COMMENT: Final = re.compile(r"/issue/(\d{1,20})/comment/")

_Number = str | int | None  # REST says "10000", webhooks of links and projects say 10000


class _Project(Struct, frozen=True):
    id: _Number = None


class _Fields(Struct, frozen=True):
    project: _Project | None = None


class _Issue(Struct, frozen=True):
    id: _Number = None
    fields: _Fields | None = None


class _Comment(Struct, frozen=True):
    address: str | None = msgspec.field(name="self", default=None)


class _Worklog(Struct, frozen=True):
    issue: _Number = msgspec.field(name="issueId", default=None)


class _Link(Struct, frozen=True):
    source: _Number = msgspec.field(name="sourceIssueId", default=None)
    destination: _Number = msgspec.field(name="destinationIssueId", default=None)


class _Body(Struct, frozen=True):
    event: str = msgspec.field(name="webhookEvent")
    timestamp: int | float | None = None  # milliseconds
    issue: _Issue | None = None
    comment: _Comment | None = None
    worklog: _Worklog | None = None
    link: _Link | None = msgspec.field(name="issueLink", default=None)


def is_signed(body: bytes, headers: Mapping[str, str], secret: str) -> bool:
    """Whether `X-Hub-Signature` proves the body. `headers` are looked up by lower-case names."""
    return same(headers.get(SIGNATURE, ""), _METHOD + signature(body, secret))


def bears_token(headers: Mapping[str, str], client_secret: str, *, now: datetime) -> bool:
    """Whether an app's delivery proves itself: a token that Jira signed with the app's secret, and that is not old.

    The algorithm is fixed, so a token cannot choose to be unsigned. It does not cover the body: only ids are taken.
    """
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not 0 < len(token) <= LONGEST_TOKEN:
        return False
    registry = JWTClaimsRegistry(
        now=int(now.timestamp()), leeway=int(LEEWAY.total_seconds()), exp={"essential": True}, iat={"essential": True}
    )
    try:
        registry.validate(jwt.decode(token, OctKey.import_key(client_secret), algorithms=["HS256"]).claims)
    except (JoseError, ValueError, TypeError):
        return False
    return True


def read_delivery(body: bytes, headers: Mapping[str, str]) -> Delivery:
    """Raises DeliveryUnreadable."""
    try:
        said = msgspec.json.decode(body, type=_Body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DeliveryUnreadable(f"The body is no Jira delivery: {error}") from None
    ids = tuple(dict.fromkeys(_ids(said)))
    identifier = headers.get(IDENTIFIER, "").strip()
    return Delivery(
        event=said.event[:100],
        id=identifier if 0 < len(identifier) <= LONGEST_IDENTIFIER else None,
        native_ids=ids,
        deleted_ids=ids if said.event == ISSUE_DELETED else (),
        scope_id=_project(said),
        reference_changed=said.event.startswith(REFERENCE_EVENTS),
        occurred_at=_moment(said.timestamp),
    )


def _ids(said: _Body) -> Iterator[str]:
    """The issue itself; a Data Center names that of a comment in the comment's address alone."""
    named = [said.issue and said.issue.id, said.worklog and said.worklog.issue]
    if said.link is not None:
        named += [said.link.source, said.link.destination]
    if said.comment is not None and said.comment.address:
        found = _ISSUE_OF_COMMENT.search(said.comment.address)
        named.append(found and found[1])
    yield from (_checked(str(each)) for each in named if each is not None)


def _checked(native_id: str) -> str:
    if not is_id(native_id):
        raise DeliveryUnreadable("The body names an issue by something that is no id.")
    return native_id


def _project(said: _Body) -> str | None:
    fields = said.issue.fields if said.issue is not None else None
    project = fields.project if fields is not None else None
    return str(project.id) if project is not None and project.id is not None and is_id(str(project.id)) else None


def _moment(milliseconds: float | None) -> datetime | None:
    if milliseconds is not None:
        with suppress(OverflowError, ValueError):  # a number that no calendar has
            return _EPOCH + timedelta(milliseconds=milliseconds)
    return None
