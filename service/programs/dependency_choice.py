"""Which edges of a program somebody asks for, and in which order they are told: the worst first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from service.domain.calendars import NO_DAY
from service.domain.columns import Places
from service.domain.dependencies import DependencyStatus
from service.domain.dependency_status import STATUSES
from service.domain.edges import Edge, Provenance
from service.domain.errors import one_of
from service.domain.network import NetworkItem
from service.programs.dependency_network import ProgramNetwork

WORST_FIRST: Final = (
    *(each for each in DependencyStatus if each is not DependencyStatus.RESOLVED),
    DependencyStatus.RESOLVED,
)
_RANK: Final = np.array([WORST_FIRST.index(status) for status in STATUSES], np.int64)

Rank = tuple[int, int, int, int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DependencyFilters:
    """All that are given must hold; of several values any will do. Names match in any case, and at either end.

    `project` is a key, a name or an id. Raises InvalidQuery for a status or provenance that does not exist.
    """

    status: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    project: tuple[str, ...] = ()
    team: tuple[str, ...] = ()
    provenance: tuple[str, ...] = ()
    cross_tool: bool | None = None
    cross_project: bool | None = None

    def __post_init__(self) -> None:
        for status in self.status:
            one_of(DependencyStatus, "status", status)
        for provenance in self.provenance:
            one_of(Provenance, "provenance", provenance)


def chosen(asked: ProgramNetwork, filters: DependencyFilters) -> Places:
    """The edges that fit, the worst first: by status, then the longest wait, the latest, and what drags most along."""
    places = _of_status(asked, filters.status)
    if filters != DependencyFilters(status=filters.status):
        fits = _Test.of(filters).fits
        places = np.array([place for place in places.tolist() if fits(asked, place)], np.int32)
    return _worst_first(asked, places)


def rank(asked: ProgramNetwork, edge: int) -> Rank:
    """The place of an edge in the order, whatever else stands there; by it a page knows where the last one ended."""
    assessment = asked.assessment
    gap, days = int(assessment.timing.gap[edge]), int(assessment.rungs.blocked_days[edge])
    return (
        int(_RANK[assessment.rungs.status[edge]]),
        -max(days, 0),
        _LATEST if gap == NO_DAY else gap,
        -int(assessment.downstream_items[edge]),
        asked.network.edges[edge].id,
    )


def crosses_tools(before: NetworkItem, after: NetworkItem) -> bool:
    return before.source != after.source


def crosses_projects(before: NetworkItem, after: NetworkItem) -> bool:
    """Between two projects, be they of one tool or of two. A stub does not say which project it is of."""
    if crosses_tools(before, after):
        return True
    return (before.project_id or _prefix(before)) != (after.project_id or _prefix(after))


_LATEST = 1 << 30  # where nobody knows how late it is


def _of_status(asked: ProgramNetwork, statuses: Sequence[str]) -> Places:
    if not statuses:
        return np.arange(len(asked.network.edges), dtype=np.int32)
    return asked.assessment.having(map(DependencyStatus, statuses))


def _worst_first(asked: ProgramNetwork, places: Places) -> Places:
    """By `rank`, all at once."""
    if not len(places):
        return places
    assessment = asked.assessment
    gap, days = assessment.timing.gap[places], assessment.rungs.blocked_days[places]
    order = np.lexsort(
        (
            asked.network.edge_order[places],
            -assessment.downstream_items[places],
            np.where(gap == NO_DAY, _LATEST, gap),
            -np.maximum(days, 0),
            _RANK[assessment.rungs.status[places]],
        )
    )
    ordered: Places = places[order]
    return ordered


@dataclass(frozen=True, slots=True)
class _Test:
    sources: frozenset[str]
    projects: frozenset[str]
    teams: frozenset[str]
    provenances: frozenset[str]
    cross_tool: bool | None
    cross_project: bool | None

    @classmethod
    def of(cls, filters: DependencyFilters) -> _Test:
        return cls(
            _folded(filters.source),
            _folded(filters.project),
            _folded(filters.team),
            frozenset(filters.provenance),
            filters.cross_tool,
            filters.cross_project,
        )

    def fits(self, asked: ProgramNetwork, place: int) -> bool:
        edge: Edge = asked.network.edges[place]
        ends = asked.network.ends(place)
        return (
            (not self.sources or any(end.source.casefold() in self.sources for end in ends))
            and (not self.projects or any(not self.projects.isdisjoint(_projects(asked, end)) for end in ends))
            and (not self.teams or any((end.team or "").casefold() in self.teams for end in ends))
            and (not self.provenances or edge.provenance in self.provenances)
            and self.cross_tool in (None, crosses_tools(*ends))
            and self.cross_project in (None, crosses_projects(*ends))
        )


def _projects(asked: ProgramNetwork, end: NetworkItem) -> frozenset[str]:
    named = asked.projects.get((end.source, end.project_id))
    return _folded((end.project_id, *(named or ())))


def _prefix(item: NetworkItem) -> str:
    """Of a Jira key; of anything else all of it, which is nobody's project."""
    return item.key.rpartition("-")[0] or item.uid


def _folded(values: Iterable[str]) -> frozenset[str]:
    return frozenset(value.casefold() for value in values)
