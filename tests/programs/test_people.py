"""Joining people is a choice: memberships follow it, in either direction."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from service.domain.mapping_file import parse_programs
from service.programs.apply import apply
from service.programs.people import join_people
from service.store.engine import Database
from service.store.memberships import Memberships
from tests.builders.items import an_item, insert_items, insert_person

MONDAY = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
FILE = parse_programs("programs: [{key: PAT, name: What Pat does, include: [{assignee: Pat Doe}]}]")
ISSUE, TASK = "acme-jira:1", "acme-asana:7"


async def members(database: Database) -> set[str]:
    async with database.reading() as uow:
        return await Memberships(uow.connection).members("PAT")


async def test_memberships_follow_the_choice_at_once(database: Database) -> None:
    async with database.transaction() as uow:
        await insert_person(uow.connection, "u1", "Pat Doe", "pat@example.com")
        await insert_person(uow.connection, "g1", "Patricia", "pat@example.com", source="acme-asana")
        await insert_items(
            uow.connection, an_item(1, assignee_id="u1"), an_item(7, source="acme-asana", assignee_id="g1")
        )
    await apply(database, FILE, actor="pat", now=MONDAY)
    apart = await members(database)
    joined = await join_people(database, by_email=True, now=MONDAY + timedelta(days=1)), await members(database)
    parted = await join_people(database, by_email=False, now=MONDAY + timedelta(days=2)), await members(database)

    assert apart == {ISSUE}
    assert joined == (True, {ISSUE, TASK})
    assert parted == (True, {ISSUE})


async def test_a_choice_that_stands_already_is_no_change(database: Database) -> None:
    assert not await join_people(database, by_email=False, now=MONDAY)
    assert await join_people(database, by_email=True, now=MONDAY)
    assert not await join_people(database, by_email=True, now=MONDAY)
