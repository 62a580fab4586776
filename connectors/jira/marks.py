"""What a listing shows of an issue, as one text: while it stays equal, the issue is as it was stored."""

from __future__ import annotations

from datetime import datetime

from msgspec import to_builtins


def mark_of(updated: datetime) -> str:
    """The time of change, however the listing and the issue write its zone."""
    text: str = to_builtins(updated)
    return text
