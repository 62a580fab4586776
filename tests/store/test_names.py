"""Which item a key or an id means, many at once."""

from __future__ import annotations

from service.store.engine import Database
from service.store.item_reads import ItemReads
from service.store.names import uids_of
from tests.builders.edges import insert_stub
from tests.builders.items import an_item, insert_alias, insert_items


async def test_a_name_means_the_item_that_a_single_look_up_finds(database: Database) -> None:
    async with database.transaction() as uow:
        await insert_items(
            uow.connection,
            an_item(1),
            an_item(2, key="CART-2"),
            an_item(3, key="PAY-30", tombstone="gone"),
            an_item(4, key="OLD-1"),
            an_item(5, key="PAY-5", tombstone="gone"),
            an_item(7, source="acme-asana", key="7"),
        )
        await insert_alias(uow.connection, "PAY-2", "acme-jira:2")  # moved to CART
        await insert_alias(uow.connection, "OLD-1", "acme-jira:1")  # given to another item since
        await insert_alias(uow.connection, "PAY-30", "acme-jira:4")  # the one that has it now is gone
        await insert_alias(uow.connection, "PAY-88", "acme-jira:no-more")
        await insert_stub(uow.connection, "77", "OPS-77")
        await insert_stub(uow.connection, "78", "PAY-1")  # an old view of an item that was read since
    names = ["PAY-1", "pay-1", "1", "CART-2", "PAY-2", "OLD-1", "PAY-30", "3", "PAY-5", "PAY-999", "PAY-88"]

    async with database.reading() as uow:
        found = await uids_of(uow.connection, [("acme-jira", each) for each in names])
        single = {each: await ItemReads(uow.connection).resolve(f"acme-jira:{each}") for each in names}
        others = await uids_of(
            uow.connection,
            [("acme-jira", "OPS-77"), ("acme-jira", "77"), ("acme-asana", "7"), ("acme-asana", "PAY-1"), ("x", "1")],
        )

    assert {name: found.get(("acme-jira", name)) for name in names} == {
        name: row.uid if row else None for name, row in single.items()
    }
    assert found["acme-jira", "PAY-30"] == "acme-jira:4"
    assert others == {
        ("acme-jira", "OPS-77"): "acme-jira:77",
        ("acme-jira", "77"): "acme-jira:77",
        ("acme-asana", "7"): "acme-asana:7",
    }


async def test_no_names_mean_nothing(database: Database) -> None:
    async with database.reading() as uow:
        assert await uids_of(uow.connection, []) == {}
