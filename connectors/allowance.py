"""What a tool says of its own limits in the headers of an answer. Pure.

Jira Cloud tells X-RateLimit-Limit, -Remaining, -Reset and -NearLimit. Twins that begin with Beta tell of limits not
enforced yet: they are shown and slow nothing. Asana tells nothing before it answers 429.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from msgspec import Struct


class Allowance(Struct, frozen=True):
    """So much of `limit` `remaining` until `resets_at` (aware UTC). `is_near_its_end`: the tool asks for moderation."""

    limit: int | None = None
    remaining: int | None = None
    resets_at: datetime | None = None
    is_near_its_end: bool = False


def read_allowance(headers: Mapping[str, str]) -> Allowance | None:
    """None where the answer says nothing of limits."""
    return _read(headers, "x-ratelimit-", enforced=True) or _read(headers, "x-beta-ratelimit-", enforced=False)


def _read(headers: Mapping[str, str], prefix: str, *, enforced: bool) -> Allowance | None:
    found = Allowance(
        limit=_number(headers.get(f"{prefix}limit")),
        remaining=_number(headers.get(f"{prefix}remaining")) if enforced else None,
        resets_at=_moment(headers.get(f"{prefix}reset", "")),
        is_near_its_end=enforced and headers.get(f"{prefix}nearlimit", "").strip().casefold() == "true",
    )
    return None if found == Allowance() else found


def _number(text: str | None) -> int | None:
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() else None


def _moment(text: str) -> datetime | None:
    """ISO 8601, with or without seconds; without a zone it would be a guess."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return None if moment.tzinfo is None else moment.astimezone(UTC)
