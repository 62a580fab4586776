"""Lists, pages, single items and their history, from either database."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from connectors.items import Facet
from service.domain.errors import InvalidQuery, UnknownItem
from service.programs.answers import ItemSummary
from service.programs.read import (
    ItemFilters,
    get_history,
    get_item,
    get_program,
    list_items,
    list_programs,
)
from service.store.engine import Database
from service.store.tables.items import item_changes
from tests.builders.items import (
    CREATED,
    SOURCE,
    an_item,
    insert_alias,
    insert_facets,
    insert_field,
    insert_items,
    insert_person,
)
from tests.programs.portfolio import KEY, NOW, a_checkout, add_members, add_program, add_source, change


async def _listed(database: Database, **filters: Any) -> list[ItemSummary]:
    answer = await list_items(database, KEY, filters=ItemFilters(**filters), now=NOW)
    return list(answer.data.items)


async def _keys(database: Database, **filters: Any) -> list[str]:
    return [item.key for item in await _listed(database, **filters)]


async def test_programs_are_listed_in_the_order_of_the_file_page_by_page(database: Database) -> None:
    await add_source(database)
    for position, key in enumerate(["B", "A", "C"]):
        await add_program(database, key, position=position)
    first = (await list_programs(database, now=NOW, limit=2)).data
    rest = (await list_programs(database, now=NOW, limit=2, cursor=first.next_cursor)).data
    assert [[each.key for each in page.programs] for page in (first, rest)] == [["B", "A"], ["C"]]
    assert rest.next_cursor is None


async def test_a_listed_program_says_how_many_live_items_it_has(database: Database) -> None:
    await a_checkout(database)
    [program] = (await list_programs(database, now=NOW)).data.programs
    assert (program.key, program.objective, program.items) == (KEY, "One checkout", 6)


async def test_a_program_shows_the_rules_that_fill_it(database: Database) -> None:
    await a_checkout(database)
    program = (await get_program(database, KEY, now=NOW)).data.program
    assert (program.items, [rule.description for rule in program.rules]) == (6, ["source acme-jira"])


async def test_items_say_whether_they_count_and_open_in_their_tool(database: Database) -> None:
    await a_checkout(database)
    found = {item.key: item for item in await _listed(database)}
    assert {key: item.excluded for key, item in found.items()} == {
        "PAY-10": "has_children",
        "PAY-11": None,
        "PAY-12": None,
        "PAY-13": "subtask",
        "PAY-14": "cancelled",
        "CART-16": None,
    }
    assert found["PAY-12"].counts
    assert (found["CART-16"].project, found["CART-16"].time_seconds) == ("CART", 60)
    assert found["PAY-12"].url == "https://acme-jira.example/browse/PAY-12"


async def test_pages_hold_every_item_once(database: Database) -> None:
    await a_checkout(database)
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(3):
        page = (await list_items(database, KEY, cursor=cursor, limit=2, now=NOW)).data
        seen += [item.uid for item in page.items]
        cursor = page.next_cursor
    assert cursor is None
    assert seen == sorted(set(seen))
    assert len(seen) == 6


@pytest.mark.parametrize(
    ("filters", "keys"),
    [
        ({"status_category": "done"}, ["PAY-11"]),
        ({"status_category": ("done", "in_progress")}, ["PAY-11", "CART-16"]),
        ({"project": "cart"}, ["CART-16"]),
        ({"project": "Payments", "item_type": "epic"}, ["PAY-10"]),
        ({"item_type": "Bug"}, ["CART-16"]),
        ({"team": "ants"}, ["PAY-12"]),
        ({"epic": "PAY-10"}, ["PAY-10", "PAY-11", "PAY-12"]),
        ({"epic": f"{SOURCE}:10"}, ["PAY-10", "PAY-11", "PAY-12"]),
        ({"epic": f"{SOURCE}:pay-10"}, ["PAY-10", "PAY-11", "PAY-12"]),
        ({"countable": True}, ["PAY-11", "PAY-12", "CART-16"]),
        ({"countable": False, "status_category": "to_do"}, ["PAY-10", "PAY-13"]),
        ({"team": "Bees"}, []),
    ],
)
async def test_each_filter_keeps_what_it_names(database: Database, filters: dict[str, Any], keys: list[str]) -> None:
    await a_checkout(database)
    assert await _keys(database, **filters) == keys


async def test_labels_people_workstreams_and_further_homes_filter_too(database: Database) -> None:
    await a_checkout(database)
    await add_members(database, an_item(20, assignee_id="u1"), workstream="Launch")
    async with database.transaction() as uow:
        await insert_person(uow.connection, "u1", "Pat Doe", "pat@example.com")
        await insert_facets(uow.connection, f"{SOURCE}:11", Facet.LABEL, "Checkout")
        await insert_facets(uow.connection, f"{SOURCE}:12", Facet.PROJECT, "CART")
    assert await _keys(database, label="checkout") == ["PAY-11"]
    assert await _keys(database, workstream="launch") == ["PAY-20"]
    assert await _keys(database, project="CART") == ["PAY-12", "CART-16"]
    for name in ("pat doe", "PAT@example.com", "u1"):
        assert await _keys(database, assignee=name) == ["PAY-20"]


async def test_countable_pages_go_on_after_a_cursor(database: Database) -> None:
    await a_checkout(database)
    countable = ItemFilters(countable=True)
    first = (await list_items(database, KEY, filters=countable, limit=2, now=NOW)).data
    rest = (await list_items(database, KEY, filters=countable, limit=2, cursor=first.next_cursor, now=NOW)).data
    assert [[item.key for item in page.items] for page in (first, rest)] == [["PAY-11", "PAY-12"], ["CART-16"]]


async def test_what_counts_follows_a_change(database: Database) -> None:
    await a_checkout(database)
    assert "PAY-13" not in await _keys(database, countable=True)
    await change(database, f"{SOURCE}:12", tombstone="gone")
    assert await _keys(database, countable=True) == ["PAY-11", "PAY-13", "CART-16"]


@pytest.mark.parametrize("cursor", ["nonsense", "ü", "W10", "WyJwcm9ncmFtcyIsIjAiLCJBIl0", "WzEsMl0", ""])
async def test_a_cursor_of_elsewhere_is_refused(database: Database, cursor: str) -> None:
    await a_checkout(database)
    with pytest.raises(InvalidQuery) as invalid:
        await list_items(database, KEY, cursor=cursor, now=NOW)
    assert invalid.value.message == "cursor: this is no cursor of this list; start again without one."


async def test_impossible_limits_and_categories_are_refused(database: Database) -> None:
    await a_checkout(database)
    with pytest.raises(InvalidQuery, match=r"limit: must be between 1 and 1000, not 0\."):
        await list_items(database, KEY, limit=0, now=NOW)
    with pytest.raises(InvalidQuery, match="Allowed: to_do, in_progress, done, cancelled"):
        await list_items(database, KEY, filters=ItemFilters(status_category="closed"), now=NOW)


@pytest.mark.parametrize("name", ["10012", "PAY-10012", "pay-10012", "OLD-3", "old-3"])
async def test_an_item_is_found_by_id_key_or_former_key(database: Database, name: str) -> None:
    await add_source(database)
    async with database.transaction() as uow:
        await insert_items(uow.connection, an_item(10_012))
        await insert_alias(uow.connection, "OLD-3", f"{SOURCE}:10012")
    item = (await get_item(database, f"{SOURCE}:{name}", now=NOW)).data.item
    assert (item.uid, item.key, item.former_keys) == (f"{SOURCE}:10012", "PAY-10012", ("OLD-3",))


async def test_a_key_that_was_given_away_means_its_present_owner(database: Database) -> None:
    await add_source(database)
    async with database.transaction() as uow:
        await insert_items(uow.connection, an_item(1, key="WEB-1"), an_item(2, key="PAY-1"))
        await insert_alias(uow.connection, "PAY-1", f"{SOURCE}:1")
    assert (await get_item(database, f"{SOURCE}:PAY-1", now=NOW)).data.item.uid == f"{SOURCE}:2"


async def test_one_item_shows_its_sets_people_programs_and_source(database: Database) -> None:
    await a_checkout(database)
    await add_members(database, an_item(20, assignee_id="u1", reporter_id="u2", warnings="a b"), workstream="Launch")
    async with database.transaction() as uow:
        await insert_person(uow.connection, "u1", "Pat")
        await insert_facets(uow.connection, f"{SOURCE}:20", Facet.LABEL, "web", "app")
        await insert_facets(uow.connection, f"{SOURCE}:20", Facet.FIELD, "Gold", name="customfield_1")
    answer = await get_item(database, f"{SOURCE}:20", now=NOW)
    item = answer.data.item
    assert [source.name for source in answer.sources] == [SOURCE]
    assert item.facets == {"field:customfield_1": ["Gold"], "label": ["app", "web"]}
    assert (item.assignee, item.reporter, item.warnings) == ("Pat", None, ("a", "b"))
    assert (item.project, item.project_name) == ("PAY", "Payments")
    assert [(program.key, program.workstream) for program in item.programs] == [(KEY, "Launch")]
    assert item.url == "https://acme-jira.example/browse/PAY-20"


async def test_an_item_that_is_gone_or_never_was_is_unknown_and_says_which(database: Database) -> None:
    await a_checkout(database)
    with pytest.raises(UnknownItem) as gone:
        await get_item(database, f"{SOURCE}:15", now=NOW)
    assert gone.value.message == "There is no item acme-jira:15; it left its tool's listing (archived)."
    with pytest.raises(UnknownItem) as never:
        await get_history(database, "PAY-99", now=NOW)
    assert never.value.message == ("There is no item PAY-99; ids are written source:native-id or source:KEY.")


async def test_history_is_newest_first_named_and_paged_without_gaps(database: Database) -> None:
    await a_checkout(database)
    rows = [
        {
            "item_uid": f"{SOURCE}:11",
            "change_id": str(number // 2),
            "ordinal": number % 2,
            "at": CREATED + timedelta(microseconds=number // 4),
            "field_id": "status" if number % 2 else "customfield_9",
            "author_id": "u1",
            "to_text": str(number),
        }
        for number in range(8)
    ]
    async with database.transaction() as uow:
        await insert_person(uow.connection, "u1", "Pat")
        await insert_field(uow.connection, "customfield_9", "Risk")
        await uow.connection.execute(insert(item_changes), rows)
    seen: list[str | None] = []
    cursor: str | None = None
    while True:
        history = (await get_history(database, f"{SOURCE}:PAY-11", limit=3, cursor=cursor, now=NOW)).data
        seen += [each.to_text for each in history.changes]
        cursor = history.next_cursor
        if cursor is None:
            break
    assert seen == ["7", "6", "5", "4", "3", "2", "1", "0"]
    last = history.changes[-1]
    assert (last.field, last.author, last.at) == ("Risk", "Pat", CREATED)
