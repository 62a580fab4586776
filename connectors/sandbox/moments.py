"""The moments a query names: minute-precise text in the caller's zone, or distances from the server's clock."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from connectors.sandbox.jql import Function, JqlError, Operand

RELATIVE = re.compile(r"([+-]?)((?:\d+[wdhm]\s*)+)", re.IGNORECASE)
LITERAL = re.compile(r"(\d{4})([-/])(\d{1,2})\2(\d{1,2})(?: (\d{1,2}):(\d{2}))?")
UNITS = {"w": timedelta(weeks=1), "d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}


@dataclass(frozen=True, slots=True)
class Now:
    """The server's time (aware), the zone of the caller's profile, and whether bare epoch milliseconds are read."""

    at: datetime
    zone: ZoneInfo
    epochs: bool


def moment_of(operand: Operand, field: str, now: Now) -> float:
    """Epoch seconds of a literal or a function. Raises JqlError as Jira words it."""
    if isinstance(operand, Function):
        return _function(operand, now).timestamp()
    text = operand.text
    if match := RELATIVE.fullmatch(text):
        return (now.at + _distance(match)).timestamp()
    if match := LITERAL.fullmatch(text):
        year, _, month, day, hour, minute = match.groups()
        try:
            local = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), tzinfo=now.zone)
        except ValueError:
            raise _unreadable(text, field) from None
        return local.timestamp()
    if now.epochs and not operand.quoted and text.isdigit():
        return int(text) / 1000
    raise _unreadable(text, field)


def _function(function: Function, now: Now) -> datetime:
    name, offset = function.name.lower(), timedelta(0)
    if function.arguments:
        match = RELATIVE.fullmatch(function.arguments[0])
        if match is None:
            raise JqlError(f"The argument '{function.arguments[0]}' of the function '{function.name}' is not valid.")
        offset = _distance(match)
    if name == "now":
        return now.at
    if name == "startofday":
        return (now.at.astimezone(now.zone) + offset).replace(hour=0, minute=0, second=0, microsecond=0)
    raise JqlError(f"Unable to find JQL function '{function.name}({', '.join(function.arguments)})'.")


def _distance(match: re.Match[str]) -> timedelta:
    steps = re.findall(r"(\d+)([wdhm])", match[2], re.IGNORECASE)
    length = sum((int(number) * UNITS[unit.lower()] for number, unit in steps), timedelta(0))
    return -length if match[1] == "-" else length


def _unreadable(text: str, field: str) -> JqlError:
    return JqlError(
        f"Date value '{text}' for field '{field}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', "
        "'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'."
    )
