"""How often deliveries usually come, and so when their silence is worth a look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

LOOKED_BACK: Final = timedelta(days=14)  # two weekends, so that one of them is no surprise
LEAST_HOURS: Final = 10  # of activity, over
LEAST_DAYS: Final = timedelta(days=3)  # before anything is called usual
MORE_THAN_USUAL: Final = 1.5
NEVER_BELOW: Final = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Silence:
    """`lasts` since the last delivery; `usual` is the longest pause of the last two weeks, None while unknown."""

    lasts: timedelta
    usual: timedelta | None

    @property
    def unusual(self) -> bool:
        return self.usual is not None and self.lasts > max(self.usual * MORE_THAN_USUAL, NEVER_BELOW)


def silence(hours: Sequence[datetime], *, last: datetime | None, now: datetime) -> Silence | None:
    """`hours` are those in which something came, ascending; `last` is when. None when nothing ever did."""
    if last is None:
        return None
    known = [hour for hour in hours if hour <= last]
    settled = len(known) >= LEAST_HOURS and known[-1] - known[0] >= LEAST_DAYS
    usual = max(later - earlier for earlier, later in pairwise(known)) if settled else None
    return Silence(max(timedelta(0), now - last), usual)
