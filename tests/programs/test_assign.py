"""Memberships follow the items: what changed is decided anew, and never differently from deciding everything."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import select

from connectors.items import Facet, SourcePerson
from service.domain.mapping import Decision, ProgramDefinition, ProgramsFile, Rule, Workstream
from service.programs.apply import apply
from service.programs.assign import assign_all, assign_pending
from service.store.engine import Database
from service.store.memberships import Memberships
from service.store.reference import Reference
from service.store.tables.items import links
from service.store.tables.programs import memberships, pending_assignments, programs
from tests.builders.items import an_epic, an_item, change_item, insert_facets, insert_items, touch
from tests.fixtures.databases import SqliteTemplate
from tests.store.builders import an_item as a_source_item

MONDAY = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
TUESDAY = MONDAY + timedelta(days=1)

EPIC, STORY, SUBTASK, OTHER = (f"acme-jira:{n}" for n in (1, 2, 3, 4))


def a_program(key: str, *include: Rule, **rest: Any) -> ProgramDefinition:
    return ProgramDefinition(key=key, name=key.title(), include=include, **rest)


async def given_a_tree(database: Database, *definitions: ProgramDefinition) -> None:
    """An epic, its story and sub-task, and an item apart; the programs are applied on Monday."""
    async with database.transaction() as uow:
        await insert_items(
            uow.connection,
            an_epic(1),
            an_item(2, parent_uid=EPIC),
            an_item(3, parent_uid=STORY, level=-1),
            an_item(4),
        )
    await apply(database, ProgramsFile(definitions), actor="pat", now=MONDAY)


async def members(database: Database, program: str) -> set[str]:
    async with database.reading() as uow:
        return await Memberships(uow.connection).members(program)


async def revisions(database: Database) -> dict[str, int]:
    async with database.reading() as uow:
        rows = await uow.connection.execute(select(programs.c.key, programs.c.revision))
        return {row.key: row.revision for row in rows}


async def change(database: Database, uid: str, **values: Any) -> None:
    async with database.transaction() as uow:
        await change_item(uow.connection, uid, values)


async def test_an_item_that_meets_a_rule_joins_with_all_below_it(database: Database) -> None:
    await given_a_tree(database, a_program("BLUE", Rule({"team": ("Blue",)})))
    await change(database, EPIC, team="Blue")

    touched = await assign_pending(database, now=TUESDAY)

    assert touched == {"BLUE"}
    assert await members(database, "BLUE") == {EPIC, STORY, SUBTASK}


async def test_an_item_that_moves_below_another_parent_takes_its_descendants_along(database: Database) -> None:
    await given_a_tree(
        database, a_program("PAY", Rule({"key": ("PAY-1",)})), a_program("NEW", Rule({"key": ("PAY-4",)}))
    )
    await change(database, STORY, parent_uid=OTHER)

    assert await assign_pending(database, now=TUESDAY) == {"PAY", "NEW"}

    assert await members(database, "PAY") == {EPIC}
    assert await members(database, "NEW") == {OTHER, STORY, SUBTASK}


async def test_an_item_that_is_gone_leaves_and_so_does_what_only_it_brought_along(database: Database) -> None:
    await given_a_tree(database, a_program("PAY", Rule({"key": ("PAY-1",)})))
    await change(database, STORY, tombstone="gone")

    await assign_pending(database, now=TUESDAY)

    assert await members(database, "PAY") == {EPIC}


async def test_a_membership_that_ends_keeps_its_reason_and_its_days(database: Database) -> None:
    await given_a_tree(database, a_program("PAY", Rule({"key": ("PAY-1",)})))
    await change(database, STORY, tombstone="gone")
    await assign_pending(database, now=TUESDAY)

    async with database.reading() as uow:
        query = select(memberships).where(memberships.c.item_uid == STORY)
        (row,) = (await uow.connection.execute(query)).all()

    assert (row.rule, row.via, row.via_uid) == ("key PAY-1, with descendants", "descendant", EPIC)
    assert (row.valid_from, row.valid_to) == (MONDAY, TUESDAY)


async def test_a_change_that_moves_no_one_still_raises_the_revision_of_the_programs_it_is_in(
    database: Database,
) -> None:
    await given_a_tree(
        database, a_program("PAY", Rule({"key": ("PAY-1",)})), a_program("REST", Rule({"key": ("PAY-4",)}))
    )
    before = await revisions(database)
    await change(database, STORY, status="In Progress")

    assert await assign_pending(database, now=TUESDAY) == {"PAY"}

    assert await revisions(database) == {"PAY": before["PAY"] + 1, "REST": before["REST"]}


async def test_a_program_notices_a_change_at_the_far_end_of_its_dependencies(database: Database) -> None:
    await given_a_tree(database, a_program("PAY", Rule({"key": ("PAY-1",)})))
    async with database.transaction() as uow:
        edge = {"source": "acme-jira", "native_id": "5", "type_id": "1", "source_uid": OTHER, "target_uid": STORY}
        seen = {"provenance": "jira_link", "seen_from_source": True, "seen_from_target": True}
        await uow.connection.execute(links.insert(), [edge | seen])
    await change(database, OTHER, due=TUESDAY.date())

    assert await assign_pending(database, now=TUESDAY) == {"PAY"}


async def test_nothing_waits_after_an_assignment_and_a_second_one_does_nothing(database: Database) -> None:
    await given_a_tree(database, a_program("PAY", Rule({"key": ("PAY-1",)})))
    await change(database, STORY, status="In Progress")
    await assign_pending(database, now=TUESDAY)

    assert await assign_pending(database, now=TUESDAY) == frozenset()
    async with database.reading() as uow:
        assert (await uow.connection.execute(select(pending_assignments))).all() == []


async def test_only_what_changed_is_asked_about(database: Database) -> None:
    """An item that was changed behind the back of the waiting list keeps its membership."""
    await given_a_tree(database, a_program("BLUE", Rule({"team": ("Blue",)})))
    async with database.transaction() as uow:
        await insert_items(uow.connection, an_item(5, team="Blue"), an_item(6, team="Blue"))
        await touch(uow.connection, "acme-jira:6")

    await assign_pending(database, now=TUESDAY)

    assert await members(database, "BLUE") == {"acme-jira:6"}


# Whatever trees, rules and edits: deciding what changed comes to the same as deciding everything.

UIDS = tuple(f"acme-jira:{n}" for n in range(1, 9))
LABELS = ("red", "green")

matchers = st.sampled_from(
    [
        {"team": ("red",)},
        {"team": ("green", "red")},
        {"key": ("PAY-1", "PAY-5")},
        {"epic": ("PAY-2",)},
        {"parent": ("PAY-3",)},
        {"label": ("r*",)},
        {"label": ("green",), "team": ("*",)},
        {"item_type": ("Bug",)},
    ]
)
rules = st.builds(Rule, matchers, st.booleans())
definitions = st.builds(
    a_program,
    st.just("P"),
    rules,
    rules,
    exclude=st.lists(rules, max_size=1).map(tuple),
    workstreams=st.lists(st.builds(Workstream, st.sampled_from(["a", "b"]), rules), max_size=2).map(tuple),
)
edits = st.fixed_dictionaries(
    {
        "parent_uid": st.sampled_from((None, *UIDS)),
        "epic_uid": st.sampled_from((None, UIDS[1])),
        "team": st.sampled_from((None, *LABELS)),
        "item_type": st.sampled_from(("Story", "Bug")),
        "tombstone": st.sampled_from((None, None, None, "gone")),
    }
)
steps = st.lists(st.lists(st.tuples(st.sampled_from(UIDS), edits), min_size=1, max_size=3), max_size=3)


@settings(max_examples=60, deadline=None)
@given(st.lists(edits, min_size=8, max_size=8), st.lists(st.booleans(), min_size=8, max_size=8), definitions, steps)
def test_deciding_what_changed_comes_to_the_same_as_deciding_everything(
    sqlite_template: SqliteTemplate,
    items: list[dict[str, Any]],
    labelled: list[bool],
    definition: ProgramDefinition,
    pages: list[list[tuple[str, dict[str, Any]]]],
) -> None:
    with TemporaryDirectory() as folder:
        asyncio.run(_same_either_way(sqlite_template.copy_to(Path(folder)), items, labelled, definition, pages))


async def _same_either_way(
    url: str,
    items: list[dict[str, Any]],
    labelled: list[bool],
    definition: ProgramDefinition,
    pages: list[list[tuple[str, dict[str, Any]]]],
) -> None:
    database = Database.open(url)
    try:
        async with database.transaction() as uow:
            await insert_items(uow.connection, *(an_item(n, **item) for n, item in enumerate(items, start=1)))
            for uid, is_red in zip(UIDS, labelled, strict=True):
                await insert_facets(uow.connection, uid, Facet.LABEL, LABELS[not is_red])
        await apply(database, ProgramsFile((definition,)), actor="pat", now=MONDAY)
        for page in pages:
            for uid, values in page:
                await change(database, uid, **values)
            await assign_pending(database, now=TUESDAY)
        incremental = await _decisions(database)
        async with database.transaction() as uow:
            again = await assign_all(uow, now=TUESDAY)
        assert (again.opened, again.closed) == (0, 0)
        assert await _decisions(database) == incremental
    finally:
        await database.aclose()


async def _decisions(database: Database) -> Mapping[str, Decision]:
    async with database.reading() as uow:
        held = await Memberships(uow.connection).held("P", scoped=False)
        return {uid: each.decision for uid, each in held.items()}


async def test_a_rule_follows_a_person_who_is_called_differently_now(database: Database) -> None:
    """Ana has the story; the new name arrives with the item apart, which she reports."""
    ana = SourcePerson(native_id="u1", name="Ana Lima", email="ana@example.com", active=True)
    await _mention(database, ana)
    await given_a_tree(
        database,
        a_program("OLD", Rule({"assignee": ("Ana Lima",)})),
        a_program("NEW", Rule({"assignee": ("Ana Reis",)})),
    )
    await change(database, STORY, assignee_id="u1")
    await assign_pending(database, now=MONDAY)
    assert (await members(database, "OLD"), await members(database, "NEW")) == ({STORY, SUBTASK}, set())

    await _mention(database, replace(ana, name="Ana Reis"))
    await assign_pending(database, now=TUESDAY)

    assert (await members(database, "OLD"), await members(database, "NEW")) == (set(), {STORY, SUBTASK})


async def _mention(database: Database, person: SourcePerson) -> None:
    async with database.transaction() as uow:
        await Reference(uow.connection).embedded("acme-jira", [a_source_item("4", people=(person,))])
