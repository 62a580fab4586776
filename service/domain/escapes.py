"""Defects by the release that they affect: how many of them were found in the ninety days after it (definitions §4).

A young release has not been watched for all of these days: what comes later is missing, and `days_observed` says how
much of it was seen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from service.domain.flow import Window
from service.domain.forecast import Interval, wilson
from service.domain.lives import ItemLife
from service.domain.status import StatusCategory
from service.domain.steadiness import FEW_DEFECTS

WATCHED = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Release:
    """A version that was released, and on which day."""

    source: str
    native_id: str
    name: str
    day: date


@dataclass(frozen=True, slots=True)
class Cohort:
    """`found` are all defects that affect the release, `escaped` those found within 90 days of it; 95 % interval
    (Wilson)."""

    release: Release
    escaped: int
    found: int
    days_observed: int

    @property
    def value(self) -> float:
        return self.escaped / self.found

    @property
    def interval(self) -> Interval:
        return wilson(self.value, self.found)

    @property
    def complete(self) -> bool:
        """Whether it was watched for all of its 90 days."""
        return self.days_observed == WATCHED.days

    @property
    def small_sample(self) -> bool:
        return self.found < FEW_DEFECTS


def cohorts(lives: Iterable[ItemLife], releases: Sequence[Release], window: Window) -> tuple[Cohort, ...]:
    """Of the releases that were watched on any day since the window began and that a defect affects, newest first.

    Duplicates and what nobody would fix are cancelled, and no defects; one that affects several stands in each.
    """
    affecting: defaultdict[tuple[str, str], list[date]] = defaultdict(list)
    for life in lives:
        if life.escaped is not None and life.category is not StatusCategory.CANCELLED:
            for each in life.affects:
                affecting[life.source, each].append(life.created_on)
    watched = [each for each in releases if each.day <= window.today and window.first <= each.day + WATCHED]
    affected = ((each, affecting.get((each.source, each.native_id))) for each in watched)
    told = [_cohort(each, found, window.today) for each, found in affected if found]
    return tuple(sorted(told, key=lambda each: (-each.release.day.toordinal(), each.release.source, each.release.name)))


def _cohort(release: Release, found: Sequence[date], today: date) -> Cohort:
    escaped = sum(release.day <= day <= release.day + WATCHED for day in found)
    return Cohort(release, escaped, len(found), min((today - release.day).days, WATCHED.days))
