"""Lists in pages of up to a hundred rows, each followed by an opaque offset that does not live long."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from typing import TypeVar
from urllib.parse import urlencode
from zlib import crc32

import msgspec

from connectors.sandbox.asana.options import AsanaOptions
from connectors.sandbox.asana.refusals import TOO_LARGE, bad_request
from connectors.sandbox.calls import Call, Json

Row = TypeVar("Row")
MOST_ROWS = 100
UNPAGED = {"limit", "offset", "opt_fields", "opt_pretty"}
EXPIRED = "offset: Your pagination token has expired."
FOREIGN = "offset: Your pagination token is invalid."


def page_of(rows: Sequence[Row], call: Call, options: AsanaOptions, *, born: int) -> tuple[list[Row], Json | None]:
    """The rows of one page and its `next_page`. `born`: how many requests the server has seen."""
    size = limit_of(call.query)
    start = _start(call, options, born) if call.query.get("offset") else 0
    if size is None:
        if len(rows) > options.page_by_default:
            raise bad_request(TOO_LARGE)
        return list(rows), None
    if options.truncate_after is not None and len(rows) > options.truncate_after:
        rows = rows[: options.truncate_after]
        if start + size >= len(rows):
            raise bad_request("The result set was truncated. Ask for fewer rows, for instance section by section.")
    end = start + size
    following = _next_page(call, end, options, born) if end < len(rows) else None
    return list(rows[start:end]), following


def limit_of(query: Mapping[str, str]) -> int | None:
    """Rows per page, 1 to 100; None when the request does not say."""
    text = query.get("limit")
    if text is None:
        return None
    if not text.isdigit() or not 1 <= int(text) <= MOST_ROWS:
        raise bad_request(f"limit: Must be between 1 and {MOST_ROWS}, not {text}")
    return int(text)


def listing_of(call: Call) -> str:
    """Which listing it is, whatever page and fields of it are asked."""
    filters = sorted((name, value) for name, value in call.query.items() if name not in UNPAGED)
    return f"{call.path}?{urlencode(filters)}"


def _start(call: Call, options: AsanaOptions, born: int) -> int:
    """Where an offset points: only in the listing it came from, and only for a while."""
    try:
        inner = msgspec.json.decode(urlsafe_b64decode(call.query["offset"].encode()), type=tuple[int, int, float, int])
    except (ValueError, msgspec.MsgspecError):
        raise bad_request(FOREIGN) from None
    listing, start, moment, request = inner
    if listing != crc32(listing_of(call).encode()):
        raise bad_request(FOREIGN)
    too_old = options.clock().timestamp() - moment > options.offset_life.total_seconds()
    if too_old or (options.offset_requests is not None and born - request > options.offset_requests):
        raise bad_request(EXPIRED)
    return start


def _next_page(call: Call, start: int, options: AsanaOptions, born: int) -> Json:
    inner = [crc32(listing_of(call).encode()), start, options.clock().timestamp(), born]
    offset = urlsafe_b64encode(msgspec.json.encode(inner)).decode()
    path = f"{call.path.removeprefix('/api/1.0')}?{urlencode({**call.query, 'offset': offset})}"
    return {"offset": offset, "path": path, "uri": f"https://app.asana.com/api/1.0{path}"}
