"""How much of the time from begun to done an item was worked on, by the statuses it stood in and its flags."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple


class Stay(NamedTuple):
    """From a moment on; `value` is the status that was entered, or whether the item was flagged."""

    since: datetime
    value: str


def active_seconds(
    statuses: Sequence[Stay], flags: Sequence[Stay], *, began: datetime, ended: datetime, active: Collection[str]
) -> float | None:
    """Seconds in one of the `active` statuses (folded names) and not flagged; None where the history does not say.

    Both ascend, and the first status was entered no later than `began`. A flag's value is "" where it was taken off.
    """
    if not statuses or statuses[0].since > began:
        return None
    cuts = sorted({began, ended, *(stay.since for stay in (*statuses, *flags) if began < stay.since < ended)})
    return sum(
        (until - since).total_seconds()
        for since, until in pairwise(cuts)
        if _at(statuses, since).casefold() in active and not _at(flags, since)
    )


def _at(stays: Iterable[Stay], moment: datetime) -> str:
    """The value that held at a moment."""
    held = ""
    for stay in stays:
        if stay.since > moment:
            break
        held = stay.value
    return held
