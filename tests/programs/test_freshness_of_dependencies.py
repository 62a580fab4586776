"""An answer about dependencies is kept only as long as nothing changed that it rests on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import update

from connectors.items import Facet
from service.domain.dependency_status import DependencyRules
from service.programs.dependencies import list_dependencies
from service.programs.dependency_answers import DependencyList
from service.programs.dependency_network import network_of
from service.programs.dependency_terms import DependencyTerms
from service.store.engine import Database
from service.store.tables.items import edge_decisions, item_stubs, links, work_items
from service.store.tables.programs import declared_dependencies
from service.store.tables.reference import iterations, projects
from tests.builders.edges import insert_link, insert_pointer, insert_stub
from tests.builders.items import SOURCE
from tests.builders.planning import insert_sprint, plan_in
from tests.programs.portfolio import KEY, NOW, TODAY, change
from tests.programs.waiting import ASANA, a_waiting_program, view

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
