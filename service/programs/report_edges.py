"""Who waits for whom, as a report tells it: the worst few of the confirmed edges that are in trouble."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from service.domain.dependencies import DependencyStatus
from service.programs.answers import Answer
from service.programs.dependency_answers import EdgeData
from service.programs.dependency_choice import DependencyFilters, chosen, crosses_projects
from service.programs.dependency_faces import edges_shown, health_data
from service.programs.dependency_network import ProgramNetwork
from service.programs.dependency_terms import Viewpoint
from service.programs.links import Links
from service.programs.networks import network_of
from service.programs.report_answers import ReportDependencies
from service.store.engine import Database

TROUBLE: Final = ("cyclic", "broken", "blocked", "off_track", "at_risk")


class Waiting(NamedTuple):
    """`worst` are the worst edges of the program, be they listed in the part or not."""

    part: ReportDependencies
    worst: Sequence[EdgeData]


async def worst_edges(database: Database, key: str, *, view: Viewpoint, across: bool, shown: int) -> Answer[Waiting]:
    """The worst `shown`; `across`: of those that leave the program. Raises UnknownProgram."""
    known = await network_of(database, key, view)
    asked = known.network
    confirmed = asked.network.edge.confirmed
    chosen_ones = chosen(asked, DependencyFilters(status=TROUBLE)).tolist()
    every = _each_circle_once(asked, (place for place in chosen_ones if confirmed[place]))
    wanted = [place for place in every if _leaves(asked, place)] if across else every
    async with database.reading() as uow:
        listed = await edges_shown(uow.connection, known, wanted[:shown])
        worst = await edges_shown(uow.connection, known, every[:shown]) if across else listed
    health = health_data(asked)
    part = ReportDependencies(
        score=health.score,
        reason=health.reason,
        counts=health.counts,
        cycles=len(health.cycles),
        across=across,
        edges=listed,
        total=len(wanted),
        more=Links.of(key, view).to("dependencies", status=",".join(TROUBLE)),
    )
    return known.answer(Waiting(part, worst))


def _leaves(asked: ProgramNetwork, place: int) -> bool:
    """Whether one end is not in the program, and not merely left out of it by a rule: it is of another project."""
    before, after = asked.network.ends(place)
    return not (before.member and after.member) and crosses_projects(before, after)


def _each_circle_once(asked: ProgramNetwork, places: Iterable[int]) -> list[int]:
    """Every edge of a circle says the same: the first of each stands for all."""
    circle = {uid: number for number, cycle in enumerate(asked.assessment.cycles) for uid in cycle}
    seen: set[int] = set()
    kept: list[int] = []
    for place in places:
        number = circle.get(asked.network.edges[place].successor_uid)
        cyclic = number is not None and asked.assessment.status(place) is DependencyStatus.CYCLIC
        if number is None or not cyclic or number not in seen:
            kept.append(place)
        if number is not None and cyclic:
            seen.add(number)
    return kept
