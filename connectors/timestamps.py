"""Moments and days as tools write them: parsed once, at the border. Moments become aware UTC, days stay days.

Nothing here guesses a zone: a moment without an offset is unreadable, and a day is never moved through UTC.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache

from connectors.errors import PayloadUnreadable

MILLISECONDS_FROM = 1e11  # as seconds this is the year 5138; every real moment in ms since 1973 is larger
DAY_LENGTH = len("2026-03-31")


def parse_moment(value: object, *, what: str) -> datetime:
    """Aware UTC, from ISO 8601 with any offset (`+0000`, `+02:00`, `Z`) or from epoch seconds or milliseconds.

    Raises PayloadUnreadable(what, value) for anything else, a moment without an offset included.
    """
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            return moment if moment.tzinfo is UTC else _in_utc(moment)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return _from_epoch(value)
    except (ValueError, OverflowError, OSError) as error:
        raise PayloadUnreadable(what, value) from error
    raise PayloadUnreadable(what, value)


def parse_optional_moment(value: object, *, what: str) -> datetime | None:
    """As `parse_moment`; null and the empty text mean that the tool did not say."""
    return None if value is None or value == "" else parse_moment(value, what=what)


def parse_day(value: object, *, what: str) -> date:
    """A calendar day, from `YYYY-MM-DD`; of a longer text (`2026-03-31T00:00…`) the day as it was written."""
    try:
        if isinstance(value, str):
            return _day(value)
    except ValueError as error:
        raise PayloadUnreadable(what, value) from error
    raise PayloadUnreadable(what, value)


def parse_optional_day(value: object, *, what: str) -> date | None:
    """As `parse_day`; null and the empty text mean that the tool did not say."""
    return None if value is None or value == "" else parse_day(value, what=what)


@lru_cache(maxsize=4096)  # eleven years of days; a tracker names the same few again and again
def _day(text: str) -> date:
    if text[4:5] == text[7:8] == "-" and text[DAY_LENGTH : DAY_LENGTH + 1] in "T ":
        return date.fromisoformat(text[:DAY_LENGTH])
    raise ValueError("a day is YYYY-MM-DD")


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment needs an offset")
    return moment.astimezone(UTC)


def _from_epoch(number: float) -> datetime:
    seconds = number / 1000 if abs(number) >= MILLISECONDS_FROM else number
    return datetime.fromtimestamp(seconds, UTC)
