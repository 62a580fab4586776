"""Since when two items are linked, from the histories of both."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from service.store.engine import Database
from service.store.link_moments import keys_of, linked_since
from tests.builders.edges import insert_link_type
from tests.builders.items import SOURCE, an_item, insert_alias, insert_items
from tests.builders.planning import insert_change

MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
ONE, TWO, THREE = (f"{SOURCE}:{number}" for number in (1, 2, 3))
PAIR = frozenset((ONE, TWO))


async def since(
    database: Database, *pairs: frozenset[str], until: datetime | None = None
) -> dict[frozenset[str], datetime]:
    async with database.reading() as uow:
        keys = await keys_of(uow.connection, {uid for pair in pairs for uid in pair})
        return await linked_since(uow.connection, pairs, keys, until=until)


async def link_told(database: Database, uid: str, change: str, left: str | None, entered: str | None, day: int) -> None:
    async with database.transaction() as uow:
        await insert_change(uow.connection, uid, change, "link", left, entered, at=MONDAY + timedelta(days=day))


async def test_the_end_that_tells_first_decides(database: Database) -> None:
    async with database.transaction() as uow:
        await insert_items(uow.connection, an_item(1), an_item(2), an_item(3))
    await link_told(database, ONE, "1", None, "PAY-2", 1)
    await link_told(database, TWO, "2", None, "PAY-1", 2)
    await link_told(database, ONE, "3", None, "PAY-3", 0)

    assert await since(database, PAIR) == {PAIR: MONDAY + timedelta(days=1)}


async def test_a_link_that_was_made_again_exists_since_then(database: Database) -> None:
    async with database.transaction() as uow:
        await insert_items(uow.connection, an_item(1), an_item(2))
    await link_told(database, ONE, "1", None, "PAY-2", 1)
    await link_told(database, ONE, "2", "PAY-2", None, 3)
    await link_told(database, ONE, "3", None, "PAY-2", 5)

    assert await since(database, PAIR) == {PAIR: MONDAY + timedelta(days=5)}


async def test_an_item_is_found_by_the_key_it_had_when_it_was_linked(database: Database) -> None:
    async with database.transaction() as uow:
        await insert_items(uow.connection, an_item(1), an_item(2))
        await insert_alias(uow.connection, "OLD-7", TWO)
    await link_told(database, ONE, "1", None, "OLD-7", 1)

    assert await since(database, PAIR) == {PAIR: MONDAY + timedelta(days=1)}


async def test_where_no_history_tells_nothing_is_known(database: Database) -> None:
    async with database.transaction() as uow:
        await insert_items(uow.connection, an_item(1), an_item(2))

    assert await since(database, PAIR) == {}
    assert await since(database) == {}


async def test_at_an_earlier_moment_a_pair_is_linked_since_what_was_told_by_then(database: Database) -> None:
    async with database.transaction() as uow:
        await insert_items(uow.connection, an_item(1), an_item(2))
    await link_told(database, ONE, "1", None, "PAY-2", 1)
    await link_told(database, ONE, "2", "PAY-2", None, 3)
    await link_told(database, ONE, "3", None, "PAY-2", 5)

    by_day = {day: await since(database, PAIR, until=MONDAY + timedelta(days=day)) for day in (0, 2, 4, 5)}

    assert by_day == {
        0: {},
        2: {PAIR: MONDAY + timedelta(days=1)},
        4: {},
        5: {PAIR: MONDAY + timedelta(days=5)},
    }


async def test_since_when_two_items_are_related_says_nothing_of_their_dependency(database: Database) -> None:
    async with database.transaction() as uow:
        await insert_items(uow.connection, an_item(1), an_item(2))
        await insert_link_type(uow.connection, "Blocks")
        await insert_link_type(uow.connection, "Relates", "none")
        for day, text in ((1, "This issue Relates PAY-2"), (3, "This issue Blocks PAY-2")):
            moment = MONDAY + timedelta(days=day)
            await insert_change(uow.connection, ONE, str(day), "link", None, "PAY-2", at=moment, to_text=text)
        moment = MONDAY + timedelta(days=5)
        text = "This issue Relates PAY-2"
        await insert_change(uow.connection, ONE, "5", "link", "PAY-2", None, at=moment, from_text=text)

    assert await since(database, PAIR) == {PAIR: MONDAY + timedelta(days=3)}
