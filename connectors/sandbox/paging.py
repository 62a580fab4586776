"""Both ways a list is cut into pages: by offset, and by tokens that remember the query they belong to."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

import msgspec

from connectors.sandbox.calls import Call, Json, Refusal


def page_bean(call: Call, rows: list[Any], *, at_most: int = 50, default: int = 50, total: bool = True) -> Json:
    """{startAt, maxResults, total?, isLast, values}; the server lowers what is asked to `at_most`."""
    start, size = call.number("startAt", 0), min(call.number("maxResults", default), at_most)
    page: Json = {"maxResults": size, "startAt": start, "isLast": start + size >= len(rows)}
    if total:
        page["total"] = len(rows)
    return page | {"values": rows[start : start + size]}


def make_token(query: str, position: list[Any], *, at: datetime) -> str:
    """Opaque to callers: where the page ended, which query it was, and when."""
    inner = {"q": crc32(query.encode()), "p": position, "t": at.timestamp()}
    return urlsafe_b64encode(msgspec.json.encode(inner)).decode()


def read_token(token: str, query: str, *, at: datetime, life: timedelta) -> list[Any]:
    """The position, or a refusal: a token is good for its own query and for a limited time."""
    try:
        inner = msgspec.json.decode(urlsafe_b64decode(token.encode()))
        query_of, position, born = inner["q"], inner["p"], inner["t"]
    except (ValueError, KeyError, TypeError, msgspec.DecodeError):
        raise Refusal(400, "The provided next page token is invalid.") from None
    if query_of != crc32(query.encode()):
        raise Refusal(400, "The provided next page token does not belong to this query.")
    if at.timestamp() - born > life.total_seconds():
        raise Refusal(400, "The provided next page token has expired.")
    return list(position)
