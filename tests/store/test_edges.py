"""All edges of a program, each once, wherever it comes from."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from service.domain.suggestions import Status
from service.store.edges import Edge, Edges
from service.store.engine import Database
from service.store.suggestions import Suggestions
from service.store.tables.items import work_items
from tests.builders.edges import declare, insert_link, insert_link_type, insert_pointer
from tests.builders.items import an_item, insert_items
from tests.programs.portfolio import KEY, add_members, add_program, add_source

A, B, OUTSIDE, TASK = "acme-jira:1", "acme-jira:2", "acme-jira:3", "acme-asana:1201"
TASK_URL = "https://app.asana.com/0/1200/1201"


@pytest.fixture
async def program(database: Database) -> Database:
    """Two issues in the program, one beside it, and a task of another tool."""
    await add_source(database)
    await add_source(database, "acme-asana", kind="asana")
    await add_program(database)
    await add_members(database, an_item(1), an_item(2))
    async with database.transaction() as uow:
        await insert_items(uow.connection, an_item(3), an_item(1201, source="acme-asana", key="1201"))
        for name, direction in (("Blocks", "predecessor_first"), ("Depends", "successor_first"), ("Relates", "none")):
            await insert_link_type(uow.connection, name, direction)
    return database


async def edges(database: Database) -> list[Edge]:
    async with database.reading() as uow:
        return await Edges(uow.connection).of_program(KEY)


def ends(found: list[Edge]) -> list[tuple[str, str]]:
    return [(edge.predecessor_uid, edge.successor_uid) for edge in found]


async def test_links_follow_the_direction_of_their_type_and_other_types_are_no_edges(program: Database) -> None:
    async with program.transaction() as uow:
        await insert_link(uow.connection, "500", A, B)
        await insert_link(uow.connection, "501", A, OUTSIDE, type_id="Depends")
        await insert_link(uow.connection, "502", B, OUTSIDE, type_id="Relates")
        await insert_link(uow.connection, "503", B, OUTSIDE, type_id="Never heard of")

    found = await edges(program)
    assert ends(found) == [(A, B), (OUTSIDE, A)]
    assert [(edge.id, edge.link_type, edge.provenance, edge.origins, edge.confirmed) for edge in found] == [
        ("acme-jira:500", "Blocks", "jira_link", ("jira_link",), True),
        ("acme-jira:501", "Depends", "jira_link", ("jira_link",), True),
    ]


async def test_links_of_asana_say_so(program: Database) -> None:
    await add_members(program, an_item(9, source="acme-asana", key="9"))
    async with program.transaction() as uow:
        await insert_link_type(uow.connection, "dependency", source="acme-asana")
        await insert_link(
            uow.connection,
            "9:1201",
            "acme-asana:9",
            TASK,
            type_id="dependency",
            source="acme-asana",
            provenance="asana",
        )

    assert [(edge.id, edge.provenance) for edge in await edges(program)] == [("acme-asana:9:1201", "asana")]


async def test_an_edge_needs_a_live_item_of_the_program(program: Database) -> None:
    async with program.transaction() as uow:
        await insert_link(uow.connection, "500", OUTSIDE, A)
        await insert_link(uow.connection, "501", OUTSIDE, "acme-jira:77")
        await insert_pointer(uow.connection, OUTSIDE, TASK_URL)
        await declare(uow.connection, KEY, "acme-jira:PAY-3", "acme-asana:1201")
    before = ends(await edges(program))
    async with program.transaction() as uow:
        await uow.connection.execute(work_items.update().where(work_items.c.uid == A).values(tombstone="gone"))

    assert before == [(OUTSIDE, A)]
    assert await edges(program) == []


async def test_a_declared_edge_keeps_its_lag_and_an_end_that_nobody_knows(program: Database) -> None:
    async with program.transaction() as uow:
        await declare(uow.connection, KEY, "acme-asana:1201", "acme-jira:PAY-1", lag_days=2)
        await declare(uow.connection, KEY, "acme-jira:OPS-404", "acme-jira:PAY-2", position=1)

    found = await edges(program)
    assert ends(found) == [(TASK, A), ("acme-jira:OPS-404", B)]
    assert [(edge.provenance, edge.lag_days) for edge in found] == [("declared", 2), ("declared", 0)]


async def test_what_is_said_several_times_is_one_edge(program: Database) -> None:
    async with program.transaction() as uow:
        await insert_link(uow.connection, "500", A, B)
        await insert_link(uow.connection, "501", B, A, type_id="Depends")
        await declare(uow.connection, KEY, "acme-jira:PAY-1", "acme-jira:2", lag_days=3)
        await insert_pointer(uow.connection, B, "https://acme-jira.example/browse/PAY-1")
        await declare(uow.connection, KEY, "acme-asana:1201", "acme-jira:PAY-1", position=1)
        await insert_pointer(uow.connection, A, TASK_URL)

    blocks, across = sorted(await edges(program), key=lambda edge: edge.id != "acme-jira:500")
    assert (blocks.predecessor_uid, blocks.lag_days) == (A, 3)
    assert blocks.origins == ("declared", "jira_link", "web_link")
    assert (across.predecessor_uid, across.provenance, across.origins) == (TASK, "declared", ("declared", "web_link"))


async def test_suggestions_are_listed_as_such_until_they_are_decided(program: Database) -> None:
    async with program.transaction() as uow:
        await insert_pointer(uow.connection, A, TASK_URL)
        await insert_pointer(uow.connection, TASK, "https://acme-jira.example/browse/PAY-404", origin="text")
    (suggested,) = await edges(program)
    confirmed = await decided(program, Status.CONFIRMED)
    dismissed = await decided(program, Status.DISMISSED)

    assert (suggested.predecessor_uid, suggested.successor_uid) == (TASK, A)
    assert (suggested.provenance, suggested.confirmed, suggested.origins) == ("suggested", False, ("web_link",))
    assert [(edge.provenance, edge.confirmed) for edge in confirmed] == [("suggested", True)]
    assert dismissed == []


async def test_a_program_without_items_has_no_edges(program: Database) -> None:
    async with program.reading() as uow:
        assert await Edges(uow.connection).of_program("NOBODY") == []


async def decided(database: Database, status: Status) -> list[Edge]:
    async with database.transaction() as uow:
        store = Suggestions(uow.connection)
        at = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
        await store.decide((TASK, A), status, predecessor_uid=TASK, by="api", at=at)
    return await edges(database)
