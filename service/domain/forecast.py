"""When the rest will be done, and how much will be done by a day: by drawing whole weeks from the team's own past.

Model A of docs/definitions.md, a throughput bootstrap. Time is counted in working days from now, so that holidays
stretch it where the caller turns days into dates. Pure and repeatable: the same question and seed, the same answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray

TRIALS = 10_000
HORIZON_WEEKS = 261  # five years; what takes longer is beyond what can be said
WORKING_DAYS = 5  # of a week
FEWEST_WEEKS = 4  # less is no history
FEW_WEEKS = 6  # less is a small sample
NEVER = np.iinfo(np.int32).max  # beyond the horizon

Days = NDArray[np.int32]
_PASTS = 200  # drawn from the past, to see how much hangs on these very weeks
_TRIALS_EACH = 100
_ROUNDING = 1e-9  # a whole number of days that floating point makes a hair more is that number


@dataclass(frozen=True, slots=True)
class Past:
    """Items finished in each complete week, and how many the scope grew by in the same week."""

    finished: tuple[int, ...]
    growth: tuple[int, ...] = ()  # net additions; none known: the scope stays as it is

    def __post_init__(self) -> None:
        if self.growth and len(self.growth) != len(self.finished):
            raise ValueError("growth and finished must tell of the same weeks")


@dataclass(frozen=True, slots=True)
class Distribution:
    """Working days until the rest is done, of every trial, ascending; NEVER where the horizon came first."""

    days: Days

    def percentile(self, share: float) -> int | None:
        """The fewest days within which at least `share` of the trials ended; None: not within the horizon."""
        place = max(0, ceil(share * len(self.days) - _ROUNDING) - 1)
        days = int(self.days[place])
        return None if days == NEVER else days

    def probability(self, days: int) -> float:
        """The share of trials that ended within so many working days."""
        return float(np.searchsorted(self.days, days, side="right")) / len(self.days)


@dataclass(frozen=True, slots=True)
class Interval:
    low: float
    high: float


def too_little(past: Past) -> str | None:
    """Why there is no forecast: insufficient_history or no_throughput; None when there can be one."""
    if len(past.finished) < FEWEST_WEEKS:
        return "insufficient_history"
    return None if any(past.finished) else "no_throughput"


def seed_of(program: str, as_of: str, definition_version: str) -> int:
    """The same question is always answered with the same numbers."""
    return int.from_bytes(sha256("\n".join((program, as_of, definition_version)).encode()).digest()[:8])


def when_done(
    remaining: int | tuple[int, int],
    past: Past,
    *,
    seed: int,
    trials: int = TRIALS,
    days_a_bucket: int = WORKING_DAYS,
    with_growth: bool = False,
) -> Distribution:
    """Each trial draws weeks with replacement until their sum reaches what remains.

    `remaining` may be a range, each trial then takes a number from it. The last week counts in part: as many of its
    days as its share needs, rounded up. With growth the scope grows by what the drawn week added, never shrinks.
    Raises ValueError where `too_little` names a reason.
    """
    if (reason := too_little(past)) is not None:
        raise ValueError(reason)
    random = np.random.default_rng(seed)
    low, high = remaining if isinstance(remaining, tuple) else (remaining, remaining)
    rest = random.integers(low, high, size=trials, endpoint=True, dtype=np.int32)
    finished = np.asarray(past.finished, dtype=np.int32)
    growth = np.asarray(past.growth or (0,) * len(finished), dtype=np.int32).clip(min=0)
    net = finished - growth if with_growth else finished
    weeks = _Weeks(finished[None, :], net[None, :], np.zeros(trials, dtype=np.int32))
    return Distribution(np.sort(_run(random, rest, weeks, days_a_bucket)))


@dataclass(frozen=True, slots=True)
class _Weeks:
    """Histories to draw from, one a row, and from which of them each trial draws."""

    finished: NDArray[np.int32]
    net: NDArray[np.int32]
    history: NDArray[np.int32]


def _run(random: np.random.Generator, rest: Days, weeks: _Weeks, days_a_bucket: int) -> Days:
    """Working days of each trial, in the order of the trials. One that has ended is not drawn for any further."""
    days = np.where(rest <= 0, 0, NEVER).astype(np.int32)
    going = np.flatnonzero(rest > 0)
    left = rest[going]
    seen = weeks.finished.shape[1]
    drawn_as = np.uint8 if seen <= np.iinfo(np.uint8).max else np.int32  # bytes are drawn several times as fast
    row = weeks.history[going] * np.int32(seen)
    finished, net = weeks.finished.ravel(), weeks.net.ravel()
    for week in range(HORIZON_WEEKS):
        if not going.size:
            break
        drawn = row + random.integers(0, seen, size=going.size, dtype=drawn_as)
        done = finished.take(drawn)
        ends = (left <= done) & (done > 0)
        left_over = left - net.take(drawn)
        if ends.any():
            share = -(-days_a_bucket * left[ends] // done[ends])
            days[going[ends]] = week * days_a_bucket + share
            stays = ~ends
            going, row, left_over = going[stays], row[stays], left_over[stays]
        left = left_over
    return days


def exactly_when(remaining: int, past: Past, *, days_a_bucket: int = WORKING_DAYS, until: int) -> NDArray[np.float64]:
    """P(done within d working days) for d = 0 … `until`, without growth: the law that the trials estimate.

    By convolution: the probability that the first k weeks leave s open, then what share of the next week s needs.
    """
    chance = np.zeros(until + 1)
    weights = np.bincount(past.finished) / len(past.finished)
    open_after = np.zeros(remaining + 1)
    open_after[remaining] = 1.0  # by what is still open
    for week in range(ceil(until / days_a_bucket)):
        following = np.zeros(remaining + 1)
        for finished, weight in enumerate(weights):
            if weight == 0:
                continue
            following[1 : remaining + 1 - finished] += (
                weight * open_after[1 + finished :] if finished < remaining else 0
            )
            for still in range(1, min(finished, remaining) + 1):
                day = week * days_a_bucket + max(1, ceil(days_a_bucket * still / finished - _ROUNDING))
                if day <= until:
                    chance[day] += weight * open_after[still]
        open_after = following
    if remaining == 0:
        chance[0] = 1.0
    return np.minimum(np.cumsum(chance), 1.0)  # sums of many small shares end a hair beyond


def how_many(past: Past, *, days: int, seed: int, trials: int = TRIALS, days_a_bucket: int = WORKING_DAYS) -> Days:
    """Items finished within so many working days, of every trial, ascending. A part of a week counts in part."""
    random = np.random.default_rng(seed)
    weeks, rest = divmod(days, days_a_bucket)
    finished = np.asarray(past.finished, dtype=np.int64)
    sums = finished[random.integers(0, len(finished), size=(trials, weeks))].sum(axis=1)
    if rest:
        sums = sums + finished[random.integers(0, len(finished), size=trials)] * rest // days_a_bucket
    return np.sort(sums).astype(np.int32)


def at_least(sums: Days, share: float) -> int:
    """The most items that at least `share` of the trials reach."""
    return int(sums[len(sums) - max(1, ceil(share * len(sums) - _ROUNDING))])


def spread(remaining: int, past: Past, *, seed: int, share: float = 0.85) -> tuple[int | None, int | None]:
    """How far the percentile moves when other weeks of the same kind had been seen: its 10 % and 90 % points.

    Bootstraps the history itself, 200 pasts of 100 trials each; with six to twelve weeks it is wide.
    """
    random = np.random.default_rng(seed)
    finished = np.asarray(past.finished, dtype=np.int32)
    pasts = finished[random.integers(0, len(finished), size=(_PASTS, len(finished)))]
    weeks = _Weeks(pasts, pasts, np.repeat(np.arange(_PASTS, dtype=np.int32), _TRIALS_EACH))
    days = _run(random, np.full(_PASTS * _TRIALS_EACH, remaining, np.int32), weeks, WORKING_DAYS)
    percentiles = np.sort(days.reshape(_PASTS, _TRIALS_EACH), axis=1)[:, ceil(share * _TRIALS_EACH) - 1]
    low, *_, high = np.sort(percentiles)[_PASTS // 10 : _PASTS - _PASTS // 10].tolist()
    return (None if low == NEVER else low), (None if high == NEVER else high)


def wilson(share: float, trials: int, *, z: float = 1.959964) -> Interval:
    """The 95 % interval of a share (Wilson 1927)."""
    centre = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z * sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials)) / (1 + z * z / trials)
    return Interval(max(0.0, centre - half), min(1.0, centre + half))
