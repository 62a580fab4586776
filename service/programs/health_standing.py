"""The standing of a program's work, computed once for each network that is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.health import Health, Measure, Part, Rule, health_of, rolled_up
from service.domain.network import NetworkItem, Presence
from service.domain.notices import Notice
from service.domain.status import StatusCategory
from service.programs.cache import Beside
from service.programs.dependency_network import Known
from service.programs.dependency_terms import Viewpoint
from service.programs.flow import work_in_progress
from service.programs.health_measures import Standing, verdicts_of
from service.programs.health_terms import HealthTerms
from service.programs.lives import Lives
from service.programs.lives_then import LIVES_OF_TODAY, lives_at, then_at
from service.programs.networks import network_of
from service.programs.schedules import plan_in_thread
from service.store.engine import Database
from service.store.open_work import OpenItem, open_work, open_work_then

TOUCHED_BY_CHANGES: Final = Notice(
    "touched_by_changes", "When work was last touched then is told by its changes; comments of then do not count."
)


@dataclass(frozen=True, eq=False)
class Measured:
    """What follows from the work itself: its standing, what the rules measure in it, its parts, and what to doubt."""

    standing: Standing
    measures: tuple[Measure, ...]
    parts: tuple[Part, ...]
    notices: tuple[Notice, ...] = ()

    def health(self, further: tuple[Measure, ...]) -> Health:
        """With what else was measured: forecast, baseline, scope."""
        terms = self.standing.terms
        verdicts = verdicts_of([*self.measures, *further], terms)
        whole = rolled_up(self.parts, terms.limits[Rule.PARTS])
        return health_of((*verdicts, whole), finished=self.standing.is_finished, parts=self.parts)


async def standing_of(database: Database, key: str, view: Viewpoint, terms: HealthTerms) -> tuple[Known, Measured]:
    """As of the view's moment. Raises UnknownProgram, and InvalidQuery for a moment before anything was there."""
    known = await network_of(database, key, view)
    network = known.network
    found = _measured.get(network)
    if found is None or found.standing.terms.seal != terms.seal:
        plan = await plan_in_thread(network)
        lives = await lives_at(database, key, view)
        async with database.reading() as uow:
            touched = await _open_work(uow.connection, known, terms)
        aged = await asyncio.to_thread(work_in_progress, lives, view)
        standing = await asyncio.to_thread(
            Standing.of, plan, open_work=touched, aged=aged, terms=terms, done_on=_done_on(lives, view)
        )
        found = await asyncio.to_thread(_measure, standing, tuple(_doubts(view, touched.values())))
        _measured.put(network, found)
    return known, found


async def _open_work(connection: AsyncConnection, known: Known, terms: HealthTerms) -> dict[str, OpenItem]:
    network, as_of = known.network, known.view.as_of
    if as_of is None:
        return await open_work(connection, network.program.key, further_types=terms.risk_types)
    types = {each.lower() for each in terms.risk_types}
    wanted = {item.uid for item in network.network.items if _is_asked(item, types)}
    return await open_work_then(connection, wanted, as_of)


def _is_asked(item: NetworkItem, further_types: Collection[str]) -> bool:
    """As `open_work` chooses."""
    begun = item.status_category is StatusCategory.IN_PROGRESS
    further = item.status_category is StatusCategory.TO_DO and item.item_type.lower() in further_types
    return item.member and item.presence is Presence.LIVE and (begun or further)


def _done_on(lives: Lives, view: Viewpoint) -> dict[str, date] | None:
    """What was done then, and again since, has lost its day in the item; its life keeps it."""
    if then_at(view) is None:
        return None
    return {life.uid: life.done_on for life in lives.every if life.done_on is not None}


def _doubts(view: Viewpoint, touched: Iterable[OpenItem]) -> Iterator[Notice]:
    if then_at(view) is not None:
        yield LIVES_OF_TODAY
    if any(each.by_changes for each in touched):
        yield TOUCHED_BY_CHANGES


def _measure(standing: Standing, notices: tuple[Notice, ...]) -> Measured:
    return Measured(standing, standing.measures(), standing.parts(), notices)


_measured: Beside[Measured] = Beside("measured")
