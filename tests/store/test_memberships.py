"""Membership rows are opened and closed, one current row an item and program; and what no one holds is found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from service.domain.mapping import Decision, ProgramDefinition, Rule, Via
from service.store.assignment_scope import candidate_uids, live_parents, take_pending
from service.store.engine import Database
from service.store.memberships import Memberships, Shared
from service.store.programs import Programs
from service.store.tables.programs import memberships
from tests.builders.items import an_item, insert_items, touch

MONDAY = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
TUESDAY = MONDAY + timedelta(days=1)
DIRECT = Decision("label x", Via.DIRECT, None, "Core")

ONE, TWO, THREE, FOUR = (f"acme-jira:{n}" for n in (1, 2, 3, 4))


@pytest.fixture
async def store(database: Database) -> Database:
    """Programs A and B, and a line of items: 1 above 2 above 3; 4 apart and gone."""
    async with database.transaction() as uow:
        for position, key in enumerate("AB"):
            definition = ProgramDefinition(key=key, name=key, include=(Rule({"label": ("x",)}),))
            await Programs(uow.connection).put(definition, position=position, known=False)
        await insert_items(
            uow.connection,
            an_item(1),
            an_item(2, parent_uid=ONE),
            an_item(3, parent_uid=TWO),
            an_item(4, tombstone="gone"),
        )
    return database


async def test_a_closed_membership_is_no_longer_held_and_still_there(store: Database) -> None:
    async with store.transaction() as uow:
        rows = Memberships(uow.connection)
        await rows.open("A", {ONE: DIRECT, TWO: DIRECT}, at=MONDAY)
        held = await rows.held("A", scoped=False)
        await rows.close([held[ONE].id], at=TUESDAY)

    async with store.reading() as uow:
        assert {
            uid: each.decision for uid, each in (await Memberships(uow.connection).held("A", scoped=False)).items()
        } == {TWO: DIRECT}
        past = await uow.connection.execute(select(memberships.c.valid_to).where(memberships.c.item_uid == ONE))
        assert past.scalars().all() == [TUESDAY]


async def test_an_item_cannot_be_in_a_program_twice_at_once(store: Database) -> None:
    async with store.transaction() as uow:
        await Memberships(uow.connection).open("A", {ONE: DIRECT}, at=MONDAY)

    async def again() -> None:
        async with store.transaction() as uow:
            await Memberships(uow.connection).open("A", {ONE: DIRECT}, at=TUESDAY)

    with pytest.raises(IntegrityError):
        await again()


async def test_an_item_that_is_gone_keeps_its_membership_and_counts_nowhere(store: Database) -> None:
    async with store.transaction() as uow:
        rows = Memberships(uow.connection)
        await rows.open("A", {ONE: DIRECT, FOUR: DIRECT}, at=MONDAY)
        await rows.open("B", {FOUR: DIRECT}, at=MONDAY)

    async with store.reading() as uow:
        rows = Memberships(uow.connection)
        assert set(await rows.held("A", scoped=False)) == {ONE, FOUR}
        assert await rows.members("A") == {ONE}
        assert (await rows.shared(), await rows.shared_count(), await rows.shared_count("B")) == ([], 0, 0)


async def test_items_in_several_programs_and_in_none_are_found(store: Database) -> None:
    async with store.transaction() as uow:
        rows = Memberships(uow.connection)
        await rows.open("A", {ONE: DIRECT, TWO: DIRECT}, at=MONDAY)
        await rows.open("B", {TWO: DIRECT}, at=MONDAY)

    async with store.reading() as uow:
        rows = Memberships(uow.connection)
        assert await rows.shared() == [Shared(TWO, "PAY-2", "Item 2", ("A", "B"))]
        assert (await rows.shared_count(), await rows.shared_count("B")) == (1, 1)
        assert await rows.unmapped(after="", limit=10) == [THREE]
        assert await rows.counts() == {"A": 2, "B": 1}


async def test_the_scope_of_a_change_is_all_below_it_with_all_above_as_witnesses(store: Database) -> None:
    async with store.transaction() as uow:
        await touch(uow.connection, TWO, FOUR)

        assert await take_pending(uow.connection) == 2
        assert sorted(await candidate_uids(uow.connection)) == [TWO, THREE, FOUR]
        assert await live_parents(uow.connection, scoped=True) == {TWO: ONE, THREE: TWO}
        assert await take_pending(uow.connection) == 0


async def test_a_scope_forgets_the_one_before_it(store: Database) -> None:
    last: list[str] = []
    for uid in (THREE, ONE):
        async with store.transaction() as uow:
            await touch(uow.connection, uid)
            await take_pending(uow.connection)
            last = sorted(await candidate_uids(uow.connection))

    assert last == [ONE, TWO, THREE]


async def test_a_change_concerns_the_programs_that_hold_what_is_in_scope(store: Database) -> None:
    async with store.transaction() as uow:
        rows = Memberships(uow.connection)
        await rows.open("A", {THREE: DIRECT}, at=MONDAY)
        await rows.open("B", {ONE: DIRECT}, at=MONDAY)
        await touch(uow.connection, TWO)
        await take_pending(uow.connection)

        assert await rows.programs_in_scope() == {"A"}
