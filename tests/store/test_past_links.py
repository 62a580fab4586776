"""The links that items had at earlier moments, from the histories of both ends, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from service.domain.edges import Edge, Provenance
from service.store.drawn_edges import DrawnEdges
from service.store.engine import Database
from service.store.past_links import PastLinks, past_links, relinked_since
from service.store.tables.items import tombstones
from tests.builders.edges import declare, insert_link, insert_link_type
from tests.builders.items import SOURCE, an_item, insert_alias, insert_items
from tests.builders.planning import insert_change
from tests.programs.portfolio import KEY, add_members, add_program, add_source

ASANA = "acme-asana"
ONE, TWO, BEYOND = (f"{SOURCE}:{number}" for number in (1, 2, 3))
TASK, WAITING = f"{ASANA}:1201", f"{ASANA}:1202"
BLOCKS, BLOCKED = "This issue Blocks {}", "This work item not Blocks {}"


def at(day: int) -> datetime:
    return datetime(2026, 11, day, 9, tzinfo=UTC)


@pytest.fixture
async def program(database: Database) -> Database:
    """Two issues and two tasks in the program, and an issue beside it."""
    await add_source(database)
    await add_source(database, ASANA, kind="asana")
    await add_program(database)
    tasks = [an_item(gid, source=ASANA, key=str(gid)) for gid in (1201, 1202)]
    await add_members(database, an_item(1), an_item(2), *tasks)
    async with database.transaction() as uow:
        await insert_items(uow.connection, an_item(3, key="APP-3"))
        await insert_alias(uow.connection, "OLD-3", BEYOND)
        await insert_link_type(uow.connection, "Blocks")
        await insert_link_type(uow.connection, "Relates", "none")
        await insert_link_type(uow.connection, "blocks", source=ASANA)
    return database


async def told(
    database: Database, uid: str, day: int, key: str, text: str | None, *, made: bool = True, number: str = "1"
) -> None:
    said = None if text is None else text.format(key)
    before, after = (None, key) if made else (key, None)
    from_text, to_text = (None, said) if made else (said, None)
    async with database.transaction() as uow:
        await insert_change(
            uow.connection,
            uid,
            f"{day}{number}",
            "link",
            before,
            after,
            at=at(day),
            from_text=from_text,
            to_text=to_text,
        )


async def past(database: Database, *uids: str, since: datetime | None = None) -> PastLinks:
    wanted = frozenset(uids or (ONE, TWO, TASK, WAITING))
    async with database.reading() as uow:
        today = await DrawnEdges(uow.connection).touching(wanted)
        return await past_links(uow.connection, wanted, today, since=since)


def ends(edges: list[Edge]) -> list[tuple[str, str]]:
    return sorted((edge.predecessor_uid, edge.successor_uid) for edge in edges)


async def test_a_link_that_is_no_more_is_an_edge_with_an_id_that_stays(program: Database) -> None:
    await told(program, ONE, 2, "PAY-2", BLOCKS)
    await told(program, ONE, 5, "PAY-2", BLOCKS, made=False)

    first, again = await past(program), await past(program, ONE)

    (edge,) = first.there(at(3))
    assert (edge.predecessor_uid, edge.successor_uid, edge.link_type) == (ONE, TWO, "Blocks")
    assert (edge.provenance, edge.origins, edge.confirmed) == (Provenance.JIRA_LINK, ("jira_link",), True)
    assert again.there(at(3)) == [edge]
    assert edge.id.startswith("acme-jira:")
    assert (first.there(at(1)), first.there(at(6))) == ([], [])


async def test_a_link_of_today_keeps_its_id_in_its_former_life(program: Database) -> None:
    async with program.transaction() as uow:
        await insert_link(uow.connection, "500", ONE, TWO)
    await told(program, TWO, 2, "PAY-1", BLOCKED)
    await told(program, TWO, 4, "PAY-1", BLOCKED, made=False)
    await told(program, TWO, 6, "PAY-1", BLOCKED)

    found = await past(program)

    assert [[edge.id for edge in found.there(at(day))] for day in (1, 3, 5, 7)] == [
        [],
        ["acme-jira:500"],
        [],
        ["acme-jira:500"],
    ]


async def test_far_ends_tell_too_are_found_by_former_keys_and_may_be_known_to_nobody(program: Database) -> None:
    await told(program, ONE, 2, "OLD-3", BLOCKS)
    await told(program, BEYOND, 5, "PAY-1", BLOCKED, made=False)
    await told(program, TWO, 3, "GONE-9", BLOCKED, made=False)

    found = await past(program)

    assert ends(found.there(at(2))) == [(ONE, BEYOND), ("acme-jira:GONE-9", TWO)]
    assert ends(found.there(at(4))) == [(ONE, BEYOND)]
    assert found.there(at(6)) == []


async def test_what_happens_beyond_the_program_is_left_out(program: Database) -> None:
    async with program.transaction() as uow:
        await insert_items(uow.connection, an_item(4))
        await insert_link(uow.connection, "500", ONE, BEYOND)
    await told(program, BEYOND, 3, "PAY-4", BLOCKS, made=False)

    assert ends((await past(program)).there(at(2))) == [(ONE, BEYOND)]


async def test_links_that_mean_no_dependency_and_what_programs_declare_are_left_out(program: Database) -> None:
    async with program.transaction() as uow:
        await insert_link(uow.connection, "500", ONE, TWO, type_id="Relates")
        await declare(uow.connection, KEY, "acme-jira:PAY-1", "acme-jira:PAY-2")
    await told(program, ONE, 3, "PAY-2", "This issue Relates {}", made=False)

    found = await past(program)

    assert found.there(at(2)) == []
    assert (found.histories.links, found.histories.unread) == ({}, {})


async def test_tasks_tell_in_the_phrases_of_their_type_and_not_everything(program: Database) -> None:
    async with program.transaction() as uow:
        await insert_link(
            uow.connection, "1201:1202", TASK, WAITING, type_id="blocks", source=ASANA, provenance="asana"
        )
        await insert_link(
            uow.connection, "1202:1201", WAITING, TASK, type_id="blocks", source=ASANA, provenance="asana"
        )
    await told(program, WAITING, 3, "1201", "not blocks")

    found = await past(program)

    assert ends(found.there(at(2))) == [(WAITING, TASK)]
    assert [link[:2] for link, _ in found.histories.unknown(at(2))] == [(WAITING, TASK)]
    assert {edge.provenance for edge in found.there(at(4))} == {Provenance.ASANA}


async def test_a_link_went_with_the_item_that_was_found_gone(program: Database) -> None:
    async with program.transaction() as uow:
        row = {"item_uid": BEYOND, "reason": "gone", "found_at": at(5)}
        await uow.connection.execute(insert(tombstones), [row])
    await told(program, ONE, 2, "APP-3", BLOCKS)

    found = await past(program)

    assert [ends(found.there(at(day))) for day in (3, 6)] == [[(ONE, BEYOND)], []]
    assert list(found.histories.unknown(at(6))) == []


async def test_what_happened_before_a_moment_need_not_be_read_for_what_was_there_after_it(program: Database) -> None:
    await told(program, ONE, 2, "PAY-2", BLOCKS)
    await told(program, ONE, 5, "PAY-2", BLOCKS, made=False)

    whole, later = await past(program), await past(program, since=at(3))

    (history,) = later.histories.links.values()
    assert [move.at for move in history.moves] == [at(5)]
    for day in range(3, 9):
        assert later.there(at(day)) == whole.there(at(day))


async def test_who_was_linked_or_unlinked_lately_is_told_by_the_histories(program: Database) -> None:
    await told(program, ONE, 2, "PAY-2", BLOCKS)
    await told(program, TWO, 5, "PAY-1", BLOCKED, made=False)
    await told(program, BEYOND, 5, "PAY-1", BLOCKED)

    async with program.reading() as uow:
        found = [await relinked_since(uow.connection, (ONE, TWO, TASK), at(day)) for day in (1, 2, 5)]

    assert found == [{ONE, TWO}, {TWO}, set()]


async def test_changes_of_one_moment_count_in_the_order_in_which_they_were_made(program: Database) -> None:
    await told(program, ONE, 2, "PAY-2", BLOCKS, made=False, number="9")
    await told(program, ONE, 2, "PAY-2", BLOCKS, number="10")
    async with program.transaction() as uow:
        await insert_link(uow.connection, "500", ONE, TWO)

    found = await past(program)

    assert [ends(found.there(at(2) - timedelta(days=1))), ends(found.there(at(2)))] == [[(ONE, TWO)], [(ONE, TWO)]]
    assert list(found.histories.unknown(at(3))) == []
