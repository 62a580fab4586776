"""What is computed from a network of dependencies is forgotten with it."""

from __future__ import annotations

import gc
from weakref import ref

from service.programs.dependency_network import KEPT
from service.programs.health_standing import standing_of
from service.programs.health_terms import HealthTerms
from service.programs.networks import network_of
from service.programs.schedule_risk import risk_in_thread
from service.programs.schedules import plan_in_thread
from service.store.engine import Database
from tests.programs.history import a_program_with_a_past
from tests.programs.portfolio import KEY, TODAY
from tests.programs.waiting import view


async def test_plans_simulations_and_measures_are_kept_as_long_as_their_network_and_no_longer(
    sqlite_database: Database,
) -> None:
    await a_program_with_a_past(sqlite_database)
    network = (await network_of(sqlite_database, KEY, view())).network
    plan = await plan_in_thread(network)
    risk = await risk_in_thread(plan)
    assert await plan_in_thread(network) is plan
    assert await risk_in_thread(plan) is risk
    known, measured = await standing_of(sqlite_database, KEY, view(), HealthTerms())
    assert known.network is network
    seen: list[ref[object]] = [ref(network), ref(plan), ref(risk)]

    del network, plan, risk, known, measured
    for days in range(1, KEPT + 1):
        later = view(today=TODAY.replace(day=TODAY.day + days))
        await network_of(sqlite_database, KEY, later)
    gc.collect()

    assert [each() for each in seen] == [None, None, None]
