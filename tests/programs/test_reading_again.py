"""What is read again after a change, and what it makes of an answer, is what reading everything would have told."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import fields
from datetime import date, timedelta
from random import Random
from typing import Any

import numpy as np
import pytest
from sqlalchemy import update

from connectors.items import Facet
from service.domain.network import Network
from service.programs import dependency_network, dependency_reading
from service.programs.assign import assign_pending
from service.programs.dependency_network import ProgramNetwork
from service.programs.networks import network_of
from service.store.engine import Database
from service.store.items import WorkItems
from service.store.network_changes import NetworkChanges
from service.store.tables.items import work_items
from tests.builders.edges import insert_pointer
from tests.builders.items import SOURCE
from tests.builders.planning import insert_sprint, plan_in
from tests.builders.reading import read_again
from tests.programs.portfolio import KEY, NOW, TODAY
from tests.programs.upheaval import RARER, VALUES, Upheaval, a_busy_program
from tests.programs.waiting import OTHER, a_waiting_program, view


async def known(database: Database, key: str = KEY) -> ProgramNetwork:
    return (await network_of(database, key, view())).network


async def from_scratch(database: Database, key: str = KEY) -> ProgramNetwork:
    """As a process that has just begun would know it."""
    return await known(Database(database.url, database.engine), key)


def told(network: ProgramNetwork) -> dict[str, Any]:
    """All that an answer can be made of."""
    inner = network.network
    return {
        "items": inner.items,
        "edges": inner.edges,
        "columns": columns(inner),
        "assessed": list(network.assessment.edges()),
        "health": network.assessment.health,
        "cycles": network.assessment.cycles,
        "projects": dict(network.projects),
        "sources": network.sources,
        "program": network.program._replace(revision=0),
    }


def columns(network: Network) -> dict[str, Any]:
    told = {}
    for part in (network.item, network.edge):
        for column in fields(part):
            values = getattr(part, column.name)
            told[column.name] = values.tobytes() if isinstance(values, np.ndarray) else values
    return told


@pytest.mark.parametrize("seed", range(2))
async def test_after_whatever_happened_the_answer_is_that_of_a_process_that_has_just_begun(
    database: Database, seed: int
) -> None:
    """Many changes; after one to three of them both programs are asked about."""
    random = Random(seed)
    await a_busy_program(database, random)
    happened: list[str] = []
    for _ in range(30):
        async with database.transaction() as uow:
            for _ in range(random.choice((1, 1, 2, 3))):
                happens: Upheaval = random.choice(random.choice((VALUES, RARER)))
                happened.append(happens.__name__)
                await happens(random, uow.connection)
        for key in (KEY, OTHER):
            assert told(await known(database, key)) == told(await from_scratch(database, key)), happened[-3:]


async def test_each_change_alone_is_known_at_once(database: Database) -> None:
    random = Random(1)
    await a_busy_program(database, random)
    for happens in (*VALUES, *RARER):
        for _ in range(2):
            async with database.transaction() as uow:
                await happens(random, uow.connection)
            assert told(await known(database)) == told(await from_scratch(database)), happens.__name__


@pytest.fixture
def counted(database: Database, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows by a word each time something is read whole or computed."""
    done: list[str] = []
    read, assessed = dependency_reading.read, dependency_network.assessed

    async def reading(*args: Any) -> Any:
        done.append("read")
        return await read(*args)

    def assessing(*args: Any, **told: Any) -> Any:
        done.append("computed")
        return assessed(*args, **told)

    for module in (dependency_reading, dependency_network):
        monkeypatch.setattr(module, "read", reading)
    monkeypatch.setattr(dependency_network, "assessed", assessing)
    return done


async def test_a_due_date_is_read_alone_and_silence_not_at_all(database: Database, counted: list[str]) -> None:
    await a_waiting_program(database)
    await known(database)
    assert counted == ["read", "computed"]
    await known(database)
    assert counted == ["read", "computed"]

    async with database.transaction() as uow:
        row = update(work_items).where(work_items.c.uid == f"{SOURCE}:1")
        await uow.connection.execute(row.values(due=date(2027, 1, 4)))
    await known(database)

    assert counted == ["read", "computed", "computed"]


async def test_a_sync_of_one_item_reads_no_more_than_that(database: Database, counted: list[str]) -> None:
    """It writes the item with all that hangs on it; its links, plan and pointers are what they were."""
    await a_waiting_program(database)
    async with database.transaction() as uow:
        await insert_sprint(uow.connection, "7", NOW, NOW + timedelta(days=14), state="active")
        await plan_in(uow.connection, f"{SOURCE}:1", Facet.ITERATION, "7")
        await insert_pointer(uow.connection, f"{SOURCE}:1", "https://acme-jira.example/browse/PAY-9")
    await sync(database, f"{SOURCE}:1")
    await known(database)

    await sync(database, f"{SOURCE}:1", due=date(2027, 1, 4))
    found = await known(database)

    assert counted == ["read", "computed", "computed"]
    assert due(found, "1") == date(2027, 1, 4)
    assert told(found) == told(await from_scratch(database))


async def sync(database: Database, uid: str, **changes: Any) -> None:
    async with database.transaction() as uow:
        item = await read_again(uow.connection, uid, **changes)
        await WorkItems(uow.connection).materialise(SOURCE, [item], run_id=None, now=NOW)
    await assign_pending(database, now=NOW)


async def test_what_many_changed_is_read_whole(
    database: Database, counted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dependency_reading, "FEW", 1)
    await a_waiting_program(database)
    await known(database)

    async with database.transaction() as uow:
        await uow.connection.execute(update(work_items).values(due=date(2027, 1, 4)))
    found = await known(database)

    assert counted == ["read", "computed"] * 2
    assert {item.due for item in found.network.items} == {date(2027, 1, 4)}


async def test_who_is_far_behind_reads_everything(
    database: Database, counted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.store.network_changes.MANY", 3)
    await a_waiting_program(database)
    await known(database)

    async with database.transaction() as uow:
        await uow.connection.execute(update(work_items).values(due=date(2027, 1, 4)))
    await known(database)

    assert counted == ["read", "computed"] * 2


async def test_when_the_notes_were_trimmed_everything_is_read_and_nothing_computed(
    database: Database, counted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.store.network_changes.KEPT", 1)
    await a_waiting_program(database)
    await known(database)

    async with database.transaction() as uow:
        await NetworkChanges(uow.connection).trim()
    await known(database)
    await known(database)

    assert counted == ["read", "computed", "read"]


async def test_another_day_is_another_reading(database: Database) -> None:
    await a_waiting_program(database)
    tomorrow = TODAY + timedelta(days=1)
    today, later = await network_of(database, KEY, view()), await network_of(database, KEY, view(today=tomorrow))

    assert (today.network.today, later.network.today) == (TODAY, tomorrow)
    assert (await network_of(database, KEY, view())).network is today.network


async def test_a_change_that_was_under_way_during_a_reading_is_not_missed(postgres_url: str) -> None:
    """It began before another change, which was seen, and ended after it was."""
    postgres_database = Database.open(postgres_url)
    await a_waiting_program(postgres_database)
    await known(postgres_database)
    async with postgres_database.transaction() as slow:
        row = update(work_items).where(work_items.c.uid == f"{SOURCE}:1")
        await slow.connection.execute(row.values(due=date(2027, 1, 4)))
        async with postgres_database.transaction() as quick:
            row = update(work_items).where(work_items.c.uid == f"{SOURCE}:2")
            await quick.connection.execute(row.values(due=date(2027, 1, 5)))
        between = await known(postgres_database)
    after = await known(postgres_database)
    await postgres_database.aclose()

    assert due(between, "2") == due(after, "2") == date(2027, 1, 5)
    assert (due(between, "1"), due(after, "1")) == (date(2026, 11, 27), date(2027, 1, 4))


async def test_what_is_rolled_back_never_happened(database: Database) -> None:
    await a_waiting_program(database)
    before = await known(database)
    with suppress(ZeroDivisionError):
        async with database.transaction() as uow:
            await uow.connection.execute(update(work_items).values(due=NOW.date()))
            raise ZeroDivisionError

    assert await known(database) is before


def due(network: ProgramNetwork, native_id: str) -> date | None:
    return network.network.items[network.network.place[f"{SOURCE}:{native_id}"]].due
