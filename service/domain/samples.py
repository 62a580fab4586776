"""Observed numbers and their percentiles by nearest rank: always a value that was seen, never one between two."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean

SMALL_SAMPLE = 11  # fewer tell little about a percentile


@dataclass(frozen=True, slots=True)
class Sample:
    """`values` ascend."""

    values: tuple[int, ...]

    @classmethod
    def of(cls, values: Iterable[int]) -> Sample:
        return cls(tuple(sorted(values)))

    @property
    def n(self) -> int:
        return len(self.values)

    @property
    def small(self) -> bool:
        return self.n < SMALL_SAMPLE

    @property
    def mean(self) -> float | None:
        return fmean(self.values) if self.values else None

    def percentile(self, percent: int) -> int | None:
        """The smallest value that at least so many of a hundred do not exceed; None of nothing."""
        if not self.values:
            return None
        return self.values[max(0, -(-percent * self.n // 100) - 1)]
