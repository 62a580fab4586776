"""The standing of a program's work, computed once for each network that is kept."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from service.domain.health import Health, Measure, Part, Rule, health_of, rolled_up
from service.programs.cache import Beside
from service.programs.dependency_network import Known
from service.programs.dependency_terms import Viewpoint
from service.programs.flow import work_in_progress
from service.programs.health_measures import Standing, verdicts_of
from service.programs.health_terms import HealthTerms
from service.programs.lives import lives_of
from service.programs.networks import network_of
from service.programs.schedules import plan_in_thread
from service.store.engine import Database
from service.store.open_work import open_work


@dataclass(frozen=True, eq=False)
class Measured:
    """What follows from the work itself: its standing, what the rules measure in it, its parts."""

    standing: Standing
    measures: tuple[Measure, ...]
    parts: tuple[Part, ...]

    def health(self, further: tuple[Measure, ...]) -> Health:
        """With what else was measured: forecast, baseline, scope."""
        terms = self.standing.terms
        verdicts = verdicts_of([*self.measures, *further], terms)
        whole = rolled_up(self.parts, terms.limits[Rule.PARTS])
        return health_of((*verdicts, whole), finished=self.standing.is_finished, parts=self.parts)


async def standing_of(database: Database, key: str, view: Viewpoint, terms: HealthTerms) -> tuple[Known, Measured]:
    """Raises UnknownProgram."""
    known = await network_of(database, key, view)
    network = known.network
    found = _measured.get(network)
    if found is None or found.standing.terms.seal != terms.seal:
        plan = await plan_in_thread(network)
        lives = (await lives_of(database, key, view)).lives
        async with database.reading() as uow:
            touched = await open_work(uow.connection, key, further_types=terms.risk_types)
        found = await asyncio.to_thread(
            lambda: _measure(Standing.of(plan, open_work=touched, aged=work_in_progress(lives, view), terms=terms))
        )
        _measured.put(network, found)
    return known, found


def _measure(standing: Standing) -> Measured:
    return Measured(standing, standing.measures(), standing.parts())


_measured: Beside[Measured] = Beside("measured")
