"""What people say about a program's projects and portfolios is shown beside the numbers, and never moves one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from connectors.items import Facet
from service.programs.answers import StatedHealthData, encode
from service.programs.read import get_program, get_rollup
from service.programs.stated import fingerprint_with_health
from service.store.engine import Database
from service.store.tables.items import item_facets
from service.store.tables.reference import portfolios, status_updates
from tests.builders.items import SOURCE, insert_person, insert_project
from tests.programs.portfolio import KEY, NOW, SYNCED, TODAY, a_checkout, add_program


@pytest.fixture
async def stated(database: Database) -> Database:
    """The checkout's items stand in projects 1 and 2; project 3 is somebody else's; one portfolio."""
    await a_checkout(database)
    async with database.transaction() as uow:
        await insert_project(uow.connection, "3", "OPS", "Operations")
        await insert_person(uow.connection, "u1", "Ana Lima")
        await uow.connection.execute(
            insert(portfolios), [{"source": SOURCE, "native_id": "77", "name": "Commerce", "owner_id": None}]
        )
    return database


async def _say(database: Database, number: str, parent: str, status: str, **values: Any) -> None:
    row = {
        "source": SOURCE,
        "native_id": number,
        "parent_kind": "project",
        "parent_id": parent,
        "status": status,
        "title": None,
        "author_id": None,
        "created_at": SYNCED,
    }
    async with database.transaction() as uow:
        await uow.connection.execute(insert(status_updates), [row | values])


async def _told(database: Database, key: str = KEY) -> list[tuple[str, str, str]]:
    answer = await get_program(database, key, now=NOW)
    return [(each.kind, each.name, each.status) for each in answer.data.stated_health]


async def test_a_word_on_a_project_is_told_whole_with_who_said_it_and_when(stated: Database) -> None:
    await _say(stated, "s1", "1", "at_risk", title="Terms are late", author_id="u1")

    assert (await get_program(stated, KEY, now=NOW)).data.stated_health == (
        StatedHealthData("project", "Payments", "at_risk", "Terms are late", "Ana Lima", SYNCED, SOURCE),
    )


async def test_of_each_project_only_the_newest_word_counts(stated: Database) -> None:
    await _say(stated, "s1", "1", "off_track", created_at=SYNCED)
    await _say(stated, "s2", "1", "on_track", created_at=SYNCED - timedelta(days=7))
    await _say(stated, "s0", "1", "on_hold", created_at=None)

    assert await _told(stated) == [("project", "Payments", "off_track")]


async def test_projects_of_others_are_not_told(stated: Database) -> None:
    await _say(stated, "s1", "3", "off_track")
    await _say(stated, "s2", "1", "on_track", source="acme-asana")

    assert await _told(stated) == []


async def test_the_second_home_of_an_item_is_a_project_of_the_program_too(stated: Database) -> None:
    await _say(stated, "s1", "3", "at_risk")
    home = {"item_uid": f"{SOURCE}:11", "facet": str(Facet.PROJECT), "name": "", "value": "Operations"}
    async with stated.transaction() as uow:
        await uow.connection.execute(insert(item_facets), [home | {"native_id": "3"}])

    assert await _told(stated) == [("project", "Operations", "at_risk")]


@pytest.mark.parametrize(
    ("include", "expected"),
    [
        ({"portfolio": ["commerce"]}, True),
        ({"portfolio": ["77"]}, True),
        ({"source": [SOURCE], "portfolio": ["Com*"]}, True),
        ({"source": ["another"], "portfolio": ["Commerce"]}, False),
        ({"source": [SOURCE]}, False),
    ],
)
async def test_a_portfolio_is_told_where_a_rule_names_it(
    stated: Database, include: dict[str, Any], expected: bool
) -> None:
    await add_program(stated, "NEXT", include=include, position=1)
    await _say(stated, "s1", "77", "at_risk", parent_kind="portfolio")

    assert await _told(stated, "NEXT") == ([("portfolio", "Commerce", "at_risk")] if expected else [])


async def test_a_goal_is_neither_project_nor_portfolio(stated: Database) -> None:
    await _say(stated, "s1", "1", "at_risk", parent_kind="goal")

    assert await _told(stated) == []


async def test_another_word_is_another_answer_about_the_program_and_the_same_roll_up(stated: Database) -> None:
    async def rollup() -> bytes:
        return encode((await get_rollup(stated, KEY, now=NOW, today=TODAY)).data)

    await _say(stated, "s1", "1", "on_track")
    before, numbers = await fingerprint_with_health(stated, KEY), await rollup()
    await _say(stated, "s2", "1", "off_track", created_at=datetime.max.replace(tzinfo=SYNCED.tzinfo, year=2027))

    assert await fingerprint_with_health(stated, KEY) != before
    assert await rollup() == numbers
