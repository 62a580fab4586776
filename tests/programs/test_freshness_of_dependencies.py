"""An answer about dependencies is kept only as long as nothing changed that it rests on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from connectors.items import Facet
from service.domain.dependency_status import DependencyRules
from service.programs.answers import Answer
from service.programs.bottlenecks import list_bottlenecks
from service.programs.dependencies import DependencyFilters, list_dependencies
from service.programs.dependency_answers import DependencyList
from service.programs.dependency_terms import DependencyTerms
from service.programs.graphs import get_graph
from service.programs.impact import get_impact
from service.programs.networks import network_of
from service.programs.schedules import get_critical_path
from service.programs.what_if import Change as PlanChange
from service.programs.what_if import simulate
from service.store.engine import Database
from service.store.tables.items import edge_decisions, item_stubs, links, work_items
from service.store.tables.programs import declared_dependencies, programs
from service.store.tables.reference import iterations, projects
from service.store.tables.sources import sources
from tests.builders.edges import insert_link, insert_pointer, insert_stub
from tests.builders.items import SOURCE, an_item
from tests.builders.planning import insert_sprint, plan_in
from tests.programs.portfolio import KEY, NOW, TODAY, add_members, change
from tests.programs.waiting import ASANA, OTHER, a_waiting_program, view

Change = Callable[[Database], Awaitable[None]]


async def answer(database: Database, *, today: date = TODAY) -> DependencyList:
    return (await list_dependencies(database, KEY, view=view(today=today))).data


async def a_member_changes(database: Database) -> None:
    await change(database, f"{SOURCE}:1", due=date(2026, 12, 24))


async def a_far_end_in_another_program_changes(database: Database) -> None:
    async with database.transaction() as uow:
        row = work_items.update().where(work_items.c.uid == f"{SOURCE}:20")
        await uow.connection.execute(row.values(status="Done", status_category="done", done_at=NOW))


async def a_far_end_in_no_program_gets_a_date(database: Database) -> None:
    async with database.transaction() as uow:
        row = work_items.update().where(work_items.c.uid == f"{ASANA}:1201")
        await uow.connection.execute(row.values(due=date(2027, 1, 8)))


async def a_far_end_is_deleted(database: Database) -> None:
    async with database.transaction() as uow:
        row = work_items.update().where(work_items.c.uid == f"{ASANA}:1201")
        await uow.connection.execute(row.values(tombstone="gone"))


async def a_declared_edge_changes(database: Database) -> None:
    async with database.transaction() as uow:
        await uow.connection.execute(update(declared_dependencies).values(lag_days=9))


async def a_link_ends(database: Database) -> None:
    async with database.transaction() as uow:
        await uow.connection.execute(links.delete().where(links.c.native_id == "105"))


async def a_link_is_drawn_from_elsewhere(database: Database) -> None:
    async with database.transaction() as uow:
        await insert_link(uow.connection, "900", f"{SOURCE}:20", f"{SOURCE}:9")


async def a_suggestion_is_confirmed(database: Database) -> None:
    async with database.transaction() as uow:
        decided = {"first_uid": f"{SOURCE}:12", "second_uid": f"{SOURCE}:9", "decision": "confirmed"}
        who = {"predecessor_uid": f"{SOURCE}:9", "decided_at": NOW, "decided_by": "pat"}
        await uow.connection.execute(edge_decisions.insert(), [decided | who])


async def a_sprint_is_prolonged(database: Database) -> None:
    async with database.transaction() as uow:
        await uow.connection.execute(update(iterations).values(end=datetime(2027, 2, 1, tzinfo=UTC)))


async def a_project_gets_another_name(database: Database) -> None:
    async with database.transaction() as uow:
        await uow.connection.execute(update(projects).where(projects.c.native_id == "2").values(key="BASKET"))


async def what_a_link_tells_of_an_unread_end_changes(database: Database) -> None:
    async with database.transaction() as uow:
        await uow.connection.execute(update(item_stubs).values(status="Done", status_category="done"))


@pytest.mark.parametrize(
    "happens",
    [
        a_member_changes,
        a_far_end_in_another_program_changes,
        a_far_end_in_no_program_gets_a_date,
        a_far_end_is_deleted,
        a_declared_edge_changes,
        a_link_ends,
        a_link_is_drawn_from_elsewhere,
        a_suggestion_is_confirmed,
        a_sprint_is_prolonged,
        a_project_gets_another_name,
        what_a_link_tells_of_an_unread_end_changes,
    ],
)
async def test_the_next_answer_knows_that(database: Database, happens: Change) -> None:
    await a_waiting_program(database)
    async with database.transaction() as uow:
        await insert_pointer(uow.connection, f"{SOURCE}:12", "https://acme-jira.example/browse/PAY-9")
        await insert_sprint(uow.connection, "7", NOW, NOW + timedelta(days=14), state="active")
        await plan_in(uow.connection, f"{SOURCE}:6", Facet.ITERATION, "7")
        await insert_stub(uow.connection, "77", "SEC-77")
        await insert_link(uow.connection, "901", f"{SOURCE}:77", f"{SOURCE}:4")
        await insert_link(uow.connection, "902", f"{SOURCE}:6", f"{SOURCE}:4")
    before = await answer(database)

    await happens(database)

    assert await answer(database) != before


async def test_the_day_turns(sqlite_database: Database) -> None:
    await a_waiting_program(sqlite_database)
    before = await answer(sqlite_database)

    assert await answer(sqlite_database, today=TODAY + timedelta(days=10)) != before


async def test_nothing_is_computed_anew_while_nothing_changes(database: Database) -> None:
    await a_waiting_program(database)

    first = await network_of(database, KEY, view())
    again = await network_of(database, KEY, view())
    strict = await network_of(database, KEY, view(terms=DependencyTerms(rules=DependencyRules(buffer_days=9))))

    assert again.network is first.network
    assert strict.network is not first.network


@pytest.mark.parametrize(
    "ask",
    [
        lambda database: list_dependencies(database, KEY, view=view()),
        lambda database: get_critical_path(database, KEY, view=view()),
        lambda database: list_bottlenecks(database, KEY, view=view()),
        lambda database: get_graph(database, KEY, view=view(), filters=DependencyFilters()),
        lambda database: simulate(database, KEY, PlanChange(slips=[("PAY-1", 1)]), view()),
        lambda database: get_impact(database, f"{SOURCE}:PAY-10", view()),
    ],
    ids=["list", "critical path", "bottlenecks", "graph", "simulation", "impact"],
)
async def test_an_answer_is_as_old_as_the_worst_source_in_it(
    sqlite_database: Database, ask: Callable[[Database], Awaitable[Answer[Any]]]
) -> None:
    """One task of the Asana is waited for, and nothing else of it is in the program."""
    await a_waiting_program(sqlite_database)
    old = NOW - timedelta(days=9)
    async with sqlite_database.transaction() as uow:
        row = update(sources).where(sources.c.name == ASANA)
        await uow.connection.execute(row.values(last_complete_sync=old))
    one_old = await ask(sqlite_database)
    async with sqlite_database.transaction() as uow:
        row = update(sources).where(sources.c.name == ASANA)
        await uow.connection.execute(row.values(last_complete_sync=None))
    one_unread = await ask(sqlite_database)

    assert one_old.as_of == old.replace(microsecond=0)
    assert [state.name for state in one_old.sources] == [ASANA, SOURCE]
    assert one_unread.as_of is None
    assert "never_synced" in [warning.code for warning in one_unread.warnings]


async def test_a_change_elsewhere_computes_nothing_anew_here(database: Database) -> None:
    """MOBILE changes in an item to which no edge of CHECKOUT leads; what its own network holds is another."""
    await a_waiting_program(database)
    await add_members(database, an_item(21, key="APP-21", project_id="3"), program=OTHER)
    here, there = await network_of(database, KEY, view()), await network_of(database, OTHER, view())

    async with database.transaction() as uow:
        row = update(work_items).where(work_items.c.uid == f"{SOURCE}:21")
        await uow.connection.execute(row.values(due=date(2027, 2, 1)))
        other = update(programs).where(programs.c.key == OTHER)
        await uow.connection.execute(other.values(revision=programs.c.revision + 1))

    assert (await network_of(database, KEY, view())).network is here.network
    assert (await network_of(database, OTHER, view())).network is not there.network
