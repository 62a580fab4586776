"""A batch of items becomes exactly the rows it should, whatever was stored before."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from connectors.items import Facet, FacetValue, SourceItem, SourcePerson
from service.store.engine import Database
from service.store.items import Materialised, WorkItems
from service.store.tables import items as tables
from service.store.tables import metadata
from service.store.tables.programs import pending_assignments
from tests.store.builders import MONDAY, a_change, a_link, an_item

LATER = MONDAY + timedelta(hours=1)


async def store(database: Database, *items: SourceItem) -> Materialised:
    async with database.transaction() as uow:
        return await WorkItems(uow.connection).materialise("acme", items, run_id=1, now=LATER)


async def rows(database: Database, *columns: Any) -> list[tuple[Any, ...]]:
    async with database.reading() as uow:
        return [tuple(row) for row in await uow.connection.execute(select(*columns).order_by(*columns))]


async def test_every_field_of_an_item_comes_back_as_it_went_in(database: Database) -> None:
    await store(database, an_item("1", points=2.5, due=MONDAY.date(), flagged=True, warnings=("odd", "late")))
    async with database.reading() as uow:
        row = (await uow.connection.execute(select(tables.work_items))).one()
    assert (row.uid, row.key, row.points, row.due, row.flagged) == ("acme:1", "PAY-1", 2.5, MONDAY.date(), True)
    assert (row.updated_at, row.warnings, row.tombstone) == (MONDAY, "odd late", None)


async def test_an_older_read_never_overwrites_a_newer_one(database: Database) -> None:
    await store(database, an_item("1", title="new", updated_at=LATER))
    outcome = await store(database, an_item("1", title="old", key="OLD-1"))
    assert outcome.stale == ("acme:1",)
    assert await rows(database, tables.work_items.c.title) == [("new",)]
    assert await rows(database, tables.item_aliases.c.key) == [("OLD-1",)]


async def test_the_stored_set_equals_the_fetched_set(database: Database) -> None:
    labels = [FacetValue(Facet.LABEL, name) for name in ("a", "b", "b")]
    await store(database, an_item("1", facets=tuple(labels)), an_item("2", facets=(labels[0],)))
    await store(database, an_item("1", facets=(FacetValue(Facet.LABEL, "c"),)))
    f = tables.item_facets.c
    assert await rows(database, f.item_uid, f.value) == [("acme:1", "c"), ("acme:2", "a")]


async def test_late_history_is_inserted_and_corrected_history_is_updated(database: Database) -> None:
    await store(database, an_item("1", changes=(a_change("1", "5"),)))
    await store(database, an_item("1", changes=(a_change("1", "3"), a_change("1", "5", "Closed"))))
    c = tables.item_changes.c
    assert await rows(database, c.change_id, c.to_text) == [("3", "Done"), ("5", "Closed")]


async def test_an_item_is_still_found_under_every_key_it_had(database: Database) -> None:
    await store(database, an_item("1"))
    await store(database, an_item("1", key="CART-9", former_keys=("OLD-4",)))
    a = tables.item_aliases.c
    assert await rows(database, a.key, a.item_uid) == [("OLD-4", "acme:1"), ("PAY-1", "acme:1")]


async def test_a_link_seen_from_both_ends_is_one_edge_and_its_far_end_a_stub_until_read(
    database: Database,
) -> None:
    await store(database, an_item("1", links=(a_link("7", "1", "2", "source"),)))
    assert await rows(database, tables.item_stubs.c.uid) == [("acme:2",)]
    await store(database, an_item("2", links=(a_link("7", "1", "2", "target"),)))
    c = tables.links.c
    assert await rows(database, tables.item_stubs.c.uid) == []
    assert await rows(database, c.native_id, c.source_uid, c.seen_from_source, c.seen_from_target) == [
        ("7", "acme:1", True, True)
    ]


@pytest.mark.parametrize("end", ["1", "2"])
async def test_a_link_ends_when_either_end_was_read_again_and_lacks_it(database: Database, end: str) -> None:
    first = an_item("1", links=(a_link("7", "1", "2", "source"),))
    second = an_item("2", links=(a_link("7", "1", "2", "target"),))
    await store(database, first, second)
    await store(database, an_item(end, updated_at=LATER))
    assert await rows(database, tables.links.c.native_id) == []


async def test_an_item_that_comes_back_is_restored_and_its_tombstone_says_when(database: Database) -> None:
    await store(database, an_item("1", archived=True))
    assert await rows(database, tables.work_items.c.tombstone) == [("archived",)]
    outcome = await store(database, an_item("1", updated_at=LATER))
    assert outcome.restored == ("acme:1",)
    t = tables.tombstones.c
    assert await rows(database, t.reason, t.restored_at) == [("archived", LATER)]
    assert await rows(database, tables.work_items.c.tombstone) == [(None,)]


async def test_a_person_mentioned_without_an_address_keeps_the_one_that_is_known(database: Database) -> None:
    await store(database, an_item("1", people=(SourcePerson("u1", "Pat", "pat@example.com"),)))
    await store(database, an_item("2", people=(SourcePerson("u1", "Pat Doe"),)))
    p = metadata.tables["people"].c
    assert await rows(database, p.name, p.email) == [("Pat Doe", "pat@example.com")]


async def test_parents_named_by_key_are_found_through_current_and_former_keys(database: Database) -> None:
    await store(
        database,
        an_item("1", level=1, former_keys=("OLD-1",)),
        an_item("2", parent_key="PAY-1"),
        an_item("3", parent_key="OLD-1"),
        an_item("4", level=-1, parent_id="3"),
        an_item("5", parent_id="5"),  # its own parent: a loop
    )
    async with database.transaction() as uow:
        items = WorkItems(uow.connection)
        assert await items.resolve_parents("acme") == 2
        await items.resolve_epics("acme")
        assert await items.resolve_epics("acme", ["acme:3"]) == 0
    w = tables.work_items.c
    assert await rows(database, w.uid, w.parent_uid, w.epic_uid) == [
        ("acme:1", None, None),
        ("acme:2", "acme:1", "acme:1"),
        ("acme:3", "acme:1", "acme:1"),
        ("acme:4", "acme:3", "acme:1"),
        ("acme:5", "acme:5", None),
    ]


async def test_around_some_items_only_they_and_what_names_them_find_their_parents(database: Database) -> None:
    """A child of another family stays as it is until it is asked about, or a whole run looks at everything."""
    await store(
        database,
        an_item("1", former_keys=("OLD-1",)),
        an_item("2", parent_key="PAY-1"),
        an_item("3", parent_key="OLD-1"),
        an_item("4"),
        an_item("5", parent_key="PAY-4"),
    )
    w = tables.work_items.c
    async with database.transaction() as uow:
        assert await WorkItems(uow.connection).resolve_parents("acme", ["acme:1"]) == 2
    assert await rows(database, w.uid, w.parent_uid) == [
        ("acme:1", None),
        ("acme:2", "acme:1"),
        ("acme:3", "acme:1"),
        ("acme:4", None),
        ("acme:5", None),
    ]
    async with database.transaction() as uow:
        assert await WorkItems(uow.connection).resolve_parents("acme", ["acme:5"]) == 1


async def test_a_moved_parent_takes_all_below_it_to_another_epic(database: Database) -> None:
    await store(
        database,
        an_item("1", level=1),
        an_item("2", level=1),
        an_item("3", parent_id="1"),
        an_item("4", parent_id="3"),
    )
    async with database.transaction() as uow:
        await WorkItems(uow.connection).resolve_epics("acme")
    await store(database, an_item("3", parent_id="2", updated_at=LATER))
    async with database.transaction() as uow:
        assert await WorkItems(uow.connection).resolve_epics("acme", ["acme:3"]) == 2
    w = tables.work_items.c
    assert await rows(database, w.uid, w.epic_uid) == [
        ("acme:1", None),
        ("acme:2", None),
        ("acme:3", "acme:2"),
        ("acme:4", "acme:2"),
    ]


async def test_written_items_and_the_ends_of_their_links_await_their_memberships(database: Database) -> None:
    await store(database, an_item("2"))
    async with database.transaction() as uow:
        await uow.connection.execute(delete(pending_assignments))
    await store(database, an_item("1", links=(a_link("7", "1", "2", "source"), a_link("8", "1", "9", "source"))))
    assert await rows(database, pending_assignments.c.item_uid) == [("acme:1",), ("acme:2",)]


NETWORK = tuple(
    an_item(
        str(n),
        level=1 if n % 4 == 0 else 0,
        parent_key=f"PAY-{n - n % 4}" if n % 4 else None,
        former_keys=(f"OLD-{n}",) if n % 3 == 0 else (),
        facets=(FacetValue(Facet.LABEL, "x"), FacetValue(Facet.RELEASE, f"R{n % 2}", str(n % 2))),
        changes=tuple(a_change(str(n), str(k)) for k in range(n % 3)),
        links=(
            a_link(f"e{n}", str(n), str(n + 1), "source"),
            *((a_link(f"e{n - 1}", str(n - 1), str(n), "target"),) if n else ()),
        ),
        people=(SourcePerson("u1", "Pat"),),
    )
    for n in range(8)
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(NETWORK), cuts=st.sets(st.integers(1, 7)), again=st.integers(0, 7))
async def test_the_same_items_in_any_order_and_any_batches_give_the_same_tables(
    database: Database, order: list[SourceItem], cuts: set[int], again: int
) -> None:
    await _wipe(database)
    await _store_and_settle(database, [list(NETWORK)])
    expected = await _content(database)
    await _wipe(database)
    edges = [0, *sorted(cuts), len(order)]
    batches = [order[a:b] for a, b in pairwise(edges)]
    await _store_and_settle(database, [*batches, [order[again]]])
    assert await _content(database) == expected


async def _store_and_settle(database: Database, batches: list[list[SourceItem]]) -> None:
    for batch in batches:
        await store(database, *batch)
    async with database.transaction() as uow:
        await WorkItems(uow.connection).resolve_parents("acme")
        await WorkItems(uow.connection).resolve_epics("acme")


async def _content(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    async with database.reading() as uow:
        return {
            table.name: sorted((tuple(r) for r in await uow.connection.execute(select(table))), key=repr)
            for table in metadata.sorted_tables
            if table.name != "network_changes"  # tells how it came to be
        }


async def _wipe(database: Database) -> None:
    async with database.transaction() as uow:
        for table in reversed(metadata.sorted_tables):
            await uow.connection.execute(delete(table))
