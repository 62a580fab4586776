"""Applying a programs file: all of it or nothing, audited, and the second time without effect."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Table, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.items import Facet
from service.domain.mapping import ProgramsFile
from service.domain.mapping_file import parse_programs
from service.programs.apply import apply, matched_fields
from service.store.engine import Database
from service.store.memberships import Memberships
from service.store.programs import Programs
from service.store.tables.programs import audit_log, declared_dependencies, mapping_rules, memberships, programs
from tests.builders.items import an_epic, an_item, insert_facets, insert_field, insert_items

MONDAY = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
TUESDAY = MONDAY + timedelta(days=1)

PAY = """
  - key: PAY
    name: Payments
    start: 2026-01-05
    include: [{key: PAY-1}]
    workstreams: [{name: Core, match: {key: PAY-2}}]
    dependencies: [{from: "acme-jira:PAY-3", to: "acme-jira:PAY-2", lag_days: 2}]
    confirm_suggested: [{origin: [web_link, "field:7"], source: acme-jira}]
"""
REST = """
  - key: REST
    name: Everything else
    include: [{key: PAY-3}]
"""


def a_file(*programs: str) -> ProgramsFile:
    return parse_programs("programs:" + "".join(programs) if programs else "programs: []")


@pytest.fixture
async def store(database: Database) -> Database:
    """An epic with one story, and an item apart."""
    async with database.transaction() as uow:
        await insert_items(uow.connection, an_epic(1), an_item(2, parent_uid="acme-jira:1"), an_item(3))
    return database


async def rows_of(database: Database, table: Table) -> list[tuple[object, ...]]:
    async with database.reading() as uow:
        return [tuple(row) for row in await uow.connection.execute(select(table).order_by(*table.primary_key))]


async def test_what_is_applied_reads_back_as_it_stood_in_the_file(store: Database) -> None:
    file = a_file(PAY, REST)

    await apply(store, file, actor="pat", now=MONDAY)

    async with store.reading() as uow:
        stored = await Programs(uow.connection).all()
    assert tuple(each.definition for each in stored) == file.programs


async def test_members_carry_their_rule_and_their_workstream(store: Database) -> None:
    await apply(store, a_file(PAY), actor="pat", now=MONDAY)

    async with store.reading() as uow:
        held = await Memberships(uow.connection).held("PAY", scoped=False)
    assert {uid: (each.decision.rule, each.decision.workstream) for uid, each in held.items()} == {
        "acme-jira:1": ("key PAY-1, with descendants", None),
        "acme-jira:2": ("key PAY-1, with descendants", "Core"),
    }


async def test_applying_the_same_file_again_changes_nothing(store: Database) -> None:
    tables = (programs, mapping_rules, declared_dependencies, memberships, audit_log)
    await apply(store, a_file(PAY, REST), actor="pat", now=MONDAY)
    before = [await rows_of(store, table) for table in tables]

    again = await apply(store, a_file(PAY, REST), actor="sam", now=TUESDAY)

    assert [await rows_of(store, table) for table in tables] == before
    assert again.to_text() == "Nothing to change: programs and memberships are as the file says."


async def test_a_changed_program_is_replaced_and_the_others_are_left_alone(store: Database) -> None:
    await apply(store, a_file(PAY, REST), actor="pat", now=MONDAY)

    applied = await apply(store, a_file(PAY.replace("Payments", "Pay!"), REST), actor="pat", now=TUESDAY)

    assert (applied.added, applied.changed, applied.removed) == ((), ("PAY",), ())
    async with store.reading() as uow:
        stored = {each.definition.key: each for each in await Programs(uow.connection).all()}
    assert stored["PAY"].definition.name == "Pay!"
    assert (stored["PAY"].revision, stored["REST"].revision) == (2, 1)


@pytest.mark.parametrize(
    "change", [("web_link", "attachment"), ("lag_days: 2", "lag_days: 3"), ('"acme-jira:PAY-3"', '"acme-jira:PAY-1"')]
)
async def test_what_one_program_says_about_edges_may_change_the_answers_about_all(
    store: Database, change: tuple[str, str]
) -> None:
    await apply(store, a_file(PAY, REST), actor="pat", now=MONDAY)

    await apply(store, a_file(PAY.replace(*change), REST), actor="pat", now=TUESDAY)

    async with store.reading() as uow:
        assert [each.revision for each in await Programs(uow.connection).all()] == [2, 2]


async def test_a_program_that_left_the_file_is_removed_and_remembered_in_the_audit_log(store: Database) -> None:
    await apply(store, a_file(PAY, REST), actor="pat", now=MONDAY)

    await apply(store, a_file(REST), actor="sam", now=TUESDAY)

    async with store.reading() as uow:
        keys = [each.definition.key for each in await Programs(uow.connection).all()]
        counts = await Memberships(uow.connection).counts()
        last = (await uow.connection.execute(select(audit_log).order_by(audit_log.c.id.desc()).limit(1))).one()
    assert (keys, counts) == (["REST"], {"REST": 1})
    assert (last.at, last.actor, last.action) == (TUESDAY, "sam", "programs_applied")
    assert [(each["key"], each["items"]) for each in last.detail["removed"]] == [("PAY", 2)]


async def test_what_it_did_is_told_in_a_few_lines(store: Database) -> None:
    applied = await apply(
        store, a_file(PAY.replace("{key: PAY-1}", "{key: PAY-1}, {label: none}")), actor="pat", now=MONDAY
    )

    assert applied.to_text().splitlines() == [
        "Added: PAY",
        "Memberships: 2 opened, 0 closed",
        "PAY: no item matches “label none, with descendants”",
    ]


async def test_custom_fields_are_brought_in_before_the_rules_that_match_on_them(store: Database) -> None:
    asked: list[tuple[str, ...]] = []

    async def extract(connection: AsyncConnection, fields: tuple[str, ...]) -> None:
        asked.append(fields)
        await insert_facets(connection, "acme-jira:3", Facet.FIELD, "A-7", name="customfield_1")

    async with store.transaction() as uow:
        await insert_field(uow.connection, "customfield_1", "Cost centre")
    file = a_file(REST.replace("{key: PAY-3}", "{field: {cost CENTRE: A-*}}"))

    await apply(store, file, actor="pat", now=MONDAY, matched_fields_hook=extract)
    await apply(store, file, actor="pat", now=TUESDAY, matched_fields_hook=extract)  # nothing new to bring in

    async with store.reading() as uow:
        assert await Memberships(uow.connection).members("REST") == {"acme-jira:3"}
        assert await matched_fields(uow.connection) == ("customfield_1",)
    assert asked == [("customfield_1",)]


async def test_an_apply_that_fails_half_way_leaves_everything_as_it_was(store: Database) -> None:
    await apply(store, a_file(PAY), actor="pat", now=MONDAY)

    async def fail(connection: AsyncConnection, fields: tuple[str, ...]) -> None:
        raise RuntimeError("raw layer unreadable")

    with pytest.raises(RuntimeError, match="raw layer unreadable"):
        await apply(
            store,
            a_file(REST.replace("{key: PAY-3}", "{field: {x: y}}")),
            actor="pat",
            now=TUESDAY,
            matched_fields_hook=fail,
        )

    async with store.reading() as uow:
        assert [each.definition.key for each in await Programs(uow.connection).all()] == ["PAY"]
        entries = await uow.connection.execute(select(func.count()).select_from(audit_log))
        assert entries.scalar_one() == 1
