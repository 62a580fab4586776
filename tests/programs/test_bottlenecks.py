"""What most open work waits for: by item, by team, and by person only where the operator allows it."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from service.domain.errors import InvalidQuery
from service.programs.bottlenecks import list_bottlenecks
from service.programs.dependency_answers import BottleneckList
from service.programs.dependency_terms import DependencyTerms
from service.store.engine import Database
from service.store.tables.items import work_items
from tests.builders.items import SOURCE
from tests.programs.portfolio import KEY
from tests.programs.waiting import a_waiting_program, view

PEOPLE = DependencyTerms(by_person=True)


async def told(database: Database, **asked: object) -> BottleneckList:
    return (await list_bottlenecks(database, KEY, view=view(), **asked)).data  # type: ignore[arg-type]


async def test_the_item_that_most_waits_for_is_told_with_where_it_opens(database: Database) -> None:
    """PAY-1 holds up PAY-2, CART-3 and, through that, CART-4; nothing else holds up as many."""
    await a_waiting_program(database)

    (top,) = (await told(database)).bottlenecks

    assert (top.name, top.waiting, top.open_items, top.bottlenecks) == ("PAY-1", 3, 1, 1)
    assert top.item is not None
    assert (top.item.title, top.item.url) == ("Item 1", "https://acme-jira.example/browse/PAY-1")


async def test_teams_are_told_by_the_distinct_work_that_waits_for_any_of_their_items(database: Database) -> None:
    """The Ants' PAY-1 holds up three, the Bees' CART-3 one; of no team: PAY-6 ⇄ PAY-7, PAY-11 → PAY-12, and the task
    of the other tool, for which PAY-10 waits. APP-20 counts elsewhere."""
    await a_waiting_program(database)

    data = await told(database, by="team")

    assert [(each.name, each.waiting, each.open_items, each.bottlenecks) for each in data.bottlenecks] == [
        (None, 5, 5, 0),
        ("Ants", 3, 1, 1),
        ("Bees", 1, 1, 0),
    ]
    assert all(each.item is None for each in data.bottlenecks)


async def test_people_are_told_only_where_the_operator_allows_it(database: Database) -> None:
    """Pat is assigned to PAY-1, with three behind it, and to PAY-11, with PAY-12 behind it."""
    await a_waiting_program(database)

    with pytest.raises(InvalidQuery, match=r"people are not compared here, unless .* Allowed: item, team\."):
        await told(database, by="person")
    allowed = (await list_bottlenecks(database, KEY, view=view(terms=PEOPLE), by="person")).data

    named = [(each.name, each.waiting, each.open_items) for each in allowed.bottlenecks if each.name is not None]
    assert named == [("Pat Doe", 5, 2)]


async def test_pages_hold_each_team_once(sqlite_database: Database) -> None:
    await a_waiting_program(sqlite_database)

    first = await told(sqlite_database, by="team", limit=2)
    rest = await told(sqlite_database, by="team", limit=2, cursor=first.next_cursor)

    assert [each.name for each in (*first.bottlenecks, *rest.bottlenecks)] == [None, "Ants", "Bees"]
    assert (first.total, rest.next_cursor) == (3, None)
    with pytest.raises(InvalidQuery, match="cursor"):
        await told(sqlite_database, by="item", cursor=first.next_cursor)


async def test_what_is_done_is_no_bottleneck_any_more(sqlite_database: Database) -> None:
    await a_waiting_program(sqlite_database)
    async with sqlite_database.transaction() as uow:
        row = update(work_items).where(work_items.c.uid == f"{SOURCE}:1")
        await uow.connection.execute(row.values(status="Done", status_category="done"))

    names = [each.name for each in (await told(sqlite_database)).bottlenecks]

    assert "PAY-1" not in names
