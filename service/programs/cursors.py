"""Opaque cursors for keyset paging: where the last page ended, said in a way that clients only hand back."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode

import msgspec

from service.domain.errors import InvalidQuery

DEFAULT_LIMIT = 100
MAX_LIMIT = 1_000
LARGEST_NUMBER = 2**31 - 1


def write_cursor(list_name: str, *place: str) -> str:
    """`list_name` keeps a cursor of one list from being used in another."""
    return urlsafe_b64encode(msgspec.json.encode([list_name, *place])).decode().rstrip("=")


def read_cursor(list_name: str, cursor: str | None, *, parts: int) -> tuple[str, ...] | None:
    """The place that write_cursor was given; None without a cursor. Raises InvalidQuery."""
    if cursor is None:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        words = msgspec.json.decode(urlsafe_b64decode(padded.encode("ascii")), type=list[str])
    except (ValueError, msgspec.MsgspecError):  # not base64, not text, not JSON
        words = []
    if len(words) != parts + 1 or words[0] != list_name:
        raise InvalidQuery("cursor", "this is no cursor of this list; start again without one.")
    return tuple(words[1:])


def read_number(text: str) -> int:
    """A part of a cursor that is a number both databases can compare with. Raises InvalidQuery."""
    if not (text.isascii() and text.removeprefix("-").isdecimal()) or abs(int(text)) > LARGEST_NUMBER:
        raise InvalidQuery("cursor", "this is no cursor of this list; start again without one.")
    return int(text)


def checked_limit(limit: int) -> int:
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidQuery("limit", f"must be between 1 and {MAX_LIMIT}, not {limit}.")
    return limit
