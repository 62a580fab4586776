"""Answers about the dependencies of a program: the list with its health, cycles, the graph, who waits for whom."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from itertools import islice
from typing import Final

import numpy as np

from service.domain.dependencies import DependencyStatus
from service.domain.errors import InvalidQuery, one_of
from service.domain.network import NetworkItem
from service.programs.answers import Answer
from service.programs.cursors import DEFAULT_LIMIT, checked_limit, read_cursor, write_cursor
from service.programs.dependency_answers import (
    CycleData,
    CycleList,
    DependencyList,
    MatrixCell,
    MatrixData,
)
from service.programs.dependency_choice import WORST_FIRST, DependencyFilters, Rank, chosen, rank
from service.programs.dependency_faces import counts_data, edges_shown, ends_shown, health_data
from service.programs.dependency_network import ProgramNetwork
from service.programs.dependency_terms import Viewpoint
from service.programs.networks import network_of
from service.store.engine import Database

__all__ = [
    "DependencyFilters",
    "MatrixBy",
    "get_cycles",
    "get_matrix",
    "list_dependencies",
]

NO_FILTERS: Final = DependencyFilters()


class MatrixBy(StrEnum):
    """What the rows and columns of a matrix stand for."""

    TEAM = "team"
    PROJECT = "project"
    WORKSTREAM = "workstream"


async def list_dependencies(
    database: Database,
    key: str,
    *,
    view: Viewpoint,
    filters: DependencyFilters = NO_FILTERS,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> Answer[DependencyList]:
    """One page, the worst first. Raises UnknownProgram or InvalidQuery."""
    checked_limit(limit)
    after = _rank(read_cursor("dependencies", cursor, parts=5))
    known = await network_of(database, key, view)
    every = chosen(known.network, filters).tolist()
    rest = every if after is None else [place for place in every if rank(known.network, place) > after]
    page = rest[:limit]
    async with database.reading() as uow:
        shown = await edges_shown(uow.connection, known, page)
    following = None
    if len(rest) > limit:
        following = write_cursor("dependencies", *map(str, rank(known.network, page[-1])))
    data = DependencyList(shown, health_data(known.network), len(every), following)
    return known.answer(data)


async def get_cycles(
    database: Database,
    key: str,
    *,
    view: Viewpoint,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> Answer[CycleList]:
    """Each cycle once, from its smallest uid. Raises UnknownProgram or InvalidQuery."""
    checked_limit(limit)
    place = read_cursor("cycles", cursor, parts=1)
    known = await network_of(database, key, view)
    rest = [cycle for cycle in known.network.assessment.cycles if place is None or cycle[0] > place[0]]
    page = rest[:limit]
    network = known.network.network
    async with database.reading() as uow:
        inside = [network.items[network.place[uid]] for cycle in page for uid in cycle]
        ends = await ends_shown(uow.connection, known.network, inside)
    cycles = tuple(CycleData(tuple(ends[uid] for uid in cycle)) for cycle in page)
    following = write_cursor("cycles", page[-1][0]) if len(rest) > limit else None
    return known.answer(CycleList(cycles, following))


async def get_matrix(
    database: Database,
    key: str,
    *,
    view: Viewpoint,
    by: str = MatrixBy.TEAM,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> Answer[MatrixData]:
    """Who waits for whom, the worst first. Only confirmed edges. Raises UnknownProgram or InvalidQuery."""
    checked_limit(limit)
    rows = one_of(MatrixBy, "by", by)
    place = read_cursor("matrix", cursor, parts=1)
    known = await network_of(database, key, view)
    cells = _cells(known.network, _groups(known.network)[rows])
    start = _number(place[0]) if place else 0
    page = tuple(islice(cells, start, start + limit))
    following = write_cursor("matrix", str(start + limit)) if len(cells) > start + limit else None
    return known.answer(MatrixData(rows, page, following))


def _groups(asked: ProgramNetwork) -> Mapping[MatrixBy, Callable[[NetworkItem], str | None]]:
    return {
        MatrixBy.TEAM: lambda item: item.team,
        MatrixBy.PROJECT: asked.project,
        MatrixBy.WORKSTREAM: lambda item: item.workstream,
    }


def _cells(asked: ProgramNetwork, group: Callable[[NetworkItem], str | None]) -> list[MatrixCell]:
    counted: dict[tuple[str | None, str | None], Counter[DependencyStatus]] = defaultdict(Counter)
    for place in np.flatnonzero(asked.network.edge.confirmed).tolist():
        before, after = asked.network.ends(place)
        counted[group(after), group(before)][asked.assessment.status(place)] += 1
    cells = [_cell(waiting, awaited, counts) for (waiting, awaited), counts in counted.items()]
    return sorted(cells, key=_severity)


def _cell(waiting: str | None, awaited: str | None, counts: Counter[DependencyStatus]) -> MatrixCell:
    worst = min(counts, key=WORST_FIRST.index)
    return MatrixCell(waiting=waiting, awaited=awaited, edges=counts.total(), worst=worst, counts=counts_data(counts))


def _severity(cell: MatrixCell) -> tuple[int, int, str, str]:
    worst = DependencyStatus(cell.worst)
    return WORST_FIRST.index(worst), -getattr(cell.counts, worst), cell.waiting or "", cell.awaited or ""


def _rank(parts: Sequence[str] | None) -> Rank | None:
    if parts is None:
        return None
    *numbers, edge = parts
    status, waited, gap, dragged = map(_number, numbers)
    return status, waited, gap, dragged, edge


def _number(text: str) -> int:
    if not text.removeprefix("-").isdecimal():
        raise InvalidQuery("cursor", "this is no cursor of this list; start again without one.")
    return int(text)
